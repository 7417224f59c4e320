"""Periods of the figures (统计期): ``2024`` or ``2024-03``, and which is shown beside which."""

import re
from datetime import date

_PERIOD = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2]))?")


def is_period(text: str) -> bool:
    """Tell whether ``text`` is a year or a month as the figures know them."""
    return _PERIOD.fullmatch(text) is not None


def months_of(year: int) -> tuple[str, ...]:
    """Return the twelve months of a year."""
    return tuple(f"{year:04d}-{month:02d}" for month in range(1, 13))


def companion(period: str, today: date) -> str | None:
    """Return the other period to show beside: of a month its year, of this year this month."""
    if len(period) == 7:
        return period[:4]
    return f"{today:%Y-%m}" if int(period) == today.year else None
