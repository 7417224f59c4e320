"""Who is at work (在岗): the park's calendar, a person's shift, leave and make-up days; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar

SATURDAY = 6


class Day(StrEnum):
    """What a day is for one person."""

    WORK = "work"
    MAKE_UP = "make_up"
    AWAY = "away"
    REST = "rest"


DAY_NAMES = {
    Day.WORK: N_("在岗"),
    Day.MAKE_UP: N_("调休上班"),
    Day.AWAY: N_("请假"),
    Day.REST: N_("休息"),
}


@dataclass(frozen=True, slots=True)
class Shift:
    """When a person works (班次).

    ``weekdays`` are ISO weekdays such as ``12345``; ``make_up_days`` says whether the person comes on
    weekend days that are worked in exchange (调休上班). The minutes of the day bound the shift; without
    them the person works the whole day.
    """

    weekdays: str = "12345"
    make_up_days: bool = True
    start_minute: int | None = None
    end_minute: int | None = None

    def covers(self, minute: int) -> bool:
        """Tell whether a minute of the day lies in the shift."""
        start = 0 if self.start_minute is None else self.start_minute
        end = 24 * 60 if self.end_minute is None else self.end_minute
        return start <= minute < end


@dataclass(frozen=True, slots=True)
class Away:
    """Leave from its first to its last day, both included (请假)."""

    first: date
    last: date


DEFAULT_SHIFT = Shift()


def day_of(
    calendar: Calendar, day: date, shift: Shift = DEFAULT_SHIFT, absences: Iterable[Away] = ()
) -> Day:
    """Say what the local date ``day`` is for a person.

    Nobody works on a holiday or a day that the park is closed. A weekend day worked in exchange is
    for those whose shift has make-up days; other weekend days for those whose shift names them.
    """
    if not _works(calendar, day, shift):
        return Day.REST
    if any(one.first <= day <= one.last for one in absences):
        return Day.AWAY
    return Day.MAKE_UP if _is_make_up(calendar, day) else Day.WORK


def _works(calendar: Calendar, day: date, shift: Shift) -> bool:
    named = str(day.isoweekday()) in shift.weekdays
    if _is_make_up(calendar, day):
        return shift.make_up_days or named
    weekend = day.isoweekday() >= SATURDAY
    closed = day in calendar.days_off or calendar.special_hours.get(day) == ()
    return named and (calendar.is_working_day(day) or (weekend and not closed))


def _is_make_up(calendar: Calendar, day: date) -> bool:
    return day.isoweekday() >= SATURDAY and calendar.is_working_day(day)


def on_duty(
    calendar: Calendar,
    moment: datetime,
    shift: Shift = DEFAULT_SHIFT,
    absences: Iterable[Away] = (),
) -> bool:
    """Tell whether a person is at work at ``moment``.

    Raises:
        ValueError: ``moment`` is naive.
    """
    local = calendar.local(moment)
    if day_of(calendar, local.date(), shift, absences) not in (Day.WORK, Day.MAKE_UP):
        return False
    return shift.covers(local.hour * 60 + local.minute)
