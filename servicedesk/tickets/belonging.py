"""Which tickets belong to one (关联工单): merged, split, linked ones, repeats; only what one may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.tickets.children import TicketLink
from servicedesk.tickets.models import Ticket, TicketEvent, Upload
from servicedesk.tickets.queries import may_see

MOST = 50


@dataclass(frozen=True, slots=True)
class Link:
    """Another ticket and the row that ties it to this one."""

    id: int
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Merged:
    """A ticket that was joined into this one, with what was said and handed in there."""

    ticket: Ticket
    messages: Sequence[TicketEvent]
    files: Sequence[Upload]


@dataclass(slots=True)
class Family:
    """The tickets around one; ``came_from`` was split into this and others, ``parts`` out of it."""

    main: Ticket | None = None
    merged: list[Merged] = field(default_factory=list)
    came_from: Ticket | None = None
    parts: list[Ticket] = field(default_factory=list)
    related: list[Link] = field(default_factory=list)
    repeats: Ticket | None = None
    repeated_by: list[Ticket] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(
            (self.main, self.merged, self.came_from, self.parts, self.related, self.repeats,
             self.repeated_by)
        )  # fmt: skip


def family(actor: Actor, ticket: Ticket) -> Family:
    """Return the tickets around ``ticket`` that the person may see."""
    merged, repeating = _around(actor, ticket.id)
    found = Family(
        main=_seen(actor, ticket.merged_into_id),
        repeats=_seen(actor, ticket.repeat_of_id),
        merged=[_with_content(one) for one in merged],
        repeated_by=repeating,
    )
    query = select(TicketLink).where(
        or_(TicketLink.ticket_id == ticket.id, TicketLink.other_id == ticket.id)
    )
    for row in db.session.scalars(query.order_by(TicketLink.id).limit(MOST)):
        _put(found, row, ticket.id, actor)
    return found


def _put(found: Family, row: TicketLink, ticket_id: int, actor: Actor) -> None:
    is_part = row.ticket_id == ticket_id
    other = _seen(actor, row.other_id if is_part else row.ticket_id)
    if other is None or row.kind == "merged":
        return
    if row.kind == "related":
        found.related.append(Link(row.id, other))
    elif is_part:
        found.came_from = other
    else:
        found.parts.append(other)


def _seen(actor: Actor, ticket_id: int | None) -> Ticket | None:
    found = db.session.get(Ticket, ticket_id) if ticket_id else None
    return found if found is not None and may_see(actor, found) else None


def _around(actor: Actor, ticket_id: int) -> tuple[list[Ticket], list[Ticket]]:
    """Return what was merged into a ticket, also by way of another one, and what repeats it."""
    query = select(Ticket).where(
        or_(Ticket.merged_into_id == ticket_id, Ticket.repeat_of_id == ticket_id)
    )
    merged: list[Ticket] = []
    repeating: list[Ticket] = []
    for one in db.session.scalars(query.order_by(Ticket.id).limit(MOST)).all():
        if one.merged_into_id == ticket_id:
            merged += [one, *_around(actor, one.id)[0]]
        elif one.state != State.MERGED:
            repeating.insert(0, one)
    return (
        [one for one in merged if may_see(actor, one)],
        [one for one in repeating if may_see(actor, one)],
    )


def _with_content(ticket: Ticket) -> Merged:
    said = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "message", TicketEvent.shown
    )
    hidden = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.shown.is_(False)
    )
    files = select(Upload).where(
        Upload.ticket_id == ticket.id,
        or_(Upload.event_id.is_(None), Upload.event_id.not_in(hidden)),
    )
    return Merged(
        ticket, db.session.scalars(said.order_by(TicketEvent.id)).all(),
        db.session.scalars(files.order_by(Upload.id)).all(),
    )  # fmt: skip
