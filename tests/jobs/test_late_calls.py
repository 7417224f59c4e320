"""Late calls are reminded of once, in working time; urgent matters know no night."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.deadlines import Step
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice, OutboxMessage
from servicedesk.tickets import clocks
from servicedesk.tickets.late_calls import WORDS
from servicedesk.tickets.models import Escalation, Ticket
from tests.jobs.support import alarm_of, fired, go_to_alarm
from tests.support import Town, local, pass_time

DONE = ("accept", "dispatch", "sign", "resolve")


def told(text: str) -> list[tuple[int, str]]:
    """Return who was told ``text``, and from when."""
    db.session.rollback()
    query = select(Notice).where(Notice.text == text).order_by(Notice.id)
    return [(one.user_id, one.visible_at.isoformat()) for one in db.session.scalars(query)]


def test_a_late_follow_up_is_reminded_of_once_in_working_time(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE)
    due = ticket.follow_up_due_at
    assert due is not None
    clock.set(due)
    assert tasks.follow_ups() == 0
    clock.set(due + timedelta(hours=2))  # the evening of the day on which it was due
    assert tasks.follow_ups() == 1
    assert tasks.follow_ups() == 0
    morning = local("2024-03-07 09:00").astimezone(due.tzinfo).isoformat()
    assert told(WORDS["follow_up_late"]) == [(town.user("follow").id, morning)]
    assert [one.step for one in fired(ticket)] == ["follow_up_late"]
    pass_time(days=5)
    assert tasks.follow_ups() == 0


def test_an_uncalled_bad_rating_goes_to_the_desks_head(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE, "confirm")
    town.walk(ticket, "rate", level=1, reasons=["slow"])
    called = town.walk(town.file(), *DONE, "confirm")
    town.walk(called, "rate", level=1, reasons=["slow"])
    town.walk(called, "call_back")
    clock.set(local("2024-03-07 09:30"))
    assert tasks.follow_ups() == 1
    assert tasks.follow_ups() == 0
    now = clock.now().isoformat()
    assert told(WORDS["contact_late"]) == [(town.user("head").id, now)]


def test_each_round_has_its_own_reminder(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE)
    clock.set(local("2024-03-07 09:30"))
    tasks.follow_ups()
    town.walk(ticket, "dispute", "resolve")
    assert tasks.follow_ups() == 0
    clock.set(local("2024-03-11 09:30"))
    assert tasks.follow_ups() == 1
    assert [one.step for one in fired(ticket)] == ["follow_up_late"] * 2


def test_several_schedulers_remind_once(app: Flask, town: Town) -> None:
    for _ in range(6):
        town.walk(town.file(), *DONE)
    clock.set(local("2024-03-07 09:30"))
    barrier, done = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            barrier.wait()
            done.append(tasks.follow_ups())

    db.session.remove()
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 6
    assert len(told(WORDS["follow_up_late"])) == 6


# Urgent matters ----------------------------------------------------------------------------------


def urgent(town: Town, moment: str) -> Ticket:
    """File an urgent matter at ``moment``."""
    clock.set(local(moment))
    return town.file(urgent="safety", item="J03")


def test_an_urgent_matter_of_the_night_is_told_at_once(town: Town) -> None:
    ticket = urgent(town, "2024-03-08 23:30")  # a Friday night
    now = clock.now()
    assert ticket.response_due_at == now + timedelta(hours=2)
    assert ticket.due_at == local("2024-03-12 17:30")  # one working day after Monday's opening
    db.session.rollback()
    notices = db.session.scalars(select(Notice).where(Notice.ticket_id == ticket.id)).all()
    assert {one.user_id for one in notices} == {
        town.user(login).id for login in ("desk", "head", "leader")
    }
    assert {(one.urgent, one.visible_at) for one in notices} == {(True, now)}
    assert {one.not_before for one in db.session.scalars(select(OutboxMessage))} == {now}


def test_nobody_answers_at_night_and_the_desk_is_woken(town: Town) -> None:
    ticket = urgent(town, "2024-03-08 23:30")
    quiet = town.file()  # an ordinary one of the same night
    clock.set(local("2024-03-09 01:30"))
    assert tasks.response() == 0
    clock.set(local("2024-03-09 02:00"))
    assert tasks.response() == 1
    assert tasks.response() == 0
    db.session.rollback()
    query = select(Notice).where(Notice.dedup_key.startswith(f"response:{ticket.id}:"))
    notices = db.session.scalars(query).all()
    assert {one.user_id for one in notices} == {town.user("desk").id, town.user("head").id}
    assert {one.visible_at for one in notices} == {clock.now()}
    assert db.session.get_one(Ticket, quiet.id).response_breached_at is None


def test_the_ladder_of_an_urgent_matter_begins_at_level_two(town: Town) -> None:
    ticket = urgent(town, "2024-03-05 10:00")
    steps = []
    while ticket.next_alarm_at is not None:
        go_to_alarm(ticket)
        assert tasks.escalate() == 1
        steps = [one.step for one in fired(ticket)]
    assert steps == [Step.WARN, Step.OVERDUE, Step.LEVEL_2, Step.LEVEL_3]
    assert ticket.ladder_level == 3


@pytest.mark.parametrize("is_urgent", [True, False])
def test_alarms_after_an_outage_wait_for_no_morning_if_it_is_urgent(
    town: Town, is_urgent: bool
) -> None:
    ticket = urgent(town, "2024-03-05 10:00") if is_urgent else town.file()
    planned = alarm_of(ticket)
    clock.set(local("2024-03-20 02:00"))
    assert planned < clock.now()
    tasks.escalate()
    alarms = db.session.scalars(
        select(Escalation.id).where(Escalation.ticket_id == ticket.id)
    ).all()
    moments = {
        one.visible_at
        for alarm in alarms
        for one in db.session.scalars(
            select(Notice).where(Notice.dedup_key.startswith(f"escalation:{alarm}:"))
        )
    }
    assert moments == {clock.now() if is_urgent else local("2024-03-20 09:00")}


def test_an_ordinary_matter_made_urgent_gets_the_short_clocks(town: Town) -> None:
    ticket = town.walk(town.file(item="J04"), "accept", "dispatch", "sign")
    slow = ticket.due_at
    ticket = town.walk(ticket, "mark_urgent")
    assert slow is not None and ticket.due_at is not None
    assert ticket.due_at == local("2024-03-06 17:30") < slow
    assert clocks.limit_of(ticket).days == 1
    ticket = town.walk(ticket, "unmark_urgent")
    assert ticket.due_at == slow
