"""Periods of reports (报表统计期): weeks, months, quarters, halves and years, and what each is compared with."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core import spans
from servicedesk.core.spans import Kind
from servicedesk.core.words import N_

_DAY = timedelta(days=1)
_CODES = {
    "week": re.compile(r"(20\d\d)-W(\d\d)"),
    "month": re.compile(r"(20\d\d)-(\d\d)"),
    "quarter": re.compile(r"(20\d\d)-Q([1-4])"),
    "half": re.compile(r"(20\d\d)-H([12])"),
    "year": re.compile(r"(20\d\d)()"),
}


class Length(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


_PATTERNS: Mapping[Length, str] = {
    Length.WEEK: N_("%(year)s年第%(n)s周"),
    Length.MONTH: N_("%(year)s年%(n)s月"),
    Length.QUARTER: N_("%(year)s年第%(n)s季度"),
    Length.YEAR: N_("%(year)s年"),
}
_HALVES = (N_("%(year)s年上半年"), N_("%(year)s年下半年"))
_MONTHS: Mapping[Length, int] = {
    Length.MONTH: 1, Length.QUARTER: 3, Length.HALF: 6, Length.YEAR: 12
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """A week (ISO, from Monday), month, quarter, half-year or year; ``number`` counts in the year."""

    length: Length
    year: int
    number: int
    start: date
    end: date

    @property
    def code(self) -> str:
        """The period as addresses and keys write it: 2024-W10, 2024-03, 2024-Q1, 2024-H1, 2024."""
        forms = {
            Length.WEEK: f"{self.year:04d}-W{self.number:02d}",
            Length.MONTH: f"{self.year:04d}-{self.number:02d}",
            Length.QUARTER: f"{self.year:04d}-Q{self.number}",
            Length.HALF: f"{self.year:04d}-H{self.number}",
            Length.YEAR: f"{self.year:04d}",
        }
        return forms[self.length]

    @property
    def pattern(self) -> str:
        """The period's name, to be filled with ``words``."""
        if self.length is Length.HALF:
            return _HALVES[self.number - 1]
        return _PATTERNS[self.length]

    @property
    def words(self) -> dict[str, int]:
        """What ``pattern`` is filled with."""
        return {"year": self.year, "n": self.number}

    @property
    def label(self) -> str:
        """The period in Chinese words."""
        return self.pattern % self.words


def around(length: Length, day: date) -> Period:
    """Return the period that ``day`` lies in."""
    found = spans.around(Kind(length), day)
    if length is Length.WEEK:
        year, number, _weekday = day.isocalendar()
    else:
        year, number = day.year, (day.month - 1) // _MONTHS[length] + 1
    return Period(length, year, number, found.start, found.end)


def period_of(length: Length, code: str) -> Period:
    """Read a period's code.

    Raises:
        ValueError: there is no such period.
    """
    found = _CODES[length].fullmatch(code)
    if found is None:
        raise ValueError(f"{code!r} is no {length}")
    year, number = int(found[1]), int(found[2] or 1)
    firsts: Mapping[Length, Callable[[], date]] = {
        Length.WEEK: lambda: date.fromisocalendar(year, number, 1),
        Length.MONTH: lambda: date(year, number, 1),
        Length.QUARTER: lambda: date(year, number * 3, 1),
        Length.HALF: lambda: date(year, number * 6, 1),
        Length.YEAR: lambda: date(year, 1, 1),
    }
    return around(length, firsts[length]())


def named(code: str) -> Period:
    """Read a period's code, whatever its length.

    Raises:
        ValueError: there is no such period.
    """
    for length in Length:
        if _CODES[length].fullmatch(code):
            return period_of(length, code)
    raise ValueError(f"{code!r} is no period")


def before(period: Period) -> Period:
    """Return the period just before."""
    return around(period.length, period.start - _DAY)


def last_ended(length: Length, today: date) -> Period:
    """Return the newest period that was over before ``today``."""
    return before(around(length, today))


def recent(length: Length, today: date, count: int) -> list[Period]:
    """Return the running period and the ones before it, newest first."""
    found = [around(length, today)]
    while len(found) < count:
        found.append(before(found[-1]))
    return found


Range = tuple[date, date]


def ranges(period: Period, today: date) -> tuple[Range, Range | None, Range]:
    """Return the days of a period, of the one before (环比) and of last year's (同比).

    It is compared as on the dashboards (``core.spans``). A year's own predecessor is last year, so it
    has no 环比 beside its 同比.
    """
    kind = Kind(period.length)
    so_far = spans.until(spans.Period(kind, period.start, period.end), today)
    earlier = None if kind is Kind.YEAR else spans.before(so_far)
    year_ago = spans.year_before(so_far)
    return (
        (so_far.start, so_far.end),
        (earlier.start, earlier.end) if earlier else None,
        (year_ago.start, year_ago.end),
    )
