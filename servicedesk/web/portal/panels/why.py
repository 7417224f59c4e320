"""Why this day (为何是这一天), for the enterprise."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the page of a request shows of it."""
    return {}
