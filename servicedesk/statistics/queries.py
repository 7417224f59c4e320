"""The manager's page (管理看板): every figure with its comparison and the way to its tickets.

Everything is counted from the facts, but for what is open now. Whatever the size of the data,
:func:`overview` takes the same few statements.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from servicedesk.catalogue.queries import CategoryLabel, ItemLabel, categories, item_labels
from servicedesk.core.channels import CHANNELS
from servicedesk.core.counting import change, rate
from servicedesk.core.figures import BY_KEY, Basis
from servicedesk.core.spans import Period, until, whole, year_before
from servicedesk.organisation.queries import UnitLabel, units
from servicedesk.statistics.counts import numbers_by_month, numbers_of, value_of
from servicedesk.statistics.cutting import EVERYTHING, Figures, Numbers, Span
from servicedesk.statistics.now import Now, of_units
from servicedesk.statistics.periods import companion, months_of
from servicedesk.statistics.rows import (
    Card,
    CategoryRow,
    ChannelRow,
    ItemRow,
    Link,
    Month,
    Named,
    Overview,
    UnitRow,
)
from servicedesk.statistics.standing import Standing

TOP = 10
CARDS = (
    "served", "delivered", "submitted", "response_rate", "resolution_rate", "satisfaction_rate",
    "on_time_rate", "rating_rate", "median_minutes", "p90_minutes", "promised_median_minutes",
)  # fmt: skip
NOTHING: Numbers = {}
Course = Mapping[str, Numbers]


def overview(park: int, stands: Standing, period: str, today: date) -> Overview:
    """Return the figures of ``2024`` or ``2024-03`` for a park, with what stands at this moment.

    A running period ends today and is compared with the same days of the year before.

    Raises:
        ValueError: ``period`` is not a year or a month.
    """
    days, figures = _days(period, today), stands.figures
    earlier = _span(year_before(days))
    found, before = numbers_of(figures, _span(days)), numbers_of(figures, earlier)
    year = int(period[:4])
    course = {**numbers_by_month(figures, year - 1), **numbers_by_month(figures, year)}
    known = units(park)
    now = of_units(stands, [unit.id for unit in known])
    return Overview(
        period=period,
        before=earlier,
        cards=_cards(period, found.get("all", NOTHING), before.get("all", NOTHING)),
        companion=_companion(figures, period, today),
        now=_now_cards(sum(now.values(), Now())),
        monthly=tuple(_month(month, today, course) for month in months_of(year)),
        by_category=tuple(_category(group, found, before) for group in categories()),
        by_unit=_by_unit(known, found, now),
        by_channel=_by_channel(found),
        top_items=_top_items(item_labels(park), found),
    )


def _days(period: str, today: date) -> Period:
    found = whole(period)
    return until(found, today, period) if found.start <= today else found


def _span(period: Period) -> Span:
    return Span(period.start, period.end)


def _named(thing: Any) -> Named:
    return Named(thing.code, thing.name, getattr(thing, "name_en", "") or "")


def _cut(group: CategoryLabel) -> str:
    return f"category:{group.code}"


def _cards(period: str, now: Numbers, before: Numbers) -> tuple[Card, ...]:
    return tuple(_card(key, period, now, before) for key in CARDS)


def _card(key: str, period: str, now: Numbers, before: Numbers) -> Card:
    figure = BY_KEY[key]
    value, previous = value_of(key, now), value_of(key, before)
    return Card(
        figure=figure,
        value=value,
        previous=previous,
        change=_points(value, previous) if figure.whole else change(value, previous),
        part=now.get(figure.part, 0) if figure.part else None,
        whole=now.get(figure.whole, 0) if figure.whole else None,
        link=Link(figure=key, period=period),
    )


def _points(value: float | None, previous: float | None) -> float | None:
    return None if value is None or previous is None else value - previous


def _companion(figures: Figures, period: str, today: date) -> Card | None:
    """Return the enterprises served in the other period that is shown beside."""
    beside = companion(period, today)
    if beside is None:
        return None
    days = _days(beside, today)
    now, before = (figures.numbers(_span(one), EVERYTHING) for one in (days, year_before(days)))
    return _card("served", beside, now, before)


def _now_cards(now: Now) -> tuple[Card, ...]:
    figures = [figure for figure in BY_KEY.values() if figure.basis is Basis.NOW]
    return tuple(
        Card(figure, getattr(now, figure.key), None, None, None, None, Link(view=figure.key))
        for figure in figures
    )


def _month(month: str, today: date, course: Course) -> Month:
    numbers = course.get(month, NOTHING)
    ahead = month > f"{today:%Y-%m}"
    before = f"{int(month[:4]) - 1:04d}{month[4:]}"
    return Month(
        period=month,
        served=None if ahead else numbers.get("served", 0),
        submitted=None if ahead else numbers.get("submitted", 0),
        delivered=None if ahead else numbers.get("delivered", 0),
        served_before=course.get(before, NOTHING).get("served", 0),
    )


def _category(
    group: CategoryLabel, found: Mapping[str, Numbers], before: Mapping[str, Numbers]
) -> CategoryRow:
    cut = _cut(group)
    now, then = found.get(cut, NOTHING), before.get(cut, NOTHING)
    return CategoryRow(
        category=_named(group),
        served=now.get("served", 0),
        served_before=then.get("served", 0),
        served_change=change(now.get("served", 0), then.get("served", 0)),
        delivered=now.get("delivered", 0),
        delivered_before=then.get("delivered", 0),
        cut=cut,
    )


def _by_unit(
    known: Sequence[UnitLabel], found: Mapping[str, Numbers], now: Mapping[int | None, Now]
) -> tuple[UnitRow, ...]:
    """Return the units that delivered something or have something; what lies nowhere comes last."""
    rows = [_unit(unit, found.get(f"unit:{unit.code}", NOTHING), now) for unit in known]
    busy = [row for row in rows if row.delivered or row.now.open]
    busy.sort(key=lambda row: (-row.now.overdue, -row.now.open, -row.delivered))
    if None in now:
        busy.append(UnitRow(None, 0, None, None, now[None], ""))
    return tuple(busy)


def _unit(unit: UnitLabel, numbers: Numbers, now: Mapping[int | None, Now]) -> UnitRow:
    delivered = numbers.get("delivered", 0)
    return UnitRow(
        unit=unit,
        delivered=delivered,
        on_time_rate=rate(numbers.get("on_time", 0), delivered),
        median_minutes=numbers.get("median_minutes"),
        now=now.get(unit.id, Now()),
        cut=f"unit:{unit.code}",
    )


def _by_channel(found: Mapping[str, Numbers]) -> tuple[ChannelRow, ...]:
    whole = found.get("all", NOTHING).get("submitted", 0)
    rows = []
    for channel, label in CHANNELS.items():
        cut = f"channel:{channel}"
        submitted = found.get(cut, NOTHING).get("submitted", 0)
        rows.append(ChannelRow(channel, label, submitted, rate(submitted, whole), cut))
    return tuple(rows)


def _top_items(known: Sequence[ItemLabel], found: Mapping[str, Numbers]) -> tuple[ItemRow, ...]:
    rows = [_item(item, found.get(f"item:{item.code}", NOTHING)) for item in known]
    rows.sort(key=lambda row: (-row.submitted, row.item.code))
    return tuple(row for row in rows[:TOP] if row.submitted)


def _item(item: ItemLabel, numbers: Numbers) -> ItemRow:
    return ItemRow(
        item=_named(item),
        submitted=numbers.get("submitted", 0),
        served=numbers.get("served", 0),
        delivered=numbers.get("delivered", 0),
        cut=f"item:{item.code}",
    )
