"""A slow calendar to compare the quick one with, and random calendars and moments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar import constants
from hypothesis import strategies as st

from servicedesk.core.worktime import (
    Calendar,
    Segment,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BASE = date(2025, 3, 3)  # a Monday; random exceptions fall within WINDOW days of it
WINDOW = 21


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """Return the moment of a local wall time such as ``2024-09-13 10:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def real_calendar() -> Calendar:
    return Calendar(
        days_off=frozenset(constants.holidays),
        make_up_days=frozenset(constants.workdays),
    )


REAL = real_calendar()

# The slow reference ------------------------------------------------------------------------------


class Reference:
    """Minute by minute over the raw fields of a calendar whose zone has a constant offset."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.timezone)
        self.minutes: dict[date, set[int]] = {}

    def hours(self, day: date) -> set[int]:
        if day not in self.minutes:
            self.minutes[day] = {minute for s in self.rule(day) for minute in range(s.start, s.end)}
        return self.minutes[day]

    def rule(self, day: date) -> tuple[Segment, ...]:
        c = self.calendar
        if day in c.special_hours:
            return c.special_hours[day]
        if day in c.days_off:
            return ()
        if day in c.make_up_days or day.isoweekday() <= 5:
            return c.segments
        return ()

    def works(self, wall: datetime) -> bool:
        return wall.hour * 60 + wall.minute in self.hours(wall.date())

    def wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(second=0, microsecond=0)

    def add(self, moment: datetime, minutes: int) -> datetime:
        wall = self.wall(moment)
        while minutes:
            minutes -= self.works(wall)
            wall += MINUTE
        return wall

    def subtract(self, moment: datetime, minutes: int) -> datetime:
        wall = self.wall(moment)
        while minutes:
            wall -= MINUTE
            minutes -= self.works(wall)
        return wall

    def between(self, start: datetime, end: datetime) -> int:
        wall, stop, total = self.wall(start), self.wall(end), 0
        while wall < stop:
            total += self.works(wall)
            wall += MINUTE
        return total

    def next_working_moment(self, moment: datetime) -> datetime:
        wall = self.wall(moment)
        while not self.works(wall):
            wall += MINUTE
        return wall

    def due_after_days(self, moment: datetime, days: int) -> datetime:
        day = self.next_working_moment(moment).date()
        while days:
            day += DAY
            days -= bool(self.hours(day))
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return midnight + (max(self.hours(day)) + 1) * MINUTE


# Random calendars --------------------------------------------------------------------------------


@st.composite
def segment_tuples(draw: st.DrawFn, least: int = 1) -> tuple[Segment, ...]:
    count = draw(st.integers(least, 4))
    edges = st.lists(st.integers(0, 1440), min_size=2 * count, max_size=2 * count, unique=True)
    cuts = sorted(draw(edges))
    segments = [Segment(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    if count > 1 and draw(st.booleans()):  # let two of them touch
        segments[1] = Segment(segments[0].end, segments[1].end)
    return tuple(segments)


dates = st.integers(-7, WINDOW + 7).map(lambda n: BASE + n * DAY)
moments = st.integers(0, WINDOW * 1440).map(
    lambda n: datetime(BASE.year, BASE.month, BASE.day, tzinfo=SHANGHAI) + n * MINUTE
)
amounts = st.integers(0, 3000)
calendars = st.builds(
    Calendar,
    segments=segment_tuples(),
    days_off=st.frozensets(dates, max_size=10),
    make_up_days=st.frozensets(dates, max_size=6),
    timezone=st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "UTC", "Asia/Kolkata"]),
    special_hours=st.dictionaries(dates, segment_tuples(least=0), max_size=4),
).filter(lambda c: sum(s.end - s.start for s in c.segments) >= 60)
