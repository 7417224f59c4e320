"""Definitions: sound ones come back the same from rows and files; of others every fault is told."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from servicedesk.catalogue.definition import KEYS, read
from servicedesk.catalogue.differences import ADDED, MOVED, REMOVED, differences
from servicedesk.catalogue.exchange import DEPTH_MAX, parse, write
from tests.catalogue.examples import KNOWN, item, items, option

FIELD = {"name": "bank", "label": "银行", "type": "text"}


def places(definition: Any) -> list[tuple[str | int, ...]]:
    """Return where the faults of a definition are."""
    found, faults = read(definition, KNOWN)
    assert (found is None) == bool(faults)
    return [fault.path for fault in faults]


@given(items())
def test_rows_and_files_give_the_same_back(definition: dict[str, Any]) -> None:
    """YAML → rows → YAML identical."""
    first, faults = read(definition, KNOWN)
    assert faults == []
    assert first is not None
    again, _faults = read(first.to_dict(), KNOWN)
    assert again == first
    text = write([first])
    entries, bad = parse(text)
    assert bad == []
    back, _faults = read(entries[0].given, KNOWN)
    assert back == first
    assert write([back]) == text


@given(st.lists(items(), max_size=3, unique_by=lambda one: one["code"]))
def test_a_file_of_several_items(definitions: list[dict[str, Any]]) -> None:
    sound = [read(one)[0] for one in definitions]
    entries, bad = parse(write(one for one in sound if one))
    assert bad == []
    assert [read(entry.given)[0] for entry in entries] == sound


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*KEYS, "name", "type", "when"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(JUNK)
def test_whatever_is_given_is_read_or_refused(junk: Any) -> None:
    found, faults = read(junk, KNOWN)
    assert found is None
    assert faults
    assert all(str(fault) for fault in faults)


@given(st.dictionaries(st.sampled_from(list(KEYS)), JUNK, max_size=4))
def test_one_wrong_key_never_hides_the_others(junk: dict[str, Any]) -> None:
    broken = {**item(), **junk, "promised_days": "soon", "clock": "sundial"}
    keys = {path[0] for path in places(broken)}
    assert {"promised_days", "clock"} <= keys


@given(st.text(max_size=300))
@example("items:\n- &a [*a]")
@example("- !!python/object/apply:os.system [echo]")
@example("items: [" + "[" * 500)
@example("? {a: b}\n: c")
@example("items:\n- {code: A01, code: A02}")
@example("items:\n- code: .inf\n- code: 1:2:3\n- code: 0o9\n- code: !!int x\n- code: 2024-99-99")
@example("\ud800")
def test_garbage_never_crashes_and_is_reported_by_line(text: str) -> None:
    _reports_lines(text)


@given(items(), st.data())
def test_a_damaged_file_never_crashes(definition: dict[str, Any], data: st.DataObject) -> None:
    """A real file with something cut out, put in or exchanged, as editors do."""
    sound = read(definition)[0]
    assert sound is not None
    text = write([sound, sound])
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))
    junk = data.draw(st.text("{}[]:-&*!|>'\"%@`#, \n\tabc中", max_size=8))
    _reports_lines(text[:at] + junk + text[at + length :])


def _reports_lines(text: str) -> None:
    entries, bad = parse(text)
    last = text.count("\n") + 1
    assert entries or bad or text.strip()
    for line in bad:
        assert 1 <= line.line <= last
        assert str(line.fault)
    for entry in entries:
        found, faults = read(entry.given, KNOWN)
        assert found is not None or faults
        for fault in faults:
            assert entry.line <= entry.line_of(fault.path) <= last


def test_each_fault_has_its_line_and_good_items_are_kept() -> None:
    text = yaml.safe_dump({"items": [item()]}, allow_unicode=True, sort_keys=False)
    broken = text.replace("items:\n", "").replace("Z01", "Z02").replace("用电申请", "[")
    entries, bad = parse(
        f"{text}{broken}{broken.replace('- name: [', '- name: 3').replace('Z02', 'Z03')}"
    )
    assert [entry.code for entry in entries] == ["Z01", "Z03"]
    assert [(line.code, line.line > text.count("\n")) for line in bad] == [("Z02", True)]
    _none, faults = read(entries[1].given, KNOWN)
    assert [entries[1].line_of(fault.path) for fault in faults] == [
        number
        for number, line in enumerate((text + broken * 2).splitlines(), 1)
        if "- name: [" in line
    ][1:]


def test_what_could_grow_or_run_is_refused() -> None:
    bombs = ["items: &a [1]", "a: &a x\nitems: [*a]", "- !!python/name:os.system", "--- 1\n--- 2"]
    bombs.append("items: " + "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1))
    for bomb in bombs:
        entries, bad = parse(bomb)
        assert (entries, len(bad)) == ([], 1), bomb


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"code": "a1"}, ("code",)),
        ({"code": "A"}, ("code",)),
        ({"name": ""}, ("name",)),
        ({"name": "两\n行"}, ("name",)),
        ({"name": "长" * 61}, ("name",)),
        ({"name": 7}, ("name",)),
        ({"surprise": 1}, ("surprise",)),
        ({"kind": "包办"}, ("kind",)),
        ({"kind": "代办"}, ("authorization",)),
        ({"category_code": "Q"}, ("category_code",)),
        ({"lead_unit": "NASA"}, ("lead_unit",)),
        ({"partner_units": ["GHJS"]}, ("partner_units",)),
        ({"partner_units": ["NASA"]}, ("partner_units",)),
        ({"partner_units": "QFZX"}, ("partner_units",)),
        ({"promised_days": 0}, ("promised_days",)),
        ({"promised_days": True}, ("promised_days",)),
        ({"promised_days": 5, "statutory_days": 4}, ("promised_days",)),
        ({"outcomes": ["gold"]}, ("outcomes",)),
        ({"aliases": ["一样", "一样"]}, ("aliases", 1)),
        ({"aliases": [["深"]]}, ("aliases", 0)),
        ({"listed": "yes"}, ("listed",)),
        ({"ladder": [1, 3]}, ("ladder",)),
        ({"ladder": [3, 1, 5]}, ("ladder",)),
        ({"ladder": [1, 3, 300]}, ("ladder",)),
        ({"ladder": [1, 3, True]}, ("ladder",)),
        ({"fields": {"a": 1}}, ("fields",)),
        ({"fields": ["a"]}, ("fields", 0)),
        ({"fields": [FIELD, FIELD]}, ("fields", 1, "name")),
        ({"fields": [{**FIELD, "name": "validate_title"}]}, ("fields", 0, "name")),
        ({"fields": [{**FIELD, "name": "data"}]}, ("fields", 0, "name")),
        ({"fields": [{**FIELD, "when": {"field": "bank", "equals": ["x"]}}]}, ("fields", 0, "when", "field")),
        ({"fields": [{**FIELD, "when": ["bank"]}]}, ("fields", 0, "when")),
        ({"materials": [{"name": "甲"}, {"name": "甲"}]}, ("materials", 1, "name")),
        ({"materials": [{"name": "甲", "held_by": "NASA"}]}, ("materials", 0, "held_by")),
        ({"materials": [{"name": "甲", "template": "gone"}]}, ("materials", 0, "template")),
        ({"materials": [{"name": "甲", "when": {"field": "site", "equals": ["x"]}}]}, ("materials", 0, "when", "field")),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_is_told_where_it_is(change: dict[str, Any], place: tuple[str | int, ...]) -> None:
    broken = item(**{"materials": [], **change})
    assert place in places(broken)
    assert all(path[: len(place)] == place for path in places(broken) if path[0] == place[0])


def test_a_condition_looks_back_at_a_choice_that_offers_its_answers() -> None:
    choice = {"name": "kind_of", "label": "类型", "type": "choice", "options": [option("甲")]}
    asks = {**FIELD, "when": {"field": "kind_of", "equals": ["甲"]}}
    assert places(item(materials=[], fields=[choice, asks])) == []
    assert places(item(materials=[], fields=[asks, choice])) == [("fields", 0, "when", "field")]
    asks["when"] = {"field": "kind_of", "equals": ["乙"]}
    assert places(item(materials=[], fields=[choice, asks])) == [("fields", 1, "when", "equals")]


def test_differences_are_told_place_by_place() -> None:
    before = item()
    fields = [{**before["fields"][1], "label": "项目名称", "when": None}, before["fields"][0]]
    after = item(promised_days=5, fields=fields, materials=[{"name": "合同", "deferrable": False}])
    found = [(one.key, one.row, one.what) for one in differences(before, after)]
    assert found == [
        ("promised_days", "", ""),
        ("fields", "项目名称", "名称"),
        ("fields", "项目名称", "显示条件"),
        ("fields", "", MOVED),
        ("materials", "合同", ADDED),
        ("materials", "用电申请", REMOVED),
        ("materials", "施工许可证", REMOVED),
    ]


@given(items())
def test_nothing_differs_from_itself(definition: dict[str, Any]) -> None:
    sound = read(definition)[0]
    assert sound is not None
    assert differences(sound.to_dict(), sound.to_dict()) == []
