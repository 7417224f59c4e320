"""The item editor and conditional forms in a browser, with and without JavaScript."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from servicedesk.catalogue.definition import read
from servicedesk.catalogue.editing import NEW, publish
from servicedesk.extensions import db
from tests.browser.conftest import Person
from tests.catalogue.examples import item
from tests.live import sign_in
from tests.support import PASSWORD, Town

pytestmark = pytest.mark.browser


@pytest.fixture
def example(sqlite_app: Flask) -> str:
    """The example's code; it is published and listed."""
    definition, faults = read(item())
    assert definition is not None, faults
    publish(Town().admin, definition, NEW)
    db.session.remove()
    return definition.code


def test_a_question_comes_and_goes_with_its_answer(base: str, person: Person, example: str) -> None:
    page = person("alice", width=390)
    page.goto(f"{base}/portal/items/{example}/file")
    site = page.locator("#site")
    expect(site).to_be_hidden()
    page.select_option("#purpose", "施工")
    expect(site).to_be_visible()
    expect(page.get_by_text("施工许可证").first).to_be_visible()
    page.select_option("#purpose", "活动")
    expect(site).to_be_hidden()
    expect(page.get_by_text("施工许可证").first).to_be_hidden()
    page.fill("[name=description]", "请接临时电")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".receipt-number")).to_be_visible()


def test_the_preview_follows_the_typing_and_opens_beside(
    base: str, person: Person, example: str
) -> None:
    page = person("admin")
    page.goto(f"{base}/admin/catalogue/{example}")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("临时用电")
    page.fill("#item-name", "工地临时用电")
    expect(preview).to_contain_text("工地临时用电")
    preview.locator("[name=purpose]").select_option("施工")
    expect(preview.locator("[name=site]")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="预览").click()
    expect(opened.value.locator("main")).to_contain_text("工地临时用电")
    opened.value.close()
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_text("已发布第2版")).to_be_visible()


def test_what_belongs_to_a_type_shows_with_it(base: str, person: Person, example: str) -> None:
    page = person("admin", width=390)
    page.goto(f"{base}/admin/catalogue/{example}")
    options = page.locator("#item-fields-1-options")
    expect(options).to_be_hidden()
    page.select_option("#item-fields-1-type", "choices")
    expect(options).to_be_visible()
    expect(page.locator("#item-fields-1-unit")).to_be_hidden()
    page.select_option("#item-fields-1-type", "money")
    expect(page.locator("#item-fields-1-unit")).to_be_visible()


def _without_script(chromium: Browser, base: str) -> Page:
    page = chromium.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    sign_in(page, base, "admin", PASSWORD)
    return page


def test_an_item_is_drawn_up_without_javascript(chromium: Browser, base: str) -> None:
    page = _without_script(chromium, base)
    page.goto(f"{base}/admin/catalogue/new?category=J")
    page.fill("#item-name", "车位申请")
    page.select_option("#item-lead_unit", "GKGS")
    for label in ("第一问", "第二问"):
        page.get_by_role("button", name="加一个字段").click()
        number = page.locator("fieldset.editor-row[id^=fields]").count() - 1
        page.fill(f"#item-fields-{number}-label", label)
    page.get_by_role("button", name="上移第二问").or_(
        page.get_by_role("button", name="上移新字段")
    ).last.click()
    expect(page.locator("#item-fields-0-label")).to_have_value("第二问")
    expect(page.locator("#item-name")).to_have_value("车位申请")
    page.get_by_role("button", name="加一项材料").click()
    page.fill("#item-materials-0-name", "行驶证")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("已发布第1版")).to_be_visible()
    page.goto(f"{base}/portal/search?q=cheweishenqing")
    expect(page.get_by_text("车位申请").first).to_be_visible()
    page.context.close()
