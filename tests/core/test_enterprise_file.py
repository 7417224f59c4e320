"""The rules of the file: industry codes, scales, validity of titles, completeness, likeness, rows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.enterprise_import import (
    COLUMNS,
    Known,
    Row,
    headings,
    read_row,
    without_repeats,
)
from servicedesk.core.enterprises import (
    PROFILE,
    TITLES,
    Identity,
    completeness,
    core_name,
    expiry,
    index_of,
    likeness,
    look_alikes,
    pairs,
    search_text,
    validity,
)
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.core.industries import DIVISIONS, SECTION_OF, SECTIONS, division_of, industry_code
from servicedesk.core.scales import RULES, SCALES, scale_of

CODE = valid_credit_code("431202", "MA44JURQ8")
OTHER = valid_credit_code("431202", "MA4283FQ6")
KNOWN = Known(date(2024, 3, 5), {"desk": 7, "向文斌": 8, "重名": None})
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
names = st.text("湖南怀化程鑫光电科技冠捷有限公司集团恒铸精工", min_size=1, max_size=12)
identities = st.builds(
    Identity,
    names,
    st.sampled_from([None, CODE, OTHER]),
    st.sampled_from(["", "13800138000", "0745-2345678"]),
    st.sampled_from(["", "张三"]),
)


def test_the_classification_is_whole() -> None:
    assert len(SECTIONS) == 20
    assert len(DIVISIONS) == len(SECTION_OF) == 97
    assert sorted(DIVISIONS) == [f"{number:02d}" for number in range(1, 98)]


@given(st.sampled_from(sorted(SECTION_OF)), st.sampled_from(["", "4", "41"]))
def test_a_code_is_completed_and_belongs_to_its_section(division: str, rest: str) -> None:
    full = industry_code(division + rest)
    assert full == SECTION_OF[division] + division + rest
    assert industry_code(full.lower()) == full
    wrong = "A" if full[0] != "A" else "B"
    assert industry_code(wrong + division + rest) is None
    found = division_of(full)
    assert found is not None and found.code == full[:3]


@pytest.mark.parametrize("text", ["", "C", "C3", "3", "C38411", "98", "00", "Z38", "三八", "C 38"])
def test_what_is_no_code(text: str) -> None:
    assert industry_code(text) is None


@pytest.mark.parametrize(
    ("code", "people", "revenue", "scale"),
    [
        ("C3841", 1000, 40_000, "large"),
        ("C3841", 1000, 39_999, "medium"),
        ("C3841", 299, 40_000, "small"),
        ("C3841", 20, 299, "micro"),
        ("C3841", 19, 90_000, "micro"),
        ("F5101", 200, 40_000, "large"),
        ("F52", 49, 600, "small"),
        ("G591", 300, 3_000, "medium"),
        ("G599", 100, 1_000, "medium"),
        ("I6513", 10, 50, "small"),
        ("A01", None, 500, "medium"),
        ("M73", 99, None, "small"),
        ("K7020", 1000, 5_000, "large"),
        ("C38", None, 40_000, None),
        ("C38", 19, None, "micro"),
        ("E47", 100, 90_000, None),
        ("J66", 100, 90_000, None),
        ("", 100, 100, None),
    ],
)
def test_scales_are_those_of_2017(
    code: str, people: int | None, revenue: int | None, scale: str | None
) -> None:
    assert scale_of(code, people, revenue) == scale


@given(
    st.sampled_from(sorted(RULES)),
    st.integers(0, 3000),
    st.integers(0, 300_000),
    st.integers(0, 200_000),
    st.integers(0, 500),
)
def test_growing_never_makes_smaller(
    code: str, people: int, revenue: int, assets: int, more: int
) -> None:
    order = list(SCALES)
    full = (
        code
        if len(code) > 1
        else next(SECTION_OF[d] + d for d in SECTION_OF if SECTION_OF[d] == code)
    )
    small = scale_of(full, people, revenue, assets)
    big = scale_of(full, people + more, revenue + more, assets + more)
    assert small is not None and big is not None
    assert order.index(big) <= order.index(small)


@given(st.sampled_from(sorted(TITLES)), days)
def test_a_title_holds_from_its_award_to_its_last_day(name: str, awarded: date) -> None:
    last = expiry(name, awarded)
    assert validity(awarded, last, awarded - timedelta(days=1)) == "future"
    if last is None:
        assert validity(awarded, None, awarded + timedelta(days=9999)) == "valid"
        return
    assert awarded < last
    assert validity(awarded, last, last) == "expiring"
    assert validity(awarded, last, last + timedelta(days=1)) == "expired"
    assert validity(awarded, last, last - timedelta(days=90)) == "expiring"


def test_how_long_titles_hold() -> None:
    assert expiry("高新技术企业", date(2021, 9, 18)) == date(2024, 9, 17)
    assert expiry("高新技术企业", date(2024, 2, 29)) == date(2027, 2, 28)
    assert expiry("科技型中小企业", date(2024, 6, 20)) == date(2025, 3, 31)
    assert expiry("不认识的称号", date(2024, 6, 20)) is None


@given(st.dictionaries(st.sampled_from(sorted(PROFILE)), st.sampled_from(["x", 0, 1.5, "", None])))
def test_completeness_counts_what_is_there(profile: dict[str, object]) -> None:
    found = completeness(profile)
    filled = [name for name in PROFILE if profile.get(name) not in (None, "")]
    assert set(found.missing) | set(filled) == set(PROFILE)
    assert found.share == len(filled) * 100 // len(PROFILE)
    assert (found.share == 100) == (not found.missing)


@pytest.mark.parametrize(
    "name", ["湖南程鑫光电科技有限公司", "程鑫光电科技股份有限公司", "怀化市程鑫光电科技（筹）"]
)
def test_what_tells_enterprises_apart(name: str) -> None:
    assert core_name(name) == "程鑫光电科技"


@given(names)
def test_a_name_never_vanishes(name: str) -> None:
    assert core_name(name)


@given(identities, identities)
def test_likeness_is_symmetric_and_bounded(one: Identity, other: Identity) -> None:
    found = likeness(one, other)
    assert found == likeness(other, one)
    assert 0 <= found.score <= 100
    assert bool(found.reasons) or found.score == 0
    if one.code and one.code == other.code:
        assert found.score == 100


@given(st.lists(identities, max_size=8))
def test_no_likely_pair_is_missed(given_: list[Identity]) -> None:
    numbered = dict(enumerate(given_))
    every = {
        (one, two)
        for one in numbered
        for two in numbered
        if one < two and likeness(numbered[one], numbered[two]).likely
    }
    assert {(one, two) for one, two, _like in pairs(numbered)} == every
    index = index_of(numbered)
    for number, identity in numbered.items():
        alike = {other for other, _like in look_alikes(identity, numbered, index)}
        expected = {o for o in numbered if likeness(identity, numbered[o]).likely}
        assert alike == expected, number


def test_likely_and_not() -> None:
    known = Identity("湖南恒铸精工有限公司", CODE, "13800138000")
    assert likeness(known, Identity("恒铸精工")).likely
    assert likeness(known, Identity("怀化恒筑精工有限公司")).likely  # the same sound
    assert likeness(known, Identity("恒铸精功厂", phone="138 0013 8000")).likely is False
    assert likeness(known, Identity("恒铸精公司司", None, "13800138000")).score < 100
    assert not likeness(known, Identity("湖南沃岩钻具有限公司", OTHER, "13800138000")).likely
    assert not likeness(known, Identity("怀化恒铸精工有限公司", OTHER)).likely  # two licences
    assert likeness(known, Identity("怀化恒铸精工有限公司", OTHER, "13800138000")).likely


def test_an_enterprise_is_found_by_its_pinyin() -> None:
    text = search_text("湖南程鑫光电科技有限公司")
    assert "cxgdkj" in text and "chengxinguangdian" in text and "程鑫光电" in text


# --- rows of a list --------------------------------------------------------------------------

FIRST = headings([column.heading for column in COLUMNS])


def row(**cells: object) -> Row:
    values = {"name": "湖南某某科技有限公司", "credit_code": CODE, **cells}
    return read_row(2, FIRST.columns, [values.get(c.field) for c in COLUMNS], KNOWN)  # type: ignore[misc]


def test_the_examples_of_the_template_are_right() -> None:
    found = row(**{column.field: column.example for column in COLUMNS})
    assert found.problems == ()
    assert len(found.values) == len(COLUMNS)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("industry_code", "3841", "C3841"),
        ("industry_code", 3841, "C3841"),
        ("scale", "小微企业", None),
        ("scale", "小型企业", "small"),
        ("area", "阳塘片区", "阳塘片区"),
        ("area", "阳塘", None),
        ("founded_on", "2019年5月6日", "2019-05-06"),
        ("founded_on", "20190506", "2019-05-06"),
        ("founded_on", date(2019, 5, 6), "2019-05-06"),
        ("founded_on", "2019-13-06", None),
        ("founded_on", date(2024, 3, 6), None),
        ("employees", "1,200人", 1200),
        ("employees", 12.5, None),
        ("employees", "很多", None),
        ("employees", True, None),
        ("revenue", -1, None),
        ("revenue", "5200万元", 5200),
        ("revenue_growth", -12.345, -12.35),
        ("research_share", 101, None),
        ("phone", 13800138000.0, "13800138000"),
        ("phone", "12345", None),
        ("credit_code", CODE[:-1] + ("A" if CODE[-1] != "A" else "B"), None),
        ("credit_code", "123", None),
        ("credit_code", 9.1e17, None),
        ("service_officer_id", "DESK", 7),
        ("service_officer_id", "向文斌", 8),
        ("service_officer_id", "重名", None),
        ("service_officer_id", "谁也不是", None),
        ("name", "=HYPERLINK(1)", None),
        ("name", "<b>某某</b>公司", None),
        ("name", "x" * 101, None),
        ("name", "司", None),
    ],
)
def test_cells_are_understood_or_explained(field: str, cell: object, value: object) -> None:
    found = row(**{field: cell})
    if value is None:
        assert [problem.reason for problem in found.problems if problem.reason]
        assert field not in found.values
    else:
        assert found.problems == ()
        assert found.values[field] == value


@given(
    st.lists(
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.dates(),
            st.datetimes(),
        ),
        min_size=len(COLUMNS), max_size=len(COLUMNS),
    )
)  # fmt: skip
def test_no_cell_breaks_the_reader(cells: list[object]) -> None:
    found = read_row(2, FIRST.columns, cells, KNOWN)  # type: ignore[arg-type]
    filled = {c.field for c, cell in zip(COLUMNS, cells, strict=True) if cell is not None}
    assert set(found.values) <= filled
    assert found.problems or "name" in found.values


def test_headings_forgive_what_people_change() -> None:
    found = headings(
        ["序号", " 企业名称 *", "统一社会信用代码(必填)", "从业人数", "从业人数", "备注"]
    )
    fields = [column.field if column else None for column in found.columns]
    assert fields == [None, "name", "credit_code", "employees", None, None]
    assert found.unknown == ("序号", "从业人数", "备注")
    assert headings(["从业人数"]).missing == ("企业名称", "统一社会信用代码")


def test_the_second_row_of_an_enterprise_is_a_problem() -> None:
    first, second = row(), Row(3, {"name": "别名", "credit_code": CODE})
    third, fourth = Row(4, {"name": "无码公司"}), Row(5, {"name": "无码公司"})
    found = without_repeats([first, second, third, fourth])
    assert [bool(one.problems) for one in found] == [False, True, False, True]
    assert found[1].problems[0].given == "2"
