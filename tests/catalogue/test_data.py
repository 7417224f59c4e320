"""The two files of the catalogue agree with each other, and a wrong form field is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from servicedesk.catalogue.fields import Field, FieldType, Option, fields_from

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "servicedesk" / "catalogue" / "data"
CATALOGUE: dict[str, Any] = yaml.safe_load((DATA / "catalogue.yaml").read_text(encoding="utf-8"))
FORMS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (DATA / "forms.yaml").read_text(encoding="utf-8")
)
ITEMS: list[dict[str, Any]] = CATALOGUE["items"]
CODES = [item["code"] for item in ITEMS]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def form(code: str) -> dict[str, Field]:
    """Return the fields of one item's form by name."""
    return {field.name: field for field in fields_from(code, FORMS[code])}


def mappings(node: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping inside ``node``."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from mappings(child)


def test_fifty_items_in_ten_categories() -> None:
    assert len(ITEMS) == len(set(CODES)) == 50
    assert len(CATALOGUE["categories"]) == 10


def test_common_items() -> None:
    common = {item["code"] for item in ITEMS if item.get("common")}
    assert common == {"A01", "A02", "B01", "C01", "D01", "E01", "J03", "F06"}


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_item_refers_to_what_exists(item: dict[str, Any]) -> None:
    assert {item["lead"], *item.get("partners", [])} <= CATALOGUE["units"].keys()
    assert set(item["outcome"]) <= CATALOGUE["metrics"].keys()
    assert item["cat"] in CATALOGUE["categories"]
    assert item["code"].startswith(item["cat"])


@pytest.mark.parametrize("item", ITEMS, ids=CODES)
def test_item_uses_known_words(item: dict[str, Any]) -> None:
    assert item["kind"] in {"帮办", "代办", "申报", "诉求", "报备", "对接", "活动"}
    assert item["clock"] in {"workday", "window", "season", "plan"}
    assert item["poa"] in {"required", "optional", "none"}
    assert item["promised_wd"] >= 1
    assert all(not material["name"].endswith("*") for material in item["materials"])


def test_act_for_needs_an_authorization() -> None:
    assert all(item["poa"] == "required" for item in ITEMS if item["kind"] == "代办")


def test_metrics_add_up_in_a_known_way() -> None:
    ways = {metric["agg"] for metric in CATALOGUE["metrics"].values()}
    assert ways == {"sum", "distinct_enterprise"}


def test_icons_exist() -> None:
    icons = set((ROOT / "static" / "icons.txt").read_text(encoding="utf-8").split())
    assert {category["icon"] for category in CATALOGUE["categories"].values()} <= icons


@pytest.mark.parametrize("name", ["catalogue.yaml", "forms.yaml"])
def test_no_research_marks_are_left(name: str) -> None:
    text = (DATA / name).read_text(encoding="utf-8")
    assert not re.search(r"src S|mem-|basis:|（）|，）", text)


@pytest.mark.parametrize("key", ["name", "label", "help"])
def test_chinese_has_an_english_twin(key: str) -> None:
    shown = [*mappings(CATALOGUE["metrics"]), *mappings(CATALOGUE["categories"]), *ITEMS]
    for mapping in (*shown, *mappings(FORMS)):
        if CHINESE.search(mapping.get(key, "")):
            assert mapping[f"{key}_en"].strip(), mapping
            assert not CHINESE.search(mapping[f"{key}_en"].replace("亿元", "").replace("万元", ""))


def test_every_item_has_a_form_and_every_form_an_item() -> None:
    assert list(FORMS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_form_is_short_and_sound(code: str) -> None:
    assert len(fields_from(code, FORMS[code])) <= 5


def test_hiring_asks_what_a_match_needs() -> None:
    fields = form("C01")
    assert {"posts", "head_count", "salary", "needed_by"} <= fields.keys()
    assert fields["posts"].required
    assert (fields["head_count"].type, fields["head_count"].unit) == (FieldType.NUMBER, "人")


def test_lists_are_named_exactly() -> None:
    assert [option.value for option in form("F05")["listing"].options] == [
        "省工信厅重点项目库",
        "省优势产业优势企业产品名录",
    ]
    assert [option.value for option in form("D02")["listing"].options] == [
        "省制造业领域大规模设备融资意向名录"
    ]
    assert form("F05")["invest"].unit == "亿元"


def test_schooling_asks_for_no_names() -> None:
    assert list(form("J01")) == ["pupils", "stage"]


GOOD = {"name": "bank", "label": "银行", "label_en": "Bank", "type": "text"}
OPTION = {"value": "有", "label": "有", "label_en": "Yes"}


def one(definition: dict[str, Any]) -> Field:
    """Return a field by itself."""
    (field,) = fields_from("A03", [definition])
    return field


def test_limits_left_out_get_a_default() -> None:
    assert one(GOOD).max_length == 200
    number = one({**GOOD, "type": "number"})
    assert (number.min, number.max) == (0, 10_000_000)


def test_options_become_objects() -> None:
    field = one({**GOOD, "type": "choice", "options": [OPTION]})
    assert field.options == (Option("有", "有", "Yes"),)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "colour"},
        {"type": None},
        {"name": "银行"},
        {"name": "Bank"},
        {"label": ""},
        {"label_en": "两\n行"},
        {"required": "yes"},
        {"surprise": 1},
        {"options": [OPTION]},
        {"min": 1},
        {"unit": "人"},
        {"max_length": 0},
        {"max_length": True},
        {"type": "money"},
        {"type": "number", "min": 5, "max": 1},
        {"type": "number", "max": "many"},
        {"type": "date", "max_length": 10},
        {"type": "choice"},
        {"type": "choice", "options": []},
        {"type": "choice", "options": ["有"]},
        {"type": "choice", "options": [{**OPTION, "value": "有|无"}]},
        {"type": "choices", "options": [OPTION, OPTION]},
        {"type": "choice", "options": [{"value": "有"}]},
    ],
    ids=str,
)
def test_a_wrong_definition_is_refused_by_name(change: dict[str, Any]) -> None:
    wrong = {**GOOD, **change}
    with pytest.raises(ValueError, match=re.escape(f"item A03, field {wrong['name']}: ")):
        one(wrong)


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="item A03, field bank: 这个名称已用过"):
        fields_from("A03", [GOOD, GOOD])


def test_no_promise_is_longer_than_the_law_allows() -> None:
    for item in ITEMS:
        assert item.get("statutory_wd") is None or item["statutory_wd"] >= item["promised_wd"], item
