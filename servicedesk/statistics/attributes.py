"""What facts are called and sorted by (口径属性): the category of an item, the industry of an enterprise …

Looked up when figures are cut, never stored with a fact: whoever corrects an enterprise's file or
moves an item to another category sees it in all figures at once. Enterprises are many: theirs are read
again only when there are more of them, or one has another version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.tallies import Column, told_apart
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.statistics.store import Rows
from servicedesk.transaction import remembered

Key = str | None
_SOURCES: Mapping[str, tuple[str, Select[Any], Any]] = {
    name: (column, select(model.id, value), model.park_id)
    for name, column, model, value in (
        ("category", "item_id", ServiceItem, ServiceItem.category_code),
        ("item", "item_id", ServiceItem, ServiceItem.code),
        ("unit", "unit_id", Unit, Unit.code),
        ("industry", "firm", Enterprise, func.substr(Enterprise.industry_code, 1, 1)),
        ("scale", "firm", Enterprise, Enterprise.scale),
        ("area", "firm", Enterprise, Enterprise.area),
    )
}
ATTRIBUTES = frozenset(_SOURCES)
_kept = remembered()


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value for each thing that a column refers to; ``digest`` changes when any of them does."""

    column: str
    values: Mapping[int, Key]
    digest: int

    def of(self, rows: Rows, firms: Column) -> tuple[Sequence[Key], Column]:
        """Return the different values, and the place of each row's value among them."""
        if self.column == "firm":
            things, references = firms, rows["firm"]
        else:
            things, references = told_apart(rows[self.column])
        values = [self.values.get(thing) for thing in things.tolist()]
        keys: list[Key] = [None, *dict.fromkeys(value for value in values if value is not None)]
        places = {key: place for place, key in enumerate(keys)}
        lookup = np.array([places[value] for value in values], dtype=np.int64)
        return keys, lookup[references] if len(lookup) else np.zeros(0, dtype=np.int64)


def attribute(park_id: int, name: str) -> Attribute:
    """Return an attribute as it is now, in one statement.

    Raises:
        KeyError: there is none of that name.
    """
    if _SOURCES[name][0] != "firm":
        return _read(park_id, name)
    state = _files(park_id)
    known, found = _kept.get((park_id, name), (None, None))
    if known != state:
        found = _read(park_id, name)
        _kept[park_id, name] = (state, found)
    kept: Attribute = found
    return kept


def _read(park_id: int, name: str) -> Attribute:
    column, query, park = _SOURCES[name]
    rows = db.session.execute(query.where(park == park_id).order_by("id"))
    values: dict[int, Key] = dict(tuple(row) for row in rows)
    return Attribute(column, values, hash(tuple(values.items())))


def _files(park_id: int) -> tuple[int, int]:
    """Return what is another with every change: how many files there are, and their versions' sum."""
    query = select(func.count(), func.coalesce(func.sum(Enterprise.version), 0))
    number, versions = db.session.execute(query.where(Enterprise.park_id == park_id)).one()
    return int(number), int(versions)
