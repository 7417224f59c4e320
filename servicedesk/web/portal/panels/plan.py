"""The milestones of a carried matter (挂账), and until when to answer, for the enterprise."""

from typing import Any

from servicedesk.core.workflow import State
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.plans import newest_plan, supplements


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the request's page shows of it: an approved plan, and an open request."""
    found = newest_plan(ticket)
    agreed = found is not None and found.row.verdict == "approved"
    waits = ticket.state == State.AWAITING_ENTERPRISE
    asked = [one for one in supplements(ticket) if one.row.sent_at and not one.ended]
    return {
        "plan_now": found if agreed else None,
        "plan_waits": asked[-1] if waits and asked else None,
    }
