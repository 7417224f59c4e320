"""What everybody may read (政务公开): services, promises and how they were kept, nobody's name.

The last twelve full months. Counts below the park's minimum are hidden, and others with them so that
they cannot be worked out (``core.suppression``); a rate is there only where the tickets that it is
of are published, or would be, and only as exactly as gives no single ticket away
(``core.public_rates``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import CategoryLabel, categories, items
from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY
from servicedesk.core.public_rates import RateLine, RateShown, show
from servicedesk.core.suppression import Count, Published, Shown, suppress
from servicedesk.organisation.queries import ParkLabel
from servicedesk.statistics.cutting import EVERYTHING, Dimension, Span, grouped, numbers
from servicedesk.tickets.facts import ZONE
from servicedesk.transaction import remembered

FRESH = timedelta(minutes=5)
"""For so long the page may be kept: by whoever reads it, and by this process."""
Counted = Mapping[str, Mapping[str, int]]
Table = Mapping[str, Mapping[str, int]]
Path = tuple[str, ...]
"""Nothing: everything; a category; a category and one of its items."""
RATES: Mapping[str, tuple[str, ...]] = {
    "on_time_rate": ("delivered",), "satisfaction_rate": ("delivered", "rated"),
}  # fmt: skip
"""The rates, and which counts must be published where they are."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in per cent; ``above``: it is more than that, by how much is not published."""

    value: float
    above: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the name in both languages, what is published of it; ``None`` is not published."""

    name: str
    name_en: str
    received: Count
    resolved: Count
    on_time_rate: Rate | None
    satisfaction_rate: Rate | None
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


def published(park: ParkLabel) -> PublicPage:
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
    total = tables.total()
    enough = total.resolved.shown is Shown.EXACT
    return PublicPage(span, minimum, total, whole.get("median_minutes") if enough else None, groups)


def _catalogue(park_id: int, by_item: Counted) -> list[tuple[CategoryLabel, list[ServiceItem]]]:
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
        self, known: list[tuple[CategoryLabel, list[ServiceItem]]], by_item: Counted, minimum: int
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
        self._rates = {key: self._tree(key, of) for key, of in RATES.items()}

    def line(self, named: CategoryLabel | ServiceItem, *path: str) -> Line:
        """Return what is published of a category or an item."""
        days = named.promised_days if isinstance(named, ServiceItem) else None
        return self._line(named.name, named.name_en, path, days)

    def total(self) -> Line:
        """Return what is published of everything together."""
        return self._line("", "", (), None)

    def _line(self, name: str, name_en: str, path: Path, days: int | None) -> Line:
        received, resolved = (
            _at(self._published[part], path) for part in ("submitted", "delivered")
        )
        rates = {key: self._rate(key, path) for key in RATES}
        return Line(name, name_en, received, resolved, **rates, promised_days=days)

    def _rate(self, key: str, path: Path) -> Rate | None:
        """Return a rate as it may be published; nothing where no tickets are, or it may not."""
        line = self._rates[key]
        for name in path:
            line = line.parts[name]
        if line.shown is RateShown.HIDDEN or not line.whole:
            return None
        if line.shown is RateShown.ABOVE:
            return Rate(line.bound(self._minimum), above=True)
        return Rate((line.whole - line.missed) * 100 / line.whole)

    def _tree(self, key: str, of: tuple[str, ...]) -> RateLine:
        """Return the lines of a rate, marked; ``of``: what must be published where the rate is."""
        figure = BY_KEY[key]
        parts = (self._parts[str(figure.part)], self._parts[str(figure.whole)])

        def line(path: Path, beneath: Mapping[str, RateLine]) -> RateLine:
            part, whole = (_sum(table, path) for table in parts)
            seen = {_at(self._published[one], path).shown for one in of}
            return RateLine(whole, whole - part, seen == {Shown.EXACT}, beneath)

        groups = {
            group: line((group,), {row: line((group, row), {}) for row in rows})
            for group, rows in self._parts["delivered"].items()
        }
        total = line((), groups)
        show(total, self._minimum)
        return total


def _at(table: Published, path: Path) -> Count:
    if not path:
        return table.total
    return table.groups[path[0]] if len(path) == 1 else table.rows[path[0]][path[1]]


def _sum(table: Table, path: Path) -> int:
    if not path:
        return sum(sum(rows.values()) for rows in table.values())
    rows = table[path[0]]
    return sum(rows.values()) if len(path) == 1 else rows[path[1]]
