"""Putting the clocks of ``core.deadlines`` onto a ticket's row; nothing else sets these columns."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_at
from servicedesk.core.deadlines import (
    DEFAULT_LADDER,
    FIRST_RESPONSE_DAYS,
    LADDER_STEPS,
    RATING_DAYS,
    SIGN_DAYS,
    Limit,
    Pause,
    allowed_minutes,
    consumed,
    due_after,
    paused_minutes,
    timetable,
)
from servicedesk.core.worktime import Calendar
from servicedesk.extensions import db
from servicedesk.organisation.queries import park
from servicedesk.tickets.models import Escalation, PauseSpan, Ticket

SUSPENSION_DAYS = 20  # how long an enterprise may have a suspended matter taken up again (续办)
REWORK_DAYS = 5  # a bad rating is put right within five working days (DOMAIN §2)


def start(ticket: Ticket, now: datetime, limit_days: int, statutory_days: int | None) -> None:
    """Start every clock of a new ticket at ``now``, the real moment of receipt."""
    hours = calendar(ticket.park_id)
    ticket.clock_started_at = now
    ticket.limit_days = limit_days
    ticket.response_due_at = due_after(hours, now, FIRST_RESPONSE_DAYS)
    ticket.promised_due_at = due_after(hours, now, limit_days)
    if statutory_days is not None:
        ticket.statutory_due_at = due_after(hours, now, statutory_days)
    _apply(ticket, hours, [], set())


def restart(ticket: Ticket, now: datetime) -> None:
    """Give a rework its own clock: the time between resolution and reopening is nobody's delay."""
    ticket.clock_started_at = now
    ticket.limit_days = min(ticket.limit_days, REWORK_DAYS)
    ticket.extra_days = 0
    ticket.extensions = 0
    refresh(ticket)


def refresh(ticket: Ticket) -> None:
    """Work out due time, warning and next alarm again: after a pause, an extension, a new calendar."""
    hours = calendar(ticket.park_id)
    _apply(ticket, hours, pauses(ticket), None)


def _apply(ticket: Ticket, hours: Calendar, spans: Sequence[Pause], fired: set[str] | None) -> None:
    limit = Limit(ticket.limit_days, ticket.extra_days)
    ticket.allowed_minutes = allowed_minutes(hours, ticket.clock_started_at, limit)
    ticket.calendar_version = park(ticket.park_id).calendar_version
    plan = timetable(hours, ticket.clock_started_at, limit, spans, ladder_of(ticket))
    if plan is None:
        stand(ticket)
        return
    ticket.due_at, ticket.warn_at = plan.due, plan.warn
    fired = _fired(ticket) if fired is None else fired
    ticket.ladder_level = sum(step in fired for step in LADDER_STEPS)
    alarm = plan.next_alarm(fired)
    ticket.next_alarm_at = alarm.at if alarm else None
    ticket.next_alarm = alarm.step if alarm else None


def ladder_of(ticket: Ticket) -> Sequence[int]:
    """Return the ladder of the item as it was when the ticket was filed."""
    return item_at(ticket.item_id, ticket.item_version).ladder or DEFAULT_LADDER


def _fired(ticket: Ticket) -> set[str]:
    query = select(Escalation.step).where(
        Escalation.ticket_id == ticket.id, Escalation.due_at == ticket.due_at
    )
    return set(db.session.scalars(query))


def stand(ticket: Ticket) -> None:
    """Take the running times off the row: the clock stands and nothing can go off."""
    ticket.due_at = None
    ticket.warn_at = None
    silence(ticket)


def silence(ticket: Ticket) -> None:
    """No alarm can go off any more; the due time stays to be read."""
    ticket.next_alarm_at = None
    ticket.next_alarm = None


def stop(ticket: Ticket, now: datetime) -> None:
    """Stop the clock at ``now``: used and paused working minutes, and whether it was in time."""
    hours = calendar(ticket.park_id)
    spans = pauses(ticket)
    started = hours.deemed_receipt(ticket.clock_started_at)
    used = consumed(hours, started, now, spans)
    ticket.used_minutes = (ticket.used_minutes or 0) + used
    in_time = ticket.due_at is None or now <= ticket.due_at
    ticket.on_time = in_time and ticket.on_time is not False
    silence(ticket)


def note_pauses(ticket: Ticket, now: datetime) -> None:
    """Write the sum of all pauses, in working minutes, onto the row."""
    hours = calendar(ticket.park_id)
    spans = _spans(ticket, since=None)
    first = min((span.start for span in spans), default=now)
    ticket.paused_minutes = paused_minutes(hours, first, now, spans)


def sign_due(ticket: Ticket, now: datetime) -> datetime:
    """Return until when a dispatched ticket must be signed for."""
    return due_after(calendar(ticket.park_id), now, SIGN_DAYS)


def suspension_over(ticket: Ticket, now: datetime) -> bool:
    """Tell whether a suspension (中止) has lasted its full time."""
    if ticket.suspended_at is None:
        return False
    return now > due_after(calendar(ticket.park_id), ticket.suspended_at, SUSPENSION_DAYS)


def rating_due(ticket: Ticket, now: datetime) -> datetime:
    """Return until when the enterprise may rate before the ticket is closed as unrated."""
    return due_after(calendar(ticket.park_id), now, RATING_DAYS)


def pauses(ticket: Ticket) -> list[Pause]:
    """Return the pauses of the running clock, oldest first."""
    return _spans(ticket, since=ticket.clock_started_at)


def _spans(ticket: Ticket, since: datetime | None) -> list[Pause]:
    query = select(PauseSpan).where(PauseSpan.ticket_id == ticket.id).order_by(PauseSpan.started_at)
    if since is not None:
        query = query.where(PauseSpan.started_at >= since)
    return [Pause(span.started_at, span.ended_at) for span in db.session.scalars(query)]
