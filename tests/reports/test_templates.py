"""Templates of staff: the default one works, what breaks or does too much is refused."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement

from servicedesk.backup.make import make
from servicedesk.errors import Refused
from servicedesk.jobs.tasks import housekeeping
from servicedesk.reports import making, runs
from servicedesk.reports.content import sample
from servicedesk.reports.own_templates import active_content, back_to_default, take, templates
from servicedesk.reports.runs import Wish, ask, fetch
from servicedesk.reports.templates import BAD_CODE, BAD_FILE, OUTSIDE, check, default_template, fill
from tests.support import Town, pass_time

YEAR = Wish("summary", date(2024, 1, 1), date(2024, 12, 31))


def edited(change: Callable[[Any], object]) -> bytes:
    """Return the default template after a change in Word."""
    document = Document(io.BytesIO(default_template()))
    change(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def adding(text: str) -> bytes:
    """Return the default template with one more paragraph."""
    return edited(lambda document: document.add_paragraph(text))


def with_part(name: str, content: str) -> bytes:
    """Return the default template with one more file in its archive."""
    stream = io.BytesIO(default_template())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def words(document: Any) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_the_default_template_says_what_the_official_paper_says() -> None:
    check(default_template())
    filled = fill(default_template(), sample())
    text = words(filled)
    assert "1.服务总量。全年收到企业诉求和申请120件[1]。" in text
    assert "[2] 50余——示例。工单：/desk/?figure=served&period=2024" in text
    assert "{" not in text and "⟦" not in text
    [table] = filled.tables
    assert [cell.text for cell in table.rows[1].cells] == sample().rows[0].texts
    assert len(table.rows) == 3
    charts = [p for p in filled.part.package.iter_parts() if "/charts/" in str(p.partname)]
    assert len(charts) == 2
    marks = [run for p in filled.paragraphs for run in p.runs if run.font.superscript]
    assert [run.text for run in marks] == ["[1]", "[2]"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}", "{{ 标题.__class__ }}", "{{ 不存在的名称 }}", "{{ range(9) }}",
        "{{ 'a' * 999999999 }}", "{{ 9 ** 9 }}", "{{ 标题|upper }}", "{{ 标题", "{% for 行 in 类别表 %}",
        "{% for a in 类别表 %}{% for b in 类别表 %}x{% endfor %}{% endfor %}",
        "{% set x = 1 %}", "{% include 'x' %}", "{% macro m() %}{% endmacro %}", "{{ 标题.format(1) }}",
        "{{ self }}", "{{ cycler }}", "{% for a in 说明 %}x{% endfor %}",
    ],
)  # fmt: skip
def test_what_breaks_or_does_too_much_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        check(adding(text))
    assert refused.value.reason != BAD_FILE  # it says what is wrong


def test_headers_and_properties_are_no_way_in() -> None:
    def change(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "{{ 1 + 1 }}"

    with pytest.raises(Refused) as refused:
        check(edited(change))
    assert refused.value.reason == BAD_CODE

    def property_(document: Any) -> None:
        document.core_properties.title = "{{ range(9) }}"

    with pytest.raises(Refused):
        check(edited(property_))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no zip", b"PK\x03\x04broken",
        with_part("word/vbaProject.bin", "x"),
        with_part(
            "word/_rels/settings.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/attachedTemplate" Target="http://example.invalid/x.dotm" '
            'TargetMode="External"/></Relationships>',
        ),
    ],
)  # fmt: skip
def test_files_that_are_no_honest_document_are_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        check(content)


@pytest.mark.parametrize(
    "pieces", [["INCLUDEPICTURE x"], ["DDE", "AUTO cmd"], ["INCL", "UDETEXT x"]]
)
def test_fields_that_fetch_something_are_refused(pieces: list[str]) -> None:
    def change(document: Any) -> None:
        for piece in pieces:
            node = OxmlElement("w:instrText")
            node.text = piece
            document.paragraphs[0].add_run()._r.append(node)

    with pytest.raises(Refused) as refused:
        check(edited(change))
    assert refused.value.reason == OUTSIDE


def test_a_bomb_is_refused_unopened() -> None:
    with pytest.raises(Refused):
        check(with_part("word/big.xml", " " * 60_000_000))


def test_a_template_without_its_title_is_refused() -> None:
    with pytest.raises(Refused):
        check(edited(lambda document: document.paragraphs[0].clear()))


def summary_of(town: Town, key: str) -> str:
    """Make a summary in the background and return its words."""
    run = ask(town.head, YEAR, key)
    making.make_waiting()
    fetched = fetch(town.head, run.id)
    assert fetched is not None, runs.own(town.head, run.id)
    return words(Document(io.BytesIO(fetched[1].read_bytes())))


def test_the_newest_template_is_used_until_the_default_comes_back(town: Town) -> None:
    assert "园区内部资料" not in summary_of(town, "0")
    take(town.head, "旧.docx", adding("旧的"))
    take(town.admin, "新.docx", adding("园区内部资料"))
    assert [one.active for one in templates(town.park_id)] == [True, False]
    text = summary_of(town, "1")
    assert "园区内部资料" in text and "旧的" not in text
    assert "2024年“帮代办”服务工作总结" in text
    assert back_to_default(town.head)
    assert not back_to_default(town.head)
    assert active_content(town.park_id, "summary") is None
    assert "园区内部资料" not in summary_of(town, "2")


def test_a_refused_template_changes_nothing(town: Town) -> None:
    take(town.head, "好.docx", default_template())
    for name, content in (("坏.docx", adding("{{ 不存在 }}")), ("好.docm", default_template())):
        with pytest.raises(Refused):
            take(town.head, name, content)
    with pytest.raises(Refused):
        take(town.leader, "好.docx", default_template())
    assert [one.name for one in templates(town.park_id)] == ["好.docx"]
    assert templates(town.park_id)[0].active


def test_templates_are_kept_by_the_sweeper_and_by_backups(town: Town, tmp_path: Path) -> None:
    stored = take(town.head, "好.docx", default_template()).stored_as
    pass_time(days=9)
    housekeeping()
    assert active_content(town.park_id, "summary") is not None
    from flask import current_app

    uploads = current_app.extensions["settings"].uploads_dir
    manifest = make(tmp_path / "backup.tar.gz", uploads)
    assert stored in manifest.files
    assert not manifest.missing
