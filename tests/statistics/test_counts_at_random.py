"""Random histories, on both databases: in the end the recount agrees, and so does counting in a loop.

People file and take whatever step is open, undo it, urge; tickets and enterprises are joined, an
item changes its category, time passes, alarms go off, and the counts are built at odd moments.
"""

import os
from datetime import date, timedelta
from random import Random

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import read
from servicedesk.catalogue.editing import publish
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.transitions import TRANSITIONS
from servicedesk.enterprises.merging import merge
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.statistics.cutting import Dimension, Span, grouped, numbers
from servicedesk.statistics.facts import build, built_at
from servicedesk.statistics.verify import differences
from servicedesk.tickets.actions import Request, submit, take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import open_of_enterprise
from servicedesk.tickets.taking_back import take_back
from servicedesk.transaction import writing
from tests.statistics import naive
from tests.statistics.histories import WORK
from tests.statistics.support import stands_as_listed
from tests.support import START, Town

LIVES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 8
ALWAYS = Span(date(2023, 1, 1), date(2026, 12, 31))
ITEMS = ("A01", "C01", "J05")
BEGINNINGS = (
    (), WORK, (*WORK, "confirm"), (*WORK, "dispute", "resolve", "confirm", "rate"),
    (*WORK, "confirm", "rate", "close"), ("accept", "dispatch", "return"),
)  # fmt: skip
HERE: list[Town] = []
MET: set[str] = set()


class Counting(RuleBasedStateMachine):
    """Every life ends with a build, a recount and a count in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.town = HERE[0]
        self.chance = Random(0)
        self.tickets: list[int] = []
        clock.set(START)

    def _ticket(self, data: st.DataObject) -> Ticket:
        return db.session.get_one(Ticket, data.draw(st.sampled_from(self.tickets)))

    @initialize(item=st.sampled_from(ITEMS), way=st.sampled_from(BEGINNINGS))
    def begin(self, item: str, way: tuple[str, ...]) -> None:
        self.tickets.append(self.town.walk(self.town.file(item=item), *way).id)

    @rule(
        login=st.sampled_from(("alice", "bob")),
        item=st.sampled_from(ITEMS),
        way=st.sampled_from(BEGINNINGS),
    )
    def file(self, login: str, item: str, way: tuple[str, ...]) -> None:
        self.tickets.append(self.town.walk(self.town.file(login, item), *way).id)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Take a step that the town knows how to take; a refusal changes nothing."""
        ticket = self._ticket(data)
        open_ones = sorted(
            one.name for one in TRANSITIONS
            if ticket.state in one.sources and one.name not in ("merge", "withdraw")
        )  # fmt: skip
        for name in data.draw(st.permutations(open_ones))[:3] if open_ones else ():
            level = data.draw(st.integers(1, 5))
            try:
                who, inputs = self.town._plan(ticket, name)
                if name == "rate":
                    inputs = {"level": level, "reasons": ["slow"]}
                ticket = take(who, ticket.id, name, inputs)
            except (Refused, KeyError):
                db.session.rollback()
                continue
            MET.add(name)
            if name in ("accept", "dispatch", "sign") and level == 1:
                take_back(who, ticket.id, ticket.version)
                MET.add("undo")
            return

    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        ticket = self._ticket(data)
        others = open_of_enterprise(ticket)
        if others:
            try:
                take(self.town.desk, ticket.id, "merge", {"into": others[-1].number})
                MET.add("merge")
            except Refused:
                db.session.rollback()

    @rule(into=st.sampled_from(("alice", "bob")), way=st.sampled_from(BEGINNINGS))
    def merge_enterprises(self, into: str, way: tuple[str, ...]) -> None:
        """A second file of an enterprise, with tickets of its own, becomes a part of the first."""
        park = self.town.park_id
        with writing():
            second = Enterprise(park_id=park, name="二号档案有限公司", created_at=clock.now())
            db.session.add(second)
            db.session.flush()
            number = second.id
        item = item_by_code(park, "A01")
        assert item is not None
        request = Request(
            enterprise_id=number, title="开办", description="开办企业", contact="李工",
            phone="13800138000", channel="phone",
        )  # fmt: skip
        ticket = submit(self.town.desk, item, request)
        self.tickets.append(ticket.id)
        if way and self.chance.random() < 0.5:
            build(park)
        merge(self.town.head, self.town.enterprise_id(into), number)
        MET.add("enterprises")

    @rule(category=st.sampled_from(("A", "B")))
    def change_category(self, category: str) -> None:
        item = item_by_code(self.town.park_id, "C01")
        assert item is not None
        definition, faults = read({**columns_of(item), "category_code": category})
        assert definition is not None, faults
        publish(self.town.admin, definition, item.version)
        MET.add("category")

    @rule(hours=st.sampled_from((1, 5, 30, 200, 600)), alarms=st.booleans())
    def wait(self, hours: int, alarms: bool) -> None:
        clock.set(clock.now() + timedelta(hours=hours))
        if alarms:
            for job in (tasks.response, tasks.escalate, tasks.finish):
                job()

    @rule()
    def count(self) -> None:
        """What stands is that of the lists, whether it has been built or waits to be."""
        stands_as_listed(self.town)
        build(self.town.park_id)
        stands_as_listed(self.town)
        assert differences(self.town.park_id, self.chance) == []

    def teardown(self) -> None:
        db.session.rollback()
        park, now = self.town.park_id, clock.now()
        stands_as_listed(self.town)
        if built_at(park) is not None:
            assert differences(park, self.chance) == []  # what waits is passed over
        build(park)
        assert differences(park, self.chance) == []
        for cut in naive.some_cuts(park, self.chance, 2):
            asked, done = naive.submitted(park, ALWAYS, cut), naive.delivered(park, ALWAYS, cut)
            true = naive.of_submitted(asked, now) | naive.of_delivered(done) | naive.minutes(done)
            shown = numbers(park, ALWAYS, cut, now)
            assert {name: shown.get(name, 0) for name in true} == true, cut
            by = self.chance.choice(naive.BREAKDOWNS)
            groups = grouped(park, ALWAYS, cut, by, now)
            for key, tickets in naive.by(done, Dimension(by)).items():
                counted = naive.of_delivered(tickets)
                assert {name: groups[key].get(name, 0) for name in counted} == counted, (cut, key)


def test_the_counts_are_true_after_any_history(app: Flask) -> None:
    """The lives pile up in one database: each proves all of the earlier ones too."""
    HERE[:] = [Town()]
    run_state_machine_as_test(
        Counting,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(MET) >= 3, sorted(MET)  # few lives, but not empty ones
