"""What is open, due today and overdue at this moment, by unit: the one figure read from tickets.

The conditions are those of the lists, so a number always has as many rows behind it.
"""

from dataclasses import dataclass

from sqlalchemy import case, func, select

from servicedesk.core.permissions import Actor
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.views import view_condition, visible

VIEWS = ("open", "due_today", "overdue")


@dataclass(frozen=True, slots=True)
class Now:
    """Tickets at this moment; each field is also the name of the list that shows them."""

    open: int = 0
    due_today: int = 0
    overdue: int = 0

    def __add__(self, other: "Now") -> "Now":
        return Now(
            self.open + other.open,
            self.due_today + other.due_today,
            self.overdue + other.overdue,
        )


def open_by_unit(actor: Actor) -> dict[int | None, Now]:
    """Return the open tickets by unit (``None``: not dispatched yet), in one statement."""
    sums = [func.sum(case((view_condition(view, actor), 1), else_=0)) for view in VIEWS]
    query = (
        select(Ticket.unit_id, *sums)
        .where(visible(actor), view_condition("open", actor))
        .group_by(Ticket.unit_id)
    )
    return {unit_id: Now(*numbers) for unit_id, *numbers in db.session.execute(query)}
