"""What all forms share: our base, bounded fields, safe inputs, and forms made from a catalogue item."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import phonenumbers
from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.routing import IntegerConverter
from wtforms import (
    DateField,
    DecimalField,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms import Field as FormField
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from servicedesk.catalogue.fields import Field, FieldType, questions_of
from servicedesk.core.questions import Condition, Question, asked
from servicedesk.core.tallies import NONE

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
REQUIRED = _l("此项必须填写。")


def tidy(value: str | None) -> str:
    """Trim a text and take out characters that nobody sees."""
    return _CONTROL.sub("", value or "").strip()


class Filled(InputRequired):
    """Something must be written, and blanks are nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        super().__call__(form, field)
        if field.data in (None, ""):
            raise StopValidation(REQUIRED)


def required() -> Filled:
    """Return the validator of a field that must not be empty."""
    return Filled(REQUIRED)


def at_most(length: int) -> Length:
    """Return the validator of a text that has at most ``length`` characters."""
    return Length(max=length, message=_l("最多%(max)d个字。"))


def valid_phone(form: Form, field: FormField) -> None:
    """Accept Chinese mobile and fixed numbers, written as people write them."""
    try:
        number = phonenumbers.parse(field.data or "", "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("请填写有效的电话号码，例如 13800138000 或 0745-2345678。"))


def phone_field(label: Any) -> TelField:
    """Return a telephone field that checks the number."""
    return TelField(label, filters=[tidy], validators=[required(), at_most(30), valid_phone])


class Asking(Form):
    """A form whose questions may depend on others: what is not asked is neither checked nor kept."""

    _questions: Sequence[Question] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, condition in self._questions:
            field: Any = self[name]
            field.when = when_of(condition)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check what is asked; answers to what is not asked are dropped once all is well."""
        super().validate(extra_validators)
        asked_for = asked(self._questions, self.data)
        passed_over = [self[name] for name, _when in self._questions if name not in asked_for]
        for field in passed_over:
            field.errors = ()
        if self.errors:
            return False
        for field in passed_over:
            field.data = None
        return True


def when_of(condition: Condition | None) -> str:
    """Write a condition as ``data-when`` takes it; empty where there is none."""
    return f"{condition.field}={'|'.join(condition.equals)}" if condition else ""


def form_class(fields: Sequence[Field], base: type[Form]) -> type[Form]:
    """Return ``base`` with one input for each of the item's fields, in their order."""
    made = {field.name: _input(field) for field in fields}
    return type("ItemForm", (Asking, base), {**made, "_questions": questions_of(fields)})


def _input(field: Field) -> Any:
    label = localised(field, "label")
    checks: list[Any] = [required() if field.required else Optional()]
    hint = localised(field, "help")
    return _MAKERS[field.type](field, label, checks, hint)


def localised(thing: Any, name: str) -> str:
    """Return ``name`` or ``name_en`` of a catalogue thing in the person's language, if it has one."""
    chinese = str(getattr(thing, name) or "")
    return chinese if str(get_locale()) == "zh" else str(getattr(thing, f"{name}_en") or chinese)


def _text(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    checks.append(at_most(field.max_length or 200))
    kind = TextAreaField if field.type is FieldType.TEXTAREA else StringField
    return kind(label, filters=[tidy], validators=checks, description=hint)


def _phone(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    return TelField(label, filters=[tidy], validators=[*checks, valid_phone], description=hint)


def _range(field: Field) -> NumberRange:
    message = _("请填写%(min)s至%(max)s之间的数。", min=field.min, max=field.max)
    return NumberRange(field.min, field.max, message)


def _number(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    unit = f"（{field.unit}）" if field.unit else ""
    return IntegerField(label + unit, validators=[*checks, _range(field)], description=hint)


def _money(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    return DecimalField(
        f"{label}（{field.unit}）", places=2, validators=[*checks, _range(field)], description=hint
    )


def _date(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    return DateField(label, validators=checks, description=hint)


def _options(field: Field) -> list[tuple[str, str]]:
    return [(option.value, localised(option, "label")) for option in field.options]


def _choice(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    choices = [("", _("请选择")), *_options(field)]
    return SelectField(label, choices=choices, validators=checks, description=hint)


def _choices(field: Field, label: str, checks: list[Any], hint: str) -> Any:
    return SelectMultipleField(label, choices=_options(field), validators=checks, description=hint)


_MAKERS: dict[FieldType, Callable[[Field, str, list[Any], str], Any]] = {
    FieldType.TEXT: _text,
    FieldType.TEXTAREA: _text,
    FieldType.PHONE: _phone,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
}


def plain(value: Any) -> Any:
    """Return a form value as JSON can keep it."""
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


ROW_MAX = 2**31 - 1
ADDRESS_MAX = 2000  # characters; no list has so many fields


class RowNumber(IntegerConverter):
    """A row number in an address: what no database can hold is not found."""

    def __init__(self, map_: Any) -> None:
        super().__init__(map_, max=ROW_MAX)


def address_words() -> str:
    """Return what this request's address narrows its page to, in plain words, for the audit trail."""
    asked = [(key, value) for key, value in request.args.items(multi=True) if value]
    return "&".join(f"{key}={value}" for key, value in asked)[:ADDRESS_MAX]


def number_of(name: str) -> int | None:
    """Return a row number from the address's query; what is none is as if it were not there."""
    return number_in(request.args.get(name, ""))


def number_in(text: str) -> int | None:
    """Return the row number that ``text`` is, or nothing."""
    fits = text.isascii() and text.isdigit() and len(text) < 11
    return int(text) if fits and int(text) <= ROW_MAX else None


def person_in(text: str) -> int | None:
    """Return the account that ``text`` names; ``core.tallies.NONE`` is nobody yet."""
    return NONE if text == str(NONE) else number_in(text)


def with_number(value: Any) -> int:
    """Return the version that a form showed, or -1, which never matches."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
