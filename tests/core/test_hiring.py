"""推荐 is not 到岗: what counts as placed, for any figures."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.hiring import (
    HEAD_COUNT_MAX,
    RECENT_DAYS,
    STAY_DAYS,
    Arrival,
    PostState,
    Standing,
    day_is_sound,
    overfill,
    placed,
    refused_confirmation,
    refused_referral,
    refused_stay,
    standing,
    stay_due,
    stay_rate,
    unconfirmed,
)

people = st.integers(0, 500)
arrivals = st.lists(st.builds(Arrival, people, st.none() | people, st.none()), max_size=8)
days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(arrivals)
def test_only_confirmed_people_are_placed(some: list[Arrival]) -> None:
    silent = [Arrival(one.reported) for one in some]
    assert placed(silent) == 0
    assert placed(some) == sum(one.confirmed for one in some if one.confirmed is not None)
    assert unconfirmed(some) + sum(
        one.reported for one in some if one.confirmed is not None
    ) == sum(one.reported for one in some)


@given(arrivals, people)
def test_reporting_more_changes_nothing_that_counts(some: list[Arrival], more: int) -> None:
    assert placed([*some, Arrival(more)]) == placed(some)


@given(people, people, st.integers(-5, HEAD_COUNT_MAX + 5), st.text(max_size=5))
def test_more_than_the_posts_needs_a_reason(
    head_count: int, already: int, confirming: int, reason: str
) -> None:
    refused = refused_confirmation(head_count, already, confirming, reason)
    if not 0 <= confirming <= HEAD_COUNT_MAX:
        assert refused is not None
        assert refused[0] == "confirmed"
    elif already + confirming > head_count and confirming > 0 and not reason.strip():
        assert refused is not None
        assert refused[0] == "over_reason"
    else:
        assert refused is None


@given(people, people, people)
def test_overfill_is_what_lies_beyond(head_count: int, already: int, coming: int) -> None:
    beyond = overfill(head_count, already, coming)
    assert 0 <= beyond <= coming
    if already <= head_count:
        assert already + coming - beyond <= head_count
    else:
        assert beyond == coming


@given(st.integers(-3, 20), st.integers(-3, 20))
def test_interviewed_are_some_of_the_referred(referred: int, interviewed: int) -> None:
    refused = refused_referral(referred, interviewed)
    assert (refused is None) == (referred >= 1 and 0 <= interviewed <= referred)


@given(st.none() | people, st.integers(-2, 600))
def test_who_stayed_had_come(confirmed: int | None, stayed: int) -> None:
    fine = refused_stay(confirmed, stayed) is None
    assert fine == (confirmed is not None and 0 <= stayed <= confirmed)


@given(st.sampled_from(PostState), st.integers(1, 9), st.integers(0, 9), days, days)
def test_a_post_stands_in_one_way(
    state: PostState, head_count: int, already: int, until: date, today: date
) -> None:
    found = standing(state, head_count, already, until, today)
    assert (found is Standing.CLOSED) == (state is PostState.CLOSED)
    if state is PostState.OPEN:
        assert (found is Standing.FILLED) == (already >= head_count)
        assert not (found is Standing.RECRUITING and today > until)


@given(days, days)
def test_days_are_recent_and_past(day: date, today: date) -> None:
    assert day_is_sound(day, today) == (0 <= (today - day).days <= RECENT_DAYS)
    assert (stay_due(day) - day) == timedelta(days=STAY_DAYS)


@given(st.lists(st.tuples(people, st.integers(0, 100)), max_size=5))
def test_the_share_that_stayed(pairs: list[tuple[int, int]]) -> None:
    some = [Arrival(n, n, n * share // 100) for n, share in pairs]
    rate = stay_rate([*some, Arrival(9, 9), Arrival(9)])
    assert (rate is None) == (sum(n for n, _share in pairs) == 0)
    assert rate is None or 0 <= rate <= 100
