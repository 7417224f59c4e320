"""The one form of a package: what several items ask is asked once and answers all of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from servicedesk.catalogue.fields import Field
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of
from servicedesk.core.questions import Condition

Target = tuple[str, str]
"""An item's code and the name of one of its fields."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the form and every field that its answer fills."""

    field: Field
    targets: tuple[Target, ...]


def questions(items: Sequence[ServiceItem], shared: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Return the questions of ``items``, in their order; ``shared`` names those asked once."""
    groups = {target: group for group in shared for target in map(_target, group["fields"])}
    by_item = {item.code: fields_of(item) for item in items}
    asked: dict[str, Question] = {}
    for code, fields in by_item.items():
        for field in fields:
            group = groups.get((code, field.name))
            name = str(group["name"]) if group else _own_name(code, field.name)
            asked[name] = (
                _together(asked.get(name), code, field, group) if group
                else Question(_renamed(code, field, groups), ((code, field.name),))
            )  # fmt: skip
    return list(asked.values())


def _target(text: str) -> Target:
    code, _dot, name = text.partition(".")
    return code, name


def _own_name(code: str, name: str) -> str:
    return f"{code.lower()}_{name}"[:40]


def _together(
    known: Question | None, code: str, field: Field, group: Mapping[str, Any]
) -> Question:
    """Ask once: needed as soon as one of the items needs it."""
    if known is not None:
        needed = known.field.required or field.required
        return Question(replace(known.field, required=needed), (*known.targets, (code, field.name)))
    asked = replace(
        field, name=str(group["name"]), label=str(group["label"]),
        label_en=str(group["label_en"]), help="", help_en="", when=None,
    )  # fmt: skip
    return Question(asked, ((code, field.name),))


def _renamed(code: str, field: Field, groups: Mapping[Target, Mapping[str, Any]]) -> Field:
    """Give a field a name of its own in the form; what it depends on keeps pointing right."""
    when = field.when
    if when is not None:
        group = groups.get((code, when.field))
        named = str(group["name"]) if group else _own_name(code, when.field)
        when = Condition(named, when.equals)
    return replace(field, name=_own_name(code, field.name), when=when)


def answers(
    asked: Sequence[Question], given: Mapping[str, Any], items: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return the answers of each item from those of the one form."""
    filled: dict[str, dict[str, Any]] = {code: {} for code in items}
    for question in asked:
        for code, name in question.targets:
            if code in filled:
                filled[code][name] = given.get(question.field.name)
    return filled
