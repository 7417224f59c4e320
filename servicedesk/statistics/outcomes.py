"""Outcome figures of a year (成效), counted from the tickets each time: nothing is typed in.

A ticket counts in the year in which it was resolved, once it is closed (``is_delivered_in``). An
enterprise with several tickets is one 家.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import metrics
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.tickets.facts import is_delivered_in
from servicedesk.tickets.models import Outcome, Ticket

DISTINCT = "distinct_enterprise"


def outcome(park_id: int, year: int, items: Collection[str], metric: str, listing: str = "") -> int:
    """Return the figure ``metric`` of the year's deliveries of ``items``.

    A metric that adds up gives thousandths of its unit; one that counts enterprises gives distinct
    enterprises. ``listing`` keeps only the entries of that list (名录).

    Raises:
        KeyError: there is no such metric.
    """
    counted: Select[tuple[int]] = select(_measure(metrics()[metric].aggregation))
    query = (
        counted.select_from(Outcome)
        .join(Ticket, Ticket.id == Outcome.ticket_id)
        .where(*_delivered(park_id, year, items), Outcome.metric_code == metric, Outcome.value > 0)
    )
    if listing:
        query = query.where(Outcome.listing == listing)
    return int(db.session.scalar(query) or 0)


def _measure(aggregation: str) -> ColumnElement[int]:
    if aggregation == DISTINCT:
        return func.count(func.distinct(Ticket.enterprise_id))
    return func.coalesce(func.sum(Outcome.value), 0)


def enterprises(park_id: int, year: int, items: Collection[str], visited: bool = False) -> int:
    """Return the distinct enterprises with a delivery of ``items`` in the year (服务企业数).

    With ``visited`` only those count whose request was taken down at a visit (上门服务).
    """
    query = select(func.count(func.distinct(Ticket.enterprise_id))).where(
        *_delivered(park_id, year, items)
    )
    if visited:
        query = query.where(select(Visit.id).where(Visit.ticket_id == Ticket.id).exists())
    return db.session.scalar(query) or 0


def enterprises_with(
    park_id: int, year: int, items: Collection[str], metric: str, listing: str = ""
) -> list[int]:
    """Return the enterprises behind ``outcome``: to name them, and to open a figure to its rows."""
    query = (
        select(Ticket.enterprise_id)
        .join(Outcome, Outcome.ticket_id == Ticket.id)
        .where(*_delivered(park_id, year, items), Outcome.metric_code == metric, Outcome.value > 0)
        .order_by(Ticket.enterprise_id)
    )
    if listing:
        query = query.where(Outcome.listing == listing)
    return list(db.session.scalars(query.distinct()))


def _delivered(park_id: int, year: int, items: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    wanted = select(ServiceItem.id).where(
        ServiceItem.park_id == park_id, ServiceItem.code.in_(items)
    )
    return (*is_delivered_in(park_id, str(year)), Ticket.item_id.in_(wanted))
