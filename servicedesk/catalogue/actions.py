"""Loading the catalogue: from our two files into a park's tables, as often as one likes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pypinyin import Style, lazy_pinyin
from sqlalchemy import select

from servicedesk.catalogue.fields import fields_from
from servicedesk.catalogue.models import Category, Metric, ServiceItem
from servicedesk.core.textsearch import normalise
from servicedesk.extensions import db
from servicedesk.organisation.actions import upsert_unit
from servicedesk.transaction import unit_of_work

DATA = Path(__file__).parent / "data"
Definition = Mapping[str, Any]


@unit_of_work
def load(park_id: int) -> None:
    """Bring the park's units, categories, metrics and items to what the files say.

    What the files do not name stays as it is: tickets may refer to it.

    Raises:
        ValueError: a form field is defined wrongly.
    """
    catalogue, forms = _read("catalogue.yaml"), _read("forms.yaml")
    for code, name in catalogue["units"].items():
        upsert_unit(park_id, code, name)
    for code, definition in catalogue["categories"].items():
        db.session.merge(Category(code=code, **definition))
    for code, definition in catalogue["metrics"].items():
        db.session.merge(_metric(code, definition))
    db.session.flush()
    for definition in catalogue["items"]:
        _upsert_item(park_id, definition, forms.get(definition["code"], []))


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return content


def _metric(code: str, definition: Definition) -> Metric:
    return Metric(
        code=code,
        label=definition["label"],
        label_en=definition["label_en"],
        unit=definition["unit"],
        aggregation=definition["agg"],
        approximate=definition["approx"],
    )


def _upsert_item(park_id: int, definition: Definition, form: list[Any]) -> None:
    code: str = definition["code"]
    fields_from(code, form)  # a wrong definition must not reach the table
    item = db.session.scalar(
        select(ServiceItem).where(ServiceItem.park_id == park_id, ServiceItem.code == code)
    )
    if item is None:
        item = ServiceItem(park_id=park_id, code=code)
        db.session.add(item)
    for column, value in _columns(definition).items():
        setattr(item, column, value)
    item.fields = form


def _columns(definition: Definition) -> dict[str, Any]:
    """Translate the file's words into columns; what is sensitive is kept confidential, too."""
    return {
        "category_code": definition["cat"],
        "name": definition["name"],
        "name_en": definition["name_en"],
        "kind": definition["kind"],
        "lead_unit": definition["lead"],
        "partner_units": definition.get("partners", []),
        "promised_days": definition["promised_wd"],
        "statutory_days": definition.get("statutory_wd"),
        "statutory_text": definition["statutory"],
        "clock": definition["clock"],
        "authorization": definition["poa"],
        "aliases": definition["aliases"],
        "materials": definition["materials"],
        "outcomes": definition["outcome"],
        "confidential": definition.get("confidential", False) or "sensitive" in definition,
        "common": definition.get("common", False),
        "search_text": " ".join(_search_words(definition)),
    }


def _search_words(definition: Definition) -> Iterator[str]:
    """Yield what an item is found by: its names, then initials and full pinyin of each."""
    names = [definition["name"], *definition["aliases"]]
    yield from map(normalise, names)
    yield normalise(definition["name_en"])
    for style in (Style.FIRST_LETTER, Style.NORMAL):
        for name in names:
            yield "".join(lazy_pinyin(name, style=style, errors="ignore"))
