"""The year-end summary, opened again: its words, its numbers, their origins, its form."""

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from openpyxl import load_workbook

from servicedesk.clock import clock
from servicedesk.core.counting import Rounding
from servicedesk.core.figures import BY_KEY
from servicedesk.database import Base
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.enterprises.models import Enterprise, Patent
from servicedesk.extensions import db
from servicedesk.hiring.models import JobPost, Placement
from servicedesk.reports import figures
from servicedesk.reports.content import told_of
from servicedesk.reports.figures import Writer, amount
from servicedesk.reports.periods import named
from servicedesk.reports.phrases import CLAUSES
from servicedesk.reports.summary import write
from servicedesk.statistics.facts import build
from servicedesk.transaction import writing
from tests.support import Town, local

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
PROJECTS = "省工信厅重点项目库"
YEAR = named("2024")
TODAY, DAY = date(2024, 3, 5), timedelta(days=1)


def deliver(
    town: Town, item: str, login: str = "alice", listing: str = "", **outcomes: int
) -> None:
    """Take a request to its end with outcome figures in thousandths."""
    ticket = town.file(login, item, answers={"listing": listing} if listing else {})
    ticket = town.walk(ticket, "accept", "dispatch", "sign")
    town.walk(ticket, "resolve", outcomes=outcomes)
    town.walk(ticket, "confirm", "rate", "close")


def keep(*rows: Base) -> None:
    """Put rows into the registers."""
    with writing():
        for row in rows:
            db.session.add(row)
            db.session.flush()


def place(town: Town, people: int) -> None:
    """Let people come to work whom the enterprise has confirmed; ten more are only reported."""
    post = JobPost(
        park_id=town.park_id, enterprise_id=town.enterprise_id(), title="普工", head_count=people,
        wage="", place="", requirements="", open_until=TODAY, created_at=clock.now(),
        created_by_id=town.desk.user_id,
    )  # fmt: skip
    keep(post)
    reported = {"reported_by_id": town.desk.user_id, "reported_at": clock.now()}
    keep(
        Placement(post_id=post.id, on_day=TODAY, reported=people, confirmed=people, **reported),
        Placement(post_id=post.id, on_day=TODAY - DAY, reported=10, **reported),
    )


def declare(
    town: Town, item: str, *logins: str, state: str = "declared", listing: str = "", invest: int = 0
) -> None:
    """Let enterprises declare under a policy of ``item``."""
    policy = Policy(
        park_id=town.park_id, code=f"{item}-{state}", name=item, level="省级", item_code=item,
        unit_code="KGJ", listing=listing, opens_on=TODAY, closes_on=TODAY, conditions=[],
        documents=[], created_at=clock.now(),
    )  # fmt: skip
    keep(policy)
    decided = TODAY if state == "approved" else None
    keep(
        *(
            Declaration(
                policy_id=policy.id, enterprise_id=town.enterprise_id(login), year=2024, state=state,
                declared_on=TODAY, decided_on=decided, investment=invest or None,
            )
            for login in logins
        )
    )  # fmt: skip


def patent(town: Town, count: int) -> None:
    """Put granted patents on file."""
    keep(
        *(
            Patent(
                enterprise_id=town.enterprise_id(), kind="invention", number=f"ZL{number:013d}",
                name="装置", granted_on=TODAY, recorded_at=clock.now(),
            )
            for number in range(count)
        )
    )  # fmt: skip


def text_of(path: Path) -> str:
    """Return the text of all paragraphs, with reference marks taken out."""
    lines = [
        "".join(run.text for run in paragraph.runs if not run.font.superscript)
        for paragraph in Document(str(path)).paragraphs
    ]
    return "\n".join(lines)


def test_the_summary_says_what_was_done(town: Town, tmp_path: Path) -> None:
    for item, login in (
        ("C01", "alice"),
        ("F03", "alice"),
        ("F03", "bob"),
        ("F05", "alice"),
        ("E03", "alice"),
    ):
        deliver(town, item, login, recognised=1000, placed=9000, patents=9000)  # typed: not counted
    place(town, 512)
    declare(town, "F03", "alice", "bob")
    declare(town, "F05", "alice", state="approved", listing=PROJECTS, invest=23_800)
    declare(town, "F02", "alice", state="refused")
    patent(town, 96)
    town.file()
    build(town.park_id)
    clock.set(local("2025-01-08 10:00"))
    write(town.park_id, YEAR, tmp_path / "s.docx")
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
    patent(town, 3)
    build(town.park_id)
    write(town.park_id, YEAR, tmp_path / "s.docx")
    paragraphs = Document(str(tmp_path / "s.docx")).paragraphs
    marks = [run.text for paragraph in paragraphs for run in paragraph.runs if run.font.superscript]
    origins = [p.text for p in paragraphs if p.text.startswith("[")]
    assert marks == [f"[{number}]" for number in range(1, len(marks) + 1)]
    assert [line.split(" ")[0] for line in origins] == marks
    patents = next(line for line in origins if " 3项——" in line)
    assert "/desk/patents?year=2024" in patents
    assert any(BY_KEY["served"].meaning in line for line in origins)


def test_the_table_has_every_category_and_a_total_that_is_not_their_sum(
    town: Town, tmp_path: Path
) -> None:
    deliver(town, "A01")
    deliver(town, "C01")
    build(town.park_id)
    write(town.park_id, YEAR, tmp_path / "s.docx")
    (table,) = Document(str(tmp_path / "s.docx")).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert len(rows) == 12
    assert sum(int(row[3]) for row in rows[1:-1]) == 2
    assert rows[-1] == ["合计", "2", "2", "1", "100.0%", "100.0%"]


def test_the_form_is_that_of_official_papers(town: Town, tmp_path: Path) -> None:
    write(town.park_id, YEAR, tmp_path / "s.docx")
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
    write(town.park_id, named("2019"), tmp_path / "s.docx")
    text = text_of(tmp_path / "s.docx")
    assert "本年度尚无办结归档的服务。" in text
    assert "满意率0" not in text


def test_growth_is_against_the_year_before(town: Town, tmp_path: Path) -> None:
    deliver(town, "A01")
    clock.set(local("2025-04-08 10:00"))
    deliver(town, "A01")
    deliver(town, "A02")
    build(town.park_id)
    write(town.park_id, named("2025"), tmp_path / "s.docx")
    running = text_of(tmp_path / "s.docx")  # a year that is not over is compared with none
    assert "截至4月8日收到企业诉求和申请2件，办结归档2件，服务企业1家" in running
    clock.set(local("2026-01-08 10:00"))
    write(town.park_id, named("2025"), tmp_path / "s.docx")
    assert "办结归档2件，同比增长100%，服务企业1家" in text_of(tmp_path / "s.docx")


def test_more_than_two_enterprises_are_examples_and_a_number(town: Town) -> None:
    with writing():
        third = Enterprise(park_id=town.park_id, name="怀科科技有限公司", created_at=clock.now())
        db.session.add(third)
    found = [town.enterprise_id("alice"), town.enterprise_id("bob"), third.id]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "enterprises_with", lambda *_: found)
        pieces = Writer(town.park_id, told_of(YEAR)).sentence(CLAUSES[2:3])
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


def test_the_charts_are_native_and_hold_their_data(town: Town, tmp_path: Path) -> None:
    deliver(town, "C01")
    build(town.park_id)
    write(town.park_id, YEAR, tmp_path / "s.docx")
    document = Document(str(tmp_path / "s.docx"))
    links = [chart.get(qn("r:id")) for chart in document.element.body.iter(f"{{{CHART}}}chart")]
    parts = [document.part.related_parts[link] for link in links]
    assert len(parts) == 2
    monthly = parse_xml(parts[0].blob)
    values = [point.text for point in monthly.iter(f"{{{CHART}}}v")]
    assert values[:3] == ["收到", "1月", "2月"]
    assert "1" in values
    [data] = parts[0].rels.values()
    rows = list(load_workbook(io.BytesIO(data.target_part.blob)).active.values)
    assert rows[0] == (None, "收到", "办结归档")
    assert rows[3] == ("3月", 1, 1)


def test_the_origins_are_links(town: Town, tmp_path: Path) -> None:
    patent(town, 3)
    build(town.park_id)
    write(town.park_id, YEAR, tmp_path / "s.docx")
    document = Document(str(tmp_path / "s.docx"))
    addresses = [link.address for p in document.paragraphs for link in p.hyperlinks]
    assert "http://localhost/desk/patents?year=2024" in addresses


@pytest.mark.parametrize(
    ("rounding", "people"), [("over", "500余人"), ("near", "近600人"), ("exact", "512人")]
)
def test_the_asker_chooses_how_numbers_are_rounded(
    town: Town, tmp_path: Path, rounding: str, people: str
) -> None:
    place(town, 512)
    patent(town, 96)
    build(town.park_id)
    write(town.park_id, YEAR, tmp_path / "s.docx", rounding=Rounding(rounding))
    text = text_of(tmp_path / "s.docx")
    assert f"解决就业{people}" in text
    assert "获批专利96项" in text  # recognitions are always exact
