"""The dashboard (指标看板): any period, any cut, compared, drawn, ranked, each number to its tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import staff
from servicedesk.clock import clock
from servicedesk.core.channels import CHANNELS
from servicedesk.core.enterprises import AREAS
from servicedesk.core.figures import BY_KEY, MINUTES, Aggregation, Basis, Figure
from servicedesk.core.industries import SECTIONS
from servicedesk.core.numerals import AGAINST_NAMES, Against, tone
from servicedesk.core.permissions import Role
from servicedesk.core.scales import SCALES
from servicedesk.core.spans import PRESETS, days_of, months_of
from servicedesk.core.tallies import NONE
from servicedesk.reports.sheets import Value
from servicedesk.statistics.cutting import EVERYTHING, NOT_RECORDED, Cut, Dimension, Figures
from servicedesk.statistics.dashboard import (
    MEASURES,
    RANKED_FROM,
    TARGET_RATE,
    Card,
    Point,
    Row,
    breakdown,
    cards,
    compared_with,
    course,
    ordered,
    ranking,
    register_cards,
    span_of,
)
from servicedesk.statistics.facts import stale
from servicedesk.statistics.reach import own_cut
from servicedesk.statistics.register_numbers import rows_behind
from servicedesk.statistics.saved_dashboards import (
    NAME_MAX,
    dashboards_for,
    may_share_dashboards,
)
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.figure_words import (
    DIMENSIONS,
    Names,
    cut_words,
    days_in_words,
    name_of,
    names_for,
    period_words,
    say,
    say_change,
    say_short,
)
from servicedesk.web.insight.asked import TABLE, Asked, asked_from, dimensions_for, narrowed
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.quickly import url_for
from servicedesk.web.sheets import send_list

PAGE = "figures"


@dataclass(frozen=True, slots=True)
class View:
    """What is asked, the cut that the reader's reach leaves of it, and the names in it."""

    asked: Asked
    own: Cut
    cut: Cut
    beyond: bool
    names: Names

    def row_name(self, key: Any) -> str:
        """Return what a row of the breakdown is of."""
        return name_of(self.asked.by, key, self.names)

    def row_link(self, figure: str, key: Any) -> str:
        """Return the list behind a number of the breakdown; what is not recorded has one, too."""
        if self.asked.by is Dimension.DAY:
            return list_of(figure, key, key, self.cut)
        if self.asked.by is Dimension.WEEK:
            period = self.asked.period
            last = min(key + timedelta(days=6), period.end)
            return list_of(figure, max(key, period.start), last, self.cut)
        if self.asked.by is Dimension.MONTH:
            month = next(one for one in months_of(self.asked.period) if one.name == key)
            return list_of(figure, month.start, month.end, self.cut)
        period = self.asked.period
        nothing = NONE if self.asked.by is Dimension.PERSON else NOT_RECORDED
        narrower: Any = {str(self.asked.by): key or nothing}
        return list_of(figure, period.start, period.end, replace(self.cut, **narrower))

    def link(self, figure: str) -> str:
        """Return the list behind a card; nothing where a register's list knows no such days."""
        if BY_KEY[figure].basis is Basis.REGISTER:
            return rows_behind(figure, span_of(self.asked.period))
        return list_of(figure, self.asked.period.start, self.asked.period.end, self.cut)


def words_of(card: Card, kind: Against) -> str:
    """Write how a card's figure moved; from nought there is no per cent, but there is a word."""
    if card.changes[kind].amount is None and card.earlier[kind] == 0 and card.value is not None:
        return _("持平") if card.value == 0 else _("原为0")
    return say_change(card.changes[kind])


def list_of(figure: str, start: date, end: date, cut: Cut) -> str:
    """Return the address of the tickets behind a number."""
    days: Any = {"since": start.isoformat(), "until": end.isoformat(), **cut.parameters()}
    return url_for("desk.queue", figure=figure, **days)


@insight.get("/figures")
@requires("figures.own")
def figures() -> str:
    """Show the reader's figures for a period and a cut."""
    view, people = _view()
    asked, park_id = view.asked, actor().park_id
    counts = Figures(park_id, clock.now())
    rows = breakdown(counts, asked.period, view.cut, asked.by)
    points = course(counts, asked.period, view.cut, asked.measure)
    row_names = {row.key: view.row_name(row.key) for row in rows}
    first = ranking(rows, asked.measure, row_names)
    spans = compared_with(asked.period)
    return render_template(
        "insight/figures.html",
        view=view,
        asked=asked,
        title=_title(view.own),
        groups=_groups(view, counts),
        against=_against(view),
        spans={kind: days_in_words(span.start, span.end) for kind, span in spans.items()},
        rows=ordered(rows, asked.sort, row_names),
        row_names=row_names,
        columns=[BY_KEY[key] for key in TABLE],
        by_name=_(DIMENSIONS[asked.by]),
        measure=BY_KEY[asked.measure],
        points=points,
        point_name=_point_name,
        minutes=MINUTES,
        charts={"trend": _trend(view, points), "ranking": _ranking(view, first, row_names)},
        ranked=len(first),
        target=_target(BY_KEY[asked.measure]),
        ranked_from=RANKED_FROM,
        choices=_choices(view, people),
        presets=PRESETS,
        days=days_of(asked.period),
        waiting=stale(park_id),
        unsettled=counts.settling(span_of(asked.period), view.cut),
        period_words=period_words(asked.period),
        cut_words=cut_words(view.cut, view.names),
        dashboards=dashboards_for(actor(), PAGE),
        reader=actor().user_id,
        may_share=may_share_dashboards(actor()),
        name_max=NAME_MAX,
        say=say,
        say_short=say_short,
        words_of=words_of,
        tone=tone,
        list_of=list_of,
    )


@insight.get("/figures.xlsx")
@requires("figures.own")
def figures_export() -> Response:
    """Send the breakdown as an Excel file; the export is in the audit trail."""
    view, _people = _view()
    asked = view.asked
    rows = breakdown(Figures(actor().park_id, clock.now()), asked.period, view.cut, asked.by)
    names = {row.key: view.row_name(row.key) for row in rows}
    columns = [(DIMENSIONS[asked.by], 28), *((_heading(BY_KEY[key]), 14) for key in TABLE)]
    ready = (
        [names[row.key], *(_cell(row, key) for key in TABLE)]
        for row in ordered(rows, asked.sort, names)
    )
    return send_list(actor(), "figures", _("指标"), columns, ready)


def _heading(figure: Figure) -> str:
    """Return a column's name in the file; minutes say that they are, for they are numbers there."""
    if figure.unit != MINUTES:
        return figure.label
    return _("%(label)s（%(unit)s）", label=_(figure.label), unit=_(figure.unit))


def _cell(row: Row, figure: str) -> Value:
    value = row.value(figure)
    return round(value, 1) if isinstance(value, float) else value


def _view() -> tuple[View, Mapping[int, str]]:
    """Return what this request asks for, and the people whose figures the reader may choose."""
    own = own_cut(actor())
    try:
        asked = asked_from(request.args, clock.now().astimezone(ZONE).date(), own)
    except ValueError:
        abort(400)
    cut, beyond = narrowed(actor(), asked.cut)
    everybody = staff(actor().park_id)
    names = names_for(actor().park_id, {one.id: one.name for one in everybody})
    return View(asked, own, cut, beyond, names), _people(own, everybody)


def _people(own: Cut, everybody: Sequence[User]) -> dict[int, str]:
    """Return whose figures the reader may choose: of the unit, or of all who handle tickets."""
    handling = (Role.OFFICER, Role.UNIT_HEAD)
    return {
        one.id: one.name
        for one in everybody
        if one.role_enum in handling and (not own.unit or one.unit_id == actor().unit_id)
    }


def _groups(view: View, counts: Figures) -> list[tuple[str, list[Card]]]:
    """Return the cards by group; those of the registers where the whole park is looked at."""
    period = view.asked.period
    found = cards(counts, period, view.cut)
    return [*found, register_cards(actor().park_id, period)] if view.cut == EVERYTHING else found


def _title(own: Cut) -> str:
    if own.person:
        return _("我的指标")
    return _("本单位指标") if own.unit else _("指标看板")


def _against(view: View) -> dict[Against, str]:
    """Return the comparisons to show: of a year, the year before is the period before."""
    spans = compared_with(view.asked.period)
    same = spans[Against.BEFORE] == spans[Against.YEAR]
    return {
        kind: _(name) for kind, name in AGAINST_NAMES.items() if kind is Against.YEAR or not same
    }


def _choices(view: View, people: Mapping[int, str]) -> list[tuple[str, str, list[tuple[Any, str]]]]:
    """Return the selects of the filter bar: field, label, options; what is fixed has none."""
    names, category = view.names, view.asked.cut.category
    items = [(code, name) for code, name in names.items.items() if code.startswith(category)]
    options: Mapping[Dimension, Sequence[tuple[Any, str]]] = {
        Dimension.CATEGORY: list(names.categories.items()),
        Dimension.ITEM: items,
        Dimension.UNIT: list(names.units.items()),
        Dimension.PERSON: list(people.items()),
        Dimension.CHANNEL: [(code, _(name)) for code, name in CHANNELS.items()],
        Dimension.INDUSTRY: [(code, name_of(Dimension.INDUSTRY, code, names)) for code in SECTIONS],
        Dimension.SCALE: [(code, _(name)) for code, name in SCALES.items()],
        Dimension.AREA: [(code, _(name)) for code, name in AREAS.items()],
    }
    open_to = dimensions_for(view.own)
    return [
        (str(by), _(DIMENSIONS[by]), list(found)) for by, found in options.items() if by in open_to
    ] + [
        ("by", _("分组"), [(str(by), _(DIMENSIONS[by])) for by in DIMENSIONS if by in open_to]),
        ("measure", _("图表指标"), [(key, _(BY_KEY[key].label)) for key in MEASURES]),
    ]


def _target(figure: Figure) -> float | None:
    """Return the park's target for a figure: for rates of which more is better."""
    wanted = figure.aggregation is Aggregation.RATE and figure.better == "up"
    return TARGET_RATE if wanted else None


def _trend(view: View, points: Sequence[Point]) -> dict[str, Any]:
    figure = BY_KEY[view.asked.measure]
    series: list[dict[str, Any]] = [
        {"name": _("本期"), "data": [_drawn(one.value) for one in points]},
        {"name": _("上年同期"), "data": [_drawn(one.year_before) for one in points],
         "line": True, "colour": "--yellow"},
    ]  # fmt: skip
    target = _target(figure)
    if target is not None:
        series.append(
            {"name": _("目标 %(n)s%%", n=f"{target:g}"), "data": [target] * len(points),
             "line": True, "dashed": True, "colour": "--green"}
        )  # fmt: skip
    return {
        "names": [_point_name(one) for one in points],
        "series": series,
        "links": [list_of(figure.key, one.start, one.end, view.cut) for one in points],
        "sideways": False,
    }


def _ranking(view: View, rows: Sequence[Row], names: Mapping[Any, str]) -> dict[str, Any]:
    measure = view.asked.measure
    return {
        "names": [names[row.key] for row in rows],
        "series": [
            {"name": _(BY_KEY[measure].label), "data": [_drawn(row.value(measure)) for row in rows]}
        ],
        "links": [view.row_link(measure, row.key) for row in rows],
        "sideways": True,
    }


def _drawn(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _point_name(point: Point) -> str:
    """Write a point of the course beneath it: a day, or a month."""
    return f"{point.start:%m-%d}" if point.start == point.end else f"{point.start:%Y-%m}"
