"""The entries of a register behind a figure (登记簿明细): for whoever sees the whole park's figures."""

from collections.abc import Sequence
from datetime import date

from flask import abort, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.core.figures import BY_KEY, Aggregation, Figure
from servicedesk.core.spans import Period, free
from servicedesk.core.words import N_
from servicedesk.reports.sheets import Value
from servicedesk.statistics.cutting import EVERYTHING, Span
from servicedesk.statistics.reach import own_cut
from servicedesk.statistics.register_numbers import MONEY, THOUSAND
from servicedesk.statistics.register_rows import REGISTERS, RegisterRow, register_rows
from servicedesk.web.access import actor, requires
from servicedesk.web.figure_words import days_in_words, say
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.sheets import send_list
from servicedesk.web.showing import locale_name

SHOWN = 500
COLUMNS = ((N_("企业"), 34), (N_("内容"), 40), (N_("数量"), 14))


@insight.get("/register")
@requires("figures.view")
def register() -> str:
    """Show the entries behind a register's figure, with their sum."""
    figure, period = _asked()
    rows = _rows(figure, period)
    total = _in_unit(figure, sum(row.amount for row in rows))
    return render_template(
        "insight/register.html", figure=figure, rows=rows[:SHOWN], count=len(rows), shown=SHOWN,
        total=total, together=_together(figure, total), in_unit=_in_unit,
        days=days_in_words(period.start, period.end), period=period,
        rate=figure.aggregation is Aggregation.RATE,
    )  # fmt: skip


@insight.get("/register.xlsx")
@requires("figures.view")
def register_export() -> Response:
    """Send all entries as an Excel file; the export is in the audit trail."""
    figure, period = _asked()
    ready: list[Sequence[Value]] = [
        [row.enterprise, row.what, _in_unit(figure, row.amount)] for row in _rows(figure, period)
    ]
    return send_list(actor(), "register", _(figure.label), COLUMNS, ready)


def _asked() -> tuple[Figure, Period]:
    """Return the figure and the days that the address names; a wrong one is a 400."""
    key = request.args.get("figure", "")
    if key not in REGISTERS:
        abort(400)
    try:
        start, end = (date.fromisoformat(request.args.get(name, "")) for name in ("since", "until"))
        return BY_KEY[key], free(start, end)
    except ValueError:
        abort(400)


def _rows(figure: Figure, period: Period) -> list[RegisterRow]:
    """Return the entries; registers know no units, so only who sees the whole park sees them."""
    if own_cut(actor()) != EVERYTHING:
        abort(404)
    return register_rows(actor().park_id, figure.key, Span(period.start, period.end))


def _together(figure: Figure, total: float) -> str:
    """Write a sum as the dashboard does; within a Chinese sentence without a space."""
    said = say(figure, total)
    return said.replace(" ", "") if locale_name() == "zh" else said


def _in_unit(figure: Figure, amount: int) -> float:
    """Return an amount in the unit of its figure: money in 万元."""
    return amount / THOUSAND if figure.key in MONEY else amount
