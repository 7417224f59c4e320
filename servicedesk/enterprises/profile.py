"""The profile of an enterprise (企业基本信息): editing it, with everything checked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from servicedesk.audit.actions import record
from servicedesk.core.enterprises import AREAS, CHAINS, search_text
from servicedesk.core.identifiers import credit_code
from servicedesk.core.industries import industry_code
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.scales import SCALES, scale_of
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.tickets import search
from servicedesk.transaction import unit_of_work

EDITABLE = (
    "name", "credit_code", "legal_representative", "industry", "industry_code", "scale", "area",
    "plot", "chain", "address", "founded_on", "registered_capital", "employees", "revenue",
    "revenue_growth", "research_share", "contact", "phone", "in_trouble",
)  # fmt: skip
DENIED = N_("您没有执行此操作的权限。")


def permitted(actor: Actor, permission: str, enterprise_id: int) -> Enterprise:
    """Return the enterprise, locked for the change.

    Raises:
        Refused: the person may not, or the file was merged into another.
    """
    found = db.session.get_one(
        Enterprise, enterprise_id, with_for_update=True, populate_existing=True
    )
    if not allows(actor, permission, Subject(found.park_id, found.id, actor.unit_id)):
        raise Refused(DENIED, kind="permission")
    if found.merged_into_id is not None:
        raise Refused(N_("该档案已并入另一份档案，请在那一份上修改。"))
    return found


@unit_of_work
def edit(
    actor: Actor, enterprise_id: int, values: Mapping[str, Any], seen: int | None = None
) -> Enterprise:
    """Write ``values`` (of ``EDITABLE``) into the profile; what is not named stays as it is.

    ``seen`` is the version that the form showed. A scale that is left empty is worked out.

    Raises:
        Refused: not permitted, or a value is wrong; ``field`` names it.
        Conflict: the profile has changed since ``seen``.
    """
    found = permitted(actor, "enterprise.edit", enterprise_id)
    if seen is not None and found.version != seen:
        raise Conflict(seen, found.version)
    change(actor, found, values, "enterprise.edit")
    return found


def change(actor: Actor, found: Enterprise, values: Mapping[str, Any], action: str) -> bool:
    """Put checked values into a profile inside the caller's unit of work; tell if any differed.

    Raises:
        Refused: a value is wrong.
    """
    wanted = {name: values[name] for name in EDITABLE if name in values}
    wanted |= checked(found, wanted)
    before = {name: plain(getattr(found, name)) for name in wanted}
    for name, value in wanted.items():
        setattr(found, name, value)
    after = {name: plain(getattr(found, name)) for name in wanted}
    changed = {name for name in wanted if before[name] != after[name]}
    if not changed:
        return False
    found.version += 1
    if changed & {"name", "credit_code"}:
        _rename(found)
    record(
        actor, action, "enterprise", found.id,
        {name: before[name] for name in sorted(changed)},
        {name: after[name] for name in sorted(changed)},
    )  # fmt: skip
    return True


def checked(found: Enterprise, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that checking changes, such as a completed industry code.

    Raises:
        Refused: a value is wrong; ``field`` names it.
    """
    better: dict[str, Any] = {}
    if "name" in values and not values["name"]:
        raise Refused(N_("企业名称不能为空。"), field="name")
    if "credit_code" in values:
        better |= _checked_code(found, values["credit_code"])
    if values.get("industry_code"):
        full = industry_code(values["industry_code"])
        if full is None:
            reason = N_("不是国民经济行业分类（GB/T 4754-2017）的代码，例如 C3841。")
            raise Refused(reason, field="industry_code")
        better["industry_code"] = full
    for name, known in (("scale", SCALES), ("area", AREAS), ("chain", CHAINS)):
        value = values.get(name)
        if value and value not in known and value != getattr(found, name):
            raise Refused(N_("请从名单中选择。"), field=name)
    if not values.get("scale", found.scale):
        merged = {**{name: getattr(found, name) for name in EDITABLE}, **values, **better}
        better["scale"] = (
            scale_of(merged["industry_code"] or "", merged["employees"], merged["revenue"]) or ""
        )
    return better


def _checked_code(found: Enterprise, code: str | None) -> dict[str, Any]:
    if not code:
        if found.credit_code:
            raise Refused(N_("已登记的信用代码不能清空。"), field="credit_code")
        return {"credit_code": None}
    if code == found.credit_code:
        return {}
    checked = credit_code(code)
    if checked.doubt is not None:
        raise Refused(checked.doubt, field="credit_code")
    taken = select(Enterprise.id).where(
        Enterprise.park_id == found.park_id,
        Enterprise.credit_code == checked.value,
        Enterprise.id != found.id,
    )
    if db.session.scalar(taken) is not None:
        reason = N_("该信用代码已有另一份档案，请到“查重合并”处理。")
        raise Refused(reason, field="credit_code")
    if found.standing in ("preparing", "review"):
        found.standing = "confirmed"
    return {"credit_code": checked.value}


def _rename(found: Enterprise) -> None:
    found.search_text = search_text(found.name)
    try:
        db.session.flush()
    except IntegrityError as error:  # another process was quicker with the same code
        reason = N_("该信用代码已有另一份档案，请到“查重合并”处理。")
        raise Refused(reason, field="credit_code") from error
    search.refresh(found.id)


def plain(value: Any) -> Any:
    """Return a value as JSON can keep it."""
    return value.isoformat() if isinstance(value, date) else value


def from_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values as the columns have them: days are dates again."""
    found = dict(values)
    if isinstance(found.get("founded_on"), str):
        found["founded_on"] = date.fromisoformat(found["founded_on"])
    return found
