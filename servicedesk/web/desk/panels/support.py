"""Lead and supporting units (主办、协办) of a ticket, and how often it bounced."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {}
