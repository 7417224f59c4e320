"""The calendar as it would be (拟调整的日历): changes that are looked at before they are made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from servicedesk.calendars.library import usual
from servicedesk.calendars.queries import calendar
from servicedesk.core.worktime import Calendar

LONGEST = 60  # days in one go: more is a slip of the pen


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that becomes a local day off or working day; ``working`` ``None`` removes the local rule."""

    day: date
    working: bool | None
    name: str = ""


def span_of(hours: Calendar, first: date, last: date, working: bool, name: str) -> list[DayChange]:
    """Return the changes for a span of days; days of a longer one that are so already are left out."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    if len(days) > 1:
        days = [day for day in days if hours.is_working_day(day) is not working]
    return [DayChange(day, working, name) for day in days]


def planned(park_id: int, changes: Sequence[DayChange]) -> Calendar:
    """Return the park's calendar with ``changes`` in it; nothing is written."""
    hours = calendar(park_id)
    off, work = set(hours.days_off), set(hours.make_up_days)
    for change in changes:
        off.discard(change.day)
        work.discard(change.day)
        working = change.working
        if working is None:
            known = usual(change.day)
            working = known[1] if known else None
        if working is not None:
            (work if working else off).add(change.day)
    return replace(hours, days_off=frozenset(off), make_up_days=frozenset(work))
