"""Tests of servicedesk.core.worktime against a slow reference, the law and the real calendars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from chinese_calendar import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.minutes import to_minutes
from servicedesk.core.worktime import (
    DEFAULT_SEGMENTS,
    Calendar,
    NoWorkingTime,
    Segment,
    parse_segments,
)
from tests.core.worktime_support import (
    DAY,
    MINUTE,
    REAL,
    Reference,
    amounts,
    at,
    calendars,
    dates,
    moments,
)

# Against the reference ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(calendars, moments, amounts)
def test_add_and_subtract_agree_with_the_reference(
    calendar: Calendar, moment: datetime, minutes: int
) -> None:
    reference = Reference(calendar)
    assert calendar.add(moment, minutes) == reference.add(moment, minutes)
    assert calendar.subtract(moment, minutes) == reference.subtract(moment, minutes)


@settings(deadline=None, max_examples=150)
@given(calendars, moments, moments)
def test_between_agrees_with_the_reference(c: Calendar, a: datetime, b: datetime) -> None:
    start, end = min(a, b), max(a, b)
    assert c.between(start, end) == Reference(c).between(start, end)


@settings(deadline=None, max_examples=80)
@given(calendars, st.lists(st.tuples(moments, moments), max_size=6))
def test_many_pairs_are_measured_like_each_of_them(
    c: Calendar, pairs: list[tuple[datetime, datetime]]
) -> None:
    starts, ends = (np.array([to_minutes(p[n]) for p in pairs], dtype=np.int64) for n in (0, 1))
    assert c.between_each(starts, ends).tolist() == [c.between(a, b) for a, b in pairs]


@settings(deadline=None, max_examples=150)
@given(calendars, moments, st.integers(1, 12))
def test_moments_and_days_agree_with_the_reference(c: Calendar, t: datetime, days: int) -> None:
    reference = Reference(c)
    assert c.is_working_moment(t) == reference.works(reference.wall(t))
    assert c.next_working_moment(t) == reference.next_working_moment(t)
    assert c.deemed_receipt(t) == reference.next_working_moment(t)
    assert c.due_after_days(t, days) == reference.due_after_days(t, days)


@given(calendars, dates)
def test_days_agree_with_the_reference(c: Calendar, day: date) -> None:
    reference = Reference(c)
    assert c.segments_on(day) == reference.rule(day)
    assert c.minutes_on(day) == len(reference.hours(day))
    assert c.is_working_day(day) == bool(reference.hours(day))


# Properties --------------------------------------------------------------------------------------


@given(calendars, moments, amounts, amounts)
def test_add_is_associative(c: Calendar, t: datetime, m: int, n: int) -> None:
    assert c.add(c.add(t, m), n) == c.add(t, m + n)
    assert c.subtract(c.subtract(t, m), n) == c.subtract(t, m + n)


@given(calendars, moments)
def test_adding_nothing_changes_nothing(c: Calendar, t: datetime) -> None:
    assert c.add(t, 0) == t == c.subtract(t, 0)


@given(calendars, moments, st.integers(1, 3000))
def test_subtract_undoes_add(c: Calendar, t: datetime, m: int) -> None:
    assert c.subtract(c.add(t, m), m) == c.next_working_moment(t)


@given(calendars, moments, amounts)
def test_between_measures_what_was_added(c: Calendar, t: datetime, m: int) -> None:
    assert c.between(t, c.add(t, m)) == m
    assert c.between(c.subtract(t, m), t) == m


@given(calendars, moments, moments, moments)
def test_between_is_additive_and_antisymmetric(
    c: Calendar, r: datetime, s: datetime, t: datetime
) -> None:
    assert c.between(r, s) + c.between(s, t) == c.between(r, t)
    assert c.between(r, s) == -c.between(s, r)


@given(calendars, moments, st.integers(1, 3000))
def test_deadlines_are_in_working_time(c: Calendar, t: datetime, m: int) -> None:
    assert c.is_working_moment(c.add(t, m) - MINUTE)  # in (start, end]
    assert c.is_working_moment(c.subtract(t, m))  # in [start, end)
    assert c.is_working_moment(c.next_working_moment(t))


@given(calendars, moments, moments)
def test_spans_add_up_to_between(c: Calendar, a: datetime, b: datetime) -> None:
    spans = list(c.spans(a, b))
    assert sum((end - start for start, end in spans), timedelta()) == (
        max(0, c.between(a, b)) * MINUTE
    )
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(a <= start < end <= b for start, end in spans)
    assert all(c.is_working_moment(start) for start, _ in spans)


@given(calendars, moments, st.integers(1, 20))
def test_due_after_days_is_a_close_of_business(c: Calendar, t: datetime, days: int) -> None:
    due = c.due_after_days(t, days)
    day = c.local(due - MINUTE).date()
    received = c.local(c.deemed_receipt(t)).date()
    assert c.is_working_day(day)
    assert due == c.end_of_day(day)
    assert c.working_days_between(received, day) == days


@given(calendars, dates, st.integers(1, 20))
def test_working_days_count(c: Calendar, day: date, count: int) -> None:
    last = c.add_working_days(day, count)
    assert c.is_working_day(last)
    assert c.working_days_between(day, last) == count
    assert c.add_working_days(day, 1) == c.next_working_day(day) > day


@given(calendars, moments, st.integers(0, 59), amounts)
def test_seconds_are_dropped(c: Calendar, t: datetime, seconds: int, m: int) -> None:
    late = t + timedelta(seconds=seconds, microseconds=999_999)
    assert c.add(late, m) == c.add(t, m)
    assert c.subtract(late, m) == c.subtract(t, m)
    assert c.next_working_moment(late) == c.next_working_moment(t)
    assert c.between(late, t) == 0


@given(calendars, moments, st.integers(1, 500))
def test_results_are_utc(c: Calendar, t: datetime, m: int) -> None:
    results = [c.add(t, 0), c.add(t, m), c.subtract(t, m), c.next_working_moment(t)]
    results += [c.due_after_days(t, 1), *(edge for s in c.spans(t, t + 3 * DAY) for edge in s)]
    assert {moment.tzinfo for moment in results} == {UTC}


# Vectors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2024-09-13", 1, "2024-09-14"),  # a make-up Saturday
        ("2024-09-13", 3, "2024-09-19"),
        ("2024-09-27", 5, "2024-10-10"),
        ("2024-09-30", 1, "2024-10-08"),
        ("2024-02-04", 3, "2024-02-07"),  # received on a working Sunday
        ("2024-02-08", 5, "2024-02-21"),
        ("2025-01-24", 5, "2025-02-07"),
        ("2025-09-26", 5, "2025-10-10"),
        ("2026-02-13", 10, "2026-03-05"),
        ("2026-09-18", 5, "2026-09-24"),
    ],
)
def test_deadlines_across_the_real_holidays(received: str, days: int, due: str) -> None:
    for hour in ("00:00", "08:59", "09:00", "12:30", "17:29"):
        assert REAL.due_after_days(at(f"{received} {hour}"), days) == at(f"{due} 17:30")


def test_an_unpublished_year_has_weekends_only() -> None:
    c = replace(REAL, provisional_years=frozenset({2027}))
    assert c.due_after_days(at("2026-12-25 10:00"), 5) == at("2027-01-01 17:30")
    assert REAL.due_after_days(at("2026-12-25 10:00"), 5) == at("2027-01-01 17:30")


@pytest.mark.parametrize(("year", "count"), [(2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, count: int) -> None:
    assert REAL.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == count


@pytest.mark.parametrize("day", sorted(d for d in constants.workdays if 2024 <= d.year <= 2026))
def test_each_make_up_day_is_worked(day: date) -> None:
    assert day.isoweekday() > 5
    assert REAL.is_working_day(day)
    assert REAL.minutes_on(day) == 420


@pytest.mark.parametrize("day", sorted(d for d in constants.holidays if 2024 <= d.year <= 2026))
def test_each_holiday_is_free(day: date) -> None:
    assert not REAL.is_working_day(day)
    assert not list(REAL.spans(at(f"{day} 00:00"), at(f"{day} 23:59")))


def test_v2_the_rest_of_a_limit_runs_on_the_next_day() -> None:
    c = Calendar(segments=parse_segments("08:00-18:00"))
    due = c.add(at("2025-03-03 17:00"), 240)
    assert due == at("2025-03-04 11:00")
    assert c.subtract(due, 60) == at("2025-03-04 10:00")


@pytest.mark.parametrize("filed", ["2025-03-03 02:00", "2025-03-03 23:30", "2025-03-09 11:00"])
def test_v5_filed_out_of_hours(filed: str) -> None:
    due = REAL.add(at(filed), 120)
    assert due == REAL.next_working_moment(at(filed)) + 120 * MINUTE
    assert REAL.between(at(filed), due) == 120
    assert REAL.between(at(filed), REAL.due_after_days(at(filed), 1)) >= 0


def test_v9_the_break_is_skipped() -> None:
    assert REAL.add(at("2025-03-03 11:30"), 60) == at("2025-03-03 14:00")
    assert REAL.add(at("2025-03-03 11:30"), 30) == at("2025-03-03 12:00")
    assert REAL.add(at("2025-03-03 11:30"), 31) == at("2025-03-03 13:31")
    assert REAL.subtract(at("2025-03-03 14:30"), 60) == at("2025-03-03 13:30")
    assert REAL.subtract(at("2025-03-03 14:30"), 61) == at("2025-03-03 11:59")


def test_v15_thirty_working_days() -> None:
    assert REAL.due_after_days(at("2025-03-03 10:00"), 30) == at("2025-04-15 17:30")


@pytest.mark.parametrize(
    ("received", "deemed"),
    [
        ("2024-09-13 07:00", "2024-09-13 09:00"),  # before opening
        ("2024-09-13 10:15", "2024-09-13 10:15"),
        ("2024-09-13 12:00", "2024-09-13 13:30"),  # in the break
        ("2024-09-13 17:30", "2024-09-14 09:00"),  # at closing; the next day is a make-up day
        ("2024-09-14 20:00", "2024-09-18 09:00"),  # over 中秋节
        ("2024-10-03 10:00", "2024-10-08 09:00"),  # in 国庆节
    ],
)
def test_deemed_receipt(received: str, deemed: str) -> None:
    assert REAL.deemed_receipt(at(received)) == at(deemed)


def test_receipt_after_closing_shifts_the_limit() -> None:
    assert REAL.due_after_days(at("2024-09-13 17:30"), 1) == at("2024-09-18 17:30")


def test_precedence_of_the_rules() -> None:
    monday, saturday, sunday = date(2025, 3, 3), date(2025, 3, 8), date(2025, 3, 9)
    half = parse_segments("09:00-12:00")
    c = Calendar(
        days_off=frozenset({monday, saturday}),
        make_up_days=frozenset({saturday, sunday}),
        special_hours={monday: half, sunday: ()},
    )
    assert c.segments_on(monday) == half
    assert not c.is_working_day(saturday)
    assert not c.is_working_day(sunday)
    assert c.end_of_day(monday) == at("2025-03-03 12:00")


def test_summer_time_counts_real_minutes() -> None:
    c = Calendar(
        segments=(Segment(0, 1440),),
        make_up_days=frozenset({date(2025, 3, 30), date(2025, 10, 26)}),
        timezone="Europe/Berlin",
    )
    assert c.minutes_on(date(2025, 3, 30)) == 23 * 60
    assert c.minutes_on(date(2025, 10, 26)) == 25 * 60


# Refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(segments=()),
        Calendar(days_off=frozenset(date(2020, 1, 1) + n * DAY for n in range(4000))),
    ],
)
def test_a_calendar_without_working_time_gives_up(calendar: Calendar) -> None:
    t, day = at("2025-03-03 10:00"), date(2025, 3, 3)
    searches: list[Callable[[], object]] = [
        lambda: calendar.next_working_moment(t),
        lambda: calendar.add(t, 1),
        lambda: calendar.subtract(t, 1),
        lambda: calendar.deemed_receipt(t),
        lambda: calendar.due_after_days(t, 1),
        lambda: calendar.next_working_day(day),
        lambda: calendar.add_working_days(day, 1),
    ]
    for search in searches:
        with pytest.raises(NoWorkingTime):
            search()
    assert not calendar.is_working_moment(t)
    assert calendar.add(t, 0) == t
    assert calendar.between(t, t + 30 * DAY) == 0


def test_two_years_of_closure_are_survived() -> None:
    closed = frozenset(date(2025, 1, 1) + n * DAY for n in range(730))
    c = Calendar(days_off=closed)
    assert c.add(at("2024-12-31 17:00"), 60) == at("2027-01-01 09:30")
    assert c.subtract(at("2027-01-01 09:30"), 60) == at("2024-12-31 17:00")


def test_many_short_closures_do_not_add_up_to_a_long_one() -> None:
    last = REAL.add_working_days(date(2025, 3, 3), 5000)  # over 2000 days of rest on the way
    assert REAL.working_days_between(date(2025, 3, 3), last) == 5000
    assert REAL.between(at("2025-03-03 17:30"), REAL.add(at("2025-03-03 17:30"), 2_000_000)) == (
        2_000_000
    )


def test_naive_moments_are_refused() -> None:
    t = at("2025-03-03 10:00")
    naive = t.replace(tzinfo=None)
    for call in (
        lambda: REAL.local(naive),
        lambda: REAL.is_working_moment(naive),
        lambda: REAL.next_working_moment(naive),
        lambda: REAL.add(naive, 0),
        lambda: REAL.subtract(naive, 0),
        lambda: REAL.between(naive, t),
        lambda: REAL.between(t, naive),
        lambda: REAL.spans(t, naive),
        lambda: REAL.deemed_receipt(naive),
        lambda: REAL.due_after_days(naive, 1),
    ):
        with pytest.raises(ValueError, match="aware"):
            call()


def test_bad_arguments_are_refused() -> None:
    t, day = at("2025-03-03 10:00"), date(2025, 3, 3)
    for call in (
        lambda: REAL.add(t, -1),
        lambda: REAL.subtract(t, -1),
        lambda: REAL.add_working_days(day, 0),
        lambda: REAL.due_after_days(t, 0),
        lambda: REAL.end_of_day(date(2025, 3, 8)),
        lambda: Calendar(timezone="Asia/Nowhere"),
        lambda: Calendar(timezone=""),
        lambda: Calendar(segments=DEFAULT_SEGMENTS[::-1]),
        lambda: Calendar(special_hours={day: (Segment(0, 10), Segment(5, 20))}),
    ):
        with pytest.raises(ValueError, match=r"."):
            call()
    with pytest.raises(TypeError, match="local date"):
        REAL.is_working_day(t)


def test_a_calendar_cannot_be_changed_from_outside() -> None:
    day = date(2025, 3, 3)
    hours = {day: parse_segments("09:00-12:00")}
    c = Calendar(special_hours=hours)
    hours[day] = ()
    assert c.minutes_on(day) == 180
    assert c == Calendar(special_hours={day: parse_segments("09:00-12:00")})
    assert c != Calendar()
