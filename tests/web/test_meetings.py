"""The joint meeting, its decisions, plans and extensions on the pages."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask import Flask
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.meetings.actions import Details, add_ticket, hold_meeting, plan_meeting
from servicedesk.meetings.decisions import Wording, record_decision
from servicedesk.meetings.models import AgendaItem, Decision, Meeting
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from tests.support import Town, local
from tests.web.test_portal import Browser, fields, words

HOME = "/desk/joint-meeting"
STEPS = [("完成立项", date(2024, 3, 20)), ("竣工通车", date(2024, 6, 20))]


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    """The people of the template."""
    return Town()


@pytest.fixture
def head(sqlite_app: Flask) -> Browser:
    """The desk's head at the browser."""
    return Browser(sqlite_app, "head")


def working_on(town: Town, **changes: Any) -> Ticket:
    return town.walk(town.file(**changes), "accept", "dispatch", "sign")


def proposed(town: Town) -> Ticket:
    ticket = working_on(town, title="厂区道路改造")
    values = {"milestones": STEPS, "reason": "须立项招标"}
    return take(town.officer, ticket.id, "propose_plan", values)


def held(town: Town) -> Meeting:
    made = plan_meeting(town.head, Details(clock.now(), place="三楼会议室", chair="李主任"))
    return hold_meeting(town.head, made.id, "各单位", "逐项讨论。", made.version)


def only(kind: Any) -> Any:
    db.session.rollback()
    return db.session.scalars(select(kind)).one()


def post(who: Browser, page: str, url: str, **data: Any) -> TestResponse:
    return who.post(url, data, page=page)


def test_empty_pages_say_what_to_do(head: Browser) -> None:
    assert "自动出现在这里" in words(head.get(HOME))
    assert "还没有开过联席会议" in words(head.get(HOME))
    assert "责任单位报告落实" in words(head.get("/desk/decisions"))


def test_a_meeting_from_planning_to_the_minutes(head: Browser, town: Town) -> None:
    ticket = proposed(town)
    assert "厂区道路改造" in words(head.get(HOME))
    form = {"day": "2024-03-05", "clock": "09:30", "place": "三楼会议室", "chair": "李主任"}
    bad = post(head, "/desk/meetings/new", "/desk/meetings/new", **{**form, "place": ""})
    assert bad.status_code == 422
    assert fields(bad)["chair"] == "李主任"
    made = post(head, "/desk/meetings/new", "/desk/meetings/new", **form, everything="1")
    page = made.location
    assert "完成立项" in words(head.get(page))
    item, meeting = only(AgendaItem), only(Meeting)
    assert (item.state, item.meeting_id) == ("listed", meeting.id)
    approve = f"{page}/items/{item.id}/verdict/approve_plan"
    early = post(head, page, approve, seen=str(ticket.version))
    assert early.status_code == 422
    assert "召开之后" in words(early)
    empty = post(head, page, f"{page}/hold", seen="1", chair="李主任", attendees="")
    assert empty.status_code == 422
    stale = post(head, page, f"{page}/hold", seen="99", chair="李主任", attendees="招商部王某")
    assert stale.status_code == 409
    assert "招商部王某" in stale.text
    seen = str(meeting.version)
    done = post(head, page, f"{page}/hold", seen=seen, chair="李主任", attendees="招商部王某")
    assert done.status_code == 302
    agreed = post(head, page, approve, seen=str(ticket.version))
    assert agreed.status_code == 302
    db.session.rollback()
    assert db.session.get_one(Ticket, ticket.id).carried
    wrong = {"text": "按月调度", "unit": str(town.unit_id("SCJG")), "owner": "0"}
    bad = post(head, page, f"{page}/decisions", **wrong, due_on="2024-03-01")
    assert bad.status_code == 422
    assert "按月调度" in bad.text
    assert "完成期限须在今天之后" in words(bad)
    assert post(head, page, f"{page}/decisions", **wrong, due_on="2024-03-20").status_code == 302
    word = head.get(f"{page}/minutes.docx")
    texts = [one.text for one in Document(BytesIO(word.data)).paragraphs]
    assert any("按月调度" in one for one in texts)
    assert "二、议定事项" in texts


def test_a_dispute_is_ruled_from_the_meeting(head: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept")
    for step in ("return", "return", "contest"):
        ticket = take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
        ticket = town.walk(ticket, step)
    meeting, item = held(town), only(AgendaItem)
    page = f"/desk/meetings/{meeting.id}"
    post(head, page, f"{page}/items", item=str(item.id))
    url = f"{page}/items/{item.id}/verdict/settle"
    unit = str(town.unit_id("GHJS"))
    # the desk's head stands in for leaders on confidential matters only
    refused = post(head, page, url, seen=str(ticket.version), unit_id=unit, reason="职责清单")
    assert refused.status_code == 422
    leader = Browser(head._app, "leader")
    assert "裁定承办单位" in words(leader.get(page))
    ruled = post(leader, page, url, seen=str(ticket.version), unit_id=unit, reason="职责清单")
    assert ruled.status_code == 302
    db.session.rollback()
    assert db.session.get_one(Ticket, ticket.id).unit_id == town.unit_id("GHJS")
    assert only(AgendaItem).state == "decided"
    assert leader.get(f"{page}/items/{item.id}/verdict/dispatch").status_code == 405
    assert post(leader, page, f"{page}/items/{item.id}/verdict/dispatch").status_code == 404


def test_matters_are_put_off_and_taken_off(head: Browser, town: Town) -> None:
    ticket, meeting = working_on(town), held(town)
    page = f"/desk/meetings/{meeting.id}"
    bad = post(head, page, f"{page}/tickets", number="没有", reason="多次协调未果")
    assert bad.status_code == 422
    assert "多次协调未果" in bad.text
    post(head, page, f"{page}/tickets", number=ticket.number, reason="多次协调未果")
    item = only(AgendaItem)
    assert item.state == "listed"
    post(head, page, f"/desk/meetings/items/{item.id}/unlist")
    assert only(AgendaItem).state == "waiting"
    post(head, page, f"{page}/items", item=str(item.id))
    bad = post(head, page, f"/desk/meetings/items/{item.id}/drop", reason="")
    assert bad.status_code == 422
    post(head, page, f"/desk/meetings/items/{item.id}/drop", reason="已协调解决")
    assert only(AgendaItem).state == "dropped"


def test_confidential_matters_show_number_and_unit_to_leaders(
    sqlite_app: Flask, head: Browser, town: Town
) -> None:
    secret = working_on(town, item="H01", title="劳动纠纷咨询")
    add_ticket(town.head, secret.number, "多次调解不成")
    assert "劳动纠纷咨询" in words(head.get(HOME))
    shown = words(Browser(sqlite_app, "leader").get(HOME))
    assert secret.number in shown
    assert "劳动纠纷咨询" not in shown
    assert "多次调解不成" not in shown
    assert "恩德莱" not in shown


def decision(town: Town, **changes: Any) -> Decision:
    plain = {"text": "疏通北路管网", "unit_id": town.unit_id("SCJG"), "due_on": date(2024, 3, 20)}
    return record_decision(town.head, held(town).id, Wording(**{**plain, **changes}))


def test_a_decision_goes_to_its_end_on_the_pages(
    sqlite_app: Flask, head: Browser, town: Town
) -> None:
    made = decision(town, owner_id=town.officer.user_id)
    page = f"/desk/decisions/{made.id}"
    officer, other = Browser(sqlite_app, "officer"), Browser(sqlite_app, "officer2")
    assert other.get(page).status_code == 404
    assert "疏通北路管网" in words(officer.get("/desk/decisions?show=mine"))
    assert "疏通北路管网" not in words(other.get("/desk/decisions?show=all"))
    assert post(officer, page, f"{page}/report", seen="1", note="").status_code == 422
    stale = post(officer, page, f"{page}/report", seen="9", note="已疏通")
    assert stale.status_code == 409
    assert "已疏通" in stale.text
    assert post(officer, page, f"{page}/report", seen="1", note="已疏通").status_code == 302
    assert post(officer, page, f"{page}/confirm", seen="2").status_code == 403
    assert post(head, page, f"{page}/back", seen="2", reason="仍积水").status_code == 302
    assert post(officer, page, f"{page}/report", seen="3", note="再次疏通").status_code == 302
    assert post(head, page, f"{page}/confirm", seen="4").status_code == 302
    shown = words(head.get(page))
    assert "已办结" in shown and "退回" in shown and "仍积水" in shown
    assert post(head, page, f"{page}/nothing", seen="5").status_code == 404


def test_badges_equal_the_rows_and_the_export_has_them(head: Browser, town: Town) -> None:
    meeting = held(town)
    for number in range(5):
        day = date(2024, 3, 8) + timedelta(days=3 * number)
        record_decision(
            town.head, meeting.id, Wording(f"第{number}件事", town.unit_id("SCJG"), day)
        )
    clock.set(local("2024-03-15 10:00"))
    page = html.fromstring(head.get("/desk/decisions").text)
    badges = {
        str(link.get("href")).partition("show=")[2]: int(link.xpath("string(span)"))
        for link in page.xpath("//nav[contains(@class, 'pills')]/a")
    }
    assert (badges["open"], badges["overdue"], badges["all"]) == (5, 3, 5)
    for show, badge in badges.items():
        rows = html.fromstring(head.get(f"/desk/decisions?show={show}").text).xpath("//tbody/tr")
        assert len(rows) == badge, show
        sheet = load_workbook(
            BytesIO(head.get(f"/desk/decisions/export.xlsx?show={show}").data)
        ).active
        assert sheet.max_row - 1 == badge, show
    figures = html.fromstring(head.get(HOME).text)
    late = figures.xpath("//a[contains(@href, 'show=overdue')]//*[contains(@class,'figure-value')]")
    assert late[0].text_content().strip() == "3"
    for query in ("q=第3", "unit=" + "9" * 30, "sort=x", "show=x", "meeting=²"):
        assert head.get(f"/desk/decisions?{query}").status_code == 200, query
    assert len(html.fromstring(head.get("/desk/decisions?q=第3").text).xpath("//tbody/tr")) == 1


# Plans, extensions, supplements on the ticket's page -----------------------------------------------


def act(who: Browser, ticket: Ticket, step: str, **data: Any) -> TestResponse:
    page = f"/desk/tickets/{ticket.number}"
    filled = {f"{step}-{name}": value for name, value in data.items()}
    return post(who, page, f"{page}/act/{step}", seen=str(ticket.version), **filled)


def test_the_rows_of_a_plan_come_back_as_typed(sqlite_app: Flask, town: Town) -> None:
    officer, ticket = Browser(sqlite_app, "officer"), working_on(town)
    half = act(
        officer, ticket, "propose_plan",
        **{"reason": "须分步", "milestones-0-name": "立项", "milestones-0-day": "2024-03-20",
           "milestones-1-name": "开工", "milestones-1-day": "", "milestones-2-name": "",
           "milestones-2-day": ""},
    )  # fmt: skip
    assert half.status_code == 422
    assert "请填写日期" in words(half)
    typed = fields(half)
    assert typed["propose_plan-milestones-0-name"] == "立项"
    assert typed["propose_plan-milestones-0-day"] == "2024-03-20"
    assert typed["propose_plan-milestones-1-name"] == "开工"
    wrong = act(
        officer, ticket, "propose_plan",
        **{"reason": "须分步", "milestones-0-name": "立项", "milestones-0-day": "2024-03-20",
           "milestones-1-name": "开工", "milestones-1-day": "2024-03-18"},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "依次推后" in words(wrong)
    assert fields(wrong)["propose_plan-milestones-1-day"] == "2024-03-18"
    fine = act(
        officer, ticket, "propose_plan",
        **{"reason": "须分步", "milestones-0-name": "立项", "milestones-0-day": "2024-03-20",
           "milestones-3-name": "开工", "milestones-3-day": "2024-04-18",
           "milestones-7-name": "", "milestones-7-day": ""},
    )  # fmt: skip
    assert fine.status_code == 302
    shown = words(officer.get(f"/desk/tickets/{ticket.number}"))
    assert "待联席会议审议" in shown and "计划2024年4月18日" in shown


def test_the_enterprise_sees_the_plan_once_it_is_agreed(sqlite_app: Flask, town: Town) -> None:
    alice, ticket = Browser(sqlite_app, "alice"), proposed(town)
    page = f"/portal/requests/{ticket.number}"
    assert "完成立项" not in words(alice.get(page))
    ticket = take(town.leader, ticket.id, "approve_plan", {"meeting_id": held(town).id})
    shown = words(alice.get(page))
    assert "完成立项" in shown and "已完成0个节点，共2个" in shown
    assert "须立项招标" not in shown  # the reason was said inside
    take(town.officer, ticket.id, "reach_milestone", {"note": "立项批复已下达"})
    shown = words(alice.get(page))
    assert "已完成1个节点，共2个" in shown
    assert "立项批复已下达" in shown


def test_the_form_of_an_extension_names_its_frame(sqlite_app: Flask, town: Town) -> None:
    officer, ticket = Browser(sqlite_app, "officer"), working_on(town)
    page = f"/desk/tickets/{ticket.number}"
    tree = html.fromstring(officer.get(page).text)
    [field] = tree.xpath("//input[@name='request_extension-until']")
    hint = tree.get_element_by_id(field.get("aria-describedby").strip()).text_content()
    assert ticket.due_at is not None
    assert "现在的期限是2024年3月6日" in hint
    assert (field.get("min"), field.get("max")) == ("2024-03-07", "2024-04-03")
    bad = act(officer, ticket, "request_extension", reason="外勘", until="2024-03-06")
    assert bad.status_code == 422
    assert act(officer, ticket, "request_extension", reason="外勘", until="2024-03-08").status_code
    shown = words(officer.get(page))
    assert "2024年3月6日 → 2024年3月8日" in shown and "待审批" in shown


def test_the_desk_takes_up_what_was_given_up_with_one_click(sqlite_app: Flask, town: Town) -> None:
    ticket = town.walk(working_on(town), "request_supplement")
    alice = Browser(sqlite_app, "alice")
    page = f"/portal/requests/{ticket.number}"
    assert "请在2024年3月19日" in words(alice.get(page))
    clock.set(local("2024-03-25 10:00"))
    tasks.supplements()
    db.session.rollback()
    ticket = db.session.get_one(Ticket, ticket.id)
    desk = Browser(sqlite_app, "desk")
    shown = words(desk.get(f"/desk/tickets/{ticket.number}"))
    assert "恢复办理" in shown and "逾期未补正" in shown
    assert act(desk, ticket, "take_up").status_code == 302
    assert "办理中" in words(desk.get(f"/desk/tickets/{ticket.number}"))
