"""Reading visits."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.tickets.models import Ticket


def visit_of(ticket_id: int) -> Visit | None:
    """Return the visit at which the request was taken down, or ``None``."""
    return db.session.scalar(select(Visit).where(Visit.ticket_id == ticket_id))


def visits_of(ticket_id: int) -> Sequence[Visit]:
    """Return the visits of a ticket (today at most one), newest first."""
    query = select(Visit).where(Visit.ticket_id == ticket_id)
    return db.session.scalars(query.order_by(Visit.visited_on.desc(), Visit.id.desc())).all()


def visits_at(enterprise_id: int) -> Sequence[Visit]:
    """Return the visits at an enterprise, newest first."""
    query = select(Visit).where(Visit.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Visit.visited_on.desc(), Visit.id.desc())).all()


def visited_enterprises(
    park_id: int, start: date, end: date, item_ids: Collection[int] = ()
) -> set[int]:
    """Return the enterprises visited from ``start`` to ``end``, both included (上门服务企业).

    With ``item_ids`` only visits count at which one of these services was asked for.
    """
    query = (
        select(Visit.enterprise_id)
        .join(Ticket, Ticket.id == Visit.ticket_id)
        .where(Ticket.park_id == park_id, Visit.visited_on.between(start, end))
    )
    if item_ids:
        query = query.where(Ticket.item_id.in_(item_ids))
    return set(db.session.scalars(query.distinct()))
