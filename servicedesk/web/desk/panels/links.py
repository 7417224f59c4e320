"""Tickets that belong together: duplicates, repeats, merged, split and linked ones."""

from typing import Any

from servicedesk.core.permissions import allows
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.tickets.belonging import family
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for, subject_of
from servicedesk.tickets.similar import duplicates
from servicedesk.web.access import actor


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    person = actor()
    running = ticket.state in BEFORE_RESOLUTION
    steps = {step.name for step in actions_for(person, ticket)}
    return {
        "family": family(person, ticket),
        "doubles": duplicates(person, ticket.enterprise_id, ticket.item_id, ticket.id)
        if running
        else [],
        "may_merge": "merge" in steps,
        "may_split": "split" in steps,
        "may_link": allows(person, "ticket.link", subject_of(ticket)),
    }
