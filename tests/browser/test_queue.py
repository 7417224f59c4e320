"""The queue in a real browser: a shift by keyboard alone, 200 tickets at once, and what axe says."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.workbench.saved_views import save_view
from tests.browser.conftest import Person
from tests.browser.looking import faults, until_quiet
from tests.support import START, Town

pytestmark = pytest.mark.browser


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def settle(page: Page, *pressed: str) -> None:
    """Press keys that lead to another page, and wait until it is there."""
    with page.expect_navigation():
        keys(page, *pressed)
    page.wait_for_load_state("networkidle")


def focused_number(page: Page) -> str:
    """Return the number of the row that has the focus."""
    return str(page.evaluate("document.activeElement.closest('tr')?.dataset.number || ''"))


def test_a_shift_by_keyboard_alone(sqlite_app: Flask, base: str, person: Person) -> None:
    """Open, sort, choose, accept, dispatch, reply, next: the mouse is never touched."""
    town = Town()
    numbers = [town.file(title=f"第{n}件").number for n in range(4)]
    db.session.remove()
    page = person("desk")
    page.goto(f"{base}/desk/")
    settle(page, "g", "t")
    assert page.url.endswith("/desk/today")
    settle(page, "g", "q")

    keys(page, "?")
    expect(page.locator("#keys-help")).to_be_visible()
    keys(page, "Escape")
    expect(page.locator("#keys-help")).to_be_hidden()

    settle(page, "t")
    assert "sort=oldest" in page.url
    keys(page, "j")
    assert focused_number(page) == numbers[0]
    keys(page, "j", "k")
    assert focused_number(page) == numbers[0]
    keys(page, "x", "j", "j", "X")  # three of four
    expect(page.locator("tr[aria-selected=true]")).to_have_count(3)
    expect(page.locator("[data-picked]")).to_have_text("已选 3 件")
    keys(page, "Escape")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(0)

    keys(page, "/")
    page.keyboard.type("jaxd?第3件")  # letters typed into a field are letters
    assert page.locator("#q").input_value() == "jaxd?第3件"
    page.locator("#q").evaluate("field => { field.value = '' }")
    keys(page, "Escape")

    settle(page, "g", "q")
    settle(page, "t")
    keys(page, "j", "x", "j", "X")
    settle(page, "a")  # two are accepted, after a look
    expect(page.locator(".bulk-summary")).to_contain_text("可以办理2件")
    settle(page, "Enter")
    expect(page.locator("tr[data-outcome=done]")).to_have_count(2)
    settle(page, "u")
    expect(page.locator("table[data-rows] tbody tr")).to_have_count(2)

    keys(page, "j")
    settle(page, "Enter")  # the third, opened
    assert numbers[2] in page.url
    keys(page, "a")
    settle(page, "Enter")
    expect(page.locator(".bigtitle")).to_contain_text("待派单")
    keys(page, "d", "Tab")
    page.locator("details[data-step=dispatch] textarea").focus()
    settle(page, "Control+Enter")
    expect(page.locator(".bigtitle")).to_contain_text("待签收")
    keys(page, "m")
    page.keyboard.type("已派单，请留意电话。")
    settle(page, "Control+Enter")
    expect(page.locator("#timeline")).to_contain_text("已派单，请留意电话。")
    settle(page, "n")
    assert numbers[3] in page.url
    settle(page, "p")
    assert numbers[2] in page.url
    settle(page, "r")
    expect(page.locator("h1")).to_contain_text("催办")
    settle(page, "Enter")
    expect(page.locator("tr[data-outcome=done]")).to_have_count(1)

    states = {t.number: t.state for t in db.session.scalars(select(Ticket))}
    assert [states[number] for number in numbers] == [
        "accepted", "accepted", "dispatched", "submitted",
    ]  # fmt: skip


def test_keys_are_never_taken_with_ctrl_or_alt(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    Town().file()
    db.session.remove()
    page = person("desk")
    page.goto(f"{base}/desk/")
    keys(page, "Control+a", "Alt+d", "Meta+a", "Control+x")
    page.keyboard.press("Control+j")
    assert page.url == f"{base}/desk/"
    expect(page.locator("tr[aria-selected=true]")).to_have_count(0)


def test_single_keys_can_be_switched_off(sqlite_app: Flask, base: str, person: Person) -> None:
    Town().file()
    db.session.remove()
    page = person("desk")
    page.goto(f"{base}/desk/")
    page.locator("[data-keys-help]").click()
    page.locator("[data-keys-on]").uncheck()
    keys(page, "Escape", "j", "x")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(0)
    page.reload()
    keys(page, "j", "x")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(0)
    page.locator("[data-keys-help]").click()
    page.locator("[data-keys-on]").check()
    keys(page, "Escape", "j", "x")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)


def test_two_hundred_are_dispatched_and_two_refused(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    """One went to a unit meanwhile, for one the letter of authorization is missing."""
    town = Town()
    tickets = [town.walk(town.file(("alice", "bob")[n % 2]), "accept").number for n in range(199)]
    power = town.walk(town.file("bob", acting=True), "accept").number
    db.session.remove()
    page = person("desk")
    page.goto(f"{base}/desk/?view=to_dispatch&sort=oldest")
    page.set_default_timeout(120_000)
    page.locator("[data-all]").check()
    with page.expect_navigation():
        page.locator("[data-bulk-step=dispatch]").click()
    expect(page.locator(".bulk-summary")).to_contain_text("可以办理199件")
    expect(page.locator(".bulk-summary")).to_contain_text("不能办理1件")
    first = page.locator(".bulk-lines tbody tr").first
    expect(first).to_contain_text(power)
    expect(first).to_contain_text("授权")
    with sqlite_app.app_context():
        meanwhile = db.session.scalars(select(Ticket).where(Ticket.number == tickets[7])).one()
        Town().walk(meanwhile, "dispatch", unit_id=Town().unit_id("GHJS"))
        db.session.remove()
    with page.expect_navigation():
        page.locator("[data-confirm]").click()
    expect(page.locator("tr[data-outcome=done]")).to_have_count(198)
    changed = page.locator("tr[data-outcome=changed]")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text(tickets[7])
    expect(changed).to_contain_text("派单 · desk")
    db.session.remove()
    count = select(func.count()).select_from(Ticket)
    assert db.session.scalar(count.where(Ticket.state == "dispatched")) == 199
    assert db.session.scalar(count.where(Ticket.state == "accepted")) == 1
    events = select(func.count()).where(TicketEvent.kind == "dispatch")
    assert db.session.scalar(events) == 199
    db.session.remove()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_queues_pages_are_accessible_and_fit(
    sqlite_app: Flask, base: str, person: Person, width: int, scheme: str
) -> None:
    town = Town()
    numbers = [town.file(urgent="stopped").number for _n in range(3)]
    number = town.walk(town.file(), "accept", "dispatch", "sign", "urge").number
    save_view(town.head, "一个名字很长很长很长很长的视图", {"view": "open", "q": "执照"}, "park")
    save_view(town.desk, "我的", {"view": "all"})
    clock.set(START)
    db.session.remove()
    page = person("desk", width=width, scheme=scheme)
    remind = f"/desk/bulk/remind?number={number}"
    accept = "/desk/bulk/accept?" + "&".join(f"number={one}" for one in numbers)
    wrong: dict[str, list[str]] = {}
    for path in ("/desk/", "/desk/?view=open", "/desk/today", "/desk/views", "/desk/columns",
                 remind, accept, f"/desk/tickets/{number}"):  # fmt: skip
        page.goto(base + path)
        until_quiet(page)
        found = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            found.append(f"{too_wide} px too wide")
        if path == "/desk/":
            page.locator("input[name=number]").first.check()
            keys(page, "?")
            found += faults(page)
            keys(page, "Escape")
        if found:
            wrong[path] = found
    assert wrong == {}
