"""Cases of all six packages: steps open once and in time, failures, retries, waits, withdrawal."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.catalogue.queries import fields_of, item_by_code
from servicedesk.clock import clock
from servicedesk.core.packages import StepState, graph_of, working_days
from servicedesk.core.packages import start as start_states
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.notifications.models import Notice
from servicedesk.packages.actions import Application, end_wait, steer, submit_case, withdraw_case
from servicedesk.packages.loading import load
from servicedesk.packages.models import Package, PackageCase
from servicedesk.packages.queries import (
    Wish,
    case,
    case_of_ticket,
    cases,
    history_of,
    package_by_code,
    packages,
    states_of,
    steps_of,
)
from servicedesk.packages.questions import answers, questions
from servicedesk.tickets.models import Ticket
from tests.support import Town, local

WAITING, OPEN, DONE, FAILED = StepState.WAITING, StepState.OPEN, StepState.DONE, StepState.FAILED
START_UP = ("A01", "A02", "B01", "A04", "A05", "A03")


def package(town: Town, code: str) -> Package:
    """Return a package by its code."""
    found = package_by_code(town.park_id, code)
    assert found is not None
    return found


def wanted(town: Town, **changes: object) -> Application:
    """Return an application of alice's enterprise."""
    values: dict[str, object] = {
        "enterprise_id": town.enterprise_id("alice"), "conditions": [], "without": [],
        "answers": {}, "description": "新设公司", "contact": "李工", "phone": "13800138000",
        "key": "case-1",
    }  # fmt: skip
    return Application(**{**values, **changes})  # type: ignore[arg-type]


def ticket(found: PackageCase, key: str) -> Ticket:
    """Return the present ticket of a step."""
    number = next(row.ticket_id for row in steps_of(found.id) if row.key == key)
    return db.session.get_one(Ticket, number)


def finish(town: Town, found: PackageCase, *keys: str) -> None:
    """Let the units resolve the tickets of these steps."""
    for key in keys:
        town.walk(ticket(found, key), "accept", "dispatch", "sign", "resolve")


def shown(found: PackageCase) -> dict[str, StepState]:
    db.session.expire_all()
    return states_of(found.id)


def test_a_start_up_goes_through_in_parallel(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    assert shown(found) == dict.fromkeys(START_UP, WAITING) | {"A01": OPEN}
    finish(town, found, "A01")
    assert shown(found) == {
        "A01": DONE,
        "A02": OPEN,
        "B01": OPEN,
        "A04": OPEN,
        "A05": OPEN,
        "A03": WAITING,
    }
    finish(town, found, "B01", "A04")
    assert shown(found)["A03"] is WAITING
    finish(town, found, "A02")
    assert shown(found)["A03"] is OPEN
    finish(town, found, "A03", "A05")
    assert set(shown(found).values()) == {DONE}
    assert db.session.get_one(PackageCase, found.id).state == "done"
    tickets = db.session.scalar(select(func.count()).select_from(Ticket))
    assert tickets == len(START_UP)
    assert {line.text for line in history_of(found.enterprise_id)} == {"申请一件事", "一件事办好"}


def test_one_key_is_one_case(town: Town) -> None:
    first = submit_case(town.alice, package(town, "P1"), wanted(town))
    assert submit_case(town.alice, package(town, "P1"), wanted(town)).id == first.id
    with pytest.raises(KeyReused):
        submit_case(town.alice, package(town, "P1"), wanted(town, description="另一件"))
    with pytest.raises(Refused):
        submit_case(town.bob, package(town, "P1"), wanted(town, key="x"))


@pytest.mark.parametrize(
    ("code", "conditions", "days"),
    [("P1", [], 2), ("P2", [], 2), ("P2", ["名称变更"], 3), ("P3", [], 12), ("P5", [], 10),
     ("P4", ["租赁厂房"], 31), ("P4", ["自建"], 43), ("P6", [], 30)],
)  # fmt: skip
def test_each_package_takes_its_critical_path(
    town: Town, code: str, conditions: list[str], days: int
) -> None:
    offered = package(town, code)
    graph = graph_of(offered.steps)
    first = start_states(graph, conditions)
    assert working_days(graph, first) == days
    longest = start_states(graph, [one["key"] for one in offered.conditions])
    assert offered.promised_days in (None, working_days(graph, longest))
    found = submit_case(town.alice, offered, wanted(town, conditions=conditions))
    assert shown(found) == {
        key: (OPEN if not graph.by_key[key].after else WAITING) if state is WAITING else state
        for key, state in first.items()
    }
    assert found.due_on > date(2024, 3, 5)


def test_a_skipped_step_lets_the_next_one_open(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P2"), wanted(town))
    finish(town, found, "A06")
    assert shown(found)["A02"] is StepState.SKIPPED
    assert shown(found)["A03"] is OPEN


def test_a_failed_step_holds_up_only_what_needs_it(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    finish(town, found, "A01")
    town.walk(ticket(found, "A02"), "accept")
    town.walk(ticket(found, "A02"), "decline")
    states = shown(found)
    assert (states["A02"], states["A03"], states["B01"]) == (FAILED, WAITING, OPEN)
    told = db.session.scalars(select(Notice.text)).all()
    assert any("有一步没有办成" in text for text in told)
    with pytest.raises(Refused):
        steer(town.alice, found.id, "A02", "drop")  # A03 needs it
    before = ticket(found, "A02").id
    steer(town.desk, found.id, "A02", "retry")
    assert shown(found)["A02"] is OPEN
    assert ticket(found, "A02").id != before
    finish(town, found, "A02")
    assert shown(found)["A03"] is OPEN


def test_explained_is_not_done(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    town.walk(ticket(found, "A01"), "accept", "dispatch", "sign")
    town.walk(ticket(found, "A01"), "resolve", result="explained", resolution="名称重复")
    assert shown(found)["A01"] is FAILED
    assert steps_of(found.id)[0].reason == "名称重复"
    town.walk(ticket(found, "A01"), "dispute")  # the enterprise does not accept that
    assert shown(found)["A01"] is OPEN


def test_reopening_takes_nothing_back(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    finish(town, found, "A01")
    town.walk(ticket(found, "A01"), "dispute")
    assert (shown(found)["A01"], shown(found)["A02"]) == (OPEN, OPEN)
    town.walk(ticket(found, "A01"), "resolve")
    assert shown(found)["A01"] is DONE
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 5


def test_an_optional_step_is_dropped_and_added_again(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town, without=["A05"]))
    assert shown(found)["A05"] is StepState.DROPPED
    due = found.due_on
    steer(town.alice, found.id, "A03", "drop")
    assert db.session.get_one(PackageCase, found.id).due_on <= due
    finish(town, found, "A01")
    steer(town.alice, found.id, "A05", "add")
    assert shown(found)["A05"] is OPEN
    with pytest.raises(Refused):
        steer(town.alice, found.id, "A01", "drop")
    with pytest.raises(Refused):
        steer(town.bob, found.id, "A03", "add")
    finish(town, found, "A02", "B01", "A04", "A05")
    assert db.session.get_one(PackageCase, found.id).state == "done"


def test_the_public_notice_is_nobodys_time(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P3"), wanted(town))
    finish(town, found, "P3A")
    assert shown(found)["公示"] is OPEN
    assert tasks.packages() == 0
    clock.set(local("2024-03-25 23:30"))
    assert tasks.packages() == 0
    clock.set(local("2024-03-26 00:30"))
    assert tasks.packages() == 1
    assert tasks.packages() == 0
    assert shown(found)["A07"] is OPEN
    hours_due = found.due_on - date(2024, 3, 5)
    assert hours_due >= timedelta(days=20 + 12)
    clock.set(local("2024-03-26 10:00"))
    finish(town, found, "A07")
    assert [shown(found)[key] for key in ("P3B", "P3C", "P3D")] == [OPEN, OPEN, OPEN]


def test_a_wait_ends_once(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P3"), wanted(town))
    finish(town, found, "P3A")
    [step] = [row.id for row in steps_of(found.id) if row.key == "公示"]
    clock.set(local("2024-04-01 10:00"))
    assert [end_wait(step), end_wait(step)] == [True, False]


def test_withdrawing_takes_the_open_tickets_back(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    finish(town, found, "A01")
    with pytest.raises(Refused):
        withdraw_case(town.desk, found.id, "不办了")
    with pytest.raises(Refused):
        withdraw_case(town.alice, found.id, " ")
    withdraw_case(town.alice, found.id, "不办了")
    assert db.session.get_one(PackageCase, found.id).state == "withdrawn"
    states = db.session.scalars(select(Ticket.state).order_by(Ticket.id)).all()
    assert states == ["resolved", "withdrawn", "withdrawn", "withdrawn", "withdrawn"]
    with pytest.raises(Refused):
        steer(town.alice, found.id, "A03", "add")


def test_cases_belong_to_their_enterprise(town: Town) -> None:
    found = submit_case(town.alice, package(town, "P1"), wanted(town))
    assert case(town.alice, found.number) is not None
    assert case(town.bob, found.number) is None
    assert [one.id for one in cases(town.desk, Wish(state="open"))] == [found.id]
    assert not cases(town.desk, Wish(held_up=True))
    assert not cases(town.bob, Wish())
    linked = case_of_ticket(ticket(found, "A01").id)
    assert linked is not None
    assert linked.id == found.id


def test_one_form_asks_each_thing_once(app: Flask, town: Town) -> None:
    for offered in packages(town.park_id):
        items = [item_by_code(town.park_id, one["item"]) for one in offered.steps if one["item"]]
        known = [item for item in items if item is not None]
        asked = questions(known, offered.shared)
        names = [one.field.name for one in asked]
        assert len(names) == len(set(names))
        targets = [target for one in asked for target in one.targets]
        assert sorted(targets) == sorted(
            (item.code, field.name) for item in known for field in fields_of(item)
        )
        given = {one.field.name: one.field.name for one in asked}
        filled = answers(asked, given, [item.code for item in known])
        for one in asked:
            assert {filled[code][name] for code, name in one.targets} == {one.field.name}
        for group in offered.shared:
            assert group["name"] in names, group


def test_loading_again_changes_nothing(town: Town) -> None:
    before = [(one.code, one.version) for one in packages(town.park_id)]
    load(town.park_id)
    assert [(one.code, one.version) for one in packages(town.park_id)] == before
    assert [code for code, _version in before] == ["P1", "P2", "P3", "P4", "P5", "P6"]
