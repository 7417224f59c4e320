"""The loop's charts, today's lights and the hall's screen, as pages: who, what, and nothing personal."""

import re

import pytest
from flask import Flask
from lxml.html import fromstring
from sqlalchemy import select

from servicedesk.accounts.actions import end_sessions, set_active
from servicedesk.audit.models import AuditEntry
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.statistics.facts import build
from servicedesk.statistics.saved_dashboards import save_dashboard
from servicedesk.tickets.models import Ticket
from servicedesk.web.insight.wall import PAGE, token_of
from tests.support import OWNERS, STAFF, Town, pass_time
from tests.web.css import css
from tests.web.queue_support import person, varied, without_tokens

DONE = ("accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")


@pytest.fixture
def filled(sqlite_app: Flask) -> Flask:
    """A varied afternoon, some closed tickets, built counts; forms without a token."""
    town = Town()
    varied(town)
    for login in ("alice", "bob"):
        town.walk(town.file(login), *DONE)
    town.walk(town.file("alice", "H01", title="与员工的劳动争议"), *DONE)
    pass_time(days=2)
    build(town.park_id)
    db.session.remove()
    return without_tokens(sqlite_app)


def test_every_link_of_the_charts_leads_somewhere(filled: Flask) -> None:
    leader = person(filled, "leader")
    page = leader.get("/insight/loop?period=2024-Q1")
    assert page.status_code == 200
    links = {link.get("href") for link in css(fromstring(page.text), "main a") if link.get("href")}
    assert len(links) > 10
    for link in links:
        assert leader.get(link).status_code == 200, link


@pytest.mark.parametrize("path", ["/insight/", "/insight/loop"])
def test_what_no_unit_has_yet_leads_to_its_tickets(filled: Flask, path: str) -> None:
    leader = person(filled, "leader")
    links = {
        (link.get("href"), link.text_content())
        for link in css(fromstring(leader.get(path).text), "main td a")
        if "unit=-" in (link.get("href") or "")
    }
    assert any(int(number) for _address, number in links)
    for address, number in links:
        listed = fromstring(leader.get(address).text)
        assert len(css(listed, "table[data-rows] tbody tr")) == int(number), address


def test_a_number_of_the_charts_is_the_size_of_its_list(filled: Flask) -> None:
    leader = person(filled, "leader")
    page = fromstring(leader.get("/insight/loop?period=2024").text)
    tried = 0
    for link in css(page, "td a"):
        address, number = link.get("href"), link.text_content()
        if number.isdigit() and address.startswith("/desk/?"):
            listed = fromstring(leader.get(address).text)
            assert len(css(listed, "table[data-rows] tbody tr")) == int(number), address
            tried += 1
    assert tried >= 8


@pytest.mark.parametrize("address", ["period=2024-13", "period=2024-Q5", "period=x", "unit=NONE"])
def test_wrong_addresses_are_refused(filled: Flask, address: str) -> None:
    assert person(filled, "leader").get(f"/insight/loop?{address}").status_code == 400


def test_a_units_head_sees_the_own_unit_alone(filled: Flask) -> None:
    head = person(filled, "unithead")
    page = head.get("/insight/loop")
    assert page.status_code == 200
    assert "尚未派单" not in page.text
    assert not css(fromstring(page.text), "select[name=unit]")
    assert head.get("/insight/loop?unit=GHJS").status_code == 403
    assert head.get("/insight/today").status_code == 200
    assert unit_by_code(Town().park_id, "SCJG").name in head.get("/insight/wall").text
    assert person(filled, "officer").get("/insight/loop").status_code == 403


def test_the_strip_leads_to_the_lights(filled: Flask) -> None:
    leader = person(filled, "leader")
    assert "/insight/today" in leader.get("/insight/").text
    lines = css(fromstring(leader.get("/insight/today").text), "ol.lights > li")
    assert 1 <= len(lines) <= 7
    assert "调度器没有运行" in lines[0].text_content()
    assert all(css(line, "a") for line in lines)


def test_the_minute_names_what_is_late_and_opens_it(filled: Flask) -> None:
    pass_time(days=40)
    leader = person(filled, "leader")
    page = fromstring(leader.get("/insight/").text)
    [late] = css(page, "a.minute-number.down")
    number = int("".join(c for c in late.text_content() if c.isdigit()))
    rows = css(fromstring(leader.get(late.get("href")).text), "table[data-rows] tbody tr")
    assert len(rows) == number > 0
    named = [one.text_content() for one in css(page, ".minute-units .down")]
    each = [int(found[1]) for found in (re.search(r"超期(\d+)件", one) for one in named) if found]
    assert each and each == sorted(each, reverse=True)
    [link] = css(page, ".minute-units a")[:1]
    rows = css(fromstring(leader.get(link.get("href")).text), "table[data-rows] tbody tr")
    assert f"超期{len(rows)}件" == link.text_content()


def test_the_screen_shows_nothing_of_anybody(filled: Flask) -> None:
    text = person(filled, "leader").get("/insight/wall").text
    assert "企业设立登记" in text
    secrets = {name for name, _code in OWNERS.values()}
    secrets |= {f"{login} 甲" for login in STAFF} | {f"{login} 乙" for login in OWNERS}
    secrets |= set(db.session.scalars(select(Enterprise.credit_code)))
    for row in db.session.scalars(select(Ticket)):
        secrets |= {row.number, row.title, row.contact, row.phone}
    assert [secret for secret in secrets if secret and secret in text] == []
    assert "劳动" not in text  # a confidential matter is not even named by its item


def test_the_screens_own_address(filled: Flask) -> None:
    town = Town()
    hall = made_link(filled, "一楼大厅")
    stranger = filled.test_client()
    shown = stranger.get(hall)
    assert shown.status_code == 200
    assert "此刻在办" in shown.text
    assert not css(fromstring(shown.text), "footer")
    assert stranger.get("/insight/loop").status_code == 302
    assert stranger.get(hall[:-1]).status_code == 404
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "wall.link")).all()
    end_sessions(town.leader)
    db.session.remove()
    assert stranger.get(hall).status_code == 404


def test_one_screen_is_revoked_and_the_other_goes_on(filled: Flask) -> None:
    hall, lift = made_link(filled, "一楼大厅"), made_link(filled, "电梯口")
    leader, stranger = person(filled, "leader"), filled.test_client()
    assert leader.post("/insight/wall/link", data={"name": "电梯口"}).status_code == 422
    [first, _second] = css(fromstring(leader.get("/insight/wall").text), ".screen-links form")
    revoke = first.get("action")
    dashboard = revoke.replace("/wall/links/", "/figures/saved/").replace("/revoke", "")
    assert leader.post(dashboard, data={"name": "看板"}).status_code == 404
    assert person(filled, "head").post(revoke).status_code in (403, 404)
    assert stranger.get(hall).status_code == stranger.get(lift).status_code == 200
    assert leader.post(revoke).status_code == 302
    assert stranger.get(hall).status_code == 404
    assert stranger.get(lift).status_code == 200
    assert leader.post(revoke).status_code == 404


def made_link(filled: Flask, name: str) -> str:
    """Return the path of a screen's address, made by the leader."""
    made = person(filled, "leader").post("/insight/wall/link", data={"name": name})
    found = re.search(r"/insight/wall/[\w.\-]+(?=\")", css_value(made.text))
    assert found is not None
    return found[0]


def css_value(text: str) -> str:
    """Return the link as the page shows it, with a closing quote."""
    [field] = css(fromstring(text), "#wall-link")
    return f'{field.get("value")}"'


def test_the_address_of_a_closed_account_or_of_another_role_is_dead(filled: Flask) -> None:
    town = Town()
    for login in ("head", "officer"):
        save_dashboard(town.actor(login), PAGE, "大厅", "a-key")
    head, officer = (token_of(town.user(login).get_id(), "a-key") for login in ("head", "officer"))
    assert filled.test_client().get(f"/insight/wall/{officer}").status_code == 404
    assert filled.test_client().get(f"/insight/wall/{head}").status_code == 200
    set_active(town.admin, town.user("head").id, False)
    db.session.remove()
    assert filled.test_client().get(f"/insight/wall/{head}").status_code == 404
