"""Mentioning a colleague in a note (@提到): the person is told, and follows the ticket from then on."""

from collections.abc import Iterable, Sequence

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import staff
from servicedesk.core.mentions import mentioned
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.notifications.actions import tell
from servicedesk.tickets.following import follow
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.sight import who_may_see


def colleagues(ticket: Ticket) -> Sequence[User]:
    """Return the active staff who may see the ticket: those who can be mentioned."""
    return who_may_see(ticket, (one for one in staff(ticket.park_id) if one.active))


def heard_by(ticket: Ticket, body: str) -> list[User]:
    """Return whom a note mentions.

    Raises:
        Refused: somebody mentioned may not see the ticket.
    """
    if "@" not in body and "＠" not in body:
        return []
    everybody = [one for one in staff(ticket.park_id) if one.active]
    named, _strange = mentioned(body, (one.name for one in everybody))
    seeing = who_may_see(ticket, everybody)
    if set(named) - {one.name for one in seeing}:
        raise Refused(N_("提到的人无权查看本工单，不会收到通知；请改写后再记录。"), field="body")
    return [one for one in seeing if one.name in named]


def strangers(ticket: Ticket, body: str) -> list[str]:
    """Return the words after an ``@`` that are nobody's name, to warn whoever misspelt one."""
    return mentioned(body, (one.name for one in staff(ticket.park_id) if one.active))[1]


def tell_of_mention(ticket: Ticket, event: TicketEvent, people: Iterable[User], by: Actor) -> None:
    """Tell those mentioned, and let them follow; whoever mentions oneself hears nothing."""
    told = [one for one in people if one.id != by.user_id]
    for one in told:
        follow(ticket.id, one.id)
    title = ticket.number if ticket.confidential else f"{ticket.number} {ticket.title}"
    tell(
        told, N_("同事在工单的内部备注中提到了您。"), ticket_id=ticket.id,
        key=f"ticket:{ticket.id}:e{event.id}:mention", detail=f"{by.name} · {title}",
        urgent=ticket.urgent,
    )  # fmt: skip
