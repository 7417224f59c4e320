"""The pages of the rules and of the rehearsal: without JavaScript, each wrong number at its place."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.queries import default_park
from servicedesk.rules import applying, previewing
from servicedesk.rules.actions import publish
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.models import Ticket
from tests.jobs.support import in_progress
from tests.support import PASSWORD, START, Town, local


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """An application whose forms need no token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def draft(**changes: Any) -> dict[str, Any]:
    """Return what the form sends: the version that was seen, a reason, and numbers."""
    return {"seen": 1, "note": "早一点预警", **changes}


def test_every_number_stands_on_the_page_with_its_bounds_and_source(open_app: Flask) -> None:
    page = person(open_app, "admin").get("/admin/rules").text
    assert page.count('type="number"') == 23
    assert 'name="warn_share" type="number" inputmode="numeric" min="50" max="95"' in page
    assert "泉州：协办3个工作日" in page
    assert "现行第1版" in page
    assert "最初的版本：系统默认值。" in page


def test_a_leader_sees_and_cannot_change(open_app: Flask) -> None:
    leader = person(open_app, "leader")
    page = leader.get("/admin/rules").text
    assert 'type="number"' not in page
    assert "发布第2版" not in page
    assert leader.post("/admin/rules", data=draft(warn_share=70)).status_code == 403
    assert person(open_app, "desk").get("/admin/rules").status_code == 403


def test_publishing_through_the_page(open_app: Flask) -> None:
    admin = person(open_app, "admin")
    answer = admin.post("/admin/rules", data=draft(warn_share=" 70 "))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/rules#running")
    assert current_rules(default_park().id).warn_share == 70
    page = admin.get("/admin/rules").text
    assert "早一点预警" in page
    assert "<del>80</del> → 70 ％" in page
    assert "admin 甲" in page


@pytest.mark.parametrize("typed", ["", "x", "-1", "70.5", "七十", "9" * 40, "<b>"])
def test_what_is_no_number_is_said_at_its_field_and_kept(open_app: Flask, typed: str) -> None:
    admin = person(open_app, "admin")
    answer = admin.post("/admin/rules", data=draft(warn_share=typed, sign_days=2))
    assert answer.status_code == 422
    assert 'id="warn_share-wrong"' in answer.text
    assert "<b>" not in answer.text.split("<main")[1].split("warn_share-wrong")[0]
    assert re.search(r'name="sign_days"[^>]*value="2"', answer.text)
    assert default_park().rules_version == 1


def test_bounds_and_the_missing_reason_are_said(open_app: Flask) -> None:
    admin = person(open_app, "admin")
    answer = admin.post("/admin/rules", data=draft(warn_share=40, ladder_1=5))
    assert answer.status_code == 422
    assert 'id="warn_share-wrong"' in answer.text
    assert 'id="ladder_3-wrong"' in answer.text
    answer = admin.post("/admin/rules", data=draft(warn_share=70, note=" "))
    assert 'id="note-wrong"' in answer.text
    assert "没有改动" in admin.post("/admin/rules", data=draft(warn_share=80)).text


def test_the_second_editor_is_told(open_app: Flask) -> None:
    admin, head = person(open_app, "admin"), person(open_app, "head")
    admin.post("/admin/rules", data=draft(warn_share=70))
    answer = head.post("/admin/rules", data=draft(warn_share=60))
    assert answer.status_code == 409
    assert "规则刚刚由他人发布了新版" in answer.text
    assert re.search(r'name="warn_share"[^>]*value="60"', answer.text)
    assert default_park().rules_version == 2


def test_preview_apply_and_undo_through_the_pages(open_app: Flask) -> None:
    town = Town()
    number = town.walk(in_progress(town), "mark_urgent").number
    in_progress(town)
    publish(town.admin, {"warn_share": 50}, "试行", 1)
    admin = person(open_app, "admin")
    assert "2件在办工单仍按旧版办理" in admin.get("/admin/rules").text
    page = admin.get("/admin/rules/apply").text
    assert "套用于2件在办工单" in page
    assert "共2件" in page
    assert "共0件" in admin.get("/admin/rules/apply?effect=due").text
    calendar = re.search(r'name="calendar" value="(\d+)"', page)
    assert calendar is not None
    sent = {"version": 2, "calendar": calendar[1]}
    answer = admin.post("/admin/rules/apply", data=sent)
    where = answer.headers["Location"]
    assert where.startswith("/admin/rules/applications/")
    assert "共2件" in admin.get(where).text
    assert (
        "没有需要套用的在办工单"
        in admin.post("/admin/rules/apply", data=sent, follow_redirects=True).text
    )
    assert "套用新的办理规则" in person(open_app, "desk").get(f"/desk/tickets/{number}").text
    assert "已撤销，2件" in admin.post(f"{where}/undo", follow_redirects=True).text
    assert "已经撤销过" in admin.post(f"{where}/undo", follow_redirects=True).text
    assert admin.get("/admin/rules/applications/999").status_code == 404
    assert admin.post("/admin/rules/applications/999/undo").status_code == 404


def test_a_preview_that_is_out_of_date_is_not_applied(open_app: Flask) -> None:
    town = Town()
    town.file()
    publish(town.admin, {"warn_share": 50}, "试行", 1)
    admin = person(open_app, "admin")
    answer = admin.post("/admin/rules/apply", data={"version": 2, "calendar": 0})
    assert answer.headers["Location"] == "/admin/rules/apply"
    assert previewing.waiting(default_park().id) == 1


def test_the_enterprise_reads_of_a_date_that_moved(open_app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file("alice", "J03"), "mark_urgent")
    number = ticket.number
    publish(town.admin, {"urgent_days": 3}, "试行", 1)
    seen = previewing.preview(town.park_id, 2)
    applying.apply(town.admin, 2, seen.calendar)
    page = person(open_app, "alice").get(f"/portal/requests/{number}").text
    assert "园区的办理规则有调整，办理期限已重新计算。" in page
    assert "2024年3月6日 17:30" in page and "2024年3月8日 17:30" in page


def tickets_of_a_week(town: Town) -> list[Ticket]:
    clock.set(START)
    tickets = [town.walk(town.file(item="A03"), "accept", "dispatch", "sign") for _ in range(3)]
    clock.set(local("2024-03-07 10:00"))
    town.walk(tickets[0], "resolve")
    clock.set(local("2024-03-12 10:00"))
    return tickets


def test_rehearsing_numbers_through_the_page(open_app: Flask) -> None:
    tickets_of_a_week(Town())
    head = person(open_app, "head")
    answer = head.post("/admin/rules/try", data=draft(warn_share=50, sign_days=1))
    where = answer.headers["Location"]
    assert where == "/admin/rehearsal?kind=timing&run=1&warn_share=50"
    page = head.get(where).text
    assert "演练了2023年3月13日至2024年3月12日提交的3件工单" in page
    assert "共3件" in page
    assert page.count('<a class="title"') == 3
    assert "共1件" in head.get(where + "&shift=more").text
    assert "共0件" in head.get(where + "&step=level_3").text
    assert "没有差别" in head.get("/admin/rehearsal?kind=timing&run=1").text
    assert "这段时间没有工单" in head.get(where + "&since=2024-03-07").text
    book = load_workbook(io.BytesIO(head.get(where.replace("rehearsal", "rehearsal.xlsx")).data))
    assert book.worksheets[0].max_row == 4


def test_an_administrator_reads_numbers_not_what_tickets_are_about(open_app: Flask) -> None:
    tickets_of_a_week(Town())
    page = person(open_app, "admin").get("/admin/rehearsal?run=1&warn_share=50").text
    assert "共3件" in page
    assert "办理营业执照" not in page
    assert '<a class="title"' not in page


def test_a_draft_that_cannot_be_is_not_rehearsed(open_app: Flask) -> None:
    page = person(open_app, "head").get("/admin/rehearsal?run=1&warn_share=5&ladder_1=x").text
    assert 'id="warn_share-wrong"' in page
    assert 'id="ladder_1-wrong"' in page
    assert "演练结果" not in page


def test_rehearsing_a_routing_rule_through_the_page(open_app: Flask) -> None:
    town = Town()
    tickets_of_a_week(town)
    unit = town.unit_id("GHJS")
    head = person(open_app, "head")
    where = f"/admin/rehearsal?kind=routing&item=&area=&words=营业执照&unit={unit}"
    page = head.get(where).text
    assert "共3件" in page
    assert "实际由别的单位签收" in page
    assert "共0件" in head.get(where + "&verdict=better").text
    assert "没有碰到工单" in head.get(where.replace("营业执照", "路灯")).text
    alone = head.get(f"/admin/rehearsal?kind=routing&run=1&unit={unit}").text
    assert "请选择派往单位，并至少填写一个条件" in alone
    book = load_workbook(io.BytesIO(head.get(where.replace("rehearsal", "rehearsal.xlsx")).data))
    assert book.worksheets[0].max_row == 4


@pytest.mark.parametrize(
    "query",
    ["kind=x", "kind=routing&unit=99999", "kind=routing&unit=1&item=x", "run=1&since=2024-99-99",
     "run=1&shift=x"],
)  # fmt: skip
def test_addresses_that_name_nothing_are_refused(open_app: Flask, query: str) -> None:
    assert person(open_app, "head").get(f"/admin/rehearsal?{query}").status_code == 400
