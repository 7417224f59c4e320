"""Periods of the figures (统计期): ``2024`` or ``2024-03``, and what each is compared with."""

import re
from dataclasses import dataclass
from datetime import date

_PERIOD = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2]))?")


def is_period(text: str) -> bool:
    """Tell whether ``text`` is a year or a month as the figures know them."""
    return _PERIOD.fullmatch(text) is not None


def months_of(year: int) -> tuple[str, ...]:
    """Return the twelve months of a year."""
    return tuple(f"{year:04d}-{month:02d}" for month in range(1, 13))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period and the built periods that it is compared with (同比).

    A running year is compared with last year's months up to the same month: numbers of tickets
    are their sum, enterprises are counted afresh over all of them, and a median over several
    months is not known, so it has no comparison.
    """

    period: str
    before: tuple[str, ...]


def compared(period: str, today: date) -> Comparison:
    """Return what ``period`` is compared with on the day ``today``.

    Raises:
        ValueError: not a year or a month.
    """
    if not is_period(period):
        raise ValueError(f"{period!r} is no year and no month")
    last_year = int(period[:4]) - 1
    if period != f"{today.year:04d}" or today.month == 12:
        return Comparison(period, (f"{last_year:04d}{period[4:]}",))
    return Comparison(period, months_of(last_year)[: today.month])


def companion(period: str, today: date) -> str | None:
    """Return the other period to show beside: of a month its year, of this year this month."""
    if len(period) == 7:
        return period[:4]
    return f"{today:%Y-%m}" if int(period) == today.year else None
