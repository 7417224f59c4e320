"""Altering stored facts by hand, as nobody should."""

from typing import Any

import numpy as np
from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.statistics.fact_columns import FACT, Facts, pack, unpack
from servicedesk.statistics.fact_models import FactSegment
from servicedesk.transaction import writing


def facts(park_id: int) -> Facts:
    """Return all facts as they are stored."""
    rows = db.session.scalars(select(FactSegment).where(FactSegment.park_id == park_id))
    return np.concatenate([np.zeros(0, FACT), *(unpack(row.data) for row in rows)])


def fact(park_id: int, ticket_id: int) -> dict[str, Any]:
    """Return the stored fact of a ticket."""
    (found,) = [one for one in facts(park_id) if one["ticket_id"] == ticket_id]
    return dict(zip(FACT.names or (), found.item(), strict=True))


def alter(park_id: int, ticket_id: int, **columns: Any) -> None:
    """Write other values into the stored fact of a ticket."""
    for segment, found in _segments(park_id):
        mine = found["ticket_id"] == ticket_id
        if mine.any():
            for name, value in columns.items():
                found[name][mine] = value
            _put(segment, found)


def take_out(park_id: int, ticket_id: int) -> None:
    """Delete the stored fact of a ticket."""
    for segment, found in _segments(park_id):
        _put(segment, found[found["ticket_id"] != ticket_id])


def add(park_id: int, values: dict[str, Any]) -> None:
    """Store one more fact, in the last month."""
    segment, found = _segments(park_id)[-1]
    more = np.array([tuple(values.values())], dtype=FACT)
    _put(segment, np.concatenate([found, more]))


def _segments(park_id: int) -> list[tuple[FactSegment, Facts]]:
    rows = db.session.scalars(select(FactSegment).where(FactSegment.park_id == park_id))
    return [(row, unpack(row.data).copy()) for row in rows]


def _put(segment: FactSegment, found: Facts) -> None:
    key = (segment.park_id, segment.month)
    with writing():
        stored = db.session.get_one(FactSegment, key)
        stored.data, stored.digest = pack(found)
