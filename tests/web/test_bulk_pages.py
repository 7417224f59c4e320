"""Many tickets at once through the pages, without JavaScript."""

import pytest
from flask import Flask
from lxml.html import HtmlElement, fromstring
from sqlalchemy import func, select

from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket, TicketEvent
from tests.support import Town
from tests.web.queue_support import person, without_tokens


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Both databases, forms without a token."""
    return without_tokens(app)


@pytest.fixture
def light_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    return without_tokens(sqlite_app)


def form_of(page_: HtmlElement, action: str) -> dict[str, list[str]]:
    """Return the hidden fields of a form by where it goes."""
    [form] = page_.xpath(f"//form[contains(@action,'{action}')]")
    found: dict[str, list[str]] = {}
    for field in form.xpath(".//input[@name]"):
        found.setdefault(field.get("name"), []).append(field.get("value"))
    return found


def test_many_are_dispatched_without_javascript(open_app: Flask) -> None:
    town = Town()
    tickets = [town.walk(town.file(), "accept") for _n in range(3)]
    fresh = town.file()
    numbers = [one.number for one in (*tickets, fresh)]
    desk = person(open_app, "desk")
    answer = desk.post("/desk/bulk/dispatch", data={"number": numbers})
    preview_page = fromstring(answer.text)
    assert "可以办理3件" in answer.text
    assert "不能办理1件" in answer.text
    assert db.session.scalar(select(func.count()).where(Ticket.state == "dispatched")) == 0
    town.walk(tickets[0], "dispatch", unit_id=town.unit_id("GHJS"))
    db.session.remove()
    data = {**form_of(preview_page, "/dispatch/done"), "words": "请尽快签收"}
    for _press in range(2):
        done = desk.post("/desk/bulk/dispatch/done", data=data)
        outcomes = fromstring(done.text).xpath("//tr/@data-outcome")
        assert sorted(outcomes) == ["changed", "done", "done"]
    notes = db.session.scalars(select(TicketEvent.data).where(TicketEvent.kind == "dispatch")).all()
    assert len(notes) == 3
    assert [data_.get("note") for data_ in notes].count("请尽快签收") == 2


def test_the_whole_list_can_be_chosen(open_app: Flask) -> None:
    town = Town()
    for _n in range(3):
        town.file()
    town.file("bob")
    desk = person(open_app, "desk")
    query = f"view=to_accept&enterprise={town.enterprise_id('alice')}"
    db.session.remove()
    answer = desk.post("/desk/bulk/accept", data={"all": "1", "list": query})
    assert "可以办理3件" in answer.text
    assert desk.post("/desk/bulk/accept", data={"all": "1", "list": "view=no"}).status_code == 400


def test_steps_that_are_not_the_roles_do_not_exist(light_app: Flask) -> None:
    number = Town().file().number
    for login, step in (("officer", "accept"), ("leader", "dispatch"), ("desk", "assign"),
                        ("desk", "close"), ("follow", "accept")):  # fmt: skip
        client = person(light_app, login)
        for address in (f"/desk/bulk/{step}", f"/desk/bulk/{step}/done"):
            assert client.post(address, data={"number": number}).status_code == 404, (login, step)


def test_forged_lines_do_nothing(light_app: Flask) -> None:
    number = Town().file().number
    desk = person(light_app, "desk")
    lines = ["", ":", "x:y:z", f"{number}", f"{number}:99999999999:1", f"{number}:-1:",
             "20240305-99999-1:1:"]  # fmt: skip
    answer = desk.post("/desk/bulk/accept/done", data={"line": lines})
    assert answer.status_code == 200
    assert "done" not in fromstring(answer.text).xpath("//tr/@data-outcome")
    bad = desk.post("/desk/bulk/dispatch/done", data={"line": [f"{number}:1:999999"]})
    assert fromstring(bad.text).xpath("//tr/@data-outcome") == ["refused"]
