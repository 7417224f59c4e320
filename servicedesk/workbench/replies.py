"""Canned replies (常用语): one's own, the unit's and the park's, filled in for a ticket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from servicedesk.accounts.queries import names
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item as get_item
from servicedesk.clock import clock
from servicedesk.core import placeholders
from servicedesk.core.permissions import Actor, Scope, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.streaming import streamed
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work
from servicedesk.workbench.models import CannedReply

TITLE_MAX, BODY_MAX, OWN_MAX = 60, 2000, 200
SHARED: Mapping[str, str] = {"": N_("只有我"), "unit": N_("本单位"), "park": N_("全园区")}


def sharings(actor: Actor) -> list[str]:
    """Return with whom the person may share a reply; the first is with nobody."""
    scope = scope_of(actor.role, "workbench.share")
    if scope is None:
        return [""]
    unit = ["unit"] if actor.unit_id is not None else []
    return ["", *unit, *(["park"] if scope is Scope.PARK else [])]


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    return or_(
        CannedReply.owner_id == actor.user_id,
        (CannedReply.shared == "park") & (CannedReply.park_id == actor.park_id),
        (CannedReply.shared == "unit") & (CannedReply.unit_id == actor.unit_id),
    )


def replies(actor: Actor, q: str = "", shared: str | None = None) -> Sequence[CannedReply]:
    """Return the replies that the person may use, own ones first, by title."""
    return db.session.scalars(_listed(actor, q, shared)).all()


def every_reply(actor: Actor, q: str = "", shared: str | None = None) -> Iterator[CannedReply]:
    """Yield the same replies, for an export."""
    return (row.CannedReply for row in streamed(_listed(actor, q, shared)))


def _listed(actor: Actor, q: str, shared: str | None) -> Select[CannedReply]:
    query = select(CannedReply).where(_seen_by(actor))
    if q:
        query = query.where(
            CannedReply.title.contains(q, autoescape=True)
            | CannedReply.body.contains(q, autoescape=True)
        )
    if shared is not None:
        query = query.where(CannedReply.shared == shared)
    others = case((CannedReply.owner_id == actor.user_id, 0), else_=1)
    return query.order_by(others, CannedReply.title, CannedReply.id)


def reply(actor: Actor, reply_id: int) -> CannedReply | None:
    """Return a reply that the person may use; any other does not exist."""
    return db.session.scalar(select(CannedReply).where(CannedReply.id == reply_id, _seen_by(actor)))


def may_edit(actor: Actor, found: CannedReply) -> bool:
    """Tell whether the person may change a reply: one's own, and shared ones within one's reach."""
    if found.owner_id == actor.user_id:
        return True
    return bool(found.shared) and found.shared in sharings(actor)


@unit_of_work
def save_reply(
    actor: Actor,
    reply_id: int | None,
    title: str,
    body: str,
    shared: str,
    seen: datetime | None = None,
) -> CannedReply:
    """Write a new reply, or change one; ``seen`` is when it was last changed as the form showed it.

    Raises:
        Refused: not permitted, nothing written, too long, or a placeholder that does not exist.
        Conflict: somebody has changed it since.
    """
    if not allows(actor, "workbench.use"):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    title, body = title.strip(), body.strip()
    _check(actor, title, body)
    found = _for_change(actor, reply_id, seen)
    if shared != found.shared and shared not in sharings(actor):
        raise Refused(N_("您不能共享给这个范围。"), field="shared", kind="permission")
    found.title, found.body, found.shared = title, body, shared
    found.unit_id = actor.unit_id if shared == "unit" else None
    found.updated_at = clock.now()
    db.session.flush()
    after = {"title": title, "shared": shared}
    record(actor, "reply.save", "canned_reply", found.id, after=after)
    return found


def _check(actor: Actor, title: str, body: str) -> None:
    if not title or len(title) > TITLE_MAX:
        raise Refused(N_("请填写名称，不超过60个字。"), field="title")
    if not body or len(body) > BODY_MAX:
        raise Refused(N_("请填写内容，不超过2000个字。"), field="body")
    if placeholders.unknown(body):
        raise Refused(N_("有不认识的占位符，请从下面的列表中选择。"), field="body")


def _for_change(actor: Actor, reply_id: int | None, seen: datetime | None) -> CannedReply:
    if reply_id is None:
        owned = select(func.count()).where(CannedReply.owner_id == actor.user_id)
        if (db.session.scalar(owned) or 0) >= OWN_MAX:
            raise Refused(N_("最多保存200条常用语，请先删除不用的。"))
        made = CannedReply(park_id=actor.park_id, owner_id=actor.user_id, shared="")
        db.session.add(made)
        return made
    found = db.session.get_one(CannedReply, reply_id, with_for_update=True, populate_existing=True)
    if not may_edit(actor, found):
        raise Refused(N_("只能修改自己的常用语。"), kind="permission")
    if seen is not None and found.updated_at != seen:
        raise Conflict(0, 1)
    return found


@unit_of_work
def delete_reply(actor: Actor, reply_id: int) -> None:
    """Delete a reply; what was written with it stays where it is.

    Raises:
        Refused: it is somebody else's.
    """
    found = db.session.get_one(CannedReply, reply_id)
    if not may_edit(actor, found):
        raise Refused(N_("只能删除自己的常用语。"), kind="permission")
    record(actor, "reply.delete", "canned_reply", found.id, before={"title": found.title})
    db.session.delete(found)


def values_of(actor: Actor, ticket: Ticket) -> dict[str, str]:
    """Return what the placeholders mean on this ticket, for this person, today."""
    hours = calendar(ticket.park_id)
    enterprise = get_enterprise(ticket.enterprise_id)
    people = names([ticket.assignee_id, ticket.intake_by_id])
    return {
        "企业名称": enterprise.name if enterprise else "",
        "联系人": ticket.contact,
        "工单号": ticket.number,
        "标题": ticket.title,
        "事项": get_item(ticket.item_id).name,
        "承办单位": _unit_name(ticket.unit_id),
        "承办人": people.get(ticket.assignee_id or 0, ""),
        "首接人": people.get(ticket.intake_by_id or 0, ""),
        "到期日": _day(hours.local(ticket.due_at)) if ticket.due_at else "",
        "今天": _day(hours.local(clock.now())),
        "我的姓名": actor.name,
        "我的单位": _unit_name(actor.unit_id),
    }


def _unit_name(unit_id: int | None) -> str:
    return get_unit(unit_id).name if unit_id is not None else ""


def _day(local: datetime) -> str:
    """Write a day as the enterprise reads it, whatever language the writer's pages have."""
    return f"{local.year}年{local.month}月{local.day}日"


def filled(
    actor: Actor, ticket: Ticket, found: Iterable[CannedReply]
) -> list[tuple[CannedReply, str]]:
    """Return replies with their texts as they read on this ticket."""
    wanted = list(found)
    values = values_of(actor, ticket) if wanted else {}
    return [(one, placeholders.fill(one.body, values)) for one in wanted]
