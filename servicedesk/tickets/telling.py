"""Who is told of what happens to a ticket (通知对象): from audiences to people."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.core.deadlines import Step
from servicedesk.core.permissions import Role
from servicedesk.core.workflow import Audience
from servicedesk.enterprises.queries import members
from servicedesk.notifications.actions import tell
from servicedesk.tickets.following import followers
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.sight import who_may_see
from servicedesk.tickets.support import supporters

ROLES = {
    Audience.DESK: Role.DESK,
    Audience.DESK_HEAD: Role.DESK_HEAD,
    Audience.FOLLOW_UP: Role.FOLLOW_UP,
    Audience.LEADER: Role.LEADER,
}
WHO_HEARS: dict[str, tuple[Audience, ...]] = {
    Step.WARN: (Audience.ASSIGNEE,),
    Step.OVERDUE: (Audience.ASSIGNEE, Audience.UNIT_HEAD, Audience.INTAKE),
    Step.LEVEL_1: (Audience.UNIT_HEAD,),
    Step.LEVEL_2: (Audience.LEADER, Audience.UNIT_HEAD),
    Step.LEVEL_3: (Audience.LEADER, Audience.DESK_HEAD),
    "response": (Audience.DESK, Audience.DESK_HEAD),
    "follow_up_late": (Audience.FOLLOW_UP,),
    "contact_late": (Audience.DESK_HEAD,),
}


def people(ticket: Ticket, audiences: Iterable[Audience]) -> list[User]:
    """Return the accounts that ``audiences`` mean for this ticket."""
    return [person for audience in audiences for person in _people(ticket, audience)]


def _people(ticket: Ticket, audience: Audience) -> Sequence[User]:
    """Return who ``audience`` means; where nobody is left, whoever is answerable next."""
    if audience is Audience.REQUESTER:
        return _requesters(ticket)
    if audience is Audience.ASSIGNEE:
        return _assignee(ticket) or _people(ticket, Audience.UNIT)
    if audience is Audience.UNIT:
        return members_of_unit(ticket.unit_id) or _people(ticket, Audience.UNIT_HEAD)
    if audience is Audience.INTAKE:
        return _active(ticket.intake_by_id) or holding(ticket.park_id, Role.DESK)
    if audience is Audience.SUPPORTERS:
        return [person for unit in supporters(ticket) for person in members_of_unit(unit)]
    if audience is Audience.UNIT_HEAD:
        return _unit_heads(ticket) or holding(ticket.park_id, Role.DESK_HEAD)
    return holding(ticket.park_id, ROLES[audience])


def _requesters(ticket: Ticket) -> list[User]:
    """The person who filed, and everybody whose own request was joined into this one."""
    filed = _active(ticket.requester_id)
    if not filed:
        filed = [user for user, _ in members(ticket.enterprise_id) if user.active]
    return [*filed, *followers(ticket.id, "reporter")]


def _active(user_id: int | None) -> list[User]:
    person = get_user(user_id) if user_id else None
    return [person] if person is not None and person.active else []


def _assignee(ticket: Ticket) -> Sequence[User]:
    """A ticket that no unit has yet is the desk's."""
    if ticket.unit_id is None:
        return holding(ticket.park_id, Role.DESK)
    return _active(ticket.assignee_id)


def _unit_heads(ticket: Ticket) -> Sequence[User]:
    if ticket.unit_id is None:
        return []
    return holding(ticket.park_id, Role.UNIT_HEAD, ticket.unit_id)


def tell_about(
    ticket: Ticket,
    audiences: Iterable[Audience],
    text: str,
    key: str,
    not_before: datetime | None = None,
    but: int | None = None,
) -> int:
    """Tell ``audiences`` about ``ticket``, but not the person ``but`` who did it.

    Followers hear of it as long as they may see it: a unit that had it once does not for ever.
    """
    following = who_may_see(ticket, followers(ticket.id, "follower"))
    heard = [*people(ticket, audiences), *following]
    told = [person for person in heard if person.id != but]
    title = ticket.number if ticket.confidential else f"{ticket.number} {ticket.title}"
    return tell(
        told, text, key=key, ticket_id=ticket.id, detail=title, not_before=not_before,
        urgent=ticket.urgent,
    )  # fmt: skip
