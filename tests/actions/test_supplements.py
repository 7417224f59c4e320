"""Supplements on both databases (补正): told at once, reminded, given up, taken up."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.tickets import supplements
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import Reopening, SupplementRequest
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.plans import supplements as supplements_of
from servicedesk.tickets.queries import timeline
from servicedesk.tickets.views import counts
from tests.support import Town, local, pass_time


def working_on(town: Town, **changes: Any) -> Ticket:
    return town.walk(town.file(**changes), "accept", "dispatch", "sign")


def waiting(town: Town) -> Ticket:
    return town.walk(working_on(town), "request_supplement")


def fresh(ticket: Ticket) -> Ticket:
    db.session.rollback()
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def asked_of(ticket: Ticket) -> list[SupplementRequest]:
    db.session.rollback()
    query = select(SupplementRequest).where(SupplementRequest.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(SupplementRequest.id)))


def told(key: str) -> list[Notice]:
    query = select(Notice).where(Notice.dedup_key.like(f"{key}%")).order_by(Notice.id)
    return list(db.session.scalars(query))


# Supplements ----------------------------------------------------------------------------------


def test_the_enterprise_is_reminded_twice_and_no_more(town: Town) -> None:
    ticket, hours = waiting(town), calendar(town.park_id)
    (asked,) = asked_of(ticket)
    assert asked.next_reminder_at == hours.due_after_days(clock.now(), 2)
    assert asked.answer_due_at == hours.due_after_days(clock.now(), 10)
    clock.set(asked.next_reminder_at - timedelta(seconds=1))
    assert tasks.supplements() == 0
    pass_time(seconds=1)
    first = asked.next_reminder_at
    assert tasks.supplements() == 1
    assert supplements.remind(asked.id, first) is False
    (asked,) = asked_of(ticket)
    assert (asked.reminders, asked.next_reminder_at) == (1, local("2024-03-11 17:30"))
    clock.set(asked.next_reminder_at)
    assert tasks.supplements() == 1
    (asked,) = asked_of(ticket)
    assert (asked.reminders, asked.next_reminder_at) == (2, None)
    notices = told(f"supplement:{asked.id}:")
    assert [one.user_id for one in notices] == [town.alice.user_id] * 2
    assert all(hours.is_working_moment(one.visible_at) for one in notices)
    clock.set(asked.answer_due_at)
    assert tasks.supplements() == 0
    shown = [event.kind for event in timeline(ticket.id, everything=False)]
    assert shown.count("supplement_reminder") == 2


def test_after_an_outage_one_reminder_stands_for_both(town: Town) -> None:
    ticket = waiting(town)
    clock.set(local("2024-03-13 10:00"))
    assert tasks.supplements() == 1
    (asked,) = asked_of(ticket)
    assert (asked.reminders, asked.next_reminder_at) == (1, None)


def test_an_answer_or_a_withdrawal_ends_the_reminders(town: Town) -> None:
    answered, withdrawn = waiting(town), waiting(town)
    town.walk(answered, "supplement")
    town.walk(withdrawn, "withdraw")
    clock.set(local("2024-04-30 10:00"))
    assert tasks.supplements() == 0
    assert fresh(answered).state == State.IN_PROGRESS
    assert fresh(withdrawn).state == State.WITHDRAWN
    assert told("supplement:") == []


def test_without_an_answer_it_is_given_up_once_and_not_a_moment_early(town: Town) -> None:
    ticket = waiting(town)
    due = asked_of(ticket)[0].answer_due_at
    assert due is not None
    clock.set(due)
    tasks.supplements()
    assert fresh(ticket).state == State.AWAITING_ENTERPRISE
    with pytest.raises(Refused):
        take(town.desk, ticket.id, "abandon")
    pass_time(seconds=1)
    assert tasks.supplements() == 1
    assert supplements.abandon(ticket.id, town.park_id) is False
    assert tasks.supplements() == 0
    ticket = fresh(ticket)
    assert (ticket.state, ticket.closed_at, ticket.due_at) == (State.ABANDONED, clock.now(), None)
    assert [one.kind for one in timeline(ticket.id, everything=True)].count("abandon") == 1


@pytest.mark.parametrize("login", ["alice", "desk"])
def test_taken_up_it_goes_on_and_the_silence_is_nobodys_delay(town: Town, login: str) -> None:
    ticket = working_on(town)
    pass_time(hours=1)  # 11:00
    ticket = town.walk(ticket, "request_supplement")
    give_up(ticket)
    silence_ends = local("2024-05-06 09:00")
    clock.set(silence_ends)
    ended = fresh(ticket).closed_at
    ticket = take(town.actor(login), ticket.id, "take_up")
    assert (ticket.state, ticket.closed_at, ticket.on_time) == (State.IN_PROGRESS, None, True)
    assert ticket.due_at is not None
    assert ticket.due_at > silence_ends
    assert ticket.ladder_level == 0
    (row,) = db.session.scalars(select(Reopening).where(Reopening.ticket_id == ticket.id)).all()
    hours = calendar(town.park_id)
    assert ended is not None
    assert (row.kind, row.ended_at, row.at) == ("take_up", ended, silence_ends)
    assert row.idle_minutes == hours.between(ended, silence_ends)
    paused = hours.between(local("2024-03-05 11:00"), ended)
    assert ticket.paused_minutes == paused
    assert ticket.reworks == 0  # an enterprise's silence is no rework of ours
    pass_time(hours=1)
    ticket = town.walk(ticket, "resolve")
    assert (ticket.on_time, ticket.used_minutes) == (True, 60 + 60)
    assert ticket.paused_minutes == paused


def give_up(ticket: Ticket) -> None:
    """Let the time of the last request pass, and the job run."""
    due = asked_of(ticket)[-1].answer_due_at
    assert due is not None
    clock.set(due + timedelta(minutes=1))
    assert tasks.supplements() >= 1
    assert fresh(ticket).state == State.ABANDONED


def test_a_second_request_needs_a_word_and_can_be_given_up_again(town: Town) -> None:
    ticket = waiting(town)
    give_up(ticket)
    clock.set(local("2024-04-01 09:00"))
    ticket = town.walk(ticket, "take_up")
    with pytest.raises(Refused):
        town.walk(ticket, "request_supplement")
    ticket = town.walk(ticket, "ask_supplement_again")
    assert counts(town.head)["supplements"] == 1
    ticket = town.walk(ticket, "refuse_supplement", reason="可内部核查")
    ticket = town.walk(ticket, "ask_supplement_again", "approve_supplement")
    first, refused, second = supplements_of(ticket)
    assert [one.row.verdict for one in (first, refused, second)] == [
        "approved", "refused", "approved",
    ]  # fmt: skip
    assert (first.ended, second.ended) == ("abandon", "")
    clock.set(local("2024-04-02 10:00"))
    tasks.supplements()
    assert fresh(ticket).state == State.AWAITING_ENTERPRISE  # its own ten days, not the first's
    give_up(ticket)
    clock.set(local("2024-05-06 09:00"))
    ticket = town.walk(ticket, "take_up")
    query = select(func.count()).select_from(Reopening)
    assert db.session.scalar(query.where(Reopening.ticket_id == ticket.id)) == 2
    assert [one.ended for one in supplements_of(ticket)] == ["abandon", "", "abandon"]


def test_what_was_late_before_the_silence_stays_late(town: Town) -> None:
    ticket = working_on(town)
    assert ticket.due_at is not None
    clock.set(ticket.due_at + timedelta(days=3))
    ticket = town.walk(ticket, "request_supplement")
    give_up(ticket)
    pass_time(days=30)
    ticket = town.walk(ticket, "take_up")
    assert town.walk(ticket, "resolve").on_time is False
