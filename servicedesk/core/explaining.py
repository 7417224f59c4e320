"""Why this day (为何是这一天): the time between two moments, cut into stretches with their reasons.

The minutes that count are those of :func:`servicedesk.core.deadlines.consumed`, to the minute: the
cuts are made from the same working spans and the same pauses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar

_DAY = timedelta(days=1)


class Why(StrEnum):
    """Why a stretch of time counts (计时) or does not (不计时)."""

    WORK = "work"
    MAKE_UP = "make_up"
    BEFORE = "before"
    PAUSE = "pause"
    BREAK = "break"
    OUTSIDE = "outside"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


WHY_NAMES: Mapping[Why, str] = {
    Why.WORK: N_("工作时间"),
    Why.MAKE_UP: N_("调休上班"),
    Why.BEFORE: N_("尚未视为收到"),
    Why.PAUSE: N_("暂停计时"),
    Why.BREAK: N_("午间休息"),
    Why.OUTSIDE: N_("下班时间"),
    Why.WEEKEND: N_("周末"),
    Why.HOLIDAY: N_("放假"),
}
COUNTED = frozenset({Why.WORK, Why.MAKE_UP})
_REST = frozenset({Why.WEEKEND, Why.HOLIDAY})


@dataclass(frozen=True, slots=True)
class Held:
    """A pause of the clock with its reason; ``end`` ``None`` while it stands."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time that counts or does not; ``minutes`` are the working minutes inside.

    ``note`` is the name of a holiday or the reason of a pause.
    """

    start: datetime
    end: datetime
    why: Why
    minutes: int
    note: str = ""

    @property
    def counts(self) -> bool:
        """Whether its minutes are used up."""
        return self.why in COUNTED


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, or several rest days in a row, with what was counted on it."""

    first: date
    last: date
    stretches: tuple[Stretch, ...]

    @property
    def counted(self) -> int:
        """The working minutes that count."""
        return counted(self.stretches)


def explain(
    calendar: Calendar,
    receipt: datetime,
    end: datetime,
    pauses: Sequence[Held] = (),
    names: Mapping[date, str] | None = None,
) -> list[Stretch]:
    """Return the stretches from ``receipt`` to ``end``, without gaps, earliest first.

    ``names`` are the names of the calendar's days that differ from the rule of the week. Seconds
    are dropped, as everywhere in working time. Before the deemed receipt (视为收到) nothing counts.

    Raises:
        ValueError: a moment is naive.
        NoWorkingTime: ``receipt`` is never deemed received.
    """
    begin, finish = _minute(receipt), _minute(end)
    deemed = min(calendar.deemed_receipt(receipt), finish)
    found: list[Stretch] = []
    if begin < deemed:
        found.append(Stretch(begin, deemed, Why.BEFORE, 0))
    moment = max(begin, deemed)
    for start, stop, reason in _disjoint(pauses, moment, finish):
        found += _by_calendar(calendar, moment, start, names or {})
        minutes = calendar.between(start, stop)
        found.append(Stretch(start, stop, Why.PAUSE, minutes, reason))
        moment = stop
    found += _by_calendar(calendar, moment, finish, names or {})
    return found


def counted(stretches: Iterable[Stretch]) -> int:
    """Return the working minutes that count."""
    return sum(stretch.minutes for stretch in stretches if stretch.counts)


def by_day(calendar: Calendar, stretches: Sequence[Stretch]) -> list[Day]:
    """Cut stretches at local midnights and gather them day by day; days of equal rest are one."""
    days: list[Day] = []
    for stretch in stretches:
        for part in _cut(calendar, stretch):
            day = calendar.local(part.start).date()
            last = days[-1] if days else None
            if last is not None and last.last == day:
                days[-1] = replace(last, stretches=(*last.stretches, part))
            elif last is not None and _alike(calendar, last, part):
                days[-1] = replace(last, last=day, stretches=(*last.stretches, part))
            else:
                days.append(Day(day, day, (part,)))
    return days


def rest_days(calendar: Calendar, first: date, last: date) -> list[date]:
    """Return the days from ``first`` to ``last`` that nobody works."""
    days = (last - first).days + 1
    every = (first + timedelta(days=number) for number in range(days))
    return [day for day in every if not calendar.is_working_day(day)]


def why_rest(calendar: Calendar, day: date) -> Why:
    """Return why nobody works on a rest day."""
    special = day in calendar.days_off or day in calendar.special_hours
    return Why.HOLIDAY if special else Why.WEEKEND


def _alike(calendar: Calendar, day: Day, part: Stretch) -> bool:
    """Whole days on which nothing counts for one and the same reason need one line only."""
    whole = calendar.local(part.end).time() == time()
    return (
        whole
        and not part.counts
        and all((one.why, one.note) == (part.why, part.note) for one in day.stretches)
    )


def _cut(calendar: Calendar, stretch: Stretch) -> Iterator[Stretch]:
    start = stretch.start
    while start < stretch.end:
        day = calendar.local(start).date()
        end = min(stretch.end, _midnight(calendar, day + _DAY))
        part = replace(stretch, start=start, end=end)
        if stretch.why in _REST and calendar.is_working_day(day):
            yield replace(part, why=Why.OUTSIDE, note="")  # the night beside the rest days
        else:
            yield replace(part, minutes=calendar.between(start, end) if stretch.minutes else 0)
        start = end


def _disjoint(
    pauses: Sequence[Held], begin: datetime, finish: datetime
) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield the pauses inside ``[begin, finish)``; where two overlap, the earlier one has the time."""
    covered = begin
    for pause in sorted(pauses, key=lambda one: one.start):
        start = max(_minute(pause.start), covered)
        stop = min(_minute(pause.end) if pause.end else finish, finish)
        if start < stop:
            yield start, stop, pause.reason
            covered = stop


def _by_calendar(
    calendar: Calendar, begin: datetime, finish: datetime, names: Mapping[date, str]
) -> list[Stretch]:
    """Cut a time without pauses by the calendar; nights melt into one another and into rest days."""
    found: list[Stretch] = []
    for part in _pieces(calendar, begin, finish, names):
        last = found[-1] if found else None
        if last is not None and (merged := _merged(last, part)):
            found[-1] = merged
        else:
            found.append(part)
    return found


def _merged(last: Stretch, part: Stretch) -> Stretch | None:
    if (last.why, last.note) == (part.why, part.note) and not part.counts:
        return replace(last, end=part.end)
    if last.why in _REST and part.why is Why.OUTSIDE:
        return replace(last, end=part.end)
    if last.why is Why.OUTSIDE and part.why in _REST:
        return replace(part, start=last.start)
    return None


def _pieces(
    calendar: Calendar, begin: datetime, finish: datetime, names: Mapping[date, str]
) -> Iterator[Stretch]:
    moment = begin
    while moment < finish:
        day = calendar.local(moment).date()
        until = min(finish, _midnight(calendar, day + _DAY))
        yield from _pieces_of_day(calendar, day, moment, until, names.get(day, ""))
        moment = until


def _pieces_of_day(
    calendar: Calendar, day: date, begin: datetime, finish: datetime, name: str
) -> Iterator[Stretch]:
    if not calendar.is_working_day(day):
        yield Stretch(begin, finish, why_rest(calendar, day), 0, name)
        return
    works = Why.MAKE_UP if day in calendar.make_up_days else Why.WORK
    midnight = _midnight(calendar, day)
    opening = next(calendar.spans(midnight, _midnight(calendar, day + _DAY)))[0]
    closing, moment = calendar.end_of_day(day), begin
    for start, end in calendar.spans(begin, finish):
        yield from _idle(moment, start, opening, closing)
        yield Stretch(start, end, works, calendar.between(start, end), name)
        moment = end
    yield from _idle(moment, finish, opening, closing)


def _idle(
    start: datetime, end: datetime, opening: datetime, closing: datetime
) -> Iterator[Stretch]:
    if start < end:
        inside = opening <= start and end <= closing
        yield Stretch(start, end, Why.BREAK if inside else Why.OUTSIDE, 0)


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(calendar.timezone))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
