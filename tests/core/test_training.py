"""Seats, the waiting list, the check-in window, what is counted: for any list of people."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.training import (
    FEEDBACK_MIN,
    OPENS_BEFORE,
    TYPED_IN_FOR,
    EventState,
    Registration,
    average,
    check_in_span,
    enterprises_attended,
    free_seats,
    may_be_cancelled,
    may_be_held,
    may_check_in,
    may_register,
    moving_up,
    newcomers_wait,
    seated,
)

START = datetime(2024, 5, 16, 6, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
moments = st.integers(-20_000, 20_000).map(lambda minutes: START + timedelta(minutes=minutes))
states = st.sampled_from(EventState)


@st.composite
def lists(draw: st.DrawFn) -> list[Registration]:
    """People in any order, several at the same moment, some waiting, some gone."""
    return [
        Registration(
            number, START - timedelta(minutes=draw(st.integers(0, 5))),
            waiting=draw(st.booleans()), cancelled=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 12)))
    ]  # fmt: skip


def after(people: list[Registration], moved: list[int]) -> list[Registration]:
    """Return the list with ``moved`` seated."""
    return [
        Registration(one.number, one.registered_at, False, one.cancelled)
        if one.number in moved
        else one
        for one in people
    ]


@given(st.integers(0, 12), lists())
def test_moving_up_fills_free_seats_and_no_more(capacity: int, people: list[Registration]) -> None:
    moved = moving_up(capacity, people)
    result = after(people, moved)
    waiting = [one for one in result if one.waiting and not one.cancelled]
    assert seated(result) <= max(capacity, seated(people))
    assert not (waiting and free_seats(capacity, result))
    assert moving_up(capacity, result) == []


@given(st.integers(0, 12), lists())
def test_nobody_overtakes(capacity: int, people: list[Registration]) -> None:
    moved = moving_up(capacity, people)
    known = {one.number: (one.registered_at, one.number) for one in people}
    left = [
        known[one.number]
        for one in people
        if one.waiting and not one.cancelled and one.number not in moved
    ]
    assert all(known[number] < min(left) for number in moved if left)
    assert not any(one.cancelled for one in people if one.number in moved)


@given(st.integers(0, 12), lists(), st.integers(1, 6))
def test_newcomers_sit_only_behind_an_empty_line(
    capacity: int, people: list[Registration], count: int
) -> None:
    wait = newcomers_wait(capacity, people, count)
    line = sum(one.waiting and not one.cancelled for one in people)
    assert 0 <= wait <= count
    assert wait == count or count - wait + line <= free_seats(capacity, people)
    settled = after(people, moving_up(capacity, people))
    if any(one.waiting and not one.cancelled for one in settled):
        assert newcomers_wait(capacity, settled, count) == count
    elif free_seats(capacity, settled) >= count:
        assert newcomers_wait(capacity, settled, count) == 0


@given(states, moments, st.booleans())
def test_the_window_of_the_code(state: EventState, now: datetime, by_staff: bool) -> None:
    opens, closes = check_in_span(START, END)
    assert opens == START - OPENS_BEFORE
    may = may_check_in(state, now, START, END, by_staff=by_staff)
    if now < opens or state is EventState.CANCELLED:
        assert not may
    elif now <= closes:
        assert may
    else:
        assert may == (by_staff and now <= closes + TYPED_IN_FOR)


@given(states, moments)
def test_registering_ends_with_the_beginning(state: EventState, now: datetime) -> None:
    assert may_register(state, now, START) == (state is EventState.PLANNED and now < START)


@given(states, moments, st.integers(0, 50))
def test_an_event_is_held_only_with_people(state: EventState, now: datetime, came: int) -> None:
    held = may_be_held(state, now, START, came)
    assert held == (state is EventState.PLANNED and now >= START and came > 0)
    assert not (held and may_be_cancelled(state, came))


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans())))
def test_enterprises_are_counted_once_and_only_if_they_came(
    attendance: list[tuple[int, bool]],
) -> None:
    counted = enterprises_attended(attendance)
    assert counted == enterprises_attended([*attendance, *attendance])
    assert all((one, True) in attendance for one in counted)
    assert len(counted) <= 5


@given(st.lists(st.integers(1, 5), max_size=12))
def test_few_answers_stay_hidden(levels: list[int]) -> None:
    mean = average(levels)
    assert (mean is None) == (len(levels) < FEEDBACK_MIN)
    if mean is not None:
        assert min(levels) <= mean <= max(levels)
