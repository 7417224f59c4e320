"""The counts of years and months (年度、月度统计): each cut's numbers, as pages and reports ask for them.

A period is ``2024`` or ``2024-03``; a cut ``all``, ``category:A``, ``item:A01``, ``unit:SCJG`` or
``channel:portal``.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from servicedesk.core.figures import BY_KEY
from servicedesk.core.figures import value_of as figure_value
from servicedesk.statistics.cutting import EVERYTHING, Dimension, Figures, Numbers, Span

_BY = (Dimension.CATEGORY, Dimension.ITEM, Dimension.UNIT, Dimension.CHANNEL)


def span_of(period: str) -> Span:
    """Return the first and the last day of ``2024`` or ``2024-03``."""
    year, month = int(period[:4]), int(period[5:] or 0)
    if not month:
        return Span(date(year, 1, 1), date(year, 12, 31))
    after = date(year + month // 12, month % 12 + 1, 1)
    return Span(date(year, month, 1), after - timedelta(days=1))


def numbers_of(figures: Figures, span: Span) -> dict[str, Numbers]:
    """Return everything that is counted of one span, by cut."""
    found: dict[str, Numbers] = {"all": figures.numbers(span, EVERYTHING)}
    for by in _BY:
        rows = figures.grouped(span, EVERYTHING, by)
        found |= {f"{by}:{key}": counted for key, counted in rows.items() if key is not None}
    return found


def numbers_by_month(figures: Figures, year: int) -> Mapping[str, Numbers]:
    """Return the whole park's numbers of the months of a year that have any, by ``2024-03``."""
    return figures.grouped(span_of(f"{year:04d}"), EVERYTHING, Dimension.MONTH)


def value_of(key: str, counted: Mapping[str, float]) -> float | None:
    """Return a figure from counted parts: a rate divided, a count as it is, or ``None``."""
    return figure_value(BY_KEY[key], counted)
