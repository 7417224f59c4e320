"""Warning, overdue and the ladder: each once, in order, to the right people."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.notifications.queries import page
from servicedesk.tickets import escalation
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.tickets.queries import timeline
from tests.jobs.support import fired, flask, go_to_alarm, in_progress, told_of
from tests.support import Town, local, pass_time

LADDER = ["warn", "overdue", "level_1", "level_2", "level_3"]
HEARS = {
    "warn": {"officer"},
    "overdue": {"officer", "unithead", "desk"},
    "level_1": {"unithead"},
    "level_2": {"leader", "unithead"},
    "level_3": {"leader", "head"},
}


def test_the_ladder_goes_off_step_by_step(town: Town) -> None:
    ticket = in_progress(town)
    due = ticket.due_at
    for number, step in enumerate(LADDER, start=1):
        moment = go_to_alarm(ticket)
        assert tasks.escalate() == 1
        assert tasks.escalate() == 0
        last = fired(ticket)[-1]
        assert (last.step, last.due_at, last.planned_at) == (step, due, moment)
        assert last.late_minutes == 0
        assert told_of(town, last) == HEARS[step]
        assert ticket.ladder_level == max(0, number - 2)
    assert [one.step for one in fired(ticket)] == LADDER
    assert ticket.next_alarm_at is None
    kinds = [event.kind for event in timeline(ticket.id, everything=True)]
    assert kinds.count("escalate") == 5


def test_nothing_goes_off_a_minute_early(town: Town) -> None:
    ticket = in_progress(town)
    clock.set(go_to_alarm(ticket) - timedelta(minutes=1))
    assert tasks.escalate() == 0
    assert fired(ticket) == []


def test_after_an_outage_it_catches_up_in_order_and_says_so(town: Town) -> None:
    tickets = [in_progress(town) for _ in range(3)]
    due = tickets[0].due_at
    assert due is not None
    clock.set(due + timedelta(days=10))
    assert tasks.escalate() == 15
    for ticket in tickets:
        rows = fired(ticket)
        assert [row.step for row in rows] == LADDER
        assert [row.planned_at for row in rows] == sorted(row.planned_at for row in rows)
        assert all(row.late_minutes > 0 for row in rows)
        assert {row.fired_at for row in rows} == {clock.now()}
    assert tasks.escalate() == 0


def test_one_ticket_that_fails_does_not_stop_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [in_progress(town) for _ in range(3)]
    broken = tickets[0].id
    go_to_alarm(tickets[0])
    fire = escalation.fire

    def failing(ticket_id: int, planned: datetime, step: str) -> bool:
        if ticket_id == broken:
            raise RuntimeError("boom")
        return fire(ticket_id, planned, step)

    monkeypatch.setattr(escalation, "fire", failing)
    monkeypatch.setattr(tasks, "BATCH", 1)
    assert tasks.escalate() == 2
    assert [len(fired(ticket)) for ticket in tickets] == [0, 1, 1]
    monkeypatch.undo()
    assert tasks.escalate() == 1


def test_v6_a_withdrawn_ticket_escalates_no_more(town: Town) -> None:
    ticket = town.walk(town.file(), "accept")
    go_to_alarm(ticket)
    assert tasks.escalate() == 1
    ticket = town.walk(ticket, "withdraw")
    assert ticket.next_alarm_at is None
    pass_time(days=60)
    assert tasks.escalate() == 0
    assert len(fired(ticket)) == 1


def test_v7_a_due_date_moved_on_the_day_it_fired_fires_again_once(town: Town) -> None:
    ticket = town.walk(in_progress(town), "request_extension")
    first = ticket.due_at
    for _ in range(3):
        go_to_alarm(ticket)
        tasks.escalate()
    assert [row.step for row in fired(ticket)] == ["warn", "overdue", "level_1"]
    assert ticket.ladder_level == 1
    ticket = town.walk(ticket, "approve_extension")
    assert ticket.ladder_level == 0
    assert ticket.due_at is not None and first is not None and ticket.due_at > first
    clock.set(ticket.due_at)
    tasks.escalate()
    tasks.escalate()
    again = [row.step for row in fired(ticket) if row.due_at == ticket.due_at]
    assert again == ["warn", "overdue"]
    assert len(fired(ticket)) == 5


@pytest.mark.parametrize(
    ("fires", "seen"),
    [
        ("2024-03-09 23:00", "2024-03-11 09:00"),  # Saturday night: Monday morning
        ("2024-04-06 23:00", "2024-04-07 09:00"),  # before a make-up Sunday: that very Sunday
        ("2024-02-09 20:00", "2024-02-18 09:00"),  # New Year's Eve: the make-up Sunday after it
        ("2024-03-08 12:15", "2024-03-08 13:30"),  # the midday break
        ("2024-03-08 10:00", "2024-03-08 10:00"),
    ],
)
def test_v14_reminders_are_seen_in_working_time_only(town: Town, fires: str, seen: str) -> None:
    clock.set(local("2024-01-03 10:00"))
    ticket = in_progress(town)
    clock.set(local(fires))
    assert tasks.escalate() > 0
    assert fired(ticket)
    visible = local(seen)
    clock.set(visible - timedelta(minutes=1))
    assert _reminders(town) == []
    clock.set(visible)
    reminders = _reminders(town)
    assert any("超过承诺时限" in notice.text for notice in reminders)
    assert {notice.visible_at for notice in reminders} == {visible}


def _reminders(town: Town) -> list[Notice]:
    """What the officer sees of alarms at this moment."""
    notices = page(town.user("officer").id)
    return [notice for notice in notices if notice.dedup_key.startswith("escalation")]


def test_v12_two_schedulers_at_the_same_moment_make_one_effect(app: Flask, town: Town) -> None:
    """Real processes on one database; nobody holds a lease here."""
    tickets = [in_progress(town) for _ in range(8)]
    at = (
        max(ticket.due_at for ticket in tickets if ticket.due_at) + timedelta(days=30)
    ).isoformat()
    both = [flask(app, "jobs", "run", "escalate", "--at", at) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert "ERROR" not in "".join(said) and "Traceback" not in "".join(said), said
    changed = [int(line.split()[1]) for line in said]
    assert sum(changed) == 8 * 5
    rows = db.session.execute(select(Escalation.ticket_id, Escalation.step, Escalation.due_at))
    assert set(Counter(tuple(row) for row in rows).values()) == {1}
    for ticket in tickets:
        assert [row.step for row in fired(ticket)] == LADDER
        for row in fired(ticket):
            assert told_of(town, row) == HEARS[row.step]


def test_v11_a_process_that_dies_half_way_leaves_the_alarm_to_the_next(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = in_progress(town)
    go_to_alarm(ticket)

    def killed(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(escalation, "_remind", killed)
    with pytest.raises(SystemExit):
        tasks.escalate()
    assert fired(ticket) == []
    monkeypatch.undo()
    assert tasks.escalate() == 1
    assert [row.step for row in fired(ticket)] == ["warn"]


def test_a_first_response_that_is_late_is_noted_once(town: Town) -> None:
    ticket = town.file()
    clock.set(ticket.response_due_at)
    assert tasks.response() == 0
    pass_time(minutes=1)
    assert tasks.response() == 1
    assert tasks.response() == 0
    assert db.session.get_one(Ticket, ticket.id).response_breached_at == clock.now()


def test_finished_tickets_are_archived(town: Town) -> None:
    done = town.walk(in_progress(town), "resolve", "confirm")
    rated = town.walk(town.walk(in_progress(town), "resolve", "confirm"), "rate")
    bad = town.walk(
        town.walk(in_progress(town), "resolve", "confirm"), "rate", level=1, reasons=["slow"]
    )
    assert tasks.finish() == 0
    pass_time(days=1, minutes=1)
    assert tasks.finish() == 1
    pass_time(days=10)
    assert tasks.finish() == 1
    db.session.rollback()
    assert [t.state for t in (rated, done, bad)] == ["closed", "closed", "rated"]
