"""The calendar's preview: an administrator looks at what moves, says yes, and the ticket shows it."""

from flask import Flask

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from tests.browser.conftest import Person
from tests.support import START, Town


def test_a_local_day_off_is_looked_at_saved_and_shown(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    number = ticket.number
    db.session.remove()
    page = person("admin")
    page.goto(f"{base}/admin/calendar")
    page.fill("input[name=day]", "2024-03-06")
    page.check("input[name=working][value=off]")
    page.fill("input[name=name]", "全区停电检修")
    page.click("#change button.btn-primary")
    row = page.locator("table.moves tbody tr")
    assert row.count() == 1
    assert number in row.inner_text()
    assert "2024年3月6日 17:30" in row.inner_text() and "2024年3月7日 17:30" in row.inner_text()
    assert "1件的办理期限会变动" in page.inner_text("#impact")
    page.click("button[name=yes]")
    page.wait_for_url("**/admin/calendar?year=2024")
    assert "已保存" in page.inner_text("body")
    with clock.at(START):  # what the scheduler does with its next tick
        assert tasks.calendar() == 1
        db.session.remove()
    desk = person("desk")
    desk.goto(f"{base}/desk/tickets/{number}")
    told = desk.inner_text("#timeline")
    assert "工作日历调整，期限重算" in told
    assert "2024年3月6日 17:30" in told and "2024年3月7日 17:30" in told
    assert "放假：全区停电检修" in desk.text_content("#why")
    alice = person("alice", width=390)
    alice.goto(f"{base}/portal/requests/{number}")
    assert "工作日历有调整，办理期限已重新计算" in alice.inner_text("#progress")
