"""Rehearsal: what a draft would have done to what has been; and nothing is written by it."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.rehearsal import RESPONSE, Shift, rings
from servicedesk.core.rules import Rules, rules_from
from servicedesk.database import Base
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.rules.queries import current_rules
from servicedesk.rules.rehearsing import last_year, lives_of, rehearse, rehearse_routing
from servicedesk.tickets.actions import take
from servicedesk.tickets.following import follow
from servicedesk.tickets.models import Escalation, Ticket
from tests.jobs.support import fired
from tests.support import Town, local

STEPS = (
    "accept", "dispatch", "sign", "return", "request_supplement", "supplement", "suspend", "resume",
    "request_extension", "approve_extension", "refuse_extension", "mark_urgent", "unmark_urgent",
    "resolve", "confirm", "dispute", "rate", "close", "reopen", "withdraw", "rework",
)  # fmt: skip
ITEMS = ("A01", "J03", "A03", "G07")


def run_to(moment: datetime) -> None:
    """Let the scheduler run at every moment until ``moment`` at which something is due."""
    while True:
        db.session.rollback()
        query = select(Ticket.next_alarm_at).where(Ticket.next_alarm_at <= moment)
        due = db.session.scalar(query.order_by(Ticket.next_alarm_at).limit(1))
        if due is None:
            break
        clock.set(max(due, clock.now()))
        assert tasks.escalate() > 0
    clock.set(moment)
    tasks.response()


def went_off(ticket: Ticket) -> list[tuple[str, datetime, datetime, datetime]]:
    return [(one.step, one.due_at, one.planned_at, one.fired_at) for one in fired(ticket)]


def rehearsed(ticket: Ticket, terms: Rules) -> list[tuple[str, datetime, datetime, datetime]]:
    found = rings(calendar(ticket.park_id), lives_of([ticket])[ticket.id], terms, clock.now())
    return [(one.step, one.due, one.planned, one.at) for one in found if one.step != RESPONSE]


def live(town: Town, seed: int) -> list[Ticket]:
    """File tickets and take steps at random for some weeks, with the scheduler always running."""
    dice = random.Random(seed)
    tickets = [
        town.file(
            dice.choice(["alice", "bob"]),
            dice.choice(ITEMS),
            urgent=dice.choice(["", "", "safety"]),
        )
        for _ in range(6)
    ]
    for _ in range(90):
        run_to(clock.now() + timedelta(minutes=dice.randrange(1, 900)))
        ticket = dice.choice(tickets)
        step = dice.choice(STEPS)
        more: dict[str, Any] = {"level": 1, "reasons": ["slow"]} if step == "rate" else {}
        try:
            who, inputs = town._plan(ticket, step)
            take(who, ticket.id, step, {**inputs, **more})
        except Refused:
            continue
    return tickets


@pytest.mark.parametrize("seed", range(6))
def test_rehearsing_the_present_rules_gives_what_really_went_off(town: Town, seed: int) -> None:
    tickets = live(town, seed)
    terms = current_rules(town.park_id)
    for ticket in tickets:
        assert rehearsed(ticket, terms) == went_off(ticket), ticket.number
        late = [
            one
            for one in rings(
                calendar(town.park_id), lives_of([ticket])[ticket.id], terms, clock.now()
            )
            if one.step == RESPONSE
        ]
        assert bool(late) == (ticket.response_breached_at is not None)
    found = rehearse(town.admin, terms, *last_year(town.park_id))
    assert found.lines == []
    assert found.before == found.after
    steps = db.session.scalars(select(Escalation.step)).all()
    assert sum(found.before.steps.values()) - found.before.steps[RESPONSE] == len(steps) > 0


def small_year(town: Town) -> list[Ticket]:
    """Five tickets of two days and their ends: in time, warned, overdue, level 1, still running."""
    hours = ["03-06 10:00", "03-07 14:00", "03-08 10:00", "03-11 10:00", ""]
    tickets = [town.walk(town.file("alice", "A03"), "accept", "dispatch", "sign") for _ in hours]
    assert {ticket.limit_days for ticket in tickets} == {2}
    for ticket, hour in zip(tickets, hours, strict=True):
        if hour:
            run_to(local(f"2024-{hour}"))
            town.walk(ticket, "resolve")
    run_to(local("2024-03-20 10:00"))
    return tickets


def test_a_small_year_has_exact_numbers(town: Town) -> None:
    in_time, warned, overdue, level, running = small_year(town)
    draft = rules_from({"warn_share": 50, "ladder_1": 2, "ladder_2": 4})
    found = rehearse(town.admin, draft, *last_year(town.park_id))
    assert (found.considered, found.cut) == (5, False)
    assert found.before.steps == {
        "warn": 4, "overdue": 3, "level_1": 2, "level_2": 1, "level_3": 1,
    }  # fmt: skip
    assert found.after.steps == {
        "warn": 4, "overdue": 3, "level_1": 1, "level_2": 1, "level_3": 1,
    }  # fmt: skip
    assert {line.ticket.id: line.shift for line in found.lines} == {
        warned.id: Shift.EARLIER,
        overdue.id: Shift.EARLIER,
        level.id: Shift.FEWER,
        running.id: Shift.LATER,
    }
    assert in_time.id not in {line.ticket.id for line in found.lines}
    unit = town.unit_id("SCJG")
    assert found.before.units[unit, "warn"] == 4
    # warn: officer; overdue: officer, head of unit, who accepted it; 1: head of unit; 2: leader, head of unit; 3: leader, desk's head
    assert found.before.messages == {
        "assignee": 4 + 3, "unit_head": 3 + 2 + 1, "leader": 1 + 1, "desk_head": 1,
        "intake": 3,
    }  # fmt: skip
    assert found.after.messages["unit_head"] == 3 + 1 + 1
    told = sum(len(went_off(ticket)) for ticket in (in_time, warned, overdue, level, running))
    assert told == sum(found.before.steps.values())


def test_the_messages_are_those_that_were_really_sent(town: Town) -> None:
    from servicedesk.notifications.models import Notice

    tickets = small_year(town)
    follow(tickets[-1].id, town.user("desk").id)  # who accepted it hears of overdue anyhow
    found = rehearse(town.admin, current_rules(town.park_id), *last_year(town.park_id))
    sent = db.session.scalars(select(Notice.id).where(Notice.dedup_key.like("escalation:%"))).all()
    followed = found.before.messages["follower"]
    assert followed == 4  # who follows now would have heard of every alarm of that ticket
    assert sum(found.before.messages.values()) - followed == len(sent) > 0


def test_lines_are_narrowed(town: Town) -> None:
    _in_time, _warned, _overdue, level, running = small_year(town)
    draft = rules_from({"warn_share": 50, "ladder_1": 2, "ladder_2": 4})
    found = rehearse(town.admin, draft, *last_year(town.park_id))
    ids = {line.ticket.id for line in found.narrowed(None, "level_1", "")}
    assert ids == {level.id, running.id}
    assert [one.ticket.id for one in found.narrowed(None, "", Shift.FEWER)] == [level.id]
    assert found.narrowed(town.unit_id("GHJS"), "", "") == []
    assert len(found.narrowed(town.unit_id("SCJG"), "warn", "")) == 4


def test_only_the_range_is_tried(town: Town) -> None:
    small_year(town)
    day = local("2024-03-06 00:00").date()
    found = rehearse(town.admin, Rules(warn_share=50), day, day)
    assert (found.considered, found.lines) == (0, [])


def fingerprint() -> dict[str, list[Any]]:
    """Return every row of every table."""
    db.session.rollback()
    tables = {
        table.name: [tuple(row) for row in db.session.execute(table.select())]
        for table in Base.metadata.sorted_tables
    }
    db.session.rollback()
    return tables


def test_nothing_is_written(town: Town) -> None:
    small_year(town)
    before = fingerprint()
    found = rehearse(
        town.admin, Rules(warn_share=50, first_response_days=2), *last_year(town.park_id)
    )
    assert found.lines
    assert rehearse_routing(town.desk, None, "", "执照", town.unit_id("GHJS")).lines
    assert fingerprint() == before


# Routing -----------------------------------------------------------------------------------------


def a_year_of_dispatches(town: Town) -> dict[str, Ticket]:
    here, there = town.unit_id("SCJG"), town.unit_id("GHJS")
    straight = town.walk(town.file(title="路灯不亮"), "accept", "dispatch", "sign")
    detour = town.walk(town.file(title="路灯又坏了"), "accept")
    town.walk(detour, "dispatch", unit_id=there)
    take(town.officer2, detour.id, "return", {"code": "not_ours", "reason": "不属于本单位"})
    town.walk(detour, "dispatch", "sign")
    elsewhere = town.walk(town.file(title="新装路灯"), "accept", "dispatch", "return")
    town.walk(elsewhere, "dispatch", unit_id=there)
    take(town.officer2, elsewhere.id, "sign", {})
    waiting = town.file(description="请检查路灯", title="照明")
    other = town.walk(town.file(title="排水不畅"), "accept", "dispatch", "sign")
    bobs = town.walk(town.file("bob", "J03", title="路灯"), "accept", "dispatch", unit_id=here)
    return {
        "straight": straight, "detour": detour, "elsewhere": elsewhere, "waiting": waiting,
        "other": other, "bobs": bobs,
    }  # fmt: skip


def test_where_a_routing_rule_would_have_sent_them(town: Town) -> None:
    tickets = a_year_of_dispatches(town)
    here, there = town.unit_id("SCJG"), town.unit_id("GHJS")
    found = rehearse_routing(town.desk, None, "", "路灯 灯杆", here)
    assert {line.ticket.id: line.verdict for line in found.lines} == {
        tickets["straight"].id: "same",
        tickets["detour"].id: "better",
        tickets["elsewhere"].id: "different",
        tickets["waiting"].id: "open",
        tickets["bobs"].id: "open",
    }
    assert found.ended == {here: 2, there: 1, None: 2}
    assert (found.considered, found.differ, found.avoided, found.sent_back) == (6, 1, 1, 1)
    assert [one.ticket.id for one in found.narrowed("", there)] == [tickets["elsewhere"].id]
    assert [one.ticket.id for one in found.narrowed("better", None)] == [tickets["detour"].id]


def test_all_conditions_of_a_routing_rule_must_hold(town: Town) -> None:
    tickets = a_year_of_dispatches(town)
    item = item_by_code(town.park_id, "J03")
    assert item is not None
    here = town.unit_id("SCJG")
    found = rehearse_routing(town.desk, item.id, "", "路灯", here)
    assert [line.ticket.id for line in found.lines] == [tickets["bobs"].id]
    assert rehearse_routing(town.desk, item.id, "没有这个片区", "", here).lines == []
    everything = rehearse_routing(town.desk, None, "", "", here)
    assert len(everything.lines) == len(tickets)


def test_confidential_matters_are_not_found_by_their_words(town: Town) -> None:
    secret = town.file("alice", "H01", title="劳动争议")
    here = town.unit_id("SCJG")
    assert [one.ticket.id for one in rehearse_routing(town.desk, None, "", "争议", here).lines] == [
        secret.id
    ]
    assert rehearse_routing(town.leader, None, "", "争议", here).lines == []
    assert rehearse_routing(town.admin, None, "", "争议", here).lines == []


def test_a_ticket_with_a_long_story(town: Town) -> None:
    """Reworked, extended and urgent at last: the story of one ticket, told by hand."""
    ticket = town.walk(town.file(item="A03"), "accept", "dispatch", "sign")
    run_to(local("2024-03-06 15:00"))
    town.walk(ticket, "request_extension", "approve_extension")
    run_to(local("2024-03-08 11:00"))
    town.walk(ticket, "resolve")
    run_to(local("2024-03-11 09:00"))
    town.walk(ticket, "dispute")
    run_to(local("2024-03-12 16:00"))
    town.walk(ticket, "mark_urgent")
    run_to(local("2024-03-15 09:00"))
    assert rehearsed(ticket, Rules()) == went_off(ticket)
    assert [step for step, *_ in went_off(ticket)] == ["warn", "overdue", "level_2"]


def test_what_is_urgent_no_more_does_not_go_down_the_ladder(town: Town) -> None:
    """Found by the random lives above: level 1 went off after level 3, then level 2 a second time."""
    ticket = town.walk(town.file(), "accept", "mark_urgent")
    run_to(local("2024-03-11 18:00"))
    steps = ["warn", "overdue", "level_2", "level_3"]
    assert [one.step for one in fired(ticket)] == steps
    due = ticket.due_at
    town.walk(ticket, "unmark_urgent")
    assert (ticket.due_at, ticket.next_alarm_at) == (due, None)
    run_to(local("2024-03-15 18:00"))
    assert [one.step for one in fired(ticket)] == steps
    assert rehearsed(ticket, Rules()) == went_off(ticket)
