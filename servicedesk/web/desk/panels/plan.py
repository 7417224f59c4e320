"""Extensions, supplements and the plan of milestones (延期、补正、挂账) of a ticket."""

from typing import Any

from servicedesk.core.meetings import DECISION_NAMES
from servicedesk.core.permissions import allows
from servicedesk.meetings.queries import decisions_on
from servicedesk.organisation.queries import units
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.plans import extensions, newest_plan, supplements
from servicedesk.web.access import actor


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    decided = decisions_on(ticket.id) if allows(actor(), "decision.view") else ()
    return {
        "plan_extensions": extensions(ticket),
        "plan_supplements": supplements(ticket),
        "plan_now": newest_plan(ticket),
        "plan_decisions": decided,
        "plan_units": {one.id: one.name for one in units(ticket.park_id)} if decided else {},
        "plan_decision_names": DECISION_NAMES,
    }
