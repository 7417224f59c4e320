"""Changing policies (政策库): writing, publishing, closing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from servicedesk.audit.actions import record
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.conditions import CONDITIONS_MAX, Condition
from servicedesk.core.declarations import PolicyState
from servicedesk.core.enterprises import LEVELS
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.declarations.models import Policy
from servicedesk.declarations.profiles import today
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.transaction import unit_of_work


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person writes about a policy; see ``models.Policy`` for the meaning and the units."""

    name: str
    level: str
    item_code: str
    unit_code: str
    opens_on: date
    closes_on: date
    conditions: Sequence[Condition] = ()
    code: str = ""
    name_en: str = ""
    issuer: str = ""
    summary: str = ""
    title_name: str = ""
    title_level: str = ""
    title_years: int | None = None
    title_until_march: bool = False
    listing: str = ""
    amount_max: int = 0
    amount_text: str = ""
    documents: Sequence[str] = ()

    def columns(self) -> dict[str, Any]:
        """Return the values of the row's columns, the code aside."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "code"}
        conditions = [condition.as_json() for condition in self.conditions]
        return {**plain, "conditions": conditions, "documents": list(self.documents)}


@unit_of_work
def write_policy(
    actor: Actor, draft: Draft, policy_id: int | None = None, seen: int | None = None
) -> Policy:
    """Write a new policy, or change one that is not closed; ``seen`` is the form's version.

    Raises:
        Refused: not permitted, closed, the code is taken, or something in it cannot be.
        Conflict: somebody has changed it since ``seen``.
    """
    _refuse_unless_permitted(actor, actor.park_id)
    _check(actor.park_id, draft)
    if policy_id is None:
        return _new(actor, draft)
    policy = _locked(actor, policy_id, seen)
    if policy.state == PolicyState.CLOSED:
        raise Refused(N_("已关闭的政策不能再修改，可复制为新的政策。"))
    before = _snapshot(policy)
    _set_code(policy, draft.code or policy.code)
    for name, value in draft.columns().items():
        setattr(policy, name, value)
    db.session.flush()
    record(actor, "policy.edit", "policy", policy.id, before, _snapshot(policy))
    return policy


def _new(actor: Actor, draft: Draft) -> Policy:
    policy = Policy(
        park_id=actor.park_id, state=PolicyState.DRAFT, created_by_id=actor.user_id,
        created_at=clock.now(), code="", **draft.columns(),
    )  # fmt: skip
    _set_code(policy, draft.code or _next_code(actor.park_id, draft.opens_on.year))
    db.session.add(policy)
    db.session.flush()
    record(actor, "policy.create", "policy", policy.id, after=_snapshot(policy))
    return policy


def _next_code(park_id: int, year: int) -> str:
    """Return ZC2024-03 for the third policy of 2024; a number that is taken is passed over."""
    taken = set(db.session.scalars(select(Policy.code).where(Policy.park_id == park_id)))
    return next(
        code for n in range(1, len(taken) + 2) if (code := f"ZC{year}-{n:02d}") not in taken
    )


def _set_code(policy: Policy, code: str) -> None:
    query = select(func.count()).where(
        Policy.park_id == policy.park_id, Policy.code == code, Policy.id != (policy.id or 0)
    )
    with db.session.no_autoflush:
        if db.session.scalar(query):
            raise Refused(N_("这个编号已被另一项政策使用。"), field="code")
    policy.code = code


def _check(park_id: int, draft: Draft) -> None:
    if draft.closes_on < draft.opens_on:
        raise Refused(N_("截止日期不能早于开始日期。"), field="closes_on")
    if item_by_code(park_id, draft.item_code) is None:
        raise Refused(N_("没有这个事项。"), field="item_code")
    if unit_by_code(park_id, draft.unit_code) is None:
        raise Refused(N_("没有这个单位。"), field="unit_code")
    if draft.level not in LEVELS or draft.title_level not in ("", *LEVELS):
        raise Refused(N_("请选择级别。"), field="level")
    if len(draft.conditions) > CONDITIONS_MAX:
        raise Refused(N_("条件太多，最多30条。"), field="conditions")


@unit_of_work
def publish(actor: Actor, policy_id: int, seen: int | None = None) -> Policy:
    """Publish a draft: from now on the scheduler matches it and tells the enterprises.

    Raises:
        Refused: not permitted, no draft any more, or its window is over.
        Conflict: somebody has changed it since ``seen``.
    """
    policy = _locked(actor, policy_id, seen)
    if policy.state != PolicyState.DRAFT:
        raise Refused(N_("只有草稿可以发布。"))
    if policy.closes_on < today(policy.park_id):
        raise Refused(N_("申报窗口已过，不能发布。"), field="closes_on")
    policy.state, policy.published_at = PolicyState.PUBLISHED, clock.now()
    db.session.flush()
    record(actor, "policy.publish", "policy", policy.id, after={"code": policy.code})
    return policy


@unit_of_work
def close(actor: Actor, policy_id: int, seen: int | None = None) -> Policy:
    """Close a policy: nobody is told, reminded or let declare any more.

    Raises:
        Refused: not permitted, or closed already.
        Conflict: somebody has changed it since ``seen``.
    """
    policy = _locked(actor, policy_id, seen)
    if policy.state == PolicyState.CLOSED:
        raise Refused(N_("这项政策已经关闭。"))
    policy.state = PolicyState.CLOSED
    db.session.flush()
    record(actor, "policy.close", "policy", policy.id, after={"code": policy.code})
    return policy


def _locked(actor: Actor, policy_id: int, seen: int | None) -> Policy:
    policy = db.session.get_one(Policy, policy_id, with_for_update=True, populate_existing=True)
    _refuse_unless_permitted(actor, policy.park_id)
    if seen is not None and policy.version != seen:
        raise Conflict(seen, policy.version)
    return policy


def _refuse_unless_permitted(actor: Actor, park_id: int) -> None:
    if not allows(actor, "policy.edit", Subject(park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def _snapshot(policy: Policy) -> dict[str, Any]:
    return {
        "code": policy.code,
        "name": policy.name,
        "state": policy.state,
        "conditions": policy.conditions,
        "opens_on": policy.opens_on.isoformat(),
        "closes_on": policy.closes_on.isoformat(),
        "amount_max": policy.amount_max,
        "title_name": policy.title_name,
        "listing": policy.listing,
    }
