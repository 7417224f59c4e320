"""The problem (类问题) behind a ticket, and similar tickets."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {}
