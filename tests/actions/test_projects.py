"""Projects: stages in order, services opened once, obstacles, what is signed, by whom."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from servicedesk.audit.models import AuditEntry
from servicedesk.catalogue.queries import item
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.projects import Hold, Lamp, Stage
from servicedesk.enterprises.actions import create_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.projects.actions import (
    Details,
    create_project,
    edit_project,
    end_project,
    link_enterprise,
    plan,
    reach,
    resume_project,
)
from servicedesk.projects.models import MilestoneService, Project
from servicedesk.projects.obstacles import clear_obstacle, open_service, raise_obstacle
from servicedesk.projects.queries import (
    Filter,
    cards,
    events,
    history_of,
    milestones,
    obstacles,
    projects_of,
    services,
    signing_totals,
    stages_of,
)
from servicedesk.projects.queries import project as find_project
from servicedesk.tickets.models import Ticket
from tests.support import Town

TODAY = date(2024, 3, 5)  # START


def details(town: Town, **changes: object) -> Details:
    """Return the data of a project that the desk follows."""
    given = {
        "name": "全钒液流电池", "investment": 2800, "owner_id": town.user("desk").id,
        "annual_tax": 260, "source": "湘商大会", "plot": "新能源装备基地2栋",
    }  # fmt: skip
    return Details(**{**given, **changes})  # type: ignore[arg-type]


@pytest.fixture
def project(town: Town) -> Project:
    """A project in talks since a fortnight."""
    return create_project(town.desk, details(town), TODAY - timedelta(days=14))


def link(town: Town, project: Project, login: str = "alice") -> Project:
    """Say that the enterprise of ``login`` carries the project out."""
    return link_enterprise(town.desk, project.id, town.enterprise_id(login), project.version)


def codes(project: Project) -> dict[str, bool]:
    """Return the services that a project has opened, and whether each has a ticket."""
    return {one.item_code: one.ticket is not None for one in services(project.id)}


def test_each_stage_opens_its_services_as_tickets(town: Town, project: Project) -> None:
    link(town, project)
    for stage in (Stage.SIGNED, Stage.LAND):
        reach(town.desk, project.id, stage, TODAY)
    assert codes(project) == {
        "F06": False, "G01": True, "G02": True, "G03": True, "G04": True, "G05": True,
    }  # fmt: skip
    tickets = db.session.scalars(select(Ticket).order_by(Ticket.id)).all()
    assert [item(ticket.item_id).code for ticket in tickets] == ["G01", "G02", "G03", "G04", "G05"]
    assert {ticket.channel for ticket in tickets} == {"project"}
    assert {ticket.enterprise_id for ticket in tickets} == {town.enterprise_id()}
    assert tickets[0].answers["project_name"] == "全钒液流电池"
    assert town.walk(tickets[0], "accept", "dispatch").state == "dispatched"


def test_a_company_in_preparation_gets_its_registration_too(town: Town, project: Project) -> None:
    made = create_enterprise(
        town.desk, name="湖南某储能有限公司（筹）", code=None, phone="13800138000"
    )
    link_enterprise(town.desk, project.id, made.id, project.version)
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    assert codes(project)["A01"]


def test_nothing_is_opened_twice(town: Town, project: Project) -> None:
    link(town, project)
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    reach(town.desk, project.id, Stage.TALKS, TODAY, "资金没有到位，重新洽谈")
    assert project.signed_on is None
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    assert db.session.scalar(select(func.count(Ticket.id))) == 3  # F06 was opened when it came back
    assert db.session.scalar(select(func.count(MilestoneService.id))) == 3


def test_services_wait_for_the_enterprise(town: Town, project: Project) -> None:
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    assert codes(project) == {"F06": False, "A01": False, "G01": False, "G02": False}
    [filing] = [one for one in services(project.id) if one.item_code == "G01"]
    with pytest.raises(Refused):
        open_service(town.desk, project.id, filing.id)
    link(town, project)
    assert db.session.scalar(select(func.count(Ticket.id))) == 0  # asked for, not poured out
    ticket = open_service(town.desk, project.id, filing.id)
    assert ticket.enterprise_id == town.enterprise_id()
    with pytest.raises(Refused):
        open_service(town.desk, project.id, filing.id)


def test_two_presses_reach_a_milestone_once(app: Flask) -> None:
    town = Town()
    made = create_project(town.desk, details(town), TODAY)
    link(town, made)
    number, version, desk = made.id, made.version, town.desk
    barrier = threading.Barrier(6)

    def press(_number: int) -> str:
        with app.app_context():
            barrier.wait()
            try:
                return reach(desk, number, Stage.SIGNED, TODAY, "", version).stage
            except (Conflict, Refused):
                return "refused"
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(press, range(6)))
    assert sorted(results) == ["refused"] * 5 + ["signed"]
    assert db.session.scalar(select(func.count(Ticket.id))) == 2


def test_stages_are_not_skipped_or_left_without_a_reason(town: Town, project: Project) -> None:
    with pytest.raises(Refused) as refused:
        reach(town.desk, project.id, Stage.STARTED, TODAY)
    assert refused.value.field == "reason"
    reach(town.desk, project.id, Stage.STARTED, TODAY, "租用现成厂房，不需要供地")
    found = milestones(project.id)
    assert found[Stage.LAND].reached_on is None
    assert found[Stage.STARTED].note == "租用现成厂房，不需要供地"
    with pytest.raises(Refused):
        reach(town.desk, project.id, Stage.COMPLETED, TODAY + timedelta(days=1))


def test_the_second_of_two_editors_is_told(town: Town, project: Project) -> None:
    seen = project.version
    edit_project(town.desk, project.id, details(town, plot="阳塘片区3号"), seen)
    with pytest.raises(Conflict):
        edit_project(town.head, project.id, details(town, plot="工业大道5号"), seen)
    with pytest.raises(Conflict):
        plan(town.head, project.id, {Stage.SIGNED: TODAY}, seen)
    assert project.plot == "阳塘片区3号"


def test_plans_run_forwards_and_leave_what_was_reached(town: Town, project: Project) -> None:
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    wanted = {Stage.SIGNED: TODAY + timedelta(days=99), Stage.LAND: TODAY + timedelta(days=30)}
    plan(town.desk, project.id, wanted, project.version)
    found = milestones(project.id)
    assert found[Stage.SIGNED].planned_on is None
    assert found[Stage.LAND].planned_on == TODAY + timedelta(days=30)
    backwards = {Stage.LAND: TODAY + timedelta(days=30), Stage.STARTED: TODAY}
    with pytest.raises(Refused) as refused:
        plan(town.desk, project.id, backwards, project.version)
    assert refused.value.field == "planned_started"


def test_the_wall_says_what_holds_a_project_up(town: Town, project: Project) -> None:
    link(town, project)
    plan(town.desk, project.id, {Stage.SIGNED: TODAY - timedelta(days=3)}, project.version)
    raise_obstacle(town.desk, project.id, "地块有坟墓未迁", town.unit_id("SCJG"), due_on=TODAY)
    [card] = cards(town.leader, Filter())
    assert card.lamp is Lamp.RED
    assert [(one.kind, one.late) for one in card.held] == [(Hold.MILESTONE, 3), (Hold.OBSTACLE, 0)]
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    [card] = cards(town.leader, Filter(lamp="yellow"))
    assert [one.kind for one in card.held] == [Hold.OBSTACLE, Hold.SERVICE, Hold.SERVICE]
    clock.set(clock.now() + timedelta(days=40))
    [card] = cards(town.leader, Filter())
    assert card.lamp is Lamp.RED
    assert min(one.late for one in card.held) > 0
    assert stages_of(project)[2].lamp is Lamp.GREY


def test_the_unit_that_must_clear_an_obstacle_hears_and_may_clear_it(
    town: Town, project: Project
) -> None:
    made = raise_obstacle(town.desk, project.id, "消防水压不足", town.unit_id("SCJG"))
    with pytest.raises(Refused):
        clear_obstacle(town.officer2, project.id, made.id, "别的单位")
    clear_obstacle(town.officer, project.id, made.id, "已加装增压泵")
    with pytest.raises(Refused):
        clear_obstacle(town.desk, project.id, made.id, "再来一次")
    assert [one.cleared_on for one in obstacles(project.id)] == [TODAY]
    heard = select(Notice.text).where(Notice.user_id == town.user("unithead").id)
    assert "有项目问题需要贵单位解决。" in set(db.session.scalars(heard))
    assert {"obstacle", "clear"} <= {event.kind for event in events(project.id)}


@pytest.mark.parametrize("login", ["officer", "follow", "leader", "alice", "admin"])
def test_others_change_nothing(town: Town, project: Project, login: str) -> None:
    person: Actor = town.actor(login)
    for attempt in (
        lambda: edit_project(person, project.id, details(town), project.version),
        lambda: reach(person, project.id, Stage.SIGNED, TODAY),
        lambda: end_project(person, project.id, "x", project.version),
        lambda: raise_obstacle(person, project.id, "x", town.unit_id("SCJG")),
        lambda: link_enterprise(person, project.id, town.enterprise_id(), project.version),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.kind == "permission"


def test_an_officer_follows_projects_of_the_own_unit(town: Town) -> None:
    mine = create_project(town.officer, details(town, owner_id=town.user("officer").id), TODAY)
    reach(town.officer, mine.id, Stage.SIGNED, TODAY)
    link_enterprise(town.officer, mine.id, town.enterprise_id(), mine.version)
    reach(town.officer, mine.id, Stage.LAND, TODAY)
    assert codes(mine)["G03"]
    with pytest.raises(Refused):
        reach(town.officer2, mine.id, Stage.STARTED, TODAY)


def test_an_enterprise_sees_its_own_projects_only(town: Town, project: Project) -> None:
    assert find_project(town.alice, project.id) is None
    link(town, project)
    assert find_project(town.alice, project.id) is not None
    assert find_project(town.bob, project.id) is None
    assert cards(town.bob, Filter()) == []
    assert [card.project.id for card in projects_of(town.enterprise_id())] == [project.id]
    assert [one.text for one in history_of(town.enterprise_id())] == ["项目开始洽谈"]
    with pytest.raises(Refused):
        link(town, project, "bob")


def test_an_ended_project_leaves_the_wall_and_may_come_back(town: Town, project: Project) -> None:
    end_project(town.desk, project.id, "投资方撤资", project.version)
    assert cards(town.desk, Filter()) == []
    assert [card.project.id for card in cards(town.desk, Filter(show="ended"))] == [project.id]
    with pytest.raises(Refused):
        reach(town.desk, project.id, Stage.SIGNED, TODAY)
    resume_project(town.desk, project.id, project.version)
    with pytest.raises(Refused):
        resume_project(town.desk, project.id, project.version)
    assert len(cards(town.desk, Filter())) == 1


def test_what_was_signed_is_added_up(town: Town) -> None:
    for name, investment, source in (
        ("甲", 1500, "湘商大会"),
        ("乙", 2000, "湘商大会"),
        ("丙", 3000, ""),
    ):
        one = create_project(
            town.desk, details(town, name=name, investment=investment, source=source), TODAY
        )
        reach(town.desk, one.id, Stage.SIGNED, TODAY)
    create_project(town.desk, details(town, name="还在谈"), TODAY)
    year = (town.park_id, date(2024, 1, 1), date(2024, 12, 31))
    found = signing_totals(*year)
    assert (found.projects, found.investment, found.large, found.tax) == (3, 6500, 2, 780)
    assert signing_totals(*year, "湘商大会").investment == 3500


def test_everything_leaves_a_trace(town: Town, project: Project) -> None:
    link(town, project)
    reach(town.desk, project.id, Stage.SIGNED, TODAY)
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"project.create", "project.link", "project.reach", "project.open_service"} <= actions
