"""Everything that changes a problem: joining tickets, solving for all of them, closing the class."""

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import Transition
from servicedesk.problems.models import ProblemTicket as ProblemTicket
from servicedesk.tickets.models import Ticket


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """A ticket of a solved problem that comes back keeps the class from being closed."""
