"""The desk's queue: badges and saved views, columns, how many statements its pages take."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from lxml.html import HtmlElement, fromstring
from openpyxl import load_workbook
from sqlalchemy import event, select

from servicedesk.clock import clock
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets.following import follow
from servicedesk.tickets.listing import Filter, page, total, totals
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.reminding import remind
from servicedesk.tickets.today import WAITS
from servicedesk.tickets.views import VIEW_NAMES, VIEWS_OF, counts
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
from tests.support import Town
from tests.web.queue_support import WORKERS, person, varied, without_tokens


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Both databases, forms without a token."""
    return without_tokens(app)


@pytest.fixture
def light_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    return without_tokens(sqlite_app)


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
