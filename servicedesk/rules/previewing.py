"""What applying a version of the rules would do to tickets that are running (套用预览)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Pause
from servicedesk.core.rules import Rules
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.rules.queries import rules_at
from servicedesk.streaming import in_chunks, streamed
from servicedesk.tickets import clocks
from servicedesk.tickets.models import Escalation, PauseSpan, Ticket

EFFECTS: Mapping[str, str] = {
    "due": N_("期限变动"),
    "at_once": N_("套用后立即提醒"),
    "alarm": N_("预警或督办时间变动"),
    "standing": N_("正在暂停计时"),
    "same": N_("时间不变"),
}


@dataclass(frozen=True, slots=True)
class Times:
    """What a ticket's clock has before it: due time, warning, and the next alarm that goes off."""

    due: datetime | None = None
    warn: datetime | None = None
    alarm_at: datetime | None = None
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One running ticket and what applying the version does to it."""

    ticket: Ticket
    old: Times
    new: Times
    effects: frozenset[str]


@dataclass(slots=True)
class Preview:
    """What applying ``version`` would do now; ``calendar`` is the calendar's version it counts with."""

    version: int
    calendar: int
    moves: list[Move] = field(default_factory=list)
    by_version: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many tickets would take the version over."""
        return len(self.moves)

    @property
    def earlier(self) -> int:
        """How many would be due earlier."""
        return sum(_moved(move) < 0 for move in self.moves)

    @property
    def later(self) -> int:
        """How many would be due later."""
        return sum(_moved(move) > 0 for move in self.moves)

    @property
    def overdue(self) -> int:
        """How many that are in time now would be overdue at once."""
        now = clock.now()
        return sum(
            move.new.due is not None and move.new.due < now
            and not (move.old.due is not None and move.old.due < now)
            for move in self.moves
        )  # fmt: skip

    def with_effect(self, effect: str) -> list[Move]:
        """Return the moves with ``effect``, all of them where it is empty."""
        return [move for move in self.moves if not effect or effect in move.effects]


def _moved(move: Move) -> float:
    if move.old.due is None or move.new.due is None:
        return 0
    return (move.new.due - move.old.due).total_seconds()


def waiting(park_id: int) -> int:
    """Return how many running tickets keep an older version than the park's present one."""
    query = select(func.count()).select_from(Ticket)
    return db.session.scalar(query.where(older(park_id, get_park(park_id).rules_version))) or 0


def older(park_id: int, version: int) -> ColumnElement[bool]:
    """Return the condition of the park's running tickets that keep an older version."""
    return and_(
        Ticket.park_id == park_id,
        Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        Ticket.rules_version < version,
    )


def preview(park_id: int, version: int) -> Preview:
    """Return what applying ``version`` would do to every running ticket; nothing is written.

    Those that change most come first: alarms at once, due times, other alarms, nothing.
    """
    found = Preview(version, get_park(park_id).calendar_version)
    for move in _moves(park_id, version):
        found.moves.append(move)
        before = found.by_version.get(move.ticket.rules_version, 0)
        found.by_version[move.ticket.rules_version] = before + 1
    found.moves.sort(key=_place)
    return found


def every_move(park_id: int, version: int, effect: str) -> Iterator[Move]:
    """Yield the moves with ``effect`` (all where it is empty) in the preview's order, for an export.

    Only the keys of the order are kept meanwhile; the moves are made again.
    """
    keys = sorted(
        (_place(move), move.ticket.id)
        for move in _moves(park_id, version)
        if not effect or effect in move.effects
    )
    terms = rules_at(park_id, version)
    for numbers in in_chunks(number for _place, number in keys):
        tickets = db.session.scalars(select(Ticket).where(Ticket.id.in_(numbers)))
        made = {move.ticket.id: move for move in _moves_of(tickets.all(), terms)}
        yield from (made[number] for number in numbers)


def _moves(park_id: int, version: int) -> Iterator[Move]:
    """Yield what would become of each running ticket, the oldest first."""
    terms = rules_at(park_id, version)
    query = select(Ticket).where(older(park_id, version)).order_by(Ticket.id)
    for tickets in in_chunks(row.Ticket for row in streamed(query)):
        yield from _moves_of(tickets, terms)


def _moves_of(tickets: Sequence[Ticket], terms: Rules) -> Iterator[Move]:
    spans, fired = _pauses(tickets), _fired(tickets)
    for ticket in tickets:
        yield _move(ticket, terms, spans.get(ticket.id, []), fired.get(ticket.id, {}))


def _place(move: Move) -> int:
    order = list(EFFECTS)
    return min(order.index(effect) for effect in move.effects)


def _move(
    ticket: Ticket, terms: Rules, spans: Sequence[Pause], fired: Mapping[datetime, set[str]]
) -> Move:
    old = Times(ticket.due_at, ticket.warn_at, ticket.next_alarm_at, ticket.next_alarm)
    running = clocks.plan(ticket, calendar(ticket.park_id), spans, terms)
    if running is None:
        return Move(ticket, old, Times(), frozenset({"standing"}))
    alarm = running.next_alarm(fired.get(running.due, set()))
    new = Times(
        running.due, running.warn, alarm.at if alarm else None, alarm.step if alarm else None
    )
    return Move(ticket, old, new, _effects(old, new))


def _effects(old: Times, new: Times) -> frozenset[str]:
    now, found = clock.now(), set()
    if old.due != new.due:
        found.add("due")
    if (old.warn, old.alarm_at, old.alarm) != (new.warn, new.alarm_at, new.alarm):
        found.add("alarm")
    waits = old.alarm_at is not None and old.alarm_at <= now
    if found and new.alarm_at is not None and new.alarm_at <= now and not waits:
        found.add("at_once")
    return frozenset(found or {"same"})


def _pauses(tickets: Sequence[Ticket]) -> dict[int, list[Pause]]:
    """Return the pauses of each ticket's running clock, as ``clocks.pauses`` does for one."""
    begun = {ticket.id: ticket.clock_started_at for ticket in tickets}
    query = select(PauseSpan).where(PauseSpan.ticket_id.in_(begun)).order_by(PauseSpan.started_at)
    found: dict[int, list[Pause]] = {}
    for span in db.session.scalars(query):
        if span.started_at >= begun[span.ticket_id]:
            found.setdefault(span.ticket_id, []).append(Pause(span.started_at, span.ended_at))
    return found


def _fired(tickets: Sequence[Ticket]) -> dict[int, dict[datetime, set[str]]]:
    query = select(Escalation.ticket_id, Escalation.due_at, Escalation.step).where(
        Escalation.ticket_id.in_([ticket.id for ticket in tickets])
    )
    found: dict[int, dict[datetime, set[str]]] = {}
    for ticket_id, due, step in db.session.execute(query):
        found.setdefault(ticket_id, {}).setdefault(due, set()).add(step)
    return found
