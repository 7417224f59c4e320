"""Tickets that belong together, and people who hear of a ticket besides those whose work it is."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from servicedesk.accounts.models import User
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.children import Follower, TicketLink
from servicedesk.tickets.parts import may_have
from servicedesk.transaction import unit_of_work


@unit_of_work
def follow(ticket_id: int, user_id: int, kind: str = "follower") -> bool:
    """Let a person hear of the ticket from now on; false where that was so before."""
    known = select(Follower.id).where(Follower.ticket_id == ticket_id, Follower.user_id == user_id)
    if db.session.scalar(known) is not None:
        return False
    db.session.add(Follower(ticket_id=ticket_id, user_id=user_id, kind=kind, since=clock.now()))
    db.session.flush()
    return True


@unit_of_work
def unfollow(ticket_id: int, user_id: int) -> None:
    """Let a follower hear no more; a reporter stays informed to the end."""
    db.session.execute(
        delete(Follower).where(
            Follower.ticket_id == ticket_id, Follower.user_id == user_id,
            Follower.kind == "follower",
        )
    )  # fmt: skip


def followers(ticket_id: int, kind: str) -> Sequence[User]:
    """Return the active people who follow the ticket, or reported it too."""
    if not may_have(Follower, ticket_id):
        return ()
    query = (
        select(User)
        .join(Follower, Follower.user_id == User.id)
        .where(Follower.ticket_id == ticket_id, Follower.kind == kind, User.active)
    )
    return db.session.scalars(query.order_by(User.id)).all()


@unit_of_work
def link(ticket_id: int, other_id: int, kind: str, by_id: int | None) -> bool:
    """Note that two tickets belong together; false where that was noted before."""
    both = or_(
        (TicketLink.ticket_id == ticket_id) & (TicketLink.other_id == other_id),
        (TicketLink.ticket_id == other_id) & (TicketLink.other_id == ticket_id),
    )
    if db.session.scalar(select(TicketLink.id).where(both)) is not None:
        return False
    db.session.add(
        TicketLink(ticket_id=ticket_id, other_id=other_id, kind=kind, by_id=by_id, at=clock.now())
    )
    db.session.flush()
    return True
