"""The summary of a week, a month, a quarter, a half-year: its words, and what it leaves out."""

import io
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from docx import Document

from servicedesk.clock import clock
from servicedesk.core.counting import REGISTERED
from servicedesk.jobs.registry import JOBS
from servicedesk.organisation.queries import unit_by_code
from servicedesk.reports import making, runs, subscriptions
from servicedesk.reports.content import content, titled
from servicedesk.reports.kinds import KINDS
from servicedesk.reports.own_templates import take
from servicedesk.reports.periods import named
from servicedesk.reports.phrases import CLAUSES
from servicedesk.reports.runs import Wish, ask, fetch, mine
from servicedesk.reports.summary import official, write
from servicedesk.reports.templates import default_template, fill
from servicedesk.reports.wording import compared, stretch
from servicedesk.statistics.facts import build
from servicedesk.tickets.listing import Filter, total
from tests.reports.test_summary import deliver, patent, place, text_of
from tests.support import Town, local

LATER = date(2026, 2, 2)


@pytest.mark.parametrize(
    ("code", "today", "title", "until"),
    [
        ("2024-W10", LATER, "2024年第10周“帮代办”服务工作情况", "本周（3月4日至3月10日）"),
        ("2025-W01", LATER, "2025年第1周“帮代办”服务工作情况", "本周（2024年12月30日至2025年1月5日）"),
        ("2024-W10", date(2024, 3, 6), "2024年第10周“帮代办”服务工作情况", "本周（截至3月6日）"),
        ("2024-03", LATER, "2024年3月“帮代办”服务工作情况", "3月"),
        ("2024-03", date(2024, 3, 31), "2024年3月“帮代办”服务工作情况", "3月"),
        ("2024-03", date(2024, 3, 15), "2024年3月“帮代办”服务工作情况", "3月（截至15日）"),
        ("2024-Q1", LATER, "2024年第一季度“帮代办”服务工作总结", "第一季度"),
        ("2024-Q4", date(2024, 11, 8), "2024年第四季度“帮代办”服务工作总结", "第四季度（截至11月8日）"),
        ("2024-H1", LATER, "2024年上半年“帮代办”服务工作总结", "上半年"),
        ("2024-H2", LATER, "2024年下半年“帮代办”服务工作总结", "下半年"),
        ("2024", LATER, "2024年“帮代办”服务工作总结", "全年"),
        ("2026", LATER, "2026年“帮代办”服务工作总结", "截至2月2日"),
    ],
)  # fmt: skip
def test_what_a_stretch_is_called(code: str, today: date, title: str, until: str) -> None:
    told = stretch(named(code), today)
    assert (titled("", told), told.until) == (title, until)


def test_a_long_title_breaks_where_it_may() -> None:
    told = stretch(named("2024-Q3"), LATER)
    assert titled("鹤城高新区", told) == "鹤城高新区2024年第三季度\n“帮代办”服务工作总结"
    assert "\n" not in titled("鹤城高新区", stretch(named("2024"), LATER))


def test_what_a_count_is_compared_with() -> None:
    week = stretch(named("2024-W10"), LATER)
    assert [name for name, _span in week.compared] == ["上周", "去年同期"]
    month = stretch(named("2024-03"), date(2024, 3, 5))
    assert [(name, span.start, span.end) for name, span in month.compared] == [
        ("上月同期", date(2024, 2, 1), date(2024, 2, 5)),
        ("去年同期", date(2023, 3, 1), date(2023, 3, 5)),
    ]
    half = stretch(named("2024-H2"), LATER)
    assert [name for name, _span in half.compared] == ["去年同期"]
    assert compared(12, [("上月", 9), ("去年同期", 12)]) == "比上月增加3件、与去年同期持平"
    assert compared(15, [("上月", 20), ("去年同期", 16)]) == "比上月下降25%、比去年同期减少1件"
    assert compared(500, [("上月", 20), ("去年同期", 500)]) == "比上月增长24倍、与去年同期持平"
    assert compared(10_001, [("上月", 10_000)]) == "与上月持平"  # 0.01 %


def test_whatever_a_clause_counts_has_a_register_for_all_its_items() -> None:
    for part in (part for clause in CLAUSES for part in clause if part.metric):
        assert all(part.metric in REGISTERED[item] for item in part.items), part


def test_a_month_says_what_was_done_in_it_and_no_more(town: Town, tmp_path: Path) -> None:
    clock.set(local("2024-02-20 10:00"))
    deliver(town, "A01")
    clock.set(local("2024-03-05 10:00"))
    deliver(town, "C01")
    deliver(town, "E03", "bob")
    patent(town, 3)
    build(town.park_id)
    clock.set(local("2024-04-08 10:00"))
    write(town.park_id, named("2024-03"), tmp_path / "s.docx")
    text = text_of(tmp_path / "s.docx")
    assert (
        "3月收到企业诉求和申请2件，比上月增加1件；办结归档2件，比上月增加1件；服务企业2家，" in text
    )
    assert "2.营商环境持续优化。潇湘科技要素大市场帮助1家企业获批专利3项。" in text
    assert "0家" not in text and "去年" not in text and "全年" not in text
    (table,) = Document(str(tmp_path / "s.docx")).tables
    names = [row.cells[0].text for row in table.rows]
    assert names == ["服务类别", "用工与人才", "科技创新与知识产权", "合计"]
    said = content(town.park_id, named("2024-03"))
    course, categories = said.charts
    assert course is not None and categories is not None
    assert list(course.names) == ["1—3日", "4—10日", "11—17日", "18—24日", "25—31日"]
    assert list(course.series[0][1]) == [0, 2, 0, 0, 0]
    assert list(categories.names) == ["用工与人才", "科技创新与知识产权"]


def links_in_tables(document: Any) -> list[tuple[str, str]]:
    """Return the links of the tables: text and address."""
    return [
        (link.text, link.address)
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
        for link in paragraph.hyperlinks
    ]


@pytest.mark.parametrize("template", [None, default_template()], ids=["official", "template"])
def test_the_table_s_numbers_are_links(town: Town, tmp_path: Path, template: bytes | None) -> None:
    deliver(town, "C01")
    town.file()
    build(town.park_id)
    for code, days in (
        ("2024-W10", "since=2024-03-04&until=2024-03-05"), ("2024", "since=2024-01-01&until=2024-12-31"),
    ):  # fmt: skip
        write(town.park_id, named(code), tmp_path / "s.docx", template=template)
        found = links_in_tables(Document(str(tmp_path / "s.docx")))
        desk = "http://localhost/desk/?figure="
        assert found[0] == ("1", f"{desk}submitted&category=A&{days}")
        assert found[1] == ("1", f"{desk}submitted&category=C&{days}")
        assert found[6] == ("2", f"{desk}submitted&{days}")
        assert len(found) == 11
        counts = [(text, one) for text, one in found if "=submitted" in one or "=delivered" in one]
        assert [int(text) for text, _address in counts] == [
            total(town.leader, behind(address)) for _text, address in counts
        ]


def behind(address: str) -> Filter:
    """Return what a link asks the desk's list for."""
    asked: dict[str, Any] = dict(parse_qsl(urlsplit(address).query))
    days = {name: date.fromisoformat(asked[name]) for name in ("since", "until")}
    return Filter(**{**asked, **days})


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("2024-W10", ["3月4日", "3月5日", "3月6日"]), ("2024-03", ["1—3日", "4—6日"]),
        ("2024-Q1", ["1月", "2月", "3月"]), ("2024-H1", ["1月", "2月", "3月"]),
        ("2024", [f"{month}月" for month in range(1, 13)]),
    ],
)  # fmt: skip
def test_the_course_fits_the_stretch_and_ends_today(
    town: Town, code: str, names: list[str]
) -> None:
    town.file()
    build(town.park_id)
    clock.set(local("2024-03-06 10:00"))
    course, _categories = content(town.park_id, named(code)).charts
    assert course is not None
    assert list(course.names) == names
    assert sum(course.series[0][1]) == 1


def test_a_week_without_anything_prints_no_noughts(town: Town) -> None:
    said = content(town.park_id, named("2024-W02"))
    text = "\n".join(paragraph.text for paragraph in official(said).paragraphs)
    assert "服务总量。本周（1月8日至1月14日）没有收到企业诉求和申请，也没有办结归档的工单。" in text
    assert "1.服务总量" not in text and "营商环境" not in text and "二、" not in text
    assert "0件" not in text and "0家" not in text
    assert (official(said).tables, said.charts, said.origins) == ([], (None, None), [])


def test_what_is_settled_only_later_is_said(town: Town) -> None:
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    build(town.park_id)
    said = content(town.park_id, named("2024-W10"))
    assert "".join(text for text, _reference in said.volume).endswith("1件，没有办结归档的工单。")
    assert "另有已办结、尚在回访评价的工单" in said.as_of


@pytest.mark.parametrize("code", ["2024-W02", "2024-W10", "2024-03", "2024-H1", "2024"])
def test_the_default_template_says_the_same_of_every_stretch(town: Town, code: str) -> None:
    deliver(town, "A01")
    place(town, 60)
    build(town.park_id)
    said = content(town.park_id, named(code))
    written, filled = official(said), fill(default_template(), said)
    assert [p.text for p in filled.paragraphs] == [p.text for p in written.paragraphs]
    cells = [
        [[cell.text for cell in row.cells] for table in one.tables for row in table.rows]
        for one in (filled, written)
    ]
    assert cells[0] == cells[1]
    charts = [p for p in filled.part.package.iter_parts() if "/charts/" in str(p.partname)]
    assert len(charts) == sum(one is not None for one in said.charts)


def old_template() -> bytes:
    """Return a template of staff from before there were shorter summaries: without conditions."""
    document = Document(io.BytesIO(default_template()))
    for paragraph in document.paragraphs:
        if paragraph.text.startswith(("{%p if", "{%p endif")):
            paragraph._p.getparent().remove(paragraph._p)
    document.add_paragraph("园区内部资料")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_a_template_of_staff_serves_every_stretch(town: Town) -> None:
    take(town.head, "我们的.docx", old_template())
    for kind, first, last, name in (
        ("summary_week", date(2024, 1, 8), date(2024, 1, 14), "2024年第2周“帮代办”服务工作情况"),
        ("summary_month", date(2024, 2, 1), date(2024, 2, 29), "2024年2月“帮代办”服务工作情况"),
        ("summary_quarter", date(2024, 1, 1), date(2024, 3, 31), "2024年第一季度“帮代办”服务工作总结"),
        ("summary_half", date(2024, 1, 1), date(2024, 6, 30), "2024年上半年“帮代办”服务工作总结"),
        ("summary", date(2024, 1, 1), date(2024, 12, 31), "2024年“帮代办”服务工作总结"),
    ):  # fmt: skip
        run = ask(town.head, Wish(kind, first, last), kind)
        making.make_waiting()
        fetched = fetch(town.head, run.id)
        assert fetched is not None, runs.own(town.head, run.id)
        assert fetched[0].name == f"{name}.docx"
        text = "\n".join(p.text for p in Document(io.BytesIO(fetched[1].read_bytes())).paragraphs)
        assert "⟦" not in text and "{" not in text
        assert name.partition("“")[0] in text and "园区内部资料" in text
    assert "营商环境持续优化。本年度尚无" in text


def test_each_summary_comes_by_itself_when_its_period_is_over(town: Town) -> None:
    papers = [key for key, kind in KINDS.items() if kind.paper]
    assert len(papers) == 5
    for key in papers:
        subscriptions.subscribe(town.head, key)
    clock.set(local("2025-01-02 09:30"))
    assert JOBS["reports"]() == 10
    assert {run.name for run in mine(town.head)} == {
        "2024年第52周“帮代办”服务工作情况.docx", "2024年12月“帮代办”服务工作情况.docx",
        "2024年第四季度“帮代办”服务工作总结.docx", "2024年下半年“帮代办”服务工作总结.docx",
        "2024年“帮代办”服务工作总结.docx",
    }  # fmt: skip


def test_a_unit_head_s_summary_has_the_own_unit_only(town: Town) -> None:
    deliver(town, "A01")
    place(town, 60)
    patent(town, 3)
    other = town.walk(
        town.walk(town.file("bob"), "accept"), "dispatch", unit_id=town.unit_id("GHJS")
    )
    build(town.park_id)
    for kind, first, last, until in (
        ("summary_month", date(2024, 3, 1), date(2024, 3, 31), "3月（截至5日）"),
        ("summary", date(2024, 1, 1), date(2024, 12, 31), "截至3月5日"),
    ):
        run = ask(town.unithead, Wish(kind, first, last), kind)
        making.make_waiting()
        fetched = fetch(town.unithead, run.id)
        assert fetched is not None, runs.own(town.unithead, run.id)
        assert fetched[0].name.endswith("（区市场监督管理局）.docx")
        document = Document(io.BytesIO(fetched[1].read_bytes()))
        text = "\n".join(paragraph.text for paragraph in document.paragraphs)
        assert text.startswith("区市场监督管理局2024年")
        assert f"服务总量。{until}收到企业诉求和申请1件" in text and "解决率100.0%" in text
        assert "专利" not in text and "就业" not in text  # registers know no units
        [table] = document.tables
        assert [row.cells[0].text for row in table.rows[1:]] == ["企业开办与登记", "合计"]
    assert other.unit_id != town.unithead.unit_id


def test_all_but_the_year_end_summary_tell_what_went_wrong(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "dispute")
    town.walk(ticket, "resolve", "confirm", "rate", "close")
    build(town.park_id)
    unit = unit_by_code(town.park_id, "SCJG")
    for code, whose in (("2024-03", None), ("2024-03", unit), ("2024", unit)):
        said = content(town.park_id, named(code), unit=whose)
        text = "".join(text for text, _reference in said.volume)
        assert "，解决率100.0%" in text and "；其中重新办理1次" in text
        assert "、虚假办结1件。" in text
        assert any(line.startswith("重新办理（次）") for line in said.definitions)
    year = content(town.park_id, named("2024"))
    assert "重新办理" not in "".join(text for text, _reference in year.volume)
