"""The enterprise's word, on both databases: calls, contradictions, bad ratings, coming back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from servicedesk.accounts.actions import create_user
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import due_after
from servicedesk.core.permissions import Actor, Role
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.statistics.facts import build
from servicedesk.statistics.verify import differences, waiting
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import FalseResolution, Reopening
from servicedesk.tickets.models import Ticket
from tests.support import Town, local, pass_time

DONE = ("accept", "dispatch", "sign", "resolve")


def refused(work: Callable[[], Any]) -> str:
    """Return why something is refused."""
    with pytest.raises(Refused) as error:
        work()
    return error.value.reason


def badly_rated(town: Town, **filing: Any) -> Ticket:
    """A ticket that the enterprise was not content with."""
    ticket = town.walk(town.file(**filing), *DONE, "confirm")
    return town.walk(ticket, "rate", level=1, reasons=["slow"])


def told(ticket: Ticket, since: int = 0) -> set[int]:
    """Return who was told of the ticket after the notice with number ``since``."""
    db.session.rollback()
    query = select(Notice.user_id).where(Notice.ticket_id == ticket.id, Notice.id > since)
    return set(db.session.scalars(query))


def newest_notice() -> int:
    """Return the number of the newest notice."""
    db.session.rollback()
    return max(db.session.scalars(select(Notice.id)), default=0)


def colleague(town: Town, login: str = "colleague") -> Actor:
    """A second officer of the unit."""
    create_user(
        town.admin, login=login, name="colleague 戊", role=Role.OFFICER, password_hash="x",
        park_id=town.park_id, unit_id=town.unit_id("SCJG"),
    )  # fmt: skip
    return town.actor(login)


def test_three_attempts_on_three_working_days_however_they_failed(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE)
    for moment, step in (
        ("2024-03-06 10:00", "miss"), ("2024-03-06 15:00", "refuse_call"),
        ("2024-03-08 10:00", "refuse_call"),
    ):  # fmt: skip
        clock.set(local(moment))
        town.walk(ticket, step)
    assert "三个不同的工作日" in refused(lambda: town.walk(ticket, "close_unreached"))
    clock.set(local("2024-03-09 10:00"))  # a Saturday counts for nothing
    assert "工作时间" in refused(lambda: town.walk(ticket, "miss"))
    clock.set(local("2024-03-11 10:00"))
    town.walk(ticket, "miss")
    assert town.walk(ticket, "close_unreached").state == "closed"


def test_attempts_of_an_earlier_round_do_not_count(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE)
    for day in (6, 7, 8):
        clock.set(local(f"2024-03-0{day} 10:00"))
        town.walk(ticket, "miss")
    town.walk(ticket, "dispute", "resolve")
    assert refused(lambda: town.walk(ticket, "close_unreached"))


@pytest.mark.parametrize("step", ["dispute", "rework"])
@pytest.mark.parametrize(("result", "marks"), [("solved", 1), ("partly", 1), ("explained", 0)])
def test_only_what_was_said_to_be_solved_can_be_false(
    town: Town, step: str, result: str, marks: int
) -> None:
    ticket = town.walk(town.file(), *DONE[:3])
    town.walk(ticket, "resolve", result=result)
    ticket = town.walk(ticket, step)
    assert ticket.false_resolution is bool(marks)
    found = db.session.scalars(select(FalseResolution)).all()
    assert len(found) == marks
    if marks:
        by = {"dispute": "requester", "rework": "follow_up"}[step]
        assert (found[0].found_by_role, found[0].resolution) == (by, "执照已领取。")
        assert found[0].resolved_by_id == town.user("officer").id


def test_a_mark_stays_until_a_leader_lifts_it(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE, "dispute", "resolve", "confirm", "rate", "close")
    assert ticket.false_resolution
    for login in ("head", "unithead", "officer", "follow", "desk", "alice"):
        who = town.actor(login)
        refused(lambda who=who: take(who, ticket.id, "lift_false", {"reason": "误会"}))  # type: ignore[misc]
    refused(lambda: take(town.leader, ticket.id, "lift_false", {"reason": ""}))
    ticket = town.walk(ticket, "lift_false")
    assert not ticket.false_resolution
    (mark,) = db.session.scalars(select(FalseResolution)).all()
    assert (mark.lifted_by_id, mark.lift_reason) == (town.user("leader").id, "企业说明系误会")
    refused(lambda: town.walk(ticket, "lift_false"))


def test_a_bad_rating_is_called_back_then_rectified_by_somebody_else(town: Town) -> None:
    other = colleague(town)
    ticket = badly_rated(town)
    hours = calendar(town.park_id)
    assert ticket.contact_due_at == due_after(hours, clock.now(), 1)
    for step in ("rework", "close_verified"):
        assert "先回访企业" in refused(lambda step=step: town.walk(ticket, step))  # type: ignore[misc]
    officer = town.officer
    refused(lambda: take(officer, ticket.id, "call_back", {"note": "我自己打"}))
    town.walk(ticket, "call_back")
    assert "已经回访过" in refused(lambda: town.walk(ticket, "call_back"))
    pass_time(hours=2)
    ticket = town.walk(ticket, "rework")
    assert (ticket.rectifying, ticket.rated_person_id) == (True, officer.user_id)
    assert ticket.assignee_id != officer.user_id
    days = min(5, ticket.limit_days)
    assert ticket.due_at == due_after(hours, clock.now(), days)
    inputs = {"result": "solved", "resolution": "已改"}
    assert "被差评的人员" in refused(lambda: take(officer, ticket.id, "resolve", inputs))
    refused(lambda: town.walk(ticket, "assign"))  # to the person who was rated
    take(town.unithead, ticket.id, "assign", {"assignee_id": other.user_id})
    take(other, ticket.id, "resolve", inputs)
    ticket = town.walk(ticket, "confirm", "rate", "close")
    assert (ticket.rating, ticket.rectifying, ticket.state) == (5, False, "closed")


def test_a_long_promise_does_not_lengthen_the_rectification(town: Town) -> None:
    ticket = badly_rated(town, item="J04")
    assert ticket.limit_days > 5
    ticket = town.walk(ticket, "call_back", "rework")
    assert ticket.due_at == due_after(calendar(town.park_id), clock.now(), 5)


def test_the_second_reopening_is_the_heads_the_third_the_leaders(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE, "dispute")
    leader, head = town.user("leader").id, town.user("unithead").id
    assert ticket.assignee_id != head
    before = newest_notice()
    ticket = town.walk(ticket, "resolve", "dispute")
    assert ticket.assignee_id == head
    assert head in told(ticket, before)
    assert leader not in told(ticket)
    before = newest_notice()
    ticket = town.walk(ticket, "resolve", "dispute")
    assert leader in told(ticket, before)
    numbers = [one.number for one in db.session.scalars(select(Reopening).order_by(Reopening.id))]
    assert numbers == [1, 2, 3]


def test_a_closed_ticket_comes_back_in_time_and_the_counts_follow(town: Town) -> None:
    closed, stays = (town.walk(town.file(), *DONE, "confirm", "rate", "close") for _ in range(2))
    build(town.park_id, everything=True)
    assert differences(town.park_id) == waiting(town.park_id) == []
    since = clock.now()
    pass_time(days=2)
    town.walk(closed, "reopen")
    build(town.park_id)
    assert differences(town.park_id) == waiting(town.park_id) == []
    (back,) = db.session.scalars(select(Reopening)).all()
    assert (back.kind, back.ended_at, back.number) == ("reopen", since, 1)
    assert back.idle_minutes == calendar(town.park_id).between(since, clock.now()) > 0
    closed = town.walk(closed, "resolve", "confirm", "rate", "close")
    build(town.park_id)
    assert differences(town.park_id) == waiting(town.park_id) == []
    clock.set(due_after(calendar(town.park_id), since, 20))
    db.session.rollback()
    pass_time(minutes=1)
    assert "重新提交申请" in refused(lambda: town.walk(stays, "reopen"))
