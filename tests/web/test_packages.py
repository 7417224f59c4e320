"""Packages on the pages: choosing, one form, the drawn case, steering, the desk's list."""

import io
from typing import Any

import pytest
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from servicedesk.extensions import db
from servicedesk.packages.models import PackageCase
from servicedesk.packages.queries import steps_of
from servicedesk.tickets.models import Ticket
from tests.support import PASSWORD, Town


@pytest.fixture
def site(sqlite_app: Flask) -> Flask:
    """The application; its forms need no token here."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(site: Flask, login: str) -> Any:
    """Return a browser in which ``login`` has signed in."""
    client = site.test_client()
    client.post("/sign-in", data={"login": login, "password": PASSWORD})
    return client


def filled(page: Any, **changes: Any) -> dict[str, Any]:
    """Return the form of a page with an answer to every question that it asks."""
    tree = html.fromstring(page.text)
    values: dict[str, Any] = {}
    for one in tree.xpath("//main//form[@method='post']//*[@name]"):
        name, kind = one.get("name"), one.get("type", one.tag)
        options = one.xpath("./option[@value!='']/@value")
        if kind == "hidden":
            values.setdefault(name, []).append(one.get("value", ""))
        elif kind in ("checkbox", "radio") or name in ("contact", "phone"):
            values.setdefault(name, one.get("value"))
        elif options:
            values[name] = options[0]
        else:
            values[name] = {"number": "8", "date": "2024-04-01"}.get(kind, "新材料")
    return {**values, **changes}


def the_case() -> PackageCase:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(db.select(PackageCase)).one()


def test_a_stranger_may_read_what_a_package_is(site: Flask) -> None:
    page = site.test_client().get("/portal/packages/P2?when=名称变更")
    assert "公章刻制备案" in page.text
    assert "最长的一条路3个工作日" in page.text
    assert site.test_client().get("/portal/packages/P9").status_code == 404


@pytest.mark.parametrize("code", ["P1", "P2", "P3", "P4", "P5", "P6"])
def test_every_package_can_be_filed(site: Flask, code: str) -> None:
    alice = person(site, "alice")
    address = f"/portal/packages/{code}/file?when=自建"
    answer = alice.post(address, data=filled(alice.get(address), acting=""))
    assert answer.status_code == 302, html.fromstring(answer.text).xpath("//main")[0].text_content()
    case = the_case()
    page = alice.get(f"/portal/packages/cases/{case.number}")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "13800138000" not in person(site, "desk").get(f"/desk/packages/cases/{case.number}").text


def test_a_refused_form_keeps_everything(site: Flask) -> None:
    alice = person(site, "alice")
    values = filled(
        alice.get("/portal/packages/P1/file"), phone="12", a01_business="做传感器", acting=""
    )
    answer = alice.post("/portal/packages/P1/file", data=values)
    assert answer.status_code == 422
    assert "做传感器" in answer.text
    assert "请填写有效的电话号码" in answer.text
    assert db.session.scalar(db.select(PackageCase.id)) is None


def test_what_is_not_wanted_is_not_asked(site: Flask) -> None:
    alice = person(site, "alice")
    page = alice.get("/portal/packages/P1/file?chosen=1&want=A03")
    names = html.fromstring(page.text).xpath("//main//*[@name]/@name")
    assert "a03_account_kind" in names
    assert "employee_count" not in names
    alice.post("/portal/packages/P1/file", data=filled(page, acting=""))
    states = {row.key: row.state for row in steps_of(the_case().id)}
    assert states["A04"] == states["A05"] == "dropped"
    assert states["A03"] == "waiting"


def test_twice_sent_is_one_case(site: Flask) -> None:
    alice = person(site, "alice")
    values = filled(alice.get("/portal/packages/P1/file"), acting="")
    first, second = (alice.post("/portal/packages/P1/file", data=values) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    changed = alice.post("/portal/packages/P1/file", data={**values, "contact": "王工"})
    assert changed.status_code == 422


def test_a_failed_step_says_what_it_holds_up_and_is_tried_again(site: Flask) -> None:
    town, alice = Town(), person(site, "alice")
    alice.post(
        "/portal/packages/P1/file", data=filled(alice.get("/portal/packages/P1/file"), acting="")
    )
    case = the_case()
    number = case.number
    ticket = db.session.scalars(db.select(Ticket)).one()
    town.walk(ticket, "accept", "decline")
    db.session.remove()
    page = alice.get(f"/portal/packages/cases/{number}")
    assert "它没办成，后面等着的有" in page.text
    answer = alice.post(f"/portal/packages/cases/{number}/retry/A01")
    assert answer.status_code == 302
    assert "已重新申请这一步" in alice.get(answer.headers["Location"]).text
    bob = person(site, "bob")
    assert bob.get(f"/portal/packages/cases/{number}").status_code == 404
    assert bob.post(f"/portal/packages/cases/{number}/retry/A01").status_code == 404


def test_the_desk_files_lists_and_exports(site: Flask) -> None:
    town, desk = Town(), person(site, "desk")
    assert "这里还没有一件事办件" in desk.get("/desk/packages/cases").text
    address = f"/desk/packages/new/{town.enterprise_id('alice')}/P5"
    answer = desk.post(address, data=filled(desk.get(address), channel="phone", acting=""))
    assert answer.status_code == 302
    case = the_case()
    assert case.channel == "phone"
    assert case.number in desk.get("/desk/packages/cases?state=open&sort=due").text
    assert case.number not in desk.get("/desk/packages/cases?which=late").text
    book = load_workbook(io.BytesIO(desk.get("/desk/packages/cases/export.xlsx").data))
    rows = list(book.active.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [case.number]
    ticket = db.session.scalars(db.select(Ticket)).one()
    assert "属于一件事：用工一件事" in desk.get(f"/desk/tickets/{ticket.number}").text
