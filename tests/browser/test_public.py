"""The public page, its switch and the definitions: nothing serious for axe, fit for a phone, no script."""

import pytest
from flask import Flask
from playwright.sync_api import Browser

from servicedesk.extensions import db
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.support import Town
from tests.web.test_public import a_year, switched_on

pytestmark = pytest.mark.browser
PAGES = {
    "": ("/public", "/public?language=en"),
    "admin": ("/admin/public-page",),
    "leader": ("/insight/definitions", "/insight/definitions?q=无此指标"),
}


@pytest.fixture
def opened(sqlite_app: Flask) -> None:
    """Some delivered tickets and the page switched on."""
    town = Town()
    a_year(town)
    switched_on(town)
    db.session.remove()


@pytest.mark.usefixtures("opened")
def test_pages_are_accessible_and_fit(base: str, person: Person) -> None:
    for login, paths in PAGES.items():
        page = person(login)
        for path in paths:
            assert faults_both_ways(page, base + path) == [], path


@pytest.mark.usefixtures("opened")
def test_the_public_page_needs_no_script(chromium: Browser, base: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/public")
    page.get_by_role("link", name="EN").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator(".public-table tbody tr").count() > 20
    context.close()
