"""Every transition of the table, taken for real: who may, what it needs, the clock, who is told.

Nothing here names what a step does: the expectations come from ``core.transitions``.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role, scope_of
from servicedesk.core.stages import STAGED_ITEMS
from servicedesk.core.steps import Clock, Transition
from servicedesk.core.transitions import TRANSITIONS
from servicedesk.core.workflow import ENDS, STANDING, State, destination
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.meetings.models import Meeting
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import PauseSpan, Ticket, TicketEvent
from servicedesk.tickets.queries import facts_of
from servicedesk.tickets.telling import people
from servicedesk.tickets.timeline import system_actor
from servicedesk.transaction import writing
from tests.support import STAFF, Town, pass_time

SIGNED = ("accept", "dispatch", "sign")
DONE = (*SIGNED, "resolve")
Walk = Callable[[Town], Ticket]


def walk(*steps: str, item: str = "J05", **inputs: Any) -> Walk:
    """Return how a ticket gets to where a step can be taken."""
    return lambda town: town.walk(town.file(item=item), *steps, **inputs)


def _bounced(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), "accept", "dispatch", "return", "dispatch", "return")
    return take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})


def _supported(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *SIGNED)
    asked = {"unit_id": town.unit_id("GHJS"), "request": "请到现场核实"}
    return take(town.officer, ticket.id, "ask_support", asked)


def _asked_again(town: Town) -> Ticket:
    steps = ("request_supplement", "supplement", "ask_supplement_again")
    return town.walk(town.file(item="J05"), *SIGNED, *steps)


def _abandoned_soon(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *SIGNED, "request_supplement")
    pass_time(days=20)
    return ticket


def _planned(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *SIGNED)
    return take(town.officer, ticket.id, "propose_plan", plan())


def _carried(town: Town) -> Ticket:
    ticket = _planned(town)
    return take(town.leader, ticket.id, "approve_plan", {"meeting_id": meeting(town)})


def _suspended_long(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *SIGNED, "suspend")
    pass_time(days=40)
    return ticket


def _missed(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *DONE)
    for _ in range(3):
        town.walk(ticket, "miss")
        pass_time(days=1)
    return ticket


def _unrated(town: Town) -> Ticket:
    ticket = town.walk(town.file(item="J05"), *DONE, "confirm")
    pass_time(days=15)
    return ticket


def _rated(level: int, *more: str) -> Walk:
    def there(town: Town) -> Ticket:
        ticket = town.walk(town.file(item="J05"), *DONE, "confirm")
        ticket = town.walk(ticket, "rate", level=level, reasons=["slow"])
        return town.walk(ticket, *more)

    return there


def _acting(town: Town) -> Ticket:
    """代办 asked for, without a letter: the step is refused for that reason, which is its guard."""
    return town.walk(town.file(item="J05"), *SIGNED)


def plan() -> dict[str, Any]:
    """Return a plan of two milestones."""
    days = [("完成勘察", date(2024, 3, 12)), ("完成施工", date(2024, 3, 26))]
    return {"milestones": days, "reason": "涉及多个部门，须分段实施"}


def meeting(town: Town) -> int:
    """Return the row number of a meeting that was held."""
    with writing():
        held = Meeting(
            park_id=town.park_id, year=2024, number=1, title="第一次联席会议", state="held",
            starts_at=clock.now(), created_at=clock.now(), held_at=clock.now(),
        )  # fmt: skip
        db.session.add(held)
        db.session.flush()
        return held.id


def _other(town: Town) -> dict[str, Any]:
    return {"into": town.file(item="J05", title="另一件").number}


WAYS: Mapping[str, Walk] = {
    "accept": walk(),
    "decline": walk(),
    "dispatch": walk("accept"),
    "merge": walk("accept"),
    "split": walk(*SIGNED),
    "mark_urgent": walk(*SIGNED),
    "unmark_urgent": walk(*SIGNED, "mark_urgent"),
    "hand_over": walk(*SIGNED),
    "sign": walk("accept", "dispatch"),
    "return": walk("accept", "dispatch"),
    "contest": _bounced,
    "settle": lambda town: town.walk(_bounced(town), "contest"),
    "assign": walk(*SIGNED),
    "ask_support": walk(*SIGNED),
    "answer_support": _supported,
    "withdraw_support": _supported,
    "advance_stage": walk(*SIGNED, item="H02"),
    "request_supplement": walk(*SIGNED),
    "ask_supplement_again": walk(*SIGNED, "request_supplement", "supplement"),
    "approve_supplement": _asked_again,
    "refuse_supplement": _asked_again,
    "supplement": walk(*SIGNED, "request_supplement"),
    "abandon": _abandoned_soon,
    "take_up": lambda town: take(
        system_actor(town.park_id), _abandoned_soon(town).id, "abandon", {}
    ),
    "suspend": walk(*SIGNED),
    "resume": walk(*SIGNED, "suspend"),
    "ask_resume": walk(*SIGNED, "suspend"),
    "terminate": _suspended_long,
    "request_extension": walk(*SIGNED),
    "approve_extension": walk(*SIGNED, "request_extension"),
    "refuse_extension": walk(*SIGNED, "request_extension"),
    "propose_plan": walk(*SIGNED),
    "approve_plan": _planned,
    "refuse_plan": _planned,
    "reach_milestone": _carried,
    "resolve": walk(*SIGNED),
    "resolve_with_problem": walk(*SIGNED),
    "confirm": walk(*DONE),
    "dispute": walk(*DONE),
    "follow_up": walk(*DONE),
    "miss": walk(*DONE),
    "refuse_call": walk(*DONE),
    "close_unreached": _missed,
    "rework": walk(*DONE),
    "rate": walk(*DONE, "confirm"),
    "call_back": _rated(1),
    "close": _rated(5),
    "close_verified": _rated(1, "call_back"),
    "close_unrated": _unrated,
    "reopen": _rated(5, "close"),
    "lift_false": walk(*DONE, "dispute"),
    "urge": walk(*SIGNED),
    "withdraw": walk(*SIGNED),
}
INPUTS: Mapping[str, Callable[[Town], dict[str, Any]]] = {
    "merge": _other,
    "split": lambda town: {"item": "J03", "title": "另一件事", "description": "请另办"},
    "hand_over": lambda town: {
        "duty": "intake", "to_id": town.user("head").id, "reason": "休假",
    },
    "ask_support": lambda town: {"unit_id": town.unit_id("GHJS"), "request": "请核实"},
    "withdraw_support": lambda town: {"unit_id": town.unit_id("GHJS"), "reason": "已无需要"},
    "advance_stage": lambda town: {"stage": "advice", "note": "已与律师面谈"},
    "propose_plan": lambda town: plan(),
    "approve_plan": lambda town: {"meeting_id": meeting(town)},
    "refuse_plan": lambda town: {"reason": "可按期办结"},
    "reach_milestone": lambda town: {"note": "勘察已完成"},
    "resolve_with_problem": lambda town: {"resolution": "变压器已增容"},
}  # fmt: skip
ACTORS: Mapping[str, str] = {
    "merge": "desk", "split": "desk", "hand_over": "desk", "ask_support": "officer",
    "withdraw_support": "officer", "advance_stage": "officer", "propose_plan": "officer",
    "approve_plan": "leader", "refuse_plan": "leader", "reach_milestone": "officer",
    "resolve_with_problem": "unithead",
}  # fmt: skip
STEPS = [step for step in TRANSITIONS if step.name != "act"]  # tests/actions/test_letters.py has it


def by_whom(town: Town, ticket: Ticket, step: Transition) -> tuple[Actor, dict[str, Any]]:
    """Return the person whose work the step is, and what it is given."""
    if step.name == "abandon":
        return system_actor(town.park_id), {}
    if step.name in ACTORS:
        return town.actor(ACTORS[step.name]), INPUTS[step.name](town)
    return town._plan(ticket, step.name)


def test_no_step_is_left_out() -> None:
    assert set(WAYS) == {step.name for step in STEPS}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step_does_what_the_table_says(town: Town, step: Transition) -> None:
    ticket = WAYS[step.name](town)
    actor, inputs = by_whom(town, ticket, step)
    state, version, due = State(ticket.state), ticket.version, ticket.due_at
    before = facts_of(ticket)
    ticket = take(actor, ticket.id, step.name, inputs, ticket.version)
    assert ticket.state == destination(step, state)
    assert ticket.version > version
    _clock_obeys(step, ticket, due)
    _is_on_record(step, ticket, actor)
    _people_are_told(step, ticket, actor, step.hearers(before))


def _clock_obeys(step: Transition, ticket: Ticket, due: Any) -> None:
    open_pauses = select(PauseSpan.id).where(
        PauseSpan.ticket_id == ticket.id, PauseSpan.ended_at.is_(None)
    )
    stands = db.session.scalar(open_pauses) is not None
    assert stands == (ticket.state in STANDING)
    if step.clock is Clock.STOP:
        assert ticket.next_alarm_at is None
    elif step.clock in (Clock.RESTART, Clock.RECKON):
        assert ticket.due_at != due and ticket.next_alarm_at is not None
    elif step.clock is Clock.RESUME:
        assert ticket.due_at is not None and ticket.next_alarm_at is not None
    elif step.clock is Clock.UNCHANGED:
        assert ticket.due_at == due
    assert (ticket.closed_at is not None) == (ticket.state in ENDS)


def _is_on_record(step: Transition, ticket: Ticket, actor: Actor) -> None:
    events = db.session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    ).all()
    event = next(one for one in reversed(events) if one.kind == step.name)
    assert (event.actor_id, event.shown) == (actor.user_id, step.shown)
    entry = select(AuditEntry).where(
        AuditEntry.action == f"ticket.{step.name}", AuditEntry.object_id == str(ticket.id)
    )
    assert any(one.succeeded for one in db.session.scalars(entry))


def _people_are_told(
    step: Transition, ticket: Ticket, actor: Actor, hearers: tuple[Any, ...]
) -> None:
    """Exactly the audiences of the table hear of the step, but not who took it."""
    told = select(Notice.user_id).where(
        Notice.ticket_id == ticket.id, Notice.text == step.told, Notice.created_at == clock.now()
    )
    wanted = {person.id for person in people(ticket, hearers)} - {actor.user_id}
    assert set(db.session.scalars(told)) == wanted


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step_is_refused_to_all_others(sqlite_app: Flask, step: Transition) -> None:
    """Whoever's role does not hold the permission is refused, and nothing has changed."""
    town = Town()
    ticket = WAYS[step.name](town)
    _actor, inputs = by_whom(town, ticket, step)
    version = ticket.version
    for login, (role, _unit) in {**STAFF, "bob": (Role.REQUESTER, None)}.items():
        if login == "bob" or scope_of(role, step.permission) is None:
            with pytest.raises(Refused) as refused:
                take(town.actor(login), ticket.id, step.name, inputs)
            assert refused.value.kind == "permission", login
    assert db.session.get_one(Ticket, ticket.id).version == version


def test_every_item_with_stages_is_in_the_catalogue(town: Town) -> None:
    assert all(item_by_code(town.park_id, code) for code in STAGED_ITEMS)
