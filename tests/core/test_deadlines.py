"""Due, warn and ladder times: one function, in order, in working time, whatever the pauses."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.deadlines import (
    STEPS,
    Light,
    Limit,
    Pause,
    Step,
    advance,
    consumed,
    light,
    paused_minutes,
    timetable,
)
from servicedesk.core.worktime import Calendar, Segment
from tests.support import local

PLAIN = Calendar()
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 366 * 1440 - 1).map(lambda minutes: FIRST + timedelta(minutes=minutes))
SPANS = st.tuples(st.integers(0, 40_000), st.integers(1, 8_000))
DAYS_OFF = st.frozensets(st.dates(date(2024, 1, 1), date(2025, 6, 30)), max_size=40)


def pauses_after(start: datetime, spans: list[tuple[int, int]]) -> list[Pause]:
    """Return pauses that begin so many minutes after ``start`` and last so long."""
    return [
        Pause(start + timedelta(minutes=offset), start + timedelta(minutes=offset + length))
        for offset, length in spans
    ]


@given(MOMENTS, st.integers(1, 30), st.lists(SPANS, max_size=4), DAYS_OFF)
def test_alarms_come_in_order_and_in_working_time(
    receipt: datetime, days: int, spans: list[tuple[int, int]], days_off: frozenset
) -> None:
    hours = Calendar(days_off=days_off)
    plan = timetable(hours, receipt, Limit(days), pauses_after(receipt, spans))
    assert plan is not None
    moments = [alarm.at for alarm in plan.alarms]
    assert moments == sorted(moments)
    assert [alarm.step for alarm in plan.alarms] == list(STEPS)
    for moment in moments:
        assert hours.is_working_moment(moment - timedelta(minutes=1))


@given(MOMENTS, st.integers(1, 30), st.lists(SPANS, max_size=4))
def test_exactly_the_allowed_time_is_consumed_at_the_due_time(
    receipt: datetime, days: int, spans: list[tuple[int, int]]
) -> None:
    """V3: a pause adds the working time inside it, never the weekend around it."""
    pauses = pauses_after(receipt, spans)
    plan = timetable(PLAIN, receipt, Limit(days), pauses)
    assert plan is not None
    assert consumed(PLAIN, plan.start, plan.due, pauses) == plan.allowed


@given(MOMENTS, st.lists(SPANS, max_size=5))
def test_overlapping_pauses_count_once(start: datetime, spans: list[tuple[int, int]]) -> None:
    pauses = pauses_after(start, spans)
    end = start + timedelta(days=60)
    assert 0 <= paused_minutes(PLAIN, start, end, pauses) <= PLAIN.between(start, end)


@given(MOMENTS, st.integers(0, 5000), st.integers(0, 5000))
def test_advance_without_pauses_is_addition(start: datetime, one: int, two: int) -> None:
    first = advance(PLAIN, start, one)
    assert first is not None
    assert advance(PLAIN, first, two) == PLAIN.add(start, one + two)


def test_an_open_pause_has_no_due_time() -> None:
    receipt = local("2024-03-05 10:00")
    assert timetable(PLAIN, receipt, Limit(3), [Pause(local("2024-03-06 10:00"))]) is None


def test_a_pause_from_friday_to_monday_adds_working_time_only() -> None:
    """V3 in figures: Friday 16:00 to Monday 10:00 is 90 + 60 working minutes."""
    receipt = local("2024-03-07 10:00")
    pause = Pause(local("2024-03-08 16:00"), local("2024-03-11 10:00"))
    free = timetable(PLAIN, receipt, Limit(3))
    held = timetable(PLAIN, receipt, Limit(3), [pause])
    assert free is not None
    assert held is not None
    assert PLAIN.between(free.due, held.due) == 150


def test_a_warning_is_never_at_midnight() -> None:
    """V2: the warn point of a day with several segments lies inside a segment."""
    hours = Calendar(segments=(Segment(480, 1080),))
    start = local("2024-03-04 17:00")
    assert advance(hours, start, 240) == local("2024-03-05 11:00")
    assert hours.subtract(local("2024-03-05 11:00"), 60) == local("2024-03-05 10:00")


def test_an_extension_moves_every_alarm() -> None:
    receipt = local("2024-03-05 10:00")
    before = timetable(PLAIN, receipt, Limit(3))
    after = timetable(PLAIN, receipt, Limit(3, 2))
    assert before is not None
    assert after is not None
    assert after.due == local("2024-03-12 17:30")
    assert all(b.at < a.at for b, a in zip(before.alarms, after.alarms, strict=True))


def test_the_next_alarm_is_the_first_that_has_not_fired() -> None:
    plan = timetable(PLAIN, local("2024-03-05 10:00"), Limit(3))
    assert plan is not None
    assert plan.next_alarm([]) == plan.alarms[0]
    following = plan.next_alarm([Step.WARN, Step.OVERDUE])
    assert following is not None
    assert following.step is Step.LEVEL_1
    assert plan.next_alarm(STEPS) is None


def test_lights() -> None:
    now = local("2024-03-05 10:00")
    hour = timedelta(hours=1)
    assert light(now, now + 2 * hour, now + hour, running=True, paused=False) is Light.GREEN
    assert light(now, now + hour, now - hour, running=True, paused=False) is Light.YELLOW
    assert light(now, now - hour, now - 2 * hour, running=True, paused=False) is Light.RED
    assert light(now, None, None, running=True, paused=True) is Light.PAUSED
    assert light(now, now - hour, None, running=False, paused=False) is Light.DONE
