"""The definitions: complete as data, as a page, as a document."""

import pytest
from flask import Flask

from scripts import figures
from servicedesk.core.figure_parts import NAMES, PARTS, formula
from servicedesk.core.figures import AGGREGATIONS, BASES, FIGURES
from tests.web.queue_support import person, without_tokens


def test_the_document_is_the_one_in_the_code() -> None:
    written = figures.DOCUMENT.read_text(encoding="utf-8")
    assert figures.document() == written, "run: python -m scripts.figures --write"


def test_every_part_has_a_name_and_every_name_a_part() -> None:
    used = {part for one in FIGURES for part in (one.part, one.whole) if part}
    assert used == set(PARTS)
    assert {one.key for one in FIGURES if formula(one.key)} == {
        one.key for one in FIGURES if one.part
    }
    assert {one.basis for one in FIGURES} <= set(BASES)
    assert {one.aggregation for one in FIGURES} <= set(AGGREGATIONS)


def test_names_that_figures_carry_as_bare_values_are_marked() -> None:
    bare = {one.source for one in FIGURES} | {one.unit for one in FIGURES if one.unit == "工作分钟"}
    assert {text for text in bare if not text.isascii()} == set(NAMES)


@pytest.mark.parametrize("login", ["officer", "desk", "unithead", "leader"])
def test_the_page_lists_every_figure_under_its_key(sqlite_app: Flask, login: str) -> None:
    text = person(without_tokens(sqlite_app), login).get("/insight/definitions").text
    assert [one.key for one in FIGURES if f'id="{one.key}"' not in text] == []
    assert "承诺时限内办结的工单 ÷ 办结归档的工单 × 100" in text


def test_the_page_can_be_searched(sqlite_app: Flask) -> None:
    leader = person(without_tokens(sqlite_app), "leader")
    found = leader.get("/insight/definitions?q=到岗").text
    assert 'id="placed"' in found and 'id="served"' not in found
    nothing = leader.get("/insight/definitions?q=<b>无此</b>").text
    assert "没有这样的指标" in nothing and "<b>无此" not in nothing
    assert 'href="/insight/definitions"' in leader.get("/insight/").text
