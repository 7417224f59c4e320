"""The timeline (进度) as the enterprise reads it: every event in plain words with what it says."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.core.authorization import POWERS
from servicedesk.core.channels import CHANNELS
from servicedesk.core.permissions import ROLE_NAMES, UNIT_ROLES, Role
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.reports.masking import masked_name
from servicedesk.tickets.actions import URGENCIES
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.models import TicketEvent, Upload
from servicedesk.tickets.reckoning import NAMES, OF_ENTERPRISE
from servicedesk.web.portal.words import _
from servicedesk.web.showing import (
    BAD_REASONS,
    RATING_NAMES,
    moment,
    working_days,
)

ICONS: Mapping[str, str] = {
    "submit": "send", "message": "message", "accept": "inbox", "decline": "circle-x",
    "dispatch": "arrow-right", "sign": "edit", "request_supplement": "player-pause",
    "supplement": "player-play", "approve_extension": "calendar", "resolve": "circle-check",
    "confirm": "check", "dispute": "refresh", "follow_up": "phone", "miss": "phone",
    "rework": "refresh", "rate": "star", "withdraw": "x", "act": "hand-stop", "suspend": "player-pause",
    "hand_in": "file-import", "material_lapsed": "alert-triangle", "ask_resume": "player-play",
    "rules_applied": "adjustments", "rules_undone": "adjustments",
    "resume": "player-play", "terminate": "circle-x", "recompute": "calendar",
    "merge": "arrow-merge", "split": "git-branch", "mark_urgent": "bolt", "unmark_urgent": "bolt",
    "advance_stage": "route", "approve_supplement": "player-pause", "abandon": "hourglass",
    "take_up": "player-play", "approve_plan": "timeline", "reach_milestone": "flag",
    "resolve_with_problem": "circle-check", "refuse_call": "phone", "call_back": "phone",
    "reopen": "lock-open", "urge": "bell", "close": "lock", "close_unreached": "lock",
    "close_verified": "lock", "close_unrated": "lock",
}  # fmt: skip
LOUD = frozenset(
    {
        "material_lapsed",
        "decline",
        "request_supplement",
        "approve_supplement",
        "abandon",
        "mark_urgent",
        "dispute",
        "rework",
        "suspend",
        "terminate",
    }
)
OTHERS: Mapping[str, str] = {
    "hand_in": N_("补交了材料。"),
    "material_lapsed": N_("容缺材料逾期未补。"),
    "rules_applied": N_("园区的办理规则有调整，办理期限已重新计算。"),
    "rules_undone": N_("办理规则的调整已撤销，办理期限已恢复。"),
    "merged_in": N_("同一件事的另一件申请已并入本工单。"),
    "split_from": N_("由另一件工单拆分而来，单独办理。"),
    "problem_solved": N_("同类问题已有解决办法，请看是否也适用于您。"),
    "supplement_reminder": N_("提醒您尽快补充材料或信息。"),
}
Facts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; ``mine`` is the enterprise's own."""

    at: datetime
    kind: str
    icon: str
    title: str
    who: str
    mine: bool
    loud: bool
    says: str = ""
    facts: Facts = field(default_factory=list)
    files: Sequence[Upload] = ()


def story(events: Iterable[TicketEvent], files: Iterable[Upload] = ()) -> list[Entry]:
    """Return events that the enterprise may see as lines; files stay with their event."""
    by_event: dict[int | None, list[Upload]] = {}
    for upload in files:
        by_event.setdefault(upload.event_id, []).append(upload)
    return [_entry(event, unit, by_event.get(event.id, [])) for event, unit in _with_unit(events)]


def _with_unit(events: Iterable[TicketEvent]) -> Iterator[tuple[TicketEvent, str]]:
    """Yield each event with the unit that had the request at the time."""
    unit = ""
    for event in events:
        if event.kind == "dispatch":
            unit = str(event.data.get("unit", ""))
        yield event, unit


def _entry(event: TicketEvent, unit: str, files: Sequence[Upload]) -> Entry:
    return Entry(
        at=event.at,
        kind=event.kind,
        icon=ICONS.get(event.kind, "flag"),
        title=_title(event),
        who=_who(event, unit),
        mine=event.actor_role == Role.REQUESTER,
        loud=event.kind in LOUD,
        says=_says(event),
        facts=_FACTS.get(event.kind, _no_facts)(event),
        files=files,
    )


def _who(event: TicketEvent, unit: str) -> str:
    """Name colleagues and officers; of other staff the role and the surname are enough."""
    role = Role(event.actor_role)
    if role is Role.REQUESTER:
        return event.actor_name
    if role is Role.SYSTEM:
        return _("系统")
    if role in UNIT_ROLES:
        return " ".join(filter(None, (unit, event.actor_name)))
    return f"{_(ROLE_NAMES[role])} {masked_name(event.actor_name)}"


def _title(event: TicketEvent) -> str:
    if event.kind == "submit":
        return _submitted(str(event.data.get("channel", "portal")))
    if event.kind == "message":
        mine = event.actor_role == Role.REQUESTER
        return _("企业留言") if mine else _("服务人员留言")
    if event.kind == "dispatch":
        return _("已派给%(unit)s，等待签收。", unit=event.data.get("unit", ""))
    if event.kind == "recompute":
        return _("工作日历有调整，办理期限已重新计算。")
    if event.kind in OTHERS:
        return _(OTHERS[event.kind])
    return _(BY_NAME[event.kind].told) if event.kind in BY_NAME else ""


def _submitted(channel: str) -> str:
    if channel == "portal":
        return _("申请已提交。")
    return _("申请已登记（%(channel)s）。", channel=_(CHANNELS.get(channel, channel)))


_SAYS: Mapping[str, str] = {  # which input of a step is said to the enterprise
    "request_supplement": "request",
    "approve_supplement": "request",
    "supplement": "answer",
    "resolve": "resolution",
    "resolve_with_problem": "resolution",
    "advance_stage": "note",
    "reach_milestone": "note",
    "call_back": "note",
    "mark_urgent": "reason",
    "unmark_urgent": "reason",
    "reopen": "reason",
    "take_up": "note",
    "urge": "note",
    "dispute": "reason",
    "rework": "reason",
    "withdraw": "reason",
    "act": "note",
    "suspend": "reason",
    "resume": "note",
    "ask_resume": "note",
    "rate": "comment",
    "close_verified": "note",
    "problem_solved": "solution",
    "merge": "into",
    "merged_in": "number",
    "split": "number",
    "split_from": "number",
}


def _says(event: TicketEvent) -> str:
    if event.kind == "message":
        return event.text
    return str(event.data.get(_SAYS.get(event.kind, ""), "") or "")


def _no_facts(event: TicketEvent) -> Facts:
    return []


def _submitted_as(event: TicketEvent) -> Facts:
    why = str(event.data.get("urgent") or "")
    return [(_("紧急"), _(URGENCIES.get(why, why)))] if why else []


def _declined(event: TicketEvent) -> Facts:
    return [
        (_("理由"), str(event.data.get("reason", ""))),
        (_("去哪里办"), str(event.data.get("where_to_go", ""))),
    ]


def _acted(event: TicketEvent) -> Facts:
    return [(_("代办内容"), _(POWERS[str(event.data["power"])]))]


def _of_material(event: TicketEvent) -> Facts:
    due = event.data.get("due_on")
    promised = [(_("承诺日期"), str(due))] if due else []
    return [(_("材料"), str(event.data.get("material", ""))), *promised]


def _extended(event: TicketEvent) -> Facts:
    days = working_days(int(event.data.get("days", 0)))
    return [(_("延长"), days), (_("新的期限"), _moment(event.data.get("due_at")))]


def _resolved(event: TicketEvent) -> Facts:
    result = str(event.data.get("result", ""))
    return [(_("办理结果"), _(RESULTS.get(result, result)))]


def _rated(event: TicketEvent) -> Facts:
    level = _(RATING_NAMES.get(int(event.data.get("level", 0)), "—"))
    reasons = "、".join(_(BAD_REASONS.get(one, one)) for one in event.data.get("reasons") or [])
    return [(_("评价"), level), *([(_("原因"), reasons)] if reasons else [])]


def _recomputed(event: TicketEvent) -> Facts:
    """The promise that moved, and the other time limits that are the enterprise's own business."""
    facts: Facts = []
    if "old" in event.data:
        old, new = _moment(event.data["old"]), _moment(event.data["new"])
        facts += [(_("原来的期限"), old), (_("新的期限"), new)]
    for name, old, new in event.data.get("moved") or []:
        if name in OF_ENTERPRISE:
            facts.append((_(NAMES[name]), f"{_moment(old)} → {_moment(new)}"))
    return facts


def _asked_back(event: TicketEvent) -> Facts:
    by = event.data.get("answer_by")
    return [(_("请在此之前补交"), _moment(by))] if by else []


def _next_due(label: str, event: TicketEvent) -> Facts:
    due = event.data.get("due_at")
    return [(label, _moment(due))] if due else []


def _planned(event: TicketEvent) -> Facts:
    return _next_due(_("第一个节点"), event)


def _reached(event: TicketEvent) -> Facts:
    name = str(event.data.get("milestone", ""))
    return [(_("完成的节点"), name), *_next_due(_("下一个节点"), event)]


def _staged(event: TicketEvent) -> Facts:
    return [(_("进入阶段"), _(str(event.data.get("stage", ""))))]


def _merged(event: TicketEvent) -> Facts:
    return [(_("并入工单"), str(event.data.get("into", "")))]


def _split(event: TicketEvent) -> Facts:
    return [(_("拆出的事项"), str(event.data.get("title", "")))]


def _moment(value: object) -> str:
    return moment(datetime.fromisoformat(str(value))) if value else "—"


_FACTS: Mapping[str, Callable[[TicketEvent], Facts]] = {
    "submit": _submitted_as,
    "decline": _declined,
    "terminate": _declined,
    "act": _acted,
    "hand_in": _of_material,
    "material_lapsed": _of_material,
    "approve_extension": _extended,
    "request_supplement": _asked_back,
    "approve_supplement": _asked_back,
    "approve_plan": _planned,
    "reach_milestone": _reached,
    "advance_stage": _staged,
    "merge": _merged,
    "split": _split,
    "supplement_reminder": _asked_back,
    "resolve": _resolved,
    "resolve_with_problem": _resolved,
    "rate": _rated,
    "recompute": _recomputed,
    "rules_applied": _recomputed,
    "rules_undone": _recomputed,
}
