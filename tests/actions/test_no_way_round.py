"""Ways round the loop that an attacker tried, each closed: lateness washed off, the rated person's return."""

import pytest

from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.problems.actions import Details, create, edit
from servicedesk.problems.queries import likely
from servicedesk.problems.solving import solve
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.escalation import due_alarms, fire
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.taking_back import take_back
from tests.actions.test_every_step import meeting, plan
from tests.support import Town, pass_time

WORK = ("accept", "dispatch", "sign")
RATED_BADLY = (*WORK, "resolve", "confirm")


def late(town: Town) -> Ticket:
    """A ticket that is late on level 3."""
    ticket = town.walk(town.file(item="J05"), *WORK)
    pass_time(days=25)
    while alarms := due_alarms(clock.now()):
        for alarm in alarms:
            fire(*alarm)
    return db.session.get_one(Ticket, ticket.id)


def badly_rated(town: Town) -> Ticket:
    """A ticket in rework after a bad rating of ``officer``."""
    ticket = town.walk(town.file(item="J05"), *RATED_BADLY)
    ticket = town.walk(ticket, "rate", level=1, reasons=["slow"])
    return town.walk(ticket, "call_back", "rework")


def test_urgency_washes_no_lateness_off(town: Town) -> None:
    ticket = late(town)
    due = ticket.due_at
    ticket = town.walk(ticket, "mark_urgent")
    assert (ticket.due_at, ticket.ladder_level) == (due, 3)
    ticket = town.walk(ticket, "unmark_urgent", "resolve")
    assert ticket.on_time is False


def test_urgency_is_never_a_way_to_more_time(town: Town) -> None:
    ticket = town.walk(town.file(item="A01"), *WORK)  # one working day is promised
    due = ticket.due_at
    pass_time(hours=24)
    ticket = town.walk(ticket, "mark_urgent")
    assert ticket.due_at == due


def test_a_plan_washes_no_lateness_off(town: Town) -> None:
    ticket = town.walk(town.file(item="A01"), *WORK)  # one working day is promised
    ticket = take(town.officer, ticket.id, "propose_plan", plan())
    pass_time(days=2)
    ticket = take(town.leader, ticket.id, "approve_plan", {"meeting_id": meeting(town)})
    assert ticket.carried and ticket.on_time is False


def test_the_rated_person_does_not_get_it_back(town: Town) -> None:
    ticket = badly_rated(town)
    rated = town.user("officer").id
    assert ticket.rated_person_id == rated and ticket.assignee_id != rated
    back = {"duty": "assignee", "to_id": rated, "reason": "熟悉情况"}
    with pytest.raises(Refused):
        take(town.unithead, ticket.id, "hand_over", back)
    with pytest.raises(Refused):
        take(town.officer, ticket.id, "request_supplement", {"request": "请补充"})


def test_who_solves_a_problem_is_not_who_is_rated(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), *WORK)
    ticket = take(town.head, ticket.id, "resolve_with_problem", {"resolution": "已增容"})
    assert ticket.resolved_by_id == town.user("officer").id
    ticket = town.walk(ticket, "confirm")
    ticket = town.walk(ticket, "rate", level=1, reasons=["slow"])
    ticket = town.walk(ticket, "call_back", "rework")
    assert ticket.rated_person_id == town.user("officer").id
    assert ticket.assignee_id != ticket.rated_person_id


def test_a_published_title_names_nobody(town: Town) -> None:
    ticket = town.walk(town.file(item="J05", title="电压不稳"), *WORK)
    made = create(town.head, Details("高新区电压不稳", ticket.item_id), [ticket.number])
    solve(town.head, made.id, "变压器已增容", made.version)
    named = Details("恩德莱科技有限公司电压不稳", ticket.item_id)
    with pytest.raises(Refused):
        edit(town.desk, made.id, named, made.version)


def test_a_unit_searches_no_tickets_of_others(town: Town) -> None:
    ticket = town.walk(
        town.file("bob", "J05", title="货款被拖欠", description="欠款半年"), "accept"
    )
    take(town.desk, ticket.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    details = Details("拖欠", None, words="欠款", unit_id=town.unit_id("SCJG"))
    made = create(town.unithead, details, [])
    assert likely(town.unithead, made) == []
    assert [one.id for one in likely(town.head, made)] == [town.enterprise_id("bob")]


def test_what_was_answered_is_not_undone(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), "accept")
    send_message(town.desk, ticket.id, "您好，已受理，正在安排。")
    with pytest.raises(Refused):
        take_back(town.desk, ticket.id, ticket.version)
    ticket = db.session.get_one(Ticket, ticket.id)
    assert ticket.state == State.ACCEPTED and ticket.first_response_at is not None


def test_a_pause_before_urgency_is_not_given_twice(town: Town) -> None:
    ticket = town.walk(town.file(item="A01"), *WORK, "suspend")
    pass_time(days=2)
    ticket = town.walk(ticket, "resume")
    due = ticket.due_at
    pass_time(hours=20)
    ticket = town.walk(ticket, "mark_urgent")
    assert ticket.due_at == due


def test_urgency_leaves_a_carried_matter_its_milestone(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), *WORK)
    ticket = take(town.officer, ticket.id, "propose_plan", plan())
    ticket = take(town.leader, ticket.id, "approve_plan", {"meeting_id": meeting(town)})
    due = ticket.due_at
    ticket = town.walk(ticket, "mark_urgent")
    assert ticket.due_at == due
    ticket = town.walk(ticket, "unmark_urgent")
    assert ticket.due_at == due
