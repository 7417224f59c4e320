"""Joining, splitting and linking tickets (并单、拆分、关联), and adding to one that is under way."""

from collections.abc import Sequence

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, Audience, Transition
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.tickets.actions import Request, refusals_on_record, send_message, submit, take
from servicedesk.tickets.children import TicketLink
from servicedesk.tickets.following import follow, followers, link
from servicedesk.tickets.models import Submission, Ticket
from servicedesk.tickets.queries import by_number, may_see, subject_of
from servicedesk.tickets.telling import people, tell_about
from servicedesk.tickets.timeline import add_own_event
from servicedesk.transaction import unit_of_work

TITLE_MAX, WORDS_MAX = 80, 4000
_NOT_PERMITTED = N_("您没有执行此操作的权限。")


# Adding to a ticket that is under way (补充到已有工单) ----------------------------------------------


@unit_of_work
def add_to(
    actor: Actor, ticket_id: int, words: str, uploads: Sequence[str] = (), key: str = ""
) -> Ticket:
    """Add what was to become a second ticket to the one that is open: its text and its files.

    The enterprise's goes to whoever handles it as a message, the desk's as an internal note. Once
    for one ``key``, however often the form is sent. Whoever adds is told of the ticket from now on.

    Raises:
        Refused: not permitted, nothing was written, or the ticket is no longer open.
        KeyReused: the form was used for something else.
    """
    ticket = db.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if key and (sent := _sent(actor, key)) is not None:
        if sent.ticket_id != ticket.id or sent.fingerprint != "added":
            raise KeyReused(key)
        return ticket
    if ticket.state not in BEFORE_RESOLUTION:
        raise Refused(N_("这件工单已办结或已结束，不能再补充，请提交新的申请。"))
    inside = actor.role is not Role.REQUESTER
    send_message(actor, ticket.id, words, internal=inside, uploads=uploads)
    if not inside and actor.user_id is not None and ticket.requester_id != actor.user_id:
        follow(ticket.id, actor.user_id, "reporter")
    if key:
        row = Submission(
            user_id=actor.user_id, key=key, ticket_id=ticket.id, fingerprint="added",
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
    return ticket


def _sent(actor: Actor, key: str) -> Submission | None:
    query = select(Submission).where(Submission.user_id == actor.user_id, Submission.key == key)
    return db.session.scalar(query)


def is_sent(actor: Actor, key: str) -> bool:
    """Tell whether the form with this one-time number has been taken already."""
    return bool(key) and _sent(actor, key) is not None


# Merging (并单) ----------------------------------------------------------------------------------


def follow_merge(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """The ticket that stays hears of it: its timeline, whoever handles it, all reporters from now on.

    Reporters are whoever would have been told of the merged one: who filed it, or everybody of the
    enterprise, and who was joined into it before.
    """
    if step.name != "merge" or ticket.merged_into_id is None:
        return
    main = db.session.get_one(Ticket, ticket.merged_into_id)
    for person in people(ticket, (Audience.REQUESTER,)):
        if person.id != main.requester_id:
            follow(main.id, person.id, "reporter")
    for person in followers(ticket.id, "follower"):
        follow(main.id, person.id)
    data = {"number": ticket.number, "title": ticket.title}
    add_own_event(actor, main, "merged_in", data=data)
    told = N_("同一企业的另一件工单已并入本工单，请一并办理。")
    key = f"ticket:{main.id}:merged:{ticket.id}"
    tell_about(main, (Audience.ASSIGNEE,), told, key, but=actor.user_id)


# Splitting (拆分) --------------------------------------------------------------------------------


def split(
    actor: Actor, ticket_id: int, item: ServiceItem, title: str, words: str, seen: int | None
) -> Ticket:
    """Make a second ticket out of one that holds several matters; returns the new one.

    It has its own number and its own clock from now, and is accepted at once by the same first
    receiver (docs/decisions/0021). Both timelines name the other.

    Raises:
        Refused: not permitted, wrong state, an empty field, or one of the two is confidential.
        Conflict: the ticket has changed since ``seen``.
    """
    with refusals_on_record(actor, "ticket.split", ticket_id):
        return _split(actor, ticket_id, item, title, words, seen)


@unit_of_work
def _split(
    actor: Actor, ticket_id: int, item: ServiceItem, title: str, words: str, seen: int | None
) -> Ticket:
    whole = db.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if item.park_id != whole.park_id or item.confidential != whole.confidential:
        raise Refused(N_("敏感事项只能拆成敏感事项，普通事项只能拆成普通事项。"), field="item")
    request = Request(
        enterprise_id=whole.enterprise_id, title=title.strip()[:TITLE_MAX],
        description=words.strip()[:WORDS_MAX], contact=whole.contact, phone=whole.phone,
        channel=whole.channel,
    )  # fmt: skip
    part = submit(actor, item, request, quietly=True)
    part.requester_id = whole.requester_id
    if part.repeat_of_id == whole.id:
        part.repeat_of_id = None  # it does not come back, it was there all along
    said = {"item": item.code, "title": title, "description": words, "number": part.number}
    whole = take(actor, whole.id, "split", said, seen)
    add_own_event(actor, part, "split_from", data={"number": whole.number})
    part = take(actor, part.id, "accept")
    part.intake_by_id = whole.intake_by_id or actor.user_id
    for person in followers(whole.id, "reporter"):
        follow(part.id, person.id, "reporter")
    link(part.id, whole.id, "split", actor.user_id)
    return part


# Linking (关联) ----------------------------------------------------------------------------------


@unit_of_work
def link_with(actor: Actor, ticket_id: int, number: str) -> Ticket:
    """Note that two tickets belong together; returns the other one.

    Raises:
        Refused: not permitted, the person sees no such ticket, one of the two is confidential and
            they are not both the same enterprise's, or they are linked already.
    """
    ticket = db.session.get_one(Ticket, ticket_id)
    other = by_number(actor, number)
    if not allows(actor, "ticket.link", subject_of(ticket)):
        raise Refused(_NOT_PERMITTED, kind="permission")
    if other is None or other.park_id != ticket.park_id or not may_see(actor, ticket):
        raise Refused(N_("没有找到这个工单号，或您不能查看它。"), field="number")
    if other.id == ticket.id:
        raise Refused(N_("不能与自己关联。"), field="number")
    same_owner = ticket.enterprise_id == other.enterprise_id
    if ticket.confidential != other.confidential or (ticket.confidential and not same_owner):
        raise Refused(N_("敏感事项不能与其他工单关联。"), field="number")
    _lock(ticket.id, other.id)
    if not link(ticket.id, other.id, "related", actor.user_id):
        raise Refused(N_("这两件工单已经关联。"), field="number")
    _note_both(actor, "linked", ticket, other)
    return other


@unit_of_work
def unlink(actor: Actor, ticket_id: int, link_id: int) -> None:
    """Take a link of kind ``related`` back; what was merged or split stays so.

    Raises:
        Refused: not permitted, or there is no such link.
    """
    ticket = db.session.get_one(Ticket, ticket_id)
    if not allows(actor, "ticket.link", subject_of(ticket)):
        raise Refused(_NOT_PERMITTED, kind="permission")
    found = db.session.get(TicketLink, link_id, with_for_update=True)
    if (
        found is None
        or found.kind != "related"
        or ticket.id not in (found.ticket_id, found.other_id)
    ):
        raise Refused(N_("没有这条关联。"))
    one, other = (db.session.get_one(Ticket, n) for n in (found.ticket_id, found.other_id))
    db.session.delete(found)
    _note_both(actor, "unlinked", one, other)


def _lock(*ticket_ids: int) -> None:
    """Two people who link the same two tickets from both ends come one after the other."""
    rows = select(Ticket.id).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update()
    db.session.execute(rows).all()


def _note_both(actor: Actor, kind: str, one: Ticket, other: Ticket) -> None:
    for here, there in ((one, other), (other, one)):
        add_own_event(actor, here, kind, data={"number": there.number}, shown=False)
        record(actor, f"ticket.{kind}", "ticket", here.id, after={"number": there.number})
