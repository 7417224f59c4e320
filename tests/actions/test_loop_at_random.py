"""The whole loop at random, on both databases: people, time, jobs and the calendar in any order.

What must hold at any time is in the machine's invariants. ``make test`` runs a hundred lives on SQLite
and fewer on PostgreSQL, which is slower and shows where the databases differ within a few; ``make
test-long`` runs two thousand on each. The lives of a run pile up in one database.
"""

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from servicedesk.accounts.queries import members_of_unit
from servicedesk.calendars.actions import clear_day, set_day
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.guards import ATTEMPTS_BEFORE_CLOSING
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.stages import next_stages
from servicedesk.core.steps import Clock, Transition
from servicedesk.core.transitions import BY_NAME, TRANSITIONS
from servicedesk.core.workflow import (
    BEFORE_RESOLUTION,
    ENDS,
    REVIVABLE,
    State,
    destination,
)
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.meetings.models import Meeting
from servicedesk.tickets.actions import take
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.models import Escalation, FollowUpCall, Ticket, TicketEvent
from servicedesk.tickets.queries import item_of, subject_of
from servicedesk.tickets.timeline import system_actor
from servicedesk.transaction import writing
from tests.actions.test_every_step import INPUTS, meeting
from tests.support import STAFF, START, Town

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
LIVES = {"sqlite": 2_000 if LONG else 100, "postgresql": 2_000 if LONG else 40}
RULES_OF_A_LIFE = 14
ITEMS = ("A01", "J05", "J03", "H02", "A08")
UNITS = ("SCJG", "GHJS")
# A letter of authorization is another test's matter (test_letters), abandoning the scheduler's.
TRIED = [step for step in TRANSITIONS if step.name not in ("act", "abandon")]
GONE = ENDS - REVIVABLE
WORK = ("accept", "dispatch", "sign")
BEGINNINGS = (
    (), ("accept", "dispatch"), WORK, (*WORK, "request_supplement"), (*WORK, "resolve"),
    (*WORK, "resolve", "confirm"), (*WORK, "resolve", "confirm", "rate"),
    (*WORK, "resolve", "confirm", "rate", "close"),
    ("accept", "dispatch", "return", "dispatch", "return"),
)  # fmt: skip
HERE: list["Cast"] = []
SEEN: set[str] = set()  # the steps that were really taken in this run


class Cast(Town):
    """The town, with its people looked up once: nobody changes the part or the unit here."""

    def __init__(self) -> None:
        self._known: dict[str, Actor] = {}

    def actor(self, login: str) -> Actor:
        if login not in self._known:
            self._known[login] = super().actor(login)
        return self._known[login]


class Span:
    """What the machine itself knows of one ticket's clock: working minutes that counted."""

    def __init__(self) -> None:
        self.used = 0  # in earlier runs of the clock
        self.running = 0
        self.since: datetime = clock.now()
        self.stands = False
        self.stopped = False


class Loop(RuleBasedStateMachine):
    """People do what they may, time passes, jobs run; the invariants look at every ticket."""

    @property
    def town(self) -> Town:
        """The people of the test's database, looked up once."""
        return HERE[0]

    def __init__(self) -> None:
        super().__init__()
        clock.set(START)
        self.tickets: list[int] = []
        self.spans: dict[int, Span] = {}
        self.taken: dict[int, list[str]] = {}
        self.days: list[date] = []

    @initialize(item=st.sampled_from(ITEMS), urgent=st.booleans(), way=st.sampled_from(BEGINNINGS))
    def file_first(self, item: str, urgent: bool, way: tuple[str, ...]) -> None:
        """The first ticket begins anywhere in the loop, so that its later parts are met as often."""
        self._file("alice", item, urgent)
        for name in way:
            ticket = db.session.get_one(Ticket, self.tickets[0])
            actor, inputs = self.town._plan(ticket, name)
            self._take(ticket, actor, BY_NAME[name], inputs)

    @rule(
        login=st.sampled_from(("alice", "bob")), item=st.sampled_from(ITEMS), urgent=st.booleans()
    )
    def file(self, login: str, item: str, urgent: bool) -> None:
        if len(self.tickets) < 4:
            self._file(login, item, urgent)

    def _file(self, login: str, item: str, urgent: bool) -> None:
        ticket = self.town.file(login, item, urgent="stopped" if urgent else "")
        self.tickets.append(ticket.id)
        self.spans[ticket.id] = Span()
        self.taken[ticket.id] = ["submit"]

    @rule(hours=st.sampled_from((0, 1, 3, 8, 24, 72, 240)), minutes=st.integers(1, 59))
    def wait(self, hours: int, minutes: int) -> None:
        now = clock.now() + timedelta(hours=hours, minutes=minutes)
        for number in self.tickets:
            self._count(number, now)
        clock.set(now)

    def _count(self, number: int, now: datetime) -> None:
        span = self.spans[number]
        if not span.stands and not span.stopped:
            begun = calendar(self.town.park_id).deemed_receipt(span.since)
            span.running += max(0, calendar(self.town.park_id).between(begun, now))
        span.since = now

    @rule()
    def jobs(self) -> None:
        for job in (tasks.response, tasks.escalate, tasks.calendar, tasks.finish):
            job()
        if self.tickets:
            self._notice_archived()

    def _notice_archived(self) -> None:
        for number in self.tickets:
            known = len(self.taken[number])
            kinds = self._all_kinds().get(number, [])
            steps = [kind for kind in kinds if kind in BY_NAME or kind == "submit"]
            self.taken[number] = steps
            assert len(steps) - known <= 1  # the finishing job takes one step at the most

    @rule(ahead=st.integers(1, 20), working=st.booleans())
    def change_the_calendar(self, ahead: int, working: bool) -> None:
        day = calendar(self.town.park_id).local(clock.now()).date() + timedelta(days=ahead)
        set_day(self.town.admin, day, working, "临时安排")
        self.days.append(day)

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(2, 5))):
            self._one_step(data)

    @rule(data=st.data())
    def act_on(self, data: st.DataObject) -> None:
        self.act(data)

    def _one_step(self, data: st.DataObject) -> None:
        """Somebody whose role might tries a step that might be open; a refusal changes nothing."""
        number = data.draw(st.sampled_from(self.tickets))
        ticket = db.session.get_one(Ticket, number)
        version, before = ticket.version, State(ticket.state)
        ending = data.draw(st.integers(0, 9)) == 0
        tried = [one for one in TRIED if before in one.sources and (one.target in GONE) == ending]
        fit = [(one, who) for one in tried for who in _fit(one, ticket, self.town)]
        if not fit:
            return
        step, actor = data.draw(st.sampled_from(fit))
        inputs = self._inputs(data, ticket, step.name)
        try:
            self._take(ticket, actor, step, inputs)
        except Refused:
            db.session.rollback()
            assert db.session.get_one(Ticket, number).version == version

    def _take(
        self, ticket: Ticket, actor: Actor, step: Transition, inputs: Mapping[str, Any]
    ) -> None:
        before = State(ticket.state)
        ticket = take(actor, ticket.id, step.name, inputs, ticket.version)
        assert ticket.state == destination(step, before)
        SEEN.add(step.name)
        self.taken[ticket.id].append(step.name)
        self._follow_clock(ticket.id, step.clock, ticket)

    def _follow_clock(self, number: int, effect: Clock, ticket: Ticket) -> None:
        self._count(number, clock.now())
        span = self.spans[number]
        if effect is Clock.PAUSE:
            span.stands = True
        elif effect is Clock.RESUME:
            span.stands = False
        elif effect is Clock.STOP:
            span.stands, span.stopped = False, True
            if ticket.state == State.RESOLVED:
                assert ticket.used_minutes == span.used + span.running
        elif effect is Clock.RESTART:
            span.used = ticket.used_minutes or 0
            span.running, span.stopped, span.stands = 0, False, False

    def _inputs(self, data: st.DataObject, ticket: Ticket, step: str) -> Mapping[str, Any]:
        town = self.town
        made: dict[str, Any] = {
            "unit": data.draw(st.sampled_from(UNITS)), "level": data.draw(st.integers(1, 5)),
            "result": data.draw(st.sampled_from(sorted(RESULTS))), "ahead": data.draw(st.integers(1, 9)),
        }  # fmt: skip
        if step in ("dispatch", "settle", "ask_support", "withdraw_support"):
            return {"unit_id": town.unit_id(made["unit"]), "reason": "依职责", "request": "请协助"}
        if step == "assign":
            return {"assignee_id": members_of_unit(ticket.unit_id)[0].id}
        if step == "rate":
            return {"level": made["level"], "reasons": ["slow"]}
        if step == "resolve":
            return {"result": made["result"], "resolution": "已办"}
        if step == "request_extension":
            return {"until": town.later(ticket, made["ahead"]), "reason": "需要外勘"}
        if step == "advance_stage":
            stages = next_stages(item_of(ticket).code, ticket.stage)
            return {"stage": stages[0] if stages else "", "note": "有进展"}
        if step == "propose_plan":
            today = calendar(town.park_id).local(clock.now()).date()
            days = [today + timedelta(days=n * made["ahead"]) for n in (1, 2)]
            return {"milestones": [("勘察", days[0]), ("施工", days[1])], "reason": "分段实施"}
        if step == "approve_plan":
            return {"meeting_id": self._meeting()}
        if step == "merge":
            return {"into": self._another_of(ticket)}
        if step in INPUTS:
            return INPUTS[step](town)
        return town._plan(ticket, step)[1]

    def _meeting(self) -> int:
        held = db.session.scalar(select(func.min(Meeting.id)))
        return held or meeting(self.town)

    def _another_of(self, ticket: Ticket) -> str:
        query = select(Ticket.number).where(
            Ticket.id.in_(self.tickets), Ticket.id != ticket.id,
            Ticket.enterprise_id == ticket.enterprise_id,
        )  # fmt: skip
        return db.session.scalar(query.limit(1)) or "none"

    def _all_kinds(self) -> dict[int, list[str]]:
        query = select(TicketEvent.ticket_id, TicketEvent.kind).where(
            TicketEvent.ticket_id.in_(self.tickets)
        )
        found: dict[int, list[str]] = {}
        for number, kind in db.session.execute(query.order_by(TicketEvent.id)):
            found.setdefault(number, []).append(kind)
        return found

    def _all(self) -> list[Ticket]:
        db.session.rollback()
        return [db.session.get_one(Ticket, number) for number in self.tickets]

    @invariant()
    def everything_holds(self) -> None:
        tickets = self._all()
        kinds = self._all_kinds()
        for ticket in tickets:
            self.the_timeline_tells_every_change(ticket, kinds.get(ticket.id, []))
            self.no_end_without_the_enterprises_word(ticket)
            self.clocks_stand_or_run(ticket)
        self.the_states_add_up()
        self.each_alarm_goes_off_once()

    def the_timeline_tells_every_change(self, ticket: Ticket, kinds: list[str]) -> None:
        """Every step is a line, in order; the lines alone lead to the state that the row has."""
        steps = [kind for kind in kinds if kind in BY_NAME]
        assert ["submit", *steps] == self.taken[ticket.id]
        state = State.SUBMITTED
        for name in steps:
            assert state in BY_NAME[name].sources
            state = destination(BY_NAME[name], state)
        assert ticket.state == state

    def the_states_add_up(self) -> None:
        rows = db.session.execute(
            select(Ticket.state, func.count())
            .where(Ticket.id.in_(self.tickets))
            .group_by(Ticket.state)
        )
        assert sum(row[1] for row in rows) == len(self.tickets)

    def no_end_without_the_enterprises_word(self, ticket: Ticket) -> None:
        if ticket.state == State.CLOSED and not ticket.confirmed:
            assert self._days_without_answer(ticket) >= ATTEMPTS_BEFORE_CLOSING
        if ticket.state in (State.FOLLOWED_UP, State.RATED):
            assert ticket.confirmed

    def _days_without_answer(self, ticket: Ticket) -> int:
        calls = select(FollowUpCall.day).where(
            FollowUpCall.ticket_id == ticket.id, FollowUpCall.round == ticket.reworks,
            FollowUpCall.result.in_(["missed", "refused"]),
        )  # fmt: skip
        hours = calendar(self.town.park_id)
        return len({day for day in db.session.scalars(calls) if hours.is_working_day(day)})

    def clocks_stand_or_run(self, ticket: Ticket) -> None:
        assert (ticket.closed_at is not None) == (ticket.state in ENDS)
        if ticket.state not in BEFORE_RESOLUTION:
            assert ticket.next_alarm_at is None
        elif ticket.due_at is not None and ticket.warn_at is not None:
            assert ticket.warn_at <= ticket.due_at

    def each_alarm_goes_off_once(self) -> None:
        query = select(Escalation.ticket_id, Escalation.step, Escalation.due_at)
        rows = db.session.execute(query.where(Escalation.ticket_id.in_(self.tickets)))
        fired = [tuple(row) for row in rows]
        assert len(fired) == len(set(fired))

    def teardown(self) -> None:
        """Leave no open ticket and no local day to the next life."""
        for ticket in self._all() if self.tickets else []:
            if ticket.state in BEFORE_RESOLUTION:
                self.town.walk(ticket, "withdraw")
        for day in self.days:
            if day >= calendar(self.town.park_id).local(clock.now()).date():
                clear_day(self.town.admin, day)
        self._forget_past_days()

    def _forget_past_days(self) -> None:
        """Days that have passed cannot be cleared by anybody: the clock goes back for it."""
        clock.set(START)
        for day in self.days:
            clear_day(self.town.admin, day)


def _fit(step: Transition, ticket: Ticket, town: Town) -> list[Actor]:
    """Return who may try the step: the people whom its permission reaches here."""
    found = [town.actor(login) for login in (*STAFF, "alice", "bob")]
    subject = subject_of(ticket)
    return [actor for actor in found if allows(actor, step.permission, subject)]


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people of this test's database."""
    HERE[:] = [Cast()]
    return HERE[0]


def test_the_loop_keeps_its_promises(cast: Cast) -> None:
    engine = db.engine.dialect.name
    run_state_machine_as_test(
        Loop,
        settings=settings(
            max_examples=LIVES[engine],
            stateful_step_count=RULES_OF_A_LIFE,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if LIVES[engine] >= 100:  # so many lives meet most of the table
        assert len(SEEN) >= 30, sorted(SEEN)


def test_the_machine_can_fail(cast: Cast) -> None:
    """A ticket that is closed behind the loop's back is found."""
    machine = Loop()
    machine.file_first("J05", False, ())
    with writing():
        ticket = db.session.get_one(Ticket, machine.tickets[0])
        ticket.state, ticket.closed_at = State.CLOSED, clock.now()
    with pytest.raises(AssertionError):
        machine.no_end_without_the_enterprises_word(ticket)
    with pytest.raises(AssertionError):
        machine.everything_holds()


def test_the_system_may_abandon_what_nobody_else_may(town: Town) -> None:
    ticket = town.walk(town.file(item="J05"), "accept", "dispatch", "sign", "request_supplement")
    clock.set(clock.now() + timedelta(days=30))
    with pytest.raises(Refused):
        take(town.head, ticket.id, "abandon")
    assert take(system_actor(town.park_id), ticket.id, "abandon").state == State.ABANDONED
