"""What tickets add to the life of an enterprise (一企一档大事记)."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING
from servicedesk.enterprises.history import Happening
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket

NEWEST = 200


def history_of(enterprise_id: int, *, confidential: bool = True) -> list[Happening]:
    """Return what happened to an enterprise's newest tickets: filed, resolved, rated badly.

    Without ``confidential`` those that not everybody may open are left out.
    """
    query = select(Ticket).where(Ticket.enterprise_id == enterprise_id)
    if not confidential:
        query = query.where(Ticket.confidential.is_(False))
    tickets = db.session.scalars(query.order_by(Ticket.id.desc()).limit(NEWEST))
    return [happening for ticket in tickets for happening in _of(ticket)]


def _of(ticket: Ticket) -> Iterator[Happening]:
    moments = (
        (ticket.submitted_at, N_("提出诉求")),
        (ticket.resolved_at, N_("诉求办结")),
        (ticket.rated_at if (ticket.rating or 5) <= BAD_RATING else None, N_("给出差评")),
    )
    for moment, text in moments:
        if moment is not None:
            yield Happening(
                moment, "ticket", text, ticket.title, "desk.ticket", {"number": ticket.number}
            )


def rated(enterprise_id: int, *, confidential: bool = True) -> Sequence[Ticket]:
    """Return the enterprise's newest tickets that it has rated."""
    query = select(Ticket).where(Ticket.enterprise_id == enterprise_id, Ticket.rating.is_not(None))
    if not confidential:
        query = query.where(Ticket.confidential.is_(False))
    return db.session.scalars(query.order_by(Ticket.rated_at.desc()).limit(NEWEST)).all()
