"""The enterprise's word on a visit (企业确认): by a link that works once, or after signing in."""

import hashlib
from datetime import datetime

from sqlalchemy import select, update

from servicedesk.accounts.queries import holding
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.outreach import LINK_LASTS, confirmation_refusal
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import names
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.outreach.models import Visit
from servicedesk.transaction import changed_rows, unit_of_work


@unit_of_work
def new_link(actor: Actor, visit_id: int) -> str:
    """Return a token with which the enterprise confirms the visit, once, within thirty days.

    A former link is void: only the hash of the newest is kept.

    Raises:
        Refused: not permitted, or the visit is confirmed already.
    """
    visit = db.session.get_one(Visit, visit_id, with_for_update=True, populate_existing=True)
    if not allows(actor, "visit.record", Subject(visit.park_id, visit.enterprise_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if visit.confirmed_at is not None:
        raise Refused(N_("这份走访记录已经确认过。"))
    token = new_token()
    visit.confirm_token_hash = _hash(token)
    visit.confirm_expires_at = clock.now() + LINK_LASTS
    record(actor, "visit.link", "visit", visit.id)
    return token


def find_by_token(token: str) -> Visit | None:
    """Return the visit of a link that has not expired; also one that is confirmed already."""
    if not token.strip():
        return None
    return db.session.scalar(
        select(Visit).where(
            Visit.confirm_token_hash == _hash(token), Visit.confirm_expires_at > clock.now()
        )
    )


@unit_of_work
def confirm_by_link(token: str, name: str, verdict: str, comment: str) -> Visit:
    """Take the word of whoever has the link; ``name`` is how the person calls himself.

    Raises:
        Refused: the link is void, was used, or what differs is not said.
    """
    visit = find_by_token(token)
    if visit is None:
        raise Refused(N_("确认链接已失效，请联系服务台。"), field="verdict")
    stranger = Actor(None, Role.REQUESTER, visit.park_id, name)
    return _confirm(stranger, visit, verdict, comment, visit.confirm_expires_at)


@unit_of_work
def confirm_as_member(actor: Actor, visit_id: int, verdict: str, comment: str) -> Visit:
    """Take the word of a person of the enterprise who has signed in.

    Raises:
        Refused: not permitted, confirmed already, or what differs is not said.
    """
    visit = db.session.get_one(Visit, visit_id)
    if not allows(actor, "visit.confirm", Subject(visit.park_id, visit.enterprise_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    return _confirm(actor, visit, verdict, comment, None)


def _confirm(
    actor: Actor, visit: Visit, verdict: str, comment: str, expires_at: datetime | None
) -> Visit:
    now = clock.now()
    refused = confirmation_refusal(verdict, comment, visit.confirmed_at, expires_at, now)
    if refused:
        raise Refused(refused[1], field=refused[0])
    once = update(Visit).where(Visit.id == visit.id, Visit.confirmed_at.is_(None))
    values = once.values(
        confirmed_at=now, confirmed_by_name=actor.name, confirm_verdict=verdict,
        confirm_comment=comment.strip(),
    )  # fmt: skip
    if changed_rows(values) != 1:
        raise Refused(N_("这份走访记录已经确认过。"), field="verdict")
    db.session.refresh(visit)
    record(actor, "visit.confirm", "visit", visit.id, after={"verdict": verdict})
    if verdict == "differs":
        _tell_desk(visit)
    return visit


def _tell_desk(visit: Visit) -> None:
    """Who wrote the record must put it right, and the head of the desk knows of it."""
    people = [*holding(visit.park_id, Role.DESK_HEAD)]
    writer = get_user(visit.recorded_by_id)
    if writer is not None and writer.active:
        people.append(writer)
    name = names([visit.enterprise_id])[visit.enterprise_id]
    tell(
        people, N_("企业反映走访记录有出入，请核对。"), key=f"visit:{visit.id}:differs",
        detail=f"{visit.visited_on.isoformat()} {name}", link=f"/desk/visits/{visit.id}",
    )  # fmt: skip


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
