"""Why this day (为何是这一天) in words, for the desk and for the enterprise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import get_day_names
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from servicedesk.calendars.queries import calendar
from servicedesk.core.deadlines import Limit
from servicedesk.core.explaining import WHY_NAMES, Day, Stretch, Why, by_day
from servicedesk.tickets.explaining import Explanation, Running, explanation
from servicedesk.tickets.models import Ticket
from servicedesk.web.showing import ZONE, minutes_in_words, working_days

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A day, or several equal ones, on the page: its dates, what it is, and its stretches."""

    days: str
    kind: str
    counted: int
    stretches: Sequence[Stretch]
    rest: bool


@dataclass(frozen=True, slots=True)
class ClockTable:
    """One clock of a ticket, day by day; ``ahead`` are the days to come until it is due."""

    clock: Running
    lines: Sequence[Line]
    ahead: Sequence[Line]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """Everything that the pages say of a ticket's time."""

    found: Explanation
    summary: str
    allowed: str
    tables: Sequence[ClockTable]
    skipped: Sequence[str]


def why_page(ticket: Ticket) -> WhyPage:
    """Return the explanation of a ticket's time in words."""
    found = explanation(ticket)
    tables = [
        ClockTable(
            one, _lines(ticket, one.stretches),
            _lines(ticket, found.ahead) if one is found.now else (),
        )
        for one in found.clocks
    ]  # fmt: skip
    skipped = [
        _("%(days)s（%(kind)s）", days=line.days, kind=line.kind)
        for table in tables[-1:]
        for line in (*table.lines, *table.ahead)
        if line.rest
    ]
    return WhyPage(found, _summary(found), _allowed(found.limit), tables, skipped)


def _summary(found: Explanation) -> str:
    """已用 3小时20分 / 2个工作日，暂停 1小时."""
    parts = [
        _(
            "已用%(used)s / 共%(allowed)s",
            used=minutes_in_words(found.used_of_limit),
            allowed=minutes_in_words(found.allowed),
        )
    ]
    if found.now.paused:
        parts.append(_("暂停%(time)s", time=minutes_in_words(found.now.paused)))
    if len(found.clocks) > 1:
        parts.append(_("第%(n)s次计时", n=len(found.clocks)))
    return _("，").join(parts)


def _allowed(limit: Limit) -> str:
    """What the clock allows, in words."""
    if limit.until is not None:
        return _("到节点日%(day)s下班为止", day=limit.until.isoformat())
    return working_days(limit.total)


def _lines(ticket: Ticket, stretches: Sequence[Stretch]) -> list[Line]:
    hours = calendar(ticket.park_id)
    return [_line(day) for day in by_day(hours, stretches)]


def _line(day: Day) -> Line:
    whys = {one.why for one in day.stretches}
    rest = whys <= {Why.WEEKEND, Why.HOLIDAY}
    return Line(_dates(day.first, day.last), _kind(day), day.counted, day.stretches, rest)


def _dates(first: date, last: date) -> str:
    names = get_day_names("abbreviated", locale=get_locale())
    begin = f"{format_date(first, _('M月d日'))} {names[first.weekday()]}"
    if first == last:
        return begin
    return f"{begin}–{format_date(last, _('M月d日'))} {names[last.weekday()]}"


def _kind(day: Day) -> str:
    """What a day is: a working day, a weekend, a holiday by its name."""
    for wanted in (Why.HOLIDAY, Why.WEEKEND, Why.MAKE_UP):
        for one in day.stretches:
            if one.why is wanted:
                return stretch_name(one)
    return _("周末") if day.first.weekday() >= SATURDAY else _("工作日")


def stretch_name(stretch: Stretch) -> str:
    """Return why a stretch counts or does not, with the name of a holiday or a pause's reason."""
    name = _(WHY_NAMES[stretch.why])
    if not stretch.note or stretch.note in (WHY_NAMES[stretch.why], name):
        return name
    note = stretch.note if stretch.why is Why.PAUSE else _(stretch.note)
    return _("%(name)s：%(note)s", name=name, note=note)


def hours_of(stretch: Stretch) -> str:
    """Write from when to when a stretch of one day lasts; midnight at its end is 24:00."""
    start, end = stretch.start.astimezone(ZONE), stretch.end.astimezone(ZONE)
    until = "24:00" if end.date() > start.date() else f"{end:%H:%M}"
    return f"{start:%H:%M}–{until}"
