"""A year as twelve grids of days, each day with its mark and its words."""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import get_day_names, get_month_names
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from servicedesk.calendars.models import CalendarDay
from servicedesk.calendars.planning import DayChange
from servicedesk.core.worktime import Calendar

_WEEKS = calendar.Calendar(firstweekday=calendar.MONDAY)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day: what it looks like, the letter that marks it, and what it is in words."""

    day: date
    look: str
    mark: str = ""
    words: str = ""
    today: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A month of weeks that begin on Monday; days of other months are ``None``."""

    name: str
    weeks: list[list[Cell | None]]


@dataclass(frozen=True, slots=True)
class Special:
    """The days of one holiday in words."""

    name: str
    off: str
    working: str


def months(year: int, special: Sequence[CalendarDay], today: date) -> list[Month]:
    """Return the twelve months of ``year``."""
    known = {row.day: row for row in special}
    names = get_month_names("wide", context="stand-alone", locale=get_locale())
    return [Month(names[number], _weeks(year, number, known, today)) for number in range(1, 13)]


def _weeks(
    year: int, month: int, known: Mapping[date, CalendarDay], today: date
) -> list[list[Cell | None]]:
    return [
        [_cell(day, known.get(day), today) if day.month == month else None for day in week]
        for week in _WEEKS.monthdatescalendar(year, month)
    ]


def _cell(day: date, row: CalendarDay | None, today: date) -> Cell:
    if row is None:
        weekend = day.weekday() >= calendar.SATURDAY
        look, words = ("weekend", _("周末")) if weekend else ("plain", "")
        return Cell(day, look, "", words, day == today)
    mark = _("班") if row.working else _("休")
    local = row.source == "local"
    look = ("work" if row.working else "off") + (" day-local" if local else "")
    return Cell(day, look, mark, _words(row), day == today)


def _words(row: CalendarDay) -> str:
    if row.source == "local":
        kind = _("本园区上班") if row.working else _("本园区休息")
        return f"{kind}：{row.name}"
    kind = _("调休上班") if row.working else _("放假")
    return kind if _(row.name) == kind else f"{kind}：{_(row.name)}"


def special_days(special: Iterable[CalendarDay]) -> list[Special]:
    """Return the year's holidays in words: which weekdays are off, which weekend days are worked."""
    by_name: dict[str, tuple[list[str], list[str]]] = {}
    for row in special:
        name = row.name if row.source == "local" else _(row.name)
        lists = by_name.setdefault(name, ([], []))
        lists[row.working].append(format_date(row.day, _("M月d日")))
    comma = _("、")
    return [Special(name, comma.join(off), comma.join(on)) for name, (off, on) in by_name.items()]


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day that is to change, before and after, in words."""

    day: str
    was: str
    becomes: str
    name: str


def changes_in_words(
    changes: Iterable[DayChange], now: Calendar, planned: Calendar
) -> list[ChangedDay]:
    """Return what each of ``changes`` makes of its day, earliest first."""
    full = get_day_names("wide", locale=get_locale())
    return [
        ChangedDay(
            f"{change.day.isoformat()} {full[change.day.weekday()]}",
            _works(now, change.day), _works(planned, change.day), change.name,
        )
        for change in sorted(changes, key=lambda one: one.day)
    ]  # fmt: skip


def _works(hours: Calendar, day: date) -> str:
    return _("上班") if hours.is_working_day(day) else _("休息")


def weekdays() -> list[tuple[str, str]]:
    """Return the short and the full names of the weekdays from Monday on."""
    short = get_day_names("narrow", locale=get_locale())
    full = get_day_names("wide", locale=get_locale())
    return [(short[number], full[number]) for number in range(7)]


def hours_in_words(hours: str) -> str:
    """Write ``09:00-12:00,13:30-17:30`` for people."""
    return _("、").join(part.strip().replace("-", "–") for part in hours.split(","))
