"""An event in the browser: invited, registered on a telephone, the code scanned, the list grown."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.hiring.actions import open_post, refer
from servicedesk.hiring.arrivals import report_arrival
from servicedesk.training.actions import plan_event
from servicedesk.training.consultations import record_consultation
from tests.actions.test_hiring import TODAY, draft
from tests.actions.test_training import BEGINS, advice, plan, register
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.support import Town

pytestmark = pytest.mark.browser


def test_from_the_invitation_to_the_code_on_the_wall(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    town = Town()
    event = plan_event(town.desk, plan(town))
    number, code = event.id, event.check_in_code
    db.session.remove()
    clock.set(BEGINS - timedelta(hours=2))

    desk = person("desk")
    desk.goto(f"{base}/desk/events/{number}/invite")
    desk.get_by_role("button", name="邀请勾选的企业").click()
    expect(desk.get_by_text("已邀请2家企业")).to_be_visible()

    clerk = person("alice", width=390)
    clerk.goto(f"{base}/notices")
    clerk.get_by_text("邀请贵企业参加活动").click()
    expect(clerk.get_by_role("heading", name="报名", exact=True)).to_be_visible()
    clerk.get_by_role("button", name="提交报名").click()
    expect(clerk.get_by_text("报名成功")).to_be_visible()

    clock.set(BEGINS - timedelta(minutes=20))
    stranger = person("", width=390)
    stranger.goto(f"{base}/portal/events/check-in/{code}")
    assert "/sign-in" in stranger.url
    clerk = person("alice", width=390)
    clerk.goto(f"{base}/portal/events/check-in/{code}")
    clerk.get_by_role("button", name="签到").click()
    expect(clerk.get_by_text("签到成功")).to_be_visible()
    clerk.goto(f"{base}/portal/events/check-in/{code}")
    expect(clerk.get_by_text("您已签到")).to_be_visible()

    desk = person("desk")
    desk.goto(f"{base}/desk/events/{number}")
    expect(desk.locator(".figure", has_text="到场企业").locator(".figure-value")).to_have_text(
        "1 家"
    )
    desk.get_by_role("link", name="签到二维码海报").click()
    picture = desk.locator("img.poster-qr")
    expect(picture).to_be_visible()
    assert picture.evaluate("i => i.complete && i.naturalWidth > 0")


def test_hiring_from_the_wish_to_the_confirmed_number(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    until = draft(Town()).open_until.isoformat()
    db.session.remove()
    clerk = person("alice", width=390)
    clerk.goto(f"{base}/portal/hiring")
    clerk.get_by_role("link", name="我要招人").click()
    for name, value in {
        "title": "焊工", "head_count": "5", "wage": "6000元", "place": "2栋", "open_until": until,
    }.items():  # fmt: skip
        clerk.fill(f"[name={name}]", value)
    clerk.get_by_role("button", name="提交用工需求").click()
    expect(clerk.get_by_role("heading", name="焊工 × 5")).to_be_visible()

    desk = person("desk")
    desk.goto(f"{base}/desk/hiring")
    desk.get_by_role("link", name="焊工").click()
    desk.locator("summary", has_text="登记到岗").click()
    desk.fill("[name=arrive-reported]", "4")
    desk.get_by_role("button", name="请企业确认").click()
    expect(desk.locator(".state", has_text="待企业确认")).to_be_visible()

    clerk.reload()
    clerk.fill("[name=confirmed]", "3")
    clerk.get_by_role("button", name="确认到岗人数").click()
    expect(clerk.get_by_text("已计入到岗人数")).to_be_visible()
    desk.reload()
    expect(desk.get_by_text("确认3人")).to_be_visible()


def test_the_pages_are_accessible_and_fit(sqlite_app: Flask, base: str, person: Person) -> None:
    town = Town()
    event = plan_event(town.desk, plan(town))
    number, code = event.id, event.check_in_code
    register(town, event, "alice", "张一")
    post = open_post(town.desk, draft(town)).id
    refer(town.desk, post, "station", TODAY, 5, 3)
    report_arrival(town.desk, post, TODAY, 3)
    record_consultation(town.desk, advice(town))
    db.session.remove()
    pages = {
        "desk": (
            "/desk/events", "/desk/events/new", "/desk/consultations", "/desk/consultations/new",
            "/desk/hiring", "/desk/hiring/new", f"/desk/hiring/{post}",
            *(f"/desk/events/{number}{part}" for part in ("", "/invite", "/poster", "/edit")),
        ),
        "alice": (
            "/portal/events", f"/portal/events/{number}", f"/portal/events/check-in/{code}",
            "/portal/hiring", "/portal/hiring/new", f"/portal/hiring/{post}",
        ),
    }  # fmt: skip
    wrong = {}
    for login, paths in pages.items():
        page = person(login)
        for path in paths:
            if found := faults_both_ways(page, base + path):
                wrong[path] = found
    assert wrong == {}
