"""The clock of support (协办时限): the units that owe an answer are warned and alarmed, each once.

The task's own row says what has gone off: a conditional update takes it, whoever else tries.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.core.words import N_
from servicedesk.core.workflow import Audience
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.parts import parts_of
from servicedesk.tickets.telling import people
from servicedesk.tickets.timeline import add_system_event, system_actor
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
WARNING = N_("协办答复时限已用八成，请尽快答复主办单位。")
ALARM = N_("协办答复已超过时限，请立即答复主办单位。")
LEAD_ALARM = N_("协办单位没有按时答复，请主办单位催促或另作安排。")


def due_warnings(now: datetime, limit: int = LIMIT) -> list[int]:
    """Return the tasks whose warning is due, in their order."""
    return _due(SupportTask.warn_at, SupportTask.warned_at.is_(None), now, limit)


def due_alarms(now: datetime, limit: int = LIMIT) -> list[int]:
    """Return the tasks whose time is over and of which nobody has been told, in their order."""
    return _due(SupportTask.due_at, SupportTask.overdue_at.is_(None), now, limit)


def _due(
    moment: InstrumentedAttribute[datetime], untold: ColumnElement[bool], now: datetime, limit: int
) -> list[int]:
    query = select(SupportTask.id).where(SupportTask.state == "waiting", untold, moment <= now)
    return list(db.session.scalars(query.order_by(moment, SupportTask.id).limit(limit)))


@unit_of_work
def warn(task_id: int) -> bool:
    """Warn the supporting unit that its time runs out; returns whether it was this call."""
    now = clock.now()
    claim = (
        update(SupportTask)
        .where(
            SupportTask.id == task_id, SupportTask.state == "waiting",
            SupportTask.warned_at.is_(None),
        )
        .values(warned_at=now)
    )  # fmt: skip
    if changed_rows(claim) != 1:
        return False
    task = db.session.get_one(SupportTask, task_id, populate_existing=True)
    _tell(task, _unit_people(task), WARNING, "warn", now)
    return True


@unit_of_work
def alarm(task_id: int) -> bool:
    """Tell the supporting unit, its head and the lead's assignee that an answer is overdue; once."""
    now = clock.now()
    claim = (
        update(SupportTask)
        .where(
            SupportTask.id == task_id, SupportTask.state == "waiting",
            SupportTask.overdue_at.is_(None),
        )
        .values(overdue_at=now)
    )  # fmt: skip
    if changed_rows(claim) != 1:
        return False
    task = db.session.get_one(SupportTask, task_id, populate_existing=True)
    ticket = db.session.get_one(Ticket, task.ticket_id)
    _tell(task, [*_unit_people(task), *_heads(task, ticket)], ALARM, "overdue", now)
    _tell(task, people(ticket, (Audience.ASSIGNEE,)), LEAD_ALARM, "lead", now)
    facts = {"unit": get_unit(task.unit_id).name}
    add_system_event(ticket, "support_late", shown=False, data=facts)
    record(system_actor(ticket.park_id), "ticket.support_late", "ticket", ticket.id, after=facts)
    return True


def _unit_people(task: SupportTask) -> Sequence[User]:
    return members_of_unit(task.unit_id)


def _heads(task: SupportTask, ticket: Ticket) -> Sequence[User]:
    """The unit's head; where there is none, the desk's."""
    heads = holding(ticket.park_id, Role.UNIT_HEAD, task.unit_id)
    return heads or holding(ticket.park_id, Role.DESK_HEAD)


def _tell(task: SupportTask, heard: Sequence[User], text: str, what: str, now: datetime) -> None:
    """Tell people in working time, of urgent tickets at once; secrets stay out of the text."""
    ticket = db.session.get_one(Ticket, task.ticket_id)
    hours = calendar(ticket.park_id)
    at_once = ticket.urgent or hours.is_working_moment(now)
    title = ticket.number if ticket.confidential else f"{ticket.number} {ticket.title}"
    tell(
        heard, text, key=f"support:{task.id}:{what}", ticket_id=ticket.id, detail=title,
        not_before=now if at_once else hours.next_working_moment(now), urgent=ticket.urgent,
    )  # fmt: skip


def tasks_of(ticket_id: int) -> Sequence[SupportTask]:
    """Return every request for support on a ticket, oldest first."""
    return parts_of(SupportTask, ticket_id)
