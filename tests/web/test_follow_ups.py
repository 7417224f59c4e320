"""The follow-up desk and the list of false resolutions, through their pages."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, fromstring
from openpyxl import load_workbook
from sqlalchemy import event, select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.children import FalseResolution
from servicedesk.tickets.models import FollowUpCall, Ticket
from servicedesk.transaction import writing
from tests.support import PASSWORD, Town, local, pass_time

DONE = ("accept", "dispatch", "sign", "resolve")


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token: what is tested here is what they do."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    """Return a browser in which somebody has signed in."""
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def walked(*steps: str, **filing: Any) -> str:
    """File a ticket and take steps; returns its number."""
    town = Town()
    number = town.walk(town.file(**filing), *steps).number
    db.session.remove()
    return number


def ticket_of(number: str) -> Ticket:
    """Return a ticket afresh."""
    db.session.remove()
    return db.session.scalars(select(Ticket).where(Ticket.number == number)).one()


def page(client: FlaskClient, address: str) -> HtmlElement:
    """Return a page."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return fromstring(answer.text)


def cards(where: HtmlElement) -> list[str]:
    """Return the numbers of the tickets on a page."""
    return [
        str(text)
        for text in where.xpath("//li[contains(@class, 'call')]//*[@class='number']/text()")
    ]


def tabs(where: HtmlElement) -> dict[str, int]:
    """Return the number on each tab."""
    links = where.xpath("//nav[@aria-label='回访的种类']/a")
    return {link.get("href").split("=")[1]: int(link.xpath("span/text()")[0]) for link in links}


def results(where: HtmlElement, number: str) -> list[str]:
    """Return the results that a ticket's form offers."""
    return [
        str(one) for one in where.xpath(f"//li[@id='call-{number}']//input[@name='result']/@value")
    ]


def call(client: FlaskClient, number: str, result: str, note: str = "说明", **more: Any) -> Any:
    """Enter the result of a call."""
    data = {"result": result, "note": note, "seen": ticket_of(number).version, **more}
    db.session.remove()
    return client.post(f"/desk/follow-ups/{number}/call?tab=today", data=data)


def test_every_tab_holds_what_its_number_says(open_app: Flask) -> None:
    to_call, tried = walked(*DONE), walked(*DONE, "miss")
    bad = walked(*DONE, "confirm")
    rectified = walked(*DONE, "confirm")
    town = Town()
    for number in (bad, rectified):
        town.walk(ticket_of(number), "rate", level=1, reasons=["slow"])
    town.walk(ticket_of(rectified), "call_back", "rework")
    walked(*DONE, "confirm", "rate")  # well rated: nobody is called
    db.session.remove()
    client = person(open_app, "follow")
    numbers = tabs(page(client, "/desk/follow-ups"))
    shown = {tab: cards(page(client, f"/desk/follow-ups?tab={tab}")) for tab in numbers}
    assert {tab: len(rows) for tab, rows in shown.items()} == numbers
    assert {tab: set(rows) for tab, rows in shown.items()} == {
        "today": {to_call, bad}, "tried": {tried}, "bad": {bad}, "rectifying": {rectified},
        "everything": {to_call, tried, bad, rectified},
    }  # fmt: skip
    pass_time(days=1)  # tomorrow it is to be tried again
    assert set(cards(page(client, "/desk/follow-ups"))) == {to_call, bad, tried}
    clock.set(local("2024-03-07 09:00"))
    assert tried in cards(page(client, "/desk/follow-ups?late=1"))
    assert cards(page(client, "/desk/follow-ups?unit=GHJS")) == []
    assert client.get("/desk/follow-ups?tab=odd").status_code == 400
    strange = page(client, "/desk/follow-ups?number=1&_external=1&_scheme=javascript")
    assert not [one for one in strange.xpath("//@href | //@action") if "javascript:" in str(one)]


def test_results_are_entered_in_the_list(open_app: Flask) -> None:
    number = walked(*DONE)
    client = person(open_app, "follow")
    offered = results(page(client, "/desk/follow-ups"), number)
    assert offered == ["follow_up", "rework", "miss", "refuse_call"]
    assert call(client, number, "follow_up", note="  ").status_code == 422
    assert "请写明联系的情况" in call(client, number, "miss", note="").text
    answer = call(client, number, "miss", seen=1)
    assert (answer.status_code, "工单已有变化" in answer.text) == (409, True)
    assert call(client, number, "").status_code == 422
    for day, result in (
        ("2024-03-05", "miss"),
        ("2024-03-06", "refuse_call"),
        ("2024-03-07", "miss"),
    ):
        clock.set(local(f"{day} 10:00"))
        assert "close_unreached" not in results(page(client, "/desk/follow-ups"), number)
        assert call(client, number, result).status_code == 302
    listed = page(client, "/desk/follow-ups?tab=tried")
    assert "close_unreached" in results(listed, number)
    assert "3个工作日联系未果" in listed.text_content()
    assert call(client, number, "close_unreached").status_code == 302
    assert ticket_of(number).state == "closed"


def test_no_word_and_not_solved_sends_it_back(open_app: Flask) -> None:
    number = walked(*DONE)
    assert call(person(open_app, "follow"), number, "rework", "还漏水").status_code == 302
    ticket = ticket_of(number)
    assert (ticket.state, ticket.false_resolution) == ("in_progress", True)
    assert db.session.scalars(select(FalseResolution.reason)).one() == "还漏水"


def test_ones_own_work_is_marked_and_refused(open_app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), *DONE)
    number, head = ticket.number, town.user("head").id
    with writing():
        db.session.get_one(Ticket, ticket.id).assignee_id = head
    db.session.remove()
    client = person(open_app, "head")
    listed = page(client, "/desk/follow-ups")
    assert results(listed, number) == []
    assert "不能由您回访" in listed.text_content()
    assert call(client, number, "follow_up").status_code == 422
    assert results(page(person(open_app, "follow"), "/desk/follow-ups"), number)


def test_a_bad_rating_is_called_back_first(open_app: Flask) -> None:
    number = walked(*DONE, "confirm")
    Town().walk(ticket_of(number), "rate", level=2, reasons=["slow"])
    db.session.remove()
    client = person(open_app, "follow")
    assert results(page(client, "/desk/follow-ups"), number) == ["call_back", "miss"]
    assert call(client, number, "rework").status_code == 422
    assert call(client, number, "call_back").status_code == 302
    listed = page(client, "/desk/follow-ups?tab=bad")
    assert results(listed, number) == ["rework", "close_verified"]
    assert call(client, number, "rework").status_code == 302
    assert cards(page(client, "/desk/follow-ups?tab=rectifying")) == [number]


def test_the_number_is_shown_on_request_and_on_record(open_app: Flask) -> None:
    number = walked(*DONE)
    client = person(open_app, "follow")
    assert "13800138000" not in client.get("/desk/follow-ups").text
    answer = client.post(f"/desk/follow-ups/{number}/phone?tab=today")
    assert 'href="tel:13800138000"' in answer.text
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "personal.unmask")
    ).one()
    assert entry.object_id == str(ticket_of(number).id)
    assert person(open_app, "officer").post(f"/desk/follow-ups/{number}/phone").status_code == 403


def test_pages_go_on_from_their_key_with_a_fixed_number_of_statements(open_app: Flask) -> None:
    town = Town()
    for number in range(35):
        town.walk(town.file(title=f"第{number}件"), *DONE)
    db.session.remove()
    client = person(open_app, "follow")
    first = page(client, "/desk/follow-ups")
    (link,) = first.xpath("//a[@rel='next']")
    second = page(client, "/desk/follow-ups" + link.get("href"))
    seen = cards(first) + cards(second)
    assert (len(seen), len(set(seen))) == (35, 35)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    client.get("/desk/follow-ups")
    many = len(statements)
    statements.clear()
    client.get("/desk/follow-ups" + link.get("href"))
    assert (len(statements), many < 25) == (many, True)


def test_the_list_is_exported_without_numbers(open_app: Flask) -> None:
    number = walked(*DONE, "miss")
    answer = person(open_app, "follow").get("/desk/follow-ups.xlsx?tab=tried")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert len(rows) == 2
    assert rows[1][0] == number
    assert "未联系上" in rows[1][8]
    assert "13800138000" not in str(rows)


# False resolutions ------------------------------------------------------------------------------


def marked(**filing: Any) -> str:
    """A ticket whose resolution the enterprise contradicted."""
    return walked(*DONE, "dispute", **filing)


def only_mark() -> int:
    """Return the one mark there is."""
    number = db.session.scalars(select(FalseResolution.id)).one()
    db.session.remove()
    return number


def lift(client: FlaskClient, mark: int, number: str, reason: str = "系误会") -> Any:
    """Lift a mark."""
    seen = ticket_of(number).version
    db.session.remove()
    return client.post(
        f"/desk/false-resolutions/{mark}/lift", data={"reason": reason, "seen": seen}
    )


def test_only_a_leader_lifts_and_says_why(open_app: Flask) -> None:
    number = marked()
    mark = only_mark()
    for login in ("head", "unithead"):
        client = person(open_app, login)
        assert cards(page(client, "/desk/false-resolutions")) == [number]
        assert "撤销这件" not in client.get("/desk/false-resolutions").text
        assert lift(client, mark, number).status_code == 403
    leader = person(open_app, "leader")
    assert lift(leader, mark, number, "").status_code == 422
    assert lift(leader, mark, number).status_code == 302
    assert not ticket_of(number).false_resolution
    listed = page(leader, "/desk/false-resolutions?standing=lifted")
    assert cards(listed) == [number]
    assert "系误会" in listed.text_content()
    assert cards(page(leader, "/desk/false-resolutions?standing=standing")) == []
    assert lift(leader, mark, number).status_code == 422  # once is enough


def test_a_leader_lifts_what_is_confidential_without_reading_it(open_app: Flask) -> None:
    number = marked(item="H01", title="与员工的劳动争议")
    leader = person(open_app, "leader")
    text = leader.get("/desk/false-resolutions").text
    assert number in text
    assert "市场监管" in text or "（敏感事项）" in text
    for hidden in ("劳动争议", "执照已领取", "还没有拿到执照", "恩德莱"):
        assert hidden not in text
    sheet = leader.get("/desk/false-resolutions.xlsx").data
    rows = list(load_workbook(io.BytesIO(sheet)).active.iter_rows(values_only=True))
    assert number in rows[1]
    assert not {"与员工的劳动争议", "执照已领取。", "officer 甲"} & set(rows[1])
    assert lift(leader, only_mark(), number).status_code == 302
    assert not ticket_of(number).false_resolution


def test_a_closed_tickets_mark_can_be_lifted(open_app: Flask) -> None:
    number = marked()
    Town().walk(ticket_of(number), "resolve", "confirm", "rate", "close")
    db.session.remove()
    assert lift(person(open_app, "leader"), only_mark(), number).status_code == 302
    assert not ticket_of(number).false_resolution


def test_the_list_is_narrowed_and_a_unit_sees_its_own(open_app: Flask) -> None:
    number = marked()
    leader = person(open_app, "leader")
    for query, found in (
        ("unit=SCJG", [number]), ("unit=GHJS", []), ("since=2024-03-05&until=2024-03-05", [number]),
        ("since=2024-03-06", []), ("until=2024-03-04", []),
    ):  # fmt: skip
        assert cards(page(leader, f"/desk/false-resolutions?{query}")) == found, query
    town = Town()
    with_other = town.unit_id("GHJS")
    with writing():
        db.session.scalars(select(FalseResolution)).one().unit_id = with_other
    db.session.remove()
    head = person(open_app, "unithead")
    assert cards(page(head, "/desk/false-resolutions")) == []
    assert person(open_app, "officer").get("/desk/false-resolutions").status_code == 403


# The ticket's page -------------------------------------------------------------------------------


def test_the_ticket_tells_what_the_enterprise_said(open_app: Flask) -> None:
    number = walked(
        "accept", "dispatch", "sign", "urge", "resolve", "miss", "dispute", "resolve", "confirm"
    )
    town = Town()
    town.walk(ticket_of(number), "rate", level=1, reasons=["slow"])
    town.walk(ticket_of(number), "call_back", "rework")
    db.session.remove()
    assert db.session.scalars(select(FollowUpCall.result)).all() == ["missed", "bad_rating"]
    db.session.remove()
    for login in ("unithead", "desk"):
        text = page(person(open_app, login), f"/desk/tickets/{number}").xpath("//*[@id='word']")[0]
        said = text.text_content()
        for words in (
            "企业催办1次",
            "虚假办结标记",
            "未联系上",
            "非常不满意",
            "恢复办理2次",
            "无人责任时间",
        ):
            assert words in said, words
