"""A value for every variable in the routes of this part (problems), for the walk of every route."""

from typing import Any

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.problems.actions import Details, create
from servicedesk.tickets.children import TicketLink
from servicedesk.tickets.joining import link_with
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    one, other = (town.file("alice", "J03", title=f"{n}号路路面破损") for n in (3, 4))
    link_with(town.desk, one.id, other.number)
    made = create(town.desk, Details("园区路面破损", one.item_id), [one.number, other.number])
    return {
        "problem_id": made.id,
        "solution_id": made.id,
        "link_id": db.session.scalars(select(TicketLink.id)).one(),
    }
