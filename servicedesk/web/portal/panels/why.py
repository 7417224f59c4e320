"""Why this day (为何是这一天), for the enterprise."""

from typing import Any

from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.tickets.models import Ticket
from servicedesk.web.clockwork import why_page


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the page of a request shows of it: nothing once it is done with."""
    return {"why": why_page(ticket) if ticket.state in BEFORE_RESOLUTION else None}
