"""Tickets as the statistics see them: the periods into which they fall, and what time changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket

ZONE = ZoneInfo("Asia/Shanghai")


def period_bounds(period: str) -> tuple[datetime, datetime]:
    """Return the first moment of ``2024`` or ``2024-03`` and the first after it, local midnights."""
    year, month = int(period[:4]), int(period[5:] or 1)
    start = datetime(year, month, 1, tzinfo=ZONE)
    if len(period) == 4:
        end = datetime(year + 1, 1, 1, tzinfo=ZONE)
    else:
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE)
    return start.astimezone(UTC), end.astimezone(UTC)


def is_submitted_in(park_id: int, period: str) -> tuple[ColumnElement[bool], ...]:
    """The condition behind every figure that goes by the day of submission."""
    start, end = period_bounds(period)
    return (
        Ticket.park_id == park_id,
        Ticket.submitted_at >= start,
        Ticket.submitted_at < end,
        Ticket.state != State.MERGED,  # joined into another, with which it counts as one 件
    )


def is_delivered_in(park_id: int, period: str) -> tuple[ColumnElement[bool], ...]:
    """The condition behind every figure that goes by the day of resolution: 办结并归档."""
    start, end = period_bounds(period)
    return (
        Ticket.park_id == park_id,
        Ticket.resolved_at >= start,
        Ticket.resolved_at < end,
        Ticket.state == State.CLOSED,
    )


def is_delivered_between(park_id: int, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """The same condition for any local days, both included."""
    return (
        Ticket.park_id == park_id,
        Ticket.resolved_at >= datetime.combine(first, time(), ZONE),
        Ticket.resolved_at < datetime.combine(last + timedelta(days=1), time(), ZONE),
        Ticket.state == State.CLOSED,
    )


def months_with_tickets(park_id: int) -> list[str]:
    """Return every month from the first ticket to now."""
    first = db.session.scalar(
        select(func.min(Ticket.submitted_at)).where(Ticket.park_id == park_id)
    )
    if first is None:
        return []
    start, end = first.astimezone(ZONE), clock.now().astimezone(ZONE)
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in months]
