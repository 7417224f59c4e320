"""Two people in one ticket; drafts, the way back, canned replies and mentions, in a real browser."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.workbench.replies import save_reply
from tests.browser.conftest import Person
from tests.support import Town, pass_time

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


def ticket_of(*steps: str) -> str:
    """The address of a new ticket's page after ``steps``."""
    town = Town()
    found = town.walk(town.file(), *steps)
    number = found.number
    db.session.remove()
    return f"/desk/tickets/{number}"


def beaten(page: Page) -> None:
    """Let the page's heartbeat beat once more, now."""
    with page.expect_response(lambda answer: answer.url.endswith("/presence")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def saved(page: Page, text: str, field: str = "#note_body") -> None:
    """Type, and wait until the server has the draft."""
    with page.expect_response(lambda answer: answer.url.endswith("/draft")):
        page.locator(field).press("ControlOrMeta+End")
        page.locator(field).press_sequentially(text)


def test_two_people_in_one_ticket(sqlite_app: Flask, base: str, person: Person) -> None:
    address = base + ticket_of()
    desk, head = person("desk"), person("head")
    desk.goto(address)
    head.goto(address)
    beaten(desk)
    expect(desk.locator("[data-people]")).to_contain_text("head 甲 正在查看")
    head.locator("[data-step=decline] summary").evaluate(
        "e => e.closest('.action-group').open = true"
    )
    head.locator("[data-step=decline] > summary").click()
    saved(head, "不属于园区事项", "[name=decline-reason]")
    beaten(desk)
    expect(desk.locator("[data-people]")).to_contain_text("head 甲 正在填写")

    desk.locator("[data-step=accept] button.w-100").click()
    expect(desk.locator("[data-undo]")).to_contain_text("已受理")
    expect(head.locator("[data-reload]")).to_be_hidden()
    beaten(head)
    expect(head.locator("[data-reload]")).to_be_visible()

    head.locator("[name=decline-where_to_go]").fill("区政务服务中心")
    head.locator("[data-step=decline] button.w-100").click()
    expect(head.get_by_role("alert").filter(has_text="已被他人更新")).to_be_visible()
    expect(head.locator("[name=decline-reason]")).to_have_value("不属于园区事项")
    expect(head.locator("[name=decline-where_to_go]")).to_have_value("区政务服务中心")


def test_the_hint_reloads_and_keeps_the_text(sqlite_app: Flask, base: str, person: Person) -> None:
    path = ticket_of("accept")
    desk = person("desk")
    desk.goto(base + path)
    desk.locator(".write-note > summary").click()
    desk.locator("#note_body").fill("还没写完")
    town = Town()
    found = db.session.query(Ticket).one()
    town.walk(found, "dispatch")
    db.session.remove()
    beaten(desk)
    desk.locator("[data-reload]").click()
    expect(desk.locator(".bigtitle")).to_contain_text("待签收")
    expect(desk.locator("#note_body")).to_have_value("还没写完")


def test_a_draft_survives_and_goes_with_the_note(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    address = base + ticket_of()
    desk = person("desk")
    desk.goto(address)
    desk.locator(".write-note > summary").click()
    saved(desk, "写到一半")
    expect(desk.locator("[data-form=note] [data-draft-word]")).to_have_text("草稿已保存")
    other = person("desk", width=390)
    other.goto(address)
    expect(other.locator("#note_body")).to_have_value("写到一半")
    expect(other.locator("[data-form=note] .draft-line")).to_contain_text("保存于")
    saved(other, "，写完")
    other.locator("[data-form=note] [data-send]").click()
    expect(other.locator(".entry-note")).to_contain_text("写到一半，写完")
    desk.reload()
    expect(desk.locator("#note_body")).to_have_value("")


def test_undo_counts_down_and_then_it_is_too_late(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    path = ticket_of()
    desk = person("desk")
    desk.clock.install()
    desk.goto(base + path)
    desk.locator("[data-step=accept] button.w-100").click()
    bar = desk.locator("[data-undo]")
    expect(bar).to_contain_text("(10)")
    bar.get_by_role("button").click()
    expect(desk.get_by_text("已撤销，没有人收到通知。")).to_be_visible()
    expect(desk.locator(".bigtitle")).to_contain_text("待受理")

    desk.locator("[data-step=accept] button.w-100").click()
    expect(bar).to_contain_text("(10)")
    clock.set(pass_time(seconds=10))
    desk.clock.fast_forward(11_000)
    expect(bar).to_contain_text("不能再撤销")
    expect(bar.get_by_role("button")).to_have_count(0)


def test_a_reply_by_keyboard_and_a_mention(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    save_reply(town.head, None, "告知受理", "{企业名称}您好，{工单号}已受理。", "park")
    save_reply(town.desk, None, "再见", "再见。", "")
    address = base + ticket_of("accept")
    desk = person("desk")
    desk.goto(address)
    desk.locator(".write-message > summary").click()
    desk.locator("#message_body").fill("先说一句：")
    desk.locator("[data-form=message] [data-pick]").click()
    expect(desk.locator("#pick-list [aria-selected=true]")).to_contain_text("再见")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowUp")
    desk.keyboard.type("告知")
    expect(desk.locator("#pick-list [role=option]:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    number = address.rsplit("/", 1)[1]
    expect(desk.locator("#message_body")).to_have_value(
        f"先说一句：恩德莱科技有限公司您好，{number}已受理。"
    )

    desk.locator(".write-note > summary").click()
    expect(desk.locator("#message_body")).to_be_hidden()
    desk.locator("#note_body").press_sequentially("请 @hea")
    expect(desk.locator("#mention-list [role=option]:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#note_body")).to_have_value("请 @head 甲 ")
    desk.locator("[data-form=note] [data-send]").click()
    expect(desk.locator(".follow")).to_contain_text("head 甲")
    head = person("head")
    head.goto(f"{base}/notices")
    expect(head.locator("main")).to_contain_text("提到了您")
