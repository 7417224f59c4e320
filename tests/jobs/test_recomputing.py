"""A late-announced holiday reaches every open ticket: all its times, once, and no closed result (V10)."""

import threading
import time
from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.calendars.actions import set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.tickets import clocks, recomputing
from servicedesk.tickets.children import SupplementRequest, SupportTask
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import timeline
from tests.jobs.crowd import fill, fresh, kind_of, pauses_by_ticket, snapshot, times
from tests.jobs.support import in_progress
from tests.support import Town, pass_time

TOMORROW = date(2024, 3, 6)  # the clock stands at Tuesday, 5 March
CLOCK = ("due_at", "warn_at", "next_alarm_at", "next_alarm")
AFTER = {"resolved": "follow_up_due_at", "followed": "rating_due_at", "bad": "contact_due_at"}
SINCE = {"resolved": ("resolved_at", 1), "followed": ("followed_up_at", 5), "bad": ("rated_at", 1)}


def test_v10_a_holiday_announced_late_moves_two_thousand_tickets(town: Town) -> None:
    _announce_and_check(town, 2000)


@pytest.mark.long
def test_v10_a_holiday_announced_late_moves_a_hundred_thousand_tickets(town: Town) -> None:
    _announce_and_check(town, 107_000)  # one in sixteen is closed


def _announce_and_check(town: Town, count: int) -> None:
    fill(town, count)
    before = {row["id"]: row for row in snapshot()}
    assert recomputing.recompute_park(town.park_id) == 0  # the crowd agrees with its calendar
    set_day(town.admin, TOMORROW, False, "临时放假")
    begun, busy = time.perf_counter(), time.process_time()
    changed = tasks.calendar()
    seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    still_open = sum(row["closed_at"] is None for row in before.values())
    print(
        f"\n{db.engine.dialect.name}: {still_open} open, {changed} moved, {seconds:.0f} s, {busy:.0f} s here"
    )
    db.session.rollback()
    moved = _check_tickets(town, before)
    _check_children(town)
    _check_written(moved | {_template_id(before)}, before)
    assert changed == len(moved) + 1  # and the ticket from which the crowd was copied
    assert moved == {one for one, row in before.items() if kind_of(row) != "closed"}
    _check_once(town)


def _template_id(before: dict[int, dict[str, Any]]) -> int:
    return min(before) - 1


def _check_tickets(town: Town, before: dict[int, dict[str, Any]]) -> set[int]:
    """Every row agrees with a fresh reckoning; returns those of which a time has moved."""
    hours, pauses, moved = calendar(town.park_id), pauses_by_ticket(), set()
    for row in snapshot():
        old, kind = before[row["id"]], kind_of(row)
        if kind == "closed":
            assert row == old
            continue
        if kind in AFTER:
            since, days = SINCE[kind]
            wanted = {AFTER[kind]: hours.due_after_days(row[since], days)}
            wanted |= {name: old[name] for name in (*CLOCK, "on_time", "used_minutes", "state")}
        else:
            running = fresh(row, pauses.get(row["id"], ()), hours)
            wanted = times(running, {"warn", "overdue"} if kind == "overdue" else set())
            _check_order(row, kind)
        if kind == "new":
            wanted["response_due_at"] = hours.due_after_days(row["submitted_at"], 1)
        if kind == "sent":
            wanted["sign_due_at"] = hours.due_after_days(row["dispatched_at"], 1)
        assert {name: row[name] for name in wanted} == wanted, (kind, old)
        assert row["version"] == old["version"] + 1
        moved.add(row["id"])
    return moved


def _check_order(row: dict[str, Any], kind: str) -> None:
    if kind == "standing":
        assert row["due_at"] is None
    elif kind != "overdue":
        assert row["warn_at"] == row["next_alarm_at"] <= row["due_at"]


def _check_children(town: Town) -> None:
    hours = calendar(town.park_id)
    for asked in db.session.scalars(select(SupplementRequest)):
        assert asked.sent_at is not None
        assert asked.answer_due_at == hours.due_after_days(asked.sent_at, 10)
        assert asked.next_reminder_at == hours.due_after_days(asked.sent_at, 2)
    for task in db.session.scalars(select(SupportTask)):
        assert task.due_at == hours.due_after_days(task.asked_at, 3)
        assert task.warn_at < task.due_at


def _check_written(moved: set[int], before: dict[int, dict[str, Any]]) -> None:
    """One line in each timeline, one entry in the trail, both with old and new."""
    query = select(TicketEvent.ticket_id, TicketEvent.data).where(TicketEvent.kind == "recompute")
    events = db.session.execute(query).all()
    assert Counter(row.ticket_id for row in events) == Counter(moved)
    for row in events:
        old = before.get(row.ticket_id)
        due = old["due_at"] if old else None
        if due is not None and "old" in row.data:
            assert datetime.fromisoformat(row.data["old"]) == due
            assert datetime.fromisoformat(row.data["new"]) > due
    entries = select(func.count()).where(AuditEntry.action == "ticket.recompute")
    assert db.session.scalar(entries) == len(moved)


def _check_once(town: Town) -> None:
    rows, events = list(snapshot()), select(func.count()).select_from(TicketEvent)
    lines = db.session.scalar(events)
    assert tasks.calendar() == 0
    db.session.rollback()
    assert list(snapshot()) == rows
    assert db.session.scalar(events) == lines


def test_two_schedulers_share_the_work_and_each_ticket_moves_once(app: Flask, town: Town) -> None:
    fill(town, 1600)
    set_day(town.admin, TOMORROW, False, "临时放假")
    changed: list[int] = []
    now = clock.now()

    def run() -> None:
        with app.app_context():
            for _ in range(30):  # what the other holds is passed over: ask again until all is done
                changed.append(recomputing.recompute_park(town.park_id))
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    db.session.rollback()
    with clock.at(now):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    query = select(TicketEvent.ticket_id).where(TicketEvent.kind == "recompute")
    lines = Counter(db.session.scalars(query))
    assert set(lines.values()) == {1}
    assert sum(changed) == len(lines) == 1600 - 1600 // 16 + 1


def test_what_has_been_judged_keeps_its_time(town: Town) -> None:
    """A response that was noted as late, a signature that was given, an answer that has come."""
    late = town.file()
    signed = in_progress(town)
    answered = town.walk(in_progress(town), "request_supplement")
    pass_time(minutes=10)
    answered = town.walk(answered, "supplement")
    pass_time(days=2)
    tasks.response()
    db.session.rollback()
    kept = (late.response_due_at, signed.sign_due_at, signed.response_due_at)
    asked = db.session.scalar(
        select(SupplementRequest).where(SupplementRequest.ticket_id == answered.id)
    )
    assert asked is not None
    answer_due = asked.answer_due_at
    set_day(town.admin, date(2024, 3, 8), False, "临时放假")
    tasks.calendar()
    db.session.rollback()
    assert (late.response_due_at, signed.sign_due_at, signed.response_due_at) == kept
    assert asked.answer_due_at == answer_due
    assert signed.due_at is not None


def test_a_ticket_looks_like_one_that_was_refreshed_by_itself(town: Town) -> None:
    """The batch and the single ticket (``clocks.refresh``) come to the same columns."""
    tickets = [
        in_progress(town),
        town.walk(in_progress(town), "request_supplement"),
        town.file(urgent="stopped"),
        town.walk(town.file(item="J03"), "accept"),
    ]
    set_day(town.admin, TOMORROW, False, "临时放假")
    tasks.calendar()
    db.session.rollback()
    names = (*CLOCK, "allowed_minutes", "ladder_level", "calendar_version")
    for ticket in tickets:
        batch = [getattr(ticket, name) for name in names]
        clocks.refresh(ticket)
        assert [getattr(ticket, name) for name in names] == batch
        db.session.rollback()


def test_a_ticket_that_cannot_be_reckoned_stops_no_other(town: Town) -> None:
    broken, fine = in_progress(town), in_progress(town)
    from servicedesk.transaction import writing

    with writing():
        db.session.get_one(Ticket, broken.id).limit_days = 0
    set_day(town.admin, TOMORROW, False, "临时放假")
    assert tasks.calendar() == 1
    db.session.rollback()
    assert [event.kind for event in timeline(fine.id, everything=True)][-1] == "recompute"
    assert broken.calendar_version < fine.calendar_version


def test_alarms_wait_for_the_calendar(town: Town) -> None:
    """After an outage the calendar comes first: nothing goes off by times that are out of date."""
    from servicedesk.jobs import registry

    order = list(registry.JOBS)
    assert order.index("calendar") < order.index("response") < order.index("escalate")
    ticket = in_progress(town)
    assert ticket.warn_at is not None
    old = ticket.warn_at
    set_day(town.admin, TOMORROW, False, "临时放假")
    clock.set(old)
    for name in ("calendar", "response", "escalate"):
        registry.JOBS[name]()
    db.session.rollback()
    assert ticket.warn_at > old
    assert "escalate" not in [event.kind for event in timeline(ticket.id, everything=True)]
