"""What the charts of the loop show (闭环分析): each a fixed number of statements, under one reach.

What stands now is counted from the facts and what changed since (``statistics.standing``), what has ended
from the facts; returned dispatches and escalations have rows of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, case, func, literal_column, select, true

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.ageing import Band, bands
from servicedesk.core.control import Limits, limits
from servicedesk.core.lights import LEAST_TICKETS
from servicedesk.core.permissions import Actor
from servicedesk.core.standing import STATE_CODES, Reached
from servicedesk.core.tallies import Column
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.organisation.queries import UnitLabel, units
from servicedesk.routing.models import DispatchRecord
from servicedesk.rules.queries import current_rules
from servicedesk.statistics.counts import span_of
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures, Span
from servicedesk.statistics.standing import by_unit, standing
from servicedesk.statistics.store import Rows
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Escalation, Ticket

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
_REACHED = {
    "accepted": Reached.ACCEPTED,
    "dispatched": Reached.DISPATCHED,
    "signed": Reached.SIGNED,
    "resolved": Reached.RESOLVED,
    "confirmed": Reached.CONFIRMED,
}
_OF_DISPATCH: tuple[Any, ...] = (
    DispatchRecord.unit_id, DispatchRecord.outcome, DispatchRecord.at,
)  # fmt: skip
_HEIGHT = 2 * max(Reached)  # of the numbers that stages reached may be
LEFT = (State.DECLINED, State.WITHDRAWN, State.TERMINATED, State.ABANDONED)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the loop: how many have come so far, and which states hold those that stand here."""

    key: str
    reached: int
    standing: Sequence[tuple[State, int]]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The tickets of a period by stage; ``left`` are those that ended before a resolution."""

    stages: Sequence[Stage]
    left: Sequence[tuple[State, int]]


@dataclass(frozen=True, slots=True)
class AgeRow:
    """A unit's open tickets by band; no unit: not dispatched yet."""

    unit: UnitLabel | None
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Flow:
    """How often a unit returned what then went to another; no target: it is still with the desk."""

    source: UnitLabel
    target: UnitLabel | None
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
class Escalated:
    """How often each of the :data:`LEVELS` was reached in a month (``2024-03``)."""

    month: str
    times: Sequence[int]


@dataclass(frozen=True, slots=True)
class Below:
    """A unit whose on-time rate lies below the target."""

    unit: UnitLabel
    delivered: int
    late: int
    rate: float


class Loop:
    """The loop as the person sees it, of the park or of the unit that the cut names, at one moment."""

    def __init__(self, actor: Actor, cut: Cut) -> None:
        self._actor, self._cut = actor, cut
        self._units = units(actor.park_id)
        ids = {unit.code: unit.id for unit in self._units}
        self._stands = standing(actor, ids[cut.unit] if cut.unit else None)

    @property
    def figures(self) -> Figures:
        """The figures of the same moment."""
        return self._stands.figures

    def submissions(self, span: Span) -> Sequence[Sequence[int]]:
        """Return what was submitted in a grid: seven weekdays from Monday, each of 24 hours."""
        found = self._stands.figures.heat(span, self._cut)
        return tuple(
            tuple(found.get((weekday, hour), 0) for hour in range(24)) for weekday in range(7)
        )

    def ageing(self) -> tuple[tuple[Band, ...], Sequence[AgeRow]]:
        """Return the bands, and each unit's open tickets by band, the longest waiting first."""
        hours = calendar(self._actor.park_id)
        found = bands(hours.local(clock.now()).date(), hours.is_working_day)
        known = self._units
        of_unit, width = by_unit([unit.id for unit in known]), len(known) + 1
        # the newest band comes first: it ends where the next begins
        edges = np.array([one.until.toordinal() for one in reversed(found) if one.until])

        def place(rows: Rows) -> Column:
            older = len(edges) - np.searchsorted(edges, rows["submitted_on"])
            return older * width + of_unit(rows)

        counted = self._stands.of_view("open", ("ages", found, *known), place, width * len(found))
        table = counted.reshape(len(found), width)
        rows = [
            AgeRow(unit, tuple(int(n) for n in table[:, number]))
            for number, unit in enumerate((None, *known))
            if table[:, number].any()
        ]
        rows.sort(key=lambda row: (row.unit is None, [-n for n in reversed(row.counts)]))
        return found, tuple(rows)

    def funnel(self, span: Span) -> Funnel:
        """Return how far the tickets that were submitted in ``span`` have come."""

        def place(rows: Rows) -> Column:
            return rows["state"].astype(np.int64) * _HEIGHT + rows["reached"]

        width = (len(STATE_CODES) + 1) * _HEIGHT
        counted = self._stands.asked(span.start, span.end, "funnel", place, width)
        table = counted.reshape(-1, _HEIGHT)
        standing = {State(name): int(table[code].sum()) for name, code in STATE_CODES.items()}
        standing = {state: number for state, number in standing.items() if number}
        bits = np.arange(_HEIGHT)
        reached = {
            key: int(table[:, (bits & bit) > 0].sum()) for key, bit in _REACHED.items()
        } | {"submitted": int(table.sum()), "closed": standing.get(State.CLOSED, 0)}  # fmt: skip

        def standing_in(states: Sequence[State]) -> Sequence[tuple[State, int]]:
            return tuple((one, standing[one]) for one in states if one in standing)

        return Funnel(
            tuple(Stage(key, reached[key], standing_in(states)) for key, states in STAGES),
            standing_in(LEFT),
        )

    def flows(self, span: Span) -> Sequence[Flow]:
        """Return who returned to whom: dispatches of the span that came back, and where each went next.

        A unit sees what it returned and what came to it.
        """
        known = {unit.id: unit for unit in self._units}
        counted = self._stands.settled(("flows", span), lambda: _returns(self._actor.park_id, span))
        found = [
            Flow(known[source], known.get(target or 0), count)
            for (source, target), count in counted.items()
        ]
        if self._cut.unit:
            found = [
                flow for flow in found
                if self._cut.unit in (flow.source.code, flow.target.code if flow.target else "")
            ]  # fmt: skip
        return tuple(sorted(found, key=lambda flow: (-flow.count, flow.source.id)))

    def control(self, span: Span) -> Control:
        """Return the weekly medians of the working time to resolution, at least of half a year."""
        first = min(span.start, span.end - timedelta(weeks=CONTROL_WEEKS))
        days = Span(first - timedelta(first.weekday()), span.end)
        weeks = self._stands.figures.grouped(days, self._cut, Dimension.WEEK)
        rows = [
            (monday, found["used_measured"], found["median_minutes"])
            for monday, found in sorted(weeks.items())
            if "median_minutes" in found
        ]
        today = calendar(self._actor.park_id).local(clock.now()).date()
        judged = {row[0] for row in rows if row[1] >= LEAST_OF_WEEK and row[0] + WEEK <= today}
        usual = limits([row[2] for row in rows if row[0] in judged])
        return Control(
            tuple(
                Week(*row, usual is None or row[0] not in judged or usual.holds(row[2]))
                for row in rows
            ),
            usual,
        )  # fmt: skip

    def escalations(self, span: Span) -> Sequence[Escalated]:
        """Return how often each level of the ladder was reached, by month of the span so far.

        Nothing where no month has any.
        """
        months = _months(span)
        found = self._stands.settled(
            ("escalations", span, *months.values()),
            lambda: _fired(self._actor.park_id, span, self._stands.unit_id, months),
        )
        if not found:
            return ()
        none = [0] * len(months)
        return tuple(
            Escalated(month, tuple(found.get(level, none)[place] for level in LEVELS))
            for place, month in enumerate(months)
        )


def _returns(park_id: int, span: Span) -> dict[tuple[int, int | None], int]:
    """Count the returned dispatches of a span by (unit that returned, unit that got it next)."""
    returned = (  # written out, not bound: as the condition of its index
        DispatchRecord.park_id == park_id,
        DispatchRecord.outcome == literal_column("'returned'"),
    )
    within = _within(DispatchRecord.at, *_moments(span.start, span.end))
    following = func.lead(DispatchRecord.unit_id).over(
        partition_by=DispatchRecord.ticket_id, order_by=DispatchRecord.id
    )
    every = (
        select(*_OF_DISPATCH, following.label("next_id"))
        .where(
            DispatchRecord.ticket_id.in_(select(DispatchRecord.ticket_id).where(*returned, within)),
            DispatchRecord.outcome != "undone",
        )
        .subquery()
    )
    query = (
        select(every.c.unit_id, every.c.next_id, func.count())
        .where(every.c.outcome == "returned", _within(every.c.at, *_moments(span.start, span.end)))
        .group_by(every.c.unit_id, every.c.next_id)
    )
    return {(source, target): count for source, target, count in db.session.execute(query)}


def _fired(
    park_id: int, span: Span, unit_id: int | None, months: Mapping[str, tuple[date, date]]
) -> dict[str, list[int]]:
    """Count the levels of the ladder that were reached, each by month."""
    sums = [
        func.sum(case((_within(Escalation.fired_at, *_moments(*days)), 1), else_=0))
        for days in months.values()
    ]
    query = (
        select(Escalation.step, *sums)
        .join(Ticket, Ticket.id == Escalation.ticket_id)
        .where(
            Ticket.park_id == park_id, Escalation.step.in_(LEVELS),
            _within(Escalation.fired_at, *_moments(span.start, span.end)),
            Ticket.unit_id == unit_id if unit_id is not None else true(),
        )
        .group_by(Escalation.step)
    )  # fmt: skip
    return {step: [int(n) for n in numbers] for step, *numbers in db.session.execute(query)}


def _months(span: Span) -> dict[str, tuple[date, date]]:
    found: dict[str, tuple[date, date]] = {}
    first, last = span.start, min(span.end, clock.now().astimezone(ZONE).date())
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found[f"{first:%Y-%m}"] = (first, min(last, following - timedelta(days=1)))
        first = following
    return found


def units_below(
    actor: Actor, month: str, cut: Cut, figures: Figures | None = None
) -> Sequence[Below]:
    """Return the units that delivered less of ``2024-03`` on time than is the target, worst first."""
    figures = figures or Figures(actor.park_id, clock.now())
    target = current_rules(actor.park_id).rate_target
    delivered_by = figures.grouped(span_of(month), EVERYTHING, Dimension.UNIT)
    found = []
    for unit in units(actor.park_id):
        own = delivered_by.get(unit.code, {})
        delivered, on_time = own.get("delivered", 0), own.get("on_time", 0)
        if delivered < LEAST_TICKETS or cut.unit not in ("", unit.code):
            continue
        if on_time * 100 < delivered * target:
            found.append(Below(unit, delivered, delivered - on_time, on_time * 100 / delivered))
    return tuple(sorted(found, key=lambda row: row.rate))


def _within(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    """Return the first moment of a span of local days, and the first after it."""
    end = datetime.combine(until + timedelta(days=1), time(), ZONE)
    return datetime.combine(since, time(), ZONE), end
