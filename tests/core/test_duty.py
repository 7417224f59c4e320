"""在岗 and 自动分派: who is there, whose turn it is; a month with leave and make-up days."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.assignment import Candidate, choose, open_minutes, skill_for
from servicedesk.core.duty import Away, Day, Shift, day_of, on_duty
from servicedesk.core.worktime import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
# April and May 2024 as announced: 清明 4–6 April (7 April worked), 1–5 May (28 April, 11 May worked).
SPRING = Calendar(
    days_off=frozenset({date(2024, 4, 4), date(2024, 4, 5), *(date(2024, 5, n) for n in range(1, 6))}),
    make_up_days=frozenset({date(2024, 4, 7), date(2024, 4, 28), date(2024, 5, 11)}),
)  # fmt: skip
WEEKEND = Shift("67", make_up_days=False)
NO_MAKE_UP = Shift(make_up_days=False)


@pytest.mark.parametrize(
    ("day", "shift", "expected"),
    [
        (date(2024, 4, 3), Shift(), Day.WORK),
        (date(2024, 4, 4), Shift(), Day.REST),
        (date(2024, 4, 6), Shift(), Day.REST),
        (date(2024, 4, 7), Shift(), Day.MAKE_UP),
        (date(2024, 4, 7), NO_MAKE_UP, Day.REST),
        (date(2024, 4, 13), WEEKEND, Day.WORK),
        (date(2024, 5, 4), WEEKEND, Day.REST),
        (date(2024, 4, 15), WEEKEND, Day.REST),
        (date(2024, 4, 15), Shift("234"), Day.REST),
    ],
)
def test_what_a_day_is_for_a_person(day: date, shift: Shift, expected: Day) -> None:
    assert day_of(SPRING, day, shift) is expected


def test_leave_counts_both_of_its_days_and_no_rest_day() -> None:
    leave = [Away(date(2024, 4, 3), date(2024, 4, 8))]
    found = [day_of(SPRING, date(2024, 4, n), Shift(), leave) for n in range(2, 10)]
    assert found == [
        Day.WORK, Day.AWAY, Day.REST, Day.REST, Day.REST, Day.AWAY, Day.AWAY, Day.WORK,
    ]  # fmt: skip


def test_a_shift_ends_sharp() -> None:
    afternoon = Shift(start_minute=13 * 60 + 30, end_minute=17 * 60 + 30)
    at = [datetime(2024, 4, 8, hour, 30, tzinfo=ZONE) for hour in (12, 13, 16, 17)]
    assert [on_duty(SPRING, moment, afternoon) for moment in at] == [False, True, True, False]


def test_by_hand_and_without_anybody_nobody_is_chosen() -> None:
    assert choose("hand", [Candidate(1)]) is None
    assert choose("turn", []) is None


def test_the_turn_goes_round_and_passes_over_who_is_away() -> None:
    group = [Candidate(3), Candidate(1), Candidate(2)]
    last, got = None, []
    for _ in range(5):
        last = choose("turn", group, last)
        got.append(last)
    assert got == [1, 2, 3, 1, 2]
    assert choose("turn", [Candidate(1), Candidate(3)], 1) == 3


def test_the_least_loaded_then_the_next_in_turn() -> None:
    group = [Candidate(1, 500, 2), Candidate(2, 300, 3), Candidate(3, 300, 2), Candidate(4, 300, 2)]
    assert choose("load", group) == 3
    assert choose("load", group, last=3) == 4


def test_the_item_beats_the_category_and_load_decides_among_equals() -> None:
    assert skill_for(["A"], "A01", "A") == 1
    assert skill_for(["A01", "B"], "A01", "A") == 2
    assert skill_for(["B"], "A01", "A") == 0
    group = [Candidate(1, 0, 0, 1), Candidate(2, 900, 3, 2), Candidate(3, 800, 3, 2)]
    assert choose("skill", group) == 3
    assert choose("skill", [Candidate(1, 9), Candidate(2, 5)]) == 2


def test_overdue_tickets_weigh_something() -> None:
    assert open_minutes(-300) == open_minutes(0) == 60
    assert open_minutes(300) == 300


candidates = st.lists(
    st.builds(
        Candidate, st.integers(1, 20), st.integers(0, 900), st.integers(0, 9), st.integers(0, 2)
    ),
    max_size=8, unique_by=lambda one: one.user_id,
)  # fmt: skip


@given(st.sampled_from(["turn", "load", "skill"]), candidates, st.none() | st.integers(1, 20))
def test_one_of_those_who_are_there_is_chosen_whatever_their_order(
    mode: str, group: list[Candidate], last: int | None
) -> None:
    chosen = choose(mode, group, last)
    assert (chosen is None) == (not group)
    if group:
        assert chosen in {one.user_id for one in group}
        assert chosen == choose(mode, list(reversed(group)), last)


# A month of it -----------------------------------------------------------------------------------

PROMISE = 3 * 420  # each ticket: three working days


@dataclass
class Person:
    shift: Shift
    leave: list[Away]
    queue: list[datetime] = field(default_factory=list)  # due times of open tickets

    def there(self, moment: datetime) -> bool:
        return on_duty(SPRING, moment, self.shift, self.leave)

    def presence(self) -> tuple[bool, ...]:
        days = (date(2024, 4, 1) + timedelta(days=n) for n in range(42))
        return tuple(
            day_of(SPRING, day, self.shift, self.leave) in (Day.WORK, Day.MAKE_UP) for day in days
        )


shifts = st.sampled_from([Shift(), Shift(), Shift(), NO_MAKE_UP, Shift("1234"), Shift("1234567")])
leaves = st.lists(
    st.builds(
        lambda first, days: Away(
            date(2024, 4, 1) + timedelta(days=first), date(2024, 4, 1) + timedelta(days=first + days)
        ),
        st.integers(0, 34), st.integers(0, 9),
    ),
    max_size=2,
)  # fmt: skip


@settings(max_examples=settings().max_examples // 3)
@given(
    st.sampled_from(["turn", "load"]),
    st.lists(st.builds(Person, shifts, leaves), min_size=2, max_size=6),
    st.integers(20, 200),
)
def test_a_month_with_leave_and_make_up_days_is_shared_evenly(
    mode: str, people: list[Person], pace: int
) -> None:
    """Equal tickets; an absent person gets none; people who were there on the same days have,
    at every moment, open tickets within two of each other."""
    moment, end = datetime(2024, 4, 1, 9, tzinfo=ZONE), datetime(2024, 5, 13, tzinfo=ZONE)
    last: int | None = None
    while moment < end:
        there = [n for n, person in enumerate(people) if person.there(moment)]
        group = [_candidate(n, people[n], moment) for n in there]
        chosen = choose(mode, group, last)
        assert (chosen is None) == (not there)
        if chosen is not None:
            assert chosen in there
            last = chosen
            people[chosen].queue.append(SPRING.add(moment, PROMISE))
        _assert_even(people)
        moment = SPRING.add(moment, pace)


def _candidate(number: int, person: Person, moment: datetime) -> Candidate:
    person.queue = [due for due in person.queue if due > moment]
    minutes = sum(open_minutes(SPRING.between(moment, due)) for due in person.queue)
    return Candidate(number, minutes, len(person.queue))


def _assert_even(people: list[Person]) -> None:
    groups: dict[tuple[bool, ...], list[int]] = {}
    for person in people:
        groups.setdefault(person.presence(), []).append(len(person.queue))
    for sizes in groups.values():
        assert max(sizes) - min(sizes) <= 2
