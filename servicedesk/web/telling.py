"""A line of a ticket's timeline in words: its name, and what was said, label by label."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from servicedesk.catalogue.fields import Field, FieldType
from servicedesk.catalogue.queries import metrics
from servicedesk.core.authorization import POWERS
from servicedesk.core.materials import SLOT_NAMES, Slot
from servicedesk.core.routing import RETURN_REASONS
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.tickets.actions import URGENCIES
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.effects.desk import DUTIES
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.reckoning import NAMES
from servicedesk.web.forms import localised
from servicedesk.web.showing import (
    BAD_REASONS,
    RATING_NAMES,
    minutes_in_words,
    moment,
    named,
    step_name,
    whole_day,
)

OTHER_NAMES: Mapping[str, str] = {
    "submit": N_("提交申请"),
    "message": N_("留言"),
    "note": N_("内部备注"),
    "remind": N_("内部催办"),
    "escalate": N_("督办提醒"),
    "response_late": N_("首次响应超时"),
    "recompute": N_("工作日历调整，期限重算"),
    "rules_applied": N_("套用新的办理规则"),
    "rules_undone": N_("撤销套用办理规则"),
    "hand_in": N_("补交材料"),
    "material_lapsed": N_("容缺逾期"),
    "undo": N_("撤销上一步"),
    "merged_in": N_("另一件工单并入本工单"),
    "split_from": N_("由工单拆分而来"),
    "linked": N_("关联工单"),
    "unlinked": N_("取消关联"),
    "problem_joined": N_("加入类问题"),
    "problem_left": N_("移出类问题"),
    "problem_solved": N_("同类问题已解决"),
    "supplement_reminder": N_("提醒补正"),
    "decision": N_("联席会议议定"),
    "support_late": N_("协办超期"),
}
ICONS: Mapping[str, str] = {
    "submit": "send", "accept": "check", "decline": "x", "dispatch": "arrow-right",
    "merge": "arrow-merge", "split": "git-branch", "mark_urgent": "bolt", "unmark_urgent": "bolt",
    "hand_over": "users", "sign": "edit", "return": "arrow-left", "contest": "scale",
    "settle": "gavel", "assign": "user", "ask_support": "users-group", "answer_support": "message",
    "withdraw_support": "user-x", "advance_stage": "route", "act": "hand-stop",
    "request_supplement": "player-pause", "ask_supplement_again": "help",
    "approve_supplement": "player-pause", "refuse_supplement": "ban", "supplement": "player-play",
    "abandon": "hourglass", "take_up": "player-play", "suspend": "player-pause",
    "resume": "player-play", "ask_resume": "player-play", "terminate": "circle-x",
    "request_extension": "clock", "approve_extension": "clock", "refuse_extension": "clock",
    "propose_plan": "timeline", "approve_plan": "timeline", "refuse_plan": "timeline",
    "reach_milestone": "flag", "resolve": "circle-check", "resolve_with_problem": "circle-check",
    "confirm": "check", "dispute": "refresh", "follow_up": "phone", "miss": "phone",
    "refuse_call": "phone", "call_back": "phone", "rework": "refresh", "rate": "star",
    "close": "lock", "close_verified": "lock", "close_unrated": "lock", "close_unreached": "lock",
    "reopen": "lock-open", "lift_false": "shield-check", "urge": "bell", "withdraw": "x",
    "message": "message", "note": "note", "escalate": "alert-triangle",
    "response_late": "alert-triangle", "recompute": "calendar", "rules_applied": "adjustments",
    "rules_undone": "adjustments", "hand_in": "file-import",
    "material_lapsed": "alert-triangle", "undo": "history", "remind": "bell",
    "supplement_reminder": "bell", "decision": "gavel", "support_late": "alert-triangle",
    "merged_in": "arrow-merge", "split_from": "git-branch", "linked": "link",
    "unlinked": "link-off", "problem_joined": "stack-2", "problem_left": "stack-2",
    "problem_solved": "circle-check",
}  # fmt: skip
LABELS: Mapping[str, str] = {  # every key that an event may have, but those of NOT_SAID
    "undone": N_("撤销的步骤"),
    "urgent": N_("紧急情形"),
    "code": N_("退单理由"),
    "number": N_("相关工单"),
    "problem": N_("类问题"),
    "solution": N_("解决办法"),
    "reason": N_("理由"),
    "where_to_go": N_("办理渠道"),
    "duty": N_("移交的职责"),
    "from": N_("原来的人"),
    "to": N_("接手的人"),
    "unit": N_("单位"),
    "assignee": N_("承办人"),
    "into": N_("并入工单"),
    "title": N_("拆出的事项"),
    "stage": N_("进入阶段"),
    "milestones": N_("节点计划"),
    "milestone": N_("完成的节点"),
    "note": N_("说明"),
    "request": N_("需要做什么"),
    "answer": N_("答复"),
    "answer_by": N_("最迟补交"),
    "decision": N_("议定事项"),
    "days": N_("工作日数"),
    "until": N_("申请延到"),
    "due_at": N_("新的期限"),
    "result": N_("结果"),
    "resolution": N_("办理情况"),
    "former_resolution": N_("原办理情况"),
    "false_resolution": N_("虚假办结"),
    "level": N_("评价"),
    "power": N_("代办内容"),
    "reasons": N_("原因"),
    "comment": N_("补充说明"),
    "step": N_("级别"),
    "rules": N_("规则版本"),
    "late_minutes": N_("补发"),
    "old": N_("原期限"),
    "new": N_("新期限"),
    "moved": N_("一并移动"),
    "outcomes": N_("成效"),
    "material": N_("材料"),
    "how": N_("方式"),
    "due_on": N_("承诺日期"),
    "mentions": N_("已通知"),
}
NOT_SAID = frozenset({"unit_code", "channel"})  # for the machine, or said elsewhere on the page
MOMENTS = frozenset({"due_at", "old", "new", "answer_by"})
DAYS = frozenset({"until", "due_on"})
LABELS_OF = {
    ("ask_support", "request"): N_("请求内容"),
    ("answer_support", "answer"): N_("答复内容"),
}


def register(app: Flask) -> None:
    """Give every template the words for events and answers."""
    app.jinja_env.filters.update(
        event_name=event_name,
        event_icon=lambda event: ICONS.get(event.kind, "activity"),
        event_details=event_details,
        field_label=field_label,
        answer=answer,
        number=number,
    )


def event_name(event: TicketEvent) -> str:
    """Return what happened, in two to six characters."""
    step = BY_NAME.get(event.kind)
    return _(step.label if step else OTHER_NAMES[event.kind])


def event_details(event: TicketEvent) -> list[tuple[str, str]]:
    """Return the event's data as (label, words), in the order of ``LABELS``; nothing internal."""
    return [
        (_(LABELS_OF.get((event.kind, name), label)), _words(name, event.data[name]))
        for name, label in LABELS.items()
        if event.data.get(name) not in (None, "", [], {}, 0)
    ]


def _words(name: str, value: Any) -> str:
    if name in MOMENTS:
        return moment(datetime.fromisoformat(value))
    if name in DAYS:
        return whole_day(date.fromisoformat(value))
    say = _SAYING.get(name)
    return say(value) if say is not None else str(value)


def _when(value: str) -> str:
    return moment(datetime.fromisoformat(value)) if value else "—"


def _milestone(line: str) -> str:
    """A milestone is kept as ``2024-03-05 name``."""
    day, _space, name = line.partition(" ")
    return f"{whole_day(date.fromisoformat(day))} {name}"


def _outcomes(values: Mapping[str, float]) -> str:
    known = metrics()
    parts = [
        f"{named(known[code])} {number(value)} {known[code].unit}" for code, value in values.items()
    ]
    return "；".join(parts)


_SAYING: Mapping[str, Callable[[Any], str]] = {
    "undone": lambda name: _(BY_NAME[name].label),
    "urgent": lambda code: _(URGENCIES.get(code, code)),
    "code": lambda code: _(RETURN_REASONS.get(code, code)),
    "duty": lambda code: _(DUTIES.get(code, code)),
    "stage": lambda name: _(name),
    "milestones": lambda lines: "\n".join(_milestone(line) for line in lines),
    "result": lambda code: _(RESULTS[code]),
    "false_resolution": lambda _marked: _("企业的答复与办理情况不符，已记录"),
    "level": lambda level: _(RATING_NAMES[level]),
    "reasons": lambda codes: "；".join(_(BAD_REASONS.get(code, code)) for code in codes),
    "how": lambda code: _(SLOT_NAMES[Slot(code)]),
    "power": lambda code: _(POWERS[code]),
    "step": step_name,
    "late_minutes": minutes_in_words,
    "outcomes": _outcomes,
    "mentions": lambda people: "、".join(people),
    "moved": lambda times: "；".join(
        f"{_(NAMES[one])} {_when(old)} → {_when(new)}" for one, old, new in times
    ),
}


def number(value: float) -> str:
    """Write a number without needless zeros."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def field_label(field: Field) -> str:
    """Return the label of an item's field in the person's language."""
    return localised(field, "label")


def answer(value: Any, field: Field) -> str:
    """Return an answer in words: choices by their labels, numbers with their unit."""
    if field.type in (FieldType.CHOICE, FieldType.CHOICES):
        labels = {option.value: localised(option, "label") for option in field.options}
        chosen = value if isinstance(value, list) else [value]
        return "、".join(labels.get(one, str(one)) for one in chosen)
    return f"{value} {field.unit}".strip()
