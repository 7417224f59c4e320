"""Tickets that belong together: duplicates, repeats, merged, split and linked ones."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {}
