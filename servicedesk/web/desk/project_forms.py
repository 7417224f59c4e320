"""Forms of the desk's project pages."""

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.accounts.models import User
from servicedesk.core.projects import STAGE_NAMES, STAGES, Stage, following
from servicedesk.organisation.queries import UnitLabel
from servicedesk.projects.actions import Details
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.portal.words import _

TEXT_MAX = 300


def _line(label: Any, longest: int, *checks: Any, **more: Any) -> StringField:
    return StringField(label, filters=[tidy], validators=[*checks, at_most(longest)], **more)


def _text(label: Any, rows: int, longest: int, *checks: Any, **more: Any) -> TextAreaField:
    return TextAreaField(
        label, filters=[tidy], validators=[*checks, at_most(longest)],
        render_kw={"rows": rows}, **more,
    )  # fmt: skip


class ProjectForm(BaseForm):
    """What is known of a project."""

    seen = HiddenField()
    name = _line(_l("项目名称"), 80, required())
    investment = DecimalField(
        _l("总投资（亿元）"), places=3,
        validators=[required(), NumberRange(Decimal("0.001"), 1000, _l("请填写0.001至1000之间的数。"))],
    )  # fmt: skip
    annual_tax = IntegerField(
        _l("预计年税收（万元，选填）"),
        validators=[Optional(), NumberRange(0, 1_000_000, _l("请填写0至1000000之间的整数。"))],
    )
    source = _line(_l("招商来源（选填）"), 40, description=_l("例如：湘商大会、以商招商"))
    chain = _line(_l("产业链（选填）"), 40)
    plot = _line(_l("地块或厂房（选填）"), 100)
    owner = SelectField(_l("项目专员"), coerce=int, validators=[required()])
    summary = _text(_l("项目简介（选填）"), 3, 2000)
    since = DateField(_l("开始洽谈日期"), validators=[Optional()])

    def offer(self, people: list[User]) -> None:
        """Offer the staff who can follow a project."""
        self.owner.choices = [(person.id, person.name) for person in people]

    def details(self) -> Details:
        """Return what was typed."""
        return Details(
            name=self.name.data or "",
            investment=round((self.investment.data or 0) * 1000),
            owner_id=self.owner.data,
            annual_tax=self.annual_tax.data,
            chain=self.chain.data or "",
            plot=self.plot.data or "",
            source=self.source.data or "",
            summary=self.summary.data or "",
        )


class PartForm(BaseForm):
    """One of several forms on the project's page; its ids begin with its step."""

    step = ""
    seen = HiddenField()

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        for one in self:
            one.id = f"{self.step}-{one.short_name}"
            one.label.field_id = one.id


class ReachForm(PartForm):
    """Moving to a stage."""

    step = "reach"
    stage = SelectField(_l("进入阶段"), validators=[required()])
    reached_on = DateField(_l("日期"), validators=[required()])
    reason = _text(
        _l("说明"),
        2,
        TEXT_MAX,
        description=_l("按顺序进入下一阶段可以不写；跳过阶段或退回时必须写明原因"),
    )

    def offer(self, current: Stage) -> None:
        """Offer the other stages, the next one first."""
        ahead = following(current)
        order = sorted(STAGES, key=lambda stage: stage is not ahead)
        self.stage.choices = [
            (stage.value, _(STAGE_NAMES[stage])) for stage in order if stage is not current
        ]


class PlanForm(PartForm):
    """The planned date of each stage."""

    step = "plan"
    planned_signed = DateField(_l("签约"), validators=[Optional()])
    planned_land = DateField(_l("供地"), validators=[Optional()])
    planned_started = DateField(_l("开工"), validators=[Optional()])
    planned_completed = DateField(_l("竣工"), validators=[Optional()])
    planned_producing = DateField(_l("投产"), validators=[Optional()])


class ObstacleForm(PartForm):
    """What holds the project up."""

    step = "obstacle"
    text = _text(_l("什么问题"), 2, TEXT_MAX, required())
    unit = SelectField(_l("责任单位"), coerce=int, validators=[required()])
    due_on = DateField(_l("解决期限（选填）"), validators=[Optional()])
    shown = BooleanField(_l("企业可以看到"), default=True)

    def offer(self, park_units: list[UnitLabel]) -> None:
        """Offer the park's units."""
        self.unit.choices = [(unit.id, unit.name) for unit in park_units]


class EndForm(PartForm):
    """Giving a project up."""

    step = "end"
    reason = _text(_l("终止的原因"), 2, TEXT_MAX, required())


class ClearForm(BaseForm):
    """How an obstacle was cleared."""

    clearing = _text(_l("怎样解决的"), 2, TEXT_MAX, required())
