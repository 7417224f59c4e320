"""Outcome figures of a year (成效), counted each time: nothing is typed in.

What has a register of its own is counted there (``statistics.registers``); the rest from the outcome
figures of tickets, in the year in which a ticket was resolved, once it is closed
(``is_delivered_in``). An enterprise with several entries is one 家.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import metrics
from servicedesk.core.counting import REGISTERED
from servicedesk.extensions import db
from servicedesk.outreach.models import VisitTicket
from servicedesk.statistics.registers import Amount, registered
from servicedesk.tickets.facts import is_delivered_in
from servicedesk.tickets.models import Outcome, Ticket

DISTINCT = "distinct_enterprise"


def outcome(park_id: int, year: int, items: Collection[str], metric: str, listing: str = "") -> int:
    """Return the figure ``metric`` of the year for ``items``.

    A metric that adds up gives thousandths of its unit; one that counts enterprises gives distinct
    enterprises. ``listing`` keeps only the entries of that list (名录).

    Raises:
        KeyError: there is no such metric.
    """
    aggregation = metrics()[metric].aggregation
    amounts = _amounts(park_id, year, items, metric, listing)
    if aggregation == DISTINCT:
        return len({firm for firm, value in amounts if value > 0})
    return sum(value for _firm, value in amounts)


def enterprises_with(
    park_id: int, year: int, items: Collection[str], metric: str, listing: str = ""
) -> list[int]:
    """Return the enterprises behind ``outcome``: to name them, and to open a figure to its rows."""
    amounts = _amounts(park_id, year, items, metric, listing)
    return sorted({firm for firm, value in amounts if value > 0 and firm})


def enterprises(park_id: int, year: int, items: Collection[str], visited: bool = False) -> int:
    """Return the distinct enterprises with a delivery of ``items`` in the year (服务企业数).

    With ``visited`` only those count whose request was taken down at a visit (上门服务).
    """
    query = select(func.count(func.distinct(Ticket.enterprise_id))).where(
        *_delivered(park_id, year, items)
    )
    if visited:
        query = query.where(
            select(VisitTicket.id).where(VisitTicket.ticket_id == Ticket.id).exists()
        )
    return db.session.scalar(query) or 0


def _amounts(
    park_id: int, year: int, items: Collection[str], metric: str, listing: str
) -> list[Amount]:
    """Return what registers hold of the metric, and tickets of items that have no register of it."""
    typed = [item for item in items if metric not in REGISTERED.get(item, ())]
    found = registered(park_id, year, items, metric, listing)
    return found + (_of_tickets(park_id, year, typed, metric, listing) if typed else [])


def _of_tickets(
    park_id: int, year: int, items: Collection[str], metric: str, listing: str
) -> list[Amount]:
    query = (
        select(Ticket.enterprise_id, Outcome.value)
        .join(Outcome, Outcome.ticket_id == Ticket.id)
        .where(*_delivered(park_id, year, items), Outcome.metric_code == metric, Outcome.value > 0)
    )
    if listing:
        query = query.where(Outcome.listing == listing)
    return [(firm, value) for firm, value in db.session.execute(query)]


def _delivered(park_id: int, year: int, items: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    wanted = select(ServiceItem.id).where(
        ServiceItem.park_id == park_id, ServiceItem.code.in_(items)
    )
    return (*is_delivered_in(park_id, str(year)), Ticket.item_id.in_(wanted))
