"""Which of several people may see a ticket (谁能看): for followers, mentions and lists of colleagues."""

from collections.abc import Iterable

from servicedesk.accounts.models import User
from servicedesk.core.permissions import STAFF, Actor, allows
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import subject_of


def who_may_see(ticket: Ticket, people: Iterable[User]) -> list[User]:
    """Return the staff among ``people`` who may open the ticket, as the permission table says."""
    permission = "ticket.view_confidential" if ticket.confidential else "ticket.view"
    subject = subject_of(ticket)
    return [
        one for one in people if one.role_enum in STAFF and allows(_actor(one), permission, subject)
    ]


def _actor(user: User) -> Actor:
    return Actor(user.id, user.role_enum, user.park_id, user.name, user.unit_id)
