"""The form fields of a service item (表单字段): read from their definition, checked once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from re import fullmatch
from typing import Any

from servicedesk.catalogue.reading import Fault, Reader
from servicedesk.core.questions import Condition, Question
from servicedesk.core.words import N_

COMMON_FIELDS = frozenset({"title", "description", "contact", "phone"})  # every form has these
RESERVED = COMMON_FIELDS | {
    "acting", "channel", "csrf_token", "data", "enterprise", "errors", "files", "fill", "key",
    "met", "meta", "name", "place", "populate_obj", "process", "seen", "step", "uploads",
    "visited_on",
}  # fmt: skip
RESERVED_BEGINNINGS = ("material", "validate")
TEXT_LENGTH = {"text": 200, "textarea": 2000, "phone": 20}
LARGEST_NUMBER = 10_000_000
FIELDS_MAX = 15
OPTIONS_MAX = 40
LABEL_MAX, HELP_MAX, VALUE_MAX, UNIT_MAX = 60, 200, 60, 10


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


TYPE_NAMES: Mapping[FieldType, str] = {
    FieldType.TEXT: N_("一行文字"),
    FieldType.TEXTAREA: N_("多行文字"),
    FieldType.NUMBER: N_("整数"),
    FieldType.MONEY: N_("金额"),
    FieldType.DATE: N_("日期"),
    FieldType.CHOICE: N_("单选"),
    FieldType.CHOICES: N_("多选"),
    FieldType.PHONE: N_("电话"),
}
NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY})
CHOICES = frozenset({FieldType.CHOICE, FieldType.CHOICES})
TEXTS = frozenset({FieldType.TEXT, FieldType.TEXTAREA, FieldType.PHONE})
_OWNERS = {
    "options": CHOICES,
    "unit": NUMBERS,
    "min": NUMBERS,
    "max": NUMBERS,
    "max_length": TEXTS,
}
_KEYS = (
    "name", "label", "label_en", "type", "required", "help", "help_en", *_OWNERS, "when",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that a choice offers."""

    value: str
    label: str
    label_en: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the definition that reads as this option."""
        english = {"label_en": self.label_en} if self.label_en else {}
        return {"value": self.value, "label": self.label, **english}


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
    when: Condition | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the shortest definition that reads as this field: defaults are left out."""
        bare = _with_limits(Field(self.name, self.label, "", self.type))
        given: dict[str, Any] = {"name": self.name, "label": self.label}
        if self.label_en:
            given["label_en"] = self.label_en
        given["type"] = self.type.value
        for key in ("required", "help", "help_en", "unit", "min", "max", "max_length"):
            if getattr(self, key) != getattr(bare, key):
                given[key] = getattr(self, key)
        if self.options:
            given["options"] = [option.to_dict() for option in self.options]
        if self.when is not None:
            given["when"] = when_to_dict(self.when)
        return given


def when_to_dict(when: Condition) -> dict[str, Any]:
    """Return the definition that reads as this condition."""
    return {"field": when.field, "equals": list(when.equals)}


def _with_limits(field: Field) -> Field:
    """Return the field with the limits that its type has by default where none is given."""
    if field.type in TEXTS and field.max_length is None:
        return replace(field, max_length=TEXT_LENGTH[field.type])
    if field.type in NUMBERS:
        low = 0 if field.min is None else field.min
        high = LARGEST_NUMBER if field.max is None else field.max
        return replace(field, min=low, max=high)
    return field


def fields_from(item_code: str, definitions: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Build all fields of a stored form; an old one may have names that are reserved since.

    Raises:
        ValueError: a definition is wrong; the message names item and field.
    """
    faults: list[Fault] = []
    reader = Reader({"fields": list(definitions)}, (), faults, ("fields",))
    fields = read_fields(reader, reserved=frozenset())
    for fault in faults:
        index = fault.path[1] if len(fault.path) > 1 else None
        name = definitions[index].get("name", "?") if isinstance(index, int) else "?"
        raise ValueError(f"item {item_code}, field {name}: {fault}")
    return fields


def questions_of(fields: Sequence[Field]) -> list[Question]:
    """Return the fields as the rules about conditions know them."""
    return [(field.name, field.when) for field in fields]


def read_fields(item: Reader, reserved: Collection[str] = RESERVED) -> tuple[Field, ...]:
    """Read the fields of an item; what is wrong is noted at ``item``."""
    found: dict[str, Field] = {}
    for reader in item.each("fields", FIELDS_MAX, _KEYS):
        field = _read_field(reader, tuple(found.values()), reserved)
        if field.name in found:
            reader.blame("name", N_("这个名称已用过。"))
        found[field.name] = field
    return tuple(found.values())


def _read_field(reader: Reader, earlier: Sequence[Field], reserved: Collection[str]) -> Field:
    kind = FieldType(reader.choice("type", list(FieldType)) or FieldType.TEXT)
    for key, kinds in _OWNERS.items():
        if reader.has(key) and kind not in kinds:
            reader.blame(key, N_("这种类型的字段没有这一项。"))
    field = Field(
        name=_name(reader, reserved),
        label=reader.text("label", LABEL_MAX),
        label_en=reader.text("label_en", LABEL_MAX * 2, needed=False),
        type=kind,
        required=reader.flag("required"),
        help=reader.text("help", HELP_MAX, needed=False),
        help_en=reader.text("help_en", HELP_MAX * 2, needed=False),
        options=_options(reader) if kind in CHOICES else (),
        unit=reader.text("unit", UNIT_MAX, needed=kind is FieldType.MONEY)
        if kind in NUMBERS
        else "",
        when=read_when(reader, earlier),
    )
    return _with_limits(_limited(reader, field))


def _name(reader: Reader, reserved: Collection[str]) -> str:
    name = reader.text("name", 40)
    if not name:
        return ""
    if not fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        reader.blame("name", N_("只能用小写字母、数字和下划线，以字母开头，最多40个字符。"))
    elif name in reserved or (reserved and name.startswith(RESERVED_BEGINNINGS)):
        reader.blame("name", N_("每张表单已有这个名称，请换一个。"))
    return name


def _limited(reader: Reader, field: Field) -> Field:
    """Return the field with the limits that its definition gives."""
    if field.type in TEXTS:
        longest = TEXT_LENGTH["textarea"] * 2
        return replace(field, max_length=reader.number("max_length", 1, longest, needed=False))
    if field.type not in NUMBERS:
        return field
    low = reader.number("min", -LARGEST_NUMBER, LARGEST_NUMBER, needed=False)
    high = reader.number("max", -LARGEST_NUMBER, LARGEST_NUMBER, needed=False)
    limited = _with_limits(replace(field, min=low, max=high))
    if (limited.min or 0) > (limited.max or 0):
        reader.blame("max", N_("最大值不能小于最小值。"))
    return limited


def _options(reader: Reader) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for part in reader.each("options", OPTIONS_MAX, ("value", "label", "label_en")):
        value = part.text("value", VALUE_MAX)
        if set(value) & set("|="):
            part.blame("value", N_("选项里不能有 | 和 = 。"))
        if value in found:
            part.blame("value", N_("重复了。"))
        label = part.text("label", LABEL_MAX)
        found[value] = Option(value, label, part.text("label_en", LABEL_MAX * 2, needed=False))
    if not found:
        reader.blame("options", N_("至少要有一个选项。"))
    return tuple(found.values())


def read_when(reader: Reader, fields: Sequence[Field]) -> Condition | None:
    """Read a condition on one of ``fields``, which stand earlier; ``None`` where there is none."""
    if not reader.has("when"):
        return None
    part = reader.part("when", ("field", "equals"))
    name = part.text("field", 40)
    equals = part.texts("equals", OPTIONS_MAX, VALUE_MAX)
    if not equals:
        part.blame("equals", N_("至少写一个答案。"))
    field = next((one for one in fields if one.name == name), None)
    if name and (field is None or field.type not in CHOICES):
        part.blame("field", N_("条件只能看排在前面的单选或多选字段。"))
    elif field is not None:
        unknown = [value for value in equals if value not in {one.value for one in field.options}]
        if unknown:
            part.blame(
                "equals",
                N_("“%(field)s”没有选项“%(value)s”。"),
                field=field.label,
                value=unknown[0],
            )
    return Condition(name, equals)
