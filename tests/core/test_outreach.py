"""Who is visited and why, how stops are shared out, what coverage says, what a confirmation needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.outreach import (
    REASON_NAMES,
    ROUND_MOVES,
    ROUND_STATES,
    STOP_MOVES,
    STOP_STATES,
    Facts,
    Rules,
    Wish,
    candidates,
    confirmation_refusal,
    cover,
    cover_by,
    day_refusal,
    may_move,
    reasons,
    spread,
    weight,
)

TODAY = date(2024, 6, 3)
DAYS = st.one_of(st.none(), st.dates(date(2022, 1, 1), date(2025, 12, 31)))
FACTS = st.builds(
    Facts, enterprise_id=st.integers(1, 500), area=st.sampled_from(["", "北片", "南片"]),
    joined_on=DAYS, visited_on=st.one_of(st.none(), st.dates(date(2022, 1, 1), TODAY)),
    rated_badly_on=DAYS, in_trouble=st.booleans(), expires_on=DAYS,
)  # fmt: skip
RULES = st.builds(
    Rules, unvisited_days=st.integers(0, 400), new_days=st.integers(0, 400),
    bad_rating_days=st.integers(0, 400), expiring_days=st.integers(0, 400),
    in_trouble=st.booleans(),
)  # fmt: skip


def codes(facts: Facts, rules: Rules = Rules()) -> list[str]:  # noqa: B008 - it is frozen
    return [reason.code for reason in reasons(facts, rules, TODAY)]


# Who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(1, visited_on=TODAY), []),
        (Facts(1), ["never"]),
        (Facts(1, visited_on=TODAY - timedelta(days=90)), []),
        (Facts(1, visited_on=TODAY - timedelta(days=91)), ["unvisited"]),
        (Facts(1, joined_on=TODAY - timedelta(days=90)), ["never", "new"]),
        (Facts(1, joined_on=TODAY - timedelta(days=91)), ["never"]),
        (Facts(1, joined_on=TODAY, visited_on=TODAY), []),
        (Facts(1, visited_on=TODAY, in_trouble=True), ["in_trouble"]),
        (Facts(1, visited_on=TODAY, expires_on=TODAY + timedelta(days=30)), ["expiring"]),
        (Facts(1, visited_on=TODAY, expires_on=TODAY + timedelta(days=31)), []),
        (Facts(1, visited_on=TODAY, expires_on=TODAY - timedelta(days=1)), []),
        (
            Facts(
                1, visited_on=TODAY - timedelta(days=9), rated_badly_on=TODAY - timedelta(days=8)
            ),
            ["bad_rating"],
        ),
        (Facts(1, visited_on=TODAY, rated_badly_on=TODAY - timedelta(days=8)), []),
    ],
)
def test_reasons_at_their_edges(facts: Facts, expected: list[str]) -> None:
    assert codes(facts) == expected


@given(FACTS, RULES)
def test_a_rule_switched_off_gives_no_reason(facts: Facts, rules: Rules) -> None:
    off = Rules(0, 0, 0, 0, in_trouble=False)
    assert codes(facts, off) == []
    assert set(codes(facts, rules)) <= set(REASON_NAMES)


@given(FACTS, RULES)
def test_trouble_never_makes_a_visit_less_urgent(facts: Facts, rules: Rules) -> None:
    calm = reasons(replace(facts, in_trouble=False), rules, TODAY)
    troubled = reasons(replace(facts, in_trouble=True), rules, TODAY)
    assert weight(calm) <= weight(troubled)


@given(FACTS)
def test_a_visit_today_leaves_only_what_a_visit_does_not_settle(facts: Facts) -> None:
    settled = codes(replace(facts, visited_on=TODAY, rated_badly_on=None))
    assert set(settled) <= {"in_trouble", "expiring"}


@given(st.lists(FACTS, max_size=30, unique_by=lambda one: one.enterprise_id), RULES)
def test_candidates_are_those_with_reasons_most_urgent_first(
    park: list[Facts], rules: Rules
) -> None:
    found = candidates(park, rules, TODAY)
    assert all(one.reasons for one in found)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    expected = {one.enterprise_id for one in park if reasons(one, rules, TODAY)}
    assert {one.facts.enterprise_id for one in found} == expected
    assert candidates(list(reversed(park)), rules, TODAY) == found


@given(RULES)
def test_rules_survive_being_kept(rules: Rules) -> None:
    assert Rules.of(rules.as_dict() | {"of another version": 1}) == rules


# By whom and when -----------------------------------------------------------------------------

WISHES = st.lists(
    st.builds(
        Wish, stop=st.integers(1, 999), area=st.sampled_from(["", "东", "南", "西"]),
        officer_id=st.one_of(st.none(), st.integers(1, 6)), weight=st.integers(0, 90),
    ),
    max_size=40, unique_by=lambda wish: wish.stop,
)  # fmt: skip
OFFICERS = st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True)
SPAN = st.integers(1, 12)


def working_days(count: int) -> list[date]:
    return [TODAY + timedelta(days=number) for number in range(count)]


@given(WISHES, OFFICERS, SPAN)
def test_everything_is_handed_out_once(
    wishes: Sequence[Wish], officers: Sequence[int], span: int
) -> None:
    tasks = spread(wishes, officers, working_days(span))
    assert sorted(task.stop for task in tasks) == sorted(wish.stop for wish in wishes)
    assert {task.officer_id for task in tasks} <= set(officers)
    assert {task.day for task in tasks} <= set(working_days(span))


@given(WISHES, OFFICERS, SPAN)
def test_an_enterprise_keeps_its_own_officer(
    wishes: Sequence[Wish], officers: Sequence[int], span: int
) -> None:
    who = {task.stop: task.officer_id for task in spread(wishes, officers, working_days(span))}
    for wish in wishes:
        if wish.officer_id in officers:
            assert who[wish.stop] == wish.officer_id


@given(WISHES, OFFICERS, SPAN)
def test_loads_differ_by_one_unless_own_enterprises_make_it_so(
    wishes: Sequence[Wish], officers: Sequence[int], span: int
) -> None:
    loads = Counter(task.officer_id for task in spread(wishes, officers, working_days(span)))
    own = Counter(wish.officer_id for wish in wishes if wish.officer_id in officers)
    least = min(loads[officer] for officer in officers)
    for officer in officers:
        assert loads[officer] <= max(least + 1, own[officer])


@given(WISHES, OFFICERS, SPAN)
def test_days_are_even_and_areas_stay_together(
    wishes: Sequence[Wish], officers: Sequence[int], span: int
) -> None:
    area = {wish.stop: wish.area for wish in wishes}
    tasks = spread(wishes, officers, working_days(span))
    for officer in officers:
        mine = [task for task in tasks if task.officer_id == officer]
        assert [task.day for task in mine] == sorted(task.day for task in mine)
        a_day = Counter(task.day for task in mine)
        numbers = [a_day[day] for day in working_days(span)]
        assert max(numbers) - min(numbers) <= 1
        walked = [area[task.stop] for task in mine]
        changes = sum(one != other for one, other in pairwise(walked))
        assert changes == max(0, len(set(walked)) - 1)


def test_free_stops_of_one_area_go_to_one_officer() -> None:
    wishes = [Wish(number, "东" if number < 4 else "西") for number in range(8)]
    tasks = spread(wishes, [1, 2], working_days(2))
    east = {task.officer_id for task in tasks if task.stop < 4}
    west = {task.officer_id for task in tasks if task.stop >= 4}
    assert len(east) == len(west) == 1
    assert east != west


def test_urgent_areas_come_first() -> None:
    wishes = [Wish(1, "东", weight=1), Wish(2, "西", weight=9), Wish(3, "西", weight=0)]
    assert [task.stop for task in spread(wishes, [7], working_days(3))] == [2, 3, 1]


def test_nobody_or_no_day_is_refused() -> None:
    for officers, days in (([], working_days(1)), ([1], [])):
        with pytest.raises(ValueError, match="officers and days"):
            spread([Wish(1)], officers, days)


# Coverage -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), DAYS)), st.dates())
def test_groups_add_up_to_the_whole(rows: list[tuple[str, date | None]], since: date) -> None:
    whole, parts = cover((day for _key, day in rows), since), cover_by(rows, since)
    for name in ("total", "visited", "never", "stale"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts.values())
    assert whole.visited + whole.stale + whole.never == whole.total
    assert (whole.share == 100) == (whole.total > 0 and whole.visited == whole.total)


def test_nobody_has_no_share() -> None:
    assert cover([], TODAY).share is None
    assert cover([TODAY] * 199 + [None], TODAY).share == 99


# What may happen ------------------------------------------------------------------------------


def test_moves_lead_from_states_to_states() -> None:
    for moves, states in ((ROUND_MOVES, ROUND_STATES), (STOP_MOVES, STOP_STATES)):
        for start, end in moves.values():
            assert start <= set(states)
            assert not end or end in states
    assert not any(may_move(STOP_MOVES, name, "done") for name in STOP_MOVES)
    assert not any(may_move(ROUND_MOVES, name, "closed") for name in ROUND_MOVES)


@pytest.mark.parametrize(("days", "fine"), [(-1, False), (0, True), (60, True), (61, False)])
def test_a_visit_is_written_down_soon_and_not_in_advance(days: int, fine: bool) -> None:
    assert (day_refusal(TODAY - timedelta(days=days), TODAY) is None) is fine


NOW = datetime(2024, 6, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "comment", "confirmed", "expires", "field"),
    [
        ("agreed", "", None, None, None),
        ("agreed", "", None, NOW + timedelta(seconds=1), None),
        ("agreed", "", None, NOW, "verdict"),
        ("agreed", "", NOW, None, "verdict"),
        ("differs", "日期不对", None, None, None),
        ("differs", "  ", None, None, "comment"),
        ("", "", None, None, "verdict"),
        ("perhaps", "x", None, None, "verdict"),
    ],
)
def test_the_enterprises_word(
    verdict: str, comment: str, confirmed: datetime | None, expires: datetime | None,
    field: str | None,
) -> None:  # fmt: skip
    refused = confirmation_refusal(verdict, comment, confirmed, expires, NOW)
    assert (refused[0] if refused else None) == field
