"""Why this day (为何是这一天) on the pages of the desk and of the enterprise."""

from collections.abc import Iterator

import pytest
from flask import Flask

from servicedesk.calendars.actions import seed
from servicedesk.clock import clock
from tests.support import Town, local, pass_time
from tests.web.test_admin import Browser


@pytest.fixture
def folk(sqlite_app: Flask) -> Iterator[Town]:
    """The people of the template, on SQLite alone; forms without a token."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    yield Town()


def test_the_desk_sees_day_by_day_what_counted(sqlite_app: Flask, folk: Town) -> None:
    clock.set(local("2024-03-29 16:30"))
    ticket = folk.walk(folk.file(item="J03"), "accept", "dispatch", "sign")
    clock.set(local("2024-04-01 10:00"))
    folk.walk(ticket, "request_supplement")
    clock.set(local("2024-04-02 10:00"))
    ticket = folk.walk(ticket, "supplement")
    officer = Browser(sqlite_app, "officer")
    page = officer.get(f"/desk/tickets/{ticket.number}").text
    assert "为何是这一天" in page and f"/desk/tickets/{ticket.number}/why" in page
    assert "已用2小时" in page and "暂停1个工作日" in page
    assert "放假：清明节" in page
    why = officer.get(f"/desk/tickets/{ticket.number}/why").text
    assert "16:30–17:30" in why and "暂停计时：请补充住所使用证明。" in why
    assert "全天不计时" in why and "调休上班：清明节" in why
    assert "办理规则第1版" in why


def test_a_ticket_of_another_unit_does_not_exist(sqlite_app: Flask, folk: Town) -> None:
    ticket = folk.walk(folk.file(), "accept", "dispatch", "sign")
    assert (
        Browser(sqlite_app, "officer2").get(f"/desk/tickets/{ticket.number}/why").status_code == 404
    )


def test_the_enterprise_sees_which_days_do_not_count(sqlite_app: Flask, folk: Town) -> None:
    clock.set(local("2024-03-29 10:00"))
    ticket = folk.walk(folk.file(item="J03"), "accept", "dispatch", "sign")
    page = Browser(sqlite_app, "alice").get(f"/portal/requests/{ticket.number}").text
    assert "为何是这一天" in page and "哪些日子不计时" in page
    assert "（周末）" in page and "（放假：清明节）" in page
    clock.set(local("2024-04-01 10:00"))
    folk.walk(ticket, "request_supplement")
    page = Browser(sqlite_app, "alice").get(f"/portal/requests/{ticket.number}").text
    assert "现在暂停计时，恢复后再算出新的期限" in page
    folk.walk(ticket, "supplement", "resolve")
    page = Browser(sqlite_app, "alice").get(f"/portal/requests/{ticket.number}").text
    assert "为何是这一天" not in page


def test_an_awaited_year_is_announced_on_the_ticket(sqlite_app: Flask, folk: Town) -> None:
    seed(folk.park_id, 2027)
    clock.set(local("2026-12-28 10:00"))
    ticket = folk.file(item="J03")
    said = "国务院尚未公布2027年放假安排，这个期限是暂定的"
    assert said in Browser(sqlite_app, "desk").get(f"/desk/tickets/{ticket.number}").text
    assert said in Browser(sqlite_app, "alice").get(f"/portal/requests/{ticket.number}").text


def test_a_reopened_ticket_shows_each_clock(sqlite_app: Flask, folk: Town) -> None:
    ticket = folk.walk(folk.file(), "accept", "dispatch", "sign", "resolve")
    pass_time(days=1)
    ticket = folk.walk(ticket, "dispute")
    why = Browser(sqlite_app, "officer").get(f"/desk/tickets/{ticket.number}/why").text
    assert "第1次计时" in why and "第2次计时" in why
    assert "其间1个工作日不算任何人的时间" in why
