"""Requests that come back (重复诉求): the same enterprise, the same matter, within ninety days."""

from datetime import datetime, timedelta

from sqlalchemy import select

from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.models import Ticket


def repeated(enterprise: Enterprise, item_id: int, now: datetime) -> int | None:
    """Return the newest earlier ticket of which one filed now would be a repeat, or ``None``."""
    since = now - timedelta(days=current_rules(enterprise.park_id).repeat_calendar_days)
    query = (
        select(Ticket.id)
        .where(
            Ticket.enterprise_id == enterprise.id,
            Ticket.item_id == item_id,
            Ticket.submitted_at >= since,
            Ticket.submitted_at <= now,
            Ticket.state.not_in([State.WITHDRAWN, State.MERGED]),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)
