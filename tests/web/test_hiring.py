"""Hiring on the pages: asking for people, sending them, confirming who came."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.enterprises.actions import join
from servicedesk.extensions import db
from servicedesk.hiring.actions import open_post
from servicedesk.hiring.arrivals import report_arrival
from servicedesk.hiring.models import JobPost, Placement
from servicedesk.tickets.models import Ticket
from tests.actions.test_hiring import TODAY, draft
from tests.support import PASSWORD, Town
from tests.web.test_training import browser, only, words

NEW: dict[str, Any] = {
    "title": "焊工", "head_count": "5", "wage": "面议", "place": "2栋", "open_until": "2024-04-05",
    "requirements": "有焊工证", "contact": "李工", "phone": "13800138000", "key": "k1",
}  # fmt: skip


@pytest.fixture
def site(sqlite_app: Flask) -> Flask:
    """The application; its forms need no token here."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def posted(login: str = "alice") -> int:
    """Return the number of a post of an enterprise's."""
    town = Town()
    number = open_post(town.desk, draft(town, enterprise_id=town.enterprise_id(login))).id
    db.session.remove()
    return number


def test_one_form_makes_the_post_and_its_request(site: Flask) -> None:
    alice = browser(site, "alice")
    assert 'value="alice 乙"' in alice.get("/portal/hiring/new").text
    first = alice.post("/portal/hiring/new", data=NEW)
    again = alice.post("/portal/hiring/new", data=NEW)
    assert first.location == again.location == f"/portal/hiring/{only(JobPost).id}"
    ticket = only(Ticket)
    page = alice.get(first.location).text
    assert ticket.number in page
    assert "焊工" in browser(site, "desk").get(f"/desk/tickets/{ticket.number}").text
    other = alice.post("/portal/hiring/new", data={**NEW, "title": "质检员"})
    assert other.status_code == 422
    assert 'value="质检员"' in other.text
    key = html.fromstring(other.text).xpath("//input[@name='key']/@value")[0]
    assert (
        alice.post("/portal/hiring/new", data={**NEW, "title": "质检员", "key": key}).status_code
        == 302
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("head_count", "0"), ("head_count", "x"), ("open_until", "2024-03-01"), ("title", " "),
     ("phone", "12"), ("wage", "长" * 81)],
)  # fmt: skip
def test_a_refused_form_comes_back_with_what_was_typed(site: Flask, field: str, value: str) -> None:
    answer = browser(site, "alice").post("/portal/hiring/new", data={**NEW, field: value})
    assert answer.status_code == 422
    assert "有焊工证" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert db.session.scalar(select(func.count(Ticket.id))) == 0


def test_the_desk_writes_posts_down_for_a_request_of_the_old_way(site: Flask) -> None:
    answers = {
        "posts": "数控操作工", "head_count": 6, "salary": "月薪5000元", "needed_by": "2024-03-20",
        "requirements": "两班倒",
    }  # fmt: skip
    ticket = Town().file("alice", "C01", answers=answers)
    number, enterprise = ticket.number, ticket.enterprise_id
    db.session.remove()
    desk = browser(site, "desk")
    assert f"/desk/hiring/new?ticket={number}" in desk.get(f"/desk/tickets/{number}").text
    page = desk.get(f"/desk/hiring/new?ticket={number}").text
    for part in ('value="数控操作工"', 'value="6"', 'value="2024-03-20"', "两班倒"):
        assert part in page
    form = {**NEW, "enterprise_id": enterprise}
    answer = desk.post(f"/desk/hiring/new?ticket={number}", data=form)
    post = only(JobPost)
    assert answer.location == f"/desk/hiring/{post.id}"
    assert post.ticket_id == only(Ticket).id
    assert "焊工 × 5" in desk.get(f"/desk/hiring/new?ticket={number}").text
    assert number in desk.get(answer.location).text
    assert desk.get("/desk/hiring/new?ticket=20240305-99999-1").status_code == 404


def test_referring_reporting_confirming(site: Flask) -> None:
    number = posted()
    desk, alice = browser(site, "desk"), browser(site, "alice")
    refer = {
        "refer-source": "station", "refer-on_day": TODAY.isoformat(), "refer-referred": "8",
        "refer-interviewed": "9",
    }  # fmt: skip
    answer = desk.post(f"/desk/hiring/{number}/refer", data=refer)
    assert answer.status_code == 422
    assert "面试人数不能多于推荐人数" in answer.text
    refer["refer-interviewed"] = "4"
    assert desk.post(f"/desk/hiring/{number}/refer", data=refer).status_code == 302
    arrive = {"arrive-on_day": TODAY.isoformat(), "arrive-reported": "3"}
    assert desk.post(f"/desk/hiring/{number}/arrive", data=arrive).status_code == 302
    row = only(Placement)
    assert "待确认3人" in words(desk.get("/desk/hiring?unconfirmed=1").text)
    assert "轮到您" in alice.get("/portal/hiring").text
    url = f"/portal/hiring/{number}/confirm/{row.id}"
    assert desk.post(url).status_code == 403
    assert browser(site, "bob").post(url, data={"confirmed": "3"}).status_code == 404
    assert alice.post(url, data={"confirmed": "-1"}).status_code == 422
    answer = alice.post(url, data={"confirmed": "11"})
    assert answer.status_code == 422
    assert "请说明原因" in answer.text
    assert alice.post(url, data={"confirmed": "0"}).status_code == 302
    assert only(Placement).confirmed == 0
    own = {"arrive-on_day": "2024-03-04", "arrive-reported": "4"}
    assert alice.post(f"/portal/hiring/{number}/arrive", data=own).status_code == 302
    page = words(desk.get(f"/desk/hiring/{number}").text)
    assert "确认4人" in page
    assert "到岗4人" in words(desk.get("/desk/hiring").text)


def test_who_stayed_is_asked_after_thirty_days(site: Flask) -> None:
    number, town = posted(), Town()
    report_arrival(town.desk, number, TODAY, 3)
    db.session.remove()
    row, alice = only(Placement).id, browser(site, "alice")
    alice.post(f"/portal/hiring/{number}/confirm/{row}", data={"confirmed": "3"})
    clock.set(clock.now() + timedelta(days=30))
    alice = browser(site, "alice")
    assert "还有几人在岗" in alice.get(f"/portal/hiring/{number}").text
    url = f"/portal/hiring/{number}/stay/{row}"
    answer = alice.post(url, data={"stayed": "4"})
    assert answer.status_code == 422
    assert "在岗人数不能多于到岗人数" in answer.text
    assert alice.post(url, data={"stayed": "0"}).status_code == 302
    assert only(Placement).stayed == 0
    assert "在岗0人" in words(browser(site, "leader").get(f"/desk/hiring/{number}").text)


def test_posts_of_strangers_do_not_exist(site: Flask) -> None:
    number, other = posted(), posted("bob")
    row = report_arrival(Town().desk, other, TODAY, 1).id
    db.session.remove()
    bob, alice = browser(site, "bob"), browser(site, "alice")
    for path in ("", "/edit"):
        assert bob.get(f"/portal/hiring/{number}{path}").status_code == 404
        assert alice.get(f"/portal/hiring/{number}{path}").status_code == 200
    for path in ("confirm/" + str(row), "stay/" + str(row)):
        assert alice.post(f"/portal/hiring/{number}/{path}").status_code == 404, (
            "another post's line"
        )
    assert browser(site, "officer").get(f"/desk/hiring/{number}").status_code == 404
    assert browser(site, "follow").get("/desk/hiring").status_code == 403
    listed = words(bob.get("/portal/hiring").text)
    assert listed.count("焊工") == 1


def test_a_person_of_two_enterprises_sees_the_chosen_one_only(site: Flask) -> None:
    number, town = posted("bob"), Town()
    join(town.user("alice").id, town.enterprise_id("bob"), "clerk")
    bobs = town.enterprise_id("bob")
    db.session.remove()
    alice = browser(site, "alice")
    assert "焊工" not in words(alice.get("/portal/hiring").text)
    page = alice.get(f"/portal/hiring/{number}")
    assert "荷力士" in page.text, "offered to switch"
    assert "面议" not in page.text
    alice.post("/portal/enterprise/choose", data={"enterprise": bobs})
    assert "焊工" in words(alice.get("/portal/hiring").text)


def test_the_list_is_narrowed_sorted_and_exported(site: Flask) -> None:
    posted(), posted("bob")
    leader, alice = browser(site, "leader"), browser(site, "alice")
    assert "共2个岗位" in words(leader.get("/desk/hiring").text)
    page = words(leader.get("/desk/hiring?q=恩德莱&standing=recruiting&sort=missing").text)
    assert "荷力士" not in page
    assert "没有符合条件的岗位" in leader.get("/desk/hiring?standing=filled").text
    assert leader.get("/desk/hiring?standing=maybe").status_code == 400
    rows = list(
        load_workbook(io.BytesIO(leader.get("/desk/hiring/export.xlsx").data)).active.values
    )
    assert len(rows) == 3
    mine = list(
        load_workbook(io.BytesIO(alice.get("/portal/hiring/export.xlsx").data)).active.values
    )
    assert [row[0] for row in mine[1:]] == ["恩德莱科技有限公司"]


def test_editing_and_closing(site: Flask) -> None:
    number = posted()
    desk, alice = browser(site, "desk"), browser(site, "alice")
    url = f"/portal/hiring/{number}/edit"
    assert alice.post(url, data={**NEW, "seen": "1", "head_count": "7"}).status_code == 302
    answer = desk.post(f"/desk/hiring/{number}/edit", data={**NEW, "seen": "1", "wage": "六千"})
    assert answer.status_code == 409
    assert 'value="六千"' in answer.text
    assert alice.post(f"/portal/hiring/{number}/close", data={"reason": ""}).status_code == 422
    assert (
        alice.post(f"/portal/hiring/{number}/close", data={"reason": "不招了"}).status_code == 302
    )
    assert "不招了" in words(desk.get(f"/desk/hiring/{number}").text)
    assert "已关闭" in words(alice.get("/portal/hiring?standing=closed").text)


def test_empty_pages_say_what_to_do(site: Flask) -> None:
    client: FlaskClient = site.test_client()
    client.post("/sign-in", data={"login": "alice", "password": PASSWORD})
    assert "约两分钟填好一个岗位" in client.get("/portal/hiring").text
    assert "还没有招聘岗位" in browser(site, "desk").get("/desk/hiring").text
