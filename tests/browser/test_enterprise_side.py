"""An enterprise urges, and is told when it can again; it takes up what had been given up."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from servicedesk.tickets.timeline import system_actor
from tests.browser.conftest import Person
from tests.browser.test_whole_loop import portal_step
from tests.support import Town, local

pytestmark = pytest.mark.browser


def test_an_enterprise_urges_and_takes_up(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    given_up = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    clock.set(local("2024-03-25 10:00"))
    take(system_actor(town.park_id), given_up.id, "abandon")
    ended, running = given_up.number, town.walk(town.file(), "accept", "dispatch", "sign").number
    db.session.remove()

    clerk = person("alice", width=390)
    clerk.goto(f"{base}/portal/requests/{running}")
    portal_step(clerk, "urge")
    clerk.fill("[name=note]", "开业在即，请抓紧")
    clerk.locator("#step-urge form button.btn").click()
    clerk.wait_for_load_state("networkidle")
    expect(clerk.locator("#step-urge")).to_have_count(0)
    expect(clerk.locator("#loop")).to_contain_text("已催办1次")
    expect(clerk.locator("#loop")).to_contain_text("2024年3月26日起可以再催")

    clerk.goto(f"{base}/portal/requests?show=abandoned")
    clerk.get_by_role("button", name="一键恢复办理").click()
    clerk.wait_for_load_state("networkidle")
    assert clerk.url.endswith(f"/portal/requests/{ended}")
    expect(clerk.locator(".bigtitle .state")).to_have_text("办理中")

    officer = person("officer")
    officer.goto(f"{base}/desk/tickets/{running}")
    expect(officer.locator("#word")).to_contain_text("开业在即，请抓紧")
