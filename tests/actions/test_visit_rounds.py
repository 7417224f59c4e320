"""Rounds on both databases: planned by rules, handed out, carried out, closed."""

from collections import Counter
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.calendars.queries import calendar
from servicedesk.core.outreach import Facts, Rules
from servicedesk.core.permissions import Actor, Role
from servicedesk.enterprises.actions import create_enterprise
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.titles import award
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.outreach.actions import Report, keep_visit
from servicedesk.outreach.listing import (
    StopFilter,
    VisitFilter,
    by_officer,
    coverage_rows,
    every_visit,
    rounds,
    stops,
    stops_after,
    stops_of,
    visit_count,
    visits,
)
from servicedesk.outreach.models import VisitRound, VisitStop
from servicedesk.outreach.queries import facts
from servicedesk.outreach.rounds import (
    Plan,
    add_stop,
    assign_stop,
    close_round,
    hand_out,
    plan_round,
    put_back,
    remove_stop,
    skip_stop,
)
from servicedesk.transaction import unit_of_work
from tests.support import Town, pass_time

DAY, FRIDAY = date(2024, 3, 5), date(2024, 3, 15)


def enterprise(town: Town, name: str, area: str = "", officer: Actor | None = None) -> int:
    system = Actor(None, Role.SYSTEM, town.park_id, "tests")
    made = create_enterprise(system, name=name, code=None)
    _place(made.id, area, officer.user_id if officer else None)
    return made.id


@unit_of_work
def _place(enterprise_id: int, area: str, officer_id: int | None) -> None:
    found = db.session.get_one(Enterprise, enterprise_id)
    found.area, found.service_officer_id = area, officer_id


def plan(town: Town, count: int = 6, **changes: object) -> VisitRound:
    firms = [enterprise(town, f"第{n}号", "东区" if n % 2 else "西区") for n in range(count)]
    values: dict[str, object] = {
        "name": "三月旬上门", "purpose": "了解用工", "starts_on": DAY, "ends_on": FRIDAY,
        "rules": Rules(), "enterprise_ids": firms, "key": "r1",
    }  # fmt: skip
    return plan_round(town.desk, Plan(**{**values, **changes}))  # type: ignore[arg-type]


def rows(found: VisitRound) -> list[VisitStop]:
    query = select(VisitStop).where(VisitStop.round_id == found.id).order_by(VisitStop.id)
    return list(db.session.scalars(query))


def visit(town: Town, stop: VisitStop, key: str) -> None:
    report = Report(stop.enterprise_id, DAY, "厂区", "李工", stop_id=stop.id, key=key)
    keep_visit(town.desk, report)


# What is known --------------------------------------------------------------------------------


def test_facts_are_what_the_tables_say(town: Town) -> None:
    mine = town.enterprise_id()
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate",
              level=1, reasons=["slow"])  # fmt: skip
    award(
        town.desk, mine, name="省专精特新中小企业", level="省级",
        awarded_on=DAY - timedelta(days=700), expires_on=DAY + timedelta(days=20),
    )  # fmt: skip
    keep_visit(town.desk, Report(mine, DAY - timedelta(days=3), "厂区", "李工"))
    keep_visit(town.desk, Report(mine, DAY - timedelta(days=9), "厂区", "李工"))
    known = {one.enterprise_id: one for one in facts(town.park_id, Rules())}
    assert known[mine] == Facts(
        mine, "", None, DAY, DAY - timedelta(days=3), DAY, False, DAY + timedelta(days=20)
    )
    assert known[town.enterprise_id("bob")].visited_on is None


def test_merged_files_are_nobody_to_visit(town: Town) -> None:
    old, new = enterprise(town, "旧档"), enterprise(town, "新档")
    _merge(old, new)
    assert old not in {one.enterprise_id for one in facts(town.park_id, Rules())}
    with pytest.raises(Refused):
        plan(town, enterprise_ids=[old])


@unit_of_work
def _merge(old: int, new: int) -> None:
    db.session.get_one(Enterprise, old).merged_into_id = new


# Planning -------------------------------------------------------------------------------------


def test_a_round_keeps_rules_and_reasons(town: Town) -> None:
    seen = enterprise(town, "刚走访过")
    keep_visit(town.desk, Report(seen, DAY, "厂区", "李工"))
    found = plan(town, enterprise_ids=[town.enterprise_id(), seen, seen])
    assert (found.state, Rules.of(found.rules)) == ("planned", Rules())
    first, second = rows(found)
    assert first.reasons == ["never", "new"]
    assert second.reasons == ["by_hand"]
    assert first.weight > second.weight


def test_the_same_form_twice_is_one_round(town: Town) -> None:
    assert plan(town).id == plan(town).id
    assert plan(town, key="r2").id != plan(town, key="").id
    assert db.session.scalar(select(func.count(VisitRound.id))) == 3
    with pytest.raises(KeyReused):
        plan(town, 0, name="别的走访", enterprise_ids=[town.enterprise_id()])


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_on": DAY - timedelta(days=1)},
        {"starts_on": DAY - timedelta(days=9), "ends_on": DAY - timedelta(days=1)},
        {"ends_on": DAY + timedelta(days=400)},
        {"enterprise_ids": []},
        {"enterprise_ids": [999_999]},
    ],
)
def test_a_round_that_cannot_be(town: Town, changes: dict[str, object]) -> None:
    with pytest.raises(Refused):
        plan(town, **changes)
    assert db.session.scalar(select(func.count(VisitRound.id))) == 0


@pytest.mark.parametrize("login", ["leader", "follow", "officer", "alice"])
def test_only_the_desk_plans(town: Town, login: str) -> None:
    found, who = plan(town), town.actor(login)
    stop = rows(found)[0]
    for action in (
        lambda: plan_round(who, Plan("x", "", DAY, FRIDAY, Rules(), [stop.enterprise_id])),
        lambda: hand_out(who, found.id, [town.desk.user_id or 0]),
        lambda: add_stop(who, found.id, town.enterprise_id()),
        lambda: remove_stop(who, stop.id),
        lambda: skip_stop(who, stop.id, "企业停产"),
        lambda: assign_stop(who, stop.id, town.desk.user_id or 0, DAY),
        lambda: close_round(who, found.id, "x"),
    ):
        with pytest.raises(Refused) as refused:
            action()
        assert refused.value.kind == "permission"


def test_adding_and_taking_off_by_hand(town: Town) -> None:
    found = plan(town, 2)
    stop = add_stop(town.desk, found.id, town.enterprise_id())
    assert stop.reasons == ["by_hand"]
    for wrong in (town.enterprise_id(), 999_999):
        with pytest.raises(Refused):
            add_stop(town.desk, found.id, wrong)
    remove_stop(town.desk, stop.id)
    assert len(rows(found)) == 2


# Handing out ----------------------------------------------------------------------------------


def test_everybody_gets_a_share_and_is_told(town: Town) -> None:
    own = enterprise(town, "自己的企业", "西区", town.head)
    found = plan(town)
    add_stop(town.desk, found.id, own)
    desk, head = town.desk.user_id or 0, town.head.user_id or 0
    assert hand_out(town.desk, found.id, [desk, head, 999_999], seen=found.version) == 7
    given = rows(found)
    assert set(Counter(stop.officer_id for stop in given).values()) == {3, 4}
    assert next(stop for stop in given if stop.enterprise_id == own).officer_id == head
    hours = calendar(town.park_id)
    for stop in given:
        assert stop.planned_on is not None
        assert DAY <= stop.planned_on <= FRIDAY
        assert hours.is_working_day(stop.planned_on)
    told = db.session.scalars(select(Notice.user_id).where(Notice.link == "/desk/visits/today"))
    assert sorted(told) == sorted([desk, head])
    assert found.state == "running"


def test_a_second_press_hands_out_nothing_new(town: Town) -> None:
    found, desk = plan(town), [town.desk.user_id or 0]
    seen = found.version
    hand_out(town.desk, found.id, desk, seen=seen)
    with pytest.raises(Conflict):
        hand_out(town.desk, found.id, desk, seen=seen)
    with pytest.raises(Refused):
        hand_out(town.desk, found.id, desk)
    assert hand_out(town.desk, found.id, [town.head.user_id or 0], again=True) == 6
    assert {stop.officer_id for stop in rows(found)} == {town.head.user_id}


def test_nobody_or_no_day_left(town: Town) -> None:
    found = plan(town, ends_on=DAY + timedelta(days=1))
    with pytest.raises(Refused):
        hand_out(town.desk, found.id, [town.officer.user_id or 0])
    pass_time(days=2)
    with pytest.raises(Refused):
        hand_out(town.desk, found.id, [town.desk.user_id or 0])


def test_one_stop_by_hand(town: Town) -> None:
    found, head = plan(town), town.head.user_id or 0
    stop = rows(found)[0]
    seen = stop.version
    assign_stop(town.desk, stop.id, head, FRIDAY, seen)
    assert (stop.officer_id, stop.planned_on, found.state) == (head, FRIDAY, "running")
    with pytest.raises(Conflict):
        assign_stop(town.desk, stop.id, head, DAY, seen)
    for officer, day in ((town.officer.user_id or 0, DAY), (head, FRIDAY + timedelta(days=1))):
        with pytest.raises(Refused):
            assign_stop(town.desk, stop.id, officer, day)
    told = select(func.count(Notice.id)).where(Notice.user_id == head)
    assert db.session.scalar(told) == 1
    assert [row.VisitStop.id for row in stops_after(head, DAY, 5)] == [stop.id]
    assert stops_of(head, DAY) == []
    assert len(stops_of(head, FRIDAY)) == 1


# Carrying out ---------------------------------------------------------------------------------


def test_a_visit_finishes_its_stop_once(town: Town) -> None:
    found = plan(town)
    first, second, third = rows(found)[:3]
    visit(town, first, "v1")
    visit(town, first, "v1")
    visit(town, first, "v2")  # a second visit is kept too, without the stop
    skip_stop(town.desk, second.id, "企业放假")
    visit(town, second, "v3")  # who was skipped was visited after all
    remove_stop(town.desk, third.id)
    visit(town, third, "v4")  # its stop is gone, the visit is not
    assert (first.state, second.state, second.skip_reason) == ("done", "done", "")
    kept = visits(town.desk, VisitFilter(sort="oldest")).rows
    assert [row.Visit.stop_id for row in kept] == [first.id, None, second.id, None]
    [(_, progress)] = rounds(town.park_id)
    assert (progress.total, progress.done, progress.left) == (5, 2, 3)
    assert by_officer(found.id)[None].done == 2
    for move in (
        lambda: remove_stop(town.desk, first.id),
        lambda: skip_stop(town.desk, first.id, "x"),
        lambda: put_back(town.desk, first.id),
        lambda: assign_stop(town.desk, first.id, town.desk.user_id or 0, DAY),
    ):
        with pytest.raises(Refused):
            move()


def test_a_stop_of_another_enterprise_is_left_alone(town: Town) -> None:
    stop = rows(plan(town))[0]
    keep_visit(town.desk, Report(town.enterprise_id(), DAY, "厂区", "李工", stop_id=stop.id))
    assert stop.state == "planned"


def test_skipping_needs_a_reason_and_can_be_undone(town: Town) -> None:
    stop = rows(plan(town))[0]
    with pytest.raises(Refused) as refused:
        skip_stop(town.desk, stop.id, "  ")
    assert refused.value.field == "reason"
    assert skip_stop(town.desk, stop.id, "企业停产").skip_reason == "企业停产"
    assert put_back(town.desk, stop.id).state == "planned"


def test_a_round_ends_with_every_stop_accounted_for(town: Town) -> None:
    found = plan(town, 3)
    visit(town, rows(found)[0], "v1")
    with pytest.raises(Refused) as refused:
        close_round(town.desk, found.id)
    assert refused.value.field == "reason"
    close_round(town.desk, found.id, "转入下一轮")
    assert Counter(stop.state for stop in rows(found)) == {"done": 1, "skipped": 2}
    assert found.closed_at is not None
    for move in (
        lambda: close_round(town.desk, found.id, "x"),
        lambda: add_stop(town.desk, found.id, town.enterprise_id()),
        lambda: hand_out(town.desk, found.id, [town.desk.user_id or 0]),
        lambda: put_back(town.desk, rows(found)[1].id),
    ):
        with pytest.raises(Refused):
            move()


# Lists ----------------------------------------------------------------------------------------


def test_filters_and_orders_of_stops(town: Town) -> None:
    found = plan(town, 4)
    assign_stop(town.desk, rows(found)[0].id, town.desk.user_id or 0, DAY)
    skip_stop(town.desk, rows(found)[1].id, "x")
    assert len(stops(found.id, StopFilter())) == 4
    assert len(stops(found.id, StopFilter(state="skipped"))) == 1
    assert len(stops(found.id, StopFilter(officer=town.desk.user_id))) == 1
    assert len(stops(found.id, StopFilter(officer=0))) == 3
    assert {row.Enterprise.area for row in stops(found.id, StopFilter(area="东区"))} == {"东区"}
    names = [row.Enterprise.name for row in stops(found.id, StopFilter(sort="name"))]
    assert names == sorted(names)
    assert stops(found.id, StopFilter(sort="plan"))[0].VisitStop.planned_on == DAY


def test_pages_of_visits_hold_each_once(app: Flask, town: Town, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("servicedesk.outreach.listing.PAGE", 2)
    monkeypatch.setattr("servicedesk.streaming.CHUNK", 2)
    for back in (0, 0, 1, 2, 2):
        keep_visit(
            town.desk, Report(town.enterprise_id(), DAY - timedelta(days=back), "厂区", "李工")
        )
    for sort in ("newest", "oldest"):
        seen, after = [], ""
        for _page in range(3):
            page = visits(town.desk, VisitFilter(sort=sort, after=after))
            seen += [row.Visit.id for row in page.rows]
            after = page.after
        assert after == ""
        assert len(set(seen)) == len(seen) == 5
        assert [row.Visit.id for row in every_visit(town.desk, VisitFilter(sort=sort))] == seen
    assert visit_count(town.desk, VisitFilter(since=DAY)) == (2, 1)
    assert visit_count(town.desk, VisitFilter(word="waiting", raised="no")) == (5, 1)
    assert visit_count(town.desk, VisitFilter(word="agreed")) == (0, 0)
    assert visit_count(town.desk, VisitFilter(q="恩德莱", until=DAY)) == (5, 1)


def test_coverage_lists_everybody_with_the_last_visit(town: Town) -> None:
    for back in (8, 3):
        keep_visit(
            town.desk, Report(town.enterprise_id(), DAY - timedelta(days=back), "厂区", "李工")
        )
    found = {row.id: row.visited_on for row in coverage_rows(town.park_id)}
    assert found == {town.enterprise_id(): DAY - timedelta(days=3), town.enterprise_id("bob"): None}
