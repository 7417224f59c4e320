"""The joint meeting on both databases: what gathers, what is decided, how it is followed to its end."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.meetings import gathering
from servicedesk.meetings.actions import (
    Details,
    add_ticket,
    cancel_meeting,
    drop_item,
    edit_meeting,
    hold_meeting,
    list_items,
    plan_meeting,
    unlist_item,
)
from servicedesk.meetings.decisions import Wording, record_decision
from servicedesk.meetings.models import AgendaItem, Meeting
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work
from tests.support import Town, local


def open_ticket(town: Town, **changes: Any) -> Ticket:
    return town.walk(town.file(**changes), "accept", "dispatch", "sign")


def to_the_top(town: Town) -> Ticket:
    """A ticket at the top of the ladder."""
    ticket = open_ticket(town)
    clock.set(local("2024-04-08 10:00"))
    tasks.escalate()
    return db.session.get_one(Ticket, ticket.id)


def disputed(town: Town) -> Ticket:
    ticket = town.file()
    for _ in range(2):
        ticket = town.walk(ticket, "accept") if ticket.state == "submitted" else ticket
        ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
        ticket = town.walk(ticket, "return")
    ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    return town.walk(ticket, "contest")


def planned(town: Town) -> Ticket:
    ticket = open_ticket(town)
    steps = [("立项", date(2024, 3, 20)), ("开工", date(2024, 4, 10))]
    return take(town.officer, ticket.id, "propose_plan", {"milestones": steps, "reason": "须分步"})


def held(town: Town) -> Meeting:
    made = plan_meeting(town.head, Details(clock.now(), place="三楼会议室", chair="李主任"))
    return hold_meeting(town.head, made.id, "各单位负责人", "逐项讨论。", made.version)


def wording(town: Town, **changes: Any) -> Wording:
    plain = {
        "text": "疏通园区北路管网",
        "unit_id": town.unit_id("SCJG"),
        "due_on": date(2024, 3, 19),
    }
    if clock.now() > local("2024-04-01 00:00"):
        plain["due_on"] = date(2024, 4, 22)
    return Wording(**{**plain, **changes})


def items(kind: str = "") -> list[AgendaItem]:
    db.session.rollback()
    query = select(AgendaItem).order_by(AgendaItem.id)
    return list(db.session.scalars(query.where(AgendaItem.kind == kind) if kind else query))


def notices(key: str) -> set[int]:
    query = select(Notice.user_id).where(Notice.dedup_key.like(f"{key}:%"))
    found = list(db.session.scalars(query))
    assert len(found) == len(set(found))
    return set(found)


# Gathering ------------------------------------------------------------------------------------


def test_the_top_of_the_ladder_leads_before_the_meeting_once(town: Town) -> None:
    ticket = to_the_top(town)
    assert [(one.ticket_id, one.kind, one.state) for one in items()] == [
        (ticket.id, "level_3", "waiting")
    ]
    tasks.escalate()
    assert tasks.meetings() == 0
    assert len(items()) == 1


@unit_of_work
def forget_agenda() -> None:
    """As it was before the agenda was kept."""
    for one in db.session.scalars(select(AgendaItem)):
        db.session.delete(one)


@pytest.mark.parametrize("make", [to_the_top, disputed, planned])
def test_a_job_catches_up_what_is_missing(town: Town, make: Any) -> None:
    make(town)
    kinds = [one.kind for one in items()]
    assert len(kinds) == 1
    forget_agenda()
    lacking = gathering.missing()
    assert tasks.meetings() == 1
    assert [one.kind for one in items()] == kinds
    assert gathering.gather(lacking[0]) is False  # another scheduler had seen it, too
    assert tasks.meetings() == 0
    assert len(items()) == 1


def test_what_a_meeting_has_dealt_with_does_not_come_again(town: Town) -> None:
    to_the_top(town)
    meeting = held(town)
    list_items(town.head, meeting.id, [items()[0].id])
    record_decision(town.head, meeting.id, wording(town, item_id=items()[0].id))
    assert items()[0].state == "decided"
    assert tasks.meetings() == 0
    assert len(items()) == 1


def test_a_ticket_that_ends_comes_off_the_agenda(town: Town) -> None:
    ticket = to_the_top(town)
    town.walk(ticket, "resolve")
    assert [one.state for one in items()] == ["dropped"]
    assert tasks.meetings() == 0


def test_a_dispute_settled_in_the_meeting_is_decided(town: Town) -> None:
    ticket = disputed(town)
    assert [one.kind for one in items()] == ["dispute"]
    town.walk(ticket, "settle")
    assert [one.state for one in items()] == ["decided"]


def test_a_plan_agreed_upon_takes_the_alarm_off_as_well(town: Town) -> None:
    ticket = to_the_top(town)
    steps = [("立项", date(2024, 4, 20)), ("开工", date(2024, 5, 10))]
    take(town.officer, ticket.id, "propose_plan", {"milestones": steps, "reason": "须分步"})
    meeting = held(town)
    take(town.leader, ticket.id, "approve_plan", {"meeting_id": meeting.id})
    assert {one.kind: one.state for one in items()} == {"level_3": "dropped", "plan": "decided"}


# Meetings -------------------------------------------------------------------------------------


def test_meetings_are_numbered_within_their_year(town: Town) -> None:
    first = plan_meeting(town.head, Details(local("2024-03-08 09:30"), place="a"))
    second = plan_meeting(town.leader, Details(local("2024-04-08 09:30"), place="a"))
    later = plan_meeting(town.head, Details(local("2025-01-08 09:30"), title="专题会", place="a"))
    assert (first.number, second.number, later.number) == (1, 2, 1)
    assert first.title == "2024年第1次联席会议"
    assert later.title == "专题会"
    assert notices(f"meeting:{first.id}:plan") == {town.leader.user_id}
    with pytest.raises(Refused) as refused:
        plan_meeting(town.head, Details(local("2024-03-08 09:30")))
    assert refused.value.field == "starts_at"


@pytest.mark.parametrize("login", ["desk", "officer", "unithead", "follow", "alice", "admin"])
def test_only_the_desks_head_and_leaders_manage(town: Town, login: str) -> None:
    meeting, ticket = held(town), open_ticket(town)
    item = add_ticket(town.head, ticket.number, "多次协调未果", meeting.id)
    who = town.actor(login)
    tries = (
        lambda: plan_meeting(who, Details(local("2024-03-09 09:30"))),
        lambda: edit_meeting(who, meeting.id, Details(clock.now()), meeting.version),
        lambda: cancel_meeting(who, meeting.id, "x", meeting.version),
        lambda: hold_meeting(who, meeting.id, "x", "", meeting.version),
        lambda: list_items(who, meeting.id, [item.id]),
        lambda: unlist_item(who, item.id),
        lambda: drop_item(who, item.id, "x"),
        lambda: add_ticket(who, ticket.number, "x"),
        lambda: record_decision(who, meeting.id, wording(town)),
    )
    for attempt in tries:
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.kind == "permission"


def test_a_cancelled_meeting_leaves_its_matters_for_the_next(town: Town) -> None:
    meeting = plan_meeting(town.head, Details(local("2024-03-08 09:30")))
    ticket = open_ticket(town)
    item = add_ticket(town.head, ticket.number, "多次协调未果", meeting.id)
    assert (item.state, item.meeting_id) == ("listed", meeting.id)
    with pytest.raises(Refused):
        cancel_meeting(town.head, meeting.id, " ", meeting.version)
    cancel_meeting(town.head, meeting.id, "领导出差", meeting.version)
    assert [(one.state, one.meeting_id) for one in items()] == [("waiting", None)]
    with pytest.raises(Refused):
        list_items(town.head, meeting.id, [item.id])
    with pytest.raises(Refused):
        hold_meeting(
            town.head, meeting.id, "x", "", db.session.get_one(Meeting, meeting.id).version
        )


def test_a_stale_form_changes_nothing(town: Town) -> None:
    meeting = plan_meeting(town.head, Details(local("2024-03-08 09:30")))
    seen = meeting.version
    edit_meeting(town.head, meeting.id, Details(local("2024-03-09 09:30"), place="b"), seen)
    for attempt in (edit_meeting, cancel_meeting):
        with pytest.raises(Conflict):
            attempt(town.head, meeting.id, "x", seen)  # type: ignore[arg-type]
    with pytest.raises(Refused):  # not before its day
        hold_meeting(town.head, meeting.id, "各单位", "", seen + 1)


def test_adding_and_taking_off_by_hand(town: Town) -> None:
    ticket = open_ticket(town)
    for number, reason, wrong in (("X", "y", "number"), (ticket.number, " ", "reason")):
        with pytest.raises(Refused) as refused:
            add_ticket(town.head, number, reason)
        assert refused.value.field == wrong
    item = add_ticket(town.head, ticket.number, "多次协调未果")
    with pytest.raises(Refused):
        add_ticket(town.head, ticket.number, "再提一次")
    with pytest.raises(Refused):
        drop_item(town.head, item.id, "")
    assert drop_item(town.head, item.id, "已协调解决").state == "dropped"
    with pytest.raises(Refused):
        drop_item(town.head, item.id, "再撤一次")
    disputed(town)
    with pytest.raises(Refused):  # a dispute needs its verdict
        drop_item(town.head, items("dispute")[0].id, "不讨论了")
