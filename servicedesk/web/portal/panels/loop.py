"""Whose turn it is, urging, the ticket that this one was joined into, coming back."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the page of a request shows of it."""
    return {}
