"""The desk's queue: badges and saved views, columns, the day page, many at once through the pages."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, fromstring
from openpyxl import load_workbook
from sqlalchemy import event, func, select

from servicedesk.clock import clock
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import HandlingPlan
from servicedesk.tickets.following import follow
from servicedesk.tickets.listing import Filter, page, total, totals
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.reminding import remind
from servicedesk.tickets.today import WAITS
from servicedesk.tickets.views import VIEW_NAMES, VIEWS_OF, counts
from servicedesk.transaction import unit_of_work
from servicedesk.web.desk.columns import COLUMNS, FIRST_CHOICE, TITLE, tidied
from servicedesk.web.desk.filters import remembered, to_query
from servicedesk.workbench.models import SavedView
from servicedesk.workbench.saved_views import (
    OWN_MAX,
    change_view,
    move_view,
    save_view,
    views_for,
)
from tests.support import PASSWORD, Town, pass_time

WORKERS = ("desk", "head", "follow", "officer", "officer2", "unithead", "leader")


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Both databases, forms without a token."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def light_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def varied(town: Town) -> None:
    """Tickets for every built-in view."""
    town.file()
    town.file("bob", urgent="stopped")
    town.walk(town.file("bob"), "accept")
    town.walk(town.file(), "accept", "dispatch")
    returned = town.walk(town.file(), "accept", "dispatch", "return")
    returned = take(town.desk, returned.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    returned = town.walk(returned, "return")
    third = take(town.head, town.walk(
        town.walk(town.file("bob"), "accept", "dispatch", "return", "dispatch"), "return"
    ).id, "dispatch", {"unit_id": town.unit_id("SCJG")})  # fmt: skip
    town.walk(third, "contest")
    town.walk(town.file(), "accept", "dispatch", "sign", "request_extension")
    pending = town.walk(
        town.file(), "accept", "dispatch", "sign", "request_supplement", "supplement"
    )
    town.walk(pending, "ask_supplement_again")
    town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    asked = town.walk(town.file(), "accept", "dispatch", "sign")
    take(town.officer, asked.id, "ask_support", {
        "unit_id": town.unit_id("GHJS"), "request": "请现场核实",
    })  # fmt: skip
    follow(asked.id, town.user("leader").id)
    follow(asked.id, town.user("head").id)
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve")
    false = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "dispute")
    town.walk(false, "resolve", "dispute")
    done = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    town.walk(done, "rate", level=1, reasons=["slow"])
    bad = town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve", "confirm")
    bad = town.walk(bad, "rate", level=2, reasons=["slow"])
    town.walk(bad, "call_back", "rework")
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate")
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    town.walk(town.file(), "withdraw")
    _plan(town.walk(town.file(), "accept", "dispatch", "sign"))
    town.file(item="H01", title="与员工的劳动争议")


@unit_of_work
def _plan(ticket: Ticket) -> None:
    db.session.add(HandlingPlan(ticket_id=ticket.id, reason="土地权属", asked_at=clock.now()))


def test_every_badge_of_every_role_equals_its_rows(app: Flask) -> None:
    town = Town()
    varied(town)
    late = db.session.scalars(select(Ticket).where(Ticket.state == "in_progress")).first()
    assert late is not None
    assert late.due_at is not None
    filled: set[str] = set()
    for moment in (clock.now(), late.due_at - timedelta(hours=1), late.due_at + timedelta(days=1)):
        clock.set(moment)
        for login in WORKERS:
            actor = town.actor(login)
            badges = counts(actor)
            assert set(badges) == set(VIEWS_OF[actor.role]) - {"all"}
            assert set(WAITS[actor.role]) <= set(badges), login
            for view in VIEW_NAMES:
                rows = page(actor, Filter(view=view), 200).rows
                assert total(actor, Filter(view=view)) == len(rows)
                assert badges.get(view, len(rows)) == len(rows), (login, view)
                filled |= {view} if rows else set()
    assert filled == set(VIEW_NAMES), set(VIEW_NAMES) - filled


SAVED = (
    {"view": "open"}, {"view": "all", "state": "closed"}, {"view": "all", "q": "执照"},
    {"view": "open", "q": "劳动", "sort": "oldest"}, {"view": "mine", "category": "A"},
    {"view": "open", "item": "A01", "unit": "SCJG"}, {"view": "unit", "channel": "portal"},
    {"view": "overdue", "sort": "due"}, {"view": "all", "since": "2024-03-05", "until": "2024-03-05"},
    {"view": "all", "period": "2024-03", "figure": "submitted"}, {"view": "disputes"},
)  # fmt: skip


def test_every_saved_views_badge_equals_its_rows(app: Flask) -> None:
    """One statement for all of them, also with several searches, for each who may see them."""
    town = Town()
    varied(town)
    for number, query in enumerate(SAVED):
        save_view(town.head, f"视图{number}", query, "park")
    seen = 0
    for login in WORKERS:
        actor = town.actor(login)
        views = views_for(actor)
        assert len(views) == len(SAVED)
        filters = [remembered(actor, view.query)[0] for view in views]
        for wanted, badge in zip(filters, totals(actor, filters), strict=True):
            rows = page(actor, wanted, 200).rows
            assert badge == len(rows) == total(actor, wanted), (login, wanted)
            seen += badge
    assert seen > len(SAVED)


def test_a_badge_counts_no_further_than_it_says(app: Flask) -> None:
    town = Town()
    for _n in range(4):
        town.file()
    assert totals(town.desk, [Filter(), Filter(q="没有这样的")], limit=3) == [3, 0]


def test_who_sees_a_shared_view(town: Town) -> None:
    save_view(town.unithead, "本单位超期", {"view": "overdue"}, "unit")
    save_view(town.head, "园区超期", {"view": "overdue"}, "park")
    save_view(town.officer, "我的", {"view": "mine"})
    names = {login: {view.name for view in views_for(town.actor(login))} for login in WORKERS}
    assert names["officer"] == {"我的", "本单位超期", "园区超期"}
    assert names["officer2"] == names["desk"] == {"园区超期"}
    for login in ("desk", "officer", "follow", "leader"):
        with pytest.raises(Refused):
            save_view(town.actor(login), "不行", {"view": "open"}, "park")
    with pytest.raises(Refused):
        save_view(town.unithead, "不行", {"view": "open"}, "park")


def test_names_are_the_persons_own_and_views_are_not_endless(town: Town) -> None:
    first = save_view(town.desk, "甲", {"view": "open"})
    for name in ("甲", "", "长" * 31):
        with pytest.raises(Refused):
            save_view(town.desk, name, {"view": "open"})
    save_view(town.head, "甲", {"view": "open"})
    change_view(town.desk, first.id, "甲", "")  # its own name is no clash
    for number in range(OWN_MAX - 1):
        save_view(town.desk, f"视图{number}", {"view": "open"})
    with pytest.raises(Refused):
        save_view(town.desk, "太多", {"view": "open"})


def test_each_person_orders_the_own_side_bar(town: Town) -> None:
    shared = save_view(town.head, "共享", {"view": "open"}, "park")
    own = save_view(town.desk, "自己", {"view": "mine"})
    assert [view.id for view in views_for(town.desk)] == [shared.id, own.id]
    move_view(town.desk, own.id, -1)
    assert [view.id for view in views_for(town.desk)] == [own.id, shared.id]
    move_view(town.desk, own.id, -1)  # it is the first already
    assert [view.id for view in views_for(town.desk)] == [own.id, shared.id]
    assert [view.id for view in views_for(town.head)] == [shared.id]


def test_a_filter_comes_back_from_its_query(town: Town) -> None:
    for query in SAVED:
        wanted, whole = remembered(town.desk, query)
        assert whole
        assert remembered(town.desk, to_query(wanted)) == (wanted, True)


def test_words_that_are_no_more_do_not_break_a_page(light_app: Flask) -> None:
    town = Town()
    town.file()
    stored = {"view": "gone", "state": "gone", "sort": "price", "since": "soon", "q": "执照"}
    save_view(town.desk, "旧的", stored)
    desk = person(light_app, "desk")
    text = desk.get("/desk/views").text
    assert "有的条件已经不存在" in text
    [link] = fromstring(text).xpath("//ul[contains(@class,'view-list')]//a[@class='title']")
    assert desk.get(link.get("href")).status_code == 200


def test_a_view_is_kept_from_the_page_renamed_and_deleted(light_app: Flask) -> None:
    Town().file()
    desk = person(light_app, "desk")
    answer = desk.post("/desk/views", data={"name": "执照的", "list": "view=open&q=执照"})
    assert answer.status_code == 302
    side = fromstring(desk.get(answer.headers["Location"]).text)
    [here] = side.xpath("//nav[@class='side']//a[@aria-current='page']")
    assert here.text_content().split() == ["执照的", "1"]
    [view] = db.session.scalars(select(SavedView)).all()
    number = view.id
    assert (
        desk.post("/desk/views", data={"name": "坏的", "list": "view=nothing"}).status_code == 400
    )
    for stranger in ("head", "officer"):
        other = person(light_app, stranger)
        assert other.post(f"/desk/views/{number}/delete").status_code == 404
        assert other.post(f"/desk/views/{number}", data={"name": "我的"}).status_code == 404
    desk.post(f"/desk/views/{number}", data={"name": "营业执照", "shared": "park"})
    assert "您不能这样共享视图" in desk.get("/desk/views").text
    desk.post(f"/desk/views/{number}", data={"name": "营业执照"})
    assert "营业执照" in desk.get("/desk/views").text
    desk.post(f"/desk/views/{number}/delete")
    assert "还没有保存过视图" in desk.get("/desk/views").text


# Columns --------------------------------------------------------------------------------------


def header(page_: HtmlElement) -> list[str]:
    return [
        th.text_content().strip()
        for th in page_.xpath("//table[@data-rows]//th[not(contains(@class,'pick'))]")
    ]


def test_a_choice_of_columns_is_always_whole() -> None:
    assert tidied(["state", "nothing", "state"], "huge").keys == (TITLE, "state")
    assert tidied(COLUMNS, "compact").density == "compact"
    assert set(FIRST_CHOICE) <= set(COLUMNS)


def test_the_page_and_the_file_have_the_chosen_columns(light_app: Flask) -> None:
    town = Town()
    town.walk(town.file(), "accept", "dispatch", "sign", "urge")
    town.file(item="H01", title="与员工的劳动争议")
    desk = person(light_app, "desk")
    order = ["due", TITLE, *(key for key in COLUMNS if key not in ("due", TITLE))]
    desk.post("/desk/columns", data={"order": order, "show": order, "density": "compact"})
    page_ = fromstring(desk.get("/desk/?view=all").text)
    names = [COLUMNS[key].name for key in order]
    assert header(page_) == names
    cells = page_.xpath("//table[@data-rows]/tbody/tr[1]/td[not(contains(@class,'pick'))]")
    assert len(cells) == len(order)
    assert page_.xpath("//table[contains(@class,'queue-compact')]")
    assert "13800138000" not in page_.text_content()
    sheet = load_workbook(io.BytesIO(desk.get("/desk/export.xlsx?view=all").data)).active
    assert sheet is not None
    top = [cell.value for cell in sheet[1]]
    assert [name for name in top if name not in ("工单号", "标题", "标记")] == [
        name for name in names if name != "工单"
    ]
    urged = next(row for row in sheet.iter_rows(values_only=True) if "办理营业执照" in row)
    assert "催办1次" in str(urged[top.index("标记")])
    assert urged[top.index("联系人")] == "李* 138****8000"
    assert urged[top.index("最近更新")] is not None
    assert "劳动争议" not in str(list(sheet.iter_rows(values_only=True)))


def test_columns_move_and_go_back_to_the_first_choice(light_app: Flask) -> None:
    desk = person(light_app, "desk")
    shown = list(FIRST_CHOICE)
    Town().file()
    db.session.remove()
    desk.post("/desk/columns", data={"order": shown, "show": shown, "up": "state"})
    assert header(fromstring(desk.get("/desk/").text))[:3] == ["时限", "状态", "工单"]
    desk.post("/desk/columns", data={"order": shown, "show": shown, "standard": "1"})
    assert header(fromstring(desk.get("/desk/").text))[:3] == ["时限", "工单", "状态"]
    other = person(light_app, "head")
    assert header(fromstring(other.get("/desk/").text))[:3] == ["时限", "工单", "状态"]


def test_a_leader_sees_nothing_of_a_confidential_row(light_app: Flask) -> None:
    town = Town()
    town.file(item="H01", title="与员工的劳动争议")
    leader = person(light_app, "leader")
    keys = list(COLUMNS)
    leader.post("/desk/columns", data={"order": keys, "show": keys})
    [row] = fromstring(leader.get("/desk/?view=all").text).xpath("//table[@data-rows]/tbody/tr")
    text = row.text_content()
    for word in ("劳动", "法律", "恩德莱", "李*"):
        assert word not in text, word


# Statements -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("login", ["head", "unithead", "follow"])
def test_lists_take_the_same_statements_however_many_rows(
    open_app: Flask, statements: list[str], login: str
) -> None:
    """All columns, several saved views, the day page: no statement for a row or for a view."""
    town = Town()
    actor = town.actor(login)
    for query in SAVED[4:6]:
        save_view(town.head, f"视图{query}"[:30], query, "park")

    def grow(count: int) -> None:
        for number in range(count):
            ticket = town.walk(
                town.file(("alice", "bob")[number % 2]), "accept", "dispatch", "sign"
            )
            remind(town.desk, ticket.id, "请尽快")
            follow(ticket.id, actor.user_id or 0)
        town.walk(town.file(), "accept", "dispatch", "sign", "resolve")

    grow(2)
    client = person(open_app, login)
    keys = list(COLUMNS)
    client.post("/desk/columns", data={"order": keys, "show": keys})

    def cost(address: str) -> int:
        client.get(address)
        statements.clear()
        assert client.get(address).status_code == 200
        return len(statements)

    pages = ("/desk/?view=all", "/desk/today", "/desk/views")
    before = [cost(address) for address in pages]
    grow(12)
    for query in (*SAVED[:4], *SAVED[6:]):
        save_view(town.head, f"视图{query}"[:30], query, "park")
    db.session.remove()
    after = [cost(address) for address in pages]
    assert before == after
    assert max(after) <= 30, after


# Today ----------------------------------------------------------------------------------------


def numbers_of(page_: HtmlElement) -> dict[str, int]:
    """Return what the day page says, by the address that it leads to."""
    links = page_.xpath("//main//a[contains(@class,'today-wait')]/strong/..")
    links += page_.xpath("//main//a[contains(@class,'today-count')]")
    return {
        link.get("href"): int("".join(c for c in link.text_content() if c.isdigit()))
        for link in links
    }


@pytest.mark.parametrize("login", WORKERS)
def test_every_number_of_the_day_page_leads_to_its_list(open_app: Flask, login: str) -> None:
    town = Town()
    varied(town)
    pass_time(days=1)
    remind(town.desk, town.walk(town.file(), "accept", "dispatch", "sign").id, "请尽快")
    client = person(open_app, login)
    answer = client.get("/desk/today")
    assert answer.status_code == 200
    found = numbers_of(fromstring(answer.text))
    assert found
    for address, number in found.items():
        rows = fromstring(client.get(address).text).xpath("//table[@data-rows]/tbody/tr")
        assert len(rows) == number, (login, address)


def test_changes_are_what_others_did_since_the_last_closing(app: Flask) -> None:
    town = Town()
    old = town.walk(town.file(), "accept", "dispatch", "sign")  # Tuesday morning
    clock.set(clock.now() + timedelta(hours=8))  # after closing
    changed = town.walk(town.file("bob"), "accept", "dispatch")
    clock.set(clock.now() + timedelta(hours=15))  # Wednesday morning
    own = town.walk(town.file(), "accept")

    def listed(login: str) -> set[int]:
        return {row.id for row in page(town.actor(login), Filter(view="changed")).rows}

    assert listed("desk") == {
        changed.id,
        own.id,
    }  # the enterprise filed them; the desk's own do not count
    assert listed("officer") == set()
    assert listed("unithead") == {changed.id}
    remind(town.head, old.id, "请尽快")
    assert listed("desk") == {old.id, changed.id, own.id}
    assert listed("officer") == {old.id}
    clock.set(clock.now() + timedelta(days=1))
    assert listed("desk") == set()


# Many at once through the pages ---------------------------------------------------------------


def form_of(page_: HtmlElement, action: str) -> dict[str, list[str]]:
    """Return the hidden fields of a form by where it goes."""
    [form] = page_.xpath(f"//form[contains(@action,'{action}')]")
    found: dict[str, list[str]] = {}
    for field in form.xpath(".//input[@name]"):
        found.setdefault(field.get("name"), []).append(field.get("value"))
    return found


def test_many_are_dispatched_without_javascript(open_app: Flask) -> None:
    town = Town()
    tickets = [town.walk(town.file(), "accept") for _n in range(3)]
    fresh = town.file()
    numbers = [one.number for one in (*tickets, fresh)]
    desk = person(open_app, "desk")
    answer = desk.post("/desk/bulk/dispatch", data={"number": numbers})
    preview_page = fromstring(answer.text)
    assert "可以办理3件" in answer.text
    assert "不能办理1件" in answer.text
    assert db.session.scalar(select(func.count()).where(Ticket.state == "dispatched")) == 0
    town.walk(tickets[0], "dispatch", unit_id=town.unit_id("GHJS"))
    db.session.remove()
    data = {**form_of(preview_page, "/dispatch/done"), "words": "请尽快签收"}
    for _press in range(2):
        done = desk.post("/desk/bulk/dispatch/done", data=data)
        outcomes = fromstring(done.text).xpath("//tr/@data-outcome")
        assert sorted(outcomes) == ["changed", "done", "done"]
    notes = db.session.scalars(select(TicketEvent.data).where(TicketEvent.kind == "dispatch")).all()
    assert len(notes) == 3
    assert [data_.get("note") for data_ in notes].count("请尽快签收") == 2


def test_the_whole_list_can_be_chosen(open_app: Flask) -> None:
    town = Town()
    for _n in range(3):
        town.file()
    town.file("bob")
    desk = person(open_app, "desk")
    query = f"view=to_accept&enterprise={town.enterprise_id('alice')}"
    db.session.remove()
    answer = desk.post("/desk/bulk/accept", data={"all": "1", "list": query})
    assert "可以办理3件" in answer.text
    assert desk.post("/desk/bulk/accept", data={"all": "1", "list": "view=no"}).status_code == 400


def test_steps_that_are_not_the_roles_do_not_exist(light_app: Flask) -> None:
    number = Town().file().number
    for login, step in (("officer", "accept"), ("leader", "dispatch"), ("desk", "assign"),
                        ("desk", "close"), ("follow", "accept")):  # fmt: skip
        client = person(light_app, login)
        for address in (f"/desk/bulk/{step}", f"/desk/bulk/{step}/done"):
            assert client.post(address, data={"number": number}).status_code == 404, (login, step)


def test_forged_lines_do_nothing(light_app: Flask) -> None:
    number = Town().file().number
    desk = person(light_app, "desk")
    lines = ["", ":", "x:y:z", f"{number}", f"{number}:99999999999:1", f"{number}:-1:",
             "20240305-99999-1:1:"]  # fmt: skip
    answer = desk.post("/desk/bulk/accept/done", data={"line": lines})
    assert answer.status_code == 200
    assert "done" not in fromstring(answer.text).xpath("//tr/@data-outcome")
    bad = desk.post("/desk/bulk/dispatch/done", data={"line": [f"{number}:1:999999"]})
    assert fromstring(bad.text).xpath("//tr/@data-outcome") == ["refused"]
