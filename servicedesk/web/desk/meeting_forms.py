"""Forms of the joint meeting's pages."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import Optional

from servicedesk.accounts.models import User
from servicedesk.meetings.actions import Details
from servicedesk.meetings.decisions import TEXT_MAX, Wording
from servicedesk.organisation.queries import UnitLabel
from servicedesk.tickets.facts import ZONE
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.portal.forms import BaseForm, tidy_lines

LINE_MAX = 80
PEOPLE_MAX = 500
SUMMARY_MAX = 4000
MORNING = time(9, 30)


def _line(label: Any, *checks: Any, **more: Any) -> StringField:
    return StringField(label, filters=[tidy], validators=[*checks, at_most(LINE_MAX)], **more)


def _text(label: Any, rows: int, longest: int, *checks: Any, **more: Any) -> TextAreaField:
    return TextAreaField(
        label, filters=[tidy_lines], validators=[*checks, at_most(longest)],
        render_kw={"rows": rows}, **more,
    )  # fmt: skip


class MeetingForm(BaseForm):
    """When and where the meeting is, and who comes."""

    seen = HiddenField()
    day = DateField(_l("日期"), validators=[required()])
    clock = TimeField(_l("时间"), validators=[required()], default=MORNING)
    place = _line(_l("地点"), required())
    chair = _line(_l("主持人"), required())
    attendees = _text(
        _l("参加单位和人员（选填）"), 3, PEOPLE_MAX, Optional(),
        description=_l("召开时可以再改；例如：招商部王某、规划建设部李某"),
    )  # fmt: skip
    title = _line(
        _l("会议名称（选填）"),
        Optional(),
        description=_l("不填时按年度编号，例如：2024年第3次联席会议"),
    )

    def details(self) -> Details:
        """Return what was typed; the time is the park's own."""
        assert self.day.data is not None
        assert self.clock.data is not None
        return Details(
            datetime.combine(self.day.data, self.clock.data, ZONE),
            self.title.data or "", self.place.data or "", self.chair.data or "",
            self.attendees.data or "",
        )  # fmt: skip


class PartForm(BaseForm):
    """One of several forms on a page; its ids begin with its name so that each is there once."""

    step = ""
    seen = HiddenField()

    def __init__(self, formdata: Any = None, suffix: object = "", **data: Any) -> None:
        super().__init__(formdata, **data)
        for one in self:
            one.id = f"{self.step}{suffix}-{one.short_name}"
            one.label.field_id = one.id


class HoldForm(PartForm):
    """Who was there, and what was said."""

    step = "hold"
    chair = _line(_l("主持人"), required())
    attendees = _text(_l("出席单位和人员"), 4, PEOPLE_MAX, required())
    summary = _text(
        _l("会议情况（选填）"), 5, SUMMARY_MAX, Optional(),
        description=_l("讨论要点，写入会议纪要；议定事项在下面逐条记录"),
    )  # fmt: skip


class CancelForm(PartForm):
    """Why the meeting does not take place."""

    step = "cancel"
    reason = _line(_l("取消的理由"), required())


class AddForm(PartForm):
    """A ticket that a person brings before the meeting."""

    step = "add"
    number = _line(_l("工单号"), required())
    reason = _text(_l("为什么提交会议"), 2, PEOPLE_MAX, required())


class DropForm(PartForm):
    """Why a matter is taken off."""

    step = "drop"
    reason = _line(_l("撤下的理由"), required())


class DecisionForm(PartForm):
    """What was decided, who does it, by when."""

    step = "decide"
    text = _text(_l("议定事项"), 3, TEXT_MAX, required())
    unit = SelectField(
        _l("责任单位"), coerce=int, validators=[required()], render_kw={"data-search": ""}
    )
    owner = SelectField(
        _l("责任人（选填）"), coerce=int, default=0, render_kw={"data-search": ""},
        description=_l("不指定时由责任单位负责人落实"),
    )  # fmt: skip
    due_on = DateField(_l("完成期限"), validators=[required()])

    def offer(self, units: Sequence[UnitLabel], people: Sequence[User], none: str) -> None:
        """Offer the park's units and their people, each with the unit's name."""
        names = {one.id: one.name for one in units}
        self.unit.choices = [(one.id, one.name) for one in units]
        self.owner.choices = [
            (0, none),
            *((one.id, f"{one.name}（{names[one.unit_id]}）") for one in people
              if one.unit_id in names),
        ]  # fmt: skip

    def wording(self, item_id: int | None) -> Wording:
        """Return what was typed."""
        assert self.due_on.data is not None
        return Wording(
            self.text.data or "", self.unit.data, self.due_on.data, self.owner.data or None, item_id
        )


class SettleForm(PartForm):
    """裁定: the unit that handles it, and why."""

    step = "settle"
    unit_id = SelectField(
        _l("承办单位"), coerce=int, validators=[required()], render_kw={"data-search": ""}
    )
    reason = _text(_l("裁定理由"), 2, SUMMARY_MAX, required())


class ApproveForm(PartForm):
    """同意挂账 needs no words."""

    step = "approve_plan"


class RefuseForm(PartForm):
    """不同意挂账, and why."""

    step = "refuse_plan"
    reason = _text(_l("不同意的理由"), 2, SUMMARY_MAX, required())


VERDICTS: dict[str, type[PartForm]] = {
    "settle": SettleForm,
    "approve_plan": ApproveForm,
    "refuse_plan": RefuseForm,
}


class ReportForm(PartForm):
    """How a decision was carried out."""

    step = "report"
    note = _text(_l("落实情况"), 4, SUMMARY_MAX, required())


class ConfirmForm(PartForm):
    """Confirming needs no words."""

    step = "confirm"


class BackForm(PartForm):
    """What is still lacking."""

    step = "back"
    reason = _text(_l("还缺什么"), 2, PEOPLE_MAX, required())


class RevokeForm(PartForm):
    """Why a decision does not stand any more."""

    step = "revoke"
    reason = _line(_l("取消的理由"), required())


DECISION_FORMS: dict[str, type[PartForm]] = {
    "report": ReportForm,
    "confirm": ConfirmForm,
    "back": BackForm,
    "revoke": RevokeForm,
}
