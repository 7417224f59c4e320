"""Conditions of policies: what is not known never counts, more never hurts, order does not matter."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.condition_words import DEMANDS, advice, demand, sentence
from servicedesk.core.conditions import (
    FIELDS,
    BadCondition,
    Comparison,
    Condition,
    HeldTitle,
    Profile,
    Status,
    Verdict,
    evaluate,
    finding_from_json,
    from_json,
    full_years,
    parse,
    typed,
)

DAY = date(2024, 6, 14)
NAMES = ("创新型中小企业", "专精特新中小企业", "高新技术企业")
NUMBERS = ("registered_capital", "employees", "revenue", "revenue_growth", "research_share")
amounts = st.one_of(
    st.integers(-500, 5000), st.floats(-500, 5000, allow_nan=False).map(lambda n: round(n, 2))
)
days = st.dates(date(2010, 1, 1), date(2026, 12, 31))


def sizes(field: str) -> st.SearchStrategy[Condition]:
    compared = st.sampled_from([Comparison.AT_LEAST, Comparison.AT_MOST])
    return st.builds(Condition, st.just(field), compared, amounts)


def listed(
    field: str, values: tuple[str, ...], *compared: Comparison
) -> st.SearchStrategy[Condition]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(Condition, st.just(field), st.sampled_from(compared), chosen)


conditions = st.lists(
    st.one_of(
        *(sizes(field) for field in (*NUMBERS, "age", "patents")),
        listed("industry_code", ("C", "C38", "C3841", "I65"), Comparison.IN),
        listed("scale", ("large", "medium", "small", "micro"), Comparison.IN),
        listed("area", ("高新技术产业园", "阳塘片区"), Comparison.IN),
        listed("title", NAMES, Comparison.HOLDS, Comparison.LACKS),
        st.just(Condition("in_trouble", Comparison.NOT)),
    ),
    max_size=8,
)
titles = st.lists(
    st.builds(HeldTitle, st.sampled_from(NAMES), days, st.one_of(st.none(), days)), max_size=4
).map(tuple)
profiles = st.builds(
    Profile,
    industry_code=st.sampled_from(["", "C3841", "C1", "I6510"]),
    scale=st.sampled_from(["", "small", "large"]),
    area=st.sampled_from(["", "阳塘片区", "黄金坳产业园"]),
    founded_on=st.one_of(st.none(), days),
    patents=st.integers(0, 40),
    titles=titles,
    in_trouble=st.booleans(),
    **{name: st.one_of(st.none(), amounts) for name in NUMBERS},
)


def of(profile: Profile, *wanted: Condition) -> Verdict:
    return evaluate(profile, wanted, DAY)


@given(profiles, conditions, st.randoms())
def test_the_order_of_conditions_does_not_matter(
    profile: Profile, wanted: list[Condition], chance: object
) -> None:
    shuffled = list(wanted)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = of(profile, *wanted), of(profile, *shuffled)
    assert (one.met, one.distance, one.near) == (other.met, other.distance, other.near)
    assert sorted(map(repr, one.missed)) == sorted(map(repr, other.missed))


@given(conditions)
def test_an_empty_file_meets_nothing_that_it_would_have_to_say(wanted: list[Condition]) -> None:
    verdict = of(Profile(), *wanted)
    said = {"title", "in_trouble", "patents"}  # absence of these is an answer
    assert all(one.condition.field in said for one in (*verdict.fulfilled, *verdict.missed))
    assert verdict.met == all(one.status is Status.MET for one in verdict.findings)
    assert not (verdict.unknown and verdict.met)


@given(profiles, conditions)
def test_each_condition_is_met_missed_or_unknown(profile: Profile, wanted: list[Condition]) -> None:
    verdict = of(profile, *wanted)
    parts = (*verdict.fulfilled, *verdict.missed, *verdict.unknown)
    assert len(parts) == len(wanted)
    assert verdict.met == (verdict.distance == 0)
    assert not (verdict.met and verdict.near)


@given(profiles, conditions, conditions)
def test_more_conditions_never_make_a_match(
    profile: Profile, wanted: list[Condition], more: list[Condition]
) -> None:
    assert of(profile, *wanted, *more).distance >= of(profile, *wanted).distance


@given(profiles, st.sampled_from(NUMBERS), amounts, amounts, st.integers(0, 1000))
def test_growing_never_loses_what_asks_for_at_least(
    profile: Profile, field: str, bound: float, actual: float, more: int
) -> None:
    wanted = Condition(field, Comparison.AT_LEAST, bound)
    before = of(replace(profile, **{field: actual}), wanted)  # type: ignore[arg-type]
    after = of(replace(profile, **{field: actual + more}), wanted)  # type: ignore[arg-type]
    assert after.met or not before.met
    limit = Condition(field, Comparison.AT_MOST, bound)
    assert of(replace(profile, **{field: actual}), limit).met or not (  # type: ignore[arg-type]
        of(replace(profile, **{field: actual + more}), limit).met  # type: ignore[arg-type]
    )


@given(profiles, st.sampled_from(NAMES))
def test_another_title_never_loses_what_asks_for_one(profile: Profile, name: str) -> None:
    wanted = Condition("title", Comparison.HOLDS, (name,))
    more = replace(profile, titles=(*profile.titles, HeldTitle(name, DAY)))
    assert of(more, wanted).met
    assert of(more, replace(wanted, comparison=Comparison.LACKS)).missed


@given(profiles, conditions)
def test_a_verdict_comes_back_from_json_with_its_sentences(
    profile: Profile, wanted: list[Condition]
) -> None:
    for finding in of(profile, *wanted).findings:
        again = finding_from_json(finding.as_json(), finding.status)
        assert sentence(again) == sentence(finding)
        assert demand(from_json(finding.condition.as_json())) == demand(finding.condition)
        said = sentence(finding)
        values = {
            "name": said.name,
            "unit": said.unit,
            "wanted": said.wanted,
            "actual": said.actual,
        }
        assert said.text % values


@given(conditions)
def test_what_was_typed_is_read_again(wanted: list[Condition]) -> None:
    for one in wanted:
        assert parse(one.field, one.comparison, typed(one)) == one


@pytest.mark.parametrize(
    ("since", "day", "years"),
    [
        (date(2022, 6, 14), DAY, 2),
        (date(2022, 6, 15), DAY, 1),
        (date(2020, 2, 29), date(2021, 2, 28), 0),
        (date(2020, 2, 29), date(2021, 3, 1), 1),
        (date(2025, 1, 1), DAY, 0),
    ],
)
def test_years_are_full_years(since: date, day: date, years: int) -> None:
    assert full_years(since, day) == years


def test_a_title_holds_from_its_first_to_its_last_day() -> None:
    held = HeldTitle(NAMES[0], DAY, DAY + timedelta(days=1))
    wanted = Condition("title", Comparison.HOLDS, (NAMES[0],))
    assert evaluate(Profile(titles=(held,)), [wanted], DAY).met
    assert evaluate(Profile(titles=(held,)), [wanted], DAY + timedelta(days=1)).met
    for outside in (DAY - timedelta(days=1), DAY + timedelta(days=2)):
        assert not evaluate(Profile(titles=(held,)), [wanted], outside).met
    ended = evaluate(Profile(titles=(held,)), [wanted], DAY + timedelta(days=9)).missed[0]
    assert sentence(ended).actual == "2024-06-15"


def test_marks_around_a_title_do_not_matter() -> None:
    held = HeldTitle("专精特新“小巨人”企业", DAY)
    wanted = parse("title", "holds", "专精特新「小巨人」企业、高新技术企业")
    assert of(Profile(titles=(held,)), wanted).met


@pytest.mark.parametrize(
    ("field", "comparison", "text"),
    [
        ("employees", "in", "5"),
        ("employees", "at_least", "许多"),
        ("employees", "at_least", "nan"),
        ("revenue", "at_least", "9" * 12),
        ("industry_code", "in", "38"),
        ("industry_code", "in", "C38411"),
        ("scale", "in", "巨型"),
        ("area", "in", "、 ，"),
        ("area", "in", "长" * 41),
        ("title", "holds", "、".join(map(str, range(21)))),
        ("password", "in", "x"),
        ("title", "like", "x"),
    ],
)
def test_what_cannot_be_is_refused(field: str, comparison: str, text: str) -> None:
    with pytest.raises(BadCondition) as refused:
        parse(field, comparison, text)
    assert refused.value.reason


def test_people_write_numbers_and_lists_in_their_own_way() -> None:
    assert parse("revenue", "at_least", " ２０００ ").value == 2000
    assert parse("research_share", "at_least", "3.5%").value == 3.5
    assert parse("scale", "in", "小型，微型").value == ("small", "micro")
    assert parse("industry_code", "in", "c38、C36；c38").value == ("C38", "C36")


def test_every_field_and_comparison_has_its_sentences() -> None:
    assert set(DEMANDS) == set(Comparison)
    for field in FIELDS.values():
        assert field.advice
        assert advice([]) == []


def test_near_misses_come_before_far_ones() -> None:
    wanted = [
        Condition("employees", Comparison.AT_LEAST, 20),
        Condition("research_share", Comparison.AT_LEAST, 3),
        Condition("age", Comparison.AT_LEAST, 2),
    ]
    full = Profile(employees=30, research_share=5.0, founded_on=date(2015, 1, 1))
    unknown = replace(full, research_share=None)
    one = replace(full, employees=3)
    two = replace(one, research_share=1.0)
    three = replace(two, founded_on=date(2024, 1, 1))
    order = [of(profile, *wanted).distance for profile in (full, unknown, one, two, three)]
    assert order == sorted(order) and len(set(order)) == 5
    assert [of(p, *wanted).near for p in (full, unknown, one, two, three)] == [
        False, True, True, True, False,
    ]  # fmt: skip
