"""Alarms going off (预警、超期、督办): each step of each due time exactly once.

The database decides: the row's next alarm is taken by a conditional update that names the alarm
that was seen, and a unique key on (ticket, step, due time) stands behind it. However many
schedulers run, and whenever they were down, one of them changes the row.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import LADDER_STEPS, STEPS, Step
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.statistics.marks import mark_ticket
from servicedesk.tickets import clocks
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.tickets.reactions import react_to_alarm
from servicedesk.tickets.telling import WHO_HEARS, tell_about
from servicedesk.tickets.timeline import add_system_event, system_actor
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
LATE_AFTER = timedelta(minutes=5)
WORDS = {
    Step.WARN: N_("已到预警时间，请抓紧办理。"),
    Step.OVERDUE: N_("工单已超过承诺时限，请立即办理并说明。"),
    Step.LEVEL_1: N_("一级督办：请单位负责人过问。"),
    Step.LEVEL_2: N_("二级督办：请分管领导过问。"),
    Step.LEVEL_3: N_("三级督办：工单提交联席会议。"),
    "response": N_("超过首次响应时限仍未联系企业，请立即受理。"),
}


def due_alarms(now: datetime, limit: int = LIMIT) -> list[tuple[int, datetime, str]]:
    """Return the alarms that are due, in their order, as (ticket, when, step)."""
    query = (
        select(Ticket.id, Ticket.next_alarm_at, Ticket.next_alarm)
        .where(Ticket.next_alarm_at <= now)
        .order_by(Ticket.next_alarm_at, Ticket.id)
        .limit(limit)
    )
    return [(row[0], row[1] or now, row[2] or "") for row in db.session.execute(query)]


@unit_of_work
def fire(ticket_id: int, planned: datetime, step: str) -> bool:
    """Let one alarm go off if nobody else has; returns whether it was this call.

    Reminders that an outage has made late, or that fall outside working time, are held back until
    the next working moment.
    """
    now = clock.now()
    claim = (
        update(Ticket)
        .where(
            Ticket.id == ticket_id,
            Ticket.next_alarm_at == planned,
            Ticket.next_alarm == step,
        )
        .values(next_alarm_at=None, next_alarm=None, version=Ticket.version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    ticket = db.session.get_one(Ticket, ticket_id, populate_existing=True)
    if ticket.due_at is None or ticket.state not in BEFORE_RESOLUTION:
        return False
    _record(ticket, Step(step), planned, now)
    _schedule_next(ticket, Step(step))
    return True


def _record(ticket: Ticket, step: Step, planned: datetime, now: datetime) -> None:
    late = max(timedelta(0), now - planned)
    minutes = int(late.total_seconds() // 60) if late > LATE_AFTER else 0
    escalation = Escalation(
        ticket_id=ticket.id, step=step, due_at=ticket.due_at,
        planned_at=planned, fired_at=now, late_minutes=minutes,
    )  # fmt: skip
    db.session.add(escalation)
    if step in LADDER_STEPS:
        ticket.ladder_level = LADDER_STEPS.index(step) + 1
    db.session.flush()
    data = {"step": step, "planned_at": planned.isoformat(), "late_minutes": minutes}
    add_system_event(ticket, "escalate", shown=False, data=data)
    record(system_actor(ticket.park_id), "ticket.escalate", "ticket", ticket.id, after=data)
    mark_ticket(ticket.park_id, ticket.id)
    _remind(ticket, step, f"escalation:{escalation.id}", now)
    react_to_alarm(ticket, step)


def _remind(ticket: Ticket, step: str, key: str, now: datetime) -> None:
    hours = calendar(ticket.park_id)
    now_or_later = ticket.urgent or hours.is_working_moment(now)
    not_before = now if now_or_later else hours.next_working_moment(now)
    tell_about(ticket, WHO_HEARS[step], WORDS[step], key, not_before)


def _schedule_next(ticket: Ticket, step: Step) -> None:
    plan = clocks.plan(ticket, calendar(ticket.park_id), clocks.pauses(ticket))
    alarm = plan.next_alarm(STEPS[: STEPS.index(step) + 1]) if plan else None
    ticket.next_alarm_at = alarm.at if alarm else None
    ticket.next_alarm = alarm.step if alarm else None


def response_breaches(now: datetime, limit: int = LIMIT) -> list[int]:
    """Return the tickets whose enterprise nobody has contacted in time."""
    query = (
        select(Ticket.id)
        .where(
            Ticket.response_due_at < now,
            Ticket.first_response_at.is_(None),
            Ticket.response_breached_at.is_(None),
            Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        )
        .order_by(Ticket.response_due_at, Ticket.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


@unit_of_work
def breach_response(ticket_id: int) -> bool:
    """Note that the first response is late and remind the desk; once for each ticket."""
    now = clock.now()
    claim = (
        update(Ticket)
        .where(
            Ticket.id == ticket_id,
            Ticket.first_response_at.is_(None),
            Ticket.response_breached_at.is_(None),
        )
        .values(response_breached_at=now, version=Ticket.version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    ticket = db.session.get_one(Ticket, ticket_id, populate_existing=True)
    add_system_event(ticket, "response_late", shown=False, data={})
    actor = system_actor(ticket.park_id)
    record(actor, "ticket.response_late", "ticket", ticket.id)
    _remind(ticket, "response", f"response:{ticket.id}", now)
    return True


def finished(now: datetime, limit: int = LIMIT) -> list[tuple[int, int, str]]:
    """Return what needs nobody any more, as (ticket, park, state).

    Good ratings rest a day; what is not rated when its window ends is archived as unrated.
    """
    query = (
        select(Ticket.id, Ticket.park_id, Ticket.state)
        .where(
            ((Ticket.state == State.FOLLOWED_UP) & (Ticket.rating_due_at < now))
            | (
                (Ticket.state == State.RATED)
                & (Ticket.rating > 2)
                & (Ticket.rated_at < now - timedelta(days=1))
            )
        )
        .order_by(Ticket.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def archive(ticket_id: int, park_id: int, state: str) -> bool:
    """Close one finished ticket; false where a person was quicker."""
    step = "close_unrated" if state == State.FOLLOWED_UP else "close"
    try:
        take(system_actor(park_id), ticket_id, step)
    except Refused:
        return False
    return True


def close_finished(now: datetime, limit: int = LIMIT) -> int:
    """Archive up to ``limit`` finished tickets; returns how many."""
    return sum(archive(*found) for found in finished(now, limit))
