"""Extensions, supplements and the plan of milestones (延期、补正、挂账) of a ticket."""

from typing import Any

from servicedesk.tickets.models import Ticket


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {}
