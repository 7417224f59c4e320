"""For whom a person acts: the bar, switching, forms of before switching; and the members' page."""

import re

import pytest
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from servicedesk.core.permissions import Part
from servicedesk.enterprises.actions import invite, join
from servicedesk.enterprises.people import change_part, remove_member
from servicedesk.enterprises.queries import owners, parts_of
from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from tests.support import Town, pass_time
from tests.web.test_portal import ANSWERS, FILE, Browser, fields, files, tickets, words

HERS, HIS = "恩德莱科技有限公司", "荷力士重工有限公司"


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    """Alice owns one enterprise and is a clerk of Bob's."""
    made = Town()
    join(made.user("alice").id, made.enterprise_id("bob"), Part.CLERK)
    return made


@pytest.fixture
def alice(sqlite_app: Flask, town: Town) -> Browser:
    """Alice at the browser, acting for her own enterprise."""
    return Browser(sqlite_app, "alice")


def switch(person: Browser, town: Town, login: str, **more: str) -> str:
    """Act for the enterprise of ``login``; returns where that leads."""
    chosen = {"enterprise": str(town.enterprise_id(login)), **more}
    return person.post("/portal/enterprise/choose", chosen).location


def bar(person: Browser, url: str = "/portal/home") -> str:
    """Return what the bar of a page says."""
    [text] = html.fromstring(person.get(url).text).xpath("//p[@class='acting-who']")
    return re.sub(r"\s+", " ", text.text_content()).strip()


@pytest.mark.parametrize(
    "url",
    ["/portal/home", "/portal/requests", "/portal/enterprise", "/portal/members", "/portal/items/A01",
     "/portal/projects", FILE, "/notices", "/account"],
)  # fmt: skip
def test_every_page_says_for_whom_and_as_what(alice: Browser, town: Town, url: str) -> None:
    assert bar(alice, url) == f"正在为 {HERS} 办事 企业管理员"
    switch(alice, town, "bob")
    assert bar(alice, url) == f"正在为 {HIS} 办事 经办人"
    assert HERS not in words(alice.get(url))


def test_a_person_of_one_enterprise_sees_the_bar_without_a_switcher(sqlite_app: Flask) -> None:
    page = Browser(sqlite_app, "bob").get("/portal/home").text
    assert "正在为" in page
    assert "切换企业" not in page


@pytest.mark.parametrize("where", ["/portal/requests", "/portal/items/A01", "/notices"])
def test_switching_stays_on_a_page_that_is_nobodys(alice: Browser, town: Town, where: str) -> None:
    back = html.fromstring(alice.get(where).text).xpath("//*[@data-switcher]//input[@name='next']")
    assert back[0].get("value") == where
    assert switch(alice, town, "bob", next=where) == where


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example/", "\\evil", ""])
def test_switching_never_leads_away(alice: Browser, town: Town, evil: str) -> None:
    assert switch(alice, town, "bob", next=evil) == "/portal/home"


def test_from_a_ticket_switching_leads_home(alice: Browser, town: Town) -> None:
    page = alice.get(f"/portal/requests/{town.file().number}").text
    [back] = html.fromstring(page).xpath("//*[@data-switcher]//input[@name='next']/@value")
    assert back == "/portal/home"


def test_lists_hold_the_chosen_enterprises_requests_only(alice: Browser, town: Town) -> None:
    mine, his = town.file(title="她家的事"), town.file("bob", title="他家的事")
    for url in ("/portal/home", "/portal/requests"):
        shown = words(alice.get(url))
        assert mine.title in shown and his.title not in shown
    switch(alice, town, "bob")
    for url in ("/portal/home", "/portal/requests"):
        shown = words(alice.get(url))
        assert his.title in shown and mine.title not in shown


def test_another_of_ones_enterprises_tickets_offers_to_switch(alice: Browser, town: Town) -> None:
    ticket = town.file("bob", title="他家的事")
    page = f"/portal/requests/{ticket.number}"
    shown = alice.get(page)
    assert f"它属于 {HIS}" in words(shown)
    assert "他家的事" not in shown.text
    for url in (f"{page}/receipt", f"{page}/qr.svg"):
        assert "他家的事" not in alice.get(url).text
    assert switch(alice, town, "bob", next=page) == page
    assert "他家的事" in words(alice.get(page))


def test_a_strangers_ticket_still_does_not_exist(sqlite_app: Flask, town: Town) -> None:
    ticket = town.file("alice")
    bob = Browser(sqlite_app, "bob")
    assert bob.get(f"/portal/requests/{ticket.number}").status_code == 404


def test_a_form_of_before_switching_is_not_filed(alice: Browser, town: Town) -> None:
    sent = alice.form(description="写了很久的话", files=files("执照.png"))
    switch(alice, town, "bob")
    answer = alice.post(FILE, sent)
    assert answer.status_code == 422
    assert tickets() == []
    shown = words(answer)
    assert f"您现在正在为 {HIS} 办事，而这张表是为 {HERS} 打开的" in shown
    assert "写了很久的话" in shown and "执照.png" in shown
    kept = fields(answer)
    assert kept["enterprise"] == str(town.enterprise_id("alice"))
    again = {**sent, "uploads": kept["uploads"], "acting_for": kept["acting_for"]}
    del again["files"]
    assert alice.post(FILE, dict(again)).status_code == 422  # sending it unchanged changes nothing
    done = alice.post(FILE, {**again, "switch_to": kept["enterprise"]})
    assert done.status_code == 302
    [ticket] = tickets()
    assert ticket.enterprise_id == town.enterprise_id("alice")
    assert bar(alice).startswith(f"正在为 {HERS}")


def test_the_person_may_say_that_the_chosen_one_is_meant(alice: Browser, town: Town) -> None:
    sent = alice.form()
    switch(alice, town, "bob")
    answer = alice.post(FILE, {**sent, "file_for": str(town.enterprise_id("bob"))})
    assert answer.status_code == 302
    assert [ticket.enterprise_id for ticket in tickets()] == [town.enterprise_id("bob")]


def test_nobody_switches_to_a_strangers_enterprise(sqlite_app: Flask, town: Town) -> None:
    bob = Browser(sqlite_app, "bob")
    hers = str(town.enterprise_id("alice"))
    answer = bob.post(FILE, {**bob.form(), "enterprise": hers, "switch_to": hers, "file_for": hers})
    assert answer.status_code == 422
    assert tickets() == []
    assert HERS not in answer.text


def test_any_other_form_of_before_switching_comes_back_whole(alice: Browser, town: Town) -> None:
    ticket = town.file()
    page = f"/portal/requests/{ticket.number}"
    for_her = fields(alice.get(page))["acting_for"]
    switch(alice, town, "bob")
    body = {"body": "请问什么时候办好？", "acting_for": for_her, "files": files("图.png")}
    answer = alice.post(f"{page}/messages", body)
    assert answer.status_code == 409
    assert "没有提交，也没有丢失任何内容" in words(answer)
    assert "请问什么时候办好？" in words(answer) and "图.png" in words(answer)
    again = fields(answer)
    sent = {name: again[name] for name in ("body", "uploads", "acting_for")}
    done = alice.post(f"{page}/messages", {**sent, "switch_to": for_her})
    assert done.status_code == 302
    assert "请问什么时候办好？" in words(alice.get(page))


def test_every_form_of_the_portal_says_for_whom_it_was_opened(alice: Browser, town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    hers = str(town.enterprise_id("alice"))
    for url in (FILE, f"/portal/requests/{ticket.number}", "/portal/members"):
        for form in html.fromstring(alice.get(url).text).xpath("//main//form[@method='post']"):
            assert form.xpath(".//input[@name='acting_for']/@value") == [hers], url


def test_notices_are_those_of_the_chosen_enterprise(alice: Browser, town: Town) -> None:
    for login in ("alice", "bob"):
        made = town.file(login, title=f"{login}家的事")
        take(town.desk, made.id, "accept")
    pass_time(seconds=11)  # a step that can be undone is told of after ten seconds
    switch(alice, town, "bob")
    assert "alice家的事" not in words(alice.get("/notices"))
    switch(alice, town, "alice")
    page = alice.get("/notices")
    assert "alice家的事" in words(page) and "bob家的事" not in words(page)


def test_a_read_only_member_sees_everything_and_can_do_nothing(alice: Browser, town: Town) -> None:
    change_part(town.bob, town.enterprise_id("bob"), town.user("alice").id, Part.VIEWER)
    ticket = town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve")
    switch(alice, town, "bob")
    page = f"/portal/requests/{ticket.number}"
    tree = html.fromstring(alice.get(page).text)
    assert not tree.xpath("//main//form[@method='post']")
    assert "您是只读成员" in words(alice.get("/portal/items/A01"))
    assert alice.get(FILE).status_code == 403
    assert alice.post(f"{page}/act/confirm", {"seen": str(ticket.version)}).status_code == 422
    assert "financing" not in alice.get("/portal/enterprise").text
    change_part(town.bob, town.enterprise_id("bob"), town.user("alice").id, Part.FINANCE)
    assert "/portal/financing" in alice.get("/portal/enterprise").text


def test_who_was_removed_sees_nothing_from_the_next_page_on(alice: Browser, town: Town) -> None:
    ticket = town.file("bob")
    switch(alice, town, "bob")
    remove_member(town.bob, town.enterprise_id("bob"), town.user("alice").id)
    assert bar(alice).startswith(f"正在为 {HERS}")
    assert alice.get(f"/portal/requests/{ticket.number}").status_code == 404
    sent = {**ANSWERS, "enterprise": str(town.enterprise_id("bob")), "key": "k"}
    assert alice.post(FILE, sent).status_code == 422
    assert len(tickets()) == 1


# The members' page ----------------------------------------------------------------------------


def test_an_owner_manages_on_the_page(alice: Browser, sqlite_app: Flask, town: Town) -> None:
    mine, bob = town.enterprise_id("alice"), Browser(sqlite_app, "bob")
    answer = alice.post("/portal/members/invite", {"invitee": "代账会计", "part": "viewer"})
    link = re.search(r'value="http://localhost(/join/[^"]+)"', answer.text)
    assert link is not None
    assert "代账会计" in words(alice.get("/portal/members"))
    assert "身份：只读成员" in words(bob.get(link[1]))
    assert bob.post(link[1], {}, page=link[1]).status_code == 302
    assert bar(bob) == f"正在为 {HERS} 办事 只读成员"
    person = f"/portal/members/{town.user('bob').id}"
    alice.post(f"{person}/part", {"part": "owner", "was": "viewer"})
    assert bar(bob) == f"正在为 {HERS} 办事 企业管理员"
    alice.post(f"{person}/remove", {})
    assert bar(bob).startswith(f"正在为 {HIS}")
    db.session.rollback()
    assert set(parts_of(mine)) == {town.user("alice").id}


def test_an_invitation_is_revoked_on_the_page(alice: Browser, town: Town) -> None:
    token = invite(town.alice, town.enterprise_id("alice"), Part.CLERK, "旧同事")
    tree = html.fromstring(alice.get("/portal/members").text)
    [target] = tree.xpath("//form[contains(@action, '/revoke')]/@action")
    alice.post(target, {})
    assert "旧同事" not in words(alice.get("/portal/members"))
    assert alice.get(f"/join/{token}").status_code == 404


def test_the_last_owner_is_told_what_to_do_before_leaving(alice: Browser, town: Town) -> None:
    assert alice.post("/portal/members/leave", {}).location == "/portal/members"
    assert "请先邀请一位同事" in words(alice.get("/portal/members"))
    assert [one.login for one in owners(town.enterprise_id("alice"))] == ["alice"]
    switch(alice, town, "bob")
    assert alice.post("/portal/members/leave", {}).location == "/portal/home"
    assert bar(alice).startswith(f"正在为 {HERS}")


def test_a_clerk_sees_the_list_without_buttons(alice: Browser, town: Town) -> None:
    switch(alice, town, "bob")
    page = alice.get("/portal/members")
    assert "只有企业管理员可以邀请" in words(page)
    assert "138****8000" in words(page)
    targets = html.fromstring(page.text).xpath("//main//form[@method='post']/@action")
    assert targets == ["/portal/members/leave"]
    for url in ("invite", f"{town.user('bob').id}/remove", f"{town.user('bob').id}/part"):
        answer = alice.post(f"/portal/members/{url}", {"part": "viewer", "invitee": "x"})
        assert answer.status_code == 403
    assert alice.get("/portal/members/export.xlsx").status_code == 403


def test_the_list_is_filtered_sorted_and_exported(alice: Browser, town: Town, tmp_path) -> None:  # type: ignore[no-untyped-def]
    join(town.user("bob").id, town.enterprise_id("alice"), Part.FINANCE)
    shown = words(alice.get("/portal/members?part=finance&sort=name"))
    assert "bob 乙" in shown and "alice 乙" not in shown
    assert "看全部成员" in words(alice.get("/portal/members?part=viewer"))
    assert alice.get("/portal/members?part=x&sort=%F0%9F%98%80").status_code == 200
    (tmp_path / "list.xlsx").write_bytes(alice.get("/portal/members/export.xlsx").data)
    sheet = load_workbook(tmp_path / "list.xlsx").active
    assert [row[1].value for row in sheet.rows] == ["身份", "企业管理员", "财务人员"]
    assert sheet["C2"].value == "138****8000"


def test_a_stranger_with_an_account_is_shown_the_way(sqlite_app: Flask, town: Town) -> None:
    token = invite(town.alice, town.enterprise_id("alice"))
    page = Browser(sqlite_app).get(f"/join/{token}")
    assert f"/sign-in?next=/join/{token}" in page.text
    desk = Browser(sqlite_app, "desk")
    assert "工作人员账号不能加入企业" in words(desk.get(f"/join/{token}"))
    assert desk.post(f"/join/{token}", {}, page="/desk/new").status_code == 302
    assert town.user("desk").id not in parts_of(town.enterprise_id("alice"))
