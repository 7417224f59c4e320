"""Requests that come back (重复诉求): the same enterprise, the same matter, within ninety days.

One item of appeals (诉求) holds many matters, a road and a power cut: there the words must be alike
too. Elsewhere the item is the matter.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.similarity import telling_terms
from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.models import Ticket

APPEAL = "诉求"
ALIKE_SHARE = 3  # a third of the shorter text's telling words
LOOKED_AT = 20


def repeated(enterprise: Enterprise, item: ServiceItem, words: str, now: datetime) -> int | None:
    """Return the newest earlier ticket of which one filed now would be a repeat, or ``None``."""
    since = now - timedelta(days=current_rules(enterprise.park_id).repeat_calendar_days)
    query = (
        select(Ticket.id, Ticket.title, Ticket.description)
        .where(
            Ticket.enterprise_id == enterprise.id,
            Ticket.item_id == item.id,
            Ticket.submitted_at >= since,
            Ticket.submitted_at <= now,
            Ticket.state.not_in([State.WITHDRAWN, State.MERGED]),
        )
        .order_by(Ticket.id.desc())
        .limit(LOOKED_AT)
    )
    for row in db.session.execute(query):
        if item.kind != APPEAL or alike(words, f"{row.title}\n{row.description}"):
            return int(row.id)
    return None


def alike(one: str, other: str) -> bool:
    """Tell whether two texts speak of one matter: a third of the shorter one's words in common."""
    first, second = telling_terms(one), telling_terms(other)
    common = len(first & second)
    return common >= 2 and common * ALIKE_SHARE >= min(len(first), len(second))
