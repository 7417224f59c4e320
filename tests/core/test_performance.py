"""The formula of performance: bounded, monotone, fair to hard work, silent on too few tickets."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.figures import BY_KEY as FIGURES
from servicedesk.core.performance import (
    BY_KEY,
    COMPONENTS,
    DEFAULT_WEIGHTS,
    KINDS,
    LEVELLED,
    MINIMUM,
    Level,
    Score,
    Tally,
    faults,
    kind_of,
    level,
    ranks,
    score,
)

ITEMS = {"a": 0, "b": 0, "c": 3}
ME = "me"


@dataclass(frozen=True)
class Case:
    """One delivered ticket as the figures see it; ``answer`` and ``rating`` may be missing."""

    who: str
    item: str
    on_time: bool
    answer: bool | None
    rating: bool | None
    false: bool
    bad_before: bool
    rectified: bool
    responded: bool | None
    followed: bool
    returned: bool


cases = st.builds(
    Case,
    who=st.sampled_from((ME, "you", "they")),
    item=st.sampled_from(sorted(ITEMS)),
    on_time=st.booleans(),
    answer=st.none() | st.booleans(),
    rating=st.none() | st.booleans(),
    false=st.booleans(),
    bad_before=st.booleans(),
    rectified=st.booleans(),
    responded=st.none() | st.booleans(),
    followed=st.booleans(),
    returned=st.booleans(),
)
weights = st.fixed_dictionaries({key: st.integers(0, 100) for key in BY_KEY}).filter(
    lambda found: not faults(found)
)
BETTER = {
    "on_time": True, "answer": True, "rating": True, "false": False, "bad_before": False,
    "rectified": True, "responded": True, "followed": True, "returned": False,
}  # fmt: skip


def numbers(found: Sequence[Case]) -> dict[str, int]:
    """Count as ``statistics.cutting`` does."""
    return {
        "delivered": len(found),
        "on_time": sum(one.on_time for one in found),
        "answered": sum(one.answer is not None for one in found),
        "confirmed": sum(one.answer is True for one in found),
        "rated": sum(one.rating is not None for one in found),
        "rated_good": sum(one.rating is True for one in found),
        "rated_bad": sum(one.bad_before for one in found),
        "rectified": sum(one.bad_before and one.rectified for one in found),
        "false_resolutions": sum(one.false for one in found),
        "response_measured": sum(one.responded is not None for one in found),
        "responded_in_time": sum(one.responded is True for one in found),
        "followed": sum(one.followed for one in found),
        "returned": sum(one.returned for one in found),
    }


def scored(every: Sequence[Case], chosen: dict[str, int], who: str = ME) -> Score:
    """Return a score out of all tickets of a park."""
    mine = [one for one in every if one.who == who]
    levels: dict[str, Level] = {}
    for part in LEVELLED:
        own: dict[Hashable, Tally] = defaultdict(Tally)
        park: dict[Hashable, Tally] = defaultdict(Tally)
        for one in every:
            counted = numbers([one])
            tally = Tally(counted[part.whole], part.misses(counted))
            park[one.item] += tally
            if one.who == who:
                own[one.item] += tally
        levels[part.key] = level(own, park, ITEMS)
    return score(numbers(mine), chosen, levels)


@given(st.lists(cases, max_size=30), weights)
def test_a_score_lies_between_nought_and_a_hundred(
    every: list[Case], chosen: dict[str, int]
) -> None:
    found = scored(every, chosen)
    if found.value is not None:
        assert 0 <= found.value <= 100
        assert found.value == pytest.approx(
            sum(line.points or 0 for line in found.lines), abs=0.051
        )
    for line in found.lines:
        assert (line.counted is None) == (line.tally.whole == 0)
        assert line.counted is None or 0 <= line.counted <= 1


@given(st.lists(cases, min_size=5, max_size=30), weights, st.data())
def test_doing_better_never_lowers_the_score(
    every: list[Case], chosen: dict[str, int], data: st.DataObject
) -> None:
    """One of my tickets goes better in any one way, also from not measured to good."""
    place = data.draw(st.integers(0, len(every) - 1))
    every[place] = replace(every[place], who=ME)
    name = data.draw(st.sampled_from(sorted(BETTER)))
    better = [*every[:place], replace(every[place], **{name: BETTER[name]}), *every[place + 1 :]]
    before, after = scored(every, chosen).value, scored(better, chosen).value
    assert before is None or (after is not None and after >= before)


@given(
    st.lists(cases, min_size=5, max_size=30),
    st.sampled_from(["resolution", "satisfaction", "response"]),
)
def test_what_cannot_be_measured_never_counts_as_nought(every: list[Case], key: str) -> None:
    """Without a component's tickets the score is that of the other components alone."""
    every, chosen = [replace(one, who=ME) for one in every], dict.fromkeys(BY_KEY, 10)
    found, part = scored(every, chosen), BY_KEY[key]
    without = {**numbers(every), part.whole: 0, part.made: 0}
    alone = score(numbers(every), {**chosen, key: 0}, _levels(found))
    assert score(without, chosen, _levels(found)).value == alone.value


def _levels(found: Score) -> dict[str, Level]:
    return {line.component.key: line.level for line in found.lines if line.level is not None}


@given(st.lists(cases, max_size=30), st.integers(2, 5))
def test_only_the_proportion_of_weights_matters(every: list[Case], times: int) -> None:
    small = {"on_time": 4, "resolution": 3, "satisfaction": 2}
    assert (
        scored(every, small).value == scored(every, {k: v * times for k, v in small.items()}).value
    )


@given(st.lists(cases, max_size=30))
def test_fewer_than_five_tickets_have_no_score(every: list[Case]) -> None:
    found = scored(every, dict(DEFAULT_WEIGHTS))
    assert found.delivered == sum(one.who == ME for one in every)
    assert (found.value is None) == (found.delivered < MINIMUM)


# Difficulty ---------------------------------------------------------------------------------------


def tallies(**found: tuple[int, int]) -> dict[Hashable, Tally]:
    return {item: Tally(*one) for item, one in found.items()}


def test_hard_work_does_not_lose_to_easy_work() -> None:
    """Both do as others do: late in four of ten hard matters, in none of fifty easy ones."""
    kinds = {"hard": 4, "easy": 0}
    park = tallies(hard=(1020, 408), easy=(1020, 102))
    hard, easy = tallies(hard=(20, 8)), tallies(easy=(20, 2))
    one, other = level(hard, park, kinds), level(easy, park, kinds)
    assert one.expected == pytest.approx(8, abs=0.1)
    assert other.expected == pytest.approx(2, abs=0.1)
    assert one.levelled(Tally(20, 8)) == pytest.approx(0.75, abs=0.01)  # the park's rate
    assert other.levelled(Tally(20, 2)) == pytest.approx(0.75, abs=0.01)
    assert one.levelled(Tally(20, 4)) > other.levelled(Tally(20, 2))
    assert one.levelled(Tally(20, 0)) == other.levelled(Tally(20, 0)) == 1.0


def test_a_matter_that_nobody_else_handles_is_measured_with_similar_ones() -> None:
    kinds = {"mine": 4, "similar": 4, "easy": 0}
    park = tallies(mine=(20, 10), similar=(1000, 500), easy=(1000, 0))
    found = level(tallies(mine=(20, 10)), park, kinds)
    assert found.expected == pytest.approx(10, abs=0.1)
    assert found.levelled(Tally(20, 10)) == pytest.approx(1 - 510 / 2020, abs=0.01)


def test_who_is_alone_is_measured_with_nobody() -> None:
    own = tallies(a=(10, 3), b=(10, 0))
    found = level(own, own, {"a": 0, "b": 3})
    assert found.levelled(Tally(20, 3)) == pytest.approx(1 - 3 / 20)


@given(st.lists(cases, max_size=30))
def test_the_kinds_are_the_whole(every: list[Case]) -> None:
    for line in scored(every, dict(DEFAULT_WEIGHTS)).lines:
        if line.level is not None:
            assert sum((row.tally for row in line.level.kinds), Tally()) == line.tally


def test_kinds_follow_the_promise() -> None:
    assert [kind_of(days) for days in (0, 1, 2, 3, 5, 6, 10, 20, 21, 300)] == [
        0, 0, 1, 1, 2, 3, 3, 4, 5, 5,
    ]  # fmt: skip
    assert len(KINDS) == 6


# Weights and ranks --------------------------------------------------------------------------------


def test_bounds_of_weights_are_said() -> None:
    assert faults(DEFAULT_WEIGHTS) == {}
    assert faults({"on_time": 1}) == {}
    assert set(faults({"on_time": 101, "false": -1})) == {"on_time", "false"}
    assert set(faults({})) == {"sum"}
    assert set(faults({"satisfaction": 50})) == {"satisfaction"}
    with pytest.raises(ValueError, match="sum"):
        score({"delivered": 9}, {}, {})


def test_every_component_comes_from_a_figure() -> None:
    for one in COMPONENTS:
        assert one.figure in FIGURES and one.whole_figure in FIGURES
        assert one.reason and one.says


@given(st.dictionaries(st.integers(0, 20), st.none() | st.integers(0, 5).map(float), max_size=12))
def test_equal_scores_share_a_rank(values: dict[Hashable, float | None]) -> None:
    found = ranks(values)
    assert set(found) == {key for key, value in values.items() if value is not None}
    for key, rank in found.items():
        better = [other for other in found if (values[other] or 0) > (values[key] or 0)]
        assert rank == len(better) + 1
