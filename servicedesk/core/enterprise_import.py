"""Lists of enterprises from outside (企业名单导入): the columns, and what is wrong with a row.

A row is read cell by cell; every cell that cannot be understood gives one problem with the column
and a sentence, and a row with problems is not taken. Nothing here knows what is in the database.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import phonenumbers

from servicedesk.core.enterprises import AREAS, CHAINS
from servicedesk.core.identifiers import credit_code
from servicedesk.core.industries import industry_code
from servicedesk.core.scales import SCALES
from servicedesk.core.textsearch import normalise
from servicedesk.core.words import N_

Cell = str | int | float | date | datetime | bool | None
Value = str | int | float | None
ROWS_MAX = 5_000
_TEXT_MAX = 100
_MONEY_MAX = 1_000_000_000  # 万元: far beyond any enterprise, far below what a column holds
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DAY_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NOTHING = frozenset({"", "-", "—", "/", "无", "暂无"})
_HARMFUL = re.compile(r"[<>\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


class Wrong(Exception):
    """A cell cannot be taken; the argument is the sentence for the person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell: the column's name, the sentence, and what stood there."""

    column: str
    reason: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list as it was understood; ``number`` is the line in the sheet.

    ``values`` has the fields of the profile that were filled in; an empty cell says nothing.
    """

    number: int
    values: Mapping[str, Value]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the list: the field, its heading, whether it must be filled, what belongs in it."""

    field: str
    heading: str
    required: bool
    hint: str
    example: str
    read: Callable[[Cell, "Known"], Value]


@dataclass(frozen=True, slots=True)
class Known:
    """What the readers compare with: today, and the staff by login and by name.

    A name that two people bear is in ``officers`` with ``None``.
    """

    today: date
    officers: Mapping[str, int | None]


def _text(cell: Cell, longest: int = _TEXT_MAX) -> str:
    """Return a cell as text; whole numbers lose their ``.0``, invisible characters are refused."""
    if isinstance(cell, bool):
        raise Wrong(N_("这里应填文字，不能是“是/否”。"))
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, date):
        cell = cell.isoformat()
    text = "" if cell is None else str(cell).strip()
    if len(text) > longest:
        raise Wrong(N_("文字太长。"))
    if _HARMFUL.search(text):
        raise Wrong(N_("含有不允许的字符（尖括号或不可见字符）。"))
    if text.startswith(_FORMULA) and text not in _NOTHING:
        raise Wrong(N_("不能以等号、加减号或@开头，请粘贴为数值。"))
    return text


def _name(cell: Cell, known: Known) -> Value:
    text = _text(cell)
    if len(text) < 2:
        raise Wrong(N_("企业名称太短。"))
    return text


def _person(cell: Cell, known: Known) -> Value:
    return _text(cell, 40)


def _place(cell: Cell, known: Known) -> Value:
    return _text(cell, 60)


def _code(cell: Cell, known: Known) -> Value:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        raise Wrong(N_("代码被存成了数字，末位可能已丢失，请把该列设为文本后重新填写。"))
    checked = credit_code(_text(cell))
    if checked.doubt is not None:
        raise Wrong(checked.doubt)
    return checked.value


def _industry(cell: Cell, known: Known) -> Value:
    found = industry_code(_text(cell))
    if found is None:
        raise Wrong(N_("不是国民经济行业分类（GB/T 4754-2017）的代码，例如 C3841。"))
    return found


def _scale(cell: Cell, known: Known) -> Value:
    text = _text(cell).removesuffix("企业").removesuffix("型")
    for key, name in SCALES.items():
        if text == name.removesuffix("型"):
            return key
    raise Wrong(N_("规模应为大型、中型、小型或微型。"))


def _area(cell: Cell, known: Known) -> Value:
    return _one_of(cell, AREAS, N_("片区不在园区的片区名单中。"))


def _chain(cell: Cell, known: Known) -> Value:
    return _one_of(cell, CHAINS, N_("产业链不在园区的产业链名单中。"))


def _one_of(cell: Cell, names: Iterable[str], reason: str) -> str:
    text = _text(cell)
    if text not in names:
        raise Wrong(reason)
    return text


def _day(cell: Cell, known: Known) -> Value:
    day = _as_day(cell)
    if not date(1949, 10, 1) <= day <= known.today:
        raise Wrong(N_("日期须在1949年之后，且不晚于今天。"))
    return day.isoformat()


def _as_day(cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    match = _DAY.fullmatch(text) or _DAY_DIGITS.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        return date(*map(int, match.groups()))
    except ValueError:
        raise Wrong(N_("日期写法不对，例如 2019-05-06。")) from None


def _number(cell: Cell, least: float, most: float) -> float:
    if isinstance(cell, bool | date):
        raise Wrong(N_("这里应填数字。"))
    if not isinstance(cell, int | float):
        bare = re.sub(r"[,，\s]|万元|万|人|%|％", "", str(cell))
        if not re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", bare):
            raise Wrong(N_("这里应填数字。"))
        cell = float(bare)
    if not least <= cell <= most:
        raise Wrong(N_("数字超出合理范围。"))
    return cell


def _money(cell: Cell, known: Known) -> Value:
    return round(_number(cell, 0, _MONEY_MAX))


def _people(cell: Cell, known: Known) -> Value:
    number = _number(cell, 0, 1_000_000)
    if number != int(number):
        raise Wrong(N_("人数应为整数。"))
    return int(number)


def _growth(cell: Cell, known: Known) -> Value:
    return round(_number(cell, -100, 100_000), 2)


def _share(cell: Cell, known: Known) -> Value:
    return round(_number(cell, 0, 100), 2)


def _phone(cell: Cell, known: Known) -> Value:
    text = _text(cell, 30)
    if not is_phone(text):
        raise Wrong(N_("不是有效的电话号码。"))
    return text


def is_phone(text: str) -> bool:
    """Tell whether ``text`` is a Chinese mobile or fixed number as people write them."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "CN"))
    except phonenumbers.NumberParseException:
        return False


def _officer(cell: Cell, known: Known) -> Value:
    text = normalise(_text(cell, 40))
    if text not in known.officers:
        raise Wrong(N_("没有这位工作人员，请填登录名或姓名。"))
    found = known.officers[text]
    if found is None:
        raise Wrong(N_("有重名的工作人员，请改填登录名。"))
    return found


COLUMNS: Sequence[Column] = (
    Column("name", "企业名称", True, "营业执照上的全称；筹建中的可在末尾加“（筹）”",
           "湖南某某科技有限公司", _name),
    Column("credit_code", "统一社会信用代码", False, "18位，单元格设为文本；筹建中的企业留空",
           "91431202MA44JURQ8J", _code),
    Column("industry_code", "行业代码", False,
           "国民经济行业分类 GB/T 4754-2017：门类字母加2至4位数字", "C3841", _industry),
    Column("scale", "规模", False, "大型、中型、小型、微型；留空且行业、人数、营收齐全时自动划型",
           "小型", _scale),
    Column("area", "片区", False, "、".join(AREAS), "高新技术产业园", _area),
    Column("plot", "地块", False, "楼栋或地块编号", "标准厂房B区2栋", _place),
    Column("legal_representative", "法定代表人", False, "姓名", "张某某", _person),
    Column("founded_on", "成立日期", False, "年-月-日", "2019-05-06", _day),
    Column("registered_capital", "注册资本（万元）", False, "数字", "1000", _money),
    Column("employees", "从业人数", False, "上年末人数，整数", "86", _people),
    Column("revenue", "营业收入（万元）", False, "上一年度，数字", "5200", _money),
    Column("revenue_growth", "营收增长率（%）", False, "与前一年度相比，15 表示 15%", "15", _growth),
    Column("research_share", "研发费用占比（%）", False, "研发费用占营业收入，4.5 表示 4.5%",
           "4.5", _share),
    Column("contact", "联系人", False, "姓名", "李某某", _person),
    Column("phone", "联系电话", False, "手机或带区号的座机，单元格设为文本", "13800138000", _phone),
    Column("service_officer_id", "服务专员", False, "园区工作人员的登录名或姓名", "desk", _officer),
    Column("chain", "产业链", False, "、".join(CHAINS), "新能源及装备", _chain),
)  # fmt: skip


def heading_key(text: object) -> str:
    """Return a heading without what people change in it: brackets and their units, stars, blanks."""
    return re.sub(r"[(（\[【].*?[)）\]】]|[*＊\s]", "", normalise(str(text or "")))


BY_HEADING: Mapping[str, Column] = {heading_key(column.heading): column for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Headings:
    """What the first line of a sheet says: the column at each place, what is unknown, what lacks."""

    columns: tuple[Column | None, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


def headings(cells: Sequence[Cell]) -> Headings:
    """Understand the headings; of two alike only the first counts."""
    found: list[Column | None] = []
    unknown: list[str] = []
    for cell in cells:
        column = BY_HEADING.get(heading_key(cell))
        if column in found:
            column = None
        if column is None and str(cell or "").strip():
            unknown.append(str(cell).strip()[:40])
        found.append(column)
    needed = (BY_HEADING[heading_key(name)] for name in ("企业名称", "统一社会信用代码"))
    missing = tuple(column.heading for column in needed if column not in found)
    return Headings(tuple(found), tuple(unknown), missing)


def read_row(
    number: int, columns: Sequence[Column | None], cells: Sequence[Cell], known: Known
) -> Row:
    """Understand one line; every cell that cannot be understood is one problem."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for column, cell in zip(columns, cells, strict=False):
        if column is None:
            continue
        try:
            if not _is_empty(cell):
                values[column.field] = column.read(cell, known)
        except Wrong as wrong:
            problems.append(Problem(column.heading, str(wrong), str(cell)[:40]))
    for column in COLUMNS:
        wrong_already = any(problem.column == column.heading for problem in problems)
        if column.required and column.field not in values and not wrong_already:
            problems.append(Problem(column.heading, N_("此项必须填写。")))
    return Row(number, values, tuple(problems))


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip() in _NOTHING)


REPEATED = N_("与本表前面的一行是同一家企业，只取前面的一行。")


def without_repeats(rows: Iterable[Row]) -> list[Row]:
    """Return the rows; one whose code, or name where it has no code, stands above is a problem."""
    seen: dict[str, int] = {}
    found: list[Row] = []
    for row in rows:
        key = str(row.values.get("credit_code") or row.values.get("name") or "")
        if key and not row.problems:
            if key in seen:
                heading = "统一社会信用代码" if row.values.get("credit_code") else "企业名称"
                problem = Problem(heading, REPEATED, str(seen[key]))
                row = Row(row.number, row.values, (problem,))
            else:
                seen[key] = row.number
        found.append(row)
    return found
