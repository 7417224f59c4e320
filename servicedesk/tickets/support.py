"""Units that support another unit's ticket (协办)."""

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.models import Ticket


def supporters(ticket: Ticket, *, waiting: bool = False) -> frozenset[int]:
    """Return the units that were asked to support the ticket (协办), or those that still owe an answer."""
    if not (ticket.support_waiting if waiting else ticket.supports):
        return frozenset()
    query = select(SupportTask.unit_id).where(SupportTask.ticket_id == ticket.id)
    wanted = SupportTask.state == "waiting" if waiting else SupportTask.state != "withdrawn"
    return frozenset(db.session.scalars(query.where(wanted)))
