"""The workload page in the browser: a card is dragged to a colleague, and a refused one goes back."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from tests.actions.test_duty import hire
from tests.browser.conftest import Person
from tests.support import Town

pytestmark = pytest.mark.browser


def test_a_card_is_dragged_and_a_refused_one_goes_back(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    town = Town()
    one, two = town.user("officer").id, hire(town, "o2")
    first, second = (town.walk(town.file(), "accept", "dispatch", "sign").id for _ in range(2))
    officer = town.officer
    db.session.remove()

    page = person("unithead")
    page.goto(f"{base}/desk/workload")
    of = {number: page.locator(f"[data-person='{number}']") for number in (one, two)}
    expect(of[one].locator(".load-card")).to_have_count(2)

    of[one].locator(".load-card").first.drag_to(of[two])
    expect(of[two].locator(".load-card")).to_have_count(1)
    expect(page.locator("[data-told]")).to_have_text("已改派。")
    expect(of[two].locator(".load-sum")).to_contain_text("1件")
    db.session.remove()
    assert db.session.get_one(Ticket, first).assignee_id == two

    inputs = {"request": "请补充住所使用证明。"}
    take(officer, second, "request_supplement", inputs)  # meanwhile, by the officer
    db.session.remove()
    of[one].locator(".load-card").first.drag_to(of[two])
    expect(of[one].locator(".load-refused")).to_contain_text("已被他人更新")
    expect(of[one].locator(".load-card")).to_have_count(1)
    db.session.remove()
    assert db.session.get_one(Ticket, second).assignee_id == one


def test_the_same_with_the_keyboard(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    two = hire(town, "o2")
    ticket = town.walk(town.file(), "accept", "dispatch", "sign").id
    db.session.remove()
    page = person("unithead")
    page.goto(f"{base}/desk/workload")
    card = page.locator(".load-card")
    card.get_by_role("combobox").focus()
    page.keyboard.press("o")  # the colleague whose name begins with it
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已改派。", exact=True).first).to_be_visible()
    db.session.remove()
    assert db.session.get_one(Ticket, ticket).assignee_id == two
