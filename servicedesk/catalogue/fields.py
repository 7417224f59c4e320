"""The form fields of a service item (表单字段): read from their definition, checked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from re import fullmatch
from typing import Any, Self

COMMON_FIELDS = frozenset({"title", "description", "contact", "phone"})  # every form has these
TEXT_LENGTH = {"text": 200, "textarea": 2000, "phone": 20}
LARGEST_NUMBER = 10_000_000


class FieldType(StrEnum):
    """What a field holds, and so which widget shows it."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    PHONE = "phone"


_NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY})
_CHOICES = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_TEXTS = frozenset({FieldType.TEXT, FieldType.TEXTAREA, FieldType.PHONE})


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that a choice offers."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. Every input is bounded: limits left out get a default."""

    name: str
    label: str
    label_en: str
    type: FieldType
    required: bool = False
    help: str = ""
    help_en: str = ""
    options: tuple[Option, ...] = ()
    unit: str = ""
    min: int | None = None
    max: int | None = None
    max_length: int | None = None

    @classmethod
    def from_definition(cls, item_code: str, definition: Mapping[str, Any]) -> Self:
        """Build a field from its definition.

        Raises:
            ValueError: the definition is wrong; the message names item and field.
        """
        try:
            return cls(**_checked(definition))
        except (TypeError, ValueError) as error:
            name = definition.get("name", "?")
            raise ValueError(f"item {item_code}, field {name}: {error}") from error


def fields_from(item_code: str, definitions: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Build all fields of an item's form.

    Raises:
        ValueError: a definition is wrong or a name stands twice.
    """
    fields: dict[str, Field] = {}
    for definition in definitions:
        field = Field.from_definition(item_code, definition)
        if field.name in fields:
            raise ValueError(f"item {item_code}, field {field.name}: the name stands twice")
        fields[field.name] = field
    return tuple(fields.values())


def _checked(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``Field``; the first rule that is broken raises."""
    kind = FieldType(definition.get("type", ""))
    given = {**definition, "type": kind}
    _check_names(given)
    _check_belongings(kind, given)
    if kind in _CHOICES:
        given["options"] = _options(given.get("options"))
    if kind in _TEXTS:
        given["max_length"] = _positive(given.get("max_length", TEXT_LENGTH[kind]))
    if kind in _NUMBERS:
        given["min"], given["max"] = _range(given)
    return given


def _check_names(given: Mapping[str, Any]) -> None:
    name = _text(given, "name")
    if not fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise ValueError("the name must be snake_case ASCII")
    if name in COMMON_FIELDS:
        raise ValueError("every form already has this field")
    _text(given, "label")
    _text(given, "label_en")
    if not isinstance(given.get("required", False), bool):
        raise ValueError("required must be true or false")
    if ("help" in given) != ("help_en" in given):
        raise ValueError("help and help_en go together")
    for key in ("help", "help_en", "unit"):
        if key in given:
            _text(given, key)


def _check_belongings(kind: FieldType, given: Mapping[str, Any]) -> None:
    """Refuse what another type of field has."""
    owners = {
        "options": _CHOICES,
        "unit": _NUMBERS,
        "min": _NUMBERS,
        "max": _NUMBERS,
        "max_length": _TEXTS,
    }
    for key, kinds in owners.items():
        if key in given and kind not in kinds:
            raise ValueError(f"a {kind} has no {key}")
    if kind is FieldType.MONEY and "unit" not in given:
        raise ValueError("money needs a unit")


def _options(definitions: object) -> tuple[Option, ...]:
    if not isinstance(definitions, list) or not definitions:
        raise ValueError("a choice needs options")
    options = tuple(_option(definition) for definition in definitions)
    if len({option.value for option in options}) < len(options):
        raise ValueError("an option stands twice")
    return options


def _option(definition: object) -> Option:
    if not isinstance(definition, Mapping):
        raise ValueError("an option is a mapping")
    for key in ("value", "label", "label_en"):
        _text(definition, key)
    return Option(**definition)


def _range(given: Mapping[str, Any]) -> tuple[int, int]:
    low, high = _integer(given.get("min", 0)), _integer(given.get("max", LARGEST_NUMBER))
    if low > high:
        raise ValueError("min is above max")
    return low, high


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _positive(value: object) -> int:
    number = _integer(value)
    if number < 1:
        raise ValueError(f"{value!r} is not a positive number")
    return number
