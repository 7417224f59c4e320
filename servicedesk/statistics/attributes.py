"""What facts are called and sorted by (口径属性): the category of an item, the industry of an enterprise …

Looked up when figures are cut, never stored with a fact: whoever corrects an enterprise's file or
moves an item to another category sees it in all figures at once.
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
from servicedesk.unchanged import while_unchanged

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


@while_unchanged
def attribute(park_id: int, name: str) -> Attribute:
    """Return an attribute as it is now.

    Raises:
        KeyError: there is none of that name.
    """
    column, query, park = _SOURCES[name]
    rows = db.session.execute(query.where(park == park_id).order_by("id"))
    values: dict[int, Key] = dict(tuple(row) for row in rows)
    return Attribute(column, values, hash(tuple(values.items())))
