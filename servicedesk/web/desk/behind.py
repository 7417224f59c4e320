"""The line above a list of the tickets behind a number (数字背后): which figure, days and cut it is."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from servicedesk.core.figures import BY_KEY, Aggregation, Figure
from servicedesk.core.permissions import Actor, scope_of
from servicedesk.core.words import N_
from servicedesk.tickets.listing import Filter, not_shown
from servicedesk.web.figure_words import cut_words, days_in_words, names_for

_ROWS = {
    Aggregation.DISTINCT: N_("同一家企业的几件工单都列出，企业数以指标为准。"),
    Aggregation.RATE: N_("列出的是分母的全部工单。"),
    Aggregation.EACH: N_("列出的是有退单的工单。"),
    Aggregation.SUM: N_("列出的是有此项的工单，一件可计几次。"),
    Aggregation.MEDIAN: N_("列出的是参与计算的全部工单。"),
    Aggregation.P90: N_("列出的是参与计算的全部工单。"),
    Aggregation.MEAN: N_("列出的是参与计算的全部工单。"),
}
"""How the rows of a list stand to a number that is not simply their count."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What the line says, where it leads back to, and how many tickets the reader is not shown.

    A number of a month or a year has no days here: the list's head names its period.
    """

    figure: Figure
    days: str
    cut: str
    rows: str
    back: str
    hidden: int


def behind(actor: Actor, wanted: Filter) -> Behind | None:
    """Return the line above the list; nothing where the list is not behind a dashboard's number."""
    if wanted.span is None:
        return _of_period(actor, wanted)
    figure, cut = BY_KEY[wanted.figure], wanted.figure_cut
    names = names_for(actor.park_id, [cut.person] if cut.person else [])
    days = {"since": str(wanted.span.start), "until": str(wanted.span.end)}
    address: Any = {**days, **cut.parameters()}
    sees_figures = scope_of(actor.role, "figures.own") is not None
    return Behind(
        figure=figure,
        days=days_in_words(wanted.span.start, wanted.span.end),
        cut=cut_words(cut, names),
        rows=_(_ROWS[figure.aggregation]) if figure.aggregation in _ROWS else "",
        back=url_for("insight.figures", **address) if sees_figures else "",
        hidden=not_shown(actor, wanted),
    )


def _of_period(actor: Actor, wanted: Filter) -> Behind | None:
    """Return the line where something is kept back from a list behind a number of a month or a year."""
    figure = BY_KEY.get(wanted.figure)
    if figure is None or not wanted.period or not wanted.tells_what_about:
        return None
    hidden = not_shown(actor, wanted)
    return Behind(figure, "", "", "", "", hidden) if hidden else None
