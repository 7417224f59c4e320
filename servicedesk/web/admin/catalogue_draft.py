"""A service item in the editor (事项草稿): what stands in the inputs, right or wrong, and back again.

Everything typed survives: a draft is made of what the inputs said, and becomes a definition only by
being read. Rows are added, moved and removed here, so the editor needs no JavaScript.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pypinyin import lazy_pinyin
from werkzeug.datastructures import MultiDict

from servicedesk.catalogue.definition import DEFAULTS, KEYS
from servicedesk.catalogue.fields import (
    CHOICES,
    FIELDS_MAX,
    NUMBERS,
    RESERVED,
    RESERVED_BEGINNINGS,
    TEXTS,
    FieldType,
)
from servicedesk.catalogue.materials import MATERIALS_MAX
from servicedesk.catalogue.reading import Fault, Path
from servicedesk.web.forms import tidy

BEGINNING = "item-"
"""What the names of all inputs begin with, so that none is also the name of a form field."""
SEVERAL = ("partner_units", "outcomes")
FLAGS = ("common", "listed", "confidential")
FIELD_TEXTS = (
    "name", "label", "label_en", "type", "help", "help_en", "options", "unit", "min", "max",
    "max_length",
)  # fmt: skip
MATERIAL_TEXTS = ("name", "name_en", "kind", "held_by", "template")
_ROWS = {
    "fields": (FIELD_TEXTS, "required", FIELDS_MAX),
    "materials": (MATERIAL_TEXTS, "deferrable", MATERIALS_MAX),
}
_SEPARATORS = re.compile(r"[、，,；;\n]+")
LONGEST = 4000
Row = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """What the editor's inputs say; texts as typed, rows in their order.

    A row's ``when`` is a list of ``field=answer``.
    """

    texts: dict[str, str] = field(default_factory=dict)
    several: dict[str, list[str]] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    ladder: list[str] = field(default_factory=lambda: ["", "", ""])
    fields: list[Row] = field(default_factory=list)
    materials: list[Row] = field(default_factory=list)

    def definition(self) -> dict[str, Any]:
        """Return the draft as a definition to be read: numbers as numbers where they are."""
        given: dict[str, Any] = {key: _plain(key, text) for key, text in self.texts.items()}
        given["aliases"] = _split(self.texts.get("aliases", ""))
        given |= self.several | self.flags
        if any(self.ladder):
            given["ladder"] = [_number(day) for day in self.ladder]
        given["fields"] = [_field_of(row) for row in self.fields]
        given["materials"] = [_material_of(row) for row in self.materials]
        return {key: given[key] for key in KEYS if given.get(key) not in (None, "")}

    def change(self, what: str) -> str:
        """Add, move or remove a row as a button says; returns the row to go on at.

        ``fields-add``, ``materials-2-up``, ``fields-0-down``, ``fields-1-remove``.
        """
        match = re.fullmatch(r"(fields|materials)-(?:(add)|(\d+)-(up|down|remove))", what)
        if match is None:
            return ""
        name, add, number, how = match.groups()
        rows: list[Row] = getattr(self, name)
        if add:
            if len(rows) < _ROWS[name][2]:
                rows.append(empty_row(name))
            return f"{name}-{len(rows) - 1}"
        at = int(number)
        if at >= len(rows):
            return ""
        to = {"up": at - 1, "down": at + 1}.get(how, at)
        row = rows.pop(at)
        if how != "remove":
            to = min(max(to, 0), len(rows))
            rows.insert(to, row)
        return f"{name}-{min(to, max(len(rows) - 1, 0))}"


def empty_row(name: str) -> Row:
    """Return a row with nothing in it."""
    texts, flag, _most = _ROWS[name]
    row: Row = dict.fromkeys(texts, "") | {flag: False, "when": []}
    return row | {"type": "text"} if name == "fields" else row


def draft_of(definition: Mapping[str, Any]) -> Draft:
    """Return the inputs of an item that is there."""
    given = {**DEFAULTS, **definition}
    return Draft(
        texts={
            key: "、".join(value) if key == "aliases" else "" if value is None else str(value)
            for key, value in given.items()
            if key not in (*SEVERAL, *FLAGS, *_ROWS, "ladder")
        },
        several={key: list(given[key]) for key in SEVERAL},
        flags={key: bool(given[key]) for key in FLAGS},
        ladder=[str(day) for day in given["ladder"] or ("", "", "")],
        fields=[_row_of("fields", row) for row in given["fields"]],
        materials=[_row_of("materials", row) for row in given["materials"]],
    )


def _row_of(name: str, given: Mapping[str, Any]) -> Row:
    row = empty_row(name) | {
        key: value if isinstance(value, bool) else str(value)
        for key, value in given.items()
        if key not in ("options", "when")
    }
    when = given.get("when") or {"field": "", "equals": []}
    row["when"] = [f"{when['field']}={value}" for value in when["equals"]]
    if "options" in given:
        row["options"] = "\n".join(_line_of(option) for option in given["options"])
    return row


def _line_of(option: Mapping[str, str]) -> str:
    """Write an option as ``租赁 | Rented``; with its value before it where that differs."""
    english = option.get("label_en", "")
    if option["value"] != option["label"]:
        return f"{option['value']} | {option['label']} | {english}"
    return f"{option['label']} | {english}" if english else option["label"]


def draft_from(form: MultiDict[str, str]) -> Draft:
    """Return what the inputs of a form that was sent say."""

    def text(name: str) -> str:
        return tidy(form.get(BEGINNING + name, "")[:LONGEST]).replace("\r\n", "\n")

    draft = Draft(
        texts={key: text(key) for key in KEYS if key not in (*SEVERAL, *FLAGS, *_ROWS, "ladder")},
        several={key: form.getlist(BEGINNING + key)[:60] for key in SEVERAL},
        flags={key: text(key) == "1" for key in FLAGS},
        ladder=[text(f"ladder-{level}") for level in (1, 2, 3)],
    )
    for name, (keys, flag, most) in _ROWS.items():
        for index in range(most):
            beginning = f"{name}-{index}-"
            if BEGINNING + beginning + "name" not in form:
                break
            row: Row = {key: text(beginning + key) for key in keys}
            row[flag] = text(beginning + flag) == "1"
            row["when"] = form.getlist(BEGINNING + beginning + "when")[:60]
            getattr(draft, name).append(row)
    _name_fields(draft.fields)
    return draft


def _name_fields(rows: Iterable[Row]) -> None:
    """Give every labelled field without a name one that its label suggests, each a different one."""
    rows = list(rows)
    taken = {row["name"] for row in rows} | RESERVED
    for row in rows:
        if row["name"] or not row["label"]:
            continue
        plain = "_".join(lazy_pinyin(row["label"], errors="ignore"))[:30].strip("_")
        plain = re.sub(r"[^a-z0-9_]", "", plain)
        if not plain[:1].isalpha() or plain.startswith(RESERVED_BEGINNINGS):
            plain = f"f_{plain}".rstrip("_")
        number, name = 2, plain
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        row["name"] = name
        taken.add(name)


def _plain(key: str, text: str) -> Any:
    return _number(text) if key in ("promised_days", "statutory_days") else text


def _number(text: str) -> Any:
    """Return a whole number, or the text where it is none, so that reading can say so."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text or None


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip()))


def _condition(row: Row) -> dict[str, Any]:
    pairs = [pair.partition("=") for pair in row["when"]]
    if not pairs:
        return {}
    return {"when": {"field": pairs[0][0], "equals": [value for _name, _is, value in pairs]}}


def _field_of(row: Row) -> dict[str, Any]:
    """Return a row as a field; what its type does not have stays with the draft only."""
    kind = row["type"]
    given = {key: row[key] for key in ("name", "label", "label_en", "type", "help", "help_en")}
    if kind in CHOICES:
        given["options"] = _options(row["options"])
    if kind in NUMBERS:
        given |= {"unit": row["unit"], "min": _number(row["min"]), "max": _number(row["max"])}
    if kind in TEXTS:
        given["max_length"] = _number(row["max_length"])
    return {"required": row["required"], **given, **_condition(row)}


def _options(text: str) -> list[dict[str, str]]:
    """Read one option from each line: ``中文``, ``中文 | English`` or ``值 | 中文 | English``."""
    options = []
    for line in filter(str.strip, text.split("\n")):
        parts = [part.strip() for part in line.split("|", 2)]
        value, label = parts[0], parts[1] if len(parts) == 3 else parts[0]
        options.append({"value": value, "label": label, "label_en": parts[-1] if parts[1:] else ""})
    return options


def _material_of(row: Row) -> dict[str, Any]:
    given = {key: row[key] for key in MATERIAL_TEXTS}
    return {**given, "deferrable": row["deferrable"], **_condition(row)}


def input_of(path: Path) -> str:
    """Return the input that a place of the definition stands in: fields-0-options, aliases."""
    parts = [str(part) for part in path]
    if parts[:1] in (["fields"], ["materials"]):
        return "-".join(parts[:3])
    return parts[0] if parts else ""


def by_input(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """Return the faults under the inputs that they belong to."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(input_of(fault.path), []).append(fault)
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that a condition may look at: what the input sends, and what it is called."""

    value: str
    question: str
    label: str
    gone: bool = False


def answers_before(draft: Draft, index: int | None, row: Row) -> list[Answer]:
    """Return the answers of the choices before field ``index``; all of them for a material.

    Answers that the row's condition still names although they are gone come last.
    """
    rows = draft.fields if index is None else draft.fields[:index]
    found = [
        Answer(f"{one['name']}={option['value']}", one["label"], option["label"])
        for one in rows
        if one["type"] in (FieldType.CHOICE, FieldType.CHOICES) and one["name"]
        for option in _options(one["options"])
    ]
    known = {answer.value for answer in found}
    gone = [value for value in row["when"] if value not in known]
    return found + [Answer(value, "", value.partition("=")[2], gone=True) for value in gone]
