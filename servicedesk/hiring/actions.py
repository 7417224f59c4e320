"""Posts: opening, changing and closing them; referrals; what a ticket's steps mean for its posts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.hiring import (
    HEAD_COUNT_MAX,
    SOURCES,
    PostState,
    day_is_sound,
    refused_referral,
)
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import ENDS, REVIVABLE, Transition
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.hiring import queries
from servicedesk.hiring.models import JobPost, Referral
from servicedesk.organisation.queries import unit_by_code
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.outcomes import set_outcome
from servicedesk.tickets.queries import may_see
from servicedesk.transaction import unit_of_work

ITEM = "C01"  # 招聘用工对接
PLACED = "placed"
NOT_ALLOWED = N_("您没有执行此操作的权限。")


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as it is written down: one kind of work."""

    enterprise_id: int
    title: str
    head_count: int
    wage: str
    place: str
    requirements: str
    open_until: date


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for help with a post; ``key`` is the form's one-time number."""

    contact: str
    phone: str
    key: str
    channel: str = "portal"


def subject_of(post: JobPost) -> Subject:
    """Return where a post belongs, as the permission table asks it."""
    return Subject(post.park_id, post.enterprise_id, post.unit_id)


def insist(actor: Actor, permission: str, subject: Subject) -> None:
    """Refuse unless ``actor`` holds ``permission`` for ``subject``."""
    if not allows(actor, permission, subject):
        raise Refused(NOT_ALLOWED, kind="permission")


def locked(post_id: int, seen: int | None = None) -> JobPost:
    """Return the post for a change, nobody else changing it meanwhile.

    Raises:
        Conflict: it has changed since the form showed version ``seen``.
    """
    post = db.session.get_one(
        JobPost, post_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if seen is not None and post.version != seen:
        raise Conflict(seen, post.version)
    return post


@unit_of_work
def ask_for_people(actor: Actor, draft: Draft, asking: Asking) -> JobPost:
    """Open a post and the request that goes with it: one key makes one ticket and one post.

    Raises:
        Refused: not permitted for this enterprise, or the post does not hold together.
        KeyReused: the key was used for a different request.
    """
    _lock_enterprise(draft.enterprise_id)  # the second of two sendings finds what the first did
    item = item_by_code(actor.park_id, ITEM)
    assert item is not None
    insist(actor, "hiring.post", Subject(actor.park_id, draft.enterprise_id, actor.unit_id))
    _check(actor.park_id, draft)
    answers = {
        "posts": draft.title, "head_count": draft.head_count, "salary": draft.wage,
        "needed_by": draft.open_until.isoformat(), "requirements": draft.requirements,
    }  # fmt: skip
    request = Request(
        enterprise_id=draft.enterprise_id, title=f"{item.name}：{draft.title}"[:80],
        description=draft.requirements or draft.title, contact=asking.contact,
        phone=asking.phone, answers=answers, channel=asking.channel, key=asking.key,
    )  # fmt: skip
    return open_post(actor, draft, submit(actor, item, request))


@unit_of_work
def open_post(actor: Actor, draft: Draft, ticket: Ticket | None = None) -> JobPost:
    """Write a post down, for a request where there is one; the same post twice is one.

    Raises:
        Refused: not permitted, the ticket is another matter's, or the post does not hold together.
    """
    _lock_enterprise(draft.enterprise_id)
    unit_id = _unit_for(actor.park_id, ticket)
    insist(actor, "hiring.post", Subject(actor.park_id, draft.enterprise_id, unit_id))
    if ticket is not None:
        _insist_on_ticket(actor, draft, ticket)
    _check(actor.park_id, draft)
    if found := queries.post_like(draft.enterprise_id, draft.title, draft.open_until):
        return _same(found, draft, ticket)
    post = JobPost(
        park_id=actor.park_id, unit_id=unit_id, ticket_id=ticket.id if ticket else None,
        state=PostState.OPEN, created_by_id=actor.user_id, created_at=clock.now(),
        **asdict(draft),
    )  # fmt: skip
    db.session.add(post)
    db.session.flush()
    record(actor, "hiring.post", "job_post", post.id, after=_snapshot(post))
    return post


def _lock_enterprise(enterprise_id: int) -> None:
    found = db.session.get(Enterprise, enterprise_id, with_for_update={"key_share": True})
    if found is None:
        raise Refused(NOT_ALLOWED, kind="permission")


def _unit_for(park_id: int, ticket: Ticket | None) -> int | None:
    """Return who handles a post: the ticket's unit, else the item's lead unit."""
    if ticket is not None and ticket.unit_id is not None:
        return ticket.unit_id
    item = item_by_code(park_id, ITEM)
    unit = unit_by_code(park_id, item.lead_unit) if item and item.lead_unit else None
    return unit.id if unit else None


def _insist_on_ticket(actor: Actor, draft: Draft, ticket: Ticket) -> None:
    item = item_by_code(ticket.park_id, ITEM)
    if ticket.enterprise_id != draft.enterprise_id or not may_see(actor, ticket):
        raise Refused(NOT_ALLOWED, kind="permission")
    if item is None or ticket.item_id != item.id:
        raise Refused(N_("这件工单不是招聘用工。"))


def _check(park_id: int, draft: Draft) -> None:
    if not draft.title.strip():
        raise Refused(N_("请填写岗位。"), field="title")
    if not 1 <= draft.head_count <= HEAD_COUNT_MAX:
        raise Refused(N_("招聘人数须在1至10000之间。"), field="head_count")
    if draft.open_until < today(park_id):
        raise Refused(N_("截止日期不能早于今天。"), field="open_until")


def _same(found: JobPost, draft: Draft, ticket: Ticket | None) -> JobPost:
    differs = any(getattr(found, name) != value for name, value in asdict(draft).items())
    if differs or (ticket is not None and found.ticket_id != ticket.id):
        raise Refused(N_("同一岗位、同一截止日期已登记过，请修改原岗位。"), field="title")
    return found


@unit_of_work
def change_post(actor: Actor, post_id: int, draft: Draft, seen: int) -> JobPost:
    """Change an open post.

    Raises:
        Refused: not permitted, closed, or the post does not hold together.
        Conflict: somebody changed it since the form showed ``seen``.
    """
    post = locked(post_id, seen)
    insist(actor, "hiring.post", subject_of(post))
    if post.state != PostState.OPEN:
        raise Refused(N_("岗位已关闭，不能再改。"))
    if draft.open_until != post.open_until:
        _check(post.park_id, draft)
    other = queries.post_like(post.enterprise_id, draft.title, draft.open_until)
    if other is not None and other.id != post.id:
        raise Refused(N_("同一岗位、同一截止日期已登记过，请修改原岗位。"), field="title")
    before = _snapshot(post)
    for name, value in asdict(draft).items():
        if name != "enterprise_id":
            setattr(post, name, value)
    db.session.flush()
    record(actor, "hiring.change", "job_post", post.id, before, _snapshot(post))
    return post


@unit_of_work
def close_post(actor: Actor, post_id: int, reason: str, seen: int | None = None) -> JobPost:
    """End a post: filled by other ways, or no longer wanted.

    Raises:
        Refused: not permitted, closed already, or no reason.
        Conflict: as ``change_post``.
    """
    post = locked(post_id, seen)
    insist(actor, "hiring.post", subject_of(post))
    if post.state != PostState.OPEN:
        raise Refused(N_("岗位已关闭，不能再改。"))
    if not reason.strip():
        raise Refused(N_("请写明关闭的原因。"), field="reason")
    _close(actor, post, reason.strip())
    return post


def _close(actor: Actor, post: JobPost, reason: str) -> None:
    post.state, post.close_reason, post.closed_at = PostState.CLOSED, reason, clock.now()
    record(actor, "hiring.close", "job_post", post.id, after={"reason": reason})


@unit_of_work
def refer(
    actor: Actor,
    post_id: int,
    source: str,
    on_day: date,
    referred: int,
    interviewed: int,
    note: str = "",
) -> Referral:
    """Write down how many people were sent on a day, from where; a second time corrects the first.

    Raises:
        Refused: not permitted, a closed post, a wrong source or day, or impossible numbers.
    """
    post = locked(post_id)
    insist(actor, "hiring.refer", subject_of(post))
    if post.state != PostState.OPEN:
        raise Refused(N_("岗位已关闭，不能再改。"))
    if source not in SOURCES:
        raise Refused(N_("请选择推荐渠道。"), field="source")
    insist_on_day(post, on_day)
    if refused := refused_referral(referred, interviewed):
        raise Refused(refused[1], field=refused[0])
    row = db.session.scalar(
        select(Referral).where(
            Referral.post_id == post.id, Referral.source == source, Referral.on_day == on_day
        )
    ) or Referral(post_id=post.id, source=source, on_day=on_day)
    before = {"referred": row.referred, "interviewed": row.interviewed} if row.id else {}
    row.referred, row.interviewed, row.note = referred, interviewed, note.strip()
    row.recorded_by_id, row.recorded_at = actor.user_id or 0, clock.now()
    db.session.add(row)
    db.session.flush()
    after = {"referred": referred, "interviewed": interviewed, "source": source}
    record(actor, "hiring.refer", "job_post", post.id, before, after)
    return row


def insist_on_day(post: JobPost, day: date) -> None:
    """Refuse a day to come, or one that is too long ago to write down."""
    if not day_is_sound(day, today(post.park_id)):
        raise Refused(N_("日期须在最近120天之内，且不晚于今天。"), field="on_day")


def today(park_id: int) -> date:
    """Return the park's local date."""
    return calendar(park_id).local(clock.now()).date()


def on_step(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """React to a ticket's step: its placed people are the confirmed ones, its end ends its posts.

    The posts of a ticket that is joined into another go on with that one.
    """
    posts = queries.posts_of_ticket(ticket.id)
    if not posts:
        return
    if step.name in ("resolve", "resolve_with_problem"):
        count_placed(ticket)
    if step.name == "merge":
        for post in posts:
            locked(post.id).ticket_id = ticket.merged_into_id
    elif ticket.state in ENDS - REVIVABLE:
        for post in posts:
            if post.state == PostState.OPEN:
                _close(actor, locked(post.id), N_("申请已撤回、终止或不予受理"))


def count_placed(ticket: Ticket) -> None:
    """Let a resolved ticket's 到岗就业 be what its enterprise confirmed, whatever was typed."""
    if ticket.resolved_at is not None:
        set_outcome(ticket, PLACED, 1000 * queries.placed_for_ticket(ticket.id))


def _snapshot(post: JobPost) -> Mapping[str, Any]:
    return {
        "title": post.title, "head_count": post.head_count, "wage": post.wage,
        "open_until": post.open_until.isoformat(), "ticket_id": post.ticket_id,
    }  # fmt: skip
