"""A colleague acts: the page that stays open says so, without being loaded again."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from servicedesk.extensions import db
from tests.browser.conftest import Person
from tests.support import Town

pytestmark = pytest.mark.browser


def test_a_toast_appears_and_the_badge_grows(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    number = town.walk(town.file(), "accept", "dispatch", "sign").number
    db.session.remove()
    officer = person("officer")
    officer.clock.install()
    officer.goto(f"{base}/desk/")
    expect(officer.locator(".tool-count")).to_have_count(0)

    alice = person("alice", width=390)
    alice.goto(f"{base}/portal/requests/{number}")
    alice.fill("#message-body", "营业执照什么时候能拿到？")
    alice.get_by_role("button", name="发送留言").click()
    alice.wait_for_load_state("networkidle")

    officer.clock.run_for(21_000)
    toast = officer.locator(".toast-note")
    expect(toast).to_contain_text("企业发来新留言。")
    expect(toast).to_contain_text(number)
    expect(officer.locator(".tool-count")).to_have_text("1")
    expect(officer.get_by_role("link", name="通知 1条未读")).to_be_visible()
    assert officer.locator("[data-toasts]").get_attribute("aria-live") == "polite"
    officer.clock.run_for(10_000)
    toast.locator("a").focus()  # the keyboard reaches it, and then it does not go away
    officer.clock.run_for(30_000)
    expect(toast).to_have_count(1)  # nor does it come a second time
    officer.keyboard.press("Enter")
    officer.wait_for_url(f"**/desk/tickets/{number}")
    officer.goto(f"{base}/notices")
    expect(officer.locator(".tool-count")).to_have_count(0)  # opening it was reading it
    expect(officer.locator("li.notice")).to_contain_text("企业发来新留言。")
