"""The statistics of a period as Excel (统计表): figures, cuts, the ledger, what each figure means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from openpyxl import Workbook

from servicedesk.catalogue.queries import categories, items
from servicedesk.clock import clock
from servicedesk.core.counting import change
from servicedesk.core.figures import BY_KEY, FIGURES, Aggregation, Basis, Figure, value_of
from servicedesk.core.permissions import Actor, allows
from servicedesk.organisation.queries import park, unit_by_code, units
from servicedesk.reports.ledger import Progress, add_definitions, add_sheets, untold
from servicedesk.reports.periods import Period, Range, ranges
from servicedesk.reports.queries import Wanted
from servicedesk.reports.sheets import GROWTH, PERCENT, POINTS, TITLE, Sheet, Styled, Value
from servicedesk.statistics.cutting import Cut, Dimension, Span, grouped, numbers
from servicedesk.statistics.now import VIEWS, Now, open_by_unit
from servicedesk.statistics.reach import within
from servicedesk.statistics.register_numbers import register_numbers, rows_behind
from servicedesk.tickets.facts import ZONE

HEADER_ROW = 3
FIGURE_COLUMNS = (
    ("指标", 20), ("本期", 13), ("单位", 10), ("上期", 13), ("环比", 16), ("上年同期", 13),
    ("同比", 16), ("统计口径", 60), ("工单清单", 44),
)  # fmt: skip
COUNTS = ("submitted", "delivered", "served")
RATES = (
    "response_rate", "on_time_rate", "resolution_rate", "satisfaction_rate", "follow_up_rate",
)  # fmt: skip
TALLIES = ("returns", "extensions", "level_1", "false_resolutions")
CUT_COLUMNS = (
    ("收到（件）", 12), ("办结归档（件）", 14), ("服务企业（家）", 14), ("响应率", 11), ("按期办结率", 12),
    ("解决率", 11), ("满意率", 11), ("回访率", 11), ("退单（次）", 11), ("延期（次）", 11),
    ("督办（件）", 11), ("虚假办结（件）", 14),
)  # fmt: skip
CUT_NOTE = "注：收到按提交日期计入，其余按办结日期计入、归档后计；服务企业为不同企业数，各行相加不等于合计。"
FIGURE_NOTE = (
    "注：空白表示没有可计算的工单；比率的环比、同比为百分点；“此刻”的指标没有上期。"
    "成效类指标取自各登记簿，按全园区统计。"
)
Numbers = Mapping[str, float]
NOTHING: Numbers = {}


@dataclass(frozen=True, slots=True)
class _Compared:
    """What was counted in the period, in the one before and a year ago."""

    now: Numbers
    before: Numbers | None
    last_year: Numbers


def write(actor: Actor, period: Period, path: Path, progress: Progress = untold) -> int:
    """Write the statistics of a period as far as the actor's figures reach; returns ledger rows.

    Raises:
        Refused: the actor may see no figures.
    """
    cut = within(actor, Cut())
    today = clock.now().astimezone(ZONE).date()
    days, earlier, year_ago = ranges(period, today)
    book = Workbook(write_only=True)
    found = _Compared(
        _counted(actor, days, cut), _counted(actor, earlier, cut) if earlier else None,
        _counted(actor, year_ago, cut),
    )  # fmt: skip
    _figures(book, actor, period, days, cut, found)
    span = Span(*days)
    for name, first, by, names in _dimensions(actor, cut):
        rows = grouped(actor.park_id, span, cut, by, clock.now())
        _breakdown(book, _head(actor, days, cut), name, first, names, rows, found.now)
    unit = unit_by_code(actor.park_id, cut.unit) if cut.unit else None
    wanted = Wanted(actor.park_id, *days, unit.id if unit else None)
    secrets = allows(actor, "ticket.view_confidential")
    count = add_sheets(book, wanted, secrets=secrets, progress=progress)
    add_definitions(book)
    book.save(path)
    return count


def _counted(actor: Actor, days: Range, cut: Cut) -> Numbers:
    """Count the tickets of the cut; registers only for the whole park, they know no units."""
    found = dict(numbers(actor.park_id, Span(*days), cut, clock.now()))
    return found if cut.parameters() else {**found, **register_numbers(actor.park_id, Span(*days))}


def _head(actor: Actor, days: Range, cut: Cut) -> str:
    unit = unit_by_code(actor.park_id, cut.unit) if cut.unit else None
    filler = unit.name if unit else park(actor.park_id).name
    today = clock.now().astimezone(ZONE).date()
    return f"填报单位：{filler}　统计期间：{days[0]}至{days[1]}　填报日期：{today}"


def _figures(
    book: Workbook, actor: Actor, period: Period, days: Range, cut: Cut, found: _Compared
) -> None:
    sheet = Sheet(book, "指标", [width for _name, width in FIGURE_COLUMNS])
    sheet.freeze_below(HEADER_ROW)
    sheet.across(f"{park(actor.park_id).name}帮代办统计（{period.label}）", TITLE, "center")
    sheet.across(_head(actor, days, cut))
    sheet.header(name for name, _width in FIGURE_COLUMNS)
    present = sum(open_by_unit(actor).values(), Now())
    for figure in FIGURES:
        if figure.basis is Basis.REGISTER and cut.parameters():
            continue
        sheet.row(_line(figure, found, present, _rows_behind(figure, days, cut)))
    sheet.filter_from(HEADER_ROW)
    sheet.across(FIGURE_NOTE)


def _line(figure: Figure, found: _Compared, present: Now, behind: str) -> list[Value]:
    if figure.basis is Basis.NOW:
        value = getattr(present, figure.key) if figure.key in VIEWS else None
        return [figure.label, value, figure.unit, None, None, None, None, figure.meaning, behind]
    now = value_of(figure, found.now)
    before = value_of(figure, found.before) if found.before is not None else None
    year_ago = value_of(figure, found.last_year)
    return [
        figure.label, _typed(figure, now), figure.unit, _typed(figure, before),
        _growth(figure, now, before), _typed(figure, year_ago), _growth(figure, now, year_ago),
        figure.meaning, behind,
    ]  # fmt: skip


def _typed(figure: Figure, value: float | None) -> Value:
    if value is None:
        return None
    if figure.aggregation is Aggregation.RATE:
        return Styled(value / 100, PERCENT)
    if figure.aggregation is Aggregation.EACH:
        return Styled(value, "0.0")
    return int(value) if value == int(value) else Styled(value, "0.00")


def _growth(figure: Figure, now: float | None, base: float | None) -> Value:
    """Return the change: of a rate in points, of anything else in per cent."""
    if now is None or base is None:
        return None
    if figure.aggregation is Aggregation.RATE:
        return Styled(now - base, POINTS)
    growth = change(now, base)
    return None if growth is None else Styled(growth / 100, GROWTH)


def _rows_behind(figure: Figure, days: Range, cut: Cut) -> str:
    """Return the address of the rows behind a figure; empty where no list has just these."""
    if figure.basis is Basis.REGISTER:
        return rows_behind(figure.key, Span(*days))
    if figure.basis is Basis.NOW:
        return ""
    asked = {"figure": figure.key, "since": str(days[0]), "until": str(days[1])}
    return "/desk/?" + urlencode({**asked, **cut.parameters()})


_Names = list[tuple[Any, tuple[str, ...]]]


def _dimensions(
    actor: Actor, cut: Cut
) -> list[tuple[str, tuple[tuple[str, int], ...], Dimension, _Names]]:
    """Return the sheets of cuts: name, first columns, by what, and the rows in their order."""
    park_id = actor.park_id
    called = {one.code: one.name for one in categories()}
    of_units: _Names = [
        (one.code, (one.name,)) for one in units(park_id) if cut.unit in ("", one.code)
    ]
    if not cut.unit:
        of_units.append((None, ("尚未派单",)))
    of_items: _Names = [
        (one.code, (one.code, one.name, called[one.category_code])) for one in items(park_id)
    ]
    return [
        ("按单位", (("承办单位", 30),), Dimension.UNIT, of_units),
        (
            "按类别", (("服务类别", 24),), Dimension.CATEGORY,
            [(code, (name,)) for code, name in called.items()],
        ),
        (
            "按事项", (("编码", 8), ("服务事项", 32), ("服务类别", 20)), Dimension.ITEM, of_items,
        ),
    ]  # fmt: skip


def _breakdown(
    book: Workbook,
    head: str,
    name: str,
    first: tuple[tuple[str, int], ...],
    names: _Names,
    rows: Mapping[Any, Numbers],
    whole: Numbers,
) -> None:
    columns = (*first, *CUT_COLUMNS)
    sheet = Sheet(book, name, [width for _name, width in columns])
    sheet.freeze_below(HEADER_ROW)
    sheet.across(f"{name}统计", TITLE, "center")
    sheet.across(head)
    sheet.header(column for column, _width in columns)
    for key, labels in names:
        if key in rows:
            sheet.row([*labels, *_cut_values(rows[key])])
    sheet.filter_from(HEADER_ROW)
    empty = [""] * (len(first) - 1)
    sheet.total(["合计", *empty, *_cut_values(whole)])
    sheet.across(CUT_NOTE)


def _cut_values(found: Numbers) -> list[Value]:
    counts: list[Value] = [found.get(key, 0) for key in COUNTS]
    rates = [_typed(BY_KEY[key], value_of(BY_KEY[key], found)) for key in RATES]
    tallies: list[Value] = [found.get(key, 0) for key in TALLIES]
    return [*counts, *rates, *tallies]
