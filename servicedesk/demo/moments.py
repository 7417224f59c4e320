"""When the demo's requests come in: seasons, office hours, evenings."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from servicedesk.core.worktime import Calendar
from servicedesk.demo.stories import Story

EVERY_MONTH = (7, 4, 10, 10, 9, 9, 9, 9, 9, 9, 8, 7)  # Spring Festival is quiet
SEASONS: dict[str, Sequence[int]] = {
    "C01": (3, 14, 12, 6, 4, 5, 6, 8, 6, 3, 2, 0),
    "C02": (1, 4, 3, 1, 2, 2, 1, 1, 2, 2, 1, 0),
    "C04": (0, 0, 2, 3, 3, 1, 0, 0, 2, 2, 0, 0),
    "D02": (0, 0, 0, 0, 0, 1, 3, 3, 2, 0, 0, 0),
    "D03": (2, 1, 1, 1, 1, 2, 1, 1, 1, 2, 3, 3),
    "E01": (0, 1, 4, 6, 7, 5, 3, 2, 1, 0, 0, 0),
    "E02": (0, 0, 2, 4, 4, 3, 3, 2, 2, 1, 0, 0),
    "F01": (0, 0, 4, 3, 0, 0, 3, 3, 0, 0, 0, 0),
    "F02": (0, 0, 0, 3, 4, 3, 0, 0, 0, 0, 0, 0),
    "F03": (0, 0, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0),
    "F04": (0, 1, 2, 3, 2, 2, 2, 2, 3, 3, 1, 0),
    "F05": (0, 0, 4, 4, 3, 0, 0, 0, 0, 0, 0, 0),
    "J01": (0, 0, 0, 0, 2, 4, 5, 4, 0, 0, 0, 0),
    "J03": (2, 1, 2, 2, 3, 5, 5, 4, 2, 2, 2, 3),
}
_ON_BEHALF = frozenset({"visit", "phone", "counter", "12345"})


def sometime(story: Story, year: int, hours: Calendar, chance: Random, last: date) -> datetime:
    """Return when the request comes in: in the item's season, not after ``last``."""
    weights = SEASONS.get(story.item, EVERY_MONTH)
    while True:
        month = chance.choices(range(1, 13), weights)[0]
        day = date(year, month, chance.randint(1, 28))
        if date(year, 1, 2) <= day <= last:
            return on_day(story.channel, day, hours, chance)


def on_day(channel: str, day: date, hours: Calendar, chance: Random) -> datetime:
    """Return a moment of ``day``; for staff, in the office's time of that day or the next one."""
    staff = channel in _ON_BEHALF
    if staff or chance.random() < 0.75:
        working = day if hours.is_working_day(day) else hours.next_working_day(day)
        opening = hours.subtract(hours.end_of_day(working), hours.minutes_on(working))
        return hours.next_working_moment(hours.add(opening, chance.randint(5, 400)))
    local = datetime.combine(day, time(chance.randint(7, 22), chance.randrange(60)))
    return local.replace(tzinfo=hours.local(hours.end_of_day(hours.next_working_day(day))).tzinfo)


def working_day_back(day: date, count: int, hours: Calendar) -> date:
    """Return the ``count``-th working day before ``day``; 0 is ``day`` or the last one before."""
    while not hours.is_working_day(day):
        day -= timedelta(days=1)
    for _ in range(count):
        day -= timedelta(days=1)
        while not hours.is_working_day(day):
            day -= timedelta(days=1)
    return day
