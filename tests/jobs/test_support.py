"""Support by other units: who sees what, when it ends, and its own clock that tells once."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.tickets import support_clock
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for, by_number, timeline
from servicedesk.tickets.views import counts
from tests.actions.test_duty import hire
from tests.jobs.support import in_progress
from tests.support import START, Town


def asked(town: Town) -> Ticket:
    """A ticket of the market office for which it has asked the housing office."""
    ticket = in_progress(town)
    inputs = {"unit_id": town.unit_id("GHJS"), "request": "请核实房屋用途"}
    return take(town.officer, ticket.id, "ask_support", inputs)


def task_of(ticket: Ticket) -> SupportTask:
    return db.session.scalars(select(SupportTask).where(SupportTask.ticket_id == ticket.id)).one()


def told(task: SupportTask, what: str) -> set[int]:
    query = select(Notice.user_id).where(Notice.dedup_key.like(f"support:{task.id}:{what}:%"))
    return set(db.session.scalars(query))


def test_the_supporter_sees_the_ticket_and_can_answer_and_no_more(town: Town) -> None:
    ticket = in_progress(town)
    assert by_number(town.officer2, ticket.number) is None
    ticket = take(
        town.officer, ticket.id, "ask_support", {"unit_id": town.unit_id("GHJS"), "request": "核实"}
    )
    assert by_number(town.officer2, ticket.number) is not None
    assert [step.name for step in actions_for(town.officer2, ticket)] == ["answer_support"]
    assert counts(town.officer2)["support"] == 1
    with pytest.raises(Refused) as refused:
        town_resolve = {"result": "solved", "resolution": "好了"}
        take(town.officer2, ticket.id, "resolve", town_resolve)
    assert refused.value.kind == "permission"


def test_the_lead_cannot_resolve_before_every_answer(town: Town) -> None:
    ticket = asked(town)
    with pytest.raises(Refused):
        town.walk(ticket, "resolve")
    ticket = town.walk(ticket, "answer_support")
    assert task_of(ticket).state == "answered"
    assert counts(town.officer2)["support"] == 0
    assert town.walk(ticket, "resolve").state == State.RESOLVED


def test_a_withdrawn_request_and_an_ended_ticket_end_it(town: Town) -> None:
    ticket = asked(town)
    inputs = {"unit_id": town.unit_id("GHJS"), "reason": "已自行核实"}
    ticket = take(town.officer, ticket.id, "withdraw_support", inputs)
    assert task_of(ticket).state == "withdrawn"
    assert by_number(town.officer2, ticket.number) is None
    other = asked(town)
    town.walk(other, "withdraw")
    assert task_of(other).state == "withdrawn"
    clock.set(START + timedelta(days=60))
    assert tasks.support() == 0


def test_warned_and_alarmed_once_each(town: Town) -> None:
    head = hire(town, "h2", Role.UNIT_HEAD, "GHJS")
    ticket = asked(town)
    task = task_of(ticket)
    officer, officer2 = town.user("officer").id, town.user("officer2").id
    warn_at, due_at = task.warn_at, task.due_at
    db.session.rollback()
    clock.set(warn_at - timedelta(minutes=1))
    assert tasks.support() == 0
    clock.set(warn_at)
    assert tasks.support() == 1
    assert tasks.support() == 0
    assert told(task, "warn") == {officer2, head}
    db.session.rollback()
    clock.set(due_at)
    assert tasks.support() == 1
    assert tasks.support() == 0
    assert told(task, "overdue") == {officer2, head}
    assert told(task, "lead") == {officer}
    kinds = [one.kind for one in timeline(ticket.id, everything=True)]
    assert kinds.count("support_late") == 1


def test_after_an_outage_both_come_and_at_night_they_wait_for_the_morning(town: Town) -> None:
    task = task_of(asked(town))
    night = (task.due_at + timedelta(days=1)).replace(hour=15)  # 23:00 in Shanghai
    db.session.rollback()
    clock.set(night)
    assert tasks.support() == 2
    seen = db.session.scalars(
        select(Notice.visible_at).where(Notice.dedup_key.like(f"support:{task.id}:%"))
    ).all()
    assert seen
    assert all(moment > night for moment in seen)
    assert len({moment.astimezone(START.tzinfo).time().isoformat() for moment in seen}) == 1


def test_schedulers_at_the_same_moment_tell_once(app: Flask, town: Town) -> None:
    task = task_of(asked(town))
    number, due_at = task.id, task.due_at
    db.session.remove()
    clock.set(due_at)
    gate, results = threading.Barrier(4), []

    def run() -> None:
        with app.app_context(), clock.at(due_at):
            gate.wait()
            results.append(support_clock.alarm(number))
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
