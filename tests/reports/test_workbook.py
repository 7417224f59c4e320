"""The statistics workbook, opened again: every figure, real types, cuts, totals, definitions."""

import io
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from servicedesk.clock import clock
from servicedesk.core.figures import FIGURES
from servicedesk.reports.periods import Length, period_of
from servicedesk.reports.workbook import CUT_COLUMNS, write
from servicedesk.statistics.facts import build
from tests.support import Town, local


def written(town: Town, path: Path, code: str = "2024-03") -> Workbook:
    """Write the statistics of a month as the desk head, and open them again."""
    build(town.park_id)
    write(town.head, period_of(Length.MONTH, code), path / "s.xlsx")
    return load_workbook(io.BytesIO((path / "s.xlsx").read_bytes()))


def lines(sheet: Worksheet, header: int = 3) -> dict[Any, tuple[Any, ...]]:
    """Return the rows beneath the header by their first cell."""
    rows = sheet.iter_rows(min_row=header + 1, values_only=True)
    return {row[0]: row for row in rows}


def town_life(town: Town) -> None:
    """In February one request comes; in March two, of which one is delivered."""
    clock.set(local("2024-02-05 10:00"))
    town.file("bob")
    clock.set(local("2024-03-05 10:00"))
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    town.walk(ticket, "follow_up", "rate", "close")
    town.file()
    clock.set(local("2024-04-02 10:00"))


def test_every_figure_with_what_it_was_before(town: Town, tmp_path: Path) -> None:
    town_life(town)
    book = written(town, tmp_path)
    assert book.sheetnames == ["指标", "按单位", "按类别", "按事项", "帮代办台账", "指标口径"]
    found = lines(book["指标"])
    assert [figure.label for figure in FIGURES] == list(found)[: len(FIGURES)]
    assert found["收到工单"][1:5] == (2, "件", 1, 1)  # 环比 +100 %
    assert found["服务企业数"][1] == 1
    assert found["按期办结率"][1] == 1
    assert found["在办工单"][1] == 2  # at this moment: February's and March's
    assert found["在办工单"][3] is None
    assert found["收到工单"][8] == "/desk/?figure=submitted&since=2024-03-01&until=2024-03-31"
    assert found["上门走访"][8] == "/desk/visits?since=2024-03-01&until=2024-03-31"


def test_the_types_are_real(town: Town, tmp_path: Path) -> None:
    town_life(town)
    book = written(town, tmp_path)
    sheet = book["指标"]
    row = next(row for row in sheet.iter_rows(min_row=4) if row[0].value == "按期办结率")
    assert (row[1].data_type, row[1].number_format) == ("n", "0.0%")
    received = next(row for row in sheet.iter_rows(min_row=4) if row[0].value == "收到工单")
    assert received[4].number_format.startswith("+0.0%")
    assert isinstance(book["帮代办台账"]["C4"].value, date)
    for name in book.sheetnames:
        assert book[name].freeze_panes is not None
        assert book[name].auto_filter.ref is not None
        assert book[name].column_dimensions["A"].width > 5


def test_the_cuts_have_totals_that_are_not_their_sums(town: Town, tmp_path: Path) -> None:
    town_life(town)
    ticket = town.walk(town.file(item="B01"), "accept", "dispatch", "sign", "resolve")
    town.walk(ticket, "follow_up", "rate", "close")
    book = written(town, tmp_path, "2024-04")
    assert lines(book["按事项"])["B01"][3:6] == (1, 1, 1)
    clock.set(local("2024-03-20 10:00"))
    found = lines(book["按单位"])
    assert "尚未派单" not in found
    assert found["合计"][1:4] == (1, 1, 1)
    assert len(found["合计"]) == 1 + len(CUT_COLUMNS)


def test_the_last_sheet_says_what_each_figure_means(town: Town, tmp_path: Path) -> None:
    found = lines(written(town, tmp_path)["指标口径"], 2)
    for figure in FIGURES:
        assert found[figure.label][1] == figure.meaning
        assert all(found[figure.label][:5])
