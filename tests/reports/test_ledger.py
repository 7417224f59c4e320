"""The ledger, opened again: rows, types, masks, totals, and nothing that runs."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import update

from servicedesk.core.figures import FIGURES
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.reports.ledger import COLUMNS, HEADER_ROW, write
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.reports.sheets import harmless
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.support import Town, local, pass_time

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 31)


def written(town: Town, path: Path, first: date = FIRST, last: date = LAST) -> Worksheet:
    """Write the ledger and open it again."""
    write(town.park_id, first, last, path / "ledger.xlsx")
    sheet = load_workbook(path / "ledger.xlsx")["帮代办台账"]
    assert isinstance(sheet, Worksheet)
    return sheet


def row_of(sheet: Worksheet, number: int) -> dict[str, Any]:
    """Return the ``number``-th ticket by the names of the columns."""
    cells = sheet[HEADER_ROW + number]
    return {name: cell.value for (name, _), cell in zip(COLUMNS, cells, strict=True)}


def delivered(town: Town) -> Ticket:
    """Take a hiring request to its end, with twelve people placed."""
    ticket = town.walk(town.file(item="C01"), "accept", "dispatch", "sign")
    ticket = town.walk(ticket, "resolve", outcomes={"placed": 12_000})
    return town.walk(ticket, "follow_up", "rate", "close")


def test_the_ledger_has_the_tickets_of_its_days(town: Town, tmp_path: Path) -> None:
    ticket = delivered(town)
    number = ticket.number
    town.file()
    pass_time(days=60)
    town.file("bob")
    assert write(town.park_id, FIRST, LAST, tmp_path / "x.xlsx") == 2
    sheet = written(town, tmp_path)
    first, second = row_of(sheet, 1), row_of(sheet, 2)
    assert first["工单号"] == number
    assert first["提交日期"].date() == date(2024, 3, 5)
    assert (first["承诺时限（工作日）"], first["延期次数"], first["暂停天数（工作日）"]) == (
        ticket.limit_days, 0, 0,
    )  # fmt: skip
    assert (first["联系人"], first["联系电话"]) == ("李*", "138****8000")
    assert first["成效指标及数值"] == "到岗就业 12人"
    assert (first["是否按期"], first["解决情况"], first["满意度"]) == (
        "是", "企业已确认", "非常满意",
    )  # fmt: skip
    assert (second["是否按期"], second["满意度"], second["工单状态"]) == (None, None, "待受理")
    assert isinstance(first["统一社会信用代码"], str)


def test_the_head_the_total_and_the_definitions(town: Town, tmp_path: Path) -> None:
    delivered(town)
    town.file()
    sheet = written(town, tmp_path)
    assert str(sheet["A1"].value).endswith("帮代办台账")
    assert "统计期间：2024-03-01至2024-03-31" in str(sheet["A2"].value)
    assert [cell.value for cell in sheet[HEADER_ROW]] == [name for name, _ in COLUMNS]
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:AD5"
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {
        "A1:AD1", "A2:AD2", "A7:AD7",
    }  # fmt: skip
    total = row_of(sheet, 3)
    assert (total["序号"], total["工单号"], total["企业名称"]) == ("合计", "2件", "1家")
    words = load_workbook(tmp_path / "ledger.xlsx")["指标口径"]
    meanings = {row[0]: row[1] for row in words.iter_rows(min_row=3, values_only=True)}
    assert meanings == {figure.label: figure.meaning for figure in FIGURES}


def test_nothing_typed_becomes_a_formula(town: Town, tmp_path: Path) -> None:
    town.file(contact="=1+1", phone="+8613800138000")
    evil = '=HYPERLINK("http://x","y")'
    with writing():
        db.session.execute(update(Enterprise).values(industry="#REF!", name=evil))
    sheet = written(town, tmp_path)
    assert row_of(sheet, 1)["企业名称"] == f"'{evil}"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {
        "s",
        "inlineStr",
        "n",
        "d",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_what_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert harmless(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_what_is_harmless_stays() -> None:
    assert harmless("a=b") == "a=b"
    assert harmless(-3) == -3
    assert harmless("a\x00b") == "ab"
    assert len(str(harmless("字" * 40_000))) < 32_768


def test_confidential_tickets_name_nobody(town: Town, tmp_path: Path) -> None:
    ticket = town.file()
    with writing():
        db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(confidential=True))
    row = row_of(written(town, tmp_path), 1)
    assert (row["联系人"], row["联系电话"]) == ("***", "***")


def test_an_empty_period_is_an_empty_ledger(town: Town, tmp_path: Path) -> None:
    sheet = written(town, tmp_path, date(2020, 1, 1), date(2020, 1, 1))
    assert row_of(sheet, 1)["工单号"] == "0件"
    with pytest.raises(Refused):
        write(town.park_id, LAST, FIRST, tmp_path / "y.xlsx")


def test_days_are_local(town: Town, tmp_path: Path) -> None:
    from servicedesk.clock import clock

    clock.set(local("2024-03-31 23:30"))
    town.file()
    clock.set(local("2024-04-01 00:10"))
    town.file()
    assert write(town.park_id, FIRST, LAST, tmp_path / "z.xlsx") == 1


def test_masks() -> None:
    assert [masked_name(name) for name in ("张三", "欧阳娜娜", "李", "")] == [
        "张*",
        "欧***",
        "李*",
        "",
    ]
    assert [masked_phone(number) for number in ("13812341234", "12345", "")] == [
        "138****1234", "****", "",
    ]  # fmt: skip
