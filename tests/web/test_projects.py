"""Projects on the pages: the wall, the list, one project; and the enterprise's own."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from servicedesk.core.projects import Stage
from servicedesk.enterprises.actions import join
from servicedesk.extensions import db
from servicedesk.projects.actions import Details, create_project, link_enterprise, plan, reach
from servicedesk.projects.models import Project
from servicedesk.projects.obstacles import raise_obstacle
from servicedesk.projects.queries import milestones, obstacles, services
from tests.support import START, Town
from tests.web.test_portal import Browser, fields, words

TODAY = START.date()
WALL = "/desk/projects/wall"


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    """The people of the template."""
    return Town()


@pytest.fixture
def desk(sqlite_app: Flask) -> Browser:
    """The desk at the browser."""
    return Browser(sqlite_app, "desk")


@pytest.fixture
def project(town: Town) -> Project:
    """A signed project of Alice's enterprise, behind its plan and with an obstacle."""
    details = Details(
        "<b>全钒液流电池</b>", 2800, town.user("desk").id, source="湘商大会", chain="新能源",
    )  # fmt: skip
    made = create_project(town.desk, details, TODAY - timedelta(days=30))
    link_enterprise(town.desk, made.id, town.enterprise_id("alice"), made.version)
    plan(town.desk, made.id, {Stage.LAND: TODAY - timedelta(days=2)}, made.version)
    reach(town.desk, made.id, Stage.SIGNED, TODAY - timedelta(days=20))
    raise_obstacle(town.desk, made.id, "地块未迁坟", town.unit_id("ZSB"), due_on=TODAY)
    raise_obstacle(town.desk, made.id, "内部意见：压一压价", town.unit_id("GKGS"), shown=False)
    return made


def fresh(project: Project) -> Project:
    """Return the project as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Project, project.id)


def post(person: Browser, project: Project, what: str, **values: Any) -> Any:
    """Send a form of the project's page."""
    page = f"/desk/projects/{project.id}"
    return person.post(f"{page}/{what}", values, page="/desk/projects/new")


@pytest.mark.parametrize("login", ["desk", "leader", "follow", "officer", "unithead"])
def test_the_wall_shows_where_each_stands_and_why(
    sqlite_app: Flask, project: Project, login: str
) -> None:
    tree = html.fromstring(Browser(sqlite_app, login).get(WALL).text)
    [column] = tree.xpath("//section[@aria-labelledby='stage-signed']")
    text = " ".join(column.text_content().split())
    for part in (
        "签约即供地",
        "<b>全钒液流电池</b>",
        "2.8亿元",
        "已20天",
        "受阻",
        "供地节点逾期2天",
        "另有2项",
    ):
        assert part in text, part
    assert tree.xpath("//a[contains(@class, 'wall-red')]")
    assert "1个受阻" in words(Browser(sqlite_app, login).get(WALL))


def test_lists_are_narrowed_sorted_and_bear_any_query(desk: Browser, project: Project) -> None:
    for query in ("q=钒", "stage=signed", "lamp=red", "source=湘商大会", "chain=新能源", "year=2024",
                  "show=all", "sort=investment"):  # fmt: skip
        assert "全钒液流电池" in words(desk.get(f"/desk/projects?{query}")), query
    for query in ("q=锂", "stage=land", "lamp=green", "year=2023", "show=ended", "owner=99999"):
        shown = words(desk.get(f"/desk/projects?{query}"))
        assert "全钒液流电池" not in shown and "清除筛选条件再看" in shown, query
        assert "没有符合条件的项目" in words(desk.get(f"{WALL}?{query}"))
    for query in ("year=²", "owner=" + "9" * 40, "stage=%F0%9F%98%80", "sort=x", "year=99999"):
        assert desk.get(f"/desk/projects?{query}").status_code == 200


def test_the_export_holds_the_rows_of_the_list(desk: Browser, project: Project) -> None:
    answer = desk.get("/desk/projects/export.xlsx?lamp=red")
    sheet = load_workbook(BytesIO(answer.data)).active
    row = [cell.value for cell in sheet[2]]
    assert row[0] == "<b>全钒液流电池</b>"
    assert (row[2], row[3], row[4], row[5]) == ("签约", "受阻", 20, 2.8)
    assert sheet.max_row == 2


def test_a_project_is_opened_planned_and_moved_on_the_pages(desk: Browser, town: Town) -> None:
    form = {"name": "东方电气装备基地", "investment": "3.6", "owner": str(town.user("head").id)}
    bad = desk.post("/desk/projects/new", {**form, "investment": "很多"}, page="/desk/projects/new")
    assert bad.status_code == 422
    assert fields(bad)["name"] == "东方电气装备基地"
    made = desk.post("/desk/projects/new", form, page="/desk/projects/new")
    db.session.rollback()
    project = db.session.get_one(Project, int(made.location.rsplit("/", 1)[1]))
    assert (project.investment, project.stage) == (3600, "talks")
    seen = str(project.version)
    day = (TODAY + timedelta(days=30)).isoformat()
    assert post(desk, project, "plan", seen=seen, planned_signed=day).status_code == 302
    stale = post(desk, project, "reach", seen=seen, stage="signed", reached_on=str(TODAY),
                 reason="说明文字")  # fmt: skip
    assert stale.status_code == 409
    assert "您写的内容还在" in words(stale) and "说明文字" in stale.text
    now = fields(stale)["seen"]
    skipped = post(desk, project, "reach", seen=now, stage="land", reached_on=str(TODAY))
    assert skipped.status_code == 422
    assert "请写明原因" in words(skipped)
    done = post(desk, project, "reach", seen=now, stage="signed", reached_on=str(TODAY))
    assert done.status_code == 302
    assert fresh(project).signed_on == TODAY
    assert milestones(project.id)[Stage.SIGNED].planned_on is not None


def test_an_enterprise_is_linked_and_a_waiting_service_opened(desk: Browser, town: Town) -> None:
    made = create_project(town.desk, Details("某项目", 2000, town.user("desk").id), TODAY)
    page = f"/desk/projects/{made.id}"
    assert "关联企业后可以逐项开通" in words(desk.get(page))
    found = html.fromstring(desk.get(f"{page}?who=荷力士").text)
    [value] = found.xpath("//form[contains(@action, '/link')]//button/@value")
    assert post(desk, made, "link", enterprise=value, seen=str(made.version)).status_code == 302
    [service] = services(made.id)
    assert post(desk, made, f"services/{service.id}").status_code == 302
    db.session.rollback()
    [service] = services(made.id)
    assert service.ticket is not None
    assert service.ticket.number in desk.get(page).text
    assert post(desk, made, f"services/{service.id}").status_code == 302
    assert "已经开通" in words(desk.get(page))


def test_an_obstacle_is_cleared_with_words(desk: Browser, project: Project) -> None:
    [one] = [found for found in obstacles(project.id) if found.shown]
    assert post(desk, project, f"obstacles/{one.id}/clear", clearing=" ").status_code == 422
    assert post(desk, project, f"obstacles/{one.id}/clear", clearing="已迁坟").status_code == 302
    assert "解决：已迁坟" in words(desk.get(f"/desk/projects/{project.id}"))
    bad = post(desk, project, "obstacles", text="没有路", unit="999999")
    assert bad.status_code == 422
    assert "没有路" in bad.text


def test_a_project_is_ended_and_taken_up_again(desk: Browser, project: Project) -> None:
    seen = str(project.version)
    assert post(desk, project, "end", seen=seen, reason="").status_code == 422
    assert post(desk, project, "end", seen=seen, reason="投资方撤资").status_code == 302
    assert "投资方撤资" in words(desk.get(f"/desk/projects/{project.id}"))
    assert "没有符合条件的项目" in words(desk.get(WALL))
    assert post(desk, project, "resume", seen=str(fresh(project).version)).status_code == 302
    assert fresh(project).ended_on is None


def test_a_leader_looks_and_changes_nothing(sqlite_app: Flask, project: Project) -> None:
    leader = Browser(sqlite_app, "leader")
    page = leader.get(f"/desk/projects/{project.id}")
    assert page.status_code == 200
    assert not html.fromstring(page.text).xpath("//main//form[@method='post']")
    assert leader.post(f"/desk/projects/{project.id}/end", {}, page=WALL).status_code == 403


def test_an_officer_of_another_unit_is_refused(sqlite_app: Flask, project: Project) -> None:
    officer = Browser(sqlite_app, "officer")
    values = {"seen": project.version, "stage": "land", "reached_on": TODAY}
    answer = post(officer, project, "reach", **values)
    assert answer.status_code == 422
    assert fresh(project).stage == "signed"


def test_the_enterprise_sees_how_far_its_project_is(sqlite_app: Flask, project: Project) -> None:
    alice = Browser(sqlite_app, "alice")
    assert "全钒液流电池" in words(alice.get("/portal/projects"))
    page = words(alice.get(f"/portal/projects/{project.id}"))
    for part in ("签约", "企业投资项目备案", "地块未迁坟", "逾期2天"):
        assert part in page, part
    assert "压一压价" not in page
    assert alice.get(WALL).status_code == 403


def test_strangers_and_the_other_hat_do_not_see_it(
    sqlite_app: Flask, town: Town, project: Project
) -> None:
    bob = Browser(sqlite_app, "bob")
    assert bob.get(f"/portal/projects/{project.id}").status_code == 404
    assert "还没有关联的投资项目" in words(bob.get("/portal/projects"))
    join(town.user("bob").id, town.enterprise_id("alice"), "clerk")
    assert "全钒液流电池" not in words(bob.get("/portal/projects"))
    assert "它属于 恩德莱科技有限公司" in words(bob.get(f"/portal/projects/{project.id}"))
