"""Steps, windows, promises, reminders and expiry of declarations."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.declarations import (
    BY_NAME,
    REMIND_DAYS,
    STEPS,
    UNDECIDED,
    Facts,
    State,
    Window,
    available,
    expiry,
    promise_days,
    refusal,
    reminder_stage,
    title_days,
    window,
)
from servicedesk.core.permissions import PERMISSIONS, Actor, Part, Role, Subject
from servicedesk.core.worktime import Calendar

CALENDAR = Calendar()
DAY = date(2024, 6, 14)
SUBJECT = Subject(1, enterprise_id=7, unit_id=3)
DESK = Actor(1, Role.DESK, 1)
OFFICER = Actor(2, Role.OFFICER, 1, unit_id=3)
OTHER_UNIT = Actor(3, Role.OFFICER, 1, unit_id=4)
OWNER = Actor(4, Role.REQUESTER, 1, parts={7: Part.OWNER})
VIEWER = Actor(5, Role.REQUESTER, 1, parts={7: Part.VIEWER})
STRANGER = Actor(6, Role.REQUESTER, 1, parts={8: Part.OWNER})
days = st.dates(date(2024, 1, 1), date(2026, 12, 1))


def facts(state: State, **more: object) -> Facts:
    return Facts(state=state, since=DAY - timedelta(days=9), today=DAY, **more)  # type: ignore[arg-type]


def names(actor: Actor, state: State) -> set[str]:
    return {step.name for step in available(actor, SUBJECT, facts(state))}


def test_who_may_do_what_in_which_state() -> None:
    for staff in (DESK, OFFICER):
        assert names(staff, State.DECLARED) >= {"recommend", "refuse"}
        assert names(staff, State.RECOMMENDED) >= {"approve", "refuse"}
        assert names(staff, State.APPROVED) == {"pay"}
    assert names(OWNER, State.DECLARED) == names(OWNER, State.RECOMMENDED) == {"withdraw"}
    for nobody in (VIEWER, STRANGER, OTHER_UNIT):
        assert all(names(nobody, state) == set() for state in State)
    for end in (State.REFUSED, State.PAID, State.WITHDRAWN):
        assert all(names(actor, end) == set() for actor in (DESK, OFFICER, OWNER))


def test_the_table_leads_from_declared_to_every_state() -> None:
    reached = {State.DECLARED}
    for _round in STEPS:
        reached |= {step.target for step in STEPS if step.sources & reached}
    assert reached == set(State)
    assert all(step.permission in PERMISSIONS for step in STEPS)


def test_approval_needs_a_recommendation() -> None:
    """申报 is not 获批, and nothing is approved that we have not recommended."""
    assert BY_NAME["approve"].sources == {State.RECOMMENDED}
    assert BY_NAME["pay"].sources == {State.APPROVED}
    assert BY_NAME["withdraw"].sources == UNDECIDED


@pytest.mark.parametrize(
    ("name", "state", "inputs", "field"),
    [
        ("recommend", State.DECLARED, {}, "day"),
        ("refuse", State.DECLARED, {"day": DAY}, "reason"),
        ("approve", State.RECOMMENDED, {"day": DAY + timedelta(days=1)}, "day"),
        ("approve", State.RECOMMENDED, {"day": DAY - timedelta(days=10)}, "day"),
        ("approve", State.RECOMMENDED, {"day": DAY, "amount": -1}, "amount"),
        ("pay", State.APPROVED, {"day": DAY, "amount": 0}, "amount"),
        ("pay", State.APPROVED, {"day": DAY, "amount": 20_001}, "amount"),
    ],
)
def test_what_a_step_needs(name: str, state: State, inputs: dict[str, object], field: str) -> None:
    refused = refusal(BY_NAME[name], DESK, SUBJECT, facts(state, granted=20_000), inputs)
    assert refused is not None and refused.field == field


def test_a_payment_without_a_granted_amount_has_no_upper_bound() -> None:
    inputs = {"day": DAY, "amount": 99}
    assert refusal(BY_NAME["pay"], DESK, SUBJECT, facts(State.APPROVED), inputs) is None


@given(days, st.integers(0, 120), days)
def test_a_day_is_before_in_or_after_the_window(opens: date, length: int, today: date) -> None:
    closes = opens + timedelta(days=length)
    found = window(opens, closes, today)
    assert (found is Window.BEFORE) == (today < opens)
    assert (found is Window.OVER) == (today > closes)


@given(days, st.integers(0, 90), st.integers(1, 20))
def test_the_promise_ends_before_the_window(today: date, length: int, usual: int) -> None:
    closes = today + timedelta(days=length)
    days_promised = promise_days(CALENDAR, today, closes, usual)
    assert 1 <= days_promised <= usual
    left = CALENDAR.working_days_between(today, closes)
    if left >= 2:
        assert CALENDAR.add_working_days(today, days_promised) < closes
        assert days_promised == min(usual, left - 1)


@given(days, st.integers(-5, 60))
def test_reminders_come_one_after_another(today: date, length: int) -> None:
    closes = today + timedelta(days=length)
    stage = reminder_stage(CALENDAR, today, closes)
    if today > closes:
        assert stage == 0
        return
    left = CALENDAR.working_days_between(today, closes)
    assert stage == sum(left <= days for days in REMIND_DAYS)
    if today < closes:
        assert reminder_stage(CALENDAR, today + timedelta(days=1), closes) >= stage


def test_titles_end_the_day_before_or_in_march() -> None:
    assert expiry(date(2024, 5, 10), 3) == date(2027, 5, 9)
    assert expiry(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert expiry(date(2024, 12, 31), None, until_march=True) == date(2025, 3, 31)
    assert expiry(date(2024, 1, 2), None) is None


@pytest.mark.parametrize(
    ("left", "days"), [(91, None), (90, 90), (31, 90), (30, 30), (0, 30), (-1, None)]
)
def test_a_title_is_reminded_of_at_90_and_30_days(left: int, days: int | None) -> None:
    assert title_days(DAY, DAY + timedelta(days=left)) == days
