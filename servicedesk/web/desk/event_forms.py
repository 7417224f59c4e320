"""The forms of training events and consultations."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.core.training import CHANNELS, KINDS, PER_ENTERPRISE_MAX
from servicedesk.tickets.facts import ZONE
from servicedesk.training.actions import CAPACITY_MAX, Plan
from servicedesk.training.consultations import Advice
from servicedesk.training.models import Event
from servicedesk.web.forms import at_most, phone_field, required, tidy

Choices = list[tuple[Any, str]]
TEXT_MAX = 2000


def _line(label: Any, longest: int, *, needed: bool = True, **more: Any) -> StringField:
    checks = [required() if needed else Optional(), at_most(longest)]
    return StringField(label, filters=[tidy], validators=checks, **more)


def _lines(label: Any, rows: int, *, needed: bool = True) -> TextAreaField:
    checks = [required() if needed else Optional(), at_most(TEXT_MAX)]
    return TextAreaField(label, filters=[tidy], validators=checks, render_kw={"rows": rows})


def _people(label: Any, most: int, **more: Any) -> IntegerField:
    message = _l("请填写%(min)d至%(max)d之间的数。")
    return IntegerField(label, validators=[required(), NumberRange(1, most, message)], **more)


class EventForm(Form):
    """An event as it is planned."""

    title = _line(_l("活动名称"), 80)
    topic = _line(_l("主题"), 60, description=_l("如：高企认定、智赋千企、成果转化"))
    kind = SelectField(_l("类型"))
    item_code = SelectField(_l("对应事项"), description=_l("统计时计入哪一项服务"))
    unit_id = SelectField(_l("主办单位"), coerce=int)
    day = DateField(_l("日期"), validators=[required()])
    starts = TimeField(_l("开始"), validators=[required()], default=time(14, 30))
    ends = TimeField(_l("结束"), validators=[required()], default=time(17, 0))
    place = _line(_l("地点"), 100)
    capacity = _people(_l("名额（人）"), CAPACITY_MAX, default=60)
    per_enterprise = _people(_l("每家最多（人）"), PER_ENTERPRISE_MAX, default=3)
    speaker = _line(_l("主讲人（选填）"), 60, needed=False)
    description = _lines(_l("活动介绍（选填）"), 5, needed=False)

    def offer(self, items: Choices, units: Choices) -> None:
        """Fill the choices in."""
        self.kind.choices = [(code, _(name)) for code, name in KINDS.items()]
        self.item_code.choices = items
        self.unit_id.choices = units

    def plan(self) -> Plan:
        """Return the plan that the form says; the times are the park's."""
        data = self.data
        day, starts, ends = (data.pop(name) for name in ("day", "starts", "ends"))
        starts_at = datetime.combine(day, starts, ZONE)
        return Plan(**data, starts_at=starts_at, ends_at=datetime.combine(day, ends, ZONE))


def data_of(event: Event) -> Mapping[str, Any]:
    """Return an event as the form shows it."""
    starts, ends = event.starts_at.astimezone(ZONE), event.ends_at.astimezone(ZONE)
    return {
        name: getattr(event, name)
        for name in (
            "title", "topic", "kind", "item_code", "unit_id", "place", "capacity",
            "per_enterprise", "speaker", "description",
        )
    } | {"day": starts.date(), "starts": starts.time(), "ends": ends.time()}  # fmt: skip


class DoorForm(Form):
    """Somebody who came without being registered."""

    enterprise = SelectField(
        _l("企业"),
        coerce=int,
        validators=[required()],
        render_kw={"data-search": "", "aria-label": _l("企业")},
    )
    person = _line(_l("姓名"), 40)
    phone = phone_field(_l("联系电话"))


class ReasonForm(Form):
    """Why an event is called off."""

    reason = _line(_l("取消的原因（报名的企业会看到）"), 200)


class ConsultationForm(Form):
    """Advice that was given."""

    enterprise_id = SelectField(
        _l("企业"), coerce=int, validators=[required(), NumberRange(1, message=_l("请选择企业。"))],
        render_kw={"data-search": "", "aria-label": _l("企业")},
    )  # fmt: skip
    item_code = SelectField(_l("咨询事项"))
    topic = _line(_l("主题"), 80, description=_l("如：研发费用归集、技术合同登记条件"))
    held_on = DateField(_l("咨询日期"), validators=[required()])
    channel = SelectField(_l("咨询方式"))
    event_id = SelectField(_l("在哪场活动上（选填）"), coerce=int)
    question = _lines(_l("企业问了什么"), 3)
    answer = _lines(_l("怎样答复"), 4)

    def offer(self, enterprises: Choices, items: Choices, events: Choices) -> None:
        """Fill the choices in."""
        self.enterprise_id.choices = [(0, _("请选择")), *enterprises]
        self.item_code.choices = items
        self.event_id.choices = [(0, _("不是活动上的咨询")), *events]
        self.channel.choices = [(code, _(name)) for code, name in CHANNELS.items()]

    def advice(self) -> Advice:
        """Return what the form says."""
        return Advice(**{**self.data, "event_id": self.event_id.data or None})
