"""Taking a step back (撤销) while nobody has been told of it (docs/decisions/0023)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, delete, func, select
from sqlalchemy.types import TypeEngine

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.database import UtcDateTime
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.withdrawing import withdraw
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics.marks import mark_ticket
from servicedesk.tickets.actions import locked, snapshot, touch
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.parts import parts_of
from servicedesk.tickets.timeline import add_own_event
from servicedesk.transaction import changed_rows, unit_of_work
from servicedesk.workbench.models import UndoNote

NOTES_LIVE = timedelta(days=1)
TOO_LATE = N_("已超过10秒，相关人员已收到通知，不能再撤销。")
UNDONE = N_("这一步已经撤销过了。")
MOVED_ON = N_("此后工单又有了新的变化，不能再撤销。")


def way_back(actor: Actor, ticket: Ticket) -> UndoNote | None:
    """Return what the person may still take back on this ticket now, if anything."""
    for note in parts_of(UndoNote, ticket.id):
        mine = (note.version, note.user_id) == (ticket.version, actor.user_id)
        if mine and note.undone_at is None and note.until > clock.now():
            return note
    return None


@unit_of_work
def take_back(actor: Actor, ticket_id: int, seen: int) -> Ticket:
    """Take back the step that made version ``seen``: the row is as it was, and nobody hears of it.

    Raises:
        Refused: it was somebody else's, it is too late, it was taken back already, the ticket has
            gone on, or somebody has been told.
    """
    ticket = locked(ticket_id, None)
    query = select(UndoNote).where(UndoNote.ticket_id == ticket_id, UndoNote.version == seen)
    note = db.session.scalar(query)
    if note is None or note.user_id != actor.user_id:
        raise Refused(N_("只能撤销自己刚刚完成的一步。"), kind="permission")
    _insist_on_time(note, ticket)
    before = snapshot(ticket)
    _restore(ticket, note.before)
    touch(ticket)
    db.session.flush()
    _CHILDREN.get(note.step, _nothing)(ticket)
    _hide_event(ticket, note)
    note.undone_at = clock.now()
    add_own_event(actor, ticket, "undo", data={"undone": note.step}, shown=False)
    record(actor, "ticket.undo", "ticket", ticket.id, before, snapshot(ticket))
    mark_ticket(ticket.park_id, ticket.id)
    return ticket


def _insist_on_time(note: UndoNote, ticket: Ticket) -> None:
    if note.undone_at is not None:
        raise Refused(UNDONE)
    if clock.now() >= note.until:
        raise Refused(TOO_LATE)
    if ticket.version != note.version:
        raise Refused(MOVED_ON)
    if _said_since(note):
        raise Refused(MOVED_ON)
    if not withdraw(f"ticket:{ticket.id}:v{note.version}"):
        raise Refused(TOO_LATE)


def _said_since(note: UndoNote) -> bool:
    """Tell whether the enterprise was written to since the step: such an answer stands."""
    step = select(func.max(TicketEvent.id)).where(
        TicketEvent.ticket_id == note.ticket_id, TicketEvent.kind == note.step
    )
    said = select(TicketEvent.id).where(
        TicketEvent.ticket_id == note.ticket_id,
        TicketEvent.kind == "message",
        TicketEvent.id > step.scalar_subquery(),
    )
    return db.session.scalar(said) is not None


def _restore(ticket: Ticket, before: Mapping[str, Any]) -> None:
    """Put the columns back; moments and days were kept as text."""
    for column in Ticket.__table__.columns:
        if column.key in before:
            setattr(ticket, column.key, _parsed(column.type, before[column.key]))


def _parsed(kind: TypeEngine[Any], value: Any) -> Any:
    if value is not None and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value is not None and isinstance(kind, Date) else value


def _nothing(ticket: Ticket) -> None:
    pass


def _undo_dispatch(ticket: Ticket) -> None:
    """The unit never had it; the dispatches before keep how they ended."""
    last = _last_dispatch(ticket, "waiting")
    if last is not None:
        last.outcome, last.ended_at = "undone", clock.now()


def _undo_sign(ticket: Ticket) -> None:
    last = _last_dispatch(ticket, "signed")
    if last is not None:
        last.outcome, last.ended_at = "waiting", None


def _last_dispatch(ticket: Ticket, outcome: str) -> DispatchRecord | None:
    query = select(DispatchRecord).where(
        DispatchRecord.ticket_id == ticket.id, DispatchRecord.outcome == outcome
    )
    return db.session.scalar(query.order_by(DispatchRecord.id.desc()).limit(1))


_CHILDREN: Mapping[str, Callable[[Ticket], None]] = {
    "dispatch": _undo_dispatch,
    "sign": _undo_sign,
}


def _hide_event(ticket: Ticket, note: UndoNote) -> None:
    """The enterprise is not told of what did not stay; staff see the step and that it was undone."""
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id,
        TicketEvent.version == note.version,
        TicketEvent.kind == note.step,
    )
    for event in db.session.scalars(query):
        event.shown = False


@unit_of_work
def forget_ways_back() -> int:
    """Delete what can no longer be undone; returns how many."""
    return changed_rows(delete(UndoNote).where(UndoNote.until < clock.now() - NOTES_LIVE))
