"""Training events and consultations on the pages: plan, invite, register, scan, download, answer."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.enterprises.actions import join
from servicedesk.extensions import db
from servicedesk.training.actions import hold_event, plan_event
from servicedesk.training.attendance import Person, register
from servicedesk.training.models import Attendance, Consultation, Event, EventFeedback
from tests.actions.test_training import BEGINS, PDF, plan
from tests.support import PASSWORD, START, Town

FORM: dict[str, Any] = {
    "title": "高企认定培训会", "topic": "高企认定", "kind": "training", "item_code": "E01",
    "day": "2024-03-21", "starts": "14:30", "ends": "17:00", "place": "创新中心报告厅",
    "capacity": "40", "per_enterprise": "2", "speaker": "王老师", "description": "讲申报要点",
}  # fmt: skip


@pytest.fixture
def site(sqlite_app: Flask) -> Flask:
    """The application; its forms need no token here."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def browser(site: Flask, login: str) -> FlaskClient:
    """Return a browser in which ``login`` has signed in."""
    client = site.test_client()
    client.post("/sign-in", data={"login": login, "password": PASSWORD})
    return client


def only(kind: Any) -> Any:
    """Return the only row there is, as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(kind)).one()


def planned(**changes: Any) -> int:
    """Return the number of an event on the programme."""
    town = Town()
    number = plan_event(town.desk, plan(town, **changes)).id
    db.session.remove()
    return number


def words(text: str) -> str:
    """Return what a person reads."""
    return " ".join(html.fromstring(text).xpath("//main")[0].text_content().split())


def test_the_desk_plans_an_event_in_local_time(site: Flask) -> None:
    desk = browser(site, "desk")
    unit = Town().unit_id("KGJ")
    answer = desk.post("/desk/events/new", data={**FORM, "unit_id": unit})
    event = only(Event)
    assert answer.location == f"/desk/events/{event.id}"
    assert event.starts_at == BEGINS
    page = words(desk.get(answer.location).text)
    assert "2024年3月21日 14:30" in page
    assert "区科技和工业信息化局" in page
    assert "还没有人报名" in page


def test_a_refused_plan_keeps_what_was_typed(site: Flask) -> None:
    desk = browser(site, "desk")
    unit = Town().unit_id("KGJ")
    answer = desk.post("/desk/events/new", data={**FORM, "unit_id": unit, "ends": "14:00"})
    assert answer.status_code == 422
    assert "结束时间须晚于开始时间" in answer.text
    assert 'value="高企认定培训会"' in answer.text
    answer = desk.post("/desk/events/new", data={**FORM, "unit_id": unit, "capacity": "0"})
    assert answer.status_code == 422
    officer = browser(site, "officer")
    assert officer.post("/desk/events/new", data={**FORM, "unit_id": unit}).status_code == 422


def test_the_second_of_two_editors_is_told(site: Flask) -> None:
    number = planned()
    desk = browser(site, "desk")
    url, form = f"/desk/events/{number}/edit", {**FORM, "unit_id": Town().unit_id("SCJG")}
    assert desk.post(url, data={**form, "seen": "1"}).status_code == 302
    answer = desk.post(url, data={**form, "seen": "1", "place": "会议室"})
    assert answer.status_code == 409
    assert 'value="会议室"' in answer.text
    assert desk.post(url, data={**form, "seen": "2", "place": "会议室"}).status_code == 302


def test_another_units_event_has_no_buttons(site: Flask) -> None:
    number = planned()
    stranger = browser(site, "officer2")
    assert stranger.get(f"/desk/events/{number}").status_code == 200
    for part in ("edit", "invite", "poster", "qr.svg", "people.xlsx"):
        assert stranger.get(f"/desk/events/{number}/{part}").status_code == 404, part
        assert browser(site, "officer").get(f"/desk/events/{number}/{part}").status_code == 200
    assert stranger.post(f"/desk/events/{number}/hold").status_code == 404


def test_the_list_is_narrowed_sorted_and_exported(site: Flask) -> None:
    planned(capacity=1)
    planned(title="成果转化对接会", topic="成果转化", kind="salon", item_code="E04")
    desk = browser(site, "desk")
    assert "共2场" in words(desk.get("/desk/events").text)
    for query in ("q=成果", "kind=salon", "item=E04", "q=转化&state=planned&sort=people"):
        page = words(desk.get(f"/desk/events?{query}").text)
        assert "成果转化对接会" in page
        assert "智赋千企" not in page, query
    assert "没有符合条件的活动" in desk.get("/desk/events?since=2025-01-01").text
    assert desk.get("/desk/events?sort=nothing").status_code == 400
    sheet = load_workbook(io.BytesIO(desk.get("/desk/events/export.xlsx?item=E04").data)).active
    assert sheet["A2"].value == "成果转化对接会"
    assert sheet.max_row == 2


def test_enterprises_are_chosen_and_invited(site: Flask) -> None:
    number = planned()
    desk, alice = browser(site, "desk"), Town().enterprise_id("alice")
    page = desk.get(f"/desk/events/{number}/invite?text=恩德莱").text
    assert html.fromstring(page).xpath("//input[@name='enterprise']/@value") == [str(alice)]
    answer = desk.post(f"/desk/events/{number}/invite", data={"enterprise": [str(alice), "x"]})
    assert answer.status_code == 302
    assert "已邀请1家" in desk.get(f"/desk/events/{number}").text
    assert "已邀请" in desk.get(f"/desk/events/{number}/invite?text=恩德莱").text
    notices = browser(site, "alice").get("/notices").text
    assert f"/portal/events/{number}" in notices


def people(*names: str) -> dict[str, str]:
    """Return the register form's lines."""
    lines = {f"people-{place}-person": name for place, name in enumerate(names)}
    return {**lines, "phone": "13800138000"}


def test_an_enterprise_registers_and_leaves(site: Flask) -> None:
    number = planned()
    alice = browser(site, "alice")
    page = alice.get(f"/portal/events/{number}").text
    assert 'value="alice 乙"' in page, "the own name is offered"
    url = f"/portal/events/{number}/register"
    assert alice.post(url, data=people("张一", "")).status_code == 302
    row = only(Attendance)
    assert "张一" in words(alice.get(f"/portal/events/{number}").text)
    assert "已报名1人" in words(alice.get("/portal/events?show=mine").text)
    answer = alice.post(url, data=people("张二", "张三"))
    assert answer.status_code == 422
    assert "超过了每家企业的名额" in answer.text
    assert "张三" in answer.text
    assert alice.post(url, data=people("", "")).status_code == 422
    bob = browser(site, "bob")
    assert bob.post(f"/portal/events/{number}/leave/{row.id}").status_code == 404
    assert alice.post(f"/portal/events/{number}/leave/{row.id}").status_code == 302
    assert only(Attendance).cancelled_at is not None


def test_a_full_event_says_so_and_lists_who_waits(site: Flask) -> None:
    number = planned(capacity=1)
    browser(site, "alice").post(f"/portal/events/{number}/register", data=people("张一"))
    bob = browser(site, "bob")
    assert "名额已满" in words(bob.get(f"/portal/events/{number}").text)
    answer = bob.post(
        f"/portal/events/{number}/register", data=people("李一"), follow_redirects=True
    )
    assert "1人进入候补" in answer.text
    assert "候补" in words(browser(site, "desk").get(f"/desk/events/{number}").text)


def code_of(number: int) -> str:
    """Return the path that the code on the wall leads to."""
    event = db.session.get_one(Event, number)
    path = f"/portal/events/check-in/{event.check_in_code}"
    db.session.remove()
    return path


def test_scanning_checks_in_once_within_the_time(site: Flask) -> None:
    number = planned()
    path = code_of(number)
    stranger = site.test_client().get(path)
    assert stranger.status_code == 302
    assert "/sign-in?next=" in stranger.location
    alice = browser(site, "alice")
    alice.post(f"/portal/events/{number}/register", data=people("alice 乙"))
    assert "现在不能签到" in alice.get(path).text
    assert alice.post(path).status_code == 422
    clock.set(BEGINS)
    alice = browser(site, "alice")
    assert "alice 乙" in words(alice.get(path).text)
    assert only(Attendance).checked_in_at is None, "looking is not checking in"
    assert alice.post(path).status_code == 302
    assert "您已签到" in alice.get(path).text
    clock.set(BEGINS + timedelta(minutes=9))
    alice.post(path)
    row = only(Attendance)
    assert (row.how, row.checked_in_at) == ("qr", BEGINS)
    assert alice.get("/portal/events/check-in/not-a-code-of-ours").status_code == 404
    assert browser(site, "desk").get(path).status_code == 403


def test_the_poster_carries_the_code(site: Flask) -> None:
    number = planned()
    desk = browser(site, "desk")
    assert f"/desk/events/{number}/qr.svg" in desk.get(f"/desk/events/{number}/poster").text
    picture = desk.get(f"/desk/events/{number}/qr.svg")
    assert picture.mimetype == "image/svg+xml"
    assert picture.data.startswith(b"<?xml")


def test_the_door_and_the_list(site: Flask) -> None:
    number, town = planned(), Town()
    [row] = register(
        town.alice, number, town.enterprise_id("alice"), [Person("张一", "13800138000")]
    )
    row_id, bob = row.id, town.enterprise_id("bob")
    db.session.remove()
    clock.set(BEGINS)
    desk = browser(site, "desk")
    assert desk.post(f"/desk/events/{number}/check-in/{row_id}").status_code == 302
    assert desk.post(f"/desk/events/{number}/check-in/99999").status_code == 404
    door = {"enterprise": bob, "person": "李一", "phone": "13800138001"}
    assert desk.post(f"/desk/events/{number}/door", data={**door, "phone": "1"}).status_code == 422
    assert desk.post(f"/desk/events/{number}/door", data=door).status_code == 302
    page = words(desk.get(f"/desk/events/{number}").text)
    assert "2 人次" in page
    assert "13800138000" not in page
    answer = desk.get(f"/desk/events/{number}/people.xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    assert {row[2] for row in rows[1:]} == {"138****8000", "138****8001"}
    assert desk.post(f"/desk/events/{number}/hold").status_code == 302
    assert only(Event).state == "held"
    assert desk.post(f"/desk/events/{number}/cancel", data={"reason": "x"}).status_code == 422


def test_material_and_feedback_come_after_checking_in(site: Flask) -> None:
    number = planned()
    desk = browser(site, "desk")
    files = {"files": (io.BytesIO(PDF), "课件.pdf")}
    assert desk.post(f"/desk/events/{number}/files", data=files).status_code == 302
    alice = browser(site, "alice")
    assert "签到参加后可以下载" in alice.get(f"/portal/events/{number}").text
    [link] = html.fromstring(desk.get(f"/desk/events/{number}").text).xpath(
        "//section[@id='files']//a/@href"
    )
    assert alice.get(link).status_code == 404
    clock.set(BEGINS)
    alice = browser(site, "alice")
    alice.post(code_of(number))
    assert link in alice.get(f"/portal/events/{number}").text
    assert alice.get(link).status_code == 200
    assert browser(site, "bob").get(link).status_code == 404
    url = f"/portal/events/{number}/feedback"
    assert alice.post(url, data={"comment": "很好"}).status_code == 422
    assert alice.post(url, data={"level": "5", "comment": "很好"}).status_code == 302
    assert alice.post(url, data={"level": "1"}).status_code == 422
    assert only(EventFeedback).level == 5
    page = words(browser(site, "desk").get(f"/desk/events/{number}").text)
    assert "很好" not in page, "one answer alone would show who wrote it"


def test_a_viewer_looks_and_does_not_register(site: Flask) -> None:
    number, town = planned(), Town()
    join(town.user("bob").id, town.enterprise_id("alice"), "viewer")
    alice = town.enterprise_id("alice")
    db.session.remove()
    bob = browser(site, "bob")
    bob.post("/portal/enterprise/choose", data={"enterprise": alice})
    page = bob.get(f"/portal/events/{number}").text
    assert "只读成员" in page
    answer = bob.post(f"/portal/events/{number}/register", data=people("李一"))
    assert answer.status_code == 403


def test_the_calendar_file_is_one(site: Flask) -> None:
    number = planned(title="高企认定, 研发费用; 归集" + "实务" * 20)
    answer = browser(site, "alice").get(f"/portal/events/{number}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    lines = answer.get_data(as_text=True).split("\r\n")
    assert "DTSTART:20240321T063000Z" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "高企认定\\, 研发费用\\; 归集" in "".join(lines)


def test_consultations_are_written_down_listed_and_exported(site: Flask) -> None:
    town = Town()
    form = {
        "enterprise_id": town.enterprise_id("alice"), "item_code": "E01", "topic": "研发费用归集",
        "held_on": START.date().isoformat(), "channel": "phone", "question": "怎样归集？",
        "answer": "按六大类。", "event_id": "0",
    }  # fmt: skip
    db.session.remove()
    officer = browser(site, "officer")
    url = "/desk/consultations/new"
    assert officer.post(url, data={**form, "enterprise_id": "0"}).status_code == 422
    answer = officer.post(url, data={**form, "held_on": "2024-03-06"})
    assert answer.status_code == 422
    assert "按六大类。" in answer.text
    assert officer.post(url, data=form).status_code == 302
    assert officer.post(url, data=form).status_code == 302
    assert only(Consultation).unit_id == Town().unit_id("SCJG")
    leader = browser(site, "leader")
    assert "研发费用归集" in leader.get("/desk/consultations?q=恩德莱&item=E01").text
    assert "没有符合条件的咨询" in leader.get("/desk/consultations?channel=visit").text
    sheet = load_workbook(io.BytesIO(leader.get("/desk/consultations/export.xlsx").data)).active
    assert sheet.max_row == 2
    assert "怎样归集" in browser(site, "alice").get("/portal/events?show=mine").text
    assert "怎样归集" not in browser(site, "bob").get("/portal/events?show=mine").text
    assert leader.post(url, data=form).status_code == 403


def test_past_events_and_cancelled_ones(site: Flask) -> None:
    number, town = planned(), Town()
    planned(title="要取消的")
    desk, second = browser(site, "desk"), number + 1
    assert desk.post(f"/desk/events/{second}/cancel", data={"reason": ""}).status_code == 422
    assert (
        desk.post(f"/desk/events/{second}/cancel", data={"reason": "讲师生病"}).status_code == 302
    )
    alice = browser(site, "alice")
    assert "讲师生病" in alice.get(f"/portal/events/{second}").text
    clock.set(BEGINS)
    browser(site, "alice").post(code_of(number))
    hold_event(town.desk, number)
    db.session.remove()
    clock.set(BEGINS + timedelta(days=1))
    page = words(browser(site, "alice").get("/portal/events?show=past").text)
    assert "智赋千企" in page
    assert "要取消的" not in page
    assert "近期没有活动" in browser(site, "bob").get("/portal/events").text
