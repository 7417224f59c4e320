"""Why this day: no gap, no overlap, and the counted minutes are those of the clock, to the minute."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.deadlines import Limit, Pause, consumed, paused_minutes, timetable
from servicedesk.core.explaining import (
    COUNTED,
    Held,
    Stretch,
    Why,
    by_day,
    counted,
    explain,
    rest_days,
)
from servicedesk.core.worktime import Calendar, parse_segments
from tests.core.clockwork import MOMENTS, calendars, courses, pauses
from tests.support import local

OFFICE = Calendar(
    segments=parse_segments("09:00-12:00,13:30-17:30"),
    days_off=frozenset({date(2024, 4, 4), date(2024, 4, 5)}),
    make_up_days=frozenset({date(2024, 4, 7)}),
)
NAMES = {date(2024, 4, 4): "清明节", date(2024, 4, 5): "清明节", date(2024, 4, 7): "清明节"}


def held(spans: tuple[Pause, ...]) -> list[Held]:
    """The same pauses, each with a reason of its own."""
    return [Held(span.start, span.end, f"第{n}次") for n, span in enumerate(spans)]


@given(st.data(), calendars(), MOMENTS, st.integers(0, 60 * 86_400))
def test_the_counted_minutes_are_the_consumed_ones(
    data: st.DataObject, calendar: Calendar, receipt: datetime, seconds: int
) -> None:
    end, spans = receipt + timedelta(seconds=seconds), data.draw(pauses(receipt))
    if data.draw(st.booleans()):
        spans = (*spans, Pause(receipt + timedelta(seconds=data.draw(st.integers(0, 10**6)))))
    stretches = explain(calendar, receipt, end, held(spans))
    begun = calendar.deemed_receipt(receipt)
    assert counted(stretches) == consumed(calendar, begun, end, spans)
    held_for = sum(one.minutes for one in stretches if one.why is Why.PAUSE)
    assert held_for == (paused_minutes(calendar, begun, end, spans) if begun < end else 0)
    _check_whole(stretches, receipt, end)
    for one in stretches:
        if one.why is not Why.PAUSE:
            wanted = calendar.between(one.start, one.end) if one.why in COUNTED else 0
            assert one.minutes == wanted
        if one.why in COUNTED:
            assert one.minutes == (one.end - one.start) // timedelta(minutes=1)
        elif one.why not in (Why.PAUSE, Why.BEFORE):
            assert calendar.between(one.start, one.end) == 0
    days = by_day(calendar, stretches)
    assert sum(day.counted for day in days) == counted(stretches)
    assert [day.first for day in days] == sorted({day.first for day in days})


def _check_whole(stretches: list[Stretch], receipt: datetime, end: datetime) -> None:
    """From the receipt to the end without gap or overlap."""
    if not stretches:
        return
    assert stretches[0].start == receipt.replace(second=0, microsecond=0)
    assert stretches[-1].end == end.replace(second=0, microsecond=0)
    for one, other in pairwise(stretches):
        assert one.end == other.start
    assert all(one.start < one.end for one in stretches)


@given(calendars(), courses())
def test_up_to_the_due_time_exactly_what_is_allowed_counts(calendar: Calendar, course) -> None:  # type: ignore[no-untyped-def]
    plan = course.plan(calendar)
    stretches = explain(calendar, course.receipt, plan.due, held(course.pauses))
    assert counted(stretches) == plan.allowed


def test_a_week_with_everything_in_it() -> None:
    """Handed in on a Tuesday evening before 清明节, paused once, a make-up Sunday at the end."""
    receipt, end = local("2024-04-02 20:10"), local("2024-04-08 10:00")
    pause = Held(local("2024-04-03 15:00"), local("2024-04-07 09:30"), "补充材料")
    found = explain(OFFICE, receipt, end, [pause], NAMES)
    assert [(one.why, one.minutes, one.note) for one in found] == [
        (Why.BEFORE, 0, ""),
        (Why.WORK, 180, ""),
        (Why.BREAK, 0, ""),
        (Why.WORK, 90, ""),
        (Why.PAUSE, 150 + 30, "补充材料"),
        (Why.MAKE_UP, 150, "清明节"),
        (Why.BREAK, 0, ""),
        (Why.MAKE_UP, 240, "清明节"),
        (Why.OUTSIDE, 0, ""),
        (Why.WORK, 60, ""),
    ]
    assert found[0].end == local("2024-04-03 09:00")
    assert counted(found) == 180 + 90 + 150 + 240 + 60


def test_nights_melt_into_the_rest_days_beside_them() -> None:
    found = explain(OFFICE, local("2024-04-03 17:00"), local("2024-04-07 09:00"), (), NAMES)
    assert [(one.why, one.note) for one in found] == [
        (Why.WORK, ""),
        (Why.HOLIDAY, "清明节"),
        (Why.WEEKEND, ""),
    ]
    assert found[1].start == local("2024-04-03 17:30")
    assert found[-1].end == local("2024-04-07 09:00")


def test_days_of_equal_rest_are_one_line() -> None:
    plan = timetable(OFFICE, local("2024-03-29 10:00"), Limit(5))
    assert plan is not None
    days = by_day(OFFICE, explain(OFFICE, local("2024-03-29 10:00"), plan.due, (), NAMES))
    lines = [(day.first.day, day.last.day, day.counted) for day in days]
    assert lines == [
        (29, 29, 360), (30, 31, 0), (1, 1, 420), (2, 2, 420), (3, 3, 420), (4, 5, 0), (6, 6, 0),
        (7, 7, 420), (8, 8, 420),
    ]  # fmt: skip
    assert sum(day.counted for day in days) == plan.allowed


def test_the_rest_days_of_a_span() -> None:
    found = rest_days(OFFICE, date(2024, 4, 3), date(2024, 4, 8))
    assert [day.day for day in found] == [4, 5, 6]
