"""The enterprise's side of the loop: urging, taking up, reopening, stages, urgent filing."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, fromstring
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import Reopening, Urge
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.timeline import system_actor
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


def page(client: FlaskClient, number: str) -> HtmlElement:
    """Return a request's page."""
    return fromstring(client.get(f"/portal/requests/{number}").text)


def loop_of(where: HtmlElement) -> str:
    """Return the words of the panel, without line ends."""
    return " ".join(where.xpath("//*[@id='loop']")[0].text_content().split())


def act(client: FlaskClient, number: str, name: str, **data: Any) -> Any:
    """Take a step as the page's form does."""
    seen = ticket_of(number).version
    db.session.remove()
    return client.post(f"/portal/requests/{number}/act/{name}", data={"seen": seen, **data})


def test_urging_once_a_working_day_and_the_page_says_when_again(open_app: Flask) -> None:
    number = walked("accept", "dispatch", "sign")
    alice = person(open_app, "alice")
    assert "还没有催办过" in loop_of(page(alice, number))
    assert act(alice, number, "urge", note="等着开业").status_code == 302
    shown = page(alice, number)
    assert "已催办1次" in loop_of(shown)
    assert "2024年3月6日起可以再催" in loop_of(shown)
    assert not shown.xpath("//*[@id='step-urge']")
    again = act(alice, number, "urge")
    assert (again.status_code, "今天已经催办过" in again.text) == (422, True)
    handler = person(open_app, "officer").get(f"/desk/tickets/{number}").text
    assert "企业催办1次" in handler
    assert "等着开业" in handler
    clock.set(local("2024-03-06 10:00"))
    assert page(alice, number).xpath("//*[@id='step-urge']")
    assert act(alice, number, "urge").status_code == 302
    assert len(db.session.scalars(select(Urge)).all()) == 2


def abandoned() -> str:
    """A request that was ended because nobody answered."""
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    clock.set(local("2024-03-25 10:00"))
    take(system_actor(town.park_id), ticket.id, "abandon")
    number = ticket.number
    db.session.remove()
    return number


def test_an_abandoned_request_goes_on_with_one_press(open_app: Flask) -> None:
    number = abandoned()
    alice = person(open_app, "alice")
    for address in ("/portal/requests?show=abandoned", "/portal/requests?show=closed"):
        listed = fromstring(alice.get(address).text)
        (form,) = listed.xpath("//form[contains(@action, '/act/take_up')]")
        assert number in form.get("action")
    assert page(alice, number).xpath("//details[@id='step-take_up'][@open]")
    seen = form.xpath(".//input[@name='seen']/@value")[0]
    assert alice.post(form.get("action"), data={"seen": seen}).status_code == 302
    assert ticket_of(number).state == "in_progress"
    assert db.session.scalars(select(Reopening.kind)).all() == ["take_up"]
    assert alice.post(form.get("action"), data={"seen": seen}).status_code in (409, 422)
    assert "没有可以恢复的申请" in alice.get("/portal/requests?show=abandoned").text


def test_a_closed_request_comes_back_in_time(open_app: Flask) -> None:
    number = walked(*DONE, "confirm", "rate", "close")
    alice = person(open_app, "alice")
    assert "前可以恢复办理" in loop_of(page(alice, number))
    assert act(alice, number, "reopen", reason="").status_code == 422
    assert act(alice, number, "reopen", reason="又坏了").status_code == 302
    assert ticket_of(number).state == "in_progress"
    assert "第1次重办" in loop_of(page(alice, number))


def test_after_its_time_a_closed_request_does_not_come_back(open_app: Flask) -> None:
    number = walked(*DONE, "confirm", "rate", "close")
    pass_time(days=60)
    alice = person(open_app, "alice")
    shown = page(alice, number)
    assert not shown.xpath("//*[@id='step-reopen'] | //*[@id='loop']")
    assert "重新提交申请" in act(alice, number, "reopen", reason="又坏了").text


def test_a_second_request_to_add_something_is_shown(open_app: Flask) -> None:
    steps = ("accept", "dispatch", "sign", "request_supplement", "supplement")
    number = walked(*steps, "ask_supplement_again", "approve_supplement")
    alice = person(open_app, "alice")
    asked = page(alice, number).xpath("//*[@id='step-supplement']")[0].text_content()
    assert "还需房产证明" in asked
    assert "请补充住所使用证明" not in asked


def test_a_legal_matter_shows_the_stages_that_it_went_through(open_app: Flask) -> None:
    number = walked("accept", "dispatch", "sign", item="H01")
    town = Town()
    alice = person(open_app, "alice")
    assert "还没有进入第一个阶段" in loop_of(page(alice, number))
    for stage in ("advice", "mediation"):
        take(town.officer, ticket_of(number).id, "advance_stage", {"stage": stage, "note": "已谈"})
    db.session.remove()
    said = loop_of(page(alice, number))
    assert "咨询 调解" in said or "咨询调解" in said
    assert "之后可能是：仲裁、诉讼、执行" in said
    assert "第3步，共6步" in said


def test_a_joined_request_leads_to_the_other(open_app: Flask) -> None:
    town = Town()
    first, second = town.file(), town.file(title="同一件事")
    into, number = first.number, second.number
    take(town.desk, second.id, "merge", {"into": into})
    db.session.remove()
    alice = person(open_app, "alice")
    assert page(alice, number).xpath(f"//a[@href='/portal/requests/{into}']")
    assert person(open_app, "bob").get(f"/portal/requests/{number}").status_code == 404


FILING = {
    "title": "车间漏气", "description": "有燃气味", "contact": "李工", "phone": "13800138000",
    "key": "k1", "kind": "投诉",
}  # fmt: skip


def test_an_urgent_request_is_filed_with_its_reason(open_app: Flask) -> None:
    enterprise = Town().enterprise_id("alice")
    db.session.remove()
    alice = person(open_app, "alice")
    form = alice.get("/portal/items/J06/file").text
    assert "核实不属实的会转为普通件" in form
    answers = {"enterprise": enterprise, **FILING}
    odd = alice.post("/portal/items/J06/file", data={**answers, "urgent": "very"})
    assert odd.status_code == 422
    clock.set(local("2024-03-09 02:00"))  # a Saturday night
    answer = alice.post("/portal/items/J06/file", data={**answers, "urgent": "safety"})
    assert answer.status_code == 302, answer.text
    number = answer.headers["Location"].split("/")[3]
    ticket = ticket_of(number)
    assert ticket.urgent
    assert ticket.response_due_at == local("2024-03-09 04:00")
    db.session.remove()
    told = db.session.scalars(select(Notice)).all()
    assert told
    assert {one.visible_at for one in told} == {clock.now()}
    db.session.remove()
    assert "危及安全" in alice.get(f"/portal/requests/{number}").text
    assert "两小时内联系您" in alice.get(f"/portal/requests/{number}/receipt").text
    listed = fromstring(alice.get("/portal/requests").text)
    assert "紧急" in listed.xpath("//a[contains(@class, 'request')]")[0].text_content()


def test_the_desk_files_an_urgent_request_too(open_app: Flask) -> None:
    enterprise = Town().enterprise_id("alice")
    db.session.remove()
    desk = person(open_app, "desk")
    data = {**FILING, "channel": "phone", "urgent": "stopped"}
    answer = desk.post(f"/desk/new/{enterprise}/J06", data=data)
    assert answer.status_code == 302, answer.text
    number = answer.headers["Location"].split("/")[-1]
    ticket = ticket_of(number)
    assert ticket.urgent
    assert "urgent" not in ticket.answers
    assert "已停产停工" in desk.get(f"/desk/tickets/{number}").text
    again = {**data, "urgent": "", "key": "k2", "known": number}  # the open one was shown
    plain = desk.post(f"/desk/new/{enterprise}/J06", data=again)
    assert not ticket_of(plain.headers["Location"].split("/")[-1]).urgent
