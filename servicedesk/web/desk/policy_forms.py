"""Forms of policies and declarations at the desk; conditions are rows, nobody writes JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.catalogue.queries import item_labels
from servicedesk.core.channels import CHANNELS
from servicedesk.core.conditions import (
    CONDITIONS_MAX,
    BadCondition,
    Condition,
    from_json,
    parse,
    typed,
)
from servicedesk.core.enterprises import LEVELS
from servicedesk.core.words import N_
from servicedesk.declarations.models import Policy
from servicedesk.declarations.policies import Draft
from servicedesk.organisation.queries import units
from servicedesk.web.forms import at_most, phone_field, required, tidy
from servicedesk.web.money import thousandths
from servicedesk.web.showing import named

BLANK_ROWS = 3
DOCUMENTS_MAX, DOCUMENT_LENGTH = 30, 100
MONEY_MAX = 1_000_000  # 万元
TERMS: Mapping[str, str] = {
    "": N_("长期有效"), "1": N_("一年"), "2": N_("二年"), "3": N_("三年"), "5": N_("五年"),
    "march": N_("至次年3月31日"),
}  # fmt: skip


def _text(label: Any, longest: int, *checks: Any, **more: Any) -> StringField:
    return StringField(label, filters=[tidy], validators=[*checks, at_most(longest)], **more)


def _words(label: Any, longest: int, rows: int, *checks: Any, **more: Any) -> TextAreaField:
    return TextAreaField(
        label, filters=[tidy], validators=[*checks, at_most(longest)],
        render_kw={"rows": rows}, **more,
    )  # fmt: skip


def _money(label: Any, *checks: Any, top: int = MONEY_MAX, **more: Any) -> DecimalField:
    message = _l("请填写0以上的金额。")
    return DecimalField(
        label, places=None, validators=[*checks, NumberRange(0, top, message)],
        render_kw={"inputmode": "decimal"}, **more,
    )  # fmt: skip


class PolicyForm(Form):
    """A policy as the desk writes it, its conditions aside."""

    seen = HiddenField()
    name = _text(_l("政策名称"), 100, required())
    name_en = _text(_l("英文名称（选填）"), 120)
    code = _text(_l("编号（选填，留空自动编）"), 30)
    issuer = _text(_l("发布单位"), 60, description=_l("如：湖南省工业和信息化厅"))
    level = SelectField(_l("级别"), validators=[required()])
    summary = _words(_l("政策要点"), 1000, 3)
    item_code = SelectField(
        _l("对应事项"), validators=[required()], description=_l("企业申报时按这个事项开工单辅导")
    )
    unit_code = SelectField(
        _l("审核推荐单位"), validators=[required()], description=_l("该单位登记推荐、获批和到账")
    )
    opens_on = DateField(_l("申报开始"), validators=[required()])
    closes_on = DateField(_l("申报截止"), validators=[required()])
    amount_max = _money(_l("最高奖补（万元，选填）"), Optional())
    amount_text = _text(_l("奖补说明（选填）"), 100)
    title_name = _text(
        _l("获批后取得的资质（选填）"),
        60,
        description=_l("获批时自动记入企业档案，如：创新型中小企业"),
    )
    title_level = SelectField(_l("资质级别"))
    title_term = SelectField(_l("资质有效期"))
    listing = _text(_l("列入名录（选填）"), 60, description=_l("如：省工信厅重点项目库"))
    documents = _words(_l("申报材料，每行一项"), 3000, 4)

    def fill(self, park_id: int) -> "PolicyForm":
        """Offer levels, the park's items and units."""
        self.level.choices = [(level, _(level)) for level in LEVELS]
        self.title_level.choices = [("", _("与政策相同")), *self.level.choices]
        self.title_term.choices = [(code, _(name)) for code, name in TERMS.items()]
        self.item_code.choices = [
            (item.code, f"{item.code} {named(item)}") for item in item_labels(park_id)
        ]
        self.unit_code.choices = [(unit.code, unit.name) for unit in units(park_id)]
        return self

    def draft(self, conditions: Sequence[Condition]) -> Draft:
        """Return what was written."""
        data: dict[str, Any] = dict(self.data)
        term = data.pop("title_term")
        data.pop("seen")
        return Draft(
            **{
                **data,
                "conditions": conditions,
                "amount_max": thousandths(data["amount_max"]),
                "title_years": int(term) if term.isdigit() else None,
                "title_until_march": term == "march",
                "documents": documents_of(data["documents"]),
            }
        )


def documents_of(text: str) -> list[str]:
    """Return the lines of a text as documents, bounded."""
    lines = [line.strip()[:DOCUMENT_LENGTH] for line in text.splitlines()]
    return [line for line in lines if line][:DOCUMENTS_MAX]


def values_of(policy: Policy) -> dict[str, Any]:
    """Return a policy as the form's values."""
    columns = {name: getattr(policy, name) for name in Draft.__slots__ if name != "conditions"}
    term = "march" if policy.title_until_march else str(policy.title_years or "")
    return {
        **columns,
        "seen": policy.version,
        "amount_max": Decimal(policy.amount_max) / 1000 if policy.amount_max else None,
        "title_term": term,
        "documents": "\n".join(policy.documents),
    }


@dataclass(slots=True)
class Row:
    """One row of conditions as the page shows it: what was typed, and what is wrong with it."""

    field: str = ""
    comparison: str = ""
    value: str = ""
    error: str = ""

    @property
    def empty(self) -> bool:
        """Has nobody chosen a field?"""
        return not self.field


def rows_of(policy: Policy | None) -> list[Row]:
    """Return a policy's conditions as rows, and some blank ones."""
    found = [from_json(row) for row in policy.conditions] if policy else []
    rows = [Row(one.field, one.comparison.value, typed(one)) for one in found]
    return with_blank(rows)


def with_blank(rows: list[Row]) -> list[Row]:
    """Return rows with some blank ones below, as many as a policy can have."""
    return [*rows, *(Row() for _number in range(BLANK_ROWS))][:CONDITIONS_MAX]


def typed_rows(data: Any) -> list[Row]:
    """Return the rows that were sent; blank ones are left out."""
    sent = zip(
        data.getlist("field"), data.getlist("comparison"), data.getlist("value"), strict=False
    )
    rows = [Row(name[:40], compared[:20], tidy(value)[:900]) for name, compared, value in sent]
    return [row for row in rows if not row.empty][:CONDITIONS_MAX]


def read(rows: Sequence[Row]) -> list[Condition]:
    """Return the rows as conditions; a wrong row is marked with the reason and left out."""
    found = []
    for row in rows:
        try:
            found.append(parse(row.field, row.comparison, row.value))
        except BadCondition as bad:
            row.error = _(bad.reason)
    return found


# --- steps of a declaration ------------------------------------------------------------------


class StepForm(Form):
    """What every step carries."""

    seen = HiddenField()


class RecommendForm(StepForm):
    """推荐上报."""

    day = DateField(_l("推荐日期"), validators=[required()])
    note = _words(_l("说明（选填，企业可见）"), 500, 2)
    finish = BooleanField(
        _l("同时办结辅导工单：之后等待主管部门公布，不计入办理时限"), default=True
    )


class ApproveForm(StepForm):
    """登记获批."""

    day = DateField(_l("公布日期"), validators=[required()])
    number = _text(_l("文号或证书编号（选填）"), 60)
    amount = _money(_l("获批金额（万元，选填）"), Optional())
    note = _words(_l("说明（选填，企业可见）"), 500, 2)


class RefuseForm(StepForm):
    """登记未获批."""

    day = DateField(_l("公布日期"), validators=[required()])
    reason = _words(_l("未获批的原因（企业可见）"), 500, 2, required())


class PayForm(StepForm):
    """登记到账."""

    day = DateField(_l("到账日期"), validators=[required()])
    amount = _money(_l("到账金额（万元）"), required())


class WithdrawForm(StepForm):
    """撤回申报."""

    reason = _words(_l("撤回原因"), 500, 2, required())


STEP_FORMS: Mapping[str, type[StepForm]] = {
    "recommend": RecommendForm,
    "approve": ApproveForm,
    "refuse": RefuseForm,
    "pay": PayForm,
    "withdraw": WithdrawForm,
}


def inputs_of(form: Form) -> dict[str, Any]:
    """Return a step's form as the action takes it: money in thousandths."""
    inputs = {name: value for name, value in form.data.items() if name != "seen"}
    if inputs.get("amount") is not None:
        inputs["amount"] = thousandths(inputs["amount"])
    return inputs


class OnBehalfForm(Form):
    """代申报: what the desk takes down."""

    key = HiddenField(filters=[tidy], validators=[at_most(100)])
    ticket = RadioField(_l("辅导工单"), choices=[], default="new", validators=[required()])
    channel = RadioField(_l("来源渠道"), choices=[], default="phone", validators=[required()])
    contact = _text(_l("联系人"), 40, required())
    phone = phone_field(_l("联系电话"))
    asked_amount = _money(_l("申请金额（万元，选填）"), Optional())
    investment = _money(_l("涉及投资（亿元，选填）"), Optional(), top=1000)
    note = _words(_l("说明（选填）"), 1000, 3)

    def fill(self, tickets: Sequence[tuple[int, str]]) -> "OnBehalfForm":
        """Offer the enterprise's open tickets of the item, and the channels of the desk."""
        self.ticket.choices = [
            ("new", _("新开一件工单")),
            *((str(number), title) for number, title in tickets),
            ("none", _("只登记申报，不开工单（材料已在别处递交）")),
        ]
        # a visit has a record of its own, with the day and the place
        self.channel.choices = [(code, _(CHANNELS[code])) for code in ("phone", "counter", "12345")]
        return self
