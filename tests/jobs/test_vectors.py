"""The vectors V1–V5, V9 and V15 of PEERS.md §2: each from a fault that somebody shipped."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from servicedesk.calendars.actions import set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Limit, Pause, advance, due_after, timetable
from servicedesk.core.worktime import Calendar, parse_segments
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.organisation.models import Park
from servicedesk.tickets import clocks
from servicedesk.transaction import writing
from tests.jobs.support import fired, in_progress
from tests.support import SHANGHAI, Town, local, pass_time

OFFICE = Calendar(segments=parse_segments("09:00-12:00,13:30-17:30"))
SHOP = Calendar(segments=parse_segments("08:00-18:00"))


def test_v1_nothing_escalates_because_of_a_holiday_week(town: Town) -> None:
    """Golden Week 2024: off from 1 to 7 October, back on Tuesday the 8th."""
    clock.set(local("2024-09-30 16:00"))
    tickets = [in_progress(town) for _ in range(3)]
    for morning in ("2024-10-01", "2024-10-05", "2024-10-07", "2024-10-08"):
        clock.set(local(f"{morning} 09:01"))
        assert tasks.escalate() == 0
        assert tasks.response() == 0
    hours = calendar(town.park_id)
    for ticket in tickets:
        assert ticket.due_at == due_after(hours, ticket.submitted_at, ticket.limit_days)
        assert ticket.due_at is not None and ticket.due_at > local("2024-10-08 17:29")
        assert fired(ticket) == []


def test_v2_a_warning_point_falls_into_working_time() -> None:
    """Filed Monday 17:00 with four hours: due Tuesday 11:00, an hour before that is 10:00."""
    monday = datetime(2024, 3, 4, 17, 0, tzinfo=SHANGHAI)
    assert advance(SHOP, monday, 4 * 60) == datetime(2024, 3, 5, 11, 0, tzinfo=SHANGHAI)
    assert advance(SHOP, monday, 3 * 60) == datetime(2024, 3, 5, 10, 0, tzinfo=SHANGHAI)
    plan = timetable(OFFICE, monday, Limit(1))
    assert plan is not None
    assert all(OFFICE.is_working_moment(alarm.at - timedelta(minutes=1)) for alarm in plan.alarms)


def test_v3_a_pause_over_the_weekend_gives_the_working_time_only(town: Town) -> None:
    clock.set(local("2024-03-07 10:00"))
    ticket = in_progress(town)
    due = ticket.due_at
    clock.set(local("2024-03-08 16:30"))
    ticket = town.walk(ticket, "request_supplement")
    clock.set(local("2024-03-11 10:00"))
    ticket = town.walk(ticket, "supplement")
    assert ticket.paused_minutes == 60 + 60
    assert due is not None and ticket.due_at is not None
    assert calendar(town.park_id).between(due, ticket.due_at) == 120
    clock.set(local("2024-03-11 11:00"))
    ticket = town.walk(ticket, "resolve")
    assert ticket.used_minutes == 6 * 60 + 6 * 60 + 60  # Thursday from 10:00, Friday to 16:30
    weekend = Pause(local("2024-03-09 00:00"), local("2024-03-10 23:00"))
    start = local("2024-03-07 10:00")
    assert timetable(OFFICE, start, Limit(3), [weekend]) == timetable(OFFICE, start, Limit(3))


def test_v4_a_rule_that_changes_meanwhile_keeps_the_pause_so_far(town: Town) -> None:
    """The calendar and the limit change while the clock stands."""
    ticket = in_progress(town)
    pass_time(hours=1)
    ticket = town.walk(ticket, "request_supplement")
    with writing():
        db.session.get_one(Park, town.park_id).calendar_version += 1
    pass_time(days=1)
    tasks.calendar()
    assert ticket.due_at is None
    with writing():
        db.session.refresh(ticket)
        ticket.limit_days += 1
        clocks.refresh(ticket)
    pass_time(days=1)
    ticket = town.walk(ticket, "supplement")
    assert ticket.paused_minutes == 2 * 7 * 60
    hours = calendar(town.park_id)
    without = timetable(hours, ticket.clock_started_at, Limit(ticket.limit_days, ticket.extra_days))
    assert without is not None and ticket.due_at is not None
    assert hours.between(without.due, ticket.due_at) == 2 * 7 * 60


@pytest.mark.parametrize("filed", ["2024-03-03 15:00", "2024-03-05 23:30", "2024-02-11 08:00"])
def test_v5_filed_at_night_or_on_a_sunday_it_has_a_deadline(town: Town, filed: str) -> None:
    clock.set(local(filed))
    ticket = town.file()
    assert ticket.due_at is not None and ticket.due_at > clock.now()
    assert ticket.next_alarm_at is not None
    assert calendar(town.park_id).is_working_moment(ticket.due_at - timedelta(minutes=1))
    ticket = town.walk(ticket, "accept", "dispatch", "sign", "resolve")
    assert ticket.first_response_at is not None
    assert ticket.response_due_at > ticket.first_response_at
    assert ticket.used_minutes == 0
    assert ticket.on_time


def test_v9_a_due_time_in_the_midday_break_moves_behind_it() -> None:
    ten = local("2024-03-05 10:00")
    assert advance(OFFICE, ten, 150) == local("2024-03-05 14:00")
    assert advance(OFFICE, ten, 121) == local("2024-03-05 13:31")


def test_v10_a_day_off_announced_late_moves_open_due_times_and_shows_it(town: Town) -> None:
    ticket = in_progress(town)
    closed = town.walk(in_progress(town), "resolve")
    before, untouched = ticket.due_at, closed.due_at
    assert before is not None
    tomorrow = date(2024, 3, 6)
    set_day(town.admin, tomorrow, False, "临时放假")
    assert tasks.calendar() == 2  # the promise of one, the follow-up of the other
    assert tasks.calendar() == 0
    db.session.rollback()
    assert ticket.due_at is not None
    assert calendar(town.park_id).working_days_between(before.date(), ticket.due_at.date()) == 1
    assert closed.due_at == untouched


def test_v15_thirty_working_days_are_accepted() -> None:
    plan = timetable(OFFICE, local("2024-03-05 10:00"), Limit(30))
    assert plan is not None
    assert plan.due == local("2024-04-16 17:30")
    longer = replace(Limit(30), extra_days=300)
    assert timetable(OFFICE, local("2024-03-05 10:00"), longer) is not None
