"""The main job, end to end, by four people in a browser; then the manager's count has grown."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from servicedesk.extensions import db
from servicedesk.statistics.facts import build
from tests.browser.conftest import Person
from tests.support import Town
from tests.web.test_access import PNG

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def step(page: Page, name: str, **values: str) -> None:
    """Take one step on the desk's ticket page, filling in its form."""
    block = page.locator(f"details[data-step={name}]")
    group = page.locator("details.action-group:not([open])", has=block)
    if group.count():
        group.locator("> summary").click()
    if block.get_attribute("open") is None:
        block.locator("summary").click()
    for field, value in values.items():
        block.locator(f"[name={name}-{field}]").fill(value)
    block.locator("form button.w-100").click()
    page.wait_for_load_state("networkidle")


def portal_step(page: Page, name: str) -> None:
    """Open one step on the enterprise's ticket page."""
    block = page.locator(f"#step-{name}")
    if block.get_attribute("open") is None:
        block.locator("summary").click()


def served(page: Page, base: str) -> int:
    """Read the manager's first figure: enterprises served this year."""
    page.goto(f"{base}/insight/")
    return int(page.locator("#m-served + .minute-number").inner_text().split()[0])


def test_four_people_close_the_loop(
    sqlite_app: Flask, base: str, person: Person, tmp_path: Path
) -> None:
    (tmp_path / "章程.pdf").write_bytes(PDF)
    (tmp_path / "场地.png").write_bytes(PNG)
    leader = person("leader")
    before = served(leader, base)

    clerk = person("alice", width=390)
    clerk.goto(f"{base}/portal/search?q=注册")
    clerk.get_by_role("link", name="企业设立登记").first.click()
    clerk.goto(f"{base}/portal/items/A01/file")
    clerk.fill("[name=title]", "新设公司办理营业执照")
    clerk.fill("[name=description]", "拟在园区新设一家公司，请帮忙办理。")
    for question in clerk.locator(
        "main form [required]:not([name=title]):not([name=description])"
    ).all():
        kind = question.evaluate("e => e.tagName + ':' + (e.type || '')")
        if kind.startswith("SELECT"):
            question.select_option(index=1)
        elif kind == "INPUT:radio":
            question.check()
        elif kind == "INPUT:number":
            question.fill("100")
        elif not question.input_value():
            question.fill("鹤城新材料有限公司" if kind != "INPUT:tel" else "13800138000")
    clerk.locator("#files").set_input_files([tmp_path / "章程.pdf", tmp_path / "场地.png"])
    expect(clerk.locator("input[name=uploads]")).to_have_count(2)
    clerk.get_by_role("button", name="提交申请").click()
    number = clerk.locator(".receipt-number").inner_text().strip()
    assert clerk.locator("img.qr").evaluate("i => i.complete && i.naturalWidth > 0")

    desk = person("desk")
    desk.goto(f"{base}/desk/")
    desk.get_by_role("link", name="新设公司办理营业执照").click()
    expect(desk.get_by_role("link", name="章程.pdf").first).to_be_visible()
    step(desk, "accept")
    step(desk, "dispatch")

    officer = person("officer")
    officer.goto(f"{base}/desk/tickets/{number}")
    step(officer, "sign")
    step(officer, "request_supplement", request="请补充住所使用证明。")

    clerk.goto(f"{base}/portal/requests/{number}")
    expect(clerk.get_by_text("请补充住所使用证明。").first).to_be_visible()
    portal_step(clerk, "supplement")
    clerk.fill("#step-supplement [name$=answer]", "已补充租赁合同。")
    clerk.locator("#step-supplement form button.btn").last.click()
    clerk.wait_for_load_state("networkidle")

    officer.goto(f"{base}/desk/tickets/{number}")
    officer.locator("details[data-step=resolve] input[value=solved]").check()
    officer.locator("details[data-step=resolve] input[name=resolve-outcome_opened]").check()
    step(officer, "resolve", resolution="营业执照已领取并送达企业。")

    caller = person("follow")
    caller.goto(f"{base}/desk/tickets/{number}")
    step(caller, "follow_up", note="企业确认执照已拿到。")

    clerk.goto(f"{base}/portal/requests/{number}")
    portal_step(clerk, "rate")
    clerk.locator("#step-rate input[value='5']").check()
    clerk.get_by_role("button", name="提交评价").click()
    clerk.wait_for_load_state("networkidle")

    caller.goto(f"{base}/desk/tickets/{number}")
    step(caller, "close")
    expect(caller.locator(".state-closed").first).to_be_visible()

    build(Town().park_id)
    db.session.remove()
    assert served(leader, base) == before + 1


def test_two_people_on_one_ticket(sqlite_app: Flask, base: str, person: Person) -> None:
    """The second is shown what the first changed, and loses nothing of what was typed."""
    number = Town().file().number
    db.session.remove()
    first, second = person("desk"), person("head")
    for page in (first, second):
        page.goto(f"{base}/desk/tickets/{number}")
    step(first, "accept")
    step(second, "decline", reason="不属于园区事项", where_to_go="区政务服务中心")
    notice = second.locator("main [role=alert]").first
    expect(notice).to_contain_text("已被他人更新")
    expect(notice).to_contain_text("受理")
    assert second.locator("[name=decline-reason]").input_value() == "不属于园区事项"


def test_the_queue_narrows_while_typing(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    town.file(title="路灯不亮", item="J03")
    town.file("bob", title="新设公司")
    db.session.remove()
    desk = person("desk")
    desk.goto(f"{base}/desk/?view=all")
    expect(desk.locator(".queue tbody tr")).to_have_count(2)
    desk.locator("#q").press_sequentially("路灯")
    expect(desk.locator(".queue tbody tr")).to_have_count(1)
    assert "q=" in desk.url
