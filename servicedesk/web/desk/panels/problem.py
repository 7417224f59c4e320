"""The problem (类问题) behind a ticket, and similar tickets."""

from typing import Any

from servicedesk.core.permissions import Subject, allows
from servicedesk.core.problems import ALIVE, STAND_NAMES
from servicedesk.core.similarity import REASONS
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.problems.queries import fitting, problem_of
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.similar import similar_to
from servicedesk.web.access import actor


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    person, firm = actor(), get_enterprise(ticket.enterprise_id)
    if ticket.confidential or not allows(person, "problem.view"):
        return {"problem": None, "fitting": [], "alike": []}
    mine = problem_of(ticket.id)
    alike = [
        one
        for one in similar_to(person, ticket, firm)
        if (one.row.enterprise_id, one.row.item_id) != (ticket.enterprise_id, ticket.item_id)
    ]  # the enterprise's own of the same item stand among the duplicates and repeats
    owner = mine.unit_id if mine else ticket.unit_id
    return {
        "problem": mine,
        "fitting": [] if mine else fitting(person, ticket, firm),
        "alike": alike,
        "alike_reasons": REASONS,
        "stand_names": STAND_NAMES,
        "problem_alive": mine is not None and mine.state in ALIVE,
        "may_join": allows(person, "problem.edit", Subject(ticket.park_id, unit_id=owner)),
    }
