"""What is known of a year without asking the park: the State Council's notice, or the fixed dates."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar

from servicedesk.core.words import N_

Entry = tuple[date, bool, str]  # the day, whether it is worked, its name
FIXED_HOLIDAYS = {  # 全国年节及纪念日放假办法 (2024): the holidays with a fixed solar date
    (1, 1): N_("元旦"),
    (5, 1): N_("劳动节"),
    (5, 2): N_("劳动节"),
    (10, 1): N_("国庆节"),
    (10, 2): N_("国庆节"),
    (10, 3): N_("国庆节"),
}
_HOLIDAY_NAMES = {
    "New Year's Day": N_("元旦"),
    "Spring Festival": N_("春节"),
    "Tomb-sweeping Day": N_("清明节"),
    "Labour Day": N_("劳动节"),
    "Dragon Boat Festival": N_("端午节"),
    "Mid-autumn Festival": N_("中秋节"),
    "National Day": N_("国庆节"),
}


def is_published(year: int) -> bool:
    """Tell whether the library knows the year's notice (国务院办公厅节假日安排)."""
    return any(day.year == year for day in chinese_calendar.constants.holidays)


def source_of(year: int) -> str:
    """Return where the days of a year come from: ``library`` or ``fixed``."""
    return "library" if is_published(year) else "fixed"


def days_of(year: int) -> Iterator[Entry]:
    """Yield the days on which ``year`` differs from Monday to Friday, as far as that is known."""
    return _library_days(year) if is_published(year) else _fixed_days(year)


def usual(day: date) -> Entry | None:
    """Return what is known of one day; ``None`` where the rule of the week applies."""
    return next((entry for entry in days_of(day.year) if entry[0] == day), None)


def _library_days(year: int) -> Iterator[Entry]:
    day = date(year, 1, 1)
    while day.year == year:
        working = bool(chinese_calendar.is_workday(day))
        if working != (day.weekday() < 5):
            _, english = chinese_calendar.get_holiday_detail(day)
            yield day, working, _HOLIDAY_NAMES.get(english or "", N_("调休上班"))
        day += timedelta(days=1)


def _fixed_days(year: int) -> Iterator[Entry]:
    for (month, number), name in FIXED_HOLIDAYS.items():
        day = date(year, month, number)
        if day.weekday() < 5:
            yield day, False, name
