"""In a real browser: adding to an open ticket instead of filing; one solution for three tickets."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select, update

from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.problems.actions import Details, create
from servicedesk.problems.solving import solve
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.support import Town

ROAD = "J03"
PDF = b"%PDF-1.4\n%%EOF\n"
AREA = "阳塘片区"


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    with writing():
        db.session.execute(update(Enterprise).values(area=AREA))
    return Town()


def road(town: Town, login: str = "alice") -> Ticket:
    words = "3号路路面坑洼，货车颠簸"
    ticket = town.file(login, ROAD, title="3号路路面破损", description=words)
    return town.walk(ticket, "accept", "dispatch", "sign")


def states(*tickets: int) -> list[str]:
    db.session.rollback()
    return [db.session.get_one(Ticket, one, populate_existing=True).state for one in tickets]


def test_a_duplicate_is_added_to_the_open_ticket(
    sqlite_app: Flask, town: Town, base: str, person: Person, tmp_path: Path
) -> None:
    ticket = road(town)
    number = ticket.number
    db.session.remove()
    (tmp_path / "坑.pdf").write_bytes(PDF)
    page = person("alice", width=390)
    page.goto(f"{base}/portal/items/{ROAD}/file")
    expect(page.get_by_text("这件事您已有1件在办")).to_be_visible()
    page.fill("[name=description]", "昨夜又塌了一块，两米宽")
    page.locator("#files").set_input_files(tmp_path / "坑.pdf")
    expect(page.locator("#files ~ ul input[name=uploads]")).to_have_count(1)
    page.get_by_role("button", name="补充到这件工单").click()
    expect(page).to_have_url(f"{base}/portal/requests/{number}#progress")
    expect(page.get_by_text("昨夜又塌了一块，两米宽")).to_be_visible()
    expect(page.get_by_role("link", name="坑.pdf").first).to_be_visible()
    db.session.rollback()
    assert len(db.session.scalars(select(Ticket.id)).all()) == 1
    page.goto(f"{base}/portal/items/{ROAD}/file")
    page.fill("[name=description]", "另一处：路灯不亮")
    page.fill("[name=title]", "路灯")
    page.fill("[name=location]", "4号路")
    page.locator("[name=title]").press("Enter")  # files, and never adds
    expect(page.locator(".receipt-number")).to_be_visible()


def test_one_solution_for_three_tickets_and_one_not_solved(
    sqlite_app: Flask, town: Town, base: str, person: Person
) -> None:
    mine, other, theirs = road(town), road(town), road(town, "bob")
    numbers = [one.number for one in (mine, other, theirs)]
    ids = [one.id for one in (mine, other, theirs)]
    made = create(town.desk, Details("3号路路面破损", mine.item_id, AREA), numbers[:2])
    problem, address = made.id, numbers[2]
    db.session.remove()
    desk = person("desk")
    desk.goto(f"{base}/desk/problems/{problem}")
    desk.fill("#join-number", address)
    desk.get_by_role("button", name="加入工单").click()
    expect(desk.get_by_role("heading", name="关联工单（3）")).to_be_visible()

    head = person("head")
    head.goto(f"{base}/desk/problems/{problem}")
    head.get_by_role("link", name="解决并告知").click()
    expect(head.get_by_text("将办结，等企业确认")).to_have_count(3)
    head.fill("[name=solution]", "路面已重新铺装，每季度巡查。")
    head.get_by_role("button", name="解决，并告知下面所有企业").click()
    expect(head.get_by_role("status").first).to_contain_text("已办结，等待企业确认：3件")
    assert states(*ids) == [State.RESOLVED] * 3

    bob = person("bob", width=390)
    bob.goto(f"{base}/portal/requests/{address}")
    expect(bob.get_by_text("路面已重新铺装，每季度巡查。").first).to_be_visible()
    step = bob.locator("#step-dispute")
    step.locator("summary").click()
    step.locator("textarea").fill("我们门口还没有修到")
    step.get_by_role("button").click()
    expect(bob.get_by_text("已退回重办").first).to_be_visible()
    assert states(*ids) == [State.RESOLVED, State.RESOLVED, State.IN_PROGRESS]
    head.goto(f"{base}/desk/problems/{problem}")
    expect(head.get_by_text("办理中").first).to_be_visible()
    expect(head.get_by_text("重办1次")).to_be_visible()


def test_pages_of_problems_are_accessible_and_fit(
    sqlite_app: Flask, town: Town, base: str, person: Person
) -> None:
    mine, theirs = road(town), road(town, "bob")
    waits = town.file("alice", ROAD, title="还是3号路", description="路面坑洼")
    made = create(town.desk, Details("3号路路面破损", mine.item_id, AREA), [mine.number])
    solved = create(town.desk, Details("班车不足", mine.item_id, AREA))
    solve(town.head, solved.id, "加开两班。", solved.version, [town.enterprise_id()])
    pages = {
        "head": [
            "/desk/problems", "/desk/problems?view=all", f"/desk/problems/{made.id}",
            f"/desk/problems/{made.id}/solve", f"/desk/problems/{solved.id}", "/desk/repeats",
            f"/desk/problems/new?ticket={waits.number}", f"/desk/tickets/{waits.number}",
            f"/desk/tickets/{theirs.number}", f"/desk/tickets/{mine.number}/split",
            f"/desk/new/{town.enterprise_id()}/{ROAD}",
        ],
        "alice": [
            f"/portal/items/{ROAD}/file", f"/portal/solutions/{solved.id}",
            f"/portal/requests/{mine.number}",
        ],
    }  # fmt: skip
    db.session.remove()
    wrong: dict[str, list[str]] = {}
    for login, paths in pages.items():
        page = person(login)
        for path in paths:
            found = faults_both_ways(
                page, base + path,
                "document.querySelectorAll('#links details, #solutions details')"
                ".forEach(d => d.open = true)",
            )  # fmt: skip
            if found:
                wrong[path] = found
    assert wrong == {}, wrong
