"""The pages of notices: choosing how one is told, filters, reading, and what open pages ask for."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import fromstring
from sqlalchemy import event

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.notifications.models import Notice
from servicedesk.transaction import writing
from servicedesk.web import access
from tests.support import PASSWORD, Town, pass_time


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """Forms without a token: what is tested here is what they do."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    """Return a browser in which somebody has signed in."""
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def say(login: str, text: str, key: str = "", **more: Any) -> int:
    """Tell one person something; returns the notice's number."""
    with writing():
        tell([Town().user(login)], text, key=key or text, **more)
    number = db.session.query(Notice.id).order_by(Notice.id.desc()).first()
    db.session.remove()
    assert number is not None
    return int(number[0])


def shown(client: FlaskClient, query: str = "") -> list[str]:
    """Return the texts of the notices on the page."""
    page = fromstring(client.get(f"/notices{query}").text)
    return [str(line) for line in page.xpath("//li[contains(@class, 'notice')]/div[1]//a/text()")]


def cursor(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize("login", ["alice", "officer", "admin"])
def test_everybody_chooses_how_to_be_told(open_app: Flask, login: str) -> None:
    client = person(open_app, login)
    page = fromstring(client.get("/account").text)
    assert page.xpath("//*[@name='mail_mode'][@value='at_once'][@checked]")
    assert bool(page.xpath("//*[@name='quiet'][@checked]")) is (login != "alice")
    client.post("/account/notices", data={"mail_mode": "digest"})
    page = fromstring(client.get("/account").text)
    assert page.xpath("//*[@name='mail_mode'][@value='digest'][@checked]")
    assert not page.xpath("//*[@name='quiet'][@checked]")
    assert client.post("/account/notices", data={"mail_mode": "x"}).status_code == 422


def test_notices_are_filtered_and_read(open_app: Flask) -> None:
    ticket_id = Town().file().id
    first = say("officer", "甲", key="ticket:1:v1", ticket_id=ticket_id, link="")
    say("officer", "乙", key="escalation:9", ticket_id=ticket_id)
    say("officer", "丙", link="/desk/events")
    say("officer", "丁", ticket_id=ticket_id, urgent=True)
    client = person(open_app, "officer")
    assert shown(client) == ["丁", "丙", "乙", "甲"]
    by_kind = {
        kind: shown(client, f"?kind={kind}") for kind in ("urgent", "alarm", "ticket", "other")
    }
    assert by_kind == {"urgent": ["丁"], "alarm": ["乙"], "ticket": ["甲"], "other": ["丙"]}
    assert client.get("/notices?kind=odd").status_code == 400
    back = "/notices?show=unread"
    answer = client.post(f"/notices/{first}/read", data={"back": back})
    assert answer.headers["Location"] == back
    assert shown(client, "?show=unread") == ["丁", "丙", "乙"]
    client.post("/notices/read")
    assert shown(client, "?show=unread") == []
    assert "没有未读的通知" in client.get(back).text
    assert len(shown(client)) == 4


def test_a_long_list_has_pages_that_keep_the_filter(open_app: Flask) -> None:
    for number in range(35):
        say("officer", f"第{number}条", link="/desk/")
    client = person(open_app, "officer")
    page = fromstring(client.get("/notices?kind=other&show=unread").text)
    (link,) = page.xpath("//a[@rel='next']")
    assert "kind=other" in link.get("href")
    assert shown(client, link.get("href")) == [f"第{n}条" for n in range(4, -1, -1)]


def test_another_persons_notice_is_not_read_by_me(open_app: Flask) -> None:
    number = say("officer", "甲")
    assert person(open_app, "desk").post(f"/notices/{number}/read").status_code == 404
    assert db.session.get_one(Notice, number).read_at is None


def test_an_open_page_learns_what_is_new(open_app: Flask) -> None:
    town = Town()
    ticket = town.file()
    ticket_id, number = ticket.id, ticket.number
    client = person(open_app, "officer")
    start = cursor(clock.now())
    assert client.get(f"/notices/new?after={start}").json["unread"] == 0
    notice = say("officer", "甲", ticket_id=ticket_id, detail="详情")
    later = say("officer", "乙", not_before=clock.now() + timedelta(seconds=10))
    answer = client.get(f"/notices/new?after={start}").json
    assert (answer["unread"], answer["after"]) == (1, start)
    assert answer["notices"] == [
        {"id": notice, "text": "甲", "detail": "详情", "urgent": False, "link": f"/t/{number}",
         "read": f"/notices/{notice}/read"}
    ]  # fmt: skip
    pass_time(seconds=40)
    answer = client.get(f"/notices/new?after={answer['after']}").json
    assert [one["id"] for one in answer["notices"]] == [notice, later]  # the page knows the first
    pass_time(seconds=60)
    assert client.get(f"/notices/new?after={answer['after'] + 40_000}").json["notices"] == []
    for odd in ("", "x", "9" * 40, "-1"):
        assert client.get(f"/notices/new?after={odd}").json["notices"] == []


def test_a_requester_learns_of_the_chosen_enterprise_only(open_app: Flask) -> None:
    town = Town()
    other = town.enterprise_id("bob")
    start = cursor(clock.now())
    say("alice", "甲", enterprise_id=town.enterprise_id("alice"))
    say("alice", "乙", enterprise_id=other)
    answer = person(open_app, "alice").get(f"/notices/new?after={start}").json
    assert (answer["unread"], [one["text"] for one in answer["notices"]]) == (1, ["甲"])


def test_asking_is_one_statement_on_the_index(open_app: Flask) -> None:
    for number in range(9):
        say("officer", f"{number}")
    client = person(open_app, "officer")
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    answer = client.get(f"/notices/new?after={cursor(clock.now())}").json
    event.remove(db.engine, "before_cursor_execute", note)
    assert (answer["unread"], len(answer["notices"])) == (9, 5)
    asked = [one for one in statements if "FROM notice" in one]
    assert len(asked) == 1
    assert (
        len([one for one in statements if one.startswith("SELECT")]) <= 2
    )  # the account, the news
    plan = db.session.connection().exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT count(*) FROM notice WHERE user_id = 1 AND visible_at <= 'x' "
        "AND read_at IS NULL"
    )
    assert "ix_notice_user_read" in str(plan.all())


def test_asking_keeps_no_session_alive(open_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = person(open_app, "officer")
    real = access.time.time

    def after(minutes: int) -> None:
        monkeypatch.setattr(access.time, "time", lambda: real() + minutes * 60)

    after(20)
    assert client.get("/notices/new?after=1").status_code == 200
    after(31)
    assert client.get("/notices/new?after=1").status_code == 302
    assert client.get("/desk/").status_code == 302
