"""The pages of performance: who sees whom, reasons with the row's numbers, notes, weights, export."""

import html
import io
import re
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.queries import default_park
from servicedesk.performance.actions import contest, publish
from servicedesk.performance.queries import current_weights
from servicedesk.tickets.listing import total
from servicedesk.web.desk.filters import filter_of
from tests.performance.support import MARCH, a_month, someone
from tests.support import PASSWORD, Town, local

UNIT = "/insight/performance/units/SCJG"


@pytest.fixture
def month(sqlite_app: Flask) -> Flask:
    """A month of work, and forms that need no token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    a_month(Town())
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def address_of(login: str) -> str:
    number = Town().user(login).id
    db.session.remove()
    return f"/insight/performance/people/{number}"


def test_a_score_of_long_ago_is_not_shown_first(month: Flask) -> None:
    clock.set(local("2024-09-02 10:00"))
    page = person(month, "leader").get("/insight/performance").text
    assert "2024年全年" in page and "最近三个月没有单位办结满5件" in page


def test_a_leader_sees_every_unit_ranked_with_every_input(month: Flask) -> None:
    page = person(month, "leader").get("/insight/performance").text
    assert "2024年3月" in page  # the last full month with enough
    assert "区市场监督管理局" in page and "高新区规划建设部门" in page
    assert page.count("件数不足") == 1  # two tickets are not ranked
    assert re.search(r"5 / <a [^>]*figure=on_time_rate[^>]*>6</a>", page)
    link = re.search(r'href="([^"]*figure=on_time_rate[^"]*)"', page)
    assert link is not None
    assert (
        "since=2024-03-01" in link[1] and "until=2024-03-31" in link[1] and "unit=SCJG" in link[1]
    )
    assert '"names": ["\\u533a' in page or '"names": ["区' in page


def test_every_link_opens_a_list_of_as_many_tickets(month: Flask) -> None:
    """The page's own addresses, read as the ticket list reads them."""
    pages = {"leader": UNIT, "officer": address_of("officer")}
    for login, where in pages.items():
        page = person(month, login).get(where).text.split("本单位人员")[0]
        links = re.findall(r'href="/desk/\?([^"]*figure=[^"]*)">(\d+)</a>', page)
        assert len(links) > 8
        who = Town().actor(login)
        for query, shown in links:
            wanted = filter_of(who, dict(parse_qsl(html.unescape(query))))
            assert wanted.span is not None
            if wanted.figure == "rectified_rate":  # lists every bad rating, also what was put right
                assert total(who, wanted) >= int(shown)
            else:
                assert total(who, wanted) == int(shown), query


def test_the_reasons_have_the_numbers_of_the_row(month: Flask) -> None:
    page = person(month, "leader").get(UNIT).text
    assert "为何是这个分" in page
    assert "按期办结：5 ÷ 6 = 83.3%。" in page
    assert "未达到1件；换别人办同样的事项，预计" in page
    assert "全园区未达到的占25.0%" in page
    points = [float(text) for text in re.findall(r"= ([\d.]+)分。", page)]
    assert sum(points[:-1]) == pytest.approx(points[-1], abs=0.3)
    assert "在1个有得分的对象中排第1" in page
    assert "officer 甲" in page
    few = person(month, "leader").get("/insight/performance/units/GHJS").text
    assert "本期办结归档2件，不足5件" in few


def test_everybody_sees_only_what_is_theirs(month: Flask) -> None:
    head = person(month, "unithead")
    page = head.get("/insight/performance").text
    assert "区市场监督管理局" in page and "officer 甲" in page
    assert "高新区规划建设部门" not in page and "officer2 甲" not in page
    assert head.get("/insight/performance/units/GHJS").status_code == 404
    assert head.get(address_of("officer2")).status_code == 404
    officer = person(month, "officer")
    answer = officer.get("/insight/performance")
    assert answer.headers["Location"].startswith(address_of("officer"))
    page = officer.get(address_of("officer")).text
    assert "按期办结：5 ÷ 6" in page
    for where in (
        UNIT,
        address_of("officer2"),
        address_of("unithead"),
        "/insight/performance.xlsx",
    ):
        assert officer.get(where).status_code == 404, where
    assert person(month, "auditor").get("/insight/performance").status_code == 403
    assert person(month, "alice").get("/insight/performance").status_code == 403
    assert person(month, "desk").get(address_of("desk")).status_code == 200


def test_an_administrator_reads_numbers_without_ways_to_tickets(month: Flask) -> None:
    page = person(month, "admin").get("/insight/performance").text
    assert "5 / 6" in page
    assert "/desk/" not in page.split("<main")[1].split("</main")[0]


def test_no_page_names_a_ticket_or_an_enterprise(month: Flask) -> None:
    leader = person(month, "leader")
    for where in ("/insight/performance", UNIT, address_of("officer")):
        page = leader.get(where).text
        assert "荷力士" not in page and "办理营业执照" not in page


def test_contest_and_answer_through_the_pages(month: Flask) -> None:
    head, leader = person(month, "unithead"), person(month, "leader")
    answer = head.post(f"{UNIT}/notes?period=2024-03", data={"text": " "})
    assert answer.status_code == 422
    assert "请写明哪里不对" in answer.text
    answer = head.post(f"{UNIT}/notes?period=2024-03", data={"text": "有一件<b>已</b>批准延期"})
    assert answer.headers["Location"].startswith(UNIT)
    page = head.get(answer.headers["Location"]).text
    assert "有一件&lt;b&gt;已&lt;/b&gt;批准延期" in page
    assert "提交申诉" not in page
    assert "等待答复的申诉" in leader.get("/insight/performance").text
    number = re.search(r"/insight/performance/notes/(\d+)", leader.get(UNIT).text)
    assert number is not None
    where = f"/insight/performance/notes/{number[1]}"
    assert leader.get(where).headers["Location"].startswith(UNIT)
    assert leader.post(f"{where}?period=2024-03", data={"answer": ""}).status_code == 422
    assert head.post(where, data={"answer": "自己答复"}).status_code == 403
    leader.post(f"{where}?period=2024-03", data={"answer": "已核对，维持"})
    assert "已核对，维持" in head.get(UNIT).text
    assert "等待答复的申诉" not in leader.get("/insight/performance").text
    assert head.post("/insight/performance/units/GHJS/notes", data={"text": "x"}).status_code == 404
    assert leader.post(f"{UNIT}/notes", data={"text": "x"}).status_code == 403


def test_a_note_of_another_unit_does_not_exist(month: Flask) -> None:
    town = Town()
    made = contest(town.officer2, someone(town, "officer2"), MARCH, "请复核").id
    for login in ("unithead", "officer"):
        assert person(month, login).get(f"/insight/performance/notes/{made}").status_code == 404


def test_weights_are_tried_and_published(month: Flask) -> None:
    admin = person(month, "admin")
    where = "/insight/performance/weights"
    page = admin.get(f"{where}?preview=1&on_time=0&resolution=50").text
    assert "草案对2024年3月的影响" in page
    assert re.search(r'name="on_time"[^>]*value="0"', page)
    assert current_weights(default_park().id).version == 1
    for typed in ("x", "", "-1", "101", "4.5"):
        answer = admin.post(where, data={"seen": 1, "note": "试", "on_time": typed})
        assert answer.status_code == 422, typed
        assert 'id="on_time-wrong"' in answer.text
    answer = admin.get(f"{where}?preview=1&on_time=500")
    assert answer.status_code == 422 and 'id="on_time-wrong"' in answer.text
    answer = admin.post(where, data={"seen": 1, "note": "", "on_time": 30})
    assert 'id="note-wrong"' in answer.text
    answer = admin.post(where, data={"seen": 1, "note": "按期率已普遍较高", "on_time": 30})
    assert answer.status_code == 302
    page = admin.get(where).text
    assert "现行第2版" in page and "按期率已普遍较高" in page and "<del>40</del> → 30" in page
    assert admin.post(where, data={"seen": 1, "note": "晚了", "on_time": 20}).status_code == 409


def test_who_is_measured_reads_the_weights_and_cannot_change_them(month: Flask) -> None:
    officer = person(month, "officer")
    page = officer.get("/insight/performance/weights?preview=1&on_time=0").text
    assert "承诺时限是对企业的承诺" in page
    assert 'type="number"' not in page and "草案对" not in page and "发布第2版" not in page
    assert officer.post("/insight/performance/weights").status_code == 403
    assert person(month, "head").post("/insight/performance/weights").status_code == 403


def test_a_result_keeps_the_version_of_its_period(month: Flask) -> None:
    clock.set(local("2024-04-20 10:00"))
    publish(Town().admin, {"on_time": 10}, "改", 1)
    leader = person(month, "leader")
    assert "第1版权重" in leader.get(f"{UNIT}?period=2024-03").text
    assert "第2版权重" in leader.get(f"{UNIT}?period=2024-04").text
    assert "本期没有工单" in leader.get(f"{UNIT}?period=2024-04").text
    assert "第2版权重" in leader.get(f"{UNIT}?period=2024").text
    assert leader.get(f"{UNIT}?period=2024-13").status_code == 400


def test_the_export_has_every_input_and_is_on_record(month: Flask) -> None:
    leader = person(month, "leader")
    book = load_workbook(io.BytesIO(leader.get("/insight/performance.xlsx?period=2024-03").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 3
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["名次"], first["办结（件）"], first["按期办结：达到"], first["按期办结：应计"]) == (
        1, 6, 5, 6,
    )  # fmt: skip
    assert rows[2][0] == "件数不足" and rows[2][2] is None
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "performance.export")
    ).one()
    assert entry.after == {"rows": 2, "filter": "period=2024-03"}
    people = person(month, "unithead").get("/insight/performance.xlsx?unit=SCJG&period=2024-03")
    assert load_workbook(io.BytesIO(people.data)).worksheets[0].max_row == 2
