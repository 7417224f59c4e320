"""The explanation of a ticket's time agrees with what its clock has written down."""

from datetime import date

from servicedesk.calendars.actions import seed
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import consumed
from servicedesk.core.explaining import counted
from servicedesk.extensions import db
from servicedesk.tickets import clocks
from servicedesk.tickets.explaining import explanation
from tests.jobs.support import in_progress
from tests.support import Town, local, pass_time


def test_used_time_of_a_resolved_ticket_is_what_was_written(town: Town) -> None:
    ticket = in_progress(town)
    clock.set(local("2024-03-06 11:00"))
    ticket = town.walk(ticket, "request_supplement")
    clock.set(local("2024-03-11 10:00"))
    ticket = town.walk(ticket, "supplement")
    clock.set(local("2024-03-11 16:20"))
    ticket = town.walk(ticket, "resolve")
    found = explanation(ticket)
    assert found.used == found.now.used == ticket.used_minutes
    assert found.now.paused == ticket.paused_minutes
    assert [span.note for span in found.now.pauses] == ["请补充住所使用证明。"]
    assert not found.ahead and not found.running


def test_a_running_ticket_counts_up_to_now_and_on_to_its_due_time(town: Town) -> None:
    ticket = town.walk(town.file(item="J03"), "accept", "dispatch", "sign")
    pass_time(days=1, hours=2)
    ticket = town.walk(ticket, "request_extension")
    ticket = town.walk(ticket, "approve_extension")
    found, hours = explanation(ticket), calendar(town.park_id)
    begun = hours.deemed_receipt(ticket.clock_started_at)
    assert found.used == consumed(hours, begun, clock.now())
    assert found.used + counted(found.ahead) == found.allowed == ticket.allowed_minutes
    assert [one.days for one in found.extensions] == [2]
    assert found.limit == clocks.limit_of(ticket)


def test_each_clock_of_a_reopened_ticket_is_its_own(town: Town) -> None:
    ticket = in_progress(town)
    pass_time(hours=1)
    ticket = town.walk(ticket, "resolve", "confirm", "rate", "close")
    first = ticket.used_minutes
    pass_time(days=14)
    ticket = town.walk(ticket, "reopen")
    pass_time(hours=1)
    found = explanation(ticket)
    assert [one.number for one in found.clocks] == [1, 2]
    assert found.clocks[0].used == first == 60
    assert found.now.used == 60
    (back,) = found.between
    assert back.idle_minutes == 10 * 7 * 60
    assert found.clocks[0].ended == back.ended_at
    ticket = town.walk(ticket, "resolve")
    assert explanation(ticket).used == ticket.used_minutes == 120


def test_a_pause_that_still_stands_has_no_due_time(town: Town) -> None:
    ticket = town.walk(in_progress(town), "request_supplement")
    pass_time(days=1)
    found = explanation(ticket)
    assert found.due is None and not found.ahead
    assert found.now.used == 0
    assert found.now.paused == 7 * 60


def test_an_urgent_matter_has_a_leg_of_its_own(town: Town) -> None:
    ticket = in_progress(town)
    pass_time(hours=1)
    ticket = town.walk(ticket, "mark_urgent")
    pass_time(minutes=30)
    found = explanation(ticket)
    assert found.leg is not None
    assert (found.leg.used, found.used_of_limit, found.now.used) == (30, 30, 90)


def test_a_year_that_is_awaited_is_named(town: Town) -> None:
    seed(town.park_id, 2027)
    clock.set(local("2026-12-28 10:00"))
    ticket = town.file(item="J03")
    assert explanation(ticket).provisional == [2027]
    clock.set(local("2026-03-03 10:00"))
    assert explanation(town.file()).provisional == []
    db.session.rollback()
    assert date(2027, 1, 1) in calendar(town.park_id).days_off
