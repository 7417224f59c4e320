"""A changed calendar reaches the tickets (重算期限): batch by batch, exactly once, old → new in each.

A ticket's ``calendar_version`` says by which calendar its times were reckoned. A batch locks open
tickets that are behind, reads what hangs on them, reckons, and writes rows, timeline and audit
trail in one transaction. Rows that somebody else holds are passed over and found by the next run;
so two schedulers share the work, and one that dies half way leaves a batch as it was.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from servicedesk.audit.actions import record_many
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Pause
from servicedesk.core.workflow import State
from servicedesk.core.worktime import Calendar
from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.statistics.marks import mark_many
from servicedesk.tickets.children import SupplementRequest, SupportTask
from servicedesk.tickets.models import Escalation, PauseSpan, Ticket, TicketEvent
from servicedesk.tickets.reckoning import (
    ALARMS,
    OF_ENTERPRISE,
    Child,
    Hanging,
    Move,
    Reckoned,
    Reckoner,
)
from servicedesk.tickets.timeline import system_actor
from servicedesk.transaction import unit_of_work

log = logging.getLogger(__name__)

BATCH = 500
LOOK = 2000  # a preview reads only, so it may read more at once
_COLUMNS = (
    Ticket.id, Ticket.number, Ticket.state, Ticket.version, Ticket.unit_id, Ticket.item_id,
    Ticket.item_version, Ticket.rules_version, Ticket.urgent, Ticket.carried,
    Ticket.submitted_at, Ticket.clock_started_at, Ticket.leg_from, Ticket.leg_until,
    Ticket.limit_days, Ticket.extra_days, Ticket.allowed_minutes, Ticket.due_at, Ticket.warn_at,
    Ticket.next_alarm_at, Ticket.next_alarm, Ticket.ladder_level, Ticket.statutory_due_at,
    Ticket.first_response_at, Ticket.response_due_at, Ticket.response_breached_at,
    Ticket.dispatched_at, Ticket.sign_due_at, Ticket.resolved_at, Ticket.follow_up_due_at,
    Ticket.followed_up_at, Ticket.rating_due_at, Ticket.rated_at, Ticket.contact_due_at,
    Ticket.called_back_at, Ticket.supplements, Ticket.support_waiting,
)  # fmt: skip
_WRITTEN = (
    "allowed_minutes", "due_at", "warn_at", "next_alarm_at", "next_alarm", "ladder_level",
    "response_due_at", "sign_due_at", "statutory_due_at", "follow_up_due_at", "rating_due_at",
    "contact_due_at",
)  # fmt: skip
Pair = tuple[Any, Reckoned]


def recompute_park(park_id: int) -> int:
    """Reckon every open ticket of a park that is behind its calendar; returns how many moved."""
    moved, after = 0, 0
    while True:
        last, changed = recompute_batch(park_id, after)
        moved += changed
        if last is None:
            return moved
        after = last


@unit_of_work
def recompute_batch(park_id: int, after: int = 0, limit: int = BATCH) -> tuple[int | None, int]:
    """Reckon the next tickets that are behind; returns the last one (``None``: no more) and how many moved."""
    version = get_park(park_id).calendar_version
    query = (
        select(*_COLUMNS)
        .where(*_open(park_id, after), Ticket.calendar_version < version)
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(query).all()
    if not rows:
        return None, 0
    reckoned = list(_reckon(rows, Reckoner(park_id, calendar(park_id))))
    moved = [pair for pair in reckoned if pair[1].moves]
    _write_tickets(reckoned, version)
    mark_many(park_id, (row.id for row, found in reckoned if _differs(row, found)))
    _write_children(SupplementRequest, (one for _, found in moved for one in found.asked))
    _write_children(SupportTask, (one for _, found in moved for one in found.support))
    _write_down(park_id, moved)
    return rows[-1].id, len(moved)


def _open(park_id: int, after: int) -> tuple[Any, ...]:
    return (Ticket.park_id == park_id, Ticket.closed_at.is_(None), Ticket.id > after)


def _reckon(rows: Sequence[Any], reckoner: Reckoner) -> Iterable[Pair]:
    """Yield each ticket with its new times; one that cannot be reckoned is logged and left behind."""
    hanging = _hanging(rows)
    for row in rows:
        try:
            yield row, reckoner.of(row, hanging.get(row.id, Hanging()))
        except ValueError:  # no working time within years: the calendar is wrong, not the ticket
            log.exception("the times of ticket %s cannot be reckoned", row.number)


def _hanging(rows: Sequence[Any]) -> dict[int, Hanging]:
    """Read what hangs on tickets: pauses and fired alarms, and where there are any, requests."""
    ids = [row.id for row in rows]
    pauses: dict[int, list[Pause]] = defaultdict(list)
    query = select(PauseSpan.ticket_id, PauseSpan.started_at, PauseSpan.ended_at)
    query = query.where(PauseSpan.ticket_id.in_(ids)).order_by(PauseSpan.started_at)
    for span in db.session.execute(query):
        pauses[span.ticket_id].append(Pause(span.started_at, span.ended_at))
    fired: dict[int, dict[datetime, set[str]]] = defaultdict(lambda: defaultdict(set))
    alarms = select(Escalation.ticket_id, Escalation.due_at, Escalation.step)
    for alarm in db.session.execute(alarms.where(Escalation.ticket_id.in_(ids))):
        fired[alarm.ticket_id][alarm.due_at].add(alarm.step)
    asked, support = _asked(rows), _support(rows)
    return {
        number: Hanging(
            pauses.get(number, ()), fired.get(number, {}),
            asked.get(number, ()), support.get(number, ()),
        )
        for number in {*pauses, *fired, *asked, *support}
    }  # fmt: skip


def _asked(rows: Sequence[Any]) -> dict[int, list[Any]]:
    """Return the supplement requests that wait for the enterprise."""
    waiting = [row.id for row in rows if row.state == State.AWAITING_ENTERPRISE]
    if not waiting:
        return {}
    query = select(SupplementRequest).where(
        SupplementRequest.ticket_id.in_(waiting),
        SupplementRequest.sent_at.is_not(None),
        SupplementRequest.answered_at.is_(None),
    )
    return _by_ticket(db.session.scalars(query))


def _support(rows: Sequence[Any]) -> dict[int, list[Any]]:
    """Return the requests to supporting units that wait for an answer."""
    waiting = [row.id for row in rows if row.support_waiting]
    if not waiting:
        return {}
    query = select(SupportTask).where(
        SupportTask.ticket_id.in_(waiting), SupportTask.state == "waiting"
    )
    return _by_ticket(db.session.scalars(query))


def _by_ticket(children: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for child in children:
        found.setdefault(child.ticket_id, []).append(child)
    return found


# Writing -----------------------------------------------------------------------------------------


def _write_tickets(reckoned: Sequence[Pair], version: int) -> None:
    """Write the columns of what changes, and onto all that they are up to date.

    Only a ticket whose times move gets a new version: its timeline tells whoever has it open why.
    """
    changed = [pair for pair in reckoned if _differs(*pair)]
    if changed:
        table = _table(Ticket)
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({name: bindparam(name) for name in _WRITTEN})
            .values(version=bindparam("row_version"))
        )
        db.session.connection().execute(statement, [_columns(*pair) for pair in changed])
    db.session.execute(
        update(Ticket)
        .where(Ticket.id.in_([row.id for row, _ in reckoned]))
        .values(calendar_version=version)
        .execution_options(synchronize_session=False)
    )


def _differs(row: Any, found: Reckoned) -> bool:
    return any(getattr(row, name) != value for name, value in found.values.items())


def _columns(row: Any, found: Reckoned) -> dict[str, Any]:
    values = {name: found.values.get(name, getattr(row, name)) for name in _WRITTEN}
    return {**values, "row_id": row.id, "row_version": row.version + bool(found.moves)}


def _write_children(model: type[Base], children: Iterable[Child]) -> None:
    """Write the new times, in one statement for all rows of which the same columns change."""
    table = _table(model)
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for child in children:
        alike[tuple(child.values)].append({**child.values, "row_id": child.id})
    for names, rows in alike.items():
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({name: bindparam(name) for name in names})
        )
        db.session.connection().execute(statement, rows)


def _write_down(park_id: int, moved: Sequence[Pair]) -> None:
    """Tell the timeline and the audit trail of each ticket what moved; mark counts that change."""
    if not moved:
        return
    now, actor = clock.now(), system_actor(park_id)
    told = [(row, found, _data(found.moves)) for row, found in moved]
    events = [
        {
            "ticket_id": row.id, "at": now, "kind": "recompute", "actor_id": None,
            "actor_name": actor.name, "actor_role": actor.role, "version": row.version + 1,
            "shown": any(move.name in OF_ENTERPRISE for move in found.moves), "text": "",
            "data": data,
        }
        for row, found, data in told
    ]  # fmt: skip
    db.session.execute(insert(_table(TicketEvent)), events)
    record_many(actor, "ticket.recompute", "ticket", [(row.id, {}, data) for row, _, data in told])


def _data(moves: Sequence[Move]) -> dict[str, Any]:
    """Return what the timeline keeps: the promise as ``old`` and ``new``, the other times by name."""
    data: dict[str, Any] = {}
    others = []
    for move in moves:
        old, new = _text(move.old), _text(move.new)
        if move.name == "due_at":
            data |= {"old": old, "new": new}
        else:
            others.append([move.name, old, new])
    return data | ({"moved": others} if others else {})


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


# Looking before ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovedTicket:
    """A ticket whose promise would move."""

    number: str
    unit_id: int | None
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a calendar would do to the open tickets: counts, and the first tickets by their due time.

    ``looked`` tickets are open; of ``due`` the promise would move; ``alarms`` and ``others`` count
    the warnings and reminders, and the other time limits, that would move with them or alone.
    """

    looked: int
    due: int
    alarms: int
    others: int
    first: Sequence[MovedTicket]

    @property
    def nothing(self) -> bool:
        """Whether no time of any open ticket would move."""
        return not (self.due or self.alarms or self.others)


def preview(park_id: int, hours: Calendar, shown: int) -> Preview:
    """Return what would move if the park's calendar were ``hours``; nothing is written."""
    reckoner = Reckoner(park_id, hours)
    looked, after = 0, 0
    tickets: list[MovedTicket] = []
    alarms = others = 0
    while rows := _look(park_id, after):
        looked, after = looked + len(rows), rows[-1].id
        for row, found in _reckon(rows, reckoner):
            for move in found.moves:
                if move.name == "due_at":
                    tickets.append(MovedTicket(row.number, row.unit_id, move.old, move.new))
                elif move.name in ALARMS:
                    alarms += 1
                else:
                    others += 1
    first = nsmallest(shown, tickets, key=lambda one: (one.old is None, one.old or one.new))
    return Preview(looked, len(tickets), alarms, others, first)


def _look(park_id: int, after: int) -> Sequence[Any]:
    query = select(*_COLUMNS).where(*_open(park_id, after)).order_by(Ticket.id).limit(LOOK)
    return db.session.execute(query).all()
