"""Requests that belong to this one, as the enterprise sees them: joined, split off, joined into."""

from typing import Any

from servicedesk.tickets.belonging import family
from servicedesk.tickets.models import Ticket
from servicedesk.web.access import actor


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {"joined": family(actor(), ticket)}
