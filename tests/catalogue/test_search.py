"""What people type finds what they mean: everyday words, pinyin, initials, slips of the pen."""

import time
from typing import Any

import pytest
import yaml

from servicedesk.catalogue.actions import DATA, definition_of
from servicedesk.catalogue.definition import Definition
from servicedesk.catalogue.finding import find

SHIPPED: dict[str, Any] = yaml.safe_load((DATA / "catalogue.yaml").read_text(encoding="utf-8"))
ITEMS: list[Definition] = [definition_of(item, []) for item in SHIPPED["items"]]

FIRST = {
    # names and what people call them
    "营业执照": "A01", "工商注册": "A01", "开公司": "A01", "刻章": "A02", "盖章": "A02",
    "对公账户": "A03", "社保": "A04", "公积金": "A05", "换法人": "A06", "公司改名": "A06",
    "注销": "A07", "食品经营许可": "A08", "发票": "B01", "退税": "B02", "招人": "C01",
    "招工": "C01", "招聘会": "C02", "稳岗补贴": "C03", "职称": "C04", "贷款": "D01",
    "过桥": "D03", "讨债": "D04", "高企": "E01", "专利": "E03", "商标": "E03", "小巨人": "F03",
    "上规": "F04", "补贴": "F06", "立项": "G01", "环评": "G04", "验收": "G06", "宽带": "G07",
    "租厂房": "G08", "律师": "H01", "欠薪": "H02", "罚款": "H03", "污水": "I01", "隐患": "I02",
    "灭火器": "I03", "孩子上学": "J01", "宿舍": "J02", "路面": "J03", "没水": "J03",
    "停电": "J03", "拆迁": "J04", "投诉": "J06",
    # pinyin, whole, cut short, mixed
    "yingyezhizhao": "A01", "yyzz": "A01", "yingyezz": "A01", "yyzhizhao": "A01",
    "营业zhizhao": "A01", "kz": "A02", "gjj": "A05", "zhaoren": "C01", "daikuan": "D01",
    "ludeng": "J03", "专jtx": "F02",
    # read alike, a wrong one, one missing, one too many, two exchanged
    "营业执找": "A01", "工商注侧": "A01", "工尚注册": "A01", "营执照": "A01", "营业照执": "A01",
    "营业业执照": "A01", "yingyezizhao": "A01", "yingyezhihzao": "A01", "高新技木企业": "E01",
    "专精持新": "F02", "变压器曾容": "G07",
    # sentences, blanks, width and case
    "我想办个营业执照": "A01", "厂门口路灯坏了怎么办": "J03", "公司急着招人": "C01",
    "员工小孩读书问题": "J01", "ＹＹＺＺ": "A01", "营业 执照": "A01", "a01": "A01",
    "patents": "E03",
}  # fmt: skip
AMONG_THREE = {
    "培训": "F07", "培训会": "F07", "工资": "H02", "厂房": "G08", "许可证": "A08",
    "资金周转": "D03", "水电": "G07", "备案": "G01", "人才": "C04", "设备": "D02",
    "开工": "G05", "执法": "H03", "安全检查": "I02", "融资": "D01",
}  # fmt: skip


def codes(query: str) -> list[str]:
    """Return the codes of what is found, best first."""
    return [item.code for item in find(ITEMS, query)]


@pytest.mark.parametrize(("query", "code"), FIRST.items(), ids=FIRST)
def test_the_first_is_meant(query: str, code: str) -> None:
    assert codes(query)[:1] == [code]


@pytest.mark.parametrize(("query", "code"), AMONG_THREE.items(), ids=AMONG_THREE)
def test_one_of_three_is_meant(query: str, code: str) -> None:
    assert code in codes(query)[:3]


@pytest.mark.parametrize("query", ["qqqzzz", "zzzz", "天气预报", "", "  ", "！？", "x"])
def test_nonsense_finds_nothing(query: str) -> None:
    assert codes(query) == []


def test_every_word_must_fit() -> None:
    assert codes("企业 注销")[0] == "A07"
    assert "A01" not in codes("企业 注销")


def test_a_clear_match_brings_no_guesses_along() -> None:
    assert codes("营业执照") == ["A01", "A06"]


def test_every_alias_finds_its_item_among_the_first_three() -> None:
    lost = [
        (item.code, alias)
        for item in ITEMS
        for alias in item.aliases
        if item.code not in codes(alias)[:3]
    ]
    assert lost == []


def test_no_alias_belongs_to_two_items() -> None:
    owners: dict[str, str] = {}
    for item in ITEMS:
        for alias in item.aliases:
            assert owners.setdefault(alias, item.code) == item.code, alias


def test_it_answers_while_somebody_types() -> None:
    find(ITEMS, "营业执照")  # reads the pinyin of every name once
    queries = [*FIRST, "qqqzzz", "我们公司上个月搬了新的厂房想问问怎么弄这个东西才好呢" * 2]
    start = time.perf_counter()
    for query in queries:
        find(ITEMS, query)
    assert (time.perf_counter() - start) / len(queries) < 0.1
