"""What everybody may read (政务公开): services, promises and how they were kept, nobody's name.

The last twelve full months. Counts below the park's minimum are hidden, and others with them so that
they cannot be worked out (``core.suppression``); a rate is there only where the tickets that it is
of are published, or would be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from servicedesk.catalogue.models import Category, ServiceItem
from servicedesk.catalogue.queries import categories, items
from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY, value_of
from servicedesk.core.suppression import Count, Published, Shown, suppress
from servicedesk.organisation.models import Park
from servicedesk.statistics.cutting import EVERYTHING, Dimension, Span, grouped, numbers
from servicedesk.tickets.facts import ZONE
from servicedesk.transaction import remembered

FRESH = timedelta(minutes=5)
"""For so long the page may be kept: by whoever reads it, and by this process."""
Counted = Mapping[str, Mapping[str, int]]
Table = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the name in both languages, what is published of it; ``None`` is not published."""

    name: str
    name_en: str
    received: Count
    resolved: Count
    on_time_rate: float | None
    satisfaction_rate: float | None
    promised_days: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A category with its services; ``line`` is all of them together."""

    line: Line
    services: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PublicPage:
    """The whole page."""

    span: Span
    minimum: int
    total: Line
    median_minutes: int | None
    groups: tuple[Group, ...]


_kept: dict[tuple[int, Span, int], tuple[datetime, PublicPage]] = remembered()


def last_year_of(today: date) -> Span:
    """Return the last twelve full months before ``today``."""
    end = today.replace(day=1) - timedelta(days=1)
    return Span(today.replace(year=today.year - 1, day=1), end)


def published(park: Park) -> PublicPage:
    """Return what the page shows, up to :data:`FRESH` old: strangers cannot make us count all day."""
    now = clock.now()
    key = (park.id, last_year_of(now.astimezone(ZONE).date()), park.public_minimum)
    kept = _kept.get(key)
    if kept is not None and timedelta() <= now - kept[0] < FRESH:
        return kept[1]
    page = counted(*key)
    _kept.clear()
    _kept[key] = (now, page)
    return page


def counted(park_id: int, span: Span, minimum: int) -> PublicPage:
    """Count the page for a minimum."""
    now = clock.now()
    by_item = grouped(park_id, span, EVERYTHING, Dimension.ITEM, now)
    whole = numbers(park_id, span, EVERYTHING, now)
    known = _catalogue(park_id, by_item)
    tables = _Tables(known, by_item, minimum)
    groups = tuple(
        Group(
            tables.line(category, category.code),
            tuple(tables.line(item, category.code, item.code) for item in of),
        )
        for category, of in known
    )
    total = tables.total(whole)
    enough = total.resolved.shown is Shown.EXACT
    return PublicPage(span, minimum, total, whole.get("median_minutes") if enough else None, groups)


def _catalogue(park_id: int, by_item: Counted) -> list[tuple[Category, list[ServiceItem]]]:
    """Return the categories with the items that are offered or were asked for, so that sums hold."""
    there = [item for item in items(park_id) if item.listed or item.code in by_item]
    sorted_out = [
        (category, [item for item in there if item.category_code == category.code])
        for category in categories()
    ]
    return [(category, of) for category, of in sorted_out if of]


class _Tables:
    """The counts of all items, published or not, one table for each counted part."""

    def __init__(
        self, known: list[tuple[Category, list[ServiceItem]]], by_item: Counted, minimum: int
    ) -> None:
        self._minimum = minimum
        self._parts = {
            part: {
                category.code: {item.code: by_item.get(item.code, {}).get(part, 0) for item in of}
                for category, of in known
            }
            for part in ("submitted", "delivered", "on_time", "rated", "rated_good")
        }
        self._published = {
            part: suppress(self._parts[part], minimum)
            for part in ("submitted", "delivered", "rated")
        }

    def line(self, named: Category | ServiceItem, *path: str) -> Line:
        """Return what is published of a category or an item."""
        counts = {part: _at(table, path) for part, table in self._published.items()}
        sums = {part: _sum(table, path) for part, table in self._parts.items()}
        days = named.promised_days if isinstance(named, ServiceItem) else None
        return _line(named.name, named.name_en, counts, self._rated(sums), days)

    def total(self, whole: Mapping[str, int]) -> Line:
        """Return what is published of everything together."""
        counts = {part: table.total for part, table in self._published.items()}
        return _line("", "", counts, self._rated(whole), None)

    def _rated(self, sums: Mapping[str, int]) -> dict[str, float | None]:
        """Return the rates; none from which a count below the minimum could be worked out."""
        return {
            key: value_of(figure, sums)
            for key, figure in ((key, BY_KEY[key]) for key in ("on_time_rate", "satisfaction_rate"))
            if self._many(part := sums.get(figure.part or "", 0))
            and self._many(sums.get(figure.whole or "", 0) - part)
        }

    def _many(self, count: int) -> bool:
        return count == 0 or count >= self._minimum


def _line(
    name: str,
    name_en: str,
    counts: Mapping[str, Count],
    rates: Mapping[str, float | None],
    days: int | None,
) -> Line:
    exact = {part for part, count in counts.items() if count.shown is Shown.EXACT}
    on_time = rates.get("on_time_rate") if "delivered" in exact else None
    satisfied = rates.get("satisfaction_rate") if {"delivered", "rated"} <= exact else None
    return Line(name, name_en, counts["submitted"], counts["delivered"], on_time, satisfied, days)


def _at(table: Published, path: tuple[str, ...]) -> Count:
    return table.groups[path[0]] if len(path) == 1 else table.rows[path[0]][path[1]]


def _sum(table: Table, path: tuple[str, ...]) -> int:
    rows = table[path[0]]
    return sum(rows.values()) if len(path) == 1 else rows[path[1]]
