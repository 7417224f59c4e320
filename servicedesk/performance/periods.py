"""Periods of performance (考核期): a month, a quarter or a year, as an address has them."""

from collections.abc import Sequence
from datetime import date

from servicedesk.core import spans
from servicedesk.statistics.cutting import Span


def span_of(period: str) -> Span | None:
    """Return the days of ``2024``, ``2024-Q1`` or ``2024-03``; ``None`` for anything else."""
    try:
        found = spans.whole(period)
    except ValueError:
        return None
    return Span(found.start, found.end)


def last_months(today: date, count: int = 24) -> Sequence[str]:
    """Return the full months before ``today``, the newest first."""
    first = today.year * 12 + today.month - 1
    return [
        f"{number // 12:04d}-{number % 12 + 1:02d}"
        for number in range(first - 1, first - 1 - count, -1)
    ]


def choices(today: date) -> Sequence[str]:
    """Return the periods to choose from: this month and the twelve before, quarters, years."""
    quarter = today.year * 4 + (today.month - 1) // 3
    return [
        f"{today:%Y-%m}",
        *last_months(today, 12),
        *(f"{number // 4:04d}-Q{number % 4 + 1}" for number in range(quarter, quarter - 5, -1)),
        *(f"{year:04d}" for year in range(today.year, today.year - 3, -1)),
    ]
