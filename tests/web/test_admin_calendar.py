"""The calendar in administration: local days, the preview, what cannot be."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from servicedesk.calendars.actions import seed, set_day
from servicedesk.calendars.queries import days
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.queries import park
from tests.support import Town
from tests.web.test_admin import Browser, admin, folk, site

__all__ = ["admin", "folk", "site"]  # fixtures


def test_a_local_day_changes_the_calendar_after_a_look(admin: Browser, folk: Town) -> None:
    before = park(folk.park_id).calendar_version
    values = {"day": "2024-03-08", "working": "off", "name": "园区<停电>"}
    looked = admin.post("/admin/calendar", **values)
    assert looked.status_code == 200 and "现在还没有保存" in looked.text
    assert park(folk.park_id).calendar_version == before
    seen = {"yes": "1", "seen": str(before)}
    assert admin.post("/admin/calendar", **values, **seen).status_code == 302
    assert park(folk.park_id).calendar_version == before + 1
    page = admin.get("/admin/calendar?year=2024").text
    assert "本园区休息：园区&lt;停电&gt;" in page
    assert "现在还没有保存" in admin.post("/admin/calendar/2024-03-08/remove").text
    assert park(folk.park_id).calendar_version == before + 1
    seen["seen"] = str(before + 1)
    assert admin.post("/admin/calendar/2024-03-08/remove", **seen).status_code == 302
    assert park(folk.park_id).calendar_version == before + 2
    assert "本园区休息" not in admin.get("/admin/calendar?year=2024").text


def test_the_preview_shows_what_moves_and_writes_nothing(admin: Browser, folk: Town) -> None:
    ticket = folk.walk(folk.file(), "accept", "dispatch")
    closed = folk.walk(folk.file(), "accept", "dispatch", "sign", "resolve")
    version, due = park(folk.park_id).calendar_version, ticket.due_at
    days_off = {"day": "2024-03-06", "until": "2024-03-10", "working": "off", "name": "停电"}
    page = admin.post("/admin/calendar", **days_off, make_up="2024-03-16、2024-03-17").text
    assert "要调整的日子（5天）" in page  # three days off (the weekend is off anyway), two worked
    assert "在办的2件工单中，1件的办理期限会变动" in page
    assert ticket.number in page and closed.number not in page
    assert park(folk.park_id).calendar_version == version
    db.session.rollback()
    assert ticket.due_at == due
    saved = {"yes": "1", "seen": str(version), "make_up": "2024-03-16、2024-03-17"}
    assert admin.post("/admin/calendar", **days_off, **saved).status_code == 302
    local = {row.day.day: row.working for row in days(folk.park_id, 2024) if row.source == "local"}
    assert local == {6: False, 7: False, 8: False, 16: True, 17: True}
    assert park(folk.park_id).calendar_version == version + 1


def test_a_calendar_that_changed_meanwhile_is_looked_at_again(admin: Browser, folk: Town) -> None:
    values = {"day": "2024-03-08", "working": "off", "name": "停电", "yes": "1"}
    values["seen"] = str(park(folk.park_id).calendar_version)
    set_day(folk.head, date(2024, 3, 7), False, "别的事")
    answer = admin.post("/admin/calendar", **values)
    assert answer.status_code == 409
    assert "工作日历已被他人修改" in answer.text
    assert date(2024, 3, 8) not in {row.day for row in days(folk.park_id, 2024)}
    values["seen"] = str(park(folk.park_id).calendar_version)
    assert admin.post("/admin/calendar", **values).status_code == 302


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"day": "2024-03-04"}, "不能修改已经过去的日子"),
        ({"until": "2024-03-07"}, "须不早于开始日期"),
        ({"until": "2024-06-08"}, "须不早于开始日期"),
        ({"make_up": "下周六"}, "请按 2026-10-10 的格式填写日期"),
        ({"make_up": "2024-03-08"}, "调休上班日不能在休息的日子之内"),
        ({"make_up": "2024-03-09", "working": "work"}, "只有休息时才需要填写调休上班日"),
        ({"make_up": "2031-03-09"}, "日期须在"),
        ({"day": "2024-03-09", "until": "2024-03-10"}, "这些日子本来就是这样"),
    ],
)
def test_a_slip_of_the_pen_is_said(admin: Browser, values: dict[str, str], said: str) -> None:
    page = admin.post(
        "/admin/calendar", **{"day": "2024-03-08", "working": "off", "name": "停电", **values}
    )
    assert said in page.text
    assert "现在还没有保存" not in page.text


@pytest.mark.parametrize(
    "values",
    [
        {"day": "2031-01-01", "working": "off", "name": "x"},
        {"day": "nonsense", "working": "off", "name": "x"},
        {"day": "2024-03-08", "working": "maybe", "name": "x"},
        {"day": "2024-03-08", "working": "off", "name": "  "},
        {"day": "2024-03-08", "working": "off", "name": "x" * 31},
        {},
    ],
)
def test_a_wrong_local_day_is_refused(admin: Browser, folk: Town, values: dict[str, str]) -> None:
    answer = admin.post("/admin/calendar", **values)
    assert 'aria-invalid="true"' in answer.text or 'class="invalid-feedback"' in answer.text
    assert not [row for row in days(folk.park_id, 2024) if row.source == "local"]


def test_holidays_and_make_up_days_have_a_letter_and_words(admin: Browser) -> None:
    page = admin.get("/admin/calendar?year=2024").text
    assert 'title="放假：国庆节"' in page
    assert 'title="调休上班：国庆节"' in page
    assert 'title="周末"' in page
    assert '<b aria-hidden="true">休</b>' in page
    assert '<b aria-hidden="true">班</b>' in page
    assert "09:00–12:00、13:30–17:30" in page
    assert "国务院尚未公布" not in page
    assert page.count("<caption>") == 12


def test_a_provisional_year_says_so(admin: Browser, folk: Town) -> None:
    seed(folk.park_id, 2027)
    sentence = "国务院尚未公布2027年放假安排，暂按周末和固定日期节日计算"
    assert sentence in admin.get("/admin/calendar?year=2027").text
    assert sentence in admin.get("/admin/").text


@pytest.mark.parametrize("path", ["/admin/calendar?year=1999", "/admin/calendar?year=999999999"])
def test_an_unknown_year_is_not_there(admin: Browser, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_an_unknown_day_cannot_be_removed(admin: Browser) -> None:
    assert admin.post("/admin/calendar/yesterday/remove").status_code == 404
    admin.post("/admin/calendar/2024-10-01/remove")
    assert "这一天已没有本园区的自定安排" in admin.get("/admin/calendar").text


def test_the_present_year_is_shown_in_shanghai_time(site: Flask) -> None:
    with clock.at(datetime(2023, 12, 31, 17, tzinfo=UTC)):
        assert "<h1>2024年工作日历</h1>" in Browser(site, "admin").get("/admin/calendar").text
