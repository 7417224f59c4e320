"""Extensions and plans of milestones (延期、挂账) on both databases."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from servicedesk.calendars.actions import set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.meetings.actions import Details, cancel_meeting, hold_meeting, plan_meeting
from servicedesk.meetings.models import Meeting
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.listing import Filter, page
from servicedesk.tickets.models import Escalation, Extension, Ticket
from servicedesk.tickets.plans import extension_frame, newest_plan
from servicedesk.tickets.plans import extensions as extensions_of
from servicedesk.tickets.queries import timeline
from servicedesk.tickets.views import counts
from servicedesk.transaction import writing
from tests.actions.test_supplements import fresh, give_up, working_on
from tests.support import Town, local, pass_time

# Extensions -----------------------------------------------------------------------------------

# round, confidential → who may approve
APPROVERS: dict[tuple[int, bool], set[str]] = {
    (1, False): {"unithead", "head"},
    (2, False): {"leader"},
    (1, True): {"unithead", "head"},
    (2, True): {"leader", "head"},
}
EVERYBODY = (
    "desk",
    "head",
    "officer",
    "officer2",
    "unithead",
    "leader",
    "follow",
    "admin",
    "alice",
)


def extended_once(town: Town, *, secret: bool) -> Ticket:
    ticket = working_on(town, **({"item": "H01"} if secret else {}))
    return town.walk(ticket, "request_extension", "approve_extension")


@pytest.mark.parametrize(("round_", "secret"), APPROVERS)
def test_who_may_approve_which_extension(town: Town, round_: int, secret: bool) -> None:
    ticket = extended_once(town, secret=secret) if round_ == 2 else None
    ticket = ticket or working_on(town, **({"item": "H01"} if secret else {}))
    assert ticket.confidential is secret
    ticket = town.walk(ticket, "request_extension")
    for login in EVERYBODY:
        if login in APPROVERS[round_, secret]:
            continue
        with pytest.raises(Refused):
            take(town.actor(login), ticket.id, "approve_extension")
    for login in sorted(APPROVERS[round_, secret]):
        with _undone():
            take(town.actor(login), ticket.id, "approve_extension")


@contextmanager
def _undone() -> Iterator[None]:
    """What is done inside does not stay, so that every approver is tried on the same ticket."""
    with contextlib.suppress(_Undo), writing():
        yield
        raise _Undo


class _Undo(Exception):
    pass


def test_there_is_no_third_extension(town: Town) -> None:
    ticket = extended_once(town, secret=False)
    ticket = town.walk(ticket, "request_extension")
    ticket = take(town.leader, ticket.id, "approve_extension")
    assert ticket.extensions == 2
    with pytest.raises(Refused):
        town.walk(ticket, "request_extension")


def test_each_sees_the_extensions_that_wait_for_the_own_word(town: Town) -> None:
    def seen(login: str) -> int:
        rows = page(town.actor(login), Filter(view="extensions")).rows
        assert counts(town.actor(login))["extensions"] == len(rows)
        return len(rows)

    ticket = town.walk(working_on(town), "request_extension")
    assert [seen(login) for login in ("unithead", "leader", "head")] == [1, 0, 1]
    ticket = town.walk(ticket, "approve_extension", "request_extension")
    assert [seen(login) for login in ("unithead", "leader", "head")] == [0, 1, 0]
    take(town.leader, ticket.id, "approve_extension")
    secret = town.walk(extended_once(town, secret=True), "request_extension")
    assert secret.extensions == 1
    assert [seen(login) for login in ("unithead", "leader", "head")] == [0, 0, 1]


def test_more_time_is_asked_for_one_working_day_before(town: Town) -> None:
    ticket = working_on(town)
    assert ticket.due_at is not None
    frame = extension_frame(ticket)
    assert frame is not None
    hours = calendar(town.park_id)
    assert hours.between(frame.ask_until, ticket.due_at) == 420
    clock.set(frame.ask_until + timedelta(minutes=1))
    with pytest.raises(Refused):
        town.walk(ticket, "request_extension")
    clock.set(frame.ask_until)
    town.walk(ticket, "request_extension")


@pytest.mark.parametrize(("shift", "fine"), [(0, False), (1, True), (20, True), (21, False)])
def test_the_new_day_lies_in_its_frame(town: Town, shift: int, fine: bool) -> None:
    ticket = working_on(town)
    frame = extension_frame(ticket)
    assert frame is not None
    day = calendar(town.park_id).add_working_days(frame.due, shift) if shift else frame.due
    assert (frame.first <= day <= frame.last) is fine
    values = {"until": day, "reason": "需要外勘"}
    if fine:
        ticket = take(town.officer, ticket.id, "request_extension", values)
        ticket = town.walk(ticket, "approve_extension")
        assert ticket.due_at is not None
        assert calendar(town.park_id).local(ticket.due_at).date() == day
        (asked,) = extensions_of(ticket)
        assert (asked.until, asked.new) == (day, ticket.due_at)
        assert asked.old is not None
        assert calendar(town.park_id).local(asked.old).date() == frame.due
        assert (asked.asked_by, asked.decided_by) == ("officer 甲", "unithead 甲")
    else:
        with pytest.raises(Refused) as refused:
            take(town.officer, ticket.id, "request_extension", values)
        assert refused.value.field == "until"


def test_an_urgent_matter_is_not_extended(town: Town) -> None:
    """Its clock is its own: an extension would be granted and change nothing."""
    ticket = town.walk(working_on(town), "mark_urgent")
    with pytest.raises(Refused):
        town.walk(ticket, "request_extension")
    query = select(func.count()).select_from(Extension)
    assert db.session.scalar(query) == 0


def test_a_refused_extension_says_why_and_counts_for_nothing(town: Town) -> None:
    ticket = town.walk(working_on(town), "request_extension", "refuse_extension")
    (asked,) = extensions_of(ticket)
    assert (asked.row.verdict, asked.refusal, asked.new) == ("refused", "可以按期办结", None)
    ticket = town.walk(ticket, "request_extension", "approve_extension")
    assert ticket.extensions == 1
    assert [one.new is not None for one in extensions_of(ticket)] == [False, True]


# Plans of milestones --------------------------------------------------------------------------

STEPS = [("立项", date(2024, 3, 20)), ("开工", date(2024, 4, 10)), ("通水", date(2024, 5, 15))]


def held(town: Town) -> Meeting:
    made = plan_meeting(town.head, Details(clock.now(), place="会议室", chair="李主任"))
    return hold_meeting(town.head, made.id, "各单位", "", made.version)


def proposed(town: Town, steps: Any = STEPS) -> Ticket:
    ticket = working_on(town)
    return take(
        town.officer, ticket.id, "propose_plan", {"milestones": steps, "reason": "须分步实施"}
    )


def carried(town: Town) -> Ticket:
    ticket = proposed(town)
    return take(town.leader, ticket.id, "approve_plan", {"meeting_id": held(town).id})


def close_on(town: Town, day: date) -> datetime:
    return calendar(town.park_id).end_of_day(day)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [("", date(2024, 3, 20))],
        [("立项", date(2024, 3, 5))],
        [("立项", date(2024, 3, 20)), ("开工", date(2024, 3, 20))],
        [("立项", date(2024, 4, 20)), ("开工", date(2024, 3, 20))],
        [(f"第{n}步", date(2024, 4, 1) + timedelta(days=n)) for n in range(21)],
    ],
)
def test_what_a_plan_must_be(town: Town, steps: Any) -> None:
    with pytest.raises(Refused) as refused:
        proposed(town, steps)
    assert refused.value.field == "milestones"


def test_the_clock_follows_each_milestone(town: Town) -> None:
    ticket, hours = carried(town), calendar(town.park_id)
    for name, day in STEPS:
        assert ticket.due_at == close_on(town, day)
        assert ticket.next_alarm == "warn"
        assert ticket.warn_at is not None
        whole = hours.between(clock.now(), ticket.due_at)
        assert hours.between(clock.now(), ticket.warn_at) == whole * 80 // 100
        clock.set(local(f"{day - timedelta(days=2)} 10:00"))
        with pytest.raises(Refused):
            town.walk(ticket, "resolve")
        ticket = take(town.officer, ticket.id, "reach_milestone", {"note": f"{name}已完成"})
        ticket = fresh(ticket)
    ticket = town.walk(ticket, "resolve")
    assert ticket.on_time
    shown = timeline(ticket.id, everything=False)
    assert [one.data["milestone"] for one in shown if one.kind == "reach_milestone"] == [
        name for name, _day in STEPS
    ]
    told_alice = (
        select(func.count())
        .select_from(Notice)
        .where(
            Notice.user_id == town.alice.user_id,
            Notice.text == "挂账事项完成了一个节点，情况见说明。",
        )
    )
    assert db.session.scalar(told_alice) == 3


def test_the_ladder_follows_the_milestone_and_lateness_is_not_forgotten(town: Town) -> None:
    ticket = carried(town)
    clock.set(local("2024-04-02 10:00"))  # the first milestone is nine working days late
    tasks.escalate()
    query = select(Escalation.step).where(
        Escalation.ticket_id == ticket.id, Escalation.due_at == close_on(town, STEPS[0][1])
    )
    assert list(db.session.scalars(query.order_by(Escalation.id))) == [
        "warn", "overdue", "level_1", "level_2", "level_3",
    ]  # fmt: skip
    found = newest_plan(fresh(ticket))
    assert found is not None
    assert [one.mark for one in found.milestones] == ["red", "", ""]
    ticket = take(town.officer, ticket.id, "reach_milestone", {"note": "立项已完成"})
    assert (ticket.on_time, ticket.ladder_level) == (False, 0)
    assert ticket.due_at == close_on(town, STEPS[1][1])
    found = newest_plan(ticket)
    assert found is not None
    assert [one.mark for one in found.milestones] == ["late", "here", ""]
    for _ in STEPS[1:]:
        ticket = take(town.officer, ticket.id, "reach_milestone", {"note": "按期完成"})
    assert town.walk(ticket, "resolve").on_time is False


def test_a_calendar_that_changes_moves_the_milestone(town: Town) -> None:
    ticket = carried(town)
    set_day(town.admin, STEPS[0][1], False, "全市停工")
    tasks.calendar()
    assert fresh(ticket).due_at == close_on(town, date(2024, 3, 21))


def test_a_pause_moves_the_milestone_by_its_working_time(town: Town) -> None:
    ticket = carried(town)
    ticket = town.walk(ticket, "request_supplement")
    assert ticket.due_at is None
    pass_time(days=1)
    ticket = town.walk(ticket, "supplement")
    assert ticket.due_at is not None
    assert calendar(town.park_id).between(close_on(town, STEPS[0][1]), ticket.due_at) == 420


def test_who_decides_on_a_plan(town: Town) -> None:
    ticket, meeting = proposed(town), held(town)
    for login in ("officer", "unithead", "desk", "follow", "alice", "admin"):
        for step, values in (
            ("approve_plan", {"meeting_id": meeting.id}), ("refuse_plan", {"reason": "x"}),
        ):  # fmt: skip
            with pytest.raises(Refused):
                take(town.actor(login), ticket.id, step, values)
    for step in ("resolve", "request_supplement", "suspend", "request_extension"):
        with pytest.raises(Refused):  # what waits for the meeting is not gone past
            town.walk(ticket, step)
    called_off = plan_meeting(town.head, Details(local("2024-03-08 09:30")))
    cancel_meeting(town.head, called_off.id, "x", called_off.version)
    for wrong in (called_off.id, 10**6, "", "x"):
        with pytest.raises(Refused) as refused:
            take(town.leader, ticket.id, "approve_plan", {"meeting_id": wrong})
        assert refused.value.field == "meeting_id"
    due = fresh(ticket).due_at
    ticket = take(town.leader, ticket.id, "refuse_plan", {"reason": "可以按期办结"})
    assert (ticket.carried, ticket.due_at) == (False, due)
    ticket = take(
        town.officer, ticket.id, "propose_plan", {"milestones": STEPS, "reason": "再次申请"}
    )
    ticket = take(town.head, ticket.id, "approve_plan", {"meeting_id": meeting.id})
    assert ticket.carried
    for step in ("request_extension", "propose_plan"):
        with pytest.raises(Refused):
            take(
                town.officer, ticket.id, step,
                {"until": date(2024, 3, 27), "milestones": STEPS, "reason": "x"},
            )  # fmt: skip


def test_a_plan_whose_first_day_has_passed_is_asked_for_anew(town: Town) -> None:
    ticket = proposed(town)
    clock.set(local("2024-03-20 16:00"))
    with pytest.raises(Refused):
        take(town.leader, ticket.id, "approve_plan", {"meeting_id": held(town).id})
    assert not fresh(ticket).carried


def test_a_reopened_ticket_has_lost_its_plan(town: Town) -> None:
    ticket = carried(town)
    for _ in STEPS:
        ticket = take(town.officer, ticket.id, "reach_milestone", {"note": "完成"})
    ticket = town.walk(ticket, "resolve", "dispute")
    assert (ticket.carried, ticket.leg_until) == (False, None)
    assert ticket.due_at is not None
    ticket = town.walk(ticket, "resolve")
    assert ticket.state == State.RESOLVED


def test_an_old_plan_says_nothing_about_a_new_one(town: Town) -> None:
    """A carried matter that was given up and taken up again may get another plan."""
    ticket = carried(town)
    ticket = town.walk(ticket, "request_supplement")
    give_up(ticket)
    pass_time(days=1)
    ticket = town.walk(ticket, "take_up")
    assert not ticket.carried
    day = clock.now().date() + timedelta(days=30)
    ticket = take(
        town.officer, ticket.id, "propose_plan", {"milestones": [("通水", day)], "reason": "x"}
    )
    ticket = take(town.leader, ticket.id, "approve_plan", {"meeting_id": held(town).id})
    ticket = take(town.officer, ticket.id, "reach_milestone", {"note": "完成"})
    assert town.walk(ticket, "resolve").state == State.RESOLVED
