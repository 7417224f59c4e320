"""派单建议: rules win, returns count against, and nobody gets again what it has just returned."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.routing import Evidence, Past, Rule, fits, suggest, words_of

UNITS = ["SCJG", "GHJS", "SWJ", "YH", "RSJ"]
counts = st.integers(0, 40)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    near_signed, near_returned = draw(counts), draw(counts)
    signed, returned = near_signed + draw(counts), near_returned + draw(counts)
    ruled = draw(st.integers(0, signed + returned))
    return Past(signed, returned, near_signed, near_returned, ruled)


rules = st.builds(
    Rule, st.integers(1, 9), st.sampled_from(UNITS), st.booleans(), st.booleans(), st.booleans()
)
evidence = st.builds(
    Evidence,
    st.none() | st.sampled_from(UNITS),
    st.lists(st.sampled_from(UNITS), max_size=3, unique=True),
    st.dictionaries(st.sampled_from(UNITS), st.integers(1, 3), max_size=3),
    st.dictionaries(st.sampled_from(UNITS), pasts()),
    st.lists(rules, max_size=4, unique_by=lambda rule: rule.number),
    st.sampled_from(["", "主园区"]),
)


@given(evidence)
def test_who_has_returned_the_ticket_comes_after_everybody_else(known: Evidence) -> None:
    ranked = [one.unit for one in suggest(known)]
    assert sorted(ranked) == sorted(known.units())
    again = [unit in known.returned_by for unit in ranked]
    assert again == sorted(again)


@given(evidence, st.data())
def test_more_returns_never_raise_a_unit(known: Evidence, data: st.DataObject) -> None:
    if not known.past:
        return
    unit = data.draw(st.sampled_from(sorted(known.past)))
    more, near = data.draw(st.integers(1, 50)), data.draw(st.booleans())
    past = known.past[unit]
    worse = replace(
        past,
        returned=past.returned + more,
        near_returned=past.near_returned + (more if near else 0),
    )
    after = replace(known, past={**known.past, unit: worse})
    before_rank = [one.unit for one in suggest(known)].index(unit)
    after_rank = [one.unit for one in suggest(after)].index(unit)
    assert after_rank >= before_rank


@given(evidence, st.data())
def test_another_return_of_this_ticket_never_raises_a_unit(
    known: Evidence, data: st.DataObject
) -> None:
    if not known.units():
        return
    unit = data.draw(st.sampled_from(known.units()))
    counted = {**known.returned_by, unit: known.returned_by.get(unit, 0) + 1}
    before = [one.unit for one in suggest(known)].index(unit)
    after = [one.unit for one in suggest(replace(known, returned_by=counted))].index(unit)
    assert after >= before


@given(evidence)
def test_a_rule_wins_over_whatever_has_been(known: Evidence) -> None:
    ruled = {rule.unit for rule in known.rules} - set(known.returned_by)
    if not ruled:
        return
    strongest = max(
        (rule for rule in known.rules if rule.unit in ruled), key=lambda rule: rule.weight
    )
    assert suggest(known)[0].unit == strongest.unit


@given(evidence)
def test_every_suggestion_says_why(known: Evidence) -> None:
    for one in suggest(known):
        assert one.reasons
        for text, values in one.reasons:
            assert text % values


def test_the_lead_is_suggested_until_it_returns_the_ticket() -> None:
    assert [one.unit for one in suggest(Evidence("SCJG", ["SWJ"]))] == ["SCJG", "SWJ"]
    back = suggest(Evidence("SCJG", ["SWJ"], {"SCJG": 1}))
    assert [one.unit for one in back] == ["SWJ", "SCJG"]
    assert back[1].reasons[0] == ("本单位已退过本工单%(n)s次", {"n": 1})


def test_what_others_signed_outweighs_the_catalogue() -> None:
    """The lead has returned eight of ten, and the partner has signed for all of them."""
    known = Evidence("SCJG", ["GHJS"], past={"SCJG": Past(2, 8), "GHJS": Past(8, 0)})
    first = suggest(known)[0]
    assert first.unit == "GHJS"
    assert ("近一年同类工单%(n)s件由本单位签收，退单%(returned)s次", {"n": 8, "returned": 0}) in (
        first.reasons
    )


def test_the_area_weighs_more_than_the_rest_of_the_park() -> None:
    """In this area ten of ten went elsewhere, whatever a thousand others say."""
    known = Evidence(
        "SCJG", ["GHJS"],
        past={"SCJG": Past(1000, 10, 0, 10), "GHJS": Past(10, 0, 10, 0)}, area="河西片区",
    )  # fmt: skip
    assert suggest(known)[0].unit == "GHJS"
    assert suggest(replace(known, past={"SCJG": Past(1000, 10), "GHJS": Past(10, 0)}))[0].unit == (
        "SCJG"
    )


def test_one_chance_ticket_moves_nothing() -> None:
    known = Evidence("SCJG", ["SWJ"], past={"SCJG": Past(190, 10), "YH": Past(1, 0)})
    assert suggest(known)[0].unit == "SCJG"


def test_the_rule_that_asks_for_more_holds_and_then_the_newest() -> None:
    general = Rule(9, "YH")
    for_item = Rule(1, "SWJ", item=True)
    for_words = Rule(2, "RSJ", words=True)
    newer = Rule(3, "GHJS", item=True, verdict=True)
    assert suggest(Evidence(rules=[general, for_item]))[0].unit == "SWJ"
    assert suggest(Evidence(rules=[general, for_item, for_words]))[0].unit == "RSJ"
    first = suggest(Evidence(rules=[for_item, newer]))[0]
    assert first.unit == "GHJS"
    assert first.reasons[0][0] == "分管领导裁定的派单规则"


def test_nothing_known_suggests_nobody() -> None:
    assert suggest(Evidence()) == []


def test_words_fit_where_one_of_them_stands_in_the_text() -> None:
    assert words_of("漏水， 渗水、PIPE") == ["漏水", "渗水", "pipe"]
    assert fits("漏水 渗水", "厂房屋顶渗水")
    assert fits("", "厂房屋顶渗水")
    assert not fits("停电", "厂房屋顶渗水")
