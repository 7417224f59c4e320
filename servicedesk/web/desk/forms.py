"""The form of each step of the workflow, and of filing on behalf."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.catalogue.models import Metric
from servicedesk.core.authorization import POWERS
from servicedesk.tickets.actions import CHANNELS, DESCRIPTION_MAX
from servicedesk.tickets.effects import EXTENSION_MAX_DAYS, RESULTS
from servicedesk.web.forms import at_most, phone_field, required, tidy
from servicedesk.web.showing import named

OUTCOME_PREFIX = "outcome_"
COUNTED_BY_US = frozenset({"served", "visited", "solved", "class_solved"})
OUTCOME_MAX = 1_000_000_000
OWN_CHANNELS = frozenset({"portal", "project"})  # the portal and the product open these


def _words(label: str, *, needed: bool = True, rows: int = 3) -> TextAreaField:
    checks = [required() if needed else Optional(), at_most(DESCRIPTION_MAX)]
    return TextAreaField(label, filters=[tidy], validators=checks, render_kw={"rows": rows})


class PlainForm(Form):
    """A step that needs no words."""


class ReasonForm(Form):
    """A step that needs a reason."""

    reason = _words(_l("理由"))


class NoteForm(Form):
    """A step that needs a note."""

    note = _words(_l("情况说明"))


class DeclineForm(ReasonForm):
    """不予受理 says at once why, and where to go."""

    where_to_go = _words(_l("应到哪里办理"), rows=2)


class DispatchForm(Form):
    """The unit, the suggested one first."""

    unit_id = SelectField(_l("承办单位"), coerce=int, render_kw={"data-search": ""})
    note = _words(_l("派单说明（选填）"), needed=False, rows=2)


class AssignForm(Form):
    """The person in the unit."""

    assignee_id = SelectField(_l("承办人"), coerce=int)


class SupplementRequestForm(Form):
    """一次性告知: everything that is missing, at once."""

    request = _words(_l("需要补正的全部内容（一次说清）"), rows=4)


class SupplementForm(Form):
    """The answer, taken down for the enterprise."""

    answer = _words(_l("补正内容"))


class ExtensionForm(ReasonForm):
    """More time, asked before the due time."""

    days = IntegerField(
        _l("延长工作日数"),
        validators=[required(), NumberRange(1, EXTENSION_MAX_DAYS, _l("请填写1至20。"))],
    )


class ResolveForm(Form):
    """The result, in words and figures; outcome fields are added for each item."""

    result = RadioField(_l("办理结果"), choices=[], validators=[required()])
    resolution = _words(_l("办理情况（企业会看到）"), rows=4)


class ActForm(NoteForm):
    """What was done for the enterprise, and under which power of the letter."""

    power = RadioField(_l("代办内容"), choices=[], validators=[required()])


FORMS: Mapping[str, type[Form]] = {
    "act": ActForm,
    "ask_resume": NoteForm,
    "suspend": ReasonForm,
    "resume": NoteForm,
    "terminate": DeclineForm,
    "decline": DeclineForm,
    "dispatch": DispatchForm,
    "return": ReasonForm,
    "assign": AssignForm,
    "request_supplement": SupplementRequestForm,
    "supplement": SupplementForm,
    "request_extension": ExtensionForm,
    "refuse_extension": ReasonForm,
    "resolve": ResolveForm,
    "follow_up": NoteForm,
    "miss": NoteForm,
    "close_unreached": NoteForm,
    "rework": ReasonForm,
    "close_verified": NoteForm,
}
WITH_FILES = frozenset({"request_supplement", "supplement", "resolve", "act"})


def step_form(
    name: str,
    data: Any,
    *,
    units: Sequence[tuple[int, str]] = (),
    people: Sequence[tuple[int, str]] = (),
    outcomes: Sequence[Metric] = (),
) -> Form:
    """Return the form of one step, with its choices filled in."""
    kind = FORMS.get(name, PlainForm)
    if name == "resolve":
        kind = type("ResolveItemForm", (kind,), {**_outcome_fields(outcomes)})
    form = kind(data, prefix=f"{name}-")
    if isinstance(form, DispatchForm):
        form.unit_id.choices = list(units)
    if isinstance(form, ActForm):
        form.power.choices = [(code, _(label)) for code, label in POWERS.items()]
    if isinstance(form, AssignForm):
        form.assignee_id.choices = list(people)
    if isinstance(form, ResolveForm):
        form.result.choices = [(code, _(label)) for code, label in RESULTS.items()]
    return form


def _outcome_fields(outcomes: Sequence[Metric]) -> dict[str, Any]:
    return {
        f"{OUTCOME_PREFIX}{metric.code}": _outcome_field(metric)
        for metric in outcomes
        if metric.code not in COUNTED_BY_US
    }


def _outcome_field(metric: Metric) -> Any:
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
        if name.startswith(OUTCOME_PREFIX):
            outcomes[name.removeprefix(OUTCOME_PREFIX)] = int(Decimal(value or 0) * 1000)
        else:
            inputs[name] = value
    return {**inputs, "outcomes": outcomes} if outcomes else inputs


class OnBehalfForm(Form):
    """代录: what the desk takes down for an enterprise, with the visit where there was one."""

    channel = RadioField(_l("来源渠道"), choices=[], default="phone", validators=[required()])
    title = StringField(_l("标题"), filters=[tidy], validators=[required(), at_most(80)])
    description = _words(_l("事情经过和诉求"), rows=4)
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    visited_on = DateField(_l("上门日期"), validators=[Optional()])
    place = StringField(_l("上门地点"), filters=[tidy], validators=[Optional(), at_most(100)])
    met = StringField(_l("见到何人"), filters=[tidy], validators=[Optional(), at_most(40)])

    def fill(self) -> None:
        """Offer the channels by which a person reaches the desk."""
        self.channel.choices = [
            (code, _(label)) for code, label in CHANNELS.items() if code not in OWN_CHANNELS
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field; a visit has a day, a place and a person."""
        fine = super().validate(extra_validators)
        if self.channel.data != "visit":
            return fine
        for part in (self.visited_on, self.place, self.met):
            if not part.data:
                part.errors = [*part.errors, _("上门服务须填写日期、地点和见到何人。")]
                fine = False
        return fine


class EnterpriseForm(Form):
    """Opening an enterprise's file at the desk."""

    name = StringField(_l("企业名称"), filters=[tidy], validators=[required(), at_most(100)])
    credit_code = StringField(
        _l("统一社会信用代码（筹建中可不填）"), filters=[tidy], validators=[at_most(30)]
    )
    confirm_code = BooleanField(_l("校验位不符时：已见营业执照原件，代码无误"))
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    address = StringField(_l("园区内地址"), filters=[tidy], validators=[at_most(200)])
