"""A start-up goes through 企业开办一件事 to the end: one form, four units, side by side."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.core.permissions import Actor, Role
from servicedesk.enterprises.actions import register
from servicedesk.extensions import db
from tests.browser.conftest import Person
from tests.browser.test_whole_loop import portal_step, step
from tests.support import PASSWORD, Town

pytestmark = pytest.mark.browser
UNITS = {"A01": "SCJG", "A02": "GAJ", "B01": "SWJ", "A04": "RSJ"}
LOGINS = {"SCJG": "officer", "GAJ": "gaj", "SWJ": "swj", "RSJ": "rsj"}


@pytest.fixture
def founder(sqlite_app: Flask) -> str:
    """An enterprise in preparation, without a credit code, and an officer in each of four units."""
    town = Town()
    system, password = Actor(None, Role.SYSTEM, town.park_id, "tests"), hash_password(PASSWORD)
    for unit, login in LOGINS.items():
        if login != "officer":
            create_user(
                system, login=login, name=f"{login} 丙", role=Role.OFFICER, password_hash=password,
                park_id=town.park_id, unit_id=town.unit_id(unit),
            )  # fmt: skip
    register(
        town.park_id, name="鹤城新芽科技（筹）", code=None, confirmed=False, person="founder 丁",
        phone="13800138000", email="", login="founder", password_hash=password,
    )  # fmt: skip
    db.session.remove()
    return "founder"


def fill_in(page: Page) -> None:
    """Answer every question that must be answered."""
    page.fill("[name=a01_proposed_name]", "鹤城新芽科技有限公司")
    page.fill("[name=a01_registered_capital]", "200")
    page.select_option("[name=a01_address_kind]", "园区提供")
    page.check("[name=a02_seals][value=公章]")
    page.select_option("[name=b01_taxpayer_kind]", index=1)
    page.select_option("[name=a04_matter]", index=1)
    page.fill("[name=employee_count]", "6")


def ticket_of(page: Page, item: str) -> str:
    """Return the ticket's number behind a step of the case's list."""
    link = page.locator(".graph-list a", has_text=item)
    return str(link.get_attribute("href")).rsplit("/", 1)[1]


def state_of(page: Page, item: str) -> str:
    """Return how a step stands, as the list says it."""
    return page.locator(".graph-list li", has_text=item).locator(".state").first.inner_text()


def deliver(base: str, person: Person, desk: Page, number: str, unit: str) -> None:
    """Let the desk dispatch a ticket and the unit resolve it."""
    desk.goto(f"{base}/desk/tickets/{number}")
    step(desk, "accept")
    step(desk, "dispatch")
    officer = person(LOGINS[unit])
    officer.goto(f"{base}/desk/tickets/{number}")
    step(officer, "sign")
    officer.locator("details[data-step=resolve] input[value=solved]").check()
    step(officer, "resolve", resolution="已办好，材料已交企业。")
    officer.context.close()


def test_a_start_up_is_opened_by_four_units(
    sqlite_app: Flask, base: str, person: Person, founder: str
) -> None:
    clerk, desk = person(founder, width=390), person("desk")
    clerk.goto(f"{base}/portal/home")
    clerk.get_by_role("link", name="企业开办一件事").click()
    for unwanted in ("A05", "A03"):
        clerk.uncheck(f"[name=want][value={unwanted}]")
    clerk.get_by_role("button", name="填一张表，全部办").click()
    expect(clerk.locator("[name=a03_account_kind]")).to_have_count(0)
    fill_in(clerk)
    clerk.get_by_role("button", name="提交申请").click()
    clerk.wait_for_load_state("networkidle")
    case = clerk.url
    assert clerk.locator("svg.graph .graph-step").count() == 6
    assert state_of(clerk, "企业设立登记") == "办理中"
    assert state_of(clerk, "公章刻制备案") == "等待前面的事项"
    expect(clerk.locator(".graph-list li", has_text="公章刻制备案")).to_contain_text(
        "等企业设立登记办好"
    )

    deliver(base, person, desk, ticket_of(clerk, "企业设立登记"), "SCJG")
    clerk.goto(case)
    side_by_side = ("公章刻制备案", "税务信息确认", "社保登记")
    assert [state_of(clerk, item) for item in side_by_side] == ["办理中"] * 3
    numbers = {
        code: ticket_of(clerk, name)
        for code, name in zip(("A02", "B01", "A04"), side_by_side, strict=True)
    }
    for code, number in numbers.items():
        deliver(base, person, desk, number, UNITS[code])

    clerk.goto(case)
    expect(clerk.locator(".bigtitle .state")).to_have_text("已办好")
    for number in [*numbers.values(), ticket_of(clerk, "企业设立登记")]:
        clerk.goto(f"{base}/portal/requests/{number}")
        portal_step(clerk, "confirm")
        clerk.locator("#step-confirm form button.btn").last.click()
        clerk.wait_for_load_state("networkidle")
    desk.goto(f"{base}/desk/packages/cases?state=done")
    expect(desk.locator(".queue tbody tr")).to_have_count(1)
    expect(desk.locator(".queue tbody tr")).to_contain_text("鹤城新芽科技（筹）")
