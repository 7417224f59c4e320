"""Outcome figures of any days (成效), counted each time from the registers: nothing is typed in.

What the summary boasts with has a register of its own for every item that it names
(``core.counting.REGISTERED``); services taken down at the door are counted from delivered tickets.
"""

from collections.abc import Collection

from sqlalchemy import func, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import metrics
from servicedesk.core.counting import REGISTERED
from servicedesk.extensions import db
from servicedesk.outreach.models import VisitTicket
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.registers import REGISTERS, Amount
from servicedesk.tickets.facts import is_delivered_between
from servicedesk.tickets.models import Ticket

DISTINCT = "distinct_enterprise"


def outcome(
    park_id: int, span: Span, items: Collection[str], metric: str, listing: str = ""
) -> int:
    """Return the figure ``metric`` of the days for ``items``.

    A metric that adds up gives thousandths of its unit; one that counts enterprises gives distinct
    enterprises. ``listing`` keeps only the entries of that list (名录).

    Raises:
        KeyError: there is no such metric, or no register of it.
    """
    found = amounts(park_id, span, items, metric, listing)
    if metrics()[metric].aggregation == DISTINCT:
        return len({firm for firm, value in found if value > 0})
    return sum(value for _firm, value in found)


def enterprises_with(
    park_id: int, span: Span, items: Collection[str], metric: str, listing: str = ""
) -> list[int]:
    """Return the enterprises behind ``outcome``: to name them."""
    found = amounts(park_id, span, items, metric, listing)
    return sorted({firm for firm, value in found if value > 0 and firm})


def amounts(
    park_id: int, span: Span, items: Collection[str], metric: str, listing: str = ""
) -> list[Amount]:
    """Return what the register of a metric holds for those of ``items`` that it is about."""
    own = [item for item in items if metric in REGISTERED.get(item, ())]
    return REGISTERS[metric](park_id, span.start, span.end, own, listing) if own else []


def enterprises(park_id: int, span: Span, items: Collection[str], visited: bool = False) -> int:
    """Return the distinct enterprises with a delivery of ``items`` in the days (服务企业数).

    With ``visited`` only those count whose request was taken down at a visit (上门服务).
    """
    wanted = select(ServiceItem.id).where(
        ServiceItem.park_id == park_id, ServiceItem.code.in_(items)
    )
    query = select(func.count(func.distinct(Ticket.enterprise_id))).where(
        *is_delivered_between(park_id, span.start, span.end), Ticket.item_id.in_(wanted)
    )
    if visited:
        query = query.where(
            select(VisitTicket.id).where(VisitTicket.ticket_id == Ticket.id).exists()
        )
    return db.session.scalar(query) or 0
