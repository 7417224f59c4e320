"""The dashboard's figures as they are drawn (指标看板): cards, breakdown, charts, each with its tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from servicedesk.core.figures import BY_KEY, MINUTES, Aggregation, Basis, Figure
from servicedesk.core.numerals import Against, tone
from servicedesk.core.spans import months_of
from servicedesk.core.tallies import NONE
from servicedesk.organisation.queries import UnitLabel
from servicedesk.statistics.cutting import NOT_RECORDED, Cut, Dimension
from servicedesk.statistics.dashboard import COLUMNS, RANKED_FROM, Card, Point, Row, span_of
from servicedesk.statistics.register_numbers import rows_behind
from servicedesk.web.figure_words import DIMENSIONS, say, say_change, say_short
from servicedesk.web.insight.asked import Asked
from servicedesk.web.quickly import drawn, url_for


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the dashboard shows of a period and a cut, in plain values."""

    asked: Asked
    cut: Cut
    groups: Sequence[tuple[str, Sequence[Card]]]
    against: Mapping[Against, str]
    spans: Mapping[Against, str]
    rows: Sequence[Row]
    names: Mapping[Any, str]
    ranked: Sequence[Row]
    points: Sequence[Point]
    target: int


def board_of(board: Board) -> Markup:
    """Return the figures of a board."""
    return drawn(
        "insight/figures_board.html", board=board, charts_of=charts_of, figure_of=BY_KEY.__getitem__,
        columns=COLUMNS, minutes=MINUTES, dimension_of=DIMENSIONS.__getitem__, target_of=target_of,
        card_list=card_list, row_list=row_list, list_of=list_of, point_name=point_name,
        ranked_from=RANKED_FROM, say=say, say_short=say_short, words_of=words_of, tone=tone,
    )  # fmt: skip


def words_of(card: Card, kind: Against) -> str:
    """Write how a card's figure moved; from nought there is no per cent, but there is a word."""
    if card.changes[kind].amount is None and card.earlier[kind] == 0 and card.value is not None:
        return _("持平") if card.value == 0 else _("原为0")
    return say_change(card.changes[kind])


def list_of(figure: str, start: date, end: date, cut: Cut) -> str:
    """Return the address of the tickets behind a number."""
    days: Any = {"since": start.isoformat(), "until": end.isoformat(), **cut.parameters()}
    return url_for("desk.queue", figure=figure, **days)


def code_of(unit: UnitLabel | None) -> str:
    """Return what a list is narrowed to for a unit; no unit: to what lies with none yet."""
    return unit.code if unit else NOT_RECORDED


def row_list(board: Board, figure: str, key: Any) -> str:
    """Return the list behind a number of the breakdown; what is not recorded has one, too."""
    asked, period = board.asked, board.asked.period
    if asked.by is Dimension.DAY:
        return list_of(figure, key, key, board.cut)
    if asked.by is Dimension.WEEK:
        last = min(key + timedelta(days=6), period.end)
        return list_of(figure, max(key, period.start), last, board.cut)
    if asked.by is Dimension.MONTH:
        month = next(one for one in months_of(period) if one.name == key)
        return list_of(figure, month.start, month.end, board.cut)
    nothing = NONE if asked.by is Dimension.PERSON else NOT_RECORDED
    narrower: Any = {str(asked.by): key or nothing}
    return list_of(figure, period.start, period.end, replace(board.cut, **narrower))


def card_list(board: Board, figure: str) -> str:
    """Return the list behind a card; nothing where a register's list knows no such days."""
    period = board.asked.period
    if BY_KEY[figure].basis is Basis.REGISTER:
        return rows_behind(figure, span_of(period))
    return list_of(figure, period.start, period.end, board.cut)


def charts_of(board: Board) -> dict[str, Any]:
    """Return what the charts draw, each bar and point with the address of its tickets."""
    return {"trend": _trend(board), "ranking": _ranking(board)}


def target_of(board: Board, figure: Figure) -> int | None:
    """Return the park's target for a figure: for rates of which more is better."""
    wanted = figure.aggregation is Aggregation.RATE and figure.better == "up"
    return board.target if wanted else None


def _trend(board: Board) -> dict[str, Any]:
    figure, points = BY_KEY[board.asked.measure], board.points
    series: list[dict[str, Any]] = [
        {"name": _("本期"), "data": [_drawn(one.value) for one in points]},
        {"name": _("上年同期"), "data": [_drawn(one.year_before) for one in points],
         "line": True, "colour": "--yellow"},
    ]  # fmt: skip
    target = target_of(board, figure)
    if target is not None:
        series.append(
            {"name": _("目标 %(n)s%%", n=f"{target:g}"), "data": [target] * len(points),
             "line": True, "dashed": True, "colour": "--green"}
        )  # fmt: skip
    return {
        "names": [point_name(one) for one in points],
        "series": series,
        "links": [list_of(figure.key, one.start, one.end, board.cut) for one in points],
        "sideways": False,
    }


def _ranking(board: Board) -> dict[str, Any]:
    measure, rows = board.asked.measure, board.ranked
    return {
        "names": [board.names[row.key] for row in rows],
        "series": [
            {"name": _(BY_KEY[measure].label), "data": [_drawn(row.value(measure)) for row in rows]}
        ],
        "links": [row_list(board, measure, row.key) for row in rows],
        "sideways": True,
    }


def _drawn(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def point_name(point: Point) -> str:
    """Write a point of the course beneath it: a day, or a month."""
    return f"{point.start:%m-%d}" if point.start == point.end else f"{point.start:%Y-%m}"
