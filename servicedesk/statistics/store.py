"""The facts as a process keeps them (内存中的统计事实): columns in the order of days, and what was counted.

Which months have been written anew is known by the token of their table; those are read. Answers are
kept for as long as the facts are the same.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import select

from servicedesk.core.tallies import Column, Response
from servicedesk.extensions import db
from servicedesk.statistics.fact_columns import LAYOUT, Facts, no_facts, unpack
from servicedesk.statistics.fact_models import FactSegment
from servicedesk.unchanged import while_unchanged

T = TypeVar("T")
ANSWERS_MAX = 2000
_UNKNOWN: Any = object()
RESPONSES, OPEN = "responses", "open"
_LIMITS = ("response_due", "due_at", "contact_due")
_CUT_BY = (
    "ticket_id", "item_id", "unit_id", "handler_id", "channel", "submitted_on", "submitted_hour",
)  # fmt: skip
_COLUMNS: Mapping[str, Sequence[str]] = {
    "submitted_on": (
        "response", "response_due", "response_minutes", "urgent", "repeated", "urges", "state",
        "reached",
    ),
    "delivered_on": (
        "answered", "solved", "followed", "rating", "on_time", "used_minutes", "promised_minutes",
        "limited_by_law", "saved_minutes", "returns", "extensions", "supplements", "reopenings",
        "level", "false_resolution", "rectified",
    ),
    "settling_on": (),
    "open": (
        "state", "ladder", "due_at", "contact_due", "urgent", "rating", "response", "response_due",
    ),
}  # fmt: skip


class Rows(Mapping[str, Column]):
    """Columns of some rows, taken out when they are asked for."""

    def __init__(self, columns: Mapping[str, Column], where: slice | Column) -> None:
        self._columns, self._where = columns, where
        self._taken: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._taken:
            self._taken[name] = self._columns[name][self._where]
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def height(self) -> int:
        """How many rows they are."""
        return len(self["day"])

    def only(self, mask: Column) -> "Rows":
        """Return the rows for which ``mask`` holds."""
        return Rows(self, np.flatnonzero(mask))


@dataclass(frozen=True, slots=True)
class Store:
    """A park's facts by the day of submission, of resolution, and of a resolution not archived yet.

    What is open is there by its day of submission, too. ``firms`` are the enterprises that the small
    numbers of the column ``firm`` stand for, ``months`` the facts as they are stored. Where they are
    not ``complete``, some have not been built, or in another shape. ``limits`` are the moments at which
    time changes a number: those of the responses that are owed, and all those of what is open.
    """

    digests: Mapping[str, str]
    complete: bool
    months: Mapping[str, Facts]
    tables: Mapping[str, Mapping[str, Column]]
    firms: Column
    limits: Mapping[str, Column]
    answers: dict[Hashable, Any] = field(default_factory=dict)

    def within(self, day: str, start: date, end: date) -> Rows:
        """Return the rows of a table (``submitted_on`` …) whose day lies between two, both included."""
        table = self.tables[day]
        edges = np.searchsorted(table["day"], (start.toordinal(), end.toordinal() + 1))
        return Rows(table, slice(int(edges[0]), int(edges[1])))

    def answer(
        self, question: Hashable, now: int, count: Callable[[], T], limits: str = RESPONSES
    ) -> T:
        """Return what ``count`` counts, from memory where the same was asked of the same facts.

        ``now`` is the moment of the counting, in the seconds that limits are in. Time changes the
        number only when it passes one of these ``limits``.
        """
        passed = int(np.searchsorted(self.limits[limits], now, side="left"))
        key = (question, passed)
        found: T = self.answers.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = count()
            self.keep(key, found)
        return found

    def keep(self, question: Hashable, answer: object) -> None:
        """Remember an answer for as long as these facts are the park's."""
        if len(self.answers) >= ANSWERS_MAX:
            self.answers.clear()
        self.answers[question] = answer


# Both are known by what is in them: no rollback can make them untrue.
_kept: dict[int, Store] = {}
_segments: dict[tuple[int, str], tuple[str, Facts]] = {}


def store(park_id: int) -> Store:
    """Return the park's facts as they are stored now."""
    digests, complete = _digests(park_id)
    kept = _kept.get(park_id)
    if kept is None or (kept.digests, kept.complete) != (digests, complete):
        months = _months(park_id, digests)
        kept = _kept[park_id] = _assembled(digests, complete, months)
    return kept


def stored_facts(park_id: int) -> Facts:
    """Return all facts of a park as they are stored now."""
    return _together(_months(park_id, _digests(park_id)[0]))


@while_unchanged
def _digests(park_id: int) -> tuple[dict[str, str], bool]:
    """Return what is in the facts of each month, and whether all are there in today's shape."""
    columns = select(FactSegment.month, FactSegment.digest, FactSegment.layout)
    rows = db.session.execute(columns.where(FactSegment.park_id == park_id)).all()
    current = {row.month: row.digest for row in rows if row.layout == LAYOUT}
    return current, bool(rows) and len(current) == len(rows)


def _months(park_id: int, digests: Mapping[str, str]) -> dict[str, Facts]:
    """Return the facts of these months, reading only those that this process does not know."""
    known = {month: _segments.get((park_id, month), ("", no_facts())) for month in digests}
    news = [month for month, digest in digests.items() if known[month][0] != digest]
    query = select(FactSegment.month, FactSegment.digest, FactSegment.data).where(
        FactSegment.park_id == park_id, FactSegment.month.in_(news)
    )
    for month, digest, data in db.session.execute(query) if news else ():
        known[month] = _segments[park_id, month] = (digest, unpack(data))
    return {month: known[month][1] for month in sorted(known)}


def _together(months: Mapping[str, Facts]) -> Facts:
    return np.concatenate([no_facts(), *months.values()])


def _assembled(digests: Mapping[str, str], complete: bool, months: Mapping[str, Facts]) -> Store:
    facts = _together(months)
    firms, numbers = np.unique(facts["enterprise_id"], return_inverse=True)
    waiting = facts["response"] == Response.WAITING
    return Store(
        digests=digests,
        complete=complete,
        months=months,
        tables={name: _table(facts, numbers, name, names) for name, names in _COLUMNS.items()},
        firms=firms,
        limits={
            RESPONSES: np.sort(facts["response_due"][waiting]),
            OPEN: np.sort(np.concatenate([facts[name][facts["open"]] for name in _LIMITS])),
        },
    )


def _table(facts: Facts, firms: Column, name: str, names: Sequence[str]) -> dict[str, Column]:
    """Return the facts that belong into a table, in the order of its day, as columns."""
    day = "submitted_on" if name == "open" else name
    there = np.flatnonzero(facts[name] > 0)
    order = there[np.argsort(facts[day][there], kind="stable")]
    found = {name: facts[name][order] for name in (*_CUT_BY, *names)}
    return {**found, "firm": firms[order], "day": facts[day][order]}
