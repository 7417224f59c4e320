"""The workflow table: ends are reachable, nothing moves without a permission, walks keep order."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from servicedesk.core.permissions import PERMISSIONS, Actor, Part, Role, Subject, scope_of
from servicedesk.core.workflow import (
    BY_NAME,
    ENDS,
    OPEN,
    REVIVABLE,
    STANDING,
    TRANSITIONS,
    Clock,
    Facts,
    State,
    Transition,
    available,
    destination,
    refusal,
)

NOW = datetime(2024, 3, 5, 2, 0, tzinfo=UTC)
HERE = Subject(park_id=1, enterprise_id=7, unit_id=3)


def person(role: Role, number: int = 1) -> Actor:
    """Return an actor of ``role`` to whom ``HERE`` belongs."""
    return Actor(number, role, 1, "甲", unit_id=3, parts={7: Part.OWNER})


EVERYBODY = [person(role, number) for number, role in enumerate(Role, start=1)]


def inputs_for(step: Transition) -> Mapping[str, Any]:
    return dict.fromkeys(step.needs, "x")


def test_every_open_state_reaches_an_end() -> None:
    arrows: dict[State, set[State]] = {state: set() for state in State}
    for step in TRANSITIONS:
        for source in step.sources:
            arrows[source].add(destination(step, source))
    for state in OPEN:
        seen, border = {state}, [state]
        while border:
            fresh = arrows[border.pop()] - seen
            seen |= fresh
            border += fresh
        assert seen & ENDS, state


def test_every_state_is_reachable_from_the_beginning() -> None:
    seen, border = {State.SUBMITTED}, [State.SUBMITTED]
    while border:
        here = border.pop()
        fresh = {destination(t, here) for t in TRANSITIONS if here in t.sources} - seen
        seen |= fresh
        border += fresh
    assert seen == set(State)


def test_only_what_can_come_back_leaves_an_end() -> None:
    """A closed ticket can be reopened, an abandoned one taken up; nothing else leaves an end."""
    leaving = {
        (source, step.name)
        for step in TRANSITIONS
        for source in step.sources & ENDS
        if step.target is not None
    }
    assert leaving == {(State.CLOSED, "reopen"), (State.ABANDONED, "take_up")}
    assert {source for source, _ in leaving} == REVIVABLE


@pytest.mark.parametrize("step", TRANSITIONS, ids=lambda step: step.name)
def test_each_transition_needs_its_permission(step: Transition) -> None:
    """Whoever does not hold the permission is refused for that reason, in every state."""
    assert step.permission in PERMISSIONS
    for actor in EVERYBODY:
        for state in State:
            refused = refusal(step, actor, HERE, Facts(state, NOW))
            if scope_of(actor.role, step.permission) is None:
                assert refused is not None
                assert refused.kind == "permission"
            elif state not in step.sources:
                assert refused is not None
                assert refused.kind == "state"


@pytest.mark.parametrize("step", TRANSITIONS, ids=lambda step: step.name)
def test_each_transition_insists_on_its_inputs(step: Transition) -> None:
    facts = open_facts(step)
    actor = next(a for a in EVERYBODY if scope_of(a.role, step.permission))
    assert refusal(step, actor, HERE, facts, inputs_for(step)) is None
    for name in step.needs:
        refused = refusal(step, actor, HERE, facts, {**inputs_for(step), name: ""})
        assert refused is not None
        assert (refused.kind, refused.field) == ("needs", name)


def open_facts(step: Transition) -> Facts:
    """Return facts under which every guard of ``step`` is content."""
    supported = step.name in ("answer_support", "withdraw_support")
    bad = step.name in ("close_verified", "call_back", "miss")
    return Facts(
        returns=2 if step.name == "contest" else 0,
        supporters=frozenset({3}) if supported else frozenset(),
        supplements=int(step.name == "ask_supplement_again"),
        supplement_pending=step.name in ("approve_supplement", "refuse_supplement"),
        supplement_over=True,
        plan_pending=step.name in ("approve_plan", "refuse_plan"),
        carried=step.name == "reach_milestone",
        milestones_left=int(step.name == "reach_milestone"),
        staged=True,
        urgent=step.name == "unmark_urgent",
        false_mark=True,
        called_back=step.name == "close_verified",
        intake_by=2,
        confidential=step.name == "settle",  # then the desk's head may stand in
        state=sorted(step.sources)[0],
        now=NOW,
        sign_due_at=NOW,
        due_at=NOW.replace(hour=9),
        extension_pending=step.name in ("approve_extension", "refuse_extension"),
        missed_days=3,
        rating=1 if bad else 5,
        rating_window_over=True,
        acting=True,
        powers=frozenset({"hand_in"}),
        suspension_over=True,
    )


def test_another_park_enterprise_or_unit_is_out_of_reach() -> None:
    facts = Facts(State.IN_PROGRESS, NOW)
    for elsewhere in (Subject(2, 7, 3), Subject(1, 8, 4), Subject(1, 8, None)):
        for role in (Role.REQUESTER, Role.OFFICER, Role.UNIT_HEAD):
            assert available(person(role), elsewhere, facts) == ()


def test_the_person_who_handled_it_cannot_follow_it_up() -> None:
    caller = person(Role.FOLLOW_UP, 9)
    facts = Facts(State.RESOLVED, NOW, handlers=frozenset({9}))
    names = {step.name for step in available(caller, HERE, facts)}
    assert not names & {"follow_up", "miss", "refuse_call", "rework"}


def test_a_late_unit_can_no_longer_return() -> None:
    late = Facts(State.DISPATCHED, NOW, sign_due_at=NOW.replace(hour=1))
    refused = refusal(BY_NAME["return"], person(Role.OFFICER), HERE, late)
    assert refused is not None
    assert refused.kind == "guard"


def test_delivery_is_never_closed_without_a_word_or_three_attempts() -> None:
    """Into CLOSED lead only: a rating, an expired rating window after a yes, or three attempts."""
    into = {step.name for step in TRANSITIONS if step.target is State.CLOSED}
    assert into == {"close", "close_verified", "close_unrated", "close_unreached"}
    for actor in EVERYBODY:
        for state in (State.RESOLVED, State.FOLLOWED_UP, State.RATED):
            facts = Facts(state, NOW, missed_days=2, rating=None)
            assert not {step.name for step in available(actor, HERE, facts)} & into


def test_a_random_walk_keeps_every_invariant() -> None:
    """10,000 steps by random people: an end is final, the clock never runs twice or stands twice."""
    dice = random.Random(20240305)
    state, paused, steps, ends = State.SUBMITTED, False, 0, 0
    while steps < 10_000:
        facts = Facts(
            state, NOW, paused=paused, sign_due_at=NOW, due_at=None if paused else NOW.replace(hour=9),
            extension_pending=dice.random() < 0.3, missed_days=dice.randrange(5),
            rating=dice.choice([None, 1, 2, 3, 4, 5]), rating_window_over=dice.random() < 0.3,
            acting=dice.random() < 0.5, powers=frozenset({"collect"}) if dice.random() < 0.8 else frozenset(),
            suspension_over=dice.random() < 0.3,
        )  # fmt: skip
        actor = dice.choice(EVERYBODY)
        open_now = available(actor, HERE, facts)
        if state in ENDS:
            assert not {step.name for step in open_now} - {"reopen", "take_up", "lift_false"}
            state, paused, ends = State.SUBMITTED, False, ends + 1
            continue
        if not open_now:
            continue
        step = dice.choice(open_now)
        assert state in step.sources
        assert scope_of(actor.role, step.permission) is not None
        if step.clock is Clock.PAUSE:
            assert not paused
            paused = True
        elif step.clock in (Clock.RESUME, Clock.STOP, Clock.RESTART):
            paused = False
        state = destination(step, state)
        assert paused == (state in STANDING)
        steps += 1
    assert ends > 100
