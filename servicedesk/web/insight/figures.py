"""The dashboard (指标看板): any period, any cut, compared, drawn, ranked, each number to its tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import Colleague, colleagues
from servicedesk.clock import clock
from servicedesk.core.channels import CHANNELS
from servicedesk.core.enterprises import AREAS
from servicedesk.core.figures import BY_KEY, MINUTES, Figure
from servicedesk.core.industries import SECTIONS
from servicedesk.core.numerals import AGAINST_NAMES, Against
from servicedesk.core.permissions import Role
from servicedesk.core.scales import SCALES
from servicedesk.core.spans import PRESETS, days_of
from servicedesk.reports.sheets import Value
from servicedesk.rules.queries import current_rules
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures
from servicedesk.statistics.dashboard import (
    COLUMNS,
    MEASURES,
    Group,
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
)
from servicedesk.web.insight.asked import Asked, asked_from, dimensions_for, narrowed
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.insight.board import Board, board_of
from servicedesk.web.quickly import drawn
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


@insight.get("/figures")
@requires("figures.own")
def figures() -> str:
    """Show the reader's figures for a period and a cut."""
    view, people = _view()
    asked, park_id = view.asked, actor().park_id
    counts = Figures(park_id, clock.now())
    return render_template(
        "insight/figures.html",
        view=view,
        asked=asked,
        title=_title(view.own),
        filters=_filters(view, people),
        board=board_of(_board(view, counts)),
        against=_against(view),
        spans=_spans(asked),
        waiting=stale(park_id),
        unsettled=counts.settling(span_of(asked.period), view.cut),
        period_words=period_words(asked.period),
        cut_words=cut_words(view.cut, view.names),
        dashboards=dashboards_for(actor(), PAGE),
        reader=actor().user_id,
        may_share=may_share_dashboards(actor()),
        name_max=NAME_MAX,
    )


def _board(view: View, counts: Figures) -> Board:
    asked = view.asked
    rows = breakdown(counts, asked.period, view.cut, asked.by)
    names = {row.key: view.row_name(row.key) for row in rows}
    return Board(
        asked=asked, cut=view.cut, groups=_groups(view, counts), against=_against(view),
        spans=_spans(asked), rows=ordered(rows, asked.sort, names), names=names,
        ranked=ranking(rows, asked.measure, names),
        points=course(counts, asked.period, view.cut, asked.measure),
        target=current_rules(actor().park_id).rate_target,
    )  # fmt: skip


def _spans(asked: Asked) -> dict[Against, str]:
    """Return in words what the period is compared with."""
    found = compared_with(asked.period)
    return {kind: days_in_words(span.start, span.end) for kind, span in found.items()}


def _filters(view: View, people: Mapping[int, str]) -> Markup:
    """Return the bar above the figures: periods, and what they can be narrowed to."""
    return drawn(
        "insight/figures_filters.html", asked=view.asked, choices=_choices(view, people),
        presets=PRESETS, days=days_of(view.asked.period),
    )  # fmt: skip


@insight.get("/figures.xlsx")
@requires("figures.own")
def figures_export() -> Response:
    """Send the breakdown as an Excel file; the export is in the audit trail."""
    view, _people = _view()
    asked = view.asked
    rows = breakdown(Figures(actor().park_id, clock.now()), asked.period, view.cut, asked.by)
    names = {row.key: view.row_name(row.key) for row in rows}
    columns = [(DIMENSIONS[asked.by], 28), *((_heading(BY_KEY[key]), 14) for key in COLUMNS)]
    ready = (
        [names[row.key], *(_cell(row, key) for key in COLUMNS)]
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
    everybody = colleagues(actor().park_id)
    names = names_for(actor().park_id, {one.id: one.name for one in everybody})
    return View(asked, own, cut, beyond, names), _people(own, everybody)


def _people(own: Cut, everybody: Sequence[Colleague]) -> dict[int, str]:
    """Return whose figures the reader may choose: of the unit, or of all who handle tickets."""
    handling = (Role.OFFICER, Role.UNIT_HEAD)
    return {
        one.id: one.name
        for one in everybody
        if one.role in handling and (not own.unit or one.unit_id == actor().unit_id)
    }


def _groups(view: View, counts: Figures) -> Sequence[Group]:
    """Return the cards by group; those of the registers where the whole park is looked at."""
    period = view.asked.period
    found = cards(counts, period, view.cut)
    return (*found, register_cards(actor().park_id, period)) if view.cut == EVERYTHING else found


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
