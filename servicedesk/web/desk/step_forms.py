"""The form of each step of the workflow."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.catalogue.queries import MetricLabel
from servicedesk.core.authorization import POWERS
from servicedesk.core.routing import RETURN_REASONS
from servicedesk.tickets.actions import DESCRIPTION_MAX
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.effects.waiting import MILESTONES_MOST
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.showing import named

OUTCOME_PREFIX = "outcome_"
COUNTED_BY_US = frozenset({"served", "visited", "solved", "class_solved"})
OUTCOME_MAX = 1_000_000_000


def words(label: str, *, needed: bool = True, rows: int = 3) -> TextAreaField:
    """Return the field of a text of several lines."""
    checks = [required() if needed else Optional(), at_most(DESCRIPTION_MAX)]
    return TextAreaField(label, filters=[tidy], validators=checks, render_kw={"rows": rows})


class PlainForm(Form):
    """A step that needs no words."""


class ReasonForm(Form):
    """A step that needs a reason."""

    reason = words(_l("理由"))


class NoteForm(Form):
    """A step that needs a note."""

    note = words(_l("情况说明"))


class DeclineForm(ReasonForm):
    """不予受理 says at once why, and where to go."""

    where_to_go = words(_l("应到哪里办理"), rows=2)


class DispatchForm(Form):
    """The unit, the suggested one first."""

    unit_id = SelectField(_l("承办单位"), coerce=int, render_kw={"data-search": ""})
    note = words(_l("派单说明（选填）"), needed=False, rows=2)


class AssignForm(Form):
    """The person in the unit."""

    assignee_id = SelectField(_l("承办人"), coerce=int)


class SupplementRequestForm(Form):
    """一次性告知: everything that is missing, at once."""

    request = words(_l("需要补正的全部内容（一次说清）"), rows=4)


class SupplementForm(Form):
    """The answer, taken down for the enterprise."""

    answer = words(_l("补正内容"))


class ExtensionForm(ReasonForm):
    """More time, asked before the due time: the new date and why."""

    until = DateField(_l("新的期限"), validators=[required()])


class ObjectionForm(Form):
    """退单: a reason of the fixed list, and words."""

    code = SelectField(_l("退单理由"), choices=[], validators=[required()])
    reason = words(_l("具体说明"), rows=2)


class VerdictForm(Form):
    """裁定: the unit that handles it, and why."""

    unit_id = SelectField(_l("承办单位"), coerce=int, render_kw={"data-search": ""})
    reason = words(_l("裁定理由"))


class SupportForm(Form):
    """协办: which unit, and what it is asked for."""

    unit_id = SelectField(_l("协办单位"), coerce=int, render_kw={"data-search": ""})
    request = words(_l("请协办单位做什么"))


class AnswerForm(Form):
    """The supporting unit's answer."""

    answer = words(_l("答复内容"))


class WithdrawSupportForm(ReasonForm):
    """The unit that need not answer any more."""

    unit_id = SelectField(_l("协办单位"), coerce=int)


class StageForm(NoteForm):
    """The next stage of a matter with stages."""

    stage = RadioField(_l("进入哪个阶段"), choices=[], validators=[required()])


class MilestoneForm(Form):
    """One milestone of a plan; an empty line is passed over, half a line is not."""

    name = StringField(_l("节点"), filters=[tidy], validators=[Optional(), at_most(100)])
    day = DateField(_l("日期"), validators=[Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """A name needs its date and a date its name."""
        if not super().validate(extra_validators):
            return False
        if bool(self.name.data) == bool(self.day.data):
            return True
        lacking: Any = self.day if self.name.data else self.name
        lacking.errors = [_("请填写日期。") if self.name.data else _("请填写节点名称。")]
        return False


class PlanForm(ReasonForm):
    """挂账: dated milestones, and why it cannot be done in the promised time."""

    milestones = FieldList(
        FormField(MilestoneForm),
        label=_l("节点计划"),
        description=_l(
            "按先后写清每一步和完成日期，空行不计；联席会议同意后按节点计时，并告知企业。"
        ),
        min_entries=3,
        max_entries=MILESTONES_MOST,
    )


class ApprovePlanForm(Form):
    """The meeting that agreed."""

    meeting_id = SelectField(
        _l("在哪次联席会议上同意"),
        coerce=int,
        description=_l("只列出已召开的会议；会议开过而没有列出的，先在联席会议页登记召开情况。"),
    )


class MergeForm(Form):
    """The ticket that this one is joined into."""

    into = SelectField(_l("并入哪一件"), choices=[], validators=[required()])


class HandOverForm(ReasonForm):
    """移交: which duty, and to whom."""

    duty = RadioField(_l("移交什么"), choices=[], validators=[required()])
    to_id = SelectField(_l("接手的人员"), coerce=int, render_kw={"data-search": ""})


class ResolveForm(Form):
    """The result, in words and figures; outcome fields are added for each item."""

    result = RadioField(_l("办理结果"), choices=[], validators=[required()])
    resolution = words(_l("办理情况（企业会看到）"), rows=4)


class ActForm(NoteForm):
    """What was done for the enterprise, and under which power of the letter."""

    power = RadioField(_l("代办内容"), choices=[], validators=[required()])


FORMS: Mapping[str, type[Form]] = {
    "act": ActForm,
    "advance_stage": StageForm,
    "answer_support": AnswerForm,
    "approve_plan": ApprovePlanForm,
    "ask_resume": NoteForm,
    "ask_supplement_again": SupplementRequestForm,
    "ask_support": SupportForm,
    "assign": AssignForm,
    "call_back": NoteForm,
    "close_unreached": NoteForm,
    "close_verified": NoteForm,
    "contest": ObjectionForm,
    "decline": DeclineForm,
    "dispatch": DispatchForm,
    "follow_up": NoteForm,
    "hand_over": HandOverForm,
    "lift_false": ReasonForm,
    "mark_urgent": ReasonForm,
    "merge": MergeForm,
    "miss": NoteForm,
    "propose_plan": PlanForm,
    "reach_milestone": NoteForm,
    "refuse_call": NoteForm,
    "refuse_extension": ReasonForm,
    "refuse_plan": ReasonForm,
    "refuse_supplement": ReasonForm,
    "reopen": ReasonForm,
    "request_extension": ExtensionForm,
    "request_supplement": SupplementRequestForm,
    "resolve": ResolveForm,
    "resume": NoteForm,
    "return": ObjectionForm,
    "rework": ReasonForm,
    "settle": VerdictForm,
    "supplement": SupplementForm,
    "suspend": ReasonForm,
    "terminate": DeclineForm,
    "unmark_urgent": ReasonForm,
    "withdraw_support": WithdrawSupportForm,
}
WITH_FILES = frozenset(
    {"request_supplement", "supplement", "resolve", "act", "answer_support", "advance_stage",
     "reach_milestone"}
)  # fmt: skip
ELSEWHERE = frozenset(
    {"split", "resolve_with_problem", "abandon"}
)  # pages of their own, or a job's
Choices = Sequence[tuple[Any, str]]


def step_form(
    name: str, data: Any, choices: Mapping[str, Choices], outcomes: Sequence[MetricLabel] = ()
) -> Form:
    """Return the form of one step; ``choices`` are those of its fields, by their names."""
    kind = FORMS.get(name, PlainForm)
    if name == "resolve":
        kind = type("ResolveItemForm", (kind,), {**_outcome_fields(outcomes)})
    form = kind(data, prefix=f"{name}-")
    for field, offered in {**_fixed(), **choices}.items():
        if field in form and isinstance(form[field], SelectField):
            chosen: Any = form[field]
            chosen.choices = list(offered)
    return form


def _fixed() -> dict[str, Choices]:
    """Return the choices that are the same for every ticket."""
    return {
        "power": [(code, _(label)) for code, label in POWERS.items()],
        "result": [(code, _(label)) for code, label in RESULTS.items()],
        "code": [("", ""), *((code, _(label)) for code, label in RETURN_REASONS.items())],
    }


def _outcome_fields(outcomes: Sequence[MetricLabel]) -> dict[str, Any]:
    return {
        f"{OUTCOME_PREFIX}{metric.code}": _outcome_field(metric)
        for metric in outcomes
        if metric.code not in COUNTED_BY_US
    }


def _outcome_field(metric: MetricLabel) -> Any:
    if metric.aggregation == "distinct_enterprise":
        return BooleanField(named(metric))
    label = f"{named(metric)}（{metric.unit}）"
    message = _l("请填写0以上的数。")
    checks = [Optional(), NumberRange(0, OUTCOME_MAX, message)]
    return DecimalField(label, places=3, validators=checks)


def inputs_of(form: Form) -> dict[str, Any]:
    """Return what a step's form says, as the actions take it; outcomes in thousandths."""
    inputs: dict[str, Any] = {}
    outcomes: dict[str, int] = {}
    for name, value in form.data.items():
        if name == "milestones":
            inputs[name] = [
                (one["name"], one["day"]) for one in value if one["name"] and one["day"]
            ]
        elif name.startswith(OUTCOME_PREFIX):
            outcomes[name.removeprefix(OUTCOME_PREFIX)] = int(Decimal(value or 0) * 1000)
        else:
            inputs[name] = value
    return {**inputs, "outcomes": outcomes} if outcomes else inputs
