"""Why this day (为何是这一天): the spans that counted and those that did not."""

from typing import Any

from servicedesk.tickets.models import Ticket
from servicedesk.web.clockwork import why_page


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    return {"why": why_page(ticket)}
