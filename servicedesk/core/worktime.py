"""Working time (工作时间): the arithmetic behind every deadline of the service desk.

Two kinds of limit exist and they are counted differently:

* a limit in *working minutes* (工作分钟) runs from the very moment it starts,
  see :meth:`Calendar.add` (民法典 §201 para. 2: a period in hours runs from the agreed time);
* a limit in *working days* (工作日) does not count the day of receipt and ends at close of
  business, see :meth:`Calendar.due_after_days` (民法典 §201 para. 1 and §203; 行政许可法 §82).

The module is pure: it knows no clock, no database and no web framework.  Moments are aware
``datetime`` objects, and a naive one raises ``ValueError``.  Results are aware and in UTC.  The
resolution is one minute: seconds are dropped on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servicedesk.core.minutes import to_minutes, to_moment
from servicedesk.core.segments import (
    DEFAULT_SEGMENTS,
    Segment,
    format_segments,
    parse_segments,
)
from servicedesk.core.workdays import DAY, NoWorkingTime, Span, WorkingDays, dates
from servicedesk.core.worked import Worked

__all__ = [
    "DEFAULT_SEGMENTS",
    "Calendar",
    "NoWorkingTime",
    "Segment",
    "format_segments",
    "parse_segments",
]

_REACH = 366 * 1440  # how far an addition looks ahead in the index before it walks
_INDEXED = 12 * _REACH  # an index of more years than that is not worth its memory
_OLDEST, _NEWEST = (year * 525_949 for year in (-70, 130))  # about 1900 to 2100, in minutes


@dataclass(frozen=True)
class Calendar(WorkingDays):
    """The working calendar (工作日历) of a park: which minutes are working minutes.

    Which days are worked, and when, is said by :class:`WorkingDays`.  Minutes are real elapsed
    minutes.  In a ``timezone`` with summer time a segment over the change is an hour longer or
    shorter; an edge at a repeated or missing wall time has ``fold=0``.
    """

    _index: list[Worked] = field(init=False, repr=False, compare=False, default_factory=list)

    # Moments ---------------------------------------------------------------------------------

    def is_working_moment(self, moment: datetime) -> bool:
        """Tell whether ``moment`` lies in office hours, ``start <= t < end`` (工作时刻).

        Raises:
            ValueError: ``moment`` is naive.
        """
        now = to_minutes(moment)
        return any(start <= now < end for start, end in self._spans_on(self._date_of(now)))

    def next_working_moment(self, moment: datetime) -> datetime:
        """Return ``moment`` if it is a working one, else the next opening (下一工作时刻).

        Raises:
            ValueError: ``moment`` is naive.
            NoWorkingTime: there is none within three years.
        """
        start, _ = next(self._spans_after(to_minutes(moment)))
        return to_moment(start)

    def add(self, moment: datetime, minutes: int) -> datetime:
        """Return the moment ``minutes`` working minutes after ``moment`` (顺延工作分钟).

        The period runs from the moment itself (民法典 §201 para. 2) and only in office hours.  It
        ends in ``(start, end]`` of a segment: work that is done at 12:00 sharp is due at 12:00,
        not after the break.  Zero minutes give ``moment`` back, working or not.

        Raises:
            ValueError: ``minutes`` is negative or ``moment`` is naive.
            NoWorkingTime: three years pass without a working minute.
        """
        now, left = to_minutes(moment), _not_negative(minutes)
        if not left:
            return to_moment(now)
        index = self._worked(now, now + _REACH)
        if index is not None and (found := index.when(index.until(now) + left)) is not None:
            return to_moment(found)
        for start, end in self._spans_after(now):
            if left <= end - start:
                return to_moment(start + left)
            left -= end - start
        raise AssertionError("unreachable: the spans of a calendar do not end")

    def subtract(self, moment: datetime, minutes: int) -> datetime:
        """Return the moment ``minutes`` working minutes before ``moment`` (倒推工作分钟).

        It lies in ``[start, end)`` of a segment, as befits the start of a stretch of work, such
        as the time of a reminder.  Zero minutes give ``moment`` back.

        Raises:
            ValueError: ``minutes`` is negative or ``moment`` is naive.
            NoWorkingTime: three years pass without a working minute.
        """
        now, left = to_minutes(moment), _not_negative(minutes)
        if not left:
            return to_moment(now)
        for start, end in self._spans_before(now):
            if left <= end - start:
                return to_moment(end - left)
            left -= end - start
        raise AssertionError("unreachable: the spans of a calendar do not end")

    def between(self, start: datetime, end: datetime) -> int:
        """Return the working minutes from ``start`` to ``end`` (间隔工作分钟数).

        The result is negative if ``end`` is before ``start``.

        Raises:
            ValueError: a moment is naive.
        """
        first, last = to_minutes(start), to_minutes(end)
        if last < first:
            return -self.between(end, start)
        index = self._worked(first, last)
        if index is not None:
            return index.until(last) - index.until(first)
        return sum(close - opening for opening, close in self._spans_within(first, last))

    def between_each(self, starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[Any]:
        """Return :meth:`between` of many pairs at once; moments are whole minutes since 1970 UTC."""
        if not len(starts):
            return np.zeros(0, dtype=np.int64)
        first, last = int(min(starts.min(), ends.min())), int(max(starts.max(), ends.max()))
        index = self._worked(first, last)
        if index is not None:
            worked: NDArray[Any] = index.until_each(ends) - index.until_each(starts)
            return worked
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([self.between(to_moment(a), to_moment(b)) for a, b in pairs])

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working spans (工作区间) inside ``[start, end)``, earliest first.

        Nothing is yielded if ``end <= start``.

        Raises:
            ValueError: a moment is naive; raised by the call itself, before any iteration.
        """
        within = self._spans_within(to_minutes(start), to_minutes(end))
        return ((to_moment(opening), to_moment(close)) for opening, close in within)

    # Deadlines -------------------------------------------------------------------------------

    def deemed_receipt(self, moment: datetime) -> datetime:
        """Return when something handed in at ``moment`` counts as received (视为收到).

        * in office hours: at once;
        * before opening or in the break of a working day: when that day's work goes on;
        * on a rest day, at closing time or later: when the next working day opens, for business
          ends the day (民法典 §203: 有业务时间的, 停止业务活动的时间为截止时间).

        Raises:
            ValueError: ``moment`` is naive.
            NoWorkingTime: no working day follows within three years.
        """
        return self.next_working_moment(moment)

    def end_of_day(self, day: date) -> datetime:
        """Return the close of business (停止业务活动的时间, 民法典 §203) of a working day.

        Raises:
            ValueError: ``day`` is not a working day.
        """
        spans = self._spans_on(day)
        if not spans:
            raise ValueError(f"{day.isoformat()} is not a working day, so it has no closing time")
        return to_moment(spans[-1][1])

    def due_after_days(self, receipt: datetime, days: int) -> datetime:
        """Return the deadline (期限届满) ``days`` working days after ``receipt``.

        It is the close of business (民法典 §203) of the ``days``-th working day after the day of
        deemed receipt, that day not being counted (民法典 §201; 行政许可法 §82).

        Raises:
            ValueError: ``days`` is below 1 or ``receipt`` is naive.
            NoWorkingTime: three years pass without a working day.
        """
        received_on = self.local(self.deemed_receipt(receipt)).date()
        return self.end_of_day(self.add_working_days(received_on, days))

    # Inside ----------------------------------------------------------------------------------

    def _worked(self, first: int, last: int) -> Worked | None:
        """Return an index that holds ``first`` to ``last``; ``None`` where walking must decide.

        That is so for far years and very long spans, and where nobody works for years on end.
        """
        index = self._index[0] if self._index else None
        if index is None or not index.holds(first, last):
            lowest = min(first, index.first) if index else first
            highest = max(last, index.last) if index else last
            if highest - lowest > _INDEXED:
                lowest, highest = first, last
            index = self._build_index(lowest, highest)
            if index is None:
                return None
            self._index[:] = [index]
        return index if index.gap <= _REACH else None

    def _build_index(self, lowest: int, highest: int) -> Worked | None:
        """Index the whole years around ``lowest`` to ``highest``."""
        if highest - lowest > _INDEXED or not _OLDEST <= lowest <= highest < _NEWEST:
            return None
        first = date(self._date_of(lowest).year, 1, 1) - DAY
        last = date(self._date_of(highest).year, 12, 31) + DAY
        spans = [span for day in dates(first, last) for span in self._spans_on(day)]
        edges = (datetime.combine(day, time(), self._zone) for day in (first, last + DAY))
        return Worked(spans, *map(to_minutes, edges))

    def _spans_after(self, now: int) -> Iterator[Span]:
        """Yield the working spans from ``now`` on, earliest first, the first one cut at ``now``."""
        for day in self._working_days(self._date_of(now), DAY):
            for start, end in self._spans_on(day):
                if now < end:
                    yield max(start, now), end

    def _spans_before(self, now: int) -> Iterator[Span]:
        """Yield the working spans before ``now``, latest first, the first one cut at ``now``."""
        for day in self._working_days(self._date_of(now), -DAY):
            for start, end in reversed(self._spans_on(day)):
                if start < now:
                    yield start, min(end, now)

    def _spans_within(self, first: int, last: int) -> Iterator[Span]:
        """Yield the working spans inside ``[first, last)``, earliest first."""
        for day in dates(self._date_of(first), self._date_of(last)):
            for start, end in self._spans_on(day):
                opening, close = max(start, first), min(end, last)
                if opening < close:
                    yield opening, close


def _not_negative(minutes: int) -> int:
    if minutes < 0:
        raise ValueError(f"the number of working minutes must not be negative, got {minutes}")
    return minutes
