"""Documents, slots, promises and letters as pure rules, by property."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.authorization import (
    HOLDING,
    POWERS,
    Letter,
    Standing,
    last_day,
    powers_for,
    refusal_of_terms,
)
from servicedesk.core.materials import (
    KINDS,
    OTHER,
    SOON_DAYS,
    USABLE,
    Nudge,
    Slot,
    Span,
    Terms,
    Validity,
    kind_of,
    latest_due,
    nudge,
    serves,
    slot_refusal,
    stage_of,
)
from servicedesk.core.worktime import Calendar, parse_segments

DAYS = st.dates(date(2023, 1, 1), date(2028, 12, 31))
MAYBE = st.none() | DAYS
HOURS = Calendar(segments=parse_segments("09:00-12:00,13:30-17:30"))


# Validity ----------------------------------------------------------------------------------------


@given(MAYBE, MAYBE, DAYS, st.booleans(), st.booleans())
def test_a_document_is_usable_only_within_its_days(
    start: date | None, end: date | None, day: date, replaced: bool, withdrawn: bool
) -> None:
    span = Span(start, end, replaced, withdrawn)
    within = (start is None or start <= day) and (end is None or day <= end)
    assert span.usable_on(day) == (within and not replaced and not withdrawn)
    assert (span.on(day) in USABLE) == span.usable_on(day)


@given(DAYS, st.integers(-400, 400))
def test_what_ends_within_thirty_days_ends_soon(day: date, left: int) -> None:
    found = Span(None, day + timedelta(days=left)).on(day)
    if left < 0:
        assert found is Validity.EXPIRED
    else:
        assert found is (Validity.SOON if left <= SOON_DAYS else Validity.VALID)


def test_each_material_of_a_kind_belongs_to_that_kind_alone() -> None:
    for code, kind in KINDS.items():
        for name in kind.names:
            assert kind_of(name) == code
            assert serves(code, "扫描件", name)
    assert kind_of("没有人见过的材料") == OTHER


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=10), st.text(max_size=10))
def test_a_document_serves_its_name_or_its_kind(kind: str, name: str, wanted: str) -> None:
    assert serves(kind, name, name)
    if serves(kind, name, wanted) and name != wanted:
        assert kind == kind_of(wanted) != OTHER


# Slots -------------------------------------------------------------------------------------------


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_deferring_needs_a_deferrable_material_a_promise_and_a_clean_record(
    deferrable: bool, promised: bool, lapsed: bool, offered: bool
) -> None:
    terms = Terms(deferrable, promised, lapsed, offered)
    allowed = deferrable and promised and not lapsed
    assert (slot_refusal(Slot.DEFERRED, terms) is None) == allowed
    assert (slot_refusal(Slot.KEPT, terms) is None) == offered
    assert slot_refusal(Slot.GIVEN, terms) is None


@given(DAYS)
def test_what_is_deferred_follows_within_seven_days_or_the_next_working_day(day: date) -> None:
    last = latest_due(HOURS, day)
    assert HOURS.is_working_day(last)
    assert last >= day + timedelta(days=7)
    skipped = range(7, (last - day).days)
    assert not any(HOURS.is_working_day(day + timedelta(days=n)) for n in skipped)


@given(DAYS, st.integers(-30, 30), st.integers(0, 3))
def test_a_reminder_comes_once_and_in_order(due: date, ahead: int, done: int) -> None:
    wanted = nudge(due, due - timedelta(days=ahead), done)
    if wanted is None:
        return
    assert stage_of(wanted) > done
    assert (wanted is Nudge.LAPSE) == (ahead < 0)
    assert (wanted is Nudge.TODAY) == (ahead == 0)
    assert nudge(due, due - timedelta(days=ahead), stage_of(wanted)) is None


@given(DAYS, st.lists(st.integers(-8, 8), max_size=12))
def test_whenever_the_scheduler_runs_the_promise_lapses_after_its_day_and_only_then(
    due: date, offsets: list[int]
) -> None:
    done = 0
    for offset in sorted(offsets):
        while wanted := nudge(due, due + timedelta(days=offset), done):
            done = stage_of(wanted)
    assert (done == stage_of(Nudge.LAPSE)) == any(offset > 0 for offset in offsets)


# Letters -----------------------------------------------------------------------------------------

LETTERS = st.builds(
    Letter,
    items=st.frozensets(st.sampled_from(["A01", "A02", "G01"])),
    powers=st.frozensets(st.sampled_from(sorted(POWERS))),
    starts_on=DAYS,
    ends_on=DAYS,
    signed=st.booleans(),
    revoked=st.booleans(),
)


@given(LETTERS, DAYS)
def test_a_letter_holds_exactly_while_its_standing_says_so(letter: Letter, day: date) -> None:
    assert (letter.standing(day) in HOLDING) == letter.is_valid(day)
    if letter.revoked:
        assert letter.standing(day) is Standing.REVOKED


@given(st.lists(LETTERS, max_size=4), DAYS)
def test_powers_come_only_from_letters_that_cover_the_item(
    letters: list[Letter], day: date
) -> None:
    granted = powers_for(letters, "A01", day)
    for power in POWERS:
        assert (power in granted) == any(
            power in letter.powers and letter.signed and not letter.revoked
            and "A01" in letter.items and letter.starts_on <= day <= letter.ends_on
            for letter in letters
        )  # fmt: skip


@given(LETTERS, DAYS)
def test_no_letter_for_everything_for_ever_or_for_the_past(letter: Letter, today: date) -> None:
    refused = refusal_of_terms(letter, ["A01", "A02"], today)
    fine = (
        bool(letter.items) and letter.items <= {"A01", "A02"} and bool(letter.powers)
        and today <= letter.starts_on <= letter.ends_on <= last_day(letter.starts_on)
    )  # fmt: skip
    assert (refused is None) == fine


@given(DAYS)
def test_a_letter_lasts_a_year_at_most(start: date) -> None:
    assert timedelta(days=364) <= last_day(start) - start <= timedelta(days=365)


def test_signing_and_promising_are_no_powers() -> None:
    day = date(2024, 3, 5)
    letter = Letter(frozenset({"A01"}), frozenset({"hand_in", "sign"}), day, day)
    refused = refusal_of_terms(letter, ["A01"], day)
    assert refused is not None
    assert refused[0] == "powers"


@pytest.mark.parametrize(
    ("start", "end"), [("2024-02-29", "2025-02-28"), ("2024-03-01", "2025-02-28")]
)
def test_a_year_from_a_leap_day(start: str, end: str) -> None:
    assert last_day(date.fromisoformat(start)) == date.fromisoformat(end)
