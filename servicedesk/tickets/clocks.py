"""Putting the clocks of ``core.deadlines`` onto a ticket's row; nothing else sets these columns."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_at
from servicedesk.core.deadlines import (
    LADDER_STEPS,
    Course,
    Limit,
    Pause,
    Timetable,
    allowed_minutes,
    consumed,
    due_after,
    paused_minutes,
)
from servicedesk.core.rules import Rules
from servicedesk.core.worktime import Calendar
from servicedesk.extensions import db
from servicedesk.organisation.queries import park
from servicedesk.rules.queries import rules_at
from servicedesk.tickets.models import Escalation, PauseSpan, Ticket
from servicedesk.tickets.parts import parts_of

URGENT_FROM_LEVEL = 2


def rules_of(ticket: Ticket) -> Rules:
    """Return the rules under which the ticket was filed, or that were applied to it since."""
    return rules_at(ticket.park_id, ticket.rules_version)


def start(ticket: Ticket, now: datetime, limit_days: int, statutory_days: int | None) -> None:
    """Start every clock of a new ticket at ``now``, the real moment of receipt."""
    hours, terms = calendar(ticket.park_id), rules_of(ticket)
    ticket.clock_started_at = now
    ticket.limit_days = limit_days
    ticket.response_due_at = due_after(hours, now, terms.first_response_days)
    ticket.promised_due_at = due_after(hours, now, limit_days)
    if statutory_days is not None:
        ticket.statutory_due_at = due_after(hours, now, statutory_days)
    if ticket.urgent:
        hurry(ticket, now)
    _apply(ticket, hours, [], set())


def hurry(ticket: Ticket, now: datetime) -> None:
    """Give an urgent ticket its own clocks: contact by the clock on the wall, action in working time.

    A carried matter (挂账) keeps its milestone.
    """
    if not ticket.carried:
        ticket.leg_from = now
    if ticket.first_response_at is None:
        soon = now + timedelta(hours=rules_of(ticket).urgent_contact_hours)
        ticket.response_due_at = min(soon, ticket.response_due_at)


def restart(ticket: Ticket, now: datetime, days: int | None = None) -> None:
    """Give a reopened ticket its own clock: the time since its end is nobody's delay.

    ``days`` is the most that it may take (差评整改); the item's promise if that is shorter.
    """
    ticket.clock_started_at = now
    ticket.limit_days = min(ticket.limit_days, days or rules_of(ticket).bad_rectify_days)
    ticket.extra_days = 0
    ticket.extensions = 0
    ticket.carried = False
    ticket.leg_until = None
    ticket.leg_from = now if ticket.urgent else None
    refresh(ticket)


def refresh(ticket: Ticket) -> None:
    """Work out due time, warning and next alarm again: after a pause, an extension, a new calendar."""
    _apply(ticket, calendar(ticket.park_id), pauses(ticket), None)


def started(ticket: Ticket) -> datetime:
    """Return when the present leg of the clock began."""
    return ticket.leg_from or ticket.clock_started_at


def limit_of(ticket: Ticket, terms: Rules | None = None) -> Limit:
    """Return what the present leg of the clock allows, under ``terms`` or the ticket's own rules.

    An urgent ticket without a leg of its own runs on to the due time that it had: that was sooner.
    """
    if ticket.carried:
        return Limit(0, until=ticket.leg_until)
    if ticket.urgent and ticket.leg_from is not None:
        return Limit(min(ticket.limit_days, (terms or rules_of(ticket)).urgent_days))
    return Limit(ticket.limit_days, ticket.extra_days)


def course(
    ticket: Ticket, spans: Sequence[Pause], terms: Rules, own_ladder: Sequence[int] | None
) -> Course:
    """Return what the ticket's running clock depends on, besides the calendar.

    ``own_ladder`` is the ladder that the item as it was when the ticket was filed has of its own.
    """
    return Course(
        started(ticket),
        limit_of(ticket, terms),
        tuple(spans),
        tuple(own_ladder or terms.ladder),
        terms.warn_share,
        URGENT_FROM_LEVEL if ticket.urgent else 1,
    )


def plan(
    ticket: Ticket, hours: Calendar, spans: Sequence[Pause], terms: Rules | None = None
) -> Timetable | None:
    """Return everything that the ticket's clock will do; ``None`` while it stands.

    ``terms`` asks what it would do under other rules than the ticket's own.
    """
    own = item_at(ticket.item_id, ticket.item_version).ladder
    return course(ticket, spans, terms or rules_of(ticket), own).plan(hours)


def _apply(ticket: Ticket, hours: Calendar, spans: Sequence[Pause], fired: set[str] | None) -> None:
    ticket.allowed_minutes = allowed_minutes(hours, started(ticket), limit_of(ticket))
    ticket.calendar_version = park(ticket.park_id).calendar_version
    running = plan(ticket, hours, spans)
    if running is None:
        stand(ticket)
        return
    ticket.due_at, ticket.warn_at = running.due, running.warn
    fired = _fired(ticket) if fired is None else fired
    ticket.ladder_level = level_reached(fired)
    alarm = running.next_alarm(fired)
    ticket.next_alarm_at = alarm.at if alarm else None
    ticket.next_alarm = alarm.step if alarm else None


def level_reached(fired: Collection[str]) -> int:
    """Return the highest level of the ladder among the alarms that went off; 0 for none."""
    return max((n for n, step in enumerate(LADDER_STEPS, start=1) if step in fired), default=0)


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
    begun = hours.deemed_receipt(ticket.clock_started_at)
    used = consumed(hours, begun, now, spans)
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
    return due_after(calendar(ticket.park_id), now, rules_of(ticket).sign_days)


def follow_up_due(ticket: Ticket, now: datetime) -> datetime:
    """Return until when the enterprise must be asked whether it is really done (回访)."""
    return due_after(calendar(ticket.park_id), now, rules_of(ticket).follow_up_days)


def contact_due(ticket: Ticket, now: datetime) -> datetime:
    """Return until when a bad rating must be called back."""
    return due_after(calendar(ticket.park_id), now, rules_of(ticket).bad_contact_days)


def extension_until(ticket: Ticket) -> datetime | None:
    """Return the last moment at which more time may be asked for."""
    if ticket.due_at is None:
        return None
    hours = calendar(ticket.park_id)
    day = sum(segment.end - segment.start for segment in hours.segments)
    return hours.subtract(ticket.due_at, rules_of(ticket).extension_notice_days * day)


def reopen_over(ticket: Ticket, now: datetime) -> bool:
    """Tell whether a closed ticket has been closed for too long to come back."""
    if ticket.closed_at is None:
        return False
    return now > due_after(calendar(ticket.park_id), ticket.closed_at, rules_of(ticket).reopen_days)


def suspension_over(ticket: Ticket, now: datetime) -> bool:
    """Tell whether a suspension (中止) has lasted its full time."""
    if ticket.suspended_at is None:
        return False
    return now > due_after(
        calendar(ticket.park_id), ticket.suspended_at, rules_of(ticket).suspension_days
    )


def rating_due(ticket: Ticket, now: datetime) -> datetime:
    """Return until when the enterprise may rate before the ticket is closed as unrated."""
    return due_after(calendar(ticket.park_id), now, rules_of(ticket).rating_days)


def pauses(ticket: Ticket) -> list[Pause]:
    """Return the pauses of the running clock, oldest first."""
    return _spans(ticket, since=ticket.clock_started_at)


def _spans(ticket: Ticket, since: datetime | None) -> list[Pause]:
    spans = sorted(parts_of(PauseSpan, ticket.id), key=lambda span: span.started_at)
    return [
        Pause(span.started_at, span.ended_at)
        for span in spans
        if since is None or span.started_at >= since
    ]
