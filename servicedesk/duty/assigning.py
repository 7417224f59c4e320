"""Who in a unit gets a new ticket (自动分派)."""

from typing import TYPE_CHECKING

from servicedesk.duty.models import Turn as Turn
from servicedesk.organisation.models import Unit

if TYPE_CHECKING:
    from servicedesk.tickets.models import Ticket


def next_assignee(ticket: "Ticket", unit: Unit) -> int | None:
    """Return who gets the ticket, by the unit's way of assigning; ``None`` leaves it to whoever signs."""
    return None
