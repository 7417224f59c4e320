"""Figures in words: values in their units, changes, periods, cuts, what a row is of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from servicedesk.accounts.queries import staff_names
from servicedesk.catalogue.queries import categories, item_labels
from servicedesk.core.channels import CHANNELS
from servicedesk.core.figures import MINUTES, Aggregation, Figure
from servicedesk.core.industries import SECTIONS
from servicedesk.core.numerals import WAN, Change, change_words, shortened
from servicedesk.core.scales import SCALES
from servicedesk.core.spans import PRESETS, Period
from servicedesk.core.tallies import NONE
from servicedesk.core.words import N_
from servicedesk.organisation.queries import units
from servicedesk.statistics.cutting import NOT_RECORDED, Cut, Dimension
from servicedesk.web.showing import locale_name, minutes_in_words, named, whole_day

DIMENSIONS: Mapping[Dimension, str] = {
    Dimension.UNIT: N_("承办单位"),
    Dimension.PERSON: N_("承办人"),
    Dimension.CATEGORY: N_("类别"),
    Dimension.ITEM: N_("事项"),
    Dimension.CHANNEL: N_("来源渠道"),
    Dimension.INDUSTRY: N_("行业"),
    Dimension.SCALE: N_("企业规模"),
    Dimension.AREA: N_("片区"),
    Dimension.MONTH: N_("月份"),
    Dimension.WEEK: N_("周"),
    Dimension.DAY: N_("日期"),
}
WEEKDAYS = (
    N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"),
)  # fmt: skip
NOTHING: Mapping[Dimension, str] = {
    Dimension.UNIT: N_("尚未派单"),
    Dimension.PERSON: N_("尚无承办人"),
}

_COUNTED: Mapping[str, Callable[[int, str], str]] = {
    "件": lambda n, said: ngettext("%(said)s件", "%(said)s件", n, said=said),
    "家": lambda n, said: ngettext("%(said)s家", "%(said)s家", n, said=said),
    "人": lambda n, said: ngettext("%(said)s人", "%(said)s人", n, said=said),
    "次": lambda n, said: ngettext("%(said)s次", "%(said)s次", n, said=said),
    "项": lambda n, said: ngettext("%(said)s项", "%(said)s项", n, said=said),
    "类": lambda n, said: ngettext("%(said)s类", "%(said)s类", n, said=said),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the codes of cuts and rows, in the reader's language."""

    categories: Mapping[str, str]
    items: Mapping[str, str]
    units: Mapping[str, str]
    people: Mapping[int, str]


def names_for(park_id: int, people: Mapping[int, str] | Iterable[int]) -> Names:
    """Return the names of a park's catalogue and units, and of these people: four statements."""
    return Names(
        categories={one.code: named(one) for one in categories()},
        items={one.code: named(one) for one in item_labels(park_id)},
        units={unit.code: unit.name for unit in units(park_id)},
        people=people if isinstance(people, Mapping) else staff_names(park_id, people),
    )


def name_of(by: Dimension, key: Any, names: Names) -> str:
    """Return what a row of a breakdown is of, in words."""
    if key in (None, "", NOT_RECORDED, NONE):
        return _(NOTHING.get(by, N_("未填写")))
    if by is Dimension.DAY:
        return whole_day(key)
    if by is Dimension.WEEK:
        return _("%(day)s起的一周", day=whole_day(key))
    if by is Dimension.INDUSTRY:
        section = SECTIONS.get(key)
        if section is None:
            return str(key)
        return section.name if locale_name() == "zh" else section.name_en
    known: Mapping[Dimension, Mapping[Any, str]] = {
        Dimension.CATEGORY: names.categories,
        Dimension.ITEM: names.items,
        Dimension.UNIT: names.units,
        Dimension.PERSON: names.people,
        Dimension.CHANNEL: CHANNELS,
        Dimension.SCALE: SCALES,
    }
    found = known.get(by, {}).get(key, str(key))
    return _(found) if by in (Dimension.CHANNEL, Dimension.SCALE, Dimension.AREA) else found


def cut_words(cut: Cut, names: Names) -> str:
    """Return what a cut counts, in words; nothing for everything."""
    parts = {field: getattr(cut, field) for field in cut.parameters()}
    hours = {"weekday": parts.pop("weekday", ""), "hour": parts.pop("hour", "")}
    words = [
        _("%(what)s：%(name)s", what=_(DIMENSIONS[by]), name=name_of(by, key, names))
        for by, key in ((Dimension(field), key) for field, key in parts.items())
    ]
    if hours["weekday"]:
        words.append(_("%(day)s提交", day=_(WEEKDAYS[int(hours["weekday"]) - 1])))
    if hours["hour"]:
        words.append(_("%(hour)s时提交", hour=hours["hour"]))
    return " · ".join(words)


def period_words(period: Period) -> str:
    """Write a period: the preset's word, and its days."""
    days = days_in_words(period.start, period.end)
    if period.name in PRESETS:
        return _("%(name)s（%(days)s）", name=_(PRESETS[period.name]), days=days)
    return days


def days_in_words(start: date, end: date) -> str:
    """Write a range of days; one day by itself, a whole year as the year."""
    if start == end:
        return whole_day(start)
    if (start.month, start.day, end.month, end.day, end.year) == (1, 1, 12, 31, start.year):
        return _("%(n)s年全年", n=start.year)
    return _("%(start)s至%(end)s", start=whole_day(start), end=whole_day(end))


def say(figure: Figure, value: float | None) -> str:
    """Write a figure's value in its unit, as people read it: 万 and 亿 in Chinese."""
    if value is None:
        return "—"
    if figure.unit == MINUTES:
        return ("−" if value < 0 else "") + minutes_in_words(int(value))
    if figure.unit == "%":
        return f"{value:.1f}%"
    if figure.aggregation is Aggregation.EACH:
        return f"{value:.1f} {_(figure.unit)}"
    if locale_name() != "zh":
        return _money(value) if figure.unit == "万元" else counted(round(value), figure.unit)
    number, unit = shortened(value, figure.unit)
    return f"{number} {unit}"


def counted(number: int, unit: str) -> str:
    """Write how many there are of what, for languages in which one is not many: 1 ticket, 12 tickets."""
    words = _COUNTED.get(unit)
    return words(number, f"{number:,}") if words else f"{number:,} {_(unit)}"


def _money(ten_thousands: float) -> str:
    """Write 万元 for languages that count in thousands and millions."""
    if abs(ten_thousands) < 100:
        return _("%(n)s元", n=f"{ten_thousands * WAN:,.0f}")
    return _("%(n)s百万元", n=f"{ten_thousands / 100:,.2f}".rstrip("0").rstrip("."))


def say_short(figure: Figure, value: float | None) -> str:
    """Write a value for a table, whose header has the unit: exactly, without it."""
    if value is None or figure.unit == MINUTES or figure.unit == "%":
        return say(figure, value)
    return f"{value:.1f}" if figure.aggregation is Aggregation.EACH else f"{value:,.0f}"


def say_change(moved: Change) -> str:
    """Write how a figure moved: 增长12.5%, 下降1.1个百分点, 持平."""
    words, number = change_words(moved)
    return _(words, n=number) if number else _(words)
