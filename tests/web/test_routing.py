"""Rules, bounces, duty, handing over and workload through their pages."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import fromstring
from openpyxl import load_workbook
from sqlalchemy import select

from servicedesk.duty.models import Absence, Handover, Shift, Skill
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.routing.models import RoutingRule
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.actions.test_duty import hire
from tests.actions.test_routing import disputed, ruled
from tests.support import PASSWORD, Town


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token: what is tested here is what they do."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def one(model: Any, *where: Any) -> Any:
    db.session.remove()
    return db.session.scalars(select(model).where(*where)).one()


# Rules ---------------------------------------------------------------------------------------


def test_the_desk_takes_a_verdict_over_with_one_click(open_app: Flask) -> None:
    town = Town()
    number = ruled(town).number
    desk = person(open_app, "desk")
    page = desk.get("/desk/routing").text
    assert "待采纳" in page
    assert number in page
    assert "职责清单第三条" in page
    rule = one(RoutingRule)
    address, seen = f"/desk/routing/{rule.id}/accept", str(rule.version)
    assert desk.post(address, data={"seen": seen}, follow_redirects=True).text.count("已采纳") == 1
    assert one(RoutingRule).state == "active"
    again = desk.post(address, data={"seen": seen}, follow_redirects=True).text
    assert "有人刚刚改动过" in again


def test_a_rule_by_hand_shows_in_the_dispatch_form(open_app: Flask) -> None:
    town = Town()
    unit, number = town.unit_id("GHJS"), town.walk(town.file(), "accept").number
    desk = person(open_app, "desk")
    empty = desk.post("/desk/routing/new", data={"item_id": "0", "area": "", "unit_id": unit})
    assert empty.status_code == 422
    assert "请至少填写一个条件" in empty.text
    form = {"item_id": "0", "area": "", "words": "执照，新设", "unit_id": unit, "reason": "试"}
    assert desk.post("/desk/routing/new", data=form).status_code == 302
    page = fromstring(desk.get(f"/desk/tickets/{number}").text)
    [box] = page.xpath("//div[@class='suggestions']")
    units = [li.text_content() for li in box.xpath("ol/li")]
    assert len(units) <= 3
    assert "派单规则指定" in units[0]
    assert "事项清单的牵头单位" in units[1]
    [chosen] = page.xpath("//select[@name='dispatch-unit_id']/option[@selected]")
    assert int(chosen.get("value") or 0) == unit


def test_the_leader_who_rules_sees_the_suggestions(open_app: Flask) -> None:
    number = disputed(Town()).number
    leader = person(open_app, "leader")
    page = leader.get(f"/desk/tickets/{number}").text
    assert "本单位已退过本工单3次" in page
    assert "派单经过" in page
    assert "派单3次，退单3次" in page


def test_without_a_rehearsal_there_is_no_link_to_one(open_app: Flask) -> None:
    ruled(Town())
    head = person(open_app, "head")
    assert ("试跑" in head.get("/desk/routing").text) == (
        "admin.rehearsal" in open_app.view_functions
    )


# Bounces -------------------------------------------------------------------------------------


def test_every_figure_leads_to_as_many_rows(open_app: Flask) -> None:
    town = Town()
    take(town.officer2, ruled(town).id, "sign", {})
    town.walk(town.file(), "accept", "dispatch", "sign")
    desk = person(open_app, "desk")
    page = fromstring(desk.get("/desk/bounces").text)
    links = page.xpath("//table[contains(@class, 'bounces')]//a")
    assert len(links) >= 8
    for link in links:
        said = int(re.findall(r"\d+", link.text_content())[-1])
        rows = fromstring(desk.get(link.get("href") or "").text).xpath("//table/tbody/tr")
        assert len(rows) == said, link.get("href")


def test_bounces_are_exported(open_app: Flask) -> None:
    ruled(Town())
    desk = person(open_app, "desk")
    for address, rows in (("/desk/bounces.xlsx", 2), ("/desk/bounces/tickets.xlsx", 4),
                          ("/desk/routing/export.xlsx", 1)):  # fmt: skip
        book = load_workbook(io.BytesIO(desk.get(address).data))
        assert book.worksheets[0].max_row == rows + 1, address
    assert desk.get("/desk/bounces?since=nonsense").status_code == 400
    assert "没有派单" in desk.get("/desk/bounces?since=2024-03-06").text


def test_confidential_matters_stay_closed_to_a_leader(open_app: Flask) -> None:
    town = Town()
    ticket = town.file(item="A01", title="秘密标题")
    with open_app.app_context(), writing():
        db.session.get_one(Ticket, ticket.id).confidential = True
    town.walk(db.session.get_one(Ticket, ticket.id), "accept", "dispatch", "return")
    leader = person(open_app, "leader")
    page = leader.get("/desk/bounces/tickets").text
    assert "秘密标题" not in page
    assert "（敏感事项）" in page


# Support -------------------------------------------------------------------------------------


def test_lead_and_supporters_stand_on_the_page(open_app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    take(town.officer, ticket.id, "ask_support",
         {"unit_id": town.unit_id("GHJS"), "request": "请核实房屋用途"})  # fmt: skip
    number = ticket.number
    for login in ("officer", "officer2", "desk"):
        page = person(open_app, login).get(f"/desk/tickets/{number}").text
        assert "主办与协办" in page
        assert "请核实房屋用途" in page
        assert "剩余" in page
    supporter = person(open_app, "officer2")
    done = supporter.post(
        f"/desk/tickets/{number}/act/answer_support",
        data={"answer_support-answer": "用途为厂房", "seen": one(Ticket).version},
    )
    assert done.status_code == 302
    page = person(open_app, "officer").get(f"/desk/tickets/{number}").text
    assert "用途为厂房" in page
    assert "按时答复" in page


# Duty ----------------------------------------------------------------------------------------


def test_the_month_shows_who_is_away_and_why_only_to_the_head(open_app: Flask) -> None:
    town = Town()
    two = hire(town, "o2")
    person_id = town.user("officer").id
    head = person(open_app, "unithead")
    leave = {"first": "2024-03-05", "last": "2024-03-06", "reason": "个人体检", "stand_in_id": two}
    saved = head.post(f"/desk/duty/people/{person_id}/leave", data=leave)
    assert saved.headers["Location"].endswith(f"/desk/duty/people/{person_id}")
    page = head.get("/desk/duty?month=2024-03").text
    assert page.count('class="at-away') == 2
    assert "个人体检" in page
    colleague = person(open_app, "officer").get("/desk/duty?month=2024-03").text
    assert 'class="at-away' in colleague
    assert "个人体检" not in colleague
    book = load_workbook(io.BytesIO(head.get("/desk/duty.xlsx?month=2024-03").data))
    assert book.worksheets[0].max_column == 32
    number = one(Absence).id
    head.post(f"/desk/duty/absences/{number}/cancel")
    assert 'class="at-away' not in head.get("/desk/duty?month=2024-03").text


def test_a_stranger_unit_is_not_there(open_app: Flask) -> None:
    town = Town()
    other, unit = town.user("officer2").id, town.unit_id("GHJS")
    head = person(open_app, "unithead")
    assert head.get(f"/desk/duty?unit={unit}").status_code == 404
    assert head.get(f"/desk/duty/people/{other}").status_code == 404
    assert head.post(f"/desk/duty/people/{other}/leave").status_code == 404
    assert head.post(f"/desk/duty/units/{unit}/mode", data={"mode": "turn"}).status_code == 404
    assert head.get(f"/desk/workload?unit={unit}").status_code == 404
    assert head.get(f"/desk/handover?from={other}").status_code == 404
    assert head.get("/desk/duty?month=never").status_code == 400
    assert person(open_app, "head").get(f"/desk/duty/people/{other}").status_code == 200


def test_mode_shift_and_skills_are_saved(open_app: Flask) -> None:
    town = Town()
    person_id, unit = town.user("officer").id, town.unit_id("SCJG")
    head = person(open_app, "unithead")
    head.post(f"/desk/duty/units/{unit}/mode", data={"mode": "load"})
    assert one(Unit, Unit.code == "SCJG").assignment == "load"
    address = f"/desk/duty/people/{person_id}"
    wrong = head.post(
        f"{address}/shift", data={"weekdays": ["1"], "start": "09:00", "end": "08:00"}
    )
    assert wrong.status_code == 422
    assert "下班时间应晚于上班时间" in wrong.text
    form = {"weekdays": ["1", "3"], "make_up_days": "y", "start": "09:00", "end": "12:00"}
    assert head.post(f"{address}/shift", data=form).status_code == 302
    row = one(Shift)
    assert (row.weekdays, row.start_minute, row.end_minute) == ("13", 540, 720)
    assert head.post(f"{address}/skills", data={"skills": ["A", "A01"]}).status_code == 302
    db.session.remove()
    assert set(db.session.scalars(select(Skill.code))) == {"A", "A01"}
    assert "09:00–12:00" in head.get("/desk/duty").text


# Handing over --------------------------------------------------------------------------------


def test_leave_with_a_stand_in_leads_to_handing_over(open_app: Flask) -> None:
    town = Town()
    two, person_id = hire(town, "o2"), town.user("officer").id
    ids = [town.walk(town.file(), "accept", "dispatch", "sign").id for _ in range(2)]
    head = person(open_app, "unithead")
    leave = {"first": "2024-03-05", "last": "2024-03-08", "reason": "年休假", "stand_in_id": two}
    saved = head.post(f"/desk/duty/people/{person_id}/leave", data=leave)
    assert "/desk/handover?" in saved.headers["Location"]
    page = fromstring(head.get(saved.headers["Location"]).text)
    ticked = [box.get("value") for box in page.xpath("//input[@name='line'][@checked]")]
    assert ticked == [f"assignee-{n}" for n in ids]
    form = {"from": person_id, "reason": "年休假", "line": ticked,
            **{f"to-{line}": str(two) for line in ticked}}  # fmt: skip
    without = head.post("/desk/handover", data={**form, "reason": " "})
    assert without.status_code == 422
    done = head.post("/desk/handover", data=form)
    assert done.text.count("已移交</span>") == 2
    assert one(Handover).tickets == 2
    assert "不需要移交" in head.get(f"/desk/handover?from={person_id}").text
    assert head.post("/desk/handover", data=form).status_code == 422


def test_an_officer_hands_over_only_the_own(open_app: Flask) -> None:
    town = Town()
    two = hire(town, "o2")
    officer = person(open_app, "officer")
    assert officer.get(f"/desk/handover?from={two}").status_code == 404
    page = fromstring(officer.get("/desk/handover").text)
    assert len(page.xpath("//select[@id='from']/option")) == 2
    assert officer.post("/desk/handover", data={"from": two, "reason": "x"}).status_code == 404
    assert officer.post("/desk/handover", data={"from": "x"}).status_code == 404


# Workload ------------------------------------------------------------------------------------


def test_a_card_is_given_to_another_person_without_a_script(open_app: Flask) -> None:
    town = Town()
    two = hire(town, "o2")
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    number, seen = ticket.number, ticket.version
    head = person(open_app, "unithead")
    page = fromstring(head.get("/desk/workload").text)
    assert len(page.xpath("//section[contains(@class, 'load-column')]")) == 3
    [form] = page.xpath("//li[contains(@class, 'load-card')]//form")
    values = {"seen": str(seen), "assignee_id": str(two)}
    moved = head.post(form.get("action"), data=values, follow_redirects=True)
    assert "已改派" in moved.text
    assert one(Ticket).assignee_id == two
    stale = head.post(f"/desk/workload/{number}/assign", data={**values, "script": "1"})
    assert stale.status_code == 422
    assert "已被他人更新" in stale.json["refused"]  # type: ignore[index]


def test_the_leader_looks_and_cannot_move(open_app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    number, unit = ticket.number, town.unit_id("SCJG")
    leader = person(open_app, "leader")
    page = leader.get(f"/desk/workload?unit={unit}").text
    assert number in page
    assert 'draggable="true"' not in page
    two = str(Town().user("unithead").id)
    values = {"seen": "5", "assignee_id": two, "script": "1"}
    assert leader.post(f"/desk/workload/{number}/assign", data=values).status_code == 422
    book = load_workbook(io.BytesIO(leader.get(f"/desk/workload.xlsx?unit={unit}").data))
    assert book.worksheets[0].max_row == 2
