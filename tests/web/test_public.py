"""The public page: there only when switched on, without names, without small counts, kept for minutes."""

import re
from datetime import date

import pytest
from flask import Flask

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.enterprises.queries import all_names
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.actions import switch_public_page
from servicedesk.organisation.queries import park
from servicedesk.statistics.cutting import EVERYTHING, Dimension, grouped
from servicedesk.statistics.facts import build
from servicedesk.statistics.public import Rate, counted, last_year_of, published
from tests.support import Town, local, pass_time
from tests.web.queue_support import person, without_tokens

DONE = ("accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")


def a_year(town: Town) -> None:
    """March and April 2024: seven of A01 and two of A02 delivered, six of C01 received."""
    for _number in range(7):
        town.walk(town.file(), *DONE)
    for _number in range(2):
        town.walk(town.file("bob", "A02"), *DONE)
    for _number in range(6):
        town.file("bob", "C01")
    clock.set(local("2024-05-06 10:00"))
    build(town.park_id)


def switched_on(town: Town) -> None:
    switch_public_page(town.admin, (True, 5), (False, 5))
    db.session.remove()


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_last_twelve_full_months() -> None:
    assert last_year_of(date(2024, 5, 6)).start == date(2023, 5, 1)
    assert last_year_of(date(2024, 5, 6)).end == date(2024, 4, 30)
    assert last_year_of(date(2024, 2, 29)).start == date(2023, 2, 1)
    assert last_year_of(date(2025, 1, 1)).end == date(2024, 12, 31)


def test_what_is_published_is_what_was_counted(town: Town) -> None:
    a_year(town)
    page = published(park(town.park_id))
    assert page.total.received.value == 15
    assert page.total.resolved.value == 9
    assert (page.total.on_time_rate, page.total.satisfaction_rate) == (Rate(100), Rate(100))
    assert page.median_minutes is not None
    counts = grouped(town.park_id, page.span, EVERYTHING, Dimension.ITEM, clock.now())
    lines = {line.name: line for group in page.groups for line in group.services}
    done = next(line for line in lines.values() if line.resolved.value == 7)
    assert counts["A01"]["delivered"] == 7
    assert (done.on_time_rate, done.satisfaction_rate) == (Rate(100), Rate(100))
    small = [line for line in lines.values() if line is not done]
    assert {line.on_time_rate for line in small} == {None}
    assert {line.resolved.value for line in small} <= {None, 0}


def test_no_rate_tells_a_small_count(town: Town) -> None:
    for _n in range(6):
        town.walk(town.file(), *DONE)
    late = town.walk(town.file(), *DONE[:3])
    pass_time(days=20)
    town.walk(late, *DONE[3:])
    clock.set(local("2024-05-06 10:00"))
    build(town.park_id)
    page = counted(town.park_id, last_year_of(date(2024, 5, 6)), 3)
    assert page.total.resolved.value == 7
    assert page.total.on_time_rate is None  # one was late: 85.7 % would say so
    assert page.total.satisfaction_rate == Rate(100)


def test_few_late_ones_leave_a_bound(sqlite_app: Flask) -> None:
    town = Town()
    late = [town.walk(town.file(), *DONE[:3]) for _n in range(2)]
    pass_time(days=20)
    for ticket in late:
        town.walk(ticket, *DONE[3:])
    for _n in range(24):
        town.walk(town.file(), *DONE)
    clock.set(local("2024-05-06 10:00"))
    build(town.park_id)
    page = counted(town.park_id, last_year_of(date(2024, 5, 6)), 5)
    assert page.total.resolved.value == 26
    assert page.total.on_time_rate == Rate(80, above=True)  # 21/26, rounded down
    assert page.total.satisfaction_rate == Rate(100)
    switched_on(town)
    text = text_of(sqlite_app.test_client().get("/public").text)
    assert "高于80%" in text and "92.3%" not in text


def test_a_page_with_little_says_nothing(town: Town) -> None:
    town.walk(town.file(), *DONE)
    clock.set(local("2024-05-06 10:00"))
    build(town.park_id)
    page = counted(town.park_id, last_year_of(date(2024, 5, 6)), 5)
    lines = [page.total, *(line for g in page.groups for line in (g.line, *g.services))]
    assert {line.resolved.value for line in lines} == {None}
    assert {line.on_time_rate for line in lines} == {None}
    assert page.median_minutes is None


def test_off_is_as_if_it_were_not_there(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    off, never = client.get("/public"), client.get("/publik")
    assert off.status_code == never.status_code == 404
    assert off.headers["Cache-Control"] == "no-store"
    assert text_of(off.text) == text_of(never.text)
    assert "/public" not in client.get("/sign-in").text


def test_on_it_names_nobody_and_may_be_kept(sqlite_app: Flask) -> None:
    town = Town()
    a_year(town)
    switched_on(town)
    names = list(all_names(town.park_id).values())
    db.session.remove()
    assert 'href="/public"' in sqlite_app.test_client().get("/sign-in").text
    client = sqlite_app.test_client()
    answer = client.get("/public")
    assert answer.status_code == 200
    assert names and not [name for name in names if name in answer.text]
    text = text_of(answer.text)
    assert "少于5件" in text and "7件" in text and "2件" not in re.findall(r"\d+件", text)
    assert "csrf" not in answer.text
    assert answer.headers["Cache-Control"] in ("public, max-age=300", "max-age=300, public")
    assert "Set-Cookie" not in answer.headers
    again = client.get("/public", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
    english = client.get("/public?language=en")
    assert '<html lang="en"' in english.text
    assert english.headers["ETag"] != answer.headers["ETag"]
    own = person(without_tokens(sqlite_app), "leader").get("/public").headers["Cache-Control"]
    assert "private" in own and "public" not in own


def test_only_an_administrator_switches_and_it_is_on_record(town: Town) -> None:
    for login in ("head", "leader", "desk", "alice", "auditor"):
        with pytest.raises(Refused):
            switch_public_page(town.actor(login), (True, 5), (False, 5))
    with pytest.raises(Refused):
        switch_public_page(town.admin, (True, 2), (False, 5))
    switch_public_page(town.admin, (True, 8), (False, 5))
    with pytest.raises(Conflict):
        switch_public_page(town.admin, (False, 5), (False, 5))
    entry = db.session.query(AuditEntry).filter_by(action="public.switch").one()
    assert (entry.before, entry.after) == (
        {"public": False, "minimum": 5}, {"public": True, "minimum": 8},
    )  # fmt: skip
    assert park(town.park_id).public_minimum == 8


def test_the_switch_shows_what_would_be_public(sqlite_app: Flask) -> None:
    without_tokens(sqlite_app)
    a_year(Town())
    admin = person(sqlite_app, "admin")
    assert "少于8件" in admin.get("/admin/public-page?minimum=8").text
    wrong = {"public": "on", "minimum": "1", "seen_public": "0", "seen_minimum": "5"}
    assert admin.post("/admin/public-page", data=wrong).status_code == 422
    assert sqlite_app.test_client().get("/public").status_code == 404
    assert admin.post("/admin/public-page", data={**wrong, "minimum": "6"}).status_code == 302
    assert "少于6件" in sqlite_app.test_client().get("/public").text
    off = {"minimum": "6", "seen_public": "1", "seen_minimum": "6"}
    assert "已关闭" in admin.post("/admin/public-page", data=off, follow_redirects=True).text
    assert sqlite_app.test_client().get("/public").status_code == 404
