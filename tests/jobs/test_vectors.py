"""The vectors V1–V15 of PEERS.md §2: each from a fault that somebody shipped.

V7, V11, V12 and V14 stand beside the alarms in ``test_escalation``, V13 beside the lease in
``test_scheduler``, V10 for many tickets in ``test_recomputing``.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from servicedesk.calendars.actions import set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Limit, Pause, advance, due_after, timetable
from servicedesk.core.worktime import Calendar, parse_segments
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.organisation.models import Park
from servicedesk.tickets import clocks
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import Reopening
from servicedesk.transaction import writing
from tests.jobs.support import fired, go_to_alarm, in_progress
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


def test_v6_a_ticket_joined_into_another_escalates_no_more(town: Town) -> None:
    """Withdrawn ones: ``test_escalation``."""
    into, ticket = town.file(), town.walk(town.file(), "accept")
    go_to_alarm(ticket)
    tasks.escalate()
    before = len(fired(ticket))
    ticket = take(town.desk, ticket.id, "merge", {"into": into.number})
    assert ticket.next_alarm_at is None
    pass_time(days=60)
    tasks.escalate()
    assert len(fired(ticket)) == before
    assert len(fired(into)) == 5


def test_v6_a_rule_that_is_switched_off_stops_its_escalations(town: Town) -> None:
    """No longer 紧急件: the ladder that began at level 2 is gone, the promise's own runs."""
    ticket = town.walk(town.file(item="J03"), "accept", "dispatch", "sign", "mark_urgent")
    urgent_due = ticket.due_at
    assert urgent_due is not None
    ticket = town.walk(ticket, "unmark_urgent")
    assert ticket.due_at is not None and ticket.due_at > urgent_due
    clock.set(ticket.due_at - timedelta(minutes=1))
    tasks.escalate()
    assert {(row.step, row.due_at) for row in fired(ticket)} == {("warn", ticket.due_at)}
    assert ticket.ladder_level == 0


def test_v8_what_came_back_after_ten_closed_days_has_a_clock_of_its_own(town: Town) -> None:
    """The closed time is nobody's delay."""
    ticket = in_progress(town)
    pass_time(hours=1)
    ticket = town.walk(ticket, "resolve", "confirm", "rate", "close")
    used, in_time = ticket.used_minutes, ticket.on_time
    assert (used, in_time) == (60, True)
    pass_time(days=14)  # ten working days
    ticket = town.walk(ticket, "reopen")
    again = clock.now()
    hours = calendar(town.park_id)
    assert ticket.clock_started_at == again
    assert ticket.due_at == due_after(hours, again, ticket.limit_days)
    assert tasks.escalate() == 0
    back = db.session.scalar(select(Reopening).where(Reopening.ticket_id == ticket.id))
    assert back is not None
    assert (back.kind, back.idle_minutes) == ("reopen", 10 * 7 * 60)
    pass_time(minutes=45)
    ticket = town.walk(ticket, "resolve")
    assert ticket.used_minutes == 60 + 45
    assert ticket.on_time


def test_v8_a_disputed_resolution_runs_from_the_dispute(town: Town) -> None:
    ticket = in_progress(town)
    pass_time(hours=1)
    ticket = town.walk(ticket, "resolve")
    first = ticket.due_at
    pass_time(days=14)
    ticket = town.walk(ticket, "dispute")
    assert ticket.clock_started_at == clock.now()
    assert first is not None and ticket.due_at is not None and ticket.due_at > clock.now() > first
    assert ticket.ladder_level == 0
    assert ticket.next_alarm == "warn"
    pass_time(minutes=30)
    ticket = town.walk(ticket, "resolve")
    assert ticket.used_minutes == 60 + 30
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


def test_every_vector_has_a_test_with_its_name() -> None:
    words = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [n for n in range(1, 16) if f"def test_v{n}_" not in words] == []
