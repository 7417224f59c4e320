"""A declaration from match to title on the file, by four people in a browser."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from servicedesk.core.conditions import parse
from servicedesk.declarations.policies import write_policy
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.policies import declared, draft, fill_file, local_day, published
from tests.support import Town, pass_time

pytestmark = pytest.mark.browser
TITLE = "创新型中小企业"
PAGES = {
    "desk": (
        "/desk/policies", "/desk/policies/new", "/desk/policies/{running}", "/desk/declarations",
        "/desk/policies/{draft}", "/desk/policies/{draft}/edit", "/desk/declarations/{declaration}",
        "/desk/policies/{running}/declare/{enterprise}",
    ),
    "leader": ("/desk/policies/missed", "/desk/declarations"),
    "alice": (
        "/portal/policies", "/portal/policies/{running}", "/portal/policies/{far}",
        "/portal/declarations", "/portal/declarations/{declaration}",
    ),
}  # fmt: skip


def condition(page: Page, number: int, field: str, comparison: str, value: str) -> None:
    """Fill one row of conditions."""
    row = page.locator("[data-condition]").nth(number)
    row.locator("[name=field]").select_option(label=field)
    row.locator("[name=comparison]").select_option(label=comparison)
    row.locator("[name=value]").fill(value)


def step(page: Page, name: str, **values: str) -> None:
    """Take one step of a declaration, filling in its form."""
    block = page.locator(f"details[data-step={name}]")
    if block.get_attribute("open") is None:
        block.locator("summary").click()
    for field, value in values.items():
        block.locator(f"[name={name}-{field}]").fill(value)
    block.locator("form button.w-100").click()
    page.wait_for_load_state("networkidle")


def test_from_match_to_title_on_the_file(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    number = town.enterprise_id("alice")
    fill_file(number)
    fill_file(town.enterprise_id("bob"), employees=5)
    closes = local_day(30).isoformat()
    db.session.remove()

    desk = person("desk")
    desk.goto(f"{base}/desk/policies")
    desk.get_by_role("link", name="新建政策").first.click()
    desk.locator("[name=name]").fill("创新型中小企业评价")
    desk.locator("[name=opens_on]").fill(local_day().isoformat())
    desk.locator("[name=closes_on]").fill(closes)
    desk.locator("[name=item_code]").select_option("F01")
    desk.locator("[name=unit_code]").select_option("SCJG")
    desk.locator("[name=title_name]").fill(TITLE)
    desk.locator("[name=title_term]").select_option("3")
    condition(desk, 0, "从业人数", "不少于", "20")
    condition(desk, 1, "研发费用占比", "不少于", "3")
    desk.get_by_role("button", name="保存并预览匹配").click()
    expect(desk.locator(".figure", has_text="全部满足").locator(".figure-value")).to_contain_text(
        "1"
    )
    expect(desk.get_by_text("一项未满足：从业人数")).to_be_visible()
    desk.get_by_role("button", name="发布并告知企业").click()
    expect(desk.get_by_text("还没有匹配结果")).to_be_visible()

    tasks.policies()
    db.session.remove()

    owner = person("alice", width=390)
    owner.goto(f"{base}/notices")
    owner.get_by_text("有一项政策符合贵企业条件").click()
    expect(owner.get_by_text("贵企业全部满足")).to_be_visible()
    expect(owner.get_by_text("从业人数为60人，不少于20人。")).to_be_visible()
    owner.get_by_role("button", name="一键申报").click()
    expect(owner.get_by_text("申报已提交")).to_be_visible()
    declaration = owner.url

    officer = person("officer")
    officer.goto(f"{base}/desk/declarations")
    officer.get_by_role("link", name="恩德莱科技有限公司").click()
    step(officer, "recommend", note="材料齐全，同意推荐。")
    step(officer, "approve", number="湘工信〔2024〕9号")
    expect(officer.locator("h1 + .state")).to_have_text("已获批")

    owner.goto(declaration)
    expect(owner.locator(".path .here")).to_have_text("已获批")
    expect(owner.get_by_text("材料齐全，同意推荐。")).to_be_visible()

    desk.goto(f"{base}/desk/enterprises/{number}")
    expect(desk.locator("main")).to_contain_text(TITLE)
    expect(desk.locator("main")).to_contain_text("湘工信〔2024〕9号")


@pytest.fixture
def numbers(sqlite_app: Flask) -> dict[str, int]:
    """A draft, a running policy that fits, one that does not, a declaration; and a missed chance."""
    town = Town()
    for login in ("alice", "bob"):
        fill_file(town.enterprise_id(login))
    published(town, name="去年的政策", opens_on=local_day(-60), closes_on=local_day())
    running, other = published(town), published(town, name="已申报的政策")
    far = published(town, unit_code="GHJS", conditions=[parse("employees", "at_least", "900")])
    tasks.policies()
    found = {
        "running": running.id, "far": far.id, "enterprise": town.enterprise_id("alice"),
        "draft": write_policy(town.desk, draft()).id, "declaration": declared(town, other).id,
    }  # fmt: skip
    pass_time(days=1)
    db.session.remove()
    return found


@pytest.mark.parametrize("login", sorted(PAGES))
def test_pages_are_accessible_and_fit(
    numbers: dict[str, int], base: str, person: Person, login: str
) -> None:
    page = person(login)
    wrong: dict[str, list[str]] = {}
    for path in PAGES[login]:
        found = faults_both_ways(
            page, base + path.format(**numbers),
            "document.querySelectorAll('main details').forEach(one => one.open = true)",
        )  # fmt: skip
        if found:
            wrong[path] = found
    assert wrong == {}
