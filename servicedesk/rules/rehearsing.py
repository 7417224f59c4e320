"""Trying rules on what has been before they are switched on (规则演练); nothing is ever written.

Timing: the tickets of a range are lived again under the present rules and under a draft, with their real
pauses, extensions and ends, in the present calendar. Who would have heard are the people whose work it
is today. Routing: which tickets a rule would have touched, and where they really ended.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import load_only

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_at
from servicedesk.clock import clock
from servicedesk.core.deadlines import Pause
from servicedesk.core.permissions import Actor, scope_of
from servicedesk.core.rehearsal import (
    Happening,
    Life,
    Ring,
    Shift,
    Tally,
    Turn,
    rings,
    shift,
    touches,
)
from servicedesk.core.rules import Rules
from servicedesk.core.workflow import TRANSITIONS, Clock
from servicedesk.core.worktime import Calendar
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.routing.models import DispatchRecord
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.children import Follower
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import PauseSpan, Ticket, TicketEvent
from servicedesk.tickets.telling import WHO_HEARS, people

MOST = 20_000  # tickets of one rehearsal, the newest; the page says so where there are more
CHUNK = 1_000
YEAR = timedelta(days=365)
FOLLOWER = "follower"
_STOPS = frozenset(step.name for step in TRANSITIONS if step.clock is Clock.STOP)
_RECTIFIES = frozenset(
    step.name for step in TRANSITIONS if step.clock is Clock.RESTART and step.name != "take_up"
)
_TURNS: Mapping[str, Turn] = {
    **dict.fromkeys(_STOPS, Turn.STOP),
    **dict.fromkeys(_RECTIFIES, Turn.RECTIFY),
    "take_up": Turn.RESTART,
    "approve_extension": Turn.EXTEND,
    "mark_urgent": Turn.HURRY,
    "unmark_urgent": Turn.UNHURRY,
    "approve_plan": Turn.CARRY,
    "reach_milestone": Turn.CARRY,
}
_COLUMNS = (
    Ticket.id, Ticket.park_id, Ticket.number, Ticket.title, Ticket.confidential, Ticket.state,
    Ticket.item_id, Ticket.item_version, Ticket.enterprise_id, Ticket.unit_id, Ticket.assignee_id,
    Ticket.submitted_at, Ticket.clock_started_at, Ticket.limit_days, Ticket.promised_due_at,
    Ticket.first_response_at, Ticket.signed_at, Ticket.resolved_at, Ticket.closed_at,
)  # fmt: skip
Heard = tuple[list[tuple[str, int]], frozenset[int]]


def last_year(park_id: int) -> tuple[date, date]:
    """Return the first and the last day of the range that is tried unless another is chosen."""
    today = calendar(park_id).local(clock.now()).date()
    return today - YEAR, today


def _in_range(park_id: int, since: date, until: date) -> Select[Ticket]:
    first = datetime.combine(since, time(), ZONE)
    end = datetime.combine(until + timedelta(days=1), time(), ZONE)
    return (
        select(Ticket)
        .options(load_only(*_COLUMNS))
        .where(Ticket.park_id == park_id, Ticket.submitted_at >= first, Ticket.submitted_at < end)
        .order_by(Ticket.submitted_at.desc(), Ticket.id.desc())
        .limit(MOST + 1)
    )


# Timing ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket for which the draft makes a difference."""

    ticket: Ticket
    before: Sequence[Ring]
    after: Sequence[Ring]
    shift: Shift


@dataclass(slots=True)
class Rehearsal:
    """What came out: ``considered`` tickets, only the newest where ``cut``."""

    considered: int
    cut: bool
    lines: list[Line] = field(default_factory=list)
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)

    def narrowed(self, unit: int | None, step: str, kind: str) -> list[Line]:
        """Return the lines of a unit, with a step that differs, that differ in the way ``kind``."""
        return [
            line
            for line in self.lines
            if (unit is None or line.ticket.unit_id == unit)
            and (not step or _moments(line.before, step) != _moments(line.after, step))
            and kind in ("", line.shift)
        ]


def _moments(found: Sequence[Ring], step: str) -> list[datetime]:
    return [ring.at for ring in found if ring.step == step]


def rehearse(actor: Actor, draft: Rules, since: date, until: date) -> Rehearsal:
    """Try ``draft`` on the tickets submitted from ``since`` to ``until``, against the present rules."""
    park_id, now = actor.park_id, clock.now()
    present, hours = current_rules(park_id), calendar(park_id)
    tickets = db.session.scalars(_in_range(park_id, since, until)).all()
    found = Rehearsal(min(len(tickets), MOST), len(tickets) > MOST)
    known: dict[tuple[str, int | None, int | None], Heard] = {}
    for start in range(0, found.considered, CHUNK):
        chunk = tickets[start : min(start + CHUNK, found.considered)]
        lives, followed = lives_of(chunk), _followed(chunk)
        for ticket in chunk:
            life = lives[ticket.id]
            before = rings(hours, life, present, now)
            after = rings(hours, life, draft, now)
            for tally, went_off in ((found.before, before), (found.after, after)):
                for ring in went_off:
                    heard = _heard(ticket, ring.step, known, followed.get(ticket.id, set()))
                    tally.add(ring, ticket.unit_id, heard)
            if kind := shift(before, after):
                found.lines.append(Line(ticket, before, after, kind))
    return found


def _heard(
    ticket: Ticket,
    step: str,
    known: dict[tuple[str, int | None, int | None], Heard],
    followed: set[int],
) -> list[tuple[str, int]]:
    """Return who hears of an alarm as (audience, people); each person is told once."""
    key = (step, ticket.unit_id, ticket.assignee_id)
    if key not in known:
        known[key] = _people(ticket, step)
    counts, told = known[key]
    besides = len(followed - told)
    return [*counts, (FOLLOWER, besides)] if besides else counts


def _people(ticket: Ticket, step: str) -> Heard:
    told: set[int] = set()
    counts: list[tuple[str, int]] = []
    for audience in WHO_HEARS[step]:
        new = {person.id for person in people(ticket, [audience])} - told
        counts.append((audience, len(new)))
        told |= new
    return counts, frozenset(told)


def _followed(tickets: Sequence[Ticket]) -> dict[int, set[int]]:
    query = select(Follower.ticket_id, Follower.user_id).where(
        Follower.ticket_id.in_([ticket.id for ticket in tickets]), Follower.kind == FOLLOWER
    )
    found: dict[int, set[int]] = {}
    for ticket_id, user_id in db.session.execute(query):
        found.setdefault(ticket_id, set()).add(user_id)
    return found


def lives_of(tickets: Sequence[Ticket]) -> dict[int, Life]:
    """Return what really happened to each ticket's clock, from its timeline and its pauses."""
    numbers = [ticket.id for ticket in tickets]
    pauses: dict[int, list[Pause]] = {}
    spans = select(PauseSpan).where(PauseSpan.ticket_id.in_(numbers)).order_by(PauseSpan.started_at)
    for span in db.session.scalars(spans):
        pauses.setdefault(span.ticket_id, []).append(Pause(span.started_at, span.ended_at))
    events: dict[int, list[Any]] = {}
    lines = (
        select(TicketEvent.ticket_id, TicketEvent.kind, TicketEvent.at, TicketEvent.data)
        .where(TicketEvent.ticket_id.in_(numbers), TicketEvent.kind.in_(["submit", *_TURNS]))
        .order_by(TicketEvent.id)
    )
    for line in db.session.execute(lines):
        events.setdefault(line.ticket_id, []).append(line)
    ladders: dict[tuple[int, int], Sequence[int]] = {}
    return {
        ticket.id: _life(ticket, events.get(ticket.id, []), pauses.get(ticket.id, []), ladders)
        for ticket in tickets
    }


def _life(
    ticket: Ticket,
    events: Sequence[Any],
    pauses: Sequence[Pause],
    ladders: dict[tuple[int, int], Sequence[int]],
) -> Life:
    hours, key = calendar(ticket.park_id), (ticket.item_id, ticket.item_version)
    if key not in ladders:
        ladders[key] = item_at(*key).ladder or ()
    turns = [turn for event in events if (turn := _turn(event, hours)) is not None]
    stopped = {turn.at for turn in turns if turn.turn is Turn.STOP}
    for moment in (ticket.resolved_at, ticket.closed_at):  # what was brought in has no timeline
        if moment is not None and not any(at <= moment for at in stopped):
            turns.append(Happening(moment, Turn.STOP))
    urgent = any(event.kind == "submit" and event.data.get("urgent") for event in events)
    return Life(
        submitted_at=ticket.submitted_at,
        days=_promised(ticket, hours, turns),
        urgent=urgent,
        ladder=ladders[key],
        pauses=pauses,
        happenings=turns,
        first_response_at=ticket.first_response_at,
    )


def _turn(event: Any, hours: Calendar) -> Happening | None:
    turn = _TURNS.get(event.kind)
    if turn is Turn.EXTEND:
        return Happening(event.at, turn, days=int(event.data["days"]))
    if turn is Turn.CARRY:
        due = event.data.get("due_at")  # the last milestone has none after it
        if not due:
            return None
        return Happening(event.at, turn, until=hours.local(datetime.fromisoformat(due)).date())
    return Happening(event.at, turn) if turn is not None else None


def _promised(ticket: Ticket, hours: Calendar, turns: Sequence[Happening]) -> int:
    """Return the promise at filing: rework shortens the row's own, the first due time does not move."""
    if not any(turn.turn is Turn.RECTIFY for turn in turns):
        return ticket.limit_days
    received = hours.local(hours.deemed_receipt(ticket.submitted_at)).date()
    due = hours.local(ticket.promised_due_at).date()
    return max(ticket.limit_days, hours.working_days_between(received, due))


# Routing -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Routed:
    """A ticket that the rule would have touched.

    ``first`` is the unit it was sent to first, ``ended`` the one that signed for it last; ``returns`` its
    returned dispatches. ``verdict`` is ``same`` (sent there at once), ``better`` (it ended there, by a
    detour), ``different`` (it ended elsewhere) or ``open`` (no unit has signed yet).
    """

    ticket: Ticket
    first: int | None
    ended: int | None
    returns: int
    verdict: str


@dataclass(slots=True)
class RoutingRehearsal:
    """What a routing rule would have done; ``sent_back`` tickets were returned by its own unit."""

    considered: int
    cut: bool
    lines: list[Routed] = field(default_factory=list)
    ended: Counter[int | None] = field(default_factory=Counter)
    avoided: int = 0
    sent_back: int = 0

    @property
    def differ(self) -> int:
        """How many ended with another unit than the rule names."""
        return sum(line.verdict == "different" for line in self.lines)

    def narrowed(self, verdict: str, unit: int | None) -> list[Routed]:
        """Return the lines with a verdict, that ended with a unit."""
        return [
            line
            for line in self.lines
            if verdict in ("", line.verdict) and unit in (None, line.ended)
        ]


def rehearse_routing(
    actor: Actor,
    item_id: int | None,
    area: str,
    words: str,
    unit_id: int,
    since: date | None = None,
    until: date | None = None,
) -> RoutingRehearsal:
    """Try a routing rule on the tickets of a range, by default of the last 365 days.

    All conditions that are given must hold; of ``words`` any one that occurs in title or description.
    Whoever may not open confidential matters does not find them by what they are about.
    """
    first, last = last_year(actor.park_id)
    query = _in_range(actor.park_id, since or first, until or last)
    query = query.options(load_only(Ticket.description)).where(*_conditions(actor, item_id, area))
    tickets = db.session.scalars(query).all()
    found = RoutingRehearsal(min(len(tickets), MOST), len(tickets) > MOST)
    touched = [
        ticket for ticket in tickets[:MOST] if touches(words, ticket.title, ticket.description)
    ]
    for start in range(0, len(touched), CHUNK):
        chunk = touched[start : start + CHUNK]
        dispatches = _dispatches(chunk)
        for ticket in chunk:
            _add_routed(found, ticket, dispatches.get(ticket.id, []), unit_id)
    return found


def _conditions(actor: Actor, item_id: int | None, area: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if item_id is not None:
        conditions.append(Ticket.item_id == item_id)
    if area:
        inside = select(Enterprise.id).where(Enterprise.area == area)
        conditions.append(Ticket.enterprise_id.in_(inside))
    if scope_of(actor.role, "ticket.view_confidential") is None:
        conditions.append(Ticket.confidential.is_(False))
    return conditions


def _dispatches(tickets: Sequence[Ticket]) -> dict[int, list[DispatchRecord]]:
    query = (
        select(DispatchRecord)
        .where(DispatchRecord.ticket_id.in_([ticket.id for ticket in tickets]))
        .order_by(DispatchRecord.at, DispatchRecord.id)
    )
    found: dict[int, list[DispatchRecord]] = {}
    for sent in db.session.scalars(query):
        found.setdefault(sent.ticket_id, []).append(sent)
    return found


def _add_routed(
    found: RoutingRehearsal, ticket: Ticket, sent: Sequence[DispatchRecord], unit_id: int
) -> None:
    signed = [one.unit_id for one in sent if one.outcome == "signed"]
    returned = [one.unit_id for one in sent if one.outcome in ("returned", "contested")]
    first = sent[0].unit_id if sent else None
    ended = signed[-1] if signed else None
    if ended is None:
        verdict = "open"
    elif ended != unit_id:
        verdict = "different"
    else:
        verdict = "same" if first == unit_id else "better"
        found.avoided += sum(unit != unit_id for unit in returned)
    found.sent_back += unit_id in returned
    found.ended[ended] += 1
    found.lines.append(Routed(ticket, first, ended, len(returned), verdict))
