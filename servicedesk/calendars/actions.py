"""Changing the calendar: seeding it from the library, local days, hours."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
from sqlalchemy import delete, select

from servicedesk.audit.actions import record
from servicedesk.calendars.models import CalendarDay, CalendarYear
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.transaction import unit_of_work

FIRST_YEAR = 2023
FIXED_HOLIDAYS = {  # 全国年节及纪念日放假办法 (2024): the holidays with a fixed solar date
    (1, 1): N_("元旦"),
    (5, 1): N_("劳动节"),
    (5, 2): N_("劳动节"),
    (10, 1): N_("国庆节"),
    (10, 2): N_("国庆节"),
    (10, 3): N_("国庆节"),
}


@unit_of_work
def seed(park_id: int, until: int) -> None:
    """Fill the calendar from ``FIRST_YEAR`` to ``until``; local days and known years stay.

    A year that the library does not know yet is marked as not published and gets weekends and
    fixed-date holidays only; when the library learns it, seeding again replaces those.
    """
    for year in range(FIRST_YEAR, until + 1):
        known = db.session.get(CalendarYear, (park_id, year))
        if known is not None and (known.published or not _in_library(year)):
            continue
        _replace_year(park_id, year)


def _replace_year(park_id: int, year: int) -> None:
    published = _in_library(year)
    db.session.merge(CalendarYear(park_id=park_id, year=year, published=published))
    db.session.execute(
        delete(CalendarDay).where(
            CalendarDay.park_id == park_id,
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
            CalendarDay.source == "fixed",
        )
    )
    local = set(db.session.scalars(select(CalendarDay.day).where(CalendarDay.park_id == park_id)))
    days = _library_days(year) if published else _fixed_days(year)
    source = "library" if published else "fixed"
    for day, working, name in days:
        if day not in local:
            db.session.add(
                CalendarDay(park_id=park_id, day=day, working=working, name=name, source=source)
            )
    get_park(park_id).calendar_version += 1


def _restore(park_id: int, day: date) -> None:
    """Put back what the library or the fixed holidays say of a day whose local rule is gone."""
    published = _in_library(day.year)
    days = _library_days(day.year) if published else _fixed_days(day.year)
    source = "library" if published else "fixed"
    for known, working, name in days:
        if known == day:
            db.session.add(
                CalendarDay(park_id=park_id, day=day, working=working, name=name, source=source)
            )


def _in_library(year: int) -> bool:
    return any(day.year == year for day in chinese_calendar.constants.holidays)


def _library_days(year: int) -> Iterator[tuple[date, bool, str]]:
    """Yield the days on which ``year`` differs from Monday to Friday."""
    day = date(year, 1, 1)
    while day.year == year:
        working = bool(chinese_calendar.is_workday(day))
        if working != (day.weekday() < 5):
            _, english = chinese_calendar.get_holiday_detail(day)
            yield day, working, _HOLIDAY_NAMES.get(english or "", N_("调休上班"))
        day += timedelta(days=1)


_HOLIDAY_NAMES = {
    "New Year's Day": N_("元旦"),
    "Spring Festival": N_("春节"),
    "Tomb-sweeping Day": N_("清明节"),
    "Labour Day": N_("劳动节"),
    "Dragon Boat Festival": N_("端午节"),
    "Mid-autumn Festival": N_("中秋节"),
    "National Day": N_("国庆节"),
}


def _fixed_days(year: int) -> Iterator[tuple[date, bool, str]]:
    for (month, number), name in FIXED_HOLIDAYS.items():
        day = date(year, month, number)
        if day.weekday() < 5:
            yield day, False, name


@unit_of_work
def set_day(actor: Actor, day: date, working: bool, name: str) -> None:
    """Enter a local day off or working day; open due dates are worked out again by the next tick.

    Raises:
        Refused: the day has passed: what was due then is not rewritten.
    """
    if day < calendar(actor.park_id).local(clock.now()).date():
        raise Refused(N_("不能修改已经过去的日子。"), field="day")
    found = db.session.get(CalendarDay, (actor.park_id, day))
    before = {"working": found.working, "name": found.name} if found else {}
    db.session.merge(
        CalendarDay(park_id=actor.park_id, day=day, working=working, name=name, source="local")
    )
    get_park(actor.park_id).calendar_version += 1
    record(
        actor, "calendar.set_day", "calendar_day", day, before, {"working": working, "name": name}
    )


@unit_of_work
def clear_day(actor: Actor, day: date) -> None:
    """Remove a local day; nothing happens if there is none."""
    found = db.session.get(CalendarDay, (actor.park_id, day))
    if found is None or found.source != "local":
        return
    db.session.delete(found)
    db.session.flush()
    _restore(actor.park_id, day)
    get_park(actor.park_id).calendar_version += 1
    record(actor, "calendar.clear_day", "calendar_day", day, {"working": found.working})
