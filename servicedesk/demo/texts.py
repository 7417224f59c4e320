"""The texts of the demo: chosen by chance, filled with the enterprise's details and the answers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from servicedesk.catalogue.fields import Field, FieldType
from servicedesk.demo.enterprises import Firm

DATA = Path(__file__).parent / "data"
_FILES = ("texts_a_d.yaml", "texts_e_g.yaml", "texts_h_j.yaml")
Texts = Mapping[str, Any]


@cache
def of_items() -> Mapping[str, Texts]:
    """Return the texts of every service item, by its code."""
    return {code: texts for name in _FILES for code, texts in _read(name).items()}


@cache
def phrases() -> Texts:
    """Return what is said along the way, whatever the item."""
    return _read("phrases.yaml")


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return content


def details(firm: Firm, chance: Random) -> dict[str, Any]:
    """Return what every text may name of an enterprise."""
    return {
        "short": firm.short,
        "name": firm.name,
        "product": firm.product,
        "place": firm.place,
        "n": chance.randint(2, 9),
    }


def fill(text: str, words: Mapping[str, Any]) -> str:
    """Put the words into the braces; a list is written with commas."""
    shown = {
        key: "、".join(map(str, value)) if isinstance(value, list) else value
        for key, value in words.items()
    }
    return text.format(**shown)


def answers(
    item: str, fields: Sequence[Field], words: Mapping[str, Any], day: date, chance: Random
) -> dict[str, Any]:
    """Answer the item's form: from its texts where they say how, else by the field's type."""
    known: Mapping[str, Any] = of_items()[item].get("answers", {})
    given: dict[str, Any] = {}
    for field in fields:
        if field.name in known:
            given[field.name] = _chosen(known[field.name], words, day, chance)
        elif field.options:
            given[field.name] = _option(field, chance)
        elif field.required:
            raise KeyError(f"{item}: no answer for {field.name}")
    return given


def _chosen(source: Any, words: Mapping[str, Any], day: date, chance: Random) -> Any:
    if isinstance(source, str):
        return number(source, {}, chance)
    value = chance.choice(source)
    if not isinstance(value, str):
        return value
    if value[0] in "+-" and value[1:].isdigit():
        return (day + timedelta(days=int(value))).isoformat()
    return fill(value, words)


def _option(field: Field, chance: Random) -> Any:
    values = [option.value for option in field.options if option.value not in ("不清楚", "其他")]
    if field.type is FieldType.CHOICE:
        return chance.choice(values)
    few = chance.sample(values, k=min(len(values), chance.choice((1, 1, 2))))
    return sorted(few, key=values.index)


def number(source: Any, words: Mapping[str, Any], chance: Random) -> Any:
    """Read a figure: ``3``, ``4..12`` or ``=amount*0.8`` of the answers."""
    if not isinstance(source, str):
        return source
    if source.startswith("="):
        name, _, share = source[1:].partition("*")
        return round(float(words[name]) * float(share or 1), 2)
    low, _, high = source.partition("..")
    return chance.randint(int(low), int(high))


def outcomes(item: str, words: Mapping[str, Any], chance: Random) -> dict[str, float]:
    """Return the usual outcome figures of the item, in the metrics' own units."""
    usual: Mapping[str, Any] = of_items()[item].get("outcomes", {})
    return {metric: number(source, words, chance) for metric, source in usual.items()}


def say(item: str, words: Mapping[str, Any], chance: Random) -> tuple[str, str]:
    """Return a title and a description."""
    title, description = chance.choice(of_items()[item]["say"])
    return fill(title, words), fill(description, words)


def phrase(name: str, chance: Random, item: str = "") -> str:
    """Return one of the phrases ``name``, the item's own where it has any."""
    own = of_items()[item].get(name) if item else None
    return str(chance.choice(own or phrases()[name]))
