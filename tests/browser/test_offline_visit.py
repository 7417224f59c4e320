"""A visit written down on a telephone without a network: nothing lost, nothing twice."""

from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import func, select

from servicedesk.core.outreach import Rules
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.outreach.rounds import Plan, hand_out, plan_round
from servicedesk.tickets.models import Ticket
from tests.browser.conftest import Person
from tests.browser.looking import AXE, faults
from tests.live import sign_in
from tests.support import PASSWORD, Town
from tests.web.test_access import PNG

pytestmark = pytest.mark.browser
DAY = date(2024, 3, 5)
PHONE = "/desk/visits/phone"


@pytest.fixture
def stops(sqlite_app: Flask) -> None:
    """Both enterprises are to be visited today, by the desk's person."""
    town = Town()
    firms = [town.enterprise_id("alice"), town.enterprise_id("bob")]
    made = plan_round(town.desk, Plan("三月上旬", "", DAY, DAY, Rules(), firms))
    hand_out(town.desk, made.id, [town.desk.user_id or 0])
    db.session.remove()


def phone(person: Person, base: str, login: str = "desk") -> Page:
    """Open the page once with a network, and wait until it can do without."""
    page = person(login, width=390)
    page.goto(base + PHONE)
    expect(page.locator("#ready")).to_be_visible()
    expect(page.locator("#stops .request")).to_have_count(2)
    return page


def fill(page: Page, name: str, raised: bool = True) -> None:
    """Write a visit at one enterprise down, as at the door."""
    page.get_by_role("button", name=f"开始登记 {name}").click()
    page.fill("#v-met", "李工")
    page.fill("#v-notes", "生产正常，门前积水。")
    if raised:
        page.get_by_role("button", name="添加一件诉求").click()
        page.select_option("#raised-0-item", "J03")
        page.fill("#raised-0-title", "门前道路积水")
        page.fill("#raised-0-description", "雨后积水，货车进不来。")


def counts() -> tuple[int, int]:
    """Return how many visits and tickets there are."""
    db.session.remove()
    found = tuple(db.session.scalar(select(func.count(model.id))) or 0 for model in (Visit, Ticket))
    db.session.remove()
    return found  # type: ignore[return-value]


def test_a_visit_recorded_offline_is_sent_exactly_once(
    stops: None, base: str, person: Person
) -> None:
    page = phone(person, base)
    context = page.context
    context.set_offline(True)
    page.goto(base + PHONE)  # opens again without a network
    expect(page.locator("#net")).to_have_text("没有网络")
    fill(page, "恩德莱科技有限公司")
    page.set_input_files("#v-photos", {"name": "门头.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator("#photos li")).to_have_count(1)
    page.get_by_role("button", name="保存并发送").click()
    expect(page.locator("#count")).to_have_text("待发送 1 条")
    page.reload()  # a telephone that closes the page loses nothing
    expect(page.locator("#count")).to_have_text("待发送 1 条")
    assert counts() == (0, 0)

    lost: list[int] = []
    _lose_the_first_answer(context, lost)
    context.set_offline(False)
    expect(page.get_by_text("还没有发送成功")).to_be_visible()
    assert lost == [200]
    assert counts() == (1, 1)
    expect(page.locator("#count")).to_have_text("待发送 1 条")
    page.get_by_role("button", name="立即发送").click()
    expect(page.locator("#queue")).to_be_hidden()
    assert counts() == (1, 1)

    [done] = page.locator("#done .request").all()
    number = done.locator(".request-meta").first.inner_text()
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == number))
    assert ticket is not None
    assert (ticket.channel, ticket.title) == ("visit", "门前道路积水")
    db.session.remove()
    done.get_by_text("请企业扫码确认").click()
    assert done.locator("img.qr").evaluate("i => i.complete && i.naturalWidth > 0")
    _confirm(person, base, done.locator(".break").inner_text())
    desk = person("desk")
    desk.goto(f"{base}/desk/visits")
    expect(desk.get_by_role("link", name="恩德莱科技有限公司")).to_be_visible()
    expect(desk.get_by_text("企业无异议").last).to_be_visible()


def _lose_the_first_answer(context: BrowserContext, lost: list[int]) -> None:
    """Let the first sending reach the server, and its answer nobody."""

    def handle(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    context.route("**/desk/visits/sync", handle)


def _confirm(person: Person, base: str, link: str) -> None:
    """The enterprise opens the link, which carries the installation's own address."""
    guest = person(width=390)
    path = link[link.index("/portal/visit/") :]
    guest.goto(base + path)
    guest.get_by_text("无异议").click()
    guest.fill("input[name=name]", "李工")
    guest.get_by_role("button", name="提交确认").click()
    expect(guest.get_by_text("感谢您的反馈")).to_be_visible()
    guest.goto(base + path)
    expect(guest.get_by_role("button", name="提交确认")).to_have_count(0)


def test_it_is_sent_by_itself_when_the_network_is_back(
    stops: None, base: str, person: Person
) -> None:
    page = phone(person, base)
    page.context.set_offline(True)
    fill(page, "荷力士重工有限公司", raised=False)
    page.get_by_role("button", name="保存并发送").click()
    expect(page.locator("#count")).to_have_text("待发送 1 条")
    page.context.set_offline(False)
    expect(page.locator("#done .request")).to_have_count(1)
    expect(page.locator("#stops .request")).to_have_count(1)
    assert counts() == (1, 0)


def test_a_half_written_visit_survives(stops: None, base: str, person: Person) -> None:
    page = phone(person, base)
    page.context.set_offline(True)
    fill(page, "恩德莱科技有限公司")
    page.get_by_role("button", name="存草稿返回").click()
    page.goto(base + PHONE)
    page.get_by_role("button", name="继续填写").click()
    expect(page.locator("#raised-0-title")).to_have_value("门前道路积水")
    page.fill("#v-topic", "")
    page.get_by_role("button", name="保存并发送").click()
    expect(page.locator("#v-topic-error")).to_be_visible()
    assert counts() == (0, 0)


def test_a_refused_record_stays_with_its_reason(stops: None, base: str, person: Person) -> None:
    page = phone(person, base)
    fill(page, "恩德莱科技有限公司", raised=False)
    page.fill("#v-visited_on", (DAY + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="保存并发送").click()
    expect(page.get_by_text("上门日期须在最近60天之内").first).to_be_visible()
    page.get_by_role("button", name="修改").click()
    expect(page.locator("#v-visited_on-error")).to_be_visible()
    page.fill("#v-visited_on", DAY.isoformat())
    page.get_by_role("button", name="保存并发送").click()
    expect(page.locator("#done .request")).to_have_count(1)
    assert counts() == (1, 0)


def test_an_ended_session_keeps_the_queue_and_another_person_does_not_see_it(
    stops: None, base: str, person: Person
) -> None:
    page = phone(person, base)
    page.context.set_offline(True)
    fill(page, "恩德莱科技有限公司", raised=False)
    page.get_by_role("button", name="保存并发送").click()
    expect(page.locator("#count")).to_have_text("待发送 1 条")
    page.context.clear_cookies()  # the session has ended meanwhile
    page.context.set_offline(False)
    expect(page.get_by_role("link", name="去登录")).to_be_visible()
    page.get_by_role("link", name="去登录").click()
    sign_in(page, base, "head", PASSWORD)
    page.goto(base + PHONE)
    expect(page.locator("#no-stops")).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
    page.context.set_offline(True)
    page.goto(base + PHONE)
    expect(page.locator("#net")).to_have_text("没有网络")
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator("#stops .request")).to_have_count(0)
    page.context.set_offline(False)
    assert counts() == (0, 0)
    page.context.clear_cookies()
    page.goto(base + PHONE)
    sign_in(page, base, "desk", PASSWORD)
    page.goto(base + PHONE)
    expect(page.locator("#done .request")).to_have_count(1)
    assert counts() == (1, 0)


def test_only_this_page_is_kept(stops: None, base: str, person: Person) -> None:
    page = phone(person, base)
    kept = page.evaluate(
        "async () => { const found = []; for (const name of await caches.keys())"
        " for (const one of await (await caches.open(name)).keys()) found.push(one.url);"
        " return found; }"
    )
    paths = {str(address).removeprefix(base) for address in kept}
    assert PHONE in paths
    assert all(path == PHONE or path.startswith("/static/") for path in paths)
    page.goto(f"{base}/desk/visits/today")
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(f"{base}/desk/visits/today")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_telephones_page_is_accessible_and_fits(
    stops: None, base: str, person: Person, scheme: str
) -> None:
    assert AXE.exists()
    page = person("desk", width=390, scheme=scheme)
    page.goto(base + PHONE)
    expect(page.locator("#stops .request")).to_have_count(2)
    for step in (lambda: None, lambda: fill(page, "恩德莱科技有限公司")):
        step()
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
