"""闭环分析: one chart for each question that a leader asks of the loop, a table beneath each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from servicedesk.clock import clock
from servicedesk.core.ageing import Band
from servicedesk.core.control import LEAST_POINTS
from servicedesk.core.figures import BY_KEY
from servicedesk.core.lights import LEAST_TICKETS
from servicedesk.core.permissions import Actor, Scope, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.organisation.queries import UnitLabel, units
from servicedesk.rules.queries import current_rules
from servicedesk.statistics import loop as figures
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures, Span
from servicedesk.statistics.facts import stale
from servicedesk.statistics.loop import LEVELS, AgeRow, Control, Escalated, Flow, Funnel
from servicedesk.statistics.periods import is_period, months_of
from servicedesk.statistics.reach import within
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.figure_words import WEEKDAYS
from servicedesk.web.insight.blueprint import FIRST_YEAR, insight
from servicedesk.web.insight.board import code_of, list_of
from servicedesk.web.insight.performance_words import period_name
from servicedesk.web.quickly import drawn, url_for

STAGES = {
    "submitted": N_("提交"),
    "accepted": N_("受理"),
    "dispatched": N_("派单"),
    "signed": N_("签收"),
    "resolved": N_("办结"),
    "confirmed": N_("企业确认"),
    "closed": N_("归档"),
}
MINUTES_OF_DAY = 420
_CONSTANT: Mapping[str, Any] = {
    "least": LEAST_TICKETS, "least_weeks": LEAST_POINTS,
    "least_of_week": figures.LEAST_OF_WEEK, "weekdays": WEEKDAYS, "levels": LEVELS,
    "stage_name": STAGES.__getitem__, "state_name": STATE_NAMES.__getitem__,
    "meaning_of": lambda key: BY_KEY[key].meaning, "code_of": code_of,
}  # fmt: skip
"""What the page always knows; each is one object for all requests."""


@insight.get("/loop")
@requires("figures.view")
def loop() -> str:
    """Show how the loop runs in a period, of the park or of one unit."""
    person, today = actor(), clock.now().astimezone(ZONE).date()
    period = request.args.get("period") or f"{today.year:04d}"
    span, cut = span_of(period), _cut(person)
    month = f"{today:%Y-%m}"
    return render_template(
        "insight/loop.html", period=period, periods=_periods(today, period), unit=cut.unit,
        units=_choices(person), span=span, until=min(span.end, today),
        waiting=stale(person.park_id), body=_body(person, span, cut, month),
    )  # fmt: skip


def _body(person: Actor, span: Span, cut: Cut, month: str) -> Markup:
    """Return everything on the page that shows a figure."""
    loop = figures.Loop(person, cut)
    bands, ages = loop.ageing()
    pieces = Pieces(
        span=span, cut=cut, bands=bands, ages=ages,
        heat=loop.submissions(span),
        flows=loop.flows(span),
        funnel=loop.funnel(span),
        control=loop.control(span),
        escalations=loop.escalations(span),
    )  # fmt: skip
    return drawn(
        "insight/loop_body.html", pieces=pieces, charts_of=_charts,
        below=figures.units_below(person, month, cut, loop.figures), month=month,
        judged=_judged(person, month, cut, loop.figures), sees_routing=allows(person, "routing.view"),
        period_name=period_name, band_name=band_name, open_list=open_list, cell_list=cell_list,
        week_list=week_list, standing_list=standing_list, returned_list=returned_list,
        fired_list=fired_list, target=current_rules(person.park_id).rate_target, **_CONSTANT,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the charts and tables of the page show, of a span and a cut."""

    span: Span
    cut: Cut
    bands: Sequence[Band]
    ages: Sequence[AgeRow]
    heat: Sequence[Sequence[int]]
    flows: Sequence[Flow]
    funnel: Funnel
    control: Control
    escalations: Sequence[Escalated]


def cell_list(span: Span, cut: Cut, weekday: int, hour: int | None = None) -> str:
    """Return the address of the tickets of a weekday (0 Monday), or of one hour of it."""
    said = "" if hour is None else str(hour)
    narrower = replace(cut, weekday=str(weekday + 1), hour=said)
    return list_of("submitted", span.start, span.end, narrower)


def week_list(span: Span, cut: Cut, monday: date) -> str:
    """Return the address of the tickets whose working time a week's median is of."""
    return list_of("median_minutes", monday, min(monday + timedelta(days=6), span.end), cut)


def fired_list(cut: Cut, month: str, level: str) -> str:
    """Return the address of the tickets that reached a level of the ladder in a month."""
    return url_for(
        "desk.queue", view="all", escalated=level, period=month, unit=cut.unit or None
    )  # fmt: skip


def _judged(person: Actor, month: str, cut: Cut, counts: Figures) -> int:
    """Return how many units have delivered enough of a month to be judged by."""
    by_unit = counts.grouped(span_of(month), EVERYTHING, Dimension.UNIT)
    codes = [cut.unit] if cut.unit else [unit.code for unit in units(person.park_id)]
    delivered = (by_unit.get(code, {}).get("delivered", 0) for code in codes)
    return sum(number >= LEAST_TICKETS for number in delivered)


def span_of(period: str) -> Span:
    """Return the days of ``2024``, ``2024-Q1`` or ``2024-03``; anything else is a 400."""
    year, _dash, part = period.partition("-")
    if part in ("Q1", "Q2", "Q3", "Q4") and is_period(year):
        return _span(int(year), int(part[1]) * 3 - 2, 3)
    if not is_period(period):
        abort(400)
    return _span(int(year), int(part), 1) if part else _span(int(year), 1, 12)


def _span(year: int, month: int, months: int) -> Span:
    last = month + months - 1
    following = date(year + last // 12, last % 12 + 1, 1)
    return Span(date(year, month, 1), following - timedelta(days=1))


def _cut(person: Actor) -> Cut:
    """Return what the address narrows to.

    Raises:
        Refused: to another unit's figures.
    """
    wanted = request.args.get("unit", "")
    if wanted and wanted not in {unit.code for unit in units(person.park_id)}:
        abort(400)
    return within(person, Cut(unit=wanted))


def _choices(person: Actor) -> list[UnitLabel]:
    """Return the units to choose from: none for whoever sees one alone."""
    whole = scope_of(person.role, "figures.view") is Scope.PARK
    return list(units(person.park_id)) if whole else []


def _periods(today: date, chosen: str) -> list[tuple[str, str]]:
    """Return the periods to choose from: years, and quarters and months of the chosen year."""
    found: list[tuple[str, str]] = []
    for year in range(today.year, FIRST_YEAR - 1, -1):
        found.append((f"{year}", period_name(f"{year}")))
        if chosen[:4] == f"{year}":
            last = today.month if year == today.year else 12
            found += [
                (quarter, "　" + period_name(quarter))
                for quarter in (f"{year}-Q{n}" for n in range((last + 2) // 3, 0, -1))
            ]
            months = reversed(months_of(year)[:last])
            found += [(month, "　" + period_name(month)) for month in months]
    return found


def band_name(band: Band) -> str:
    """Write a band of working days."""
    if band.most is None:
        return _("%(n)s个工作日以上", n=band.least - 1)
    return _("%(a)s–%(b)s个工作日", a=band.least, b=band.most)


def open_list(band: Band, unit: UnitLabel | None) -> str:
    """Return the list of a unit's open tickets of a band; no unit: what lies with none yet."""
    return url_for(
        "desk.queue",
        view="open",
        unit=code_of(unit),
        since=band.since,
        until=band.until,
        sort="oldest",
    )


def standing_list(span: Span, cut: Cut, state: State) -> str:
    """Return the address of the tickets of the span that stand in a state."""
    return url_for(
        "desk.queue", view="all", state=state.value, since=span.start, until=span.end,
        unit=cut.unit or None,
    )  # fmt: skip


def returned_list(span: Span, unit: UnitLabel) -> str:
    """Return the address of a unit's returned dispatches."""
    return url_for(
        "desk.bounce_tickets", kind="returned", unit=unit.id, since=span.start, until=span.end
    )


def _charts(pieces: Pieces) -> dict[str, Any]:
    """Return what the charts draw; what leads somewhere has its address."""
    return {
        "heat": _heat(pieces.heat),
        "ages": _ages(pieces.bands, pieces.ages),
        "flows": _flows(pieces.flows),
        "funnel": _funnel(pieces.funnel),
        "control": _control(pieces.control),
        "escalations": _escalations(pieces.cut, pieces.escalations),
    }


def _ages(bands: Sequence[Band], ages: Sequence[AgeRow]) -> dict[str, Any]:
    return {
        "kind": "stacked",
        "sideways": True,
        "names": [row.unit.name if row.unit else _("尚未派单") for row in ages],
        "series": [
            {"name": band_name(band), "data": [row.counts[place] for row in ages]}
            for place, band in enumerate(bands)
        ],
        "links": [[open_list(band, row.unit) for row in ages] for band in bands],
    }


def _escalations(cut: Cut, rows: Sequence[Escalated]) -> dict[str, Any]:
    names = (_("一级督办"), _("二级督办"), _("三级督办"))
    return {
        "kind": "stacked",
        "names": [row.month for row in rows],
        "series": [
            {"name": name, "data": [row.times[place] for row in rows]}
            for place, name in enumerate(names)
        ],
        "links": [[fired_list(cut, row.month, level) for row in rows] for level in LEVELS],
    }


def _heat(grid: Sequence[Sequence[int]]) -> dict[str, Any]:
    cells = [[hour, day, grid[day][hour]] for day in range(7) for hour in range(24)]
    return {
        "kind": "heat", "names": [f"{hour:02d}" for hour in range(24)],
        "rows": [_(name) for name in WEEKDAYS], "cells": cells,
        "most": max(cell[2] for cell in cells),
    }  # fmt: skip


def _flows(found: Sequence[Flow]) -> dict[str, Any]:
    desk = _("还在专班")
    return {
        "kind": "flow",
        "flows": [
            [flow.source.name, flow.target.name if flow.target else desk, flow.count]
            for flow in found
        ],
    }


def _funnel(found: Funnel) -> dict[str, Any]:
    return {
        "kind": "funnel",
        "stages": [[_(STAGES[stage.key]), stage.reached] for stage in found.stages],
    }


def _control(found: Control) -> dict[str, Any]:
    """Return the chart in working days, which is how people think of it."""
    return {
        "kind": "control",
        "names": [f"{week.monday:%Y-%m-%d}" for week in found.weeks],
        "points": [round(week.median / MINUTES_OF_DAY, 2) for week in found.weeks],
        "usual": [week.usual for week in found.weeks],
        "lines": [
            {"name": name, "at": at, "usual": name == _("常态")}
            for at, name in _lines(found).items()
        ],
        "series": _("每周办理用时中位数（工作日）"),
    }  # fmt: skip


def _lines(found: Control) -> dict[float, str]:
    """Return the lines of the chart by their height; where all weeks are alike there is but one."""
    usual = found.limits
    if usual is None:
        return {}
    named = ((usual.lower, _("下限")), (usual.upper, _("上限")), (usual.centre, _("常态")))
    return {round(value / MINUTES_OF_DAY, 2): name for value, name in named}
