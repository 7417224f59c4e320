"""Figures over any range of days and any combination of cuts, exact, from the facts.

:class:`Figures` counts one cut, or every value of one dimension at once, and gives the tickets that were
counted. What may be seen is decided by whoever asks: see ``statistics.reach``.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any, TypeVar

import numpy as np

from servicedesk.core.figures import BY_KEY, Aggregation, Basis, Figure
from servicedesk.core.tallies import ASKED, DONE, NONE, Column, Groups, Part, count, told_apart
from servicedesk.statistics.attributes import ATTRIBUTES, Attribute, attribute
from servicedesk.statistics.fact_columns import CHANNEL_CODES, CHANNEL_NAMES
from servicedesk.statistics.store import Rows, store

Numbers = Mapping[str, int]
"""Counted parts by name (see ``core.tallies``); a part with nothing counted may be missing."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of local days, both included (统计期)."""

    start: date
    end: date


NOT_RECORDED = "-"
"""The value of a cut for what has none: no unit yet, no industry known."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which tickets are counted (口径切片): every field that is set must hold.

    ``industry`` is the letter of GB/T 4754, ``person`` whoever resolved it or has it in hand.
    ``weekday`` (1 Monday to 7) and ``hour`` are those of the submission, local time.
    """

    category: str = ""
    item: str = ""
    unit: str = ""
    channel: str = ""
    industry: str = ""
    scale: str = ""
    area: str = ""
    person: int = 0
    weekday: str = ""
    hour: str = ""

    def parameters(self) -> dict[str, str]:
        """Return what goes into an address; empty fields are left out."""
        return {f.name: str(v) for f in fields(self) if (v := getattr(self, f.name))}


class Dimension(StrEnum):
    """What figures can be broken down by."""

    CATEGORY = "category"
    ITEM = "item"
    UNIT = "unit"
    CHANNEL = "channel"
    INDUSTRY = "industry"
    SCALE = "scale"
    AREA = "area"
    PERSON = "person"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


EVERYTHING = Cut()
_BASES: Mapping[str, tuple[str, Mapping[str, Part]]] = {
    Basis.SUBMITTED: ("submitted_on", ASKED),
    Basis.RESOLVED: ("delivered_on", DONE),
}
_KEYS_OF_TIME: Mapping[Dimension, Callable[[date], Any]] = {
    Dimension.MONTH: lambda day: f"{day:%Y-%m}",
    Dimension.WEEK: lambda day: day - timedelta(days=day.weekday()),
    Dimension.DAY: lambda day: day,
}
T = TypeVar("T")
_OF_MINUTES = (Aggregation.MEDIAN, Aggregation.P90, Aggregation.MEAN)


class Figures:
    """A park's figures at one moment: the facts and what they are called are read once.

    Every question that a page asks of one object is answered from the same facts.
    """

    def __init__(self, park_id: int, now: datetime) -> None:
        self._park_id, self.now = park_id, now
        self.facts = store(park_id)
        self._attributes: dict[str, Attribute] = {}

    def numbers(self, span: Span, cut: Cut) -> Numbers:
        """Count every part for one cut; percentiles and means of minutes are among them."""

        def counted() -> Numbers:
            found: dict[str, int] = {}
            for rows, parts in self._bases(span, cut):
                columns = count(rows, parts, Groups(), self._seconds)
                found |= {name: int(column[0]) for name, column in columns.items()}
            return {name: value for name, value in found.items() if _is_there(name, value)}

        return self.kept(("numbers", self.question(span, cut)), counted)

    def grouped(self, span: Span, cut: Cut, by: Dimension) -> Mapping[Any, Numbers]:
        """Count every part for each value of ``by`` that has tickets; ``None``: none is recorded."""

        def counted() -> Mapping[Any, Numbers]:
            found: dict[Any, dict[str, int]] = {}
            for rows, parts in self._bases(span, cut):
                keys, codes = self._groups(by, rows)
                columns = count(rows, parts, Groups(codes, len(keys)), self._seconds)
                for place in np.unique(codes).tolist():
                    values = {name: int(column[place]) for name, column in columns.items()}
                    mine = found.setdefault(keys[place], {})
                    mine |= {name: n for name, n in values.items() if _is_there(name, n)}
            return found

        return self.kept(("grouped", self.question(span, cut, by)), counted)

    def by_pairs(self, span: Span, owner: str) -> dict[tuple[int, int], dict[str, int]]:
        """Count what was delivered for each owner (``unit_id``, ``handler_id``) and item."""

        def counted() -> dict[tuple[int, int], dict[str, int]]:
            rows = self.facts.within("delivered_on", span.start, span.end)
            known, codes = np.unique(
                rows[owner].astype(np.int64) << 32 | rows["item_id"], return_inverse=True
            )
            columns = count(rows, DONE, Groups(codes, len(known)), self._seconds)
            return {
                (pair >> 32, pair & 0xFFFFFFFF): {name: int(c[n]) for name, c in columns.items()}
                for n, pair in enumerate(known.tolist())
            }

        return self.kept(("pairs", span, owner), counted)

    def heat(self, span: Span, cut: Cut) -> dict[tuple[int, int], int]:
        """Return how many were submitted by (weekday, hour): weekdays from 0 Monday, local hours."""

        def counted() -> dict[tuple[int, int], int]:
            rows = self._rows("submitted_on", span, cut)
            cells = np.bincount(_weekday(rows) * 24 + rows["submitted_hour"], minlength=7 * 24)
            return {divmod(place, 24): n for place, n in enumerate(cells.tolist()) if n}

        return self.kept(("heat", self.question(span, cut)), counted)

    def settling(self, span: Span, cut: Cut) -> int:
        """Return how many were resolved in ``span`` but not archived: they will still count in it.

        Whoever rates well is archived sooner than whoever says nothing, so fresh rates look too good.
        """
        return self.kept(
            ("settling", self.question(span, cut)),
            lambda: self._rows("settling_on", span, cut).height,
        )

    def tickets_behind(self, figure: str, span: Span, cut: Cut) -> Sequence[int]:
        """Return the tickets (row numbers) that a figure counts; a rate's are its whole.

        Raises:
            KeyError: there is no such figure, or it is not counted from tickets.
        """
        day, parts = _BASES[BY_KEY[figure].basis]
        rows = self._rows(day, span, cut)
        counted = _counted(BY_KEY[figure], parts)(rows, self._seconds) > 0
        found: Sequence[int] = rows["ticket_id"][counted].tolist()
        return found

    def kept(self, question: Hashable, count: Callable[[], T]) -> T:
        """Return what ``count`` works out of figures, from memory while the facts are the same.

        ``question`` stands for everything else that it depends on.
        """
        return self.facts.answer(question, self._seconds, count)

    def question(self, span: Span, cut: Cut, by: Dimension | None = None) -> Hashable:
        """Return what stands for a span, a cut and a dimension, with what they mean at the moment."""
        names = ATTRIBUTES & (cut.parameters().keys() | {by})
        return (span, cut, by, *(self._attribute(name).digest for name in sorted(names)))

    @property
    def _seconds(self) -> int:
        """The moment in whole seconds: a limit is over as soon as any part of the next has begun."""
        return ceil(self.now.timestamp())

    def _bases(self, span: Span, cut: Cut) -> Iterator[tuple[Rows, Mapping[str, Part]]]:
        for day, parts in _BASES.values():
            yield self._rows(day, span, cut), parts

    def _rows(self, day: str, span: Span, cut: Cut) -> Rows:
        """Return the rows of a span for which every field of the cut holds."""
        rows = self.facts.within(day, span.start, span.end)
        for name, value in cut.parameters().items():
            rows = rows.only(self._mask(name, value, rows))
        return rows

    def _mask(self, name: str, value: str, rows: Rows) -> Column:
        if name in ATTRIBUTES:
            keys, codes = self._attribute(name).of(rows, self.facts.firms)
            wanted = {"", None} if value == NOT_RECORDED else {value}
            return np.isin(codes, [place for place, key in enumerate(keys) if key in wanted])
        if name == "weekday":
            return np.asarray(_weekday(rows) == int(value) - 1)
        if name == "channel":
            return np.asarray(rows["channel"] == CHANNEL_CODES.get(value, NONE))
        column = {"person": "handler_id", "hour": "submitted_hour"}[name]
        return np.asarray(rows[column] == int(value))

    def _groups(self, by: Dimension, rows: Rows) -> tuple[Sequence[Any], Column]:
        """Return the keys of the groups, and the group of each row by its place among them."""
        if by in ATTRIBUTES:
            return self._attribute(by).of(rows, self.facts.firms)
        if by in (Dimension.CHANNEL, Dimension.PERSON):
            known, codes = told_apart(rows["channel" if by is Dimension.CHANNEL else "handler_id"])
            names = CHANNEL_NAMES if by is Dimension.CHANNEL else {n: n for n in known if n != NONE}
            return [names.get(number) for number in known.tolist()], codes
        days, codes = told_apart(rows["day"])
        keys = [_KEYS_OF_TIME[by](date.fromordinal(day)) for day in days.tolist()]
        known_keys = list(dict.fromkeys(keys))
        places = {key: place for place, key in enumerate(known_keys)}
        return known_keys, np.array([places[key] for key in keys], dtype=np.int64)[codes]

    def _attribute(self, name: str) -> Attribute:
        if name not in self._attributes:
            self._attributes[name] = attribute(self._park_id, name)
        return self._attributes[name]


def numbers(park_id: int, span: Span, cut: Cut, now: datetime) -> Numbers:
    """Return :meth:`Figures.numbers`."""
    return Figures(park_id, now).numbers(span, cut)


def grouped(
    park_id: int, span: Span, cut: Cut, by: Dimension, now: datetime
) -> Mapping[Any, Numbers]:
    """Return :meth:`Figures.grouped`."""
    return Figures(park_id, now).grouped(span, cut, by)


def tickets_behind(park_id: int, figure: str, span: Span, cut: Cut, now: datetime) -> Sequence[int]:
    """Return :meth:`Figures.tickets_behind`."""
    return Figures(park_id, now).tickets_behind(figure, span, cut)


def _counted(figure: Figure, parts: Mapping[str, Part]) -> Part:
    """Return the part whose rows a figure is of: of a rate its whole, of a mean what is averaged."""
    if figure.aggregation in _OF_MINUTES:
        return lambda rows, now: rows[_minutes_of(figure.key)] >= 0
    name = figure.key
    if figure.aggregation is Aggregation.RATE and figure.whole:
        name = figure.whole
    elif figure.part:
        name = figure.part
    name = {"served": "delivered", "saved_minutes": "limited_by_law"}.get(name, name)
    return parts[name]


def _minutes_of(key: str) -> str:
    if key.startswith("response_"):
        return "response_minutes"
    return "promised_minutes" if key.startswith("promised_") else "used_minutes"


def _is_there(name: str, value: int) -> bool:
    """Minutes that were not measured are left out; what was saved may be below nought."""
    return value != NONE or name == "saved_minutes"


def _weekday(rows: Rows) -> Column:
    return (rows["submitted_on"].astype(np.int64) + 6) % 7
