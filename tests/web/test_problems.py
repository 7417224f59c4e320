"""Pages of duplicates, similar and linked tickets, repeats and problems."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import select, update

from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.problems.actions import Details, create
from servicedesk.problems.models import Problem, ProblemNotice
from servicedesk.problems.solving import solve
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import TicketLink
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.queries import timeline
from servicedesk.transaction import writing
from tests.support import PASSWORD, Town

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
ROAD = "J03"
FILE = f"/portal/items/{ROAD}/file"
DONE = "路面已重新铺装。"


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    with writing():
        db.session.execute(update(Enterprise).values(area="阳塘片区"))
    return Town()


def person(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def words(text: str) -> str:
    [main] = html.fromstring(text).xpath("//main")
    return re.sub(r"\s+", " ", main.text_content())


def road(town: Town, login: str = "alice", title: str = "3号路路面破损") -> Ticket:
    return town.file(login, ROAD, title=title, description="3号路路面坑洼，货车颠簸")


def in_hand(town: Town, login: str = "alice") -> Ticket:
    return town.walk(road(town, login), "accept", "dispatch", "sign")


def opened(town: Town, *tickets: Ticket) -> Problem:
    numbers = [one.number for one in tickets]
    item = tickets[0].item_id if tickets else None
    details = Details("3号路路面破损", item, "阳塘片区", "路面", unit_id=town.unit_id("SCJG"))
    return create(town.desk, details, numbers)


def count() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Ticket.id)).all())


def form(client: FlaskClient, url: str = FILE, **more: Any) -> dict[str, Any]:
    """Fill the form of a page in, as a person would, with what it shows hidden in it."""
    tree = html.fromstring(client.get(url).text)
    hidden = {
        one.get("name"): one.get("value", "") for one in tree.xpath("//input[@type='hidden']")
    }
    known = tree.xpath("//input[@name='known']/@value")
    filled = {"title": "路坏了", "description": "又塌了一块", "location": "3号路东段",
              "contact": "李工", "phone": "13800138000", "channel": "phone"}  # fmt: skip
    return {**hidden, **filled, "known": known, **more}


# Filing ------------------------------------------------------------------------------------------


def test_an_open_duplicate_is_shown_before_the_enterprise_goes_on(
    sqlite_app: Flask, town: Town
) -> None:
    alice = person(sqlite_app, "alice")
    assert "补充到这件工单" not in alice.get(FILE).text
    blind = form(alice)
    ticket = road(town)
    road(town, "bob")
    number = ticket.number
    page = words(alice.get(FILE).text)
    assert "这件事您已有1件在办" in page
    assert number in page
    answer = alice.post(FILE, data=blind)  # it came in while the form was open
    assert answer.status_code == 422
    assert "还没有提交：这件事可能已经在办" in words(answer.text)
    assert "又塌了一块" in answer.text
    assert count() == 2
    seen = {**blind, "known": [number]}
    made = alice.post(FILE, data=seen)
    assert made.status_code == 302, words(made.text)
    assert count() == 3
    again = alice.post(FILE, data=blind)  # a repeat of the same form is no duplicate of itself
    assert again.location == made.location
    newest = db.session.scalar(select(Ticket).order_by(Ticket.id.desc()).limit(1))
    assert newest is not None
    assert newest.repeat_of_id is None  # the same item, but other words: no repeat


def test_what_was_typed_goes_to_the_open_ticket_with_its_files(
    sqlite_app: Flask, town: Town
) -> None:
    ticket = in_hand(town)
    number, ticket_id = ticket.number, ticket.id
    alice = person(sqlite_app, "alice")
    sent = form(alice, add_to=number)
    photo, proof = (io.BytesIO(PNG), "坑.png"), (io.BytesIO(PNG), "位置.png")
    files = {"files": photo, "material1-files": proof, "material1-choice": "given"}
    answer = alice.post(FILE, data={**sent, **files})
    assert answer.status_code == 302, words(answer.text)
    assert answer.location.endswith(f"/portal/requests/{number}#progress")
    assert count() == 1
    event = timeline(ticket_id, everything=True)[-1]
    assert event.kind == "message"
    for part in ("路坏了", "又塌了一块", "3号路东段", "13800138000"):
        assert part in event.text
    query = select(Upload.name).where(Upload.event_id == event.id)
    assert sorted(db.session.scalars(query)) == ["位置.png", "坑.png"]
    again = alice.post(FILE, data=sent)
    assert again.status_code == 302
    assert [one.kind for one in timeline(ticket_id, everything=True)].count("message") == 1


def test_adding_nothing_or_to_anothers_ticket_is_refused_with_the_form(
    sqlite_app: Flask, town: Town
) -> None:
    mine, theirs = road(town).number, road(town, "bob").number
    alice = person(sqlite_app, "alice")
    empty = alice.post(FILE, data=form(alice, add_to=mine, description=" "))
    assert empty.status_code == 422
    assert "写下要补充的内容" in empty.text
    foreign = alice.post(FILE, data=form(alice, add_to=theirs))
    assert foreign.status_code == 422
    assert "没有找到这个工单号" in foreign.text
    assert "又塌了一块" in foreign.text


def test_the_desk_sees_duplicates_and_notes_instead_of_filing(
    sqlite_app: Flask, town: Town
) -> None:
    ticket = road(town)
    number, ticket_id = ticket.number, ticket.id
    desk, url = person(sqlite_app, "desk"), f"/desk/new/{town.enterprise_id()}/{ROAD}"
    assert "该企业这个事项已有1件在办" in desk.get(url).text
    blind = form(desk, url, known=[])
    assert desk.post(url, data=blind).status_code == 422
    assert count() == 1
    answer = desk.post(url, data={**blind, "add_to": number})
    assert answer.status_code == 302, words(answer.text)
    db.session.rollback()
    event = timeline(ticket_id, everything=True)[-1]
    assert (event.kind, event.shown) == ("note", False)
    assert "又塌了一块" in event.text
    assert desk.post(url, data=form(desk, url)).status_code == 302
    assert count() == 2


def test_the_desk_is_shown_similar_tickets_while_it_types(sqlite_app: Flask, town: Town) -> None:
    road(town, "bob")
    desk = person(sqlite_app, "desk")
    url = f"/desk/new/{town.enterprise_id()}/{ROAD}/similar"
    said = {"title": "3号路坑洼", "description": "路面坑洼，货车颠簸"}
    found = desk.post(url, data=said).text
    assert "荷力士重工有限公司" in found
    assert "同一片区" in found
    assert "荷力士" not in desk.post(url, data={"title": "3号路坑洼", "description": ""}).text


def test_whoever_files_reads_solutions_and_no_name(sqlite_app: Flask, town: Town) -> None:
    made = opened(town, in_hand(town, "bob"))
    solve(town.head, made.id, DONE, made.version, [town.enterprise_id()])
    solution = f"/portal/solutions/{made.id}"
    db.session.remove()
    alice, page = person(sqlite_app, "alice"), ""
    for url in (FILE, solution):
        page = words(alice.get(url).text)
        assert DONE in page
        assert "荷力士" not in page
    assert "荷力士" not in words(alice.get("/account/notices").text)
    with writing():
        db.session.query(ProblemNotice).delete()
    assert alice.get(solution).status_code == 404
    assert person(sqlite_app, "bob").get(solution).status_code == 200


# The ticket's page -------------------------------------------------------------------------------


def test_at_intake_a_duplicate_is_merged_with_one_press(sqlite_app: Flask, town: Town) -> None:
    first, second = road(town), road(town, title="还是3号路")
    numbers = first.number, second.number
    desk = person(sqlite_app, "desk")
    page = html.fromstring(desk.get(f"/desk/tickets/{numbers[1]}").text)
    [merge] = page.xpath("//section[@id='doubles']//form")
    data = {one.get("name"): one.get("value") for one in merge.xpath(".//input")}
    assert data["merge-into"] == numbers[0]
    assert desk.post(merge.get("action"), data=data).status_code == 302
    db.session.rollback()
    assert db.session.get_one(Ticket, second.id, populate_existing=True).state == State.MERGED
    assert numbers[0] in words(desk.get(f"/desk/tickets/{numbers[1]}").text)
    main = words(desk.get(f"/desk/tickets/{numbers[0]}").text)
    assert "已并入本工单" in main
    assert "另一件工单并入本工单" in main
    alice = person(sqlite_app, "alice")
    merged = alice.get(f"/portal/requests/{numbers[1]}").text
    assert f"/portal/requests/{numbers[0]}" in merged
    assert "同一件事的另一件申请已并入本工单" in alice.get(f"/portal/requests/{numbers[0]}").text


def test_messages_and_files_of_a_merged_ticket_open_from_the_main_one(
    sqlite_app: Flask, town: Town
) -> None:
    main, other = in_hand(town), road(town, title="还是3号路")
    numbers = main.number, other.number
    db.session.remove()
    alice = person(sqlite_app, "alice")
    message = {"body": "请看照片", "files": (io.BytesIO(PNG), "坑.png")}
    assert alice.post(f"/portal/requests/{numbers[1]}/messages", data=message).status_code == 302
    take(town.desk, other.id, "merge", {"into": numbers[0]})
    upload = db.session.scalars(select(Upload)).one().token
    db.session.remove()
    officer = person(sqlite_app, "officer")
    page = officer.get(f"/desk/tickets/{numbers[0]}").text
    assert "请看照片" in page
    assert f"/files/{upload}" in page
    assert officer.get(f"/files/{upload}").status_code == 200
    assert officer.get(f"/desk/tickets/{numbers[1]}").status_code == 200
    stranger = person(sqlite_app, "officer2")
    assert stranger.get(f"/files/{upload}").status_code == 404


def test_a_ticket_is_split_and_linked_and_unlinked(sqlite_app: Flask, town: Town) -> None:
    whole, theirs = in_hand(town), road(town, "bob")
    number, other = whole.number, theirs.number
    desk = person(sqlite_app, "desk")
    url = f"/desk/tickets/{number}/split"
    page = html.fromstring(desk.get(url).text)
    seen = page.xpath("//input[@name='seen']/@value")[0]
    said = {"seen": seen, "item": "J02", "title": "员工宿舍", "description": "需要六间宿舍"}
    assert desk.post(url, data={**said, "item": ""}).status_code == 422
    made = desk.post(url, data=said)
    assert made.status_code == 302
    assert "由这一件拆分而来" in words(desk.get(made.location).text)
    assert "由本工单拆出" in words(desk.get(f"/desk/tickets/{number}").text)
    stale = desk.post(url, data=said)
    assert stale.status_code == 409
    assert "需要六间宿舍" in stale.text

    wrong = desk.post(f"/desk/tickets/{number}/links", data={"number": "20240305-99999-1"})
    assert wrong.status_code == 422
    assert "没有找到这个工单号" in wrong.text
    assert desk.post(f"/desk/tickets/{number}/links", data={"number": other}).status_code == 302
    assert number in words(desk.get(f"/desk/tickets/{other}").text)
    officer = person(sqlite_app, "officer")
    assert (
        other
        not in words(officer.get(f"/desk/tickets/{number}").text.replace("相关工单", ""))[
            : words(officer.get(f"/desk/tickets/{number}").text).index("办理进度")
        ]
    )
    db.session.rollback()
    link_id = db.session.scalar(select(TicketLink.id).where(TicketLink.kind == "related"))
    remove = f"/desk/tickets/{number}/links/{link_id}/remove"
    assert desk.post(remove).status_code == 302
    assert "取消关联" in words(desk.get(f"/desk/tickets/{other}").text)


def test_a_fitting_problem_is_joined_from_the_tickets_page(sqlite_app: Flask, town: Town) -> None:
    made, ticket = opened(town, road(town)), road(town, "bob")
    number = ticket.number
    desk = person(sqlite_app, "desk")
    page = desk.get(f"/desk/tickets/{number}").text
    assert "可能属于类问题" in page
    desk.post(f"/desk/tickets/{number}/problem", data={"problem": made.id})
    assert "移出类问题" in desk.get(f"/desk/tickets/{number}").text
    desk.post(f"/desk/tickets/{number}/problem/leave")
    assert "可能属于类问题" in desk.get(f"/desk/tickets/{number}").text


# Problems ----------------------------------------------------------------------------------------


def test_a_possible_problem_becomes_one_and_is_solved_for_all(
    sqlite_app: Flask, town: Town
) -> None:
    tickets = [in_hand(town), in_hand(town), in_hand(town, "bob")]
    numbers = [ticket.number for ticket in tickets]
    item_id = tickets[0].item_id
    desk = person(sqlite_app, "desk")
    assert "3件" in words(desk.get("/desk/problems").text)
    url = f"/desk/problems/new?item={item_id}&area=阳塘片区"
    assert desk.get(url).text.count('name="tickets"') == 3
    said = {"title": "3号路路面破损", "item_id": item_id, "area": "阳塘片区", "words": "",
            "unit_id": town.unit_id("SCJG"), "owner_id": 0, "tickets": numbers}  # fmt: skip
    assert desk.post(url, data={**said, "title": ""}).status_code == 422
    made = desk.post(url, data=said)
    assert made.status_code == 302
    page = words(desk.get(made.location).text)
    assert all(number in page for number in numbers)
    assert desk.get(f"{made.location}/solve").status_code == 403
    assert desk.post(f"{made.location}/join", data={"number": numbers[0]}).status_code == 422

    head = person(sqlite_app, "head")
    tree = html.fromstring(head.get(f"{made.location}/solve").text)
    seen = tree.xpath("//input[@name='seen']/@value")[0]
    named = head.post(
        f"{made.location}/solve", data={"seen": seen, "solution": "恩德莱科技有限公司门口已修"}
    )
    assert named.status_code == 422
    assert "请不要写企业名称" in named.text
    done = head.post(f"{made.location}/solve", data={"seen": seen, "solution": DONE})
    assert done.status_code == 200
    assert words(done.text).count("已办结，等待企业确认") == 4  # the sum and one line for each
    assert (
        head.post(f"{made.location}/solve", data={"seen": seen, "solution": DONE}).status_code
        == 409
    )
    assert DONE in person(sqlite_app, "alice").get(f"/portal/requests/{numbers[0]}").text


def test_problems_are_edited_with_their_version_filtered_and_exported(
    sqlite_app: Flask, town: Town
) -> None:
    made = opened(town, road(town))
    create(town.desk, Details("=电压不稳"))
    desk, url = person(sqlite_app, "desk"), f"/desk/problems/{made.id}"
    seen = html.fromstring(desk.get(url).text).xpath("//input[@name='seen']/@value")[0]
    said = {
        "seen": seen,
        "title": "3号路和4号路",
        "item_id": 0,
        "unit_id": 0,
        "owner_id": 0,
        "area": "",
    }
    assert desk.post(f"{url}/edit", data=said).status_code == 302
    assert desk.post(f"{url}/edit", data=said).status_code == 409
    assert desk.post(f"{url}/edit", data={**said, "due_on": "x"}).status_code == 422
    assert "4号路" in words(desk.get("/desk/problems?q=4号路").text)
    assert "4号路" not in words(desk.get("/desk/problems?q=电压").text)
    assert desk.get("/desk/problems?view=closed").text.count("<tr>") == 0
    assert desk.get("/desk/problems?view=none").status_code == 400
    book = load_workbook(io.BytesIO(desk.get("/desk/problems/export.xlsx?q=电压").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["'=电压不稳"]
    assert book.active["B2"].data_type == "s"
    officer = person(sqlite_app, "officer2")
    assert officer.get(url).status_code == 404


# Repeats -----------------------------------------------------------------------------------------


def test_repeats_are_listed_filtered_and_exported(sqlite_app: Flask, town: Town) -> None:
    first = town.walk(road(town), "accept", "dispatch", "sign", "resolve")
    second, dormitory = road(town, title="3号路又坏了"), town.file("alice", "J02")
    again = town.file("alice", "J02", title="宿舍还没有")
    numbers = [one.number for one in (first, second, dormitory, again)]
    desk = person(sqlite_app, "desk")
    page = words(desk.get("/desk/repeats").text)
    assert "共2件" in page
    assert numbers[1] in page
    assert numbers[3] in page
    page = words(desk.get(f"/desk/repeats?item={ROAD}").text)
    assert "共1件" in page
    assert "共0件" in words(desk.get("/desk/repeats?until=2024-03-04").text)
    assert "共0件" in words(desk.get("/desk/repeats?unit=GHJS").text)
    book = load_workbook(io.BytesIO(desk.get(f"/desk/repeats/export.xlsx?item={ROAD}").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert [(row[0], row[7]) for row in rows[1:]] == [(numbers[1], numbers[0])]
    assert "重复诉求：此前提过" in words(desk.get(f"/desk/tickets/{numbers[1]}").text)
    assert "之后又提" in words(desk.get(f"/desk/tickets/{numbers[0]}").text)
    take(town.desk, again.id, "merge", {"into": numbers[2]})
    assert "共1件" in words(desk.get("/desk/repeats").text)
