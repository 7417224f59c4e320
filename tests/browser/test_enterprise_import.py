"""An import of 500 enterprises with 20 bad rows through the page."""

from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook
from playwright.sync_api import expect
from sqlalchemy import func, select

from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from tests.actions.test_enterprise_import import line, workbook
from tests.browser.conftest import Person
from tests.browser.looking import faults

pytestmark = pytest.mark.browser
WRONG = (
    {"industry_code": "Z99"}, {"phone": "12345"}, {"founded_on": "2019-13-40"},
    {"employees": "很多"}, {"area": "月球片区"}, {"scale": "特大"}, {"name": None},
    {"credit_code": "91431202"}, {"research_share": 140}, {"plot": "=cmd()"},
)  # fmt: skip


def count() -> int:
    found = db.session.scalar(select(func.count(Enterprise.id))) or 0
    db.session.remove()
    return found


def test_five_hundred_rows_of_which_twenty_are_bad(
    sqlite_app: Flask, base: str, person: Person, tmp_path: Path
) -> None:
    bad = {25 * number: WRONG[number % len(WRONG)] for number in range(1, 21)}
    rows = [line(serial, **bad.get(serial, {})) for serial in range(1, 501)]
    (tmp_path / "企业名单.xlsx").write_bytes(workbook(rows))
    before = count()

    page = person("desk")
    page.goto(f"{base}/desk/enterprises")
    page.get_by_role("link", name="批量导入").first.click()
    with page.expect_download() as template:
        page.get_by_role("link", name="下载模板").click()
    template.value.save_as(tmp_path / "模板.xlsx")
    assert "企业名单" in load_workbook(tmp_path / "模板.xlsx").sheetnames
    page.locator("input[type=file]").set_input_files(tmp_path / "企业名单.xlsx")
    page.get_by_role("button", name="上传并预览").click()

    expect(page.locator("[data-count=new]")).to_contain_text("480")
    expect(page.locator("[data-count=bad]")).to_contain_text("20")
    reasons = page.locator("tr[data-bad]")
    expect(reasons).to_have_count(20)
    for number, row in enumerate(sorted(bad)):
        expect(reasons.nth(number)).to_contain_text(f"第{row + 1}行")
        column = reasons.nth(number).locator("strong").first
        assert column.inner_text(), row
    with page.expect_download() as download:
        page.get_by_role("link", name="下载这些行和原因").click()
    download.value.save_as(tmp_path / "有错的行.xlsx")
    sheet = load_workbook(tmp_path / "有错的行.xlsx").active
    assert sheet is not None
    found = list(sheet.values)
    assert [row[0] for row in found[1:]] == [row + 1 for row in sorted(bad)]
    assert all(row[1] for row in found[1:])
    assert faults(page) == []
    assert count() == before

    page.get_by_role("button", name="导入480行").click()
    expect(page.locator(".verdict")).to_contain_text("导入完成")
    expect(page.locator("[data-count=created]")).to_contain_text("480")
    expect(page.locator("tr[data-bad]")).to_have_count(20)
    assert count() == before + 480

    page.get_by_role("link", name="看企业档案").click()
    expect(page.get_by_role("status").first).to_contain_text(f"共{before + 480}家")

    page.goto(f"{base}/desk/import/enterprises")
    page.locator("input[type=file]").set_input_files(tmp_path / "企业名单.xlsx")
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator("[data-count=same]")).to_contain_text("480")
    expect(page.locator("[data-count=new]")).to_contain_text("0")
