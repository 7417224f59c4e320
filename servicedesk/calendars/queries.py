"""Reading the park's calendar as the pure object that counts working time."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from servicedesk.calendars.models import CalendarDay, CalendarYear
from servicedesk.core.worktime import Calendar, parse_segments
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.transaction import remembered

_cache: dict[tuple[str, int, int, str], Calendar] = remembered()


def calendar(park_id: int) -> Calendar:
    """Return the park's working calendar, built once for each version of it."""
    park = get_park(park_id)
    key = (str(db.engine.url), park_id, park.calendar_version, park.working_hours)
    known = _cache.get(key)
    if known is None:
        known = _load(park_id, park.working_hours, park.timezone)
        _cache.clear()  # other threads keep the one that they hold
        _cache[key] = known
    return known


def _load(park_id: int, hours: str, timezone: str) -> Calendar:
    rows = db.session.scalars(select(CalendarDay).where(CalendarDay.park_id == park_id)).all()
    years = db.session.scalars(
        select(CalendarYear.year).where(
            CalendarYear.park_id == park_id, CalendarYear.published.is_(False)
        )
    )
    return Calendar(
        segments=parse_segments(hours),
        days_off=frozenset(row.day for row in rows if not row.working),
        make_up_days=frozenset(row.day for row in rows if row.working),
        timezone=timezone,
        provisional_years=frozenset(years),
    )


def days(park_id: int, year: int) -> Sequence[CalendarDay]:
    """Return the year's days that differ from the weekday rule."""
    query = select(CalendarDay).where(
        CalendarDay.park_id == park_id,
        CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    return db.session.scalars(query.order_by(CalendarDay.day)).all()


def years(park_id: int) -> Sequence[CalendarYear]:
    """Return the years that the calendar holds."""
    query = select(CalendarYear).where(CalendarYear.park_id == park_id)
    return db.session.scalars(query.order_by(CalendarYear.year)).all()
