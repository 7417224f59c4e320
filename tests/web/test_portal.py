"""The enterprise's pages through a client, with real CSRF tokens, on both databases."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from servicedesk.enterprises.actions import join
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import uploads
from tests.support import PASSWORD, Town

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FILE = "/portal/items/A01/file"
ANSWERS = {
    "title": "办理营业执照",
    "description": "请帮我们新设一家公司。",
    "contact": "李工",
    "phone": "13800138000",
    "proposed_name": "鹤城新材料",
    "registered_capital": "500",
    "address_kind": "租赁",
}


class Browser:
    """A signed-in person: each request in a context of its own, tokens taken from the page."""

    def __init__(self, app: Flask, login: str = "") -> None:
        self._app, self._client = app, app.test_client()
        if login:
            self.post("/sign-in", {"login": login, "password": PASSWORD}, page="/sign-in")

    def get(self, url: str) -> TestResponse:
        """Open a page."""
        with self._app.app_context():
            return self._client.get(url)

    def post(self, url: str, data: dict[str, Any], page: str = "/portal/home") -> TestResponse:
        """Send a form with the CSRF token of ``page``."""
        token = fields(self.get(page))["csrf_token"]
        with self._app.app_context():
            return self._client.post(
                url, data={"csrf_token": token, **data}, content_type="multipart/form-data"
            )

    def form(self, **changes: Any) -> dict[str, Any]:
        """Return a filled form for a company registration, as the page gives it."""
        shown = fields(self.get(FILE))
        return {"key": shown["key"], "enterprise": shown["enterprise"], **ANSWERS, **changes}

    def step(self, ticket: Ticket, name: str, **inputs: Any) -> TestResponse:
        """Take a step with the form of the ticket's page."""
        page = f"/portal/requests/{ticket.number}"
        seen = inputs.pop("seen", None) or self.seen(ticket, name)
        return self.post(f"{page}/act/{name}", {"seen": seen, **inputs}, page=page)

    def seen(self, ticket: Ticket, name: str) -> str:
        """Return the version that the page's form of a step carries."""
        tree = html.fromstring(self.get(f"/portal/requests/{ticket.number}").text)
        [value] = tree.xpath(f"//details[@id='step-{name}']//input[@name='seen']/@value")
        return str(value)


def fields(answer: TestResponse) -> dict[str, str]:
    """Return the hidden and filled inputs of a page by name."""
    tree = html.fromstring(answer.text)
    return {one.get("name"): one.get("value", "") for one in tree.xpath("//input[@name]")}


def words(answer: TestResponse) -> str:
    """Return what a person reads on a page, without repeated space."""
    [main] = html.fromstring(answer.text).xpath("//main")
    return re.sub(r"\s+", " ", main.text_content())


def files(*names: str) -> list[tuple[io.BytesIO, str]]:
    """Return attachments; the content is right for the extension."""
    return [(io.BytesIO(PNG if name.endswith("png") else PDF), name) for name in names]


def tickets() -> list[Ticket]:
    """Return all tickets as they are now."""
    db.session.expire_all()  # what requests have changed since
    db.session.rollback()
    return list(db.session.scalars(db.select(Ticket).order_by(Ticket.id)))


@pytest.fixture
def alice(app: Flask) -> Browser:
    """The owner of an enterprise at the browser."""
    return Browser(app, "alice")


@pytest.fixture
def reader(sqlite_app: Flask) -> Browser:
    """The same on one database, for pages that are not about data."""
    return Browser(sqlite_app, "alice")


# The catalogue --------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/portal/welcome", "/portal/categories/A", "/portal/items/A01"])
def test_strangers_may_read_the_catalogue(sqlite_app: Flask, url: str) -> None:
    answer = Browser(sqlite_app).get(url)
    assert answer.status_code == 200
    assert "企业设立登记" in answer.text


@pytest.mark.parametrize("q", ["注册", "qysl", "A01", "registration"])
def test_search_finds_by_characters_initials_code_and_english(sqlite_app: Flask, q: str) -> None:
    answer = Browser(sqlite_app).get(f"/portal/search?q={q}")
    assert "企业设立登记" in words(answer)
    assert 'id="results"' in answer.text


def test_search_without_a_match_says_what_to_do(sqlite_app: Flask) -> None:
    page = words(Browser(sqlite_app).get("/portal/search?q=qqqzzz"))
    assert "没有找到" in page
    assert "直接向服务台提出" in page


def test_a_guide_says_who_how_long_and_what_to_bring(sqlite_app: Flask) -> None:
    page = words(Browser(sqlite_app).get("/portal/items/A01"))
    for part in ("区市场监督管理局", "1个工作日", "设立登记申请书", "必交", "服务台受理"):
        assert part in page


def test_unknown_items_and_categories_are_not_there(sqlite_app: Flask) -> None:
    assert Browser(sqlite_app).get("/portal/items/Z99").status_code == 404
    assert Browser(sqlite_app).get("/portal/categories/Z").status_code == 404


def test_a_stranger_who_wants_to_file_signs_in_first(sqlite_app: Flask) -> None:
    answer = Browser(sqlite_app).get(FILE)
    assert answer.status_code == 302
    assert "/sign-in?next=" in answer.location


def test_staff_do_not_use_the_portal(sqlite_app: Flask) -> None:
    assert Browser(sqlite_app, "desk").get("/portal/home").status_code == 403


# Filing ---------------------------------------------------------------------------------------


def test_a_request_is_filed_with_two_attachments(alice: Browser) -> None:
    sent = alice.form(files=files("执照.png", "章程.pdf"))
    answer = alice.post(FILE, sent)
    [ticket] = tickets()
    assert answer.status_code == 302
    assert answer.location.endswith(f"/requests/{ticket.number}/receipt")
    assert {one.name for one in uploads(ticket.id)} == {"执照.png", "章程.pdf"}
    assert ticket.answers["registered_capital"] == 500
    receipt = alice.get(answer.location)
    assert ticket.number in words(receipt)
    assert "2024年3月6日 17:30" in words(receipt)
    picture = alice.get(f"/portal/requests/{ticket.number}/qr.svg")
    assert picture.mimetype == "image/svg+xml"


def test_the_form_shows_the_promised_date_before_it_is_sent(reader: Browser) -> None:
    page = words(reader.get(FILE))
    assert "最迟在 2024年3月6日 17:30 前" in page
    assert "恩德莱科技有限公司" in page


def test_an_error_keeps_everything_typed_and_uploaded(alice: Browser) -> None:
    sent = alice.form(phone="123", proposed_name="留住我", files=files("执照.png"))
    answer = alice.post(FILE, sent)
    assert answer.status_code == 422
    shown = fields(answer)
    assert shown["proposed_name"] == "留住我"
    assert shown["key"] == sent["key"]
    assert "请填写有效的电话号码" in words(answer)
    again = alice.post(FILE, alice.form(key=shown["key"], uploads=[shown["uploads"]]))
    assert again.status_code == 302
    [ticket] = tickets()
    assert [one.name for one in uploads(ticket.id)] == ["执照.png"]


def test_a_file_that_is_not_what_it_says_is_refused_and_the_others_stay(alice: Browser) -> None:
    bad = (io.BytesIO(b"MZ not a picture"), "坏.png")
    answer = alice.post(FILE, alice.form(files=[*files("章程.pdf"), bad]))
    assert answer.status_code == 422
    assert "文件内容与扩展名不符" in words(answer)
    assert "章程.pdf" in words(answer)
    assert tickets() == []


def test_messages_of_the_form_library_are_in_chinese(reader: Browser) -> None:
    answer = reader.post(FILE, reader.form(registered_capital="很多", address_kind="月球"))
    assert answer.status_code == 422
    assert "Not a valid" not in answer.text


def test_sending_twice_gives_one_ticket(alice: Browser) -> None:
    first = alice.post(FILE, alice.form(phone="1", files=files("执照.png")))
    sent = alice.form(key=fields(first)["key"], uploads=[fields(first)["uploads"]])
    one, two = alice.post(FILE, dict(sent)), alice.post(FILE, dict(sent))
    assert one.location == two.location
    assert len(tickets()) == 1


def test_the_same_key_with_other_content_says_so(alice: Browser) -> None:
    sent = alice.form()
    alice.post(FILE, dict(sent))
    answer = alice.post(FILE, {**sent, "title": "另一件事"})
    assert answer.status_code == 422
    assert "已经提交过一次" in words(answer)
    assert fields(answer)["title"] == "另一件事"
    assert len(tickets()) == 1


def test_nobody_files_for_another_enterprise(alice: Browser, town: Town) -> None:
    answer = alice.post(FILE, alice.form(enterprise=str(town.enterprise_id("bob"))))
    assert answer.status_code == 422
    assert tickets() == []


def test_a_person_of_two_enterprises_chooses(app: Flask, town: Town) -> None:
    join(town.user("alice").id, town.enterprise_id("bob"), "clerk")
    alice = Browser(app, "alice")
    assert "荷力士重工有限公司" not in words(alice.get(FILE))
    alice.post("/portal/enterprise/choose", {"enterprise": str(town.enterprise_id("bob"))})
    page = alice.get(FILE)
    assert fields(page)["enterprise"] == str(town.enterprise_id("bob"))
    assert "荷力士重工有限公司" in words(page)


def test_html_in_a_title_is_shown_not_run(alice: Browser) -> None:
    alice.post(FILE, alice.form(title="<script>alert(1)</script>"))
    [ticket] = tickets()
    for url in ("/portal/home", "/portal/requests", f"/portal/requests/{ticket.number}"):
        page = alice.get(url).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_confidential_item_says_so(reader: Browser) -> None:
    assert "注意保密" in words(reader.get("/portal/items/J01/file"))


# Lists and the enterprise ---------------------------------------------------------------------


def test_the_list_is_cut_into_tabs(alice: Browser, town: Town) -> None:
    mine, done = town.file(title="在办的"), town.walk(town.file(title="撤回的"), "withdraw")
    town.walk(town.file(title="等我的"), "accept", "dispatch", "sign", "resolve")
    shown = {name: words(alice.get(f"/portal/requests?show={name}")) for name in ("open", "todo")}
    closed = words(alice.get("/portal/requests?show=closed"))
    assert mine.title in shown["open"] and done.title not in shown["open"]
    assert "等我的" in shown["todo"] and mine.title not in shown["todo"]
    assert done.title in closed and mine.title not in closed


@pytest.mark.parametrize("show", ["all", "closed"])
def test_long_lists_go_on_without_gaps(alice: Browser, town: Town, show: str) -> None:
    filed = [town.walk(town.file(title=f"第{n}件"), "withdraw").number for n in range(23)]
    found, url = [], f"/portal/requests?show={show}"
    while url:
        tree = html.fromstring(alice.get(url).text)
        found += tree.xpath("//span[@class='number']/text()")
        url = next(iter(tree.xpath("//main//a[contains(@href, 'after=')]/@href")), "")
    assert found == filed[::-1]


@pytest.mark.parametrize("show", ["all", "open", "todo", "closed", "nonsense"])
def test_every_empty_list_says_what_to_do_next(reader: Browser, show: str) -> None:
    tree = html.fromstring(reader.get(f"/portal/requests?show={show}").text)
    assert tree.xpath("//div[@class='empty-page']//a[contains(@class, 'btn')]")


def test_an_owner_invites_once(alice: Browser, town: Town) -> None:
    answer = alice.post("/portal/members/invite", {"invitee": "小王", "part": "clerk"})
    link = re.search(r'value="http://localhost(/join/[^"]+)"', answer.text)
    assert link is not None
    assert "/join/" not in alice.get("/portal/members").text
    assert alice.get(link[1]).status_code == 200
    other = {"enterprise": str(town.enterprise_id("bob"))}
    assert alice.post("/portal/enterprise/choose", other).status_code == 404


def test_pages_carry_no_inline_style_or_script(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    for url in ("home", "items/A01/file", f"requests/{ticket.number}", "enterprise", "search?q=zc"):
        tree = html.fromstring(alice.get(f"/portal/{url}").text)
        assert not tree.xpath("//@style | //style | //script[not(@src)]")
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), url


@pytest.mark.parametrize("seen", ["²", "9" * 5000, "-1"])
def test_a_version_that_cannot_be_is_a_conflict(alice: Browser, town: Town, seen: str) -> None:
    answer = alice.step(town.file(), "withdraw", reason="不办了", seen=seen)
    assert answer.status_code == 409
    assert "不办了" in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "requests/%00", "requests/20240305-00001-%C2%B2", "items/%00", "items/A01%00/file",
        "categories/%00",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_are_not_there(alice: Browser, url: str) -> None:
    assert alice.get(f"/portal/{url}").status_code in (400, 404)


@pytest.mark.parametrize(
    "query", ["after=²", "after=" + "9" * 40, "enterprise=" + "9" * 40, "show=%00", "after=%00"]
)
def test_lists_bear_any_query(alice: Browser, query: str) -> None:
    assert alice.get(f"/portal/requests?{query}").status_code == (400 if "%00" in query else 200)
