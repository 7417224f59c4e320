"""The ledger (帮代办台账) as Excel: one row a ticket, streamed, personal data masked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from sqlalchemy import Row

from servicedesk.catalogue.queries import categories, items_by_id, metrics
from servicedesk.clock import clock
from servicedesk.core.channels import CHANNELS
from servicedesk.core.figures import AGGREGATIONS, BASES, FIGURES
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.core.worktime import parse_segments
from servicedesk.errors import Refused
from servicedesk.organisation.queries import park, unit, units
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.reports.queries import Wanted, ledger_rows, ledger_size, outcomes_of
from servicedesk.reports.sheets import TITLE, Sheet, Value
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.facts import ZONE

ROWS_MAX = 1_000_000  # a sheet of Excel ends at 1,048,576: the next one goes on
HEADER_ROW = 3
RATINGS = {
    5: N_("非常满意"),
    4: N_("满意"),
    3: N_("基本满意"),
    2: N_("不满意"),
    1: N_("非常不满意"),
}
COLUMNS: tuple[tuple[str, int], ...] = (
    (N_("序号"), 7), (N_("工单号"), 21), (N_("提交日期"), 12), (N_("受理日期"), 12),
    (N_("来源渠道"), 13), (N_("企业名称"), 32), (N_("统一社会信用代码"), 22), (N_("行业"), 14),
    (N_("联系人"), 9), (N_("联系电话"), 14), (N_("服务类别"), 18), (N_("事项名称"), 28),
    (N_("帮办/代办"), 10), (N_("责任单位"), 26), (N_("帮代办专员"), 12), (N_("承办人"), 12),
    (N_("承诺时限（工作日）"), 10), (N_("应办结日期"), 12), (N_("实际办结日期"), 12),
    (N_("是否按期"), 9), (N_("延期次数"), 9), (N_("暂停天数（工作日）"), 10),
    (N_("办理结果"), 16), (N_("成效指标及数值"), 30), (N_("是否上门"), 9),
    (N_("回访时间"), 12), (N_("解决情况"), 12), (N_("满意度"), 11), (N_("工单状态"), 10),
    (N_("备注"), 18),
)  # fmt: skip
SECRET_COLUMNS = frozenset(  # whose a confidential ticket is, and what it is about
    {
        "企业名称", "统一社会信用代码", "行业", "服务类别", "事项名称", "帮办/代办", "成效指标及数值",
    }
)  # fmt: skip
NOTE = N_(
    "注：按提交日期统计；企业数为不同企业数，一家企业多件只计一家；"
    "联系人和电话已脱敏；未评价不计为满意。"
)


Progress = Callable[[int, int], None]
"""Is told how many rows are done, of how many."""


def untold(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Item:
    """What a row says of its service item."""

    name: str
    kind: str
    category: str


class _Words:
    """The names behind the numbers of a row, read once."""

    def __init__(self, park_id: int) -> None:
        segments = parse_segments(park(park_id).working_hours)
        self.day_minutes = sum(segment.end - segment.start for segment in segments)
        called = {category.code: category.name for category in categories()}
        self.items = {
            number: _Item(item.name, item.kind, called[item.category_code])
            for number, item in items_by_id(park_id).items()
        }
        self.units = {unit.id: unit.name for unit in units(park_id)}
        self.metrics = {code: (metric.label, metric.unit) for code, metric in metrics().items()}

    def outcomes(self, pairs: list[tuple[str, int]]) -> str:
        """Write outcome figures: 到岗就业 12人；专利 3项."""
        named = ((*self.metrics[code], value) for code, value in pairs)
        return "；".join(f"{label} {value / 1000:g}{unit}" for label, unit, value in named)


@dataclass(slots=True)
class _Totals:
    """The last row: tickets, distinct enterprises, and what may be added."""

    tickets: int = 0
    enterprises: set[int] = field(default_factory=set)
    resolved: int = 0
    on_time: int = 0
    extensions: int = 0

    def add(self, row: Row[Any]) -> None:
        self.tickets += 1
        self.enterprises.add(row.enterprise_id)
        self.resolved += row.resolved_at is not None
        self.on_time += row.resolved_at is not None and bool(row.on_time)
        self.extensions += row.extensions

    def row(self) -> list[Value]:
        cells: dict[str, Value] = {
            "序号": "合计",
            "工单号": f"{self.tickets}件",
            "企业名称": f"{len(self.enterprises)}家",
            "实际办结日期": f"{self.resolved}件",
            "是否按期": f"{self.on_time}件",
            "延期次数": self.extensions,
        }
        return [cells.get(name) for name, _ in COLUMNS]


def write(
    park_id: int,
    first: date,
    last: date,
    path: Path,
    *,
    unit_id: int | None = None,
    secrets: bool = True,
    progress: Progress = untold,
) -> int:
    """Write the tickets submitted from ``first`` to ``last``; returns how many.

    ``unit_id`` keeps one unit's; without ``secrets`` confidential tickets do not even say whose
    they are, for readers who may not open them.

    Raises:
        Refused: the days are the wrong way round.
    """
    book = Workbook(write_only=True)
    wanted = Wanted(park_id, first, last, unit_id)
    count = add_sheets(book, wanted, secrets=secrets, progress=progress)
    add_definitions(book)
    book.save(path)
    return count


def add_sheets(
    book: Workbook, wanted: Wanted, *, secrets: bool = True, progress: Progress = untold
) -> int:
    """Add the ledger to a book, on as many sheets as its rows need; returns how many rows.

    Raises:
        Refused: the days are the wrong way round.
    """
    if wanted.first > wanted.last:
        raise Refused(N_("开始日期不能晚于结束日期。"))
    totals, sheet = _Totals(), _new_sheet(book, wanted, 1)
    for number, values in enumerate(_rows(wanted, totals, secrets, progress)):
        if number and number % ROWS_MAX == 0:
            sheet.filter_from(HEADER_ROW)
            sheet = _new_sheet(book, wanted, number // ROWS_MAX + 1)
        sheet.row(values)
    sheet.filter_from(HEADER_ROW)
    sheet.total(totals.row())
    sheet.across(NOTE)
    return totals.tickets


def _new_sheet(book: Workbook, wanted: Wanted, number: int) -> Sheet:
    name = "帮代办台账" if number == 1 else f"帮代办台账{number}"
    sheet = Sheet(book, name, [width for _, width in COLUMNS])
    house, today = park(wanted.park_id).name, _day(clock.now())
    filler = house if wanted.unit_id is None else unit(wanted.unit_id).name
    sheet.freeze_below(HEADER_ROW)
    sheet.across(f"{house}帮代办台账", TITLE, "center")
    sheet.across(
        f"填报单位：{filler}　统计期间：{wanted.first}至{wanted.last}　填报日期：{today}　单位：件"
    )
    sheet.header(column for column, _ in COLUMNS)
    return sheet


def _rows(
    wanted: Wanted, totals: _Totals, secrets: bool, progress: Progress
) -> Iterator[list[Value]]:
    words, size = _Words(wanted.park_id), ledger_size(wanted)
    progress(0, size)
    for chunk in ledger_rows(wanted):
        outcomes = outcomes_of([row.id for row in chunk])
        for row in chunk:
            totals.add(row)
            values = _values(totals.tickets, row, words, words.outcomes(outcomes.get(row.id, [])))
            yield values if secrets or not row.confidential else _hidden(values)
        progress(totals.tickets, max(size, totals.tickets))


def _hidden(values: list[Value]) -> list[Value]:
    """Take out whose the ticket is and what it is about."""
    return [
        "***" if name in SECRET_COLUMNS else value
        for (name, _), value in zip(COLUMNS, values, strict=True)
    ]


def _values(number: int, row: Row[Any], words: _Words, outcomes: str) -> list[Value]:
    item = words.items[row.item_id]
    return [
        number, row.number, _day(row.submitted_at), _day(row.accepted_at),
        CHANNELS.get(row.channel, row.channel), row.enterprise, row.credit_code, row.industry,
        *_contact(row), item.category, item.name, item.kind,
        words.units.get(row.unit_id), row.intake, row.assignee,
        row.limit_days + row.extra_days, _day(row.due_at or row.promised_due_at),
        _day(row.resolved_at), _on_time(row), row.extensions,
        round(row.paused_minutes / words.day_minutes, 2), RESULTS.get(row.result), outcomes,
        "是" if row.visited_on or row.channel == "visit" else "否", _day(row.followed_up_at),
        _settled(row), _rating(row), STATE_NAMES[State(row.state)], _remarks(row),
    ]  # fmt: skip


def _day(moment: datetime | None) -> date | None:
    """Return the park's local day."""
    return moment.astimezone(ZONE).date() if moment else None


def _contact(row: Row[Any]) -> tuple[str, str]:
    if row.confidential:
        return "***", "***"
    return masked_name(row.contact), masked_phone(row.phone)


def _on_time(row: Row[Any]) -> str | None:
    return None if row.resolved_at is None else "是" if row.on_time else "否"


def _settled(row: Row[Any]) -> str | None:
    """Say what the enterprise said, which is not what the unit says."""
    if row.confirmed:
        return "企业已确认" if row.result == "solved" else "企业已确认（部分）"
    return "未得到答复" if row.state == State.CLOSED else None


def _rating(row: Row[Any]) -> str | None:
    if row.rating:
        return RATINGS[row.rating]
    return "未评价" if row.state == State.CLOSED else None


def _remarks(row: Row[Any]) -> str:
    parts = (("退单", row.returns), ("重办", row.reworks))
    return "；".join(f"{word}{times}次" for word, times in parts if times)


def add_definitions(book: Workbook) -> None:
    """Write the sheet that says what each figure means (指标口径)."""
    sheet = Sheet(book, "指标口径", (20, 80, 10, 28, 28, 40))
    sheet.freeze_below(2)
    sheet.across("指标口径", TITLE, "center")
    sheet.header(("指标", "口径", "单位", "计入时间", "汇总方式", "出处"))
    for figure in FIGURES:
        basis, how = BASES[figure.basis], AGGREGATIONS[figure.aggregation]
        sheet.row((figure.label, figure.meaning, figure.unit, basis, how, figure.source))
    sheet.filter_from(2)
