"""The tools of whoever works on a ticket: replies, drafts, followers, who is here."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {}
