"""Counting the parts of figures from columns (统计口径的计数): what is added, what is distinct, what is ranked.

A fact (统计事实) is what the figures need of one ticket; here facts are columns of equal length, by
name. Every part of a figure is one expression over them, so a total, a breakdown and the tickets
behind a number are the same definition. No database and no park is known here.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servicedesk.core.workflow import BAD_RATING

Column = NDArray[Any]
Rows = Mapping[str, Column]
Part = Callable[[Rows, int], Column]
"""The rows that count, or what each of them adds; the number is now, in seconds since 1970 UTC."""

NONE = -1
"""Not there: no such reference, not measured, not rated."""
_DENSE_MAX = 20_000_000  # cells of a table of groups × things; above it, pairs are sorted


class Response(IntEnum):
    """How the first response of a ticket went (首次响应)."""

    NOT_OWED = 0
    """It ended unanswered before its limit."""
    IN_TIME = 1
    MISSED = 2
    WAITING = 3
    """Unanswered so far: missed as soon as the limit is over."""


def _measured(rows: Rows, now: int) -> Column:
    response = rows["response"]
    passed: Column = (response == Response.WAITING) & (rows["response_due"] < now)
    found: Column = passed | (response == Response.IN_TIME) | (response == Response.MISSED)
    return found


def _every(name: str) -> Part:
    return lambda rows, now: np.ones(len(rows[name]), dtype=bool)


def _column(name: str) -> Part:
    return lambda rows, now: rows[name]


def _at_least(name: str, least: int) -> Part:
    return lambda rows, now: rows[name] >= least


def _positive(name: str) -> Part:
    return lambda rows, now: np.maximum(rows[name], 0)


ASKED: Mapping[str, Part] = {
    "submitted": _every("response"),
    "response_measured": _measured,
    "responded_in_time": lambda rows, now: rows["response"] == Response.IN_TIME,
    "repeated": _column("repeated"),
    "urgent": _column("urgent"),
    "urges": _column("urges"),
}
"""What is counted by the day of submission."""
DONE: Mapping[str, Part] = {
    "delivered": _every("rating"),
    "answered": _column("answered"),
    "confirmed": _column("solved"),
    "rated": _at_least("rating", 1),
    "rated_good": _at_least("rating", BAD_RATING + 1),
    "rated_bad": _at_least("rectified", 0),
    "rectified": _at_least("rectified", 1),
    "on_time": _column("on_time"),
    "followed": _column("followed"),
    "false_resolutions": _column("false_resolution"),
    "returns": _column("returns"),
    "returned": _at_least("returns", 1),
    "extensions": _column("extensions"),
    "supplements": _column("supplements"),
    "reopenings": _column("reopenings"),
    "level_1": _at_least("level", 1),
    "level_2": _at_least("level", 2),
    "level_3": _at_least("level", 3),
    "limited_by_law": _column("limited_by_law"),
    "saved_minutes": _column("saved_minutes"),
    "used_minutes": _positive("used_minutes"),
    "used_measured": _at_least("used_minutes", 0),
}
"""What is counted by the day of resolution, once a ticket is archived."""
DISTINCT: Mapping[str, str] = {"submitted": "askers", "delivered": "served"}
"""The name that the distinct enterprises among the rows of a part have."""
SPREADS: Mapping[str, Mapping[str, str]] = {
    "submitted": {"response_": "response_minutes"},
    "delivered": {"": "used_minutes", "promised_": "promised_minutes"},
}
"""The minutes whose median, P90 and mean are taken of the rows of a part: prefix and column."""
_PERCENTILES = {"median": 50, "p90": 90}


class Groups:
    """The group of each row, as a number below ``count``; without groups all rows are one."""

    def __init__(self, codes: Column | None = None, count: int = 1) -> None:
        self.codes, self.count = codes, count

    def sums(self, values: Column) -> Column:
        """Return the sum of ``values`` in each group; of rows that count, their number."""
        if self.codes is None:
            whole = np.count_nonzero(values) if values.dtype == bool else values.sum(dtype=np.int64)
            return np.array([whole], dtype=np.int64)
        places = np.flatnonzero(values)
        codes = self.codes[places]
        if values.dtype == bool:
            return np.bincount(codes, minlength=self.count)
        weights = values[places].astype(np.float64)  # whole numbers below 2^53 stay exact
        return np.bincount(codes, weights, self.count).astype(np.int64)

    def distinct(self, things: Column) -> Column:
        """Return how many different ``things`` (small whole numbers) each group has."""
        if not len(things):
            return np.zeros(self.count, dtype=np.int64)
        width = int(things.max()) + 1
        codes = things.astype(np.int64)
        if self.codes is not None:
            codes += self.codes.astype(np.int64) * width
        if self.count * width > _DENSE_MAX:
            return np.bincount(np.unique(codes) // width, minlength=self.count)
        there = np.bincount(codes, minlength=self.count * width) > 0
        return np.asarray(there.reshape(self.count, width).sum(axis=1, dtype=np.int64))

    def spread(self, values: Column) -> dict[str, Column]:
        """Return median and P90 (nearest rank) and the mean of ``values`` in each group.

        Values below nought do not count; where none does, all three are :data:`NONE`.
        """
        known = values >= 0
        values = values[known]
        codes = np.zeros(len(values), np.int64) if self.codes is None else self.codes[known]
        ordered = np.sort(values) if self.codes is None else values[np.lexsort((values, codes))]
        counts = np.bincount(codes, minlength=self.count)
        starts, some = np.cumsum(counts) - counts, counts > 0
        found = {
            name: np.full(self.count, NONE, dtype=np.int64) for name in (*_PERCENTILES, "mean")
        }
        for name, percent in _PERCENTILES.items():
            places = starts + np.maximum(1, -(-counts * percent // 100)) - 1
            found[name][some] = ordered[places[some]]
        sums = np.bincount(codes, values.astype(np.float64), self.count)
        found["mean"][some] = np.rint(sums[some] / counts[some])
        return found


def count(rows: Rows, parts: Mapping[str, Part], groups: Groups, now: int) -> dict[str, Column]:
    """Return every part for each group, the distinct enterprises and the spread of the minutes.

    ``rows`` has the enterprises as small numbers under ``firm``. A percentile of nothing is
    :data:`NONE`.
    """
    basis = next(iter(parts))
    found = {name: groups.sums(part(rows, now)) for name, part in parts.items()}
    found[DISTINCT[basis]] = groups.distinct(rows["firm"])
    for prefix, name in SPREADS[basis].items():
        found |= {f"{prefix}{label}_minutes": n for label, n in groups.spread(rows[name]).items()}
    return found


def told_apart(column: Column) -> tuple[Column, Column]:
    """Return the different numbers of a column in order, and the place of each row's among them.

    Without sorting, where they lie close together: references and days do.
    """
    if not len(column):
        return column, np.zeros(0, dtype=np.int64)
    least, most = int(column.min()), int(column.max())
    if most - least > _DENSE_MAX:
        return np.unique(column, return_inverse=True)
    shifted = column.astype(np.int64) - least
    there = np.bincount(shifted) > 0
    return np.flatnonzero(there) + least, (np.cumsum(there) - 1)[shifted]
