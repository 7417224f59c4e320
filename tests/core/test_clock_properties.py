"""Warn ≤ due ≤ level 1 ≤ 2 ≤ 3, in working time and from one function, whatever happens."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.deadlines import STEPS, Course, Step, Timetable, advance, consumed
from servicedesk.core.worktime import Calendar
from tests.core.clockwork import DATES, calendars, changed, courses

MINUTE = timedelta(minutes=1)


@given(st.data(), calendars(), courses())
def test_every_alarm_in_order_and_in_working_time(
    data: st.DataObject, calendar: Calendar, course: Course
) -> None:
    """Also after the calendar has changed: the same course by another calendar."""
    for hours in (calendar, data.draw(changed(calendar))):
        plan = course.plan(hours)
        assert plan is not None  # no pause is open
        _check(plan, course, hours)


def _check(plan: Timetable, course: Course, hours: Calendar) -> None:
    wanted = [step for step in STEPS if course.first_level == 1 or step is not Step.LEVEL_1]
    assert [alarm.step for alarm in plan.alarms] == wanted
    moments = [alarm.at for alarm in plan.alarms]
    assert moments == sorted(moments)
    assert plan.warn <= plan.due == moments[1]
    assert plan.allowed == course.allowed(hours)
    day = sum(segment.end - segment.start for segment in hours.segments)
    offsets = [plan.allowed * course.warn_share // 100, plan.allowed]
    offsets += [plan.allowed + days * day for days in course.ladder[: len(moments) - 2]]
    for moment, offset in zip(moments, offsets, strict=True):
        assert moment == advance(hours, plan.start, offset, course.pauses)
        assert consumed(hours, plan.start, moment, course.pauses) == offset
        if offset:
            assert hours.is_working_moment(moment - MINUTE)


@given(calendars(), courses(), st.integers(1, 20))
def test_an_extension_never_moves_an_alarm_forward(
    calendar: Calendar, course: Course, days: int
) -> None:
    if course.limit.until is not None:
        return
    longer = replace(course, limit=replace(course.limit, extra_days=course.limit.extra_days + days))
    before, after = course.plan(calendar), longer.plan(calendar)
    assert before is not None and after is not None
    assert after.due > before.due
    assert all(b.at <= a.at for b, a in zip(before.alarms, after.alarms, strict=True))


@given(st.data(), calendars(), courses())
def test_a_new_day_off_never_moves_a_promise_forward(
    data: st.DataObject, calendar: Calendar, course: Course
) -> None:
    if course.limit.until is not None:
        return  # a milestone has its date, whatever else is off
    plain = replace(calendar, make_up_days=frozenset(), special_hours={})
    off = replace(plain, days_off=plain.days_off | data.draw(st.frozensets(DATES, max_size=15)))
    before, after = course.plan(plain), course.plan(off)
    assert before is not None and after is not None
    if not course.pauses:
        assert after.due >= before.due
