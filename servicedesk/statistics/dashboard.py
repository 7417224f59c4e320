"""What the dashboard shows (指标看板): every figure of tickets with its comparisons, rows, a course.

Nothing here asks who may see it: the cut that comes in has gone through ``statistics.reach``.
Each function takes a fixed number of statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from servicedesk.core.figures import BY_KEY, FIGURES, Aggregation, Basis, Figure, value_of
from servicedesk.core.numerals import Against, Change, change
from servicedesk.core.spans import Period, before, every_day, months_of, year_before
from servicedesk.core.words import N_
from servicedesk.statistics.cutting import Cut, Dimension, Figures, Span
from servicedesk.statistics.register_numbers import register_numbers
from servicedesk.unchanged import while_unchanged

GROUPS: Sequence[tuple[str, tuple[str, ...]]] = (
    (N_("服务与数量"), ("served", "submitted", "delivered")),
    (N_("质量"), (
        "response_rate", "resolution_rate", "satisfaction_rate", "rating_rate", "on_time_rate",
        "follow_up_rate", "rectified_rate", "false_resolutions",
    )),
    (N_("速度"), (
        "response_median_minutes", "response_p90_minutes", "response_mean_minutes",
        "median_minutes", "p90_minutes", "mean_minutes", "promised_median_minutes",
        "saved_minutes",
    )),
    (N_("闭环"), (
        "returns_each", "reopenings", "repeated", "extensions", "supplements", "level_1", "level_2",
        "level_3", "urges",
    )),
)  # fmt: skip
REGISTERED = (N_("服务成果（登记簿）"), tuple(
    figure.key for figure in FIGURES if figure.basis is Basis.REGISTER
))  # fmt: skip
"""What came of it: counted by each feature's register, for the whole park only."""
COLUMNS: Sequence[str] = (
    "served", "submitted", "delivered", "response_rate", "on_time_rate", "resolution_rate",
    "satisfaction_rate", "false_resolutions", "returns_each", "level_1",
    "response_median_minutes", "median_minutes", "p90_minutes",
)  # fmt: skip
_BY_ROWS = frozenset(
    {Aggregation.COUNT, Aggregation.DISTINCT, Aggregation.SUM, Aggregation.RATE, Aggregation.EACH}
)
MEASURES = tuple(
    figure.key
    for figure in FIGURES
    if figure.basis in (Basis.SUBMITTED, Basis.RESOLVED) and figure.aggregation in _BY_ROWS
)
"""The figures that can be drawn: what every row of a breakdown has."""

RANKED_FROM = 5
"""A rate of fewer tickets than this says nothing and is not ranked."""
RANKED = 12
DAILY_MAX = 62
"""A longer period's course is drawn by months."""


# Cards and rows are the same objects for as long as nothing that they were counted from has changed.


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One figure with its changes; ``part`` and ``whole`` are what a rate was divided from."""

    figure: Figure
    value: float | None
    earlier: Mapping[Against, float | None]
    changes: Mapping[Against, Change]
    part: int | None
    whole: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a breakdown: what it is of (nothing: not recorded), and its counted parts."""

    key: Any
    numbers: Mapping[str, int]

    def value(self, figure: str) -> float | None:
        """Return the row's value of a figure."""
        return value_of(BY_KEY[figure], self.numbers)


@dataclass(frozen=True, slots=True)
class Point:
    """A month or a day of the course: its value, and the one of a year before."""

    start: date
    end: date
    value: float | None
    year_before: float | None


def span_of(period: Period) -> Span:
    """Return the days of a period as the counting takes them."""
    return Span(period.start, period.end)


def compared_with(period: Period) -> dict[Against, Span]:
    """Return what a period is compared with; of a year, both are the year before."""
    return {Against.BEFORE: span_of(before(period)), Against.YEAR: span_of(year_before(period))}


Group = tuple[str, Sequence[Card]]
"""Cards under a heading."""


def cards(figures: Figures, period: Period, cut: Cut) -> Sequence[Group]:
    """Return every figure of tickets by group, compared with the year and the period before."""
    question = ("cards", figures.question(span_of(period), cut), period)
    return figures.kept(question, lambda: _cards(figures, period, cut))


def _cards(figures: Figures, period: Period, cut: Cut) -> Sequence[Group]:
    found = figures.numbers(span_of(period), cut)
    spans = compared_with(period)
    known = {span: figures.numbers(span, cut) for span in set(spans.values())}
    against = {kind: known[span] for kind, span in spans.items()}
    return tuple((name, tuple(_card(key, found, against) for key in keys)) for name, keys in GROUPS)


@while_unchanged
def register_cards(park_id: int, period: Period) -> Group:
    """Return the figures of the registers, compared with the year before."""
    found = register_numbers(park_id, span_of(period))
    against = {Against.YEAR: register_numbers(park_id, span_of(year_before(period)))}
    name, keys = REGISTERED
    return name, tuple(_card(key, found, against) for key in keys)


def _card(
    key: str, found: Mapping[str, float], against: Mapping[Against, Mapping[str, float]]
) -> Card:
    figure = BY_KEY[key]
    value = value_of(figure, found)
    earlier = {kind: value_of(figure, numbers) for kind, numbers in against.items()}
    rate = figure.aggregation is Aggregation.RATE
    return Card(
        figure=figure,
        value=value,
        earlier=earlier,
        changes={kind: change(value, other, rate=rate) for kind, other in earlier.items()},
        part=int(found.get(figure.part, 0)) if figure.part else None,
        whole=int(found.get(figure.whole, 0)) if figure.whole else None,
    )


def breakdown(figures: Figures, period: Period, cut: Cut, by: Dimension) -> Sequence[Row]:
    """Return a row for each value of a dimension that has anything, in no order."""

    def rows() -> Sequence[Row]:
        found = figures.grouped(span_of(period), cut, by)
        return tuple(Row(key, parts) for key, parts in found.items() if parts)

    return figures.kept(("rows", figures.question(span_of(period), cut, by)), rows)


def ordered(rows: Sequence[Row], sort: str, names: Mapping[Any, str]) -> list[Row]:
    """Return rows by a figure, or by ``name``; ``-`` in front turns it round.

    What has no value comes last either way, and equals stand in the order of their names.
    """
    key, backwards = sort.removeprefix("-"), sort.startswith("-")
    named = sorted(rows, key=lambda row: _place(row.key, names))
    if key == "name":
        return named[::-1] if backwards else named
    measured = [(row.value(key), row) for row in named]
    there = [(value, row) for value, row in measured if value is not None]
    there.sort(key=lambda pair: pair[0], reverse=backwards)
    return [row for _value, row in there] + [row for value, row in measured if value is None]


def _place(key: Any, names: Mapping[Any, str]) -> str:
    """Return what a row is sorted by where no figure decides: days by themselves, the rest by name."""
    return key.isoformat() if isinstance(key, date) else names.get(key, "")


def ranking(rows: Sequence[Row], measure: str, names: Mapping[Any, str]) -> list[Row]:
    """Return the first rows by a figure, the best or the most in front; small rates are left out."""
    figure = BY_KEY[measure]
    rates = figure.aggregation in (Aggregation.RATE, Aggregation.EACH)
    ranked = [
        row
        for row in rows
        if row.key
        and (not rates or row.numbers.get(figure.whole or "", 0) >= RANKED_FROM)
        and row.value(measure) is not None
    ]
    return ordered(ranked, f"-{measure}", names)[:RANKED]


def course(figures: Figures, period: Period, cut: Cut, measure: str) -> list[Point]:
    """Return a figure's course through the period, by day or by month, with last year's."""
    daily = period.days <= DAILY_MAX
    by = Dimension.DAY if daily else Dimension.MONTH
    then = year_before(period)
    figure = BY_KEY[measure]
    found = [figures.grouped(span_of(one), cut, by) for one in (period, then)]
    parts = [_days(period), _days(then)] if daily else [_months(period), _months(then)]
    old = [value_of(figure, found[1].get(key, {})) for key, _start, _end in parts[1]]
    return [
        Point(start, end, value_of(figure, found[0].get(key, {})), old[n] if n < len(old) else None)
        for n, (key, start, end) in enumerate(parts[0])
    ]


def _days(period: Period) -> list[tuple[Any, date, date]]:
    return [(day, day, day) for day in every_day(period)]


def _months(period: Period) -> list[tuple[Any, date, date]]:
    return [(month.name, month.start, month.end) for month in months_of(period)]
