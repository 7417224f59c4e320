"""Changing the calendar: seeding it from the library, local days, hours."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select

from servicedesk.audit.actions import record
from servicedesk.calendars.library import days_of, is_published, source_of, usual
from servicedesk.calendars.models import CalendarDay, CalendarYear
from servicedesk.calendars.planning import DayChange
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import park_row
from servicedesk.statistics.marks import mark_calendar
from servicedesk.transaction import unit_of_work

FIRST_YEAR = 2023


@unit_of_work
def seed(park_id: int, until: int) -> None:
    """Fill the calendar from ``FIRST_YEAR`` to ``until``; local days and known years stay.

    A year that the library does not know yet is marked as not published and gets weekends and
    fixed-date holidays only; when the library learns it, seeding again replaces those.
    """
    for year in range(FIRST_YEAR, until + 1):
        known = db.session.get(CalendarYear, (park_id, year))
        if known is not None and (known.published or not is_published(year)):
            continue
        _replace_year(park_id, year)


def _replace_year(park_id: int, year: int) -> None:
    published = is_published(year)
    db.session.merge(CalendarYear(park_id=park_id, year=year, published=published))
    db.session.execute(
        delete(CalendarDay).where(
            CalendarDay.park_id == park_id,
            CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
            CalendarDay.source == "fixed",
        )
    )
    local = set(db.session.scalars(select(CalendarDay.day).where(CalendarDay.park_id == park_id)))
    source = source_of(year)
    for day, working, name in days_of(year):
        if day not in local:
            db.session.add(
                CalendarDay(park_id=park_id, day=day, working=working, name=name, source=source)
            )
    park_row(park_id).calendar_version += 1
    mark_calendar(park_id, date(year, 1, 1))


def set_day(actor: Actor, day: date, working: bool, name: str) -> None:
    """Enter a local day off or working day; open due dates are worked out again by the next tick.

    Raises:
        Refused: the day has passed: what was due then is not rewritten.
    """
    change_days(actor, [DayChange(day, working, name)])


def clear_day(actor: Actor, day: date) -> None:
    """Remove a local day; nothing happens if there is none.

    Raises:
        Refused: the day has passed.
    """
    change_days(actor, [DayChange(day, None)])


@unit_of_work
def change_days(actor: Actor, changes: Sequence[DayChange], seen: int | None = None) -> None:
    """Enter and remove local days in one go; ``seen`` is the calendar's version that was looked at.

    Open due dates are worked out again by the next tick.

    Raises:
        Refused: a day has passed: what was due then is not rewritten.
        Conflict: the calendar has changed since ``seen``.
    """
    park = park_row(actor.park_id)
    db.session.refresh(park, with_for_update=True)
    if seen is not None and park.calendar_version != seen:
        raise Conflict(seen, park.calendar_version)
    today = calendar(actor.park_id).local(clock.now()).date()
    if any(change.day < today for change in changes):
        raise Refused(N_("不能修改已经过去的日子。"), field="day")
    changed = [_change(actor, change) for change in changes]
    if any(changed):
        park.calendar_version += 1
        mark_calendar(actor.park_id, min(change.day for change in changes))


def _change(actor: Actor, change: DayChange) -> bool:
    """Write one day with its audit entry; returns whether there was anything to do."""
    found = db.session.get(CalendarDay, (actor.park_id, change.day))
    if change.working is None:
        if found is None or found.source != "local":
            return False
        db.session.delete(found)
        db.session.flush()
        _restore(actor.park_id, change.day)
        before = {"working": found.working, "name": found.name}
        record(actor, "calendar.clear_day", "calendar_day", change.day, before)
        return True
    before = {"working": found.working, "name": found.name} if found else {}
    after = {"working": change.working, "name": change.name}
    row = CalendarDay(park_id=actor.park_id, day=change.day, source="local", **after)
    db.session.merge(row)
    record(actor, "calendar.set_day", "calendar_day", change.day, before, after)
    return True


def _restore(park_id: int, day: date) -> None:
    """Put back what the library or the fixed holidays say of a day whose local rule is gone."""
    known = usual(day)
    if known is not None:
        _, working, name = known
        source = source_of(day.year)
        row = CalendarDay(park_id=park_id, day=day, working=working, name=name, source=source)
        db.session.add(row)
