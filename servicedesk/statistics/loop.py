"""What the charts of the loop show (闭环分析): each a fixed number of statements, under one reach.

What stands now is read from the tickets under the conditions of their lists; what has ended, from
the facts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.ageing import Band, bands
from servicedesk.core.control import Limits, limits
from servicedesk.core.lights import LEAST_TICKETS, ON_TIME_TARGET
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import unit_by_code, units
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics.counts import span_of
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures, Span, grouped
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.tickets.views import view_condition, visible

LEVELS = ("level_1", "level_2", "level_3")
CONTROL_WEEKS = 26
LEAST_OF_WEEK = 3  # with fewer, a week says more of one ticket than of the work
WEEK = timedelta(weeks=1)
STAGES: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("submitted", (State.SUBMITTED,)),
    ("accepted", (State.ACCEPTED,)),
    ("dispatched", (State.DISPATCHED, State.DISPUTED)),
    ("signed", (State.IN_PROGRESS, State.AWAITING_ENTERPRISE, State.SUSPENDED)),
    ("resolved", (State.RESOLVED,)),
    ("confirmed", (State.FOLLOWED_UP, State.RATED)),
    ("closed", (State.CLOSED,)),
)  # fmt: skip
LEFT = (State.DECLINED, State.WITHDRAWN, State.TERMINATED, State.ABANDONED)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the loop: how many have come so far, and which states hold those that stand here."""

    key: str
    reached: int
    standing: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The tickets of a period by stage; ``left`` are those that ended before a resolution."""

    stages: Sequence[Stage]
    left: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class AgeRow:
    """A unit's open tickets by band; no unit: not dispatched yet."""

    unit: Unit | None
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Flow:
    """How often a unit returned what then went to another; no target: it is still with the desk."""

    source: Unit
    target: Unit | None
    count: int


@dataclass(frozen=True, slots=True)
class Week:
    """The tickets delivered in a week: how many, and their median working minutes."""

    monday: date
    count: int
    median: int
    usual: bool


@dataclass(frozen=True, slots=True)
class Control:
    """Weeks with their limits; no limits where there are too few weeks."""

    weeks: Sequence[Week]
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Below:
    """A unit whose on-time rate lies below the target."""

    unit: Unit
    delivered: int
    late: int
    rate: float


def submissions(actor: Actor, span: Span, cut: Cut) -> list[list[int]]:
    """Return what was submitted in a grid: seven weekdays from Monday, each of 24 hours."""
    found = Figures(actor.park_id, clock.now()).heat(span, cut)
    return [[found.get((weekday, hour), 0) for hour in range(24)] for weekday in range(7)]


def ageing(actor: Actor, cut: Cut) -> tuple[tuple[Band, ...], list[AgeRow]]:
    """Return the bands, and each unit's open tickets by band, the longest waiting first."""
    hours = calendar(actor.park_id)
    found = bands(hours.local(clock.now()).date(), hours.is_working_day)
    sums = [func.sum(case((_submitted(one.since, one.until), 1), else_=0)) for one in found]
    query = select(Ticket.unit_id, *sums).where(
        visible(actor), view_condition("open", actor), *_of_unit(actor, cut)
    )
    known = {unit.id: unit for unit in units(actor.park_id)}
    rows = [
        AgeRow(known.get(unit_id), tuple(int(n) for n in counts))
        for unit_id, *counts in db.session.execute(query.group_by(Ticket.unit_id))
    ]
    rows.sort(key=lambda row: (row.unit is None, [-n for n in reversed(row.counts)]))
    return found, rows


def funnel(actor: Actor, span: Span, cut: Cut) -> Funnel:
    """Return how far the tickets that were submitted in ``span`` have come."""
    came: dict[str, ColumnElement[bool]] = {
        "accepted": Ticket.accepted_at.is_not(None),
        "dispatched": Ticket.dispatched_at.is_not(None),
        "signed": Ticket.signed_at.is_not(None),
        "resolved": Ticket.resolved_at.is_not(None),
        "confirmed": Ticket.confirmed.is_(True),
        "closed": Ticket.state == State.CLOSED,
    }
    sums = [func.sum(case((condition, 1), else_=0)) for condition in came.values()]
    query = (
        select(Ticket.state, func.count(), *sums)
        .where(
            visible(actor), view_condition("all", actor), _submitted(span.start, span.end),
            Ticket.state != State.MERGED, *_of_unit(actor, cut),
        )
        .group_by(Ticket.state)
    )  # fmt: skip
    standing: dict[State, int] = {}
    reached: Counter[str] = Counter()
    for state, count, *numbers in db.session.execute(query):
        standing[State(state)] = count
        reached["submitted"] += count
        reached.update(dict(zip(came, numbers, strict=True)))
    return Funnel(
        [
            Stage(key, reached[key], {one: standing[one] for one in states if one in standing})
            for key, states in STAGES
        ],
        {one: standing[one] for one in LEFT if one in standing},
    )


def flows(actor: Actor, span: Span, cut: Cut) -> list[Flow]:
    """Return who returned to whom: dispatches of the span that came back, and where each went next.

    A unit sees what it returned and what came to it.
    """
    start, end = _moments(span.start, span.end)
    returned = and_(
        DispatchRecord.park_id == actor.park_id, DispatchRecord.outcome == "returned",
        DispatchRecord.at >= start, DispatchRecord.at < end,
    )  # fmt: skip
    query = select(
        DispatchRecord.ticket_id, DispatchRecord.unit_id, case((returned, 1), else_=0)
    ).where(
        DispatchRecord.ticket_id.in_(select(DispatchRecord.ticket_id).where(returned)),
        DispatchRecord.outcome != "undone",
    )
    rows = db.session.execute(query.order_by(DispatchRecord.ticket_id, DispatchRecord.id)).all()
    known = {unit.id: unit for unit in units(actor.park_id)}
    counted = _pairs([(row[0], row[1], bool(row[2])) for row in rows])
    found = [
        Flow(known[source], known.get(target or 0), count)
        for (source, target), count in counted.items()
    ]
    if cut.unit:
        found = [
            flow for flow in found
            if cut.unit in (flow.source.code, flow.target.code if flow.target else "")
        ]  # fmt: skip
    return sorted(found, key=lambda flow: (-flow.count, flow.source.id))


def _pairs(rows: Sequence[tuple[int, int, bool]]) -> Counter[tuple[int, int | None]]:
    """Count (unit that returned, unit that got it next) over dispatches in their order."""
    found: Counter[tuple[int, int | None]] = Counter()
    for place, (ticket, unit, came_back) in enumerate(rows):
        if came_back:
            after = rows[place + 1] if place + 1 < len(rows) else None
            found[unit, after[1] if after and after[0] == ticket else None] += 1
    return found


def control(actor: Actor, span: Span, cut: Cut) -> Control:
    """Return the weekly medians of the working time to resolution, at least of half a year."""
    first = min(span.start, span.end - timedelta(weeks=CONTROL_WEEKS))
    weeks = grouped(
        actor.park_id, Span(first - timedelta(first.weekday()), span.end), cut, Dimension.WEEK,
        clock.now(),
    )  # fmt: skip
    rows = [
        (monday, found["used_measured"], found["median_minutes"])
        for monday, found in sorted(weeks.items())
        if "median_minutes" in found
    ]
    today = calendar(actor.park_id).local(clock.now()).date()
    judged = {row[0] for row in rows if row[1] >= LEAST_OF_WEEK and row[0] + WEEK <= today}
    usual = limits([row[2] for row in rows if row[0] in judged])
    return Control(
        [
            Week(*row, usual is None or row[0] not in judged or usual.holds(row[2]))
            for row in rows
        ],
        usual,
    )  # fmt: skip


def escalations(actor: Actor, span: Span, cut: Cut) -> dict[str, tuple[int, int, int]]:
    """Return how often each level of the ladder was reached, by month of the span so far.

    Nothing where no month has any.
    """
    months = _months(span)
    sums = [
        func.sum(case((_within(Escalation.fired_at, *_moments(*days)), 1), else_=0))
        for days in months.values()
    ]
    query = (
        select(Escalation.step, *sums)
        .join(Ticket, Ticket.id == Escalation.ticket_id)
        .where(
            Ticket.park_id == actor.park_id, Escalation.step.in_(LEVELS),
            _within(Escalation.fired_at, *_moments(span.start, span.end)), *_of_unit(actor, cut),
        )
        .group_by(Escalation.step)
    )  # fmt: skip
    found = {step: [int(n) for n in numbers] for step, *numbers in db.session.execute(query)}
    if not found:
        return {}
    return {
        month: (
            found.get("level_1", [0] * len(months))[place],
            found.get("level_2", [0] * len(months))[place],
            found.get("level_3", [0] * len(months))[place],
        )
        for place, month in enumerate(months)
    }


def _months(span: Span) -> dict[str, tuple[date, date]]:
    found: dict[str, tuple[date, date]] = {}
    first, last = span.start, min(span.end, clock.now().astimezone(ZONE).date())
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found[f"{first:%Y-%m}"] = (first, min(last, following - timedelta(days=1)))
        first = following
    return found


def units_below(actor: Actor, month: str, cut: Cut) -> list[Below]:
    """Return the units that delivered less of ``2024-03`` on time than is the target, worst first."""
    by_unit = grouped(
        actor.park_id, span_of(month), EVERYTHING, Dimension.UNIT, clock.now()
    )  # fmt: skip
    found = []
    for unit in units(actor.park_id):
        own = by_unit.get(unit.code, {})
        delivered, on_time = own.get("delivered", 0), own.get("on_time", 0)
        if delivered < LEAST_TICKETS or cut.unit not in ("", unit.code):
            continue
        if on_time * 100 < delivered * ON_TIME_TARGET:
            found.append(Below(unit, delivered, delivered - on_time, on_time * 100 / delivered))
    return sorted(found, key=lambda row: row.rate)


def _of_unit(actor: Actor, cut: Cut) -> list[ColumnElement[bool]]:
    if not cut.unit:
        return []
    unit = unit_by_code(actor.park_id, cut.unit)
    return [Ticket.unit_id == (unit.id if unit else -1)]


def _submitted(since: date | None, until: date | None) -> ColumnElement[bool]:
    """The condition that a list has for its first and last day of submission."""
    start, end = _moments(since or date(2000, 1, 1), until or date(2100, 12, 31))
    return _within(Ticket.submitted_at, start, end)


def _within(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    """Return the first moment of a span of local days, and the first after it."""
    end = datetime.combine(until + timedelta(days=1), time(), ZONE)
    return datetime.combine(since, time(), ZONE), end
