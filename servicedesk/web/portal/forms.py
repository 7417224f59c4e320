"""Forms of the portal: filing a request, the steps of a ticket, a message."""

import functools
from typing import Any, cast

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import (
    Form,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.i18n import get_translations
from wtforms.validators import Optional

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of
from servicedesk.tickets.actions import DESCRIPTION_MAX, URGENCIES
from servicedesk.web.forms import at_most, form_class, phone_field, required, tidy
from servicedesk.web.portal.words import _
from servicedesk.web.showing import BAD_REASONS, RATING_NAMES

TEXT_MAX = 2000
REASON_MAX = 500


@functools.cache
def _translations(language: str) -> Any:
    return get_translations([language])


def tidy_lines(value: str | None) -> str:
    """Tidy a text of several lines, as browsers send them, so that a line end counts once."""
    return tidy(value).replace("\r\n", "\n")


class BaseForm(Form):
    """A form whose built-in messages are in the person's language, too."""

    class Meta:
        """What WTForms asks about the form."""

        def get_translations(self, form: Form) -> Any:
            """Return WTForms' own messages."""
            return _translations(str(get_locale()))


def _text(label: Any, rows: int, longest: int, *checks: Any, **more: Any) -> TextAreaField:
    return TextAreaField(
        label, filters=[tidy_lines], validators=[*checks, at_most(longest)],
        render_kw={"rows": rows}, **more,
    )  # fmt: skip


def urgency_field() -> RadioField:
    """Return the question whether a request is urgent (紧急件), and what that means."""
    return RadioField(
        _l("是否紧急"),
        choices=[],
        default="",
        validators=[Optional()],
        description=_l(
            "紧急件两小时内联系您（夜间和休息日也一样），一个工作日内处置，直接报分管领导；"
            "只用于正在危及安全或已停产停工，核实不属实的会转为普通件并记录在案。"
        ),
    )


def offer_urgencies(field: RadioField) -> None:
    """Offer the reasons for which a request can be urgent, in the person's language."""
    reasons = [(code, _(name)) for code, name in URGENCIES.items()]
    field.choices = [("", _("不紧急，按承诺时限办理")), *reasons]


class FilingForm(BaseForm):
    """What every request has; the item's own questions are added to it."""

    key = HiddenField(filters=[tidy], validators=[at_most(100)])
    enterprise = SelectField(_l("以哪家企业的名义申请"), coerce=int, validators=[required()])
    title = StringField(
        _l("标题"),
        filters=[tidy],
        validators=[required(), at_most(80)],
        description=_l("一句话说明要办什么，可以直接用事项名称"),
    )
    description = _text(
        _l("具体情况"), 6, DESCRIPTION_MAX, required(),
        description=_l("说清要办的事、遇到的困难、希望什么时候办好；不用写身份证号等个人信息"),
    )  # fmt: skip
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    urgent = urgency_field()

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        offer_urgencies(self.urgent)


def filing_class(item: ServiceItem) -> type[FilingForm]:
    """Return the form of one item."""
    return cast(type[FilingForm], form_class(fields_of(item), FilingForm))


def _version(value: Any) -> str:
    """Keep a version that can be one; anything else matches no ticket."""
    text = str(value or "")
    return text if text.isascii() and text.isdigit() and len(text) < 10 else ""


class StepForm(BaseForm):
    """One step on a ticket; ``seen`` is the version that the page showed."""

    step = ""
    seen = HiddenField(filters=[_version])

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        for one in self:  # several forms stand on one page, so every id begins with the step
            one.id = f"{self.step}-{one.short_name}"
            one.label.field_id = one.id


class SupplementForm(StepForm):
    """The answer to 补正."""

    step = "supplement"
    answer = _text(_l("补充说明"), 4, TEXT_MAX, required())


class ConfirmForm(StepForm):
    """The enterprise's word that it is done."""

    step = "confirm"


class DisputeForm(StepForm):
    """It is not done."""

    step = "dispute"
    reason = _text(_l("还有什么没有解决"), 3, REASON_MAX, required())


class RateForm(StepForm):
    """好差评: five levels, and the reasons of a bad one."""

    step = "rate"
    level = RadioField(_l("您对本次服务满意吗"), coerce=int, validators=[required()])
    reasons = SelectMultipleField(_l("哪里做得不好（至少选一项）"))
    comment = _text(_l("还想说的（选填）"), 3, REASON_MAX, Optional())

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        self.level.choices = [(level, _(name)) for level, name in RATING_NAMES.items()]
        self.reasons.choices = [(reason, _(name)) for reason, name in BAD_REASONS.items()]


class WithdrawForm(StepForm):
    """The enterprise takes its request back."""

    step = "withdraw"
    reason = _text(_l("撤回的原因"), 2, REASON_MAX, required())


class AskResumeForm(StepForm):
    """要求续办: the enterprise wants a suspended matter to go on."""

    step = "ask_resume"
    note = _text(_l("要说的话（如材料已备齐、情况已变化）"), 3, REASON_MAX, required())


class UrgeForm(StepForm):
    """催办: please go on, once a working day."""

    step = "urge"
    note = _text(_l("想说的话（选填）"), 2, REASON_MAX, Optional())


class TakeUpForm(StepForm):
    """一键恢复办理 of a matter that was ended because nobody answered."""

    step = "take_up"
    note = _text(_l("补充说明（选填）"), 2, REASON_MAX, Optional())


class ReopenForm(StepForm):
    """A closed matter that has come up again."""

    step = "reopen"
    reason = _text(_l("哪里又出了问题"), 3, REASON_MAX, required())


class MessageForm(StepForm):
    """A message to the desk or the unit."""

    step = "message"
    body = _text(_l("留言"), 3, TEXT_MAX, Optional())


STEP_FORMS: dict[str, type[StepForm]] = {
    form.step: form
    for form in (
        SupplementForm,
        ConfirmForm,
        DisputeForm,
        RateForm,
        WithdrawForm,
        AskResumeForm,
        UrgeForm,
        TakeUpForm,
        ReopenForm,
    )
}
