"""Waiting for the enterprise's supplement (补正): reminders, and giving up when its time is over.

Each reminder goes out once: the row's next reminder is taken by a conditional update that names
the moment that was seen.
"""

from datetime import datetime

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.words import N_
from servicedesk.core.workflow import Audience, State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import SupplementRequest
from servicedesk.tickets.clocks import rules_of
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.telling import tell_about
from servicedesk.tickets.timeline import add_system_event, system_actor
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
TEXT = N_("请尽快补充材料或信息，逾期未补本事项会暂时结案，之后仍可恢复办理。")
Reminder = tuple[int, datetime]


def due_reminders(limit: int = LIMIT) -> list[Reminder]:
    """Return the reminders that are due, as (request, when), oldest first."""
    query = (
        select(SupplementRequest.id, SupplementRequest.next_reminder_at)
        .join(Ticket, Ticket.id == SupplementRequest.ticket_id)
        .where(
            SupplementRequest.next_reminder_at <= clock.now(),
            Ticket.state == State.AWAITING_ENTERPRISE,
        )
        .order_by(SupplementRequest.next_reminder_at, SupplementRequest.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(query) if row[1] is not None]


@unit_of_work
def remind(request_id: int, planned: datetime) -> bool:
    """Remind the enterprise once; false where another scheduler was quicker.

    After an outage one reminder stands for all that were missed. It is seen in working time only.
    """
    now = clock.now()
    claim = update(SupplementRequest).where(
        SupplementRequest.id == request_id,
        SupplementRequest.next_reminder_at == planned,
        SupplementRequest.answered_at.is_(None),
    )
    values = {"next_reminder_at": None, "reminders": SupplementRequest.reminders + 1}
    if changed_rows(claim.values(values).execution_options(synchronize_session=False)) != 1:
        return False
    asked = db.session.get_one(SupplementRequest, request_id, populate_existing=True)
    ticket = db.session.get_one(Ticket, asked.ticket_id, with_for_update=True)
    if ticket.state != State.AWAITING_ENTERPRISE or asked.sent_at is None:
        return False
    asked.next_reminder_at = _second(ticket, asked.sent_at, planned, now)
    data = {"answer_by": asked.answer_due_at.isoformat() if asked.answer_due_at else ""}
    add_system_event(ticket, "supplement_reminder", shown=True, data=data)
    actor = system_actor(ticket.park_id)
    record(actor, "ticket.supplement_reminder", "ticket", ticket.id, after=data)
    not_before = calendar(ticket.park_id).next_working_moment(now)
    key = f"supplement:{asked.id}:{asked.reminders}"
    tell_about(ticket, (Audience.REQUESTER,), TEXT, key, not_before)
    return True


def _second(ticket: Ticket, sent_at: datetime, planned: datetime, now: datetime) -> datetime | None:
    """Return when to remind once more; ``None`` after the second, or where its time is over too."""
    second = calendar(ticket.park_id).due_after_days(
        sent_at, rules_of(ticket).supplement_second_reminder
    )
    return second if planned < second and now < second else None


def given_up(limit: int = LIMIT) -> list[tuple[int, int]]:
    """Return the tickets whose enterprise has not answered in its time, as (ticket, park)."""
    query = (
        select(Ticket.id, Ticket.park_id)
        .join(SupplementRequest, SupplementRequest.ticket_id == Ticket.id)
        .where(
            Ticket.state == State.AWAITING_ENTERPRISE,
            SupplementRequest.answered_at.is_(None),
            SupplementRequest.answer_due_at < clock.now(),
        )
        .order_by(SupplementRequest.answer_due_at, Ticket.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def abandon(ticket_id: int, park_id: int) -> bool:
    """Give one matter up as abandoned (逾期未补正); false where an answer was quicker."""
    try:
        take(system_actor(park_id), ticket_id, "abandon")
    except Refused:
        return False
    return True
