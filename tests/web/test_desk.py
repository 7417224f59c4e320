"""The desk through its pages: filters, steps, masking, export, filing on behalf."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import fromstring
from openpyxl import load_workbook
from sqlalchemy import event, select

from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.tickets.listing import Filter, page, total
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.views import VIEWS_OF, counts
from tests.support import PASSWORD, Town, pass_time


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Both databases, forms without a token."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def person(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def audited(action: str) -> int:
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
    db.session.remove()
    return len(found)


def test_every_badge_equals_the_rows_behind_it(app: Flask) -> None:
    """A mixed afternoon: for every role and view, the number on the badge is the list's."""
    town = Town()
    town.file()
    town.walk(town.file("bob"), "accept")
    town.walk(town.file(), "accept", "dispatch")
    late = town.walk(town.file(), "accept", "dispatch", "sign", "request_extension")
    town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve")
    done = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    bad = town.walk(done, "rate", level=1, reasons=["slow"])
    good = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate")
    for view, ticket in (("bad_rating", bad), ("to_close", good)):
        assert [row.id for row in page(town.head, Filter(view=view)).rows] == [ticket.id]
    town.walk(town.file(), "withdraw")
    for moment in (clock.now(), late.due_at - timedelta(hours=1), late.due_at + timedelta(days=1)):
        clock.set(moment)
        for login in ("desk", "head", "follow", "officer", "officer2", "unithead", "leader"):
            actor = town.actor(login)
            badges = counts(actor)
            for view in VIEWS_OF[actor.role]:
                rows = page(actor, Filter(view=view)).rows
                assert total(actor, Filter(view=view)) == len(rows)
                assert badges.get(view, len(rows)) == len(rows), (login, view)


def test_pages_follow_each_other_without_gap_or_repeat(app: Flask) -> None:
    town = Town()
    for number in range(7):
        town.file(title=f"第{number}件")
    for sort in ("newest", "oldest", "due"):
        seen: list[int] = []
        wanted = Filter(sort=sort)
        while True:
            found = page(town.desk, wanted, size=3)
            seen += [row.id for row in found.rows]
            if not found.after:
                break
            wanted = Filter(sort=sort, after=found.after)
        assert len(seen) == len(set(seen)) == 7, sort


def test_two_characters_find_a_ticket_and_only_what_one_may_see(app: Flask) -> None:
    town = Town()
    mine = town.file(title="关于公司注册登记的事", item="J06")
    town.file("bob", title="路灯不亮", item="J03")
    for words in ("注册", "册登", mine.number, mine.number.replace("-", "")[:10], "恩德"):
        assert mine.id in {row.id for row in page(town.desk, Filter(q=words)).rows}, words
    assert not page(town.bob, Filter(q="注册")).rows
    assert not page(town.desk, Filter(q="册注")).rows


@pytest.mark.parametrize(
    "words", ['"', "'", "* OR 1=1", "注册'); DROP TABLE ticket;--", "AND", "(", "\\"]
)
def test_search_takes_any_words(app: Flask, words: str) -> None:
    town = Town()
    town.file()
    page(town.desk, Filter(q=words))


def test_unknown_names_in_an_address_are_refused(open_app: Flask) -> None:
    desk = person(open_app, "desk")
    for query in ("view=nothing", "sort=price", "state=gone", "since=yesterday", "period=2024-13"):
        assert desk.get(f"/desk/?{query}").status_code == 400, query
    for query in ("after=x", "after=²", "unit=zz", "item=zz", "cut=zz", "figure=zz&period=2024"):
        assert desk.get(f"/desk/?{query}").status_code == 200, query


def test_a_refused_step_keeps_what_was_typed(open_app: Flask) -> None:
    town = Town()
    ticket = town.file()
    number, version = ticket.number, ticket.version
    db.session.remove()
    desk = person(open_app, "desk")
    answer = desk.post(
        f"/desk/tickets/{number}/act/decline",
        data={"seen": version, "decline-reason": "不属于园区事项", "decline-where_to_go": "  "},
    )
    assert answer.status_code == 422
    assert "不属于园区事项" in answer.text
    assert "此项必须填写" in answer.text


def test_resolving_writes_the_outcome_figures(open_app: Flask) -> None:
    town = Town()
    ticket = town.file(item="C01", title="招普工30人")
    ticket = town.walk(ticket, "accept", "dispatch", "sign")
    number, version = ticket.number, ticket.version
    db.session.remove()
    answer = person(open_app, "officer").post(
        f"/desk/tickets/{number}/act/resolve",
        data={
            "seen": version, "resolve-result": "solved", "resolve-resolution": "到岗12人",
            "resolve-outcome_jobs_wanted": "30", "resolve-outcome_placed": "12",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    page_ = person(open_app, "officer").get(f"/desk/tickets/{number}").text
    assert "用工需求" in page_
    assert "30 人" in page_
    assert "12 人" not in page_  # who came is counted from what the enterprise confirmed


def test_a_telephone_number_is_masked_until_asked_for(open_app: Flask) -> None:
    number = Town().file().number
    db.session.remove()
    desk = person(open_app, "desk")
    assert "13800138000" not in desk.get(f"/desk/tickets/{number}").text
    assert "13800138000" in desk.post(f"/desk/tickets/{number}/contact").text
    assert audited("personal.unmask") == 1


def test_an_export_is_data_and_leaves_a_trace(open_app: Flask) -> None:
    town = Town()
    for title in ("=1+1", "+86", "-1", "@SUM(A1)", "＝1", "普通标题"):
        town.file(title=title)
    db.session.remove()
    answer = person(open_app, "desk").get("/desk/export.xlsx?view=all")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    assert sheet.max_row == 7
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert audited("ticket.export") == 1
    assert person(open_app, "officer").get("/desk/export.xlsx").status_code == 403


def test_filing_on_behalf_with_a_visit(open_app: Flask) -> None:
    enterprise = Town().enterprise_id("bob")
    db.session.remove()
    desk = person(open_app, "desk")
    form = {
        "key": "k" * 20, "channel": "visit", "title": "上门帮办刻章", "description": "企业请求上门帮办。",
        "contact": "王工", "phone": "13800138000", "seal_count": "1",
    }  # fmt: skip
    address = f"/desk/new/{enterprise}/J06"
    refused = desk.post(address, data=form)
    assert refused.status_code == 422
    assert "上门服务须填写" in refused.text
    visit = {"visited_on": "2024-03-05", "place": "企业厂区", "met": "王工"}
    for _press in range(2):
        answer = desk.post(address, data={**form, **visit, **_needed(refused.text)})
        assert answer.status_code == 302, answer.text
    tickets = db.session.scalars(select(Ticket)).all()
    assert [ticket.channel for ticket in tickets] == ["visit"]
    assert len(db.session.scalars(select(Visit)).all()) == 1


def _needed(html: str) -> dict[str, str]:
    """Return an answer for each choice that the item's form insists on."""
    found = {}
    for select_ in fromstring(html).xpath("//main//select[@required]"):
        found[select_.get("name")] = select_.xpath("./option[@value!='']")[0].get("value")
    return found


def test_markup_in_a_title_is_shown_as_text(open_app: Flask) -> None:
    number = Town().file(title="<script>alert(1)</script><img src=x onerror=alert(1)>").number
    db.session.remove()
    desk = person(open_app, "desk")
    for address in ("/desk/?view=all", f"/desk/tickets/{number}"):
        text = desk.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


@pytest.fixture
def statements(open_app: Flask) -> Iterator[list[str]]:
    """Every statement that the database is sent."""
    sent: list[str] = []
    engine = db.engine

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_a_page_takes_the_same_statements_however_many_tickets(
    open_app: Flask, statements: list[str]
) -> None:
    town = Town()
    number = town.file().number
    db.session.remove()
    desk = person(open_app, "desk")

    def cost(address: str) -> int:
        desk.get(address)
        statements.clear()
        assert desk.get(address).status_code == 200
        return len(statements)

    before = [cost("/desk/?view=all"), cost(f"/desk/tickets/{number}")]
    for _more in range(30):
        town.file("bob")
    pass_time(minutes=1)
    db.session.remove()
    after = [cost("/desk/?view=all"), cost(f"/desk/tickets/{number}")]
    assert before == after
    assert max(after) <= 56, after  # the ticket's page has eleven panels; none asks for each row
