"""A clerk of an accounting firm who acts for three enterprises never sees the wrong one."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from lxml.html import HtmlElement, fromstring
from playwright.sync_api import APIResponse, Page, expect
from sqlalchemy import select

from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.core.projects import Stage
from servicedesk.enterprises.actions import create_enterprise, join
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.projects.actions import Details, create_project, link_enterprise, reach
from servicedesk.tickets.actions import Request, send_message, submit, take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import item_of
from servicedesk.web.access import actor_of
from tests.browser.conftest import Person
from tests.browser.looking import faults
from tests.support import PASSWORD, START, Town

pytestmark = pytest.mark.browser
MOST_PAGES = 120
WITHOUT_SWITCHER = """() => {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll('[data-switcher]').forEach(one => one.remove());
  return copy.outerHTML;
}"""


@dataclass(frozen=True, slots=True)
class Client:
    """One of the firm's clients, and every word by which it can be told from the others."""

    id: int
    name: str
    words: frozenset[str]
    ticket: str


@pytest.fixture
def clients(sqlite_app: Flask) -> list[Client]:
    """Three enterprises for which the clerk acts, each with requests, notices and a project."""
    town = Town()
    third = create_enterprise(
        town.desk, name="湘西矿山机械有限公司", code=valid_credit_code("431202", "MA463F0W9")
    )
    clerk = create_user(
        Actor(None, Role.SYSTEM, town.park_id), login="kuaiji", name="周会计", role=Role.REQUESTER,
        password_hash=hash_password(PASSWORD), park_id=town.park_id, phone="13900139000",
    )  # fmt: skip
    parts = {town.enterprise_id("alice"): Part.CLERK, town.enterprise_id("bob"): Part.FINANCE}
    for enterprise_id, part in {**parts, third.id: Part.OWNER}.items():
        join(clerk.id, enterprise_id, part)
    made = [_client(town, actor_of(clerk), n) for n in [*parts, third.id]]
    db.session.remove()
    return made


def _client(town: Town, clerk: Actor, enterprise_id: int) -> Client:
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    sample = town.file("alice")
    titles = [f"第{enterprise_id}家的{what}" for what in ("执照", "公章", "扩建项目")]
    for title in titles[:2]:
        request = Request(enterprise_id, title, f"{title}说明", "周会计", "13900139000")
        ticket = submit(clerk, item_of(sample), request)
        take(town.desk, ticket.id, "accept")
        send_message(town.desk, ticket.id, f"{title}的答复")
    take(actor_of(town.user("alice")), sample.id, "withdraw", {"reason": "只是样子"})
    project = create_project(
        town.desk, Details(titles[2], 2500, town.user("desk").id), START.date()
    )
    link_enterprise(town.desk, project.id, enterprise_id, project.version)
    reach(town.desk, project.id, Stage.SIGNED, START.date())
    rows = db.session.scalars(select(Ticket).where(Ticket.enterprise_id == enterprise_id)).all()
    numbers = {row.number for row in rows}
    return Client(
        enterprise_id, enterprise.name,
        frozenset({enterprise.name, enterprise.credit_code or "", *titles, *numbers}),
        max(numbers),
    )  # fmt: skip


def switch(page: Page, client: Client) -> None:
    """Choose the client in the bar, as a person does."""
    if page.locator(".acting-who strong").inner_text() == client.name:
        return
    page.locator("details[data-switcher] summary").click()
    page.get_by_role("button", name=client.name).click()
    expect(page.locator(".acting-who strong")).to_have_text(client.name)


def seeds(app: Flask) -> Iterator[str]:
    """Yield every portal page whose address names nothing."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("portal.") and not rule.arguments and "GET" in rule.methods:
            yield rule.rule
    yield from ("/notices", "/account", "/portal/items/A01", "/portal/items/A01/file")


def links(document: HtmlElement, url: str) -> Iterator[str]:
    """Yield the pages of the portal that a page leads to."""
    for href in document.xpath("//a/@href"):
        parts = urlsplit(quote(urljoin(url, href), safe="/:?&=%#+,;@!$'()*~"))
        catalogue = parts.path.startswith(("/portal/items/", "/portal/categories/"))
        if parts.path.startswith(("/portal/", "/notices")) and not catalogue:
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def document_of(answer: APIResponse) -> HtmlElement | None:
    """Return a page without the switcher; nothing of a refusal or a file."""
    assert answer.status in (200, 403), answer.url
    if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
        return None
    document = fromstring(answer.text())
    for switcher in document.xpath("//*[@data-switcher]"):
        switcher.drop_tree()
    return document


def text_of(answer: APIResponse, document: HtmlElement | None) -> str:
    """Return all that a page holds, in attributes too; of a file, all that is written in it."""
    if document is not None:
        unseen = (comment.text or "" for comment in document.xpath("//comment()"))
        return "\n".join((*map(str, document.xpath("//text() | //@*")), *unseen))
    body = answer.body()
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:  # Word and Excel
        return "".join(packed.read(name).decode(errors="replace") for name in packed.namelist())


def test_no_page_shows_another_client(
    sqlite_app: Flask, clients: list[Client], base: str, person: Person
) -> None:
    page = person("kuaiji")
    for client in clients:
        others = frozenset().union(*(one.words for one in clients if one is not client))
        page.goto(f"{base}/portal/home")
        switch(page, client)
        waiting, seen, found = list(seeds(sqlite_app)), set[str](), set[str]()
        while waiting and len(seen) < MOST_PAGES:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            answer = page.request.get(base + path)  # as the browser would, without drawing it
            document = document_of(answer)
            shown = text_of(answer, document)
            wrong = sorted(word for word in others if word in shown)
            assert wrong == [], f"{path} for {client.name} shows {wrong}"
            found |= {word for word in client.words if word in shown}
            if document is not None and answer.url == base + path:
                assert document.xpath("string(//*[@class='acting-who']/strong)") == client.name
                waiting += [one for one in links(document, answer.url) if one not in seen]
        assert len(seen) > 12
        assert found == client.words, f"{client.name}: {sorted(client.words - found)} never shown"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_switcher_is_accessible(
    clients: list[Client], base: str, person: Person, scheme: str
) -> None:
    page = person("kuaiji", width=390, scheme=scheme)
    for path in ("/portal/home", f"/portal/requests/{clients[1].ticket}"):
        page.goto(base + path)
        page.locator("details[data-switcher] summary").click()
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_what_belongs_to_another_client_offers_to_switch(
    clients: list[Client], base: str, person: Person
) -> None:
    page, (first, second, _third) = person("kuaiji", width=390), clients
    page.goto(f"{base}/portal/home")
    switch(page, first)
    page.goto(f"{base}/portal/requests/{second.ticket}")
    shown = page.evaluate(WITHOUT_SWITCHER)
    assert not [word for word in second.words - {second.ticket} if word in shown]
    page.get_by_role("button", name=f"切换到 {second.name} 查看").click()
    expect(page.locator(".acting-who strong")).to_have_text(second.name)
    expect(page.get_by_text(second.ticket).first).to_be_visible()


def test_a_form_of_one_client_is_never_filed_for_another(
    clients: list[Client], base: str, person: Person
) -> None:
    page, (first, second, _third) = person("kuaiji"), clients
    page.goto(f"{base}/portal/home")
    switch(page, first)
    page.goto(f"{base}/portal/items/J03/file")
    page.fill("[name=title]", "路灯不亮")
    page.fill("[name=description]", "厂区北门的路灯坏了一周。")
    for question in page.locator("main form [required]:visible").all():
        kind = question.evaluate("e => e.tagName + ':' + (e.type || '')")
        if kind.startswith("SELECT"):
            question.select_option(index=1)
        elif kind in ("INPUT:radio", "INPUT:checkbox"):
            question.check()
        elif kind == "INPUT:date":
            question.fill("2024-03-20")
        elif not question.input_value():
            question.fill("3")
    other_tab = page.context.new_page()
    other_tab.goto(f"{base}/portal/home")
    switch(other_tab, second)
    page.get_by_role("button", name="提交申请").click()
    alert = page.get_by_role("alert").filter(has_text="还没有提交")
    expect(alert.first).to_contain_text(f"您现在正在为 {second.name} 办事")
    expect(page.locator("[name=description]")).to_have_value("厂区北门的路灯坏了一周。")
    page.get_by_role("button", name=f"切换到 {first.name} 并提交").click()
    expect(page.get_by_text("已收到您的申请")).to_be_visible()
    expect(page.locator("main")).to_contain_text(first.name)
    expect(page.locator(".acting-who strong")).to_have_text(first.name)
