"""The administration pages: who may open them, what they show, what they change."""

import os
import re
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from servicedesk.accounts.queries import by_login
from servicedesk.audit.actions import seal
from servicedesk.audit.models import AuditEntry
from servicedesk.calendars.actions import set_day
from servicedesk.clock import clock
from servicedesk.core.permissions import PERMISSIONS
from servicedesk.extensions import db
from servicedesk.jobs.models import JobRun
from servicedesk.transaction import writing
from servicedesk.web.admin.audit import changes
from servicedesk.web.admin.users import one_time_password
from tests.support import PASSWORD, STAFF, Town

PAGES = {
    "/admin/": "admin.system",
    "/admin/users": "admin.users",
    "/admin/calendar": "admin.calendar",
    "/admin/audit": "audit.view",
    "/admin/mail": "admin.system",
}
POSTS = {
    "/admin/users": "admin.users",
    "/admin/users/1/active": "admin.users",
    "/admin/calendar": "admin.calendar",
    "/admin/calendar/2024-03-06/remove": "admin.calendar",
}
EVERYBODY = [*STAFF, "alice"]


class Browser:
    """A person at a browser; every request has a context of its own, as in the server."""

    def __init__(self, app: Flask, login: str = "", password: str = PASSWORD) -> None:
        self.app, self.client = app, app.test_client()
        if login:
            answer = self.post("/sign-in", login=login, password=password)
            assert answer.status_code == 302, answer.text

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self._open(path, method="GET")

    def post(self, path: str, **values: Any) -> TestResponse:
        """Send a form."""
        return self._open(path, method="POST", data=values)

    def _open(self, path: str, **request: Any) -> TestResponse:
        with self.app.app_context():
            answer = self.client.open(path, **request)
        db.session.rollback()  # what the request wrote is read afresh
        return answer


@pytest.fixture
def site(sqlite_app: Flask) -> Flask:
    """The application without tokens in its forms."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@pytest.fixture
def admin(site: Flask) -> Browser:
    """The administrator, signed in."""
    return Browser(site, "admin")


@pytest.fixture
def folk() -> Town:
    """The people of the template."""
    return Town()


@pytest.fixture
def mail_dir(site: Flask) -> Iterator[Path]:
    """The folder of e-mails with one letter in it, and a secret beside it."""
    folder: Path = site.extensions["settings"].mail_dir
    folder.mkdir()
    letter = EmailMessage()
    letter["Subject"], letter["To"] = "工单已受理", "alice@example.invalid"
    letter.set_content("您好，<b>您的申请</b>已受理。")
    (folder / "first.eml").write_bytes(bytes(letter))
    (folder.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
    yield folder


@pytest.mark.parametrize("login", EVERYBODY)
def test_a_page_opens_for_its_roles_and_for_nobody_else(site: Flask, login: str) -> None:
    role = Town().user(login).role_enum
    browser = Browser(site, login)
    for path, permission in PAGES.items():
        expected = 200 if role in PERMISSIONS[permission] else 403
        assert browser.get(path).status_code == expected, path
    for path, permission in POSTS.items():
        refused = browser.post(path).status_code == 403
        assert refused == (role not in PERMISSIONS[permission]), path


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_led_to_the_sign_in(site: Flask, path: str) -> None:
    answer = Browser(site).get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=/admin/")


def test_forms_carry_a_token(sqlite_app: Flask) -> None:
    assert Browser(sqlite_app).post("/admin/users").status_code == 400


def test_the_side_shows_only_what_one_may_open(site: Flask) -> None:
    page = Browser(site, "head").get("/admin/calendar").text
    assert 'href="/admin/calendar"' in page
    assert 'href="/admin/users"' not in page
    assert 'href="/admin/mail"' not in page


# system status


def test_a_silent_scheduler_is_the_first_thing_one_reads(admin: Browser) -> None:
    page = admin.get("/admin/").text
    assert "需要马上处理：调度器" in page
    assert "从未运行" in page


def test_the_status_shows_every_job_and_its_error(admin: Browser) -> None:
    with writing():
        for name, error in (("tick", ""), ("deliver", "SMTP refused")):
            run = JobRun(
                name=name, owner="me", finished_at=clock.now(), seconds=1.5, changed=7, error=error
            )
            db.session.add(run)
    page = admin.get("/admin/").text
    assert "需要马上处理：定时任务" in page
    assert "SMTP refused" in page
    assert "发送邮件" in page
    assert "1.50秒" in page
    assert "7处" in page


def test_the_status_names_the_database(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    page = Browser(app, "admin").get("/admin/").text
    assert {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL "}[db.engine.dialect.name] in page


# people


def new_user(**changes: Any) -> dict[str, Any]:
    return {"login": "wangwu", "name": "王五", "role": "desk", "unit_id": 0} | changes


def test_a_new_user_signs_in_with_the_password_shown_once(
    admin: Browser, site: Flask, folk: Town
) -> None:
    unit = folk.unit_id("SCJG")
    page = admin.post("/admin/users", **new_user(role="officer", unit_id=unit)).text
    found = re.search(r'id="password">([^<]+)<', page)
    assert found
    password = found[1]
    assert password not in admin.get("/admin/users").text
    assert Browser(site, "wangwu", password).get("/admin/users").status_code == 403
    user = folk.user("wangwu")
    assert (user.name, user.role, user.unit_id) == ("王五", "officer", unit)
    entries = db.session.query(AuditEntry).all()
    assert not any(password in f"{entry.before}{entry.after}" for entry in entries)


@pytest.mark.parametrize(
    ("changes_", "sentence"),
    [
        ({"role": "officer"}, "承办人和单位负责人必须选择所属单位。"),
        ({"role": "unit_head"}, "承办人和单位负责人必须选择所属单位。"),
        ({"login": "DESK"}, "这个登录名已被使用。"),
        ({"login": "x"}, "登录名须为3至60个字符。"),
        ({"phone": "12"}, "请填写有效的电话号码"),
        ({"email": "no"}, "请填写有效的邮箱地址。"),
        ({"name": " "}, "此项必须填写。"),
        ({"role": "requester"}, "aria-invalid"),
        ({"role": "system"}, "aria-invalid"),
        ({"unit_id": 999}, "aria-invalid"),
    ],
)
def test_a_wrong_form_makes_no_user(
    admin: Browser, folk: Town, changes_: dict[str, Any], sentence: str
) -> None:
    page = admin.post("/admin/users", **new_user(**changes_)).text
    assert sentence in page
    assert 'id="password"' not in page
    assert by_login("wangwu") is None


def test_closing_an_account_ends_its_session(admin: Browser, site: Flask, folk: Town) -> None:
    head, number = Browser(site, "head"), folk.user("head").id
    assert head.get("/admin/calendar").status_code == 200
    assert admin.post(f"/admin/users/{number}/active", active="0").status_code == 302
    assert head.get("/admin/calendar").status_code == 302
    assert (
        "登录名或密码不正确" in Browser(site).post("/sign-in", login="head", password=PASSWORD).text
    )
    admin.post(f"/admin/users/{number}/active", active="1")
    assert Browser(site, "head").get("/admin/calendar").status_code == 200


def test_nobody_closes_the_own_account(admin: Browser, folk: Town) -> None:
    admin.post(f"/admin/users/{folk.user('admin').id}/active", active="0")
    assert "不能停用此账号。" in admin.get("/admin/users").text


def test_the_list_is_filtered(admin: Browser, folk: Town) -> None:
    def logins(query: str) -> set[str]:
        return set(re.findall(r"<td><code>(\w+)</code>", admin.get(f"/admin/users?{query}").text))

    assert logins("") == set(STAFF)
    assert logins("role=officer") == {"officer", "officer2"}
    assert logins(f"unit={folk.unit_id('SCJG')}") == {"officer", "unithead"}
    assert logins("q=OFFICER2") == {"officer2"}
    assert logins("role=officer&q=leader") == set()


def test_passwords_are_long_and_never_the_same() -> None:
    made = {one_time_password() for _n in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password) for password in made)


# audit


def test_the_trail_is_listed_and_filtered(site: Flask, folk: Town) -> None:
    set_day(folk.head, date(2024, 3, 8), False, "停电")
    set_day(folk.head, date(2024, 3, 8), True, "来电")
    auditor = Browser(site, "auditor")
    page = auditor.get("/admin/audit?action=calendar.").text
    assert "设置本园区日期" in page
    assert "<del>停电</del> → <span>来电</span>" in page
    assert "建立账号" not in page
    assert "calendar.set_day" in auditor.get("/admin/audit?user=head").text
    assert "没有符合条件的记录" in auditor.get("/admin/audit?user=%25").text


def test_the_trail_has_pages(site: Flask, folk: Town) -> None:
    for _n in range(60):
        set_day(folk.head, date(2024, 3, 8), False, "停电")
    auditor = Browser(site, "auditor")
    first = auditor.get("/admin/audit?action=calendar.").text
    older = re.search(r'href="(/admin/audit\?before=[^"]+)"', first)
    assert older
    second = auditor.get(older[1].replace("&amp;", "&")).text
    assert first.count("<code>calendar.set_day") == 50
    assert second.count("<code>calendar.set_day") == 10


def test_the_chain_is_verified_in_words(site: Flask) -> None:
    seal()
    auditor = Browser(site, "auditor")
    assert "审计链完整" not in auditor.get("/admin/audit").text
    assert "审计链完整" in auditor.get("/admin/audit?verify=1").text
    with writing():  # somebody who owns the database file
        db.session.execute(text("DROP TRIGGER audit_entry_no_update"))
        db.session.execute(text("UPDATE audit_entry SET user_name = 'nobody' WHERE id = 1"))
    assert "审计链在第1环断开" in auditor.get("/admin/audit?verify=1").text


def test_changes_are_compact() -> None:
    shown = changes({"a": 1, "b": True, "c": "x"}, {"a": 1, "b": False, "d": "y" * 500})
    assert [change.name for change in shown] == ["b", "c", "d"]
    assert len(shown[-1].after) == 121


# mail


def test_letters_are_listed_and_read_as_text(admin: Browser, mail_dir: Path, site: Flask) -> None:
    assert "工单已受理" in admin.get("/admin/mail").text
    page = admin.get("/admin/mail/first.eml").text
    assert "&lt;b&gt;您的申请&lt;/b&gt;已受理" in page
    assert "first.eml" in Browser(site, "auditor").get("/admin/audit?action=mail.").text


@pytest.mark.parametrize(
    "name",
    ["../secret.eml", "..%2Fsecret.eml", "%2e%2e/secret.eml", "none.eml", "..", "first.eml%00"],
)
def test_only_the_folder_is_readable(admin: Browser, mail_dir: Path, name: str) -> None:
    assert admin.get(f"/admin/mail/{name}").status_code in (400, 404)


def test_links_out_of_the_folder_are_passed_over(admin: Browser, mail_dir: Path) -> None:
    os.symlink(mail_dir.parent / "secret.eml", mail_dir / "link.eml")
    assert admin.get("/admin/mail/link.eml").status_code == 404


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?b?!!!?=\nTo: @@@ <<\n\nbody",
        b"Content-Type: text/plain; charset=nonsense\n\nbody",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"Content-Type: text/html\n\n<script>alert(1)</script>",
    ],
)
def test_broken_letters_are_shown_all_the_same(
    admin: Browser, mail_dir: Path, source: bytes
) -> None:
    (mail_dir / "broken.eml").write_bytes(source)
    assert admin.get("/admin/mail").status_code == 200
    page = admin.get("/admin/mail/broken.eml")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
