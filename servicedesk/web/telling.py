"""A line of a ticket's timeline in words: its name, and what was said, label by label."""

from collections.abc import Mapping
from datetime import datetime
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
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.effects.desk import DUTIES
from servicedesk.tickets.models import TicketEvent
from servicedesk.web.forms import localised
from servicedesk.web.showing import (
    BAD_REASONS,
    RATING_NAMES,
    minutes_in_words,
    moment,
    named,
    step_name,
)

OTHER_NAMES: Mapping[str, str] = {
    "submit": N_("提交申请"),
    "message": N_("留言"),
    "note": N_("内部备注"),
    "escalate": N_("督办提醒"),
    "response_late": N_("首次响应超时"),
    "recompute": N_("工作日历调整，期限重算"),
    "hand_in": N_("补交材料"),
    "material_lapsed": N_("容缺逾期"),
    "support_late": N_("协办超期"),
}
LABELS: Mapping[str, str] = {
    "code": N_("退单理由"),
    "duty": N_("移交职责"),
    "from": N_("原负责人"),
    "to": N_("接手人"),
    "reason": N_("理由"),
    "where_to_go": N_("办理渠道"),
    "unit": N_("承办单位"),
    "assignee": N_("承办人"),
    "note": N_("说明"),
    "request": N_("需要补正"),
    "answer": N_("补正内容"),
    "days": N_("工作日数"),
    "due_at": N_("新的期限"),
    "result": N_("结果"),
    "resolution": N_("办理情况"),
    "former_resolution": N_("原办理情况"),
    "level": N_("评价"),
    "power": N_("代办内容"),
    "reasons": N_("原因"),
    "comment": N_("补充说明"),
    "step": N_("级别"),
    "late_minutes": N_("补发"),
    "old": N_("原期限"),
    "new": N_("新期限"),
    "outcomes": N_("成效"),
    "material": N_("材料"),
    "how": N_("方式"),
    "due_on": N_("承诺日期"),
}
LABELS_OF = {
    ("ask_support", "request"): N_("请求内容"),
    ("answer_support", "answer"): N_("答复内容"),
}
MOMENTS = frozenset({"due_at", "old", "new"})


def register(app: Flask) -> None:
    """Give every template the words for events and answers."""
    app.jinja_env.filters.update(
        event_name=event_name,
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
    if name == "result":
        return _(RESULTS[value])
    if name == "level":
        return _(RATING_NAMES[value])
    if name == "reasons":
        return "；".join(_(BAD_REASONS.get(reason, reason)) for reason in value)
    if name == "how":
        return _(SLOT_NAMES[Slot(value)])
    if name == "power":
        return _(POWERS[value])
    if name == "code":
        return _(RETURN_REASONS.get(value, value))
    if name == "duty":
        return _(DUTIES.get(value, value))
    if name == "step":
        return step_name(value)
    if name == "late_minutes":
        return minutes_in_words(value)
    if name == "outcomes":
        return _outcomes(value)
    return str(value)


def _outcomes(values: Mapping[str, float]) -> str:
    known = metrics()
    parts = [
        f"{named(known[code])} {number(value)} {known[code].unit}" for code, value in values.items()
    ]
    return "；".join(parts)


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
