"""Lines of a ticket's timeline (办理过程): of its steps, of other features, of the scheduler."""

from collections.abc import Mapping, Sequence
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.words import N_
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.uploads import take_uploads


def add_event(
    ticket: Ticket,
    actor: Actor,
    kind: str,
    *,
    shown: bool = True,
    body: str = "",
    data: Mapping[str, Any] | None = None,
) -> TicketEvent:
    """Write a line into the timeline, in the transaction of the caller."""
    event = TicketEvent(
        ticket_id=ticket.id, at=clock.now(), kind=kind, actor_id=actor.user_id,
        actor_name=actor.name, actor_role=actor.role, shown=shown, text=body,
        data=dict(data or {}), version=ticket.version,
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    return event


def add_system_event(ticket: Ticket, kind: str, *, shown: bool, data: Mapping[str, Any]) -> None:
    """Write a line of the scheduler's into the timeline, in the transaction of the caller."""
    add_event(ticket, system_actor(ticket.park_id), kind, shown=shown, data=data)


def add_own_event(
    actor: Actor,
    ticket: Ticket,
    kind: str,
    *,
    data: Mapping[str, Any],
    uploads: Sequence[str] = (),
    shown: bool = True,
    body: str = "",
) -> TicketEvent:
    """Write a line of another feature's into the timeline, with files, in the caller's transaction.

    Only where it is ``shown`` does the enterprise see it.

    Raises:
        Refused: a file is gone, or not the person's own.
    """
    event = add_event(ticket, actor, kind, data=data, shown=shown, body=body)
    take_uploads(actor, ticket, event, uploads)
    return event


def system_actor(park_id: int) -> Actor:
    """Return the scheduler as an actor."""
    return Actor(None, Role.SYSTEM, park_id, N_("系统"))
