"""Working days (工作日): which local dates are worked, and their hours in whole minutes.

The ground on which ``core.worktime`` reckons with moments and deadlines; as pure as that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from types import MappingProxyType
from zoneinfo import ZoneInfo

from servicedesk.core.minutes import MINUTE, aware, to_minutes, to_moment
from servicedesk.core.segments import DEFAULT_SEGMENTS, Segment, check_order

DAY = timedelta(days=1)
_SATURDAY = 5
_HORIZON_DAYS = 3 * 366  # a search that meets no working day for so long gives up
_CACHED_DAYS = 20_000  # an upper bound on the memory of one calendar, some 54 years of days

Span = tuple[int, int]
"""``[start, end)`` in whole minutes since 1970-01-01T00:00Z."""


class NoWorkingTime(ValueError):
    """The calendar has no working time (无工作时间) within three years of the moment asked for."""


@dataclass(frozen=True)
class WorkingDays:
    """The days of a park that are worked, and their hours.

    The hours of a day follow the first rule that applies:

    1. ``special_hours`` (特殊工作时间): that date's own hours; an empty tuple is a closed day.
    2. ``days_off`` (放假): nobody works, not even on a make-up day.
    3. ``make_up_days`` (调休上班): weekend dates worked in exchange for a bridge day, as the yearly
       holiday notice of the State Council (国务院办公厅关于节假日安排的通知) publishes them.
    4. Monday to Friday are working days, Saturday and Sunday are not.

    ``provisional_years`` (暂定年份) are years whose notice is not published yet.  They change no
    result: for such a year the calendar simply falls back on rule 4.

    Raises:
        ValueError: segments overlap or are out of order, or the time zone is unknown.
    """

    segments: tuple[Segment, ...] = DEFAULT_SEGMENTS
    days_off: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()
    timezone: str = "Asia/Shanghai"
    provisional_years: frozenset[int] = frozenset()
    special_hours: Mapping[date, tuple[Segment, ...]] = field(default_factory=dict, hash=False)
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _cache: dict[date, tuple[Span, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        check_order(self.segments)
        for segments in self.special_hours.values():
            check_order(segments)
        object.__setattr__(self, "special_hours", MappingProxyType(dict(self.special_hours)))
        object.__setattr__(self, "_zone", _zone_named(self.timezone))

    # Days ------------------------------------------------------------------------------------

    def is_working_day(self, day: date) -> bool:
        """Tell whether anybody works on the local date ``day`` (工作日)."""
        return bool(self._spans_on(day))

    def segments_on(self, day: date) -> tuple[Segment, ...]:
        """Return the office hours (当日时段) of the local date ``day``; empty on a rest day."""
        special = self.special_hours.get(day)
        if special is not None:
            return special
        return self.segments if self._is_scheduled(day) else ()

    def minutes_on(self, day: date) -> int:
        """Return the working minutes (当日工作分钟数) of the local date ``day``."""
        return sum(end - start for start, end in self._spans_on(day))

    def next_working_day(self, day: date) -> date:
        """Return the first working day strictly after ``day`` (下一工作日).

        Raises:
            NoWorkingTime: there is none within three years.
        """
        return next(self._working_days(day + DAY, DAY))

    def add_working_days(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day`` (第 N 个工作日).

        ``day`` itself is not counted (民法典 §201); statutory holidays are not counted either
        (行政许可法 §82), so that the result is never a day of rest (民法典 §203).

        Raises:
            ValueError: ``count`` is below 1.
            NoWorkingTime: three years pass without a working day.
        """
        if count < 1:
            raise ValueError(f"the number of working days must be at least 1, got {count}")
        return next(islice(self._working_days(day + DAY, DAY), count - 1, None))

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days ``d`` with ``first < d <= last`` (间隔工作日数).

        The first day is not counted (民法典 §201).  The count is 0 when ``last <= first``.
        """
        return sum(map(self.is_working_day, dates(first + DAY, last)))

    def local(self, moment: datetime) -> datetime:
        """Return ``moment``, seconds and all, in the zone of the calendar (当地时间).

        Raises:
            ValueError: ``moment`` is naive.
        """
        return aware(moment).astimezone(self._zone)

    # Inside ----------------------------------------------------------------------------------

    def _is_scheduled(self, day: date) -> bool:
        """Apply rules 2 to 4 of the class: is ``day`` worked, its special hours aside?"""
        if day in self.days_off:
            return False
        return day in self.make_up_days or day.weekday() < _SATURDAY

    def _spans_on(self, day: date) -> tuple[Span, ...]:
        """Return the working spans of the local date ``day``, from the cache if possible."""
        spans = self._cache.get(day)
        if spans is None:
            spans = self._build_spans(day)
            if len(self._cache) >= _CACHED_DAYS:
                self._cache.clear()
            self._cache[day] = spans
        return spans

    def _build_spans(self, day: date) -> tuple[Span, ...]:
        """Translate the segments of ``day`` to UTC minutes; a ``datetime`` is a ``TypeError``."""
        if isinstance(day, datetime):
            raise TypeError("a local date is needed here, not a datetime")
        midnight = datetime.combine(day, time(), self._zone)
        spans = (
            (to_minutes(midnight + s.start * MINUTE), to_minutes(midnight + s.end * MINUTE))
            for s in self.segments_on(day)
        )
        return tuple((start, end) for start, end in spans if start < end)

    def _date_of(self, now: int) -> date:
        """Return the local date of a UTC minute."""
        return self.local(to_moment(now)).date()

    def _working_days(self, day: date, step: timedelta) -> Iterator[date]:
        """Yield the working days from ``day`` on, ``day`` included, forward or backward."""
        origin, idle = day, 0
        while idle <= _HORIZON_DAYS:
            if self._spans_on(day):
                yield day
                origin, idle = day, 0
            else:
                idle += 1
            day += step
        raise NoWorkingTime(f"no working time within three years of {origin.isoformat()}")


def _zone_named(name: str) -> ZoneInfo:
    """Return the time zone (时区) ``name`` or raise ``ValueError``."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}") from None


def dates(first: date, last: date) -> Iterator[date]:
    """Yield the dates from ``first`` to ``last``, both included."""
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
