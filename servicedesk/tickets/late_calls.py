"""Calls that are late (回访超期): after a resolution, and after a bad rating; each told of once.

The reminder is written down as an alarm of the ticket, whose key (ticket, step, due time) is unique;
the ticket's row is locked while that is done, so several schedulers remind once.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, State
from servicedesk.extensions import db
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.tickets.telling import WHO_HEARS, tell_about
from servicedesk.tickets.timeline import add_system_event, system_actor
from servicedesk.transaction import unit_of_work

FOLLOW_UP, CONTACT = "follow_up_late", "contact_late"
WORDS = {
    FOLLOW_UP: N_("办结后的回访已超过时限，请今天联系企业。"),
    CONTACT: N_("差评在时限内还没有回访，请安排没有办过的人今天联系企业。"),
}


def _is_late(step: str) -> ColumnElement[bool]:
    """The condition of tickets whose call is late and not reminded of yet."""
    now = clock.now()
    if step == FOLLOW_UP:
        due = Ticket.follow_up_due_at
        waits = and_(Ticket.state == State.RESOLVED, due < now)
    else:
        due = Ticket.contact_due_at
        waits = and_(
            Ticket.state == State.RATED,
            Ticket.rating <= BAD_RATING,
            Ticket.called_back_at.is_(None),
            due < now,
        )
    told = exists().where(
        Escalation.ticket_id == Ticket.id, Escalation.step == step, Escalation.due_at == due
    )
    return and_(Ticket.closed_at.is_(None), waits, ~told)


def late_calls(limit: int) -> Sequence[tuple[int, str]]:
    """Return the late calls that nobody was reminded of yet, as (ticket, which call)."""
    found: list[tuple[int, str]] = []
    for step in (CONTACT, FOLLOW_UP):
        query = select(Ticket.id).where(_is_late(step)).order_by(Ticket.id).limit(limit)
        found += [(number, step) for number in db.session.scalars(query)]
    return found[:limit]


@unit_of_work
def remind(ticket_id: int, step: str) -> bool:
    """Remind of one late call, in working time; false where that has been done meanwhile."""
    ticket = db.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    late = select(Ticket.id).where(Ticket.id == ticket_id, _is_late(step))
    if db.session.scalar(late) is None:
        return False
    now, due = clock.now(), _due(ticket, step)
    alarm = Escalation(
        ticket_id=ticket.id, step=step, due_at=due, planned_at=due, fired_at=now, late_minutes=0
    )
    db.session.add(alarm)
    db.session.flush()
    add_system_event(ticket, "escalate", shown=False, data={"step": step})
    record(system_actor(ticket.park_id), f"ticket.{step}", "ticket", ticket.id)
    hours = calendar(ticket.park_id)
    working = ticket.urgent or hours.is_working_moment(now)
    later = now if working else hours.next_working_moment(now)
    tell_about(ticket, WHO_HEARS[step], WORDS[step], f"{step}:{alarm.id}", later)
    return True


def _due(ticket: Ticket, step: str) -> datetime:
    due = ticket.follow_up_due_at if step == FOLLOW_UP else ticket.contact_due_at
    assert due is not None  # the condition asked for it
    return due
