"""The year-end summary, opened again: its words, its numbers, their origins, its form."""

from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from servicedesk.clock import clock
from servicedesk.core.counting import BY_KEY
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.reports import figures
from servicedesk.reports.figures import Writer, amount
from servicedesk.reports.phrases import CLAUSES
from servicedesk.reports.summary import write
from servicedesk.statistics.actions import build
from servicedesk.transaction import writing
from tests.support import Town, local

PROJECTS = "省工信厅重点项目库"


def deliver(
    town: Town, item: str, login: str = "alice", listing: str = "", **outcomes: int
) -> None:
    """Take a request to its end with outcome figures in thousandths."""
    ticket = town.file(login, item, answers={"listing": listing} if listing else {})
    ticket = town.walk(ticket, "accept", "dispatch", "sign")
    town.walk(ticket, "resolve", outcomes=outcomes)
    town.walk(ticket, "confirm", "rate", "close")


def text_of(path: Path) -> str:
    """Return the text of all paragraphs, with reference marks taken out."""
    lines = [
        "".join(run.text for run in paragraph.runs if not run.font.superscript)
        for paragraph in Document(str(path)).paragraphs
    ]
    return "\n".join(lines)


def test_the_summary_says_what_was_done(town: Town, tmp_path: Path) -> None:
    deliver(town, "C01", placed=512_000)
    deliver(town, "F03", applied=1000)
    deliver(town, "F03", "bob", applied=1000)
    deliver(town, "F05", listing=PROJECTS, recognised=1000, listed_invest=23_800)
    deliver(town, "E03", patents=96_000)
    town.file()
    build(town.park_id)
    write(town.park_id, 2024, tmp_path / "s.docx")
    text = text_of(tmp_path / "s.docx")
    assert "2024年“帮代办”服务工作总结" in text
    assert "帮助1家企业解决就业500余人；" in text
    assert "恩德莱科技有限公司、荷力士重工有限公司申报国家级专精特新“小巨人”企业" in text
    assert "帮助恩德莱科技有限公司入选省工信厅重点项目库，涉及投资23.8亿元" in text
    assert "帮助1家企业获批专利96项。" in text
    assert "全年收到企业诉求和申请6件，办结归档5件，服务企业2家，按期办结率100.0%" in text
    assert "获批“省专精特新中小企业”" not in text  # nothing to say, so nothing is said
    assert "0家" not in text.split("附：")[0]


def test_every_number_has_its_origin(town: Town, tmp_path: Path) -> None:
    deliver(town, "E03", patents=3000)
    build(town.park_id)
    write(town.park_id, 2024, tmp_path / "s.docx")
    paragraphs = Document(str(tmp_path / "s.docx")).paragraphs
    marks = [run.text for paragraph in paragraphs for run in paragraph.runs if run.font.superscript]
    origins = [p.text for p in paragraphs if p.text.startswith("[")]
    assert marks == [f"[{number}]" for number in range(1, len(marks) + 1)]
    assert [line.split(" ")[0] for line in origins] == marks
    patents = next(line for line in origins if " 3项——" in line)
    assert "/desk/?figure=delivered&cut=item:E03&metric=patents&period=2024" in patents
    assert any(BY_KEY["served"].meaning in line for line in origins)


def test_the_table_has_every_category_and_a_total_that_is_not_their_sum(
    town: Town, tmp_path: Path
) -> None:
    deliver(town, "A01")
    deliver(town, "C01")
    build(town.park_id)
    write(town.park_id, 2024, tmp_path / "s.docx")
    (table,) = Document(str(tmp_path / "s.docx")).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert len(rows) == 12
    assert sum(int(row[3]) for row in rows[1:-1]) == 2
    assert rows[-1] == ["合计", "2", "2", "1", "100.0%", "100.0%"]


def test_the_form_is_that_of_official_papers(town: Town, tmp_path: Path) -> None:
    write(town.park_id, 2024, tmp_path / "s.docx")
    document = Document(str(tmp_path / "s.docx"))
    section = document.sections[0]
    sides = (section.top_margin, section.left_margin, section.right_margin, section.bottom_margin)
    assert [round(side.mm) for side in sides if side is not None] == [37, 28, 26, 35]
    assert (section.page_width, section.page_height) == (7560310, 10692130) or (
        section.page_width is not None and round(section.page_width.mm) == 210
    )
    fonts = {
        node.get(qn("w:eastAsia"))
        for paragraph in document.paragraphs
        for node in paragraph._p.iter(qn("w:rFonts"))
    }
    assert {"方正小标宋简体", "仿宋_GB2312", "黑体"} <= fonts


def test_an_empty_year_boasts_with_nothing(town: Town, tmp_path: Path) -> None:
    write(town.park_id, 2019, tmp_path / "s.docx")
    text = text_of(tmp_path / "s.docx")
    assert "本年度尚无办结归档的服务。" in text
    assert "满意率0" not in text


def test_growth_is_against_the_year_before(town: Town, tmp_path: Path) -> None:
    deliver(town, "A01")
    clock.set(local("2025-04-08 10:00"))
    deliver(town, "A01")
    deliver(town, "A02")
    build(town.park_id)
    write(town.park_id, 2025, tmp_path / "s.docx")
    assert "办结归档2件，同比增长100.0%，服务企业1家" in text_of(tmp_path / "s.docx")


def test_more_than_two_enterprises_are_examples_and_a_number(town: Town) -> None:
    with writing():
        third = Enterprise(park_id=town.park_id, name="怀科科技有限公司", created_at=clock.now())
        db.session.add(third)
    found = [town.enterprise_id("alice"), town.enterprise_id("bob"), third.id]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "enterprises_with", lambda *_: found)
        pieces = Writer(town.park_id, 2024).sentence(CLAUSES[2:3])
    assert pieces[0][0] == (
        "协助恩德莱科技有限公司、荷力士重工有限公司等3家企业申报获批“省级创新型中小企业”"
    )


@pytest.mark.parametrize(
    ("thousandths", "unit", "approximate", "written"),
    [
        (512_000, "人", True, "500余人"),
        (500_000, "人", True, "500人"),
        (49_000, "人", True, "49人"),
        (96_000, "项", False, "96项"),
        (23_800, "亿元", False, "23.8亿元"),
        (350, "亿元", False, "3500万元"),
        (12_345_678, "万元", False, "1.23亿元"),
        (300_500, "万元", False, "300.5万元"),
    ],
)
def test_how_numbers_are_written(
    thousandths: int, unit: str, approximate: bool, written: str
) -> None:
    assert amount(thousandths, unit, approximate=approximate) == written
