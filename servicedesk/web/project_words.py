"""Projects in words: lamps, what holds one up, what happened; for the desk and the portal."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from servicedesk.catalogue.queries import item_labels
from servicedesk.core.projects import HOLD_NAMES, STAGE_NAMES, Hold, Holdup, Lamp, Stage
from servicedesk.core.words import N_
from servicedesk.projects.models import ProjectEvent
from servicedesk.web.access import actor
from servicedesk.web.showing import named

LAMP_NAMES: Mapping[Lamp, str] = {
    Lamp.GREEN: N_("正常"),
    Lamp.YELLOW: N_("需关注"),
    Lamp.RED: N_("受阻"),
    Lamp.GREY: N_("未定计划"),
}
EVENT_NAMES: Mapping[str, str] = {
    "create": N_("开始洽谈，项目入库"),
    "edit": N_("项目资料有修改"),
    "plan": N_("节点计划有调整"),
    "reach": N_("进入新的阶段"),
    "link": N_("关联企业"),
    "service": N_("为企业开通事项"),
    "obstacle": N_("提出问题"),
    "clear": N_("问题已解决"),
    "end": N_("项目终止"),
    "resume": N_("项目恢复"),
}
FOR_ENTERPRISES = frozenset({"reach", "link", "service", "obstacle", "clear", "plan"})


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def words() -> dict[str, Any]:
    """Return what the templates of projects share."""
    labels = {label.code: named(label) for label in item_labels(actor().park_id)}
    return {
        "lamp_names": LAMP_NAMES,
        "stage_names": STAGE_NAMES,
        "labels": labels,
        "held_words": lambda held: held_words(held, labels),
        "event_words": event_words,
        "yi": yi,
    }


def yi(investment: int) -> str:
    """Write thousandths of 亿元 as 亿元."""
    return f"{investment / 1000:g}"


def held_words(held: Holdup, labels: Mapping[str, str]) -> str:
    """Return what holds a project up as one line."""
    if held.kind is Hold.MILESTONE:
        return _("%(stage)s节点逾期%(n)s天", stage=_(held.text), n=held.late)
    text = labels.get(held.text, held.text) if held.kind is Hold.SERVICE else held.text
    line = f"{_(HOLD_NAMES[held.kind])}：{text}"
    return _("%(line)s（超期%(n)s天）", line=line, n=held.late) if held.late else line


def event_words(event: ProjectEvent) -> str:
    """Return what an event says beyond its name."""
    data = event.data
    if event.kind == "reach":
        move = f"{_stage(data['from'])} → {_stage(data['to'])}，{data['on']}"
        return "；".join(filter(None, (move, data.get("reason", ""))))
    if event.kind == "plan":
        days = (f"{_stage(stage)} {day or '—'}" for stage, day in data["planned"].items())
        return "；".join(days)
    if event.kind == "clear":
        return f"{data['text']}：{data['clearing']}"
    if event.kind == "service":
        return f"{data['ticket']} {data['title']}"
    return str(data.get("text") or data.get("reason") or data.get("enterprise") or "")


def _stage(code: str) -> str:
    return _(STAGE_NAMES[Stage(code)])
