"""Tickets that belong together: duplicates, repeats, merged, split and linked ones."""

from typing import Any

from servicedesk.core.permissions import allows
from servicedesk.core.workflow import BEFORE_RESOLUTION, BY_NAME
from servicedesk.tickets.belonging import family
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import subject_of
from servicedesk.tickets.similar import duplicates
from servicedesk.web.access import actor


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    person = actor()
    running = ticket.state in BEFORE_RESOLUTION
    subject = subject_of(ticket)
    open_now = {
        name: ticket.state in BY_NAME[name].sources and allows(person, f"ticket.{name}", subject)
        for name in ("merge", "split")
    }  # the step itself asks its guards again
    return {
        "family": family(person, ticket),
        "doubles": duplicates(person, ticket.enterprise_id, ticket.item_id, ticket.id)
        if running
        else [],
        "may_merge": open_now["merge"],
        "may_split": open_now["split"],
        "may_link": allows(person, "ticket.link", subject),
    }
