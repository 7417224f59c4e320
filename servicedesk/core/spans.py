"""Periods of the dashboards (统计期): presets and free ranges, and what each is compared with.

A running period ends today and is compared with as many days of the one before (环比). A year ago
(同比) means the same dates; of weeks the same weekdays, 52 weeks earlier.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core.words import N_

FIRST_YEAR, LAST_YEAR = 2000, 2100
DAYS_MAX = 3660  # ten years: a longer range answers no question that a chart can show
_NAMED = re.compile(r"(20\d\d)(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


class Kind(StrEnum):
    """How a period is bounded."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    FREE = "free"


PRESETS: Mapping[str, str] = {
    "week": N_("本周"),
    "month": N_("本月"),
    "quarter": N_("本季度"),
    "year": N_("今年"),
    "last_week": N_("上周"),
    "last_month": N_("上月"),
    "last_quarter": N_("上季度"),
    "last_year": N_("去年"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` to ``end``, both included; ``name`` is a preset's, ``2024-03``, or empty.

    ``running`` says that it goes on after ``end``, which is today.
    """

    kind: Kind
    start: date
    end: date
    name: str = ""
    running: bool = False

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1


def preset(name: str, today: date) -> Period:
    """Return the period that a preset means on the day ``today``.

    Raises:
        KeyError: there is no such preset.
    """
    if name not in PRESETS:
        raise KeyError(name)
    last = name.startswith("last_")
    kind = Kind(name.removeprefix("last_"))
    found = around(kind, today)
    if last:
        found = around(kind, found.start - timedelta(days=1))
    return until(found, today, name)


def around(kind: Kind, day: date) -> Period:
    """Return the whole week, month, quarter, half-year or year that ``day`` lies in."""
    start = _start_of(kind, day)
    return Period(kind, start, _end_of(kind, start))


def whole(text: str) -> Period:
    """Return the whole year ``2024``, month ``2024-03`` or quarter ``2024-Q1``.

    Raises:
        ValueError: it is none of these.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    quarter, month = found[2], found[3]
    kind = Kind.QUARTER if quarter else Kind.MONTH if month else Kind.YEAR
    first = int(quarter) * 3 - 2 if quarter else int(month or 1)
    return around(kind, date(int(found[1]), first, 1))


def named(text: str, today: date) -> Period:
    """Return a preset, or the year ``2024``, the month ``2024-03`` or the quarter ``2024-Q1``.

    Raises:
        ValueError: it is none of these, or lies ahead.
    """
    if text in PRESETS:
        return preset(text, today)
    found = whole(text)
    if found.start > today:
        raise ValueError(text)
    return until(found, today, text)


def free(start: date, end: date) -> Period:
    """Return a free range (自选).

    Raises:
        ValueError: it ends before it begins, is too long, or lies outside the years that we know.
    """
    if not (start <= end and start.year >= FIRST_YEAR and end.year <= LAST_YEAR):
        raise ValueError(f"{start} – {end}")
    if (end - start).days >= DAYS_MAX:
        raise ValueError(f"{start} – {end}")
    return Period(Kind.FREE, start, end)


def parse(address: Mapping[str, str], today: date, default: str = "month") -> Period:
    """Return the period of an address: ``since`` and ``until``, or ``period``, or the default.

    A form sends all three: days that are not the named period's own are a free range.

    Raises:
        ValueError: the address names a period that there is none of.
    """
    since, until, name = (address.get(word, "") for word in ("since", "until", "period"))
    if (since or until) and not (since and until and name):
        return _chosen(since, until, today)
    known = named(name or default, today)
    if not since:
        return known
    chosen = _chosen(since, until, today)
    return known if (known.start, known.end) == (chosen.start, chosen.end) else chosen


def _chosen(since: str, until: str, today: date) -> Period:
    """Return the days that were chosen; those to come are left out, or the comparison is untrue."""
    return free(date.fromisoformat(since), min(date.fromisoformat(until), today))


def to_address(period: Period) -> dict[str, str]:
    """Return what an address says of a period; a preset stays one, so that it moves with time."""
    if period.name:
        return {"period": period.name}
    return days_of(period)


def days_of(period: Period) -> dict[str, str]:
    """Return the days of a period as an address has them: what a link means must not move."""
    return {"since": period.start.isoformat(), "until": period.end.isoformat()}


def before(period: Period) -> Period:
    """Return the period that comes before (环比): as long, or as many days of it while running."""
    end = period.start - timedelta(days=1)
    if period.kind is not Kind.FREE:
        start = _start_of(period.kind, end)
        if period.running:
            end = min(end, start + timedelta(days=period.days - 1))
        return Period(period.kind, start, end)
    if _whole_months(period):
        months = _month_number(period.end) - _month_number(period.start) + 1
        return Period(Kind.FREE, _month_start(_month_number(period.start) - months), end)
    return Period(Kind.FREE, end - timedelta(days=period.days - 1), end)


def year_before(period: Period) -> Period:
    """Return the same period a year ago (同比): the same dates, whole months as whole months."""
    if period.kind is Kind.WEEK:
        back = timedelta(weeks=52)
        return Period(Kind.WEEK, period.start - back, period.end - back)
    end = _a_year_ago(period.end)
    if _whole_months(period):
        end = end.replace(day=monthrange(end.year, end.month)[1])
    return Period(period.kind, _a_year_ago(period.start), end)


def months_of(period: Period) -> list[Period]:
    """Return the months that a period touches, each cut to the days that lie in the period."""
    found = []
    for number in range(_month_number(period.start), _month_number(period.end) + 1):
        start = _month_start(number)
        end = _month_start(number + 1) - timedelta(days=1)
        month = f"{start:%Y-%m}"
        found.append(Period(Kind.MONTH, max(start, period.start), min(end, period.end), name=month))
    return found


def every_day(period: Period) -> list[date]:
    """Return the days of a period."""
    return [period.start + timedelta(days=number) for number in range(period.days)]


def until(whole: Period, today: date, name: str = "") -> Period:
    """Return a period as far as it has come: ``running`` where it goes on after ``today``."""
    end = min(whole.end, max(today, whole.start))
    return Period(whole.kind, whole.start, end, name, running=end < whole.end)


def _start_of(kind: Kind, day: date) -> date:
    if kind is Kind.WEEK:
        return day - timedelta(days=day.weekday())
    if kind is Kind.MONTH:
        return day.replace(day=1)
    if kind is Kind.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    if kind is Kind.HALF:
        return day.replace(month=(day.month - 1) // 6 * 6 + 1, day=1)
    return day.replace(month=1, day=1)


def _end_of(kind: Kind, start: date) -> date:
    if kind is Kind.WEEK:
        return start + timedelta(days=6)
    months = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.HALF: 6}.get(kind, 12)
    return _month_start(_month_number(start) + months) - timedelta(days=1)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_start(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _whole_months(period: Period) -> bool:
    return period.start.day == 1 and (period.end + timedelta(days=1)).day == 1


def _a_year_ago(day: date) -> date:
    last = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
