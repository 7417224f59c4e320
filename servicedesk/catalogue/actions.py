"""Loading the catalogue: from our two files into a park's tables, as often as one likes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from servicedesk.catalogue.definition import KEYS, Definition, read
from servicedesk.catalogue.models import Category, ItemVersion, Metric, ServiceItem
from servicedesk.catalogue.spelling import search_text
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.actions import upsert_unit
from servicedesk.transaction import unit_of_work

DATA = Path(__file__).parent / "data"
Shipped = Mapping[str, Any]


@unit_of_work
def load(park_id: int) -> None:
    """Bring the park's units, categories, metrics and items to what the files say.

    What the files do not name stays as it is: tickets may refer to it. What an administrator has
    edited stays as well: from then on the item is the park's own.

    Raises:
        ValueError: an item is defined wrongly.
    """
    catalogue, forms = _file("catalogue.yaml"), _file("forms.yaml")
    for code, name in catalogue["units"].items():
        upsert_unit(park_id, code, name)
    for code, definition in catalogue["categories"].items():
        db.session.merge(Category(code=code, **definition))
    for code, definition in catalogue["metrics"].items():
        db.session.merge(_metric(code, definition))
    db.session.flush()
    keep_versions(park_id)
    for shipped in catalogue["items"]:
        put(park_id, definition_of(shipped, forms.get(shipped["code"], [])))


def _file(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return content


def _metric(code: str, definition: Shipped) -> Metric:
    return Metric(
        code=code,
        label=definition["label"],
        label_en=definition["label_en"],
        unit=definition["unit"],
        aggregation=definition["agg"],
        approximate=definition["approx"],
    )


def definition_of(shipped: Shipped, form: list[Any]) -> Definition:
    """Translate the file's words; what is sensitive is kept confidential, too.

    Raises:
        ValueError: the item is defined wrongly; the message names it and the first fault.
    """
    given = {
        "code": shipped["code"],
        "category_code": shipped["cat"],
        "name": shipped["name"],
        "name_en": shipped["name_en"],
        "kind": shipped["kind"],
        "lead_unit": shipped["lead"],
        "partner_units": shipped.get("partners", []),
        "promised_days": shipped["promised_wd"],
        "statutory_days": shipped.get("statutory_wd"),
        "statutory_text": shipped["statutory"],
        "clock": shipped["clock"],
        "authorization": shipped["poa"],
        "aliases": shipped["aliases"],
        "materials": shipped["materials"],
        "outcomes": shipped["outcome"],
        "confidential": shipped.get("confidential", False) or "sensitive" in shipped,
        "common": shipped.get("common", False),
        "listed": shipped.get("listed", True),
        "ladder": shipped.get("ladder"),
        "fields": form,
    }
    definition, faults = read(given)
    if definition is None:
        raise ValueError(f"item {shipped['code']}, {faults[0].path}: {faults[0]}")
    return definition


@unit_of_work
def put(park_id: int, definition: Definition) -> ServiceItem:
    """Make an item what the installation says, as a new version if it differs.

    An item that an administrator has edited is left alone.
    """
    item = db.session.scalar(
        select(ServiceItem).where(
            ServiceItem.park_id == park_id, ServiceItem.code == definition.code
        )
    )
    if item is None:
        item = ServiceItem(park_id=park_id, code=definition.code, version=1, edited=False)
        db.session.add(item)
        _publish(item, definition)
    elif not item.edited and columns_of(item) != definition.to_dict():
        item.version += 1
        _publish(item, definition)
    return item


def _publish(item: ServiceItem, definition: Definition) -> None:
    write_columns(item, definition)
    db.session.flush()
    add_version(item, None)


def write_columns(item: ServiceItem, definition: Definition) -> None:
    """Write a definition, and what the item is found by, onto its row."""
    for column, value in definition.to_dict().items():
        setattr(item, column, value)
    item.search_text = search_text(definition)


def columns_of(item: ServiceItem) -> dict[str, Any]:
    """Return the columns of a row that make up its definition."""
    return {key: getattr(item, key) for key in KEYS}


def add_version(item: ServiceItem, user_id: int | None) -> None:
    """Keep what the row says now as its present version; the row must have its number."""
    version = ItemVersion(
        item_id=item.id, version=item.version, definition=columns_of(item),
        published_at=clock.now(), published_by_id=user_id,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()


@unit_of_work
def keep_versions(park_id: int) -> None:
    """Keep the present version of every item that has none yet: tickets were filed under it."""
    kept = (
        select(ItemVersion.id)
        .where(ItemVersion.item_id == ServiceItem.id, ItemVersion.version == ServiceItem.version)
        .exists()
    )
    query = select(ServiceItem).where(ServiceItem.park_id == park_id, ~kept)
    for item in db.session.scalars(query).all():
        add_version(item, None)
