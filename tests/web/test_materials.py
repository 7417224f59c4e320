"""Materials and letters through the pages: filing with slots, the folder, signing, handing in."""

import io
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from servicedesk.core.materials import Slot
from servicedesk.extensions import db
from servicedesk.materials import listing
from servicedesk.materials.models import Authorization, Document
from servicedesk.materials.queries import materials_of
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.transaction import writing
from tests.actions.materials_support import deferred, drafted, kept, signed
from tests.support import PASSWORD, Town
from tests.web.test_portal import PDF, Browser, fields, files, words

FILE = "/portal/items/A04/file"
ANSWERS = {
    "title": "办理社保登记", "description": "请帮忙办理。", "contact": "李工", "phone": "13800138000",
    "matter": "新增参保", "employee_count": "20",
}  # fmt: skip


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    return Town()


@pytest.fixture
def alice(sqlite_app: Flask) -> Browser:
    return Browser(sqlite_app, "alice")


@pytest.fixture
def desk(sqlite_app: Flask) -> Browser:
    return Browser(sqlite_app, "desk")


def filled(browser: Browser, **changes: Any) -> dict[str, Any]:
    """Return the filing form of an item as its page gives it, answered."""
    shown = fields(browser.get(FILE))
    return {"key": shown["key"], "enterprise": shown["enterprise"], **ANSWERS, **changes}


def newest() -> Ticket:
    db.session.rollback()
    db.session.expire_all()
    ticket = db.session.scalars(db.select(Ticket).order_by(Ticket.id.desc())).first()
    assert ticket is not None
    return ticket


def states() -> list[str]:
    return [handed.row.state for handed in materials_of(newest().id)]


def sheet(answer: TestResponse) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.active.rows]


# Filing ------------------------------------------------------------------------------------------


def test_a_slot_for_each_material_and_what_is_uploaded_is_kept(alice: Browser) -> None:
    page = alice.get(FILE)
    for wanted in ("营业执照", "参保人员名册", "容缺，过几天补", "存入材料库", "请服务台帮我准备"):
        assert wanted in page.text
    sent = filled(
        alice,
        **{
            "material0-choice": "given", "material0-files": files("执照.pdf"),
            "material0-keep": "1", "material0-until": "2030-01-01",
            "material1-choice": "deferred", "material-promise": "1", "material1-due": "2024-03-08",
        },
    )  # fmt: skip
    answer = alice.post(FILE, sent, page=FILE)
    assert answer.status_code == 302, words(answer)
    assert states() == [Slot.GIVEN, Slot.DEFERRED]
    again = alice.get(FILE)
    assert "用材料库里的" in again.text
    assert "2030年1月1日" in words(again)
    document = db.session.scalars(db.select(Document)).one()
    known = [one.number for one in db.session.scalars(db.select(Ticket))]  # the open one was shown
    kept = {"material0-choice": "kept", "material0-document": str(document.id), "known": known}
    reused = filled(alice, **kept)
    assert alice.post(FILE, reused, page=FILE).status_code == 302
    assert states() == [Slot.KEPT, Slot.MISSING]


def test_files_survive_a_refused_form_and_the_refusal_stands_at_its_slot(alice: Browser) -> None:
    sent = filled(
        alice,
        **{
            "material0-choice": "given", "material0-files": files("执照.pdf"),
            "material1-choice": "deferred",
        },
    )  # fmt: skip
    answer = alice.post(FILE, sent, page=FILE)
    assert answer.status_code == 422
    assert "请先勾选容缺承诺" in words(answer)
    shown = fields(answer)
    assert shown["material0-uploads"]
    again = {
        **sent, "key": shown["key"], "material0-uploads": shown["material0-uploads"],
        "material-promise": "1",
    }  # fmt: skip
    del again["material0-files"]
    assert alice.post(FILE, again, page=FILE).status_code == 302
    assert states() == [Slot.GIVEN, Slot.DEFERRED]
    assert alice.post(FILE, again, page=FILE).status_code == 302  # a repeat is the same request
    assert db.session.scalar(db.select(db.func.count(Ticket.id))) == 1


def test_a_strangers_document_is_refused_at_its_slot(alice: Browser, town: Town) -> None:
    other = kept(town, "bob").id
    sent = filled(alice, **{"material0-choice": "kept", "material0-document": str(other)})
    answer = alice.post(FILE, sent, page=FILE)
    assert answer.status_code == 422
    assert "不在本企业的材料库里" in words(answer)


def test_asking_to_act_says_whether_a_letter_is_there(alice: Browser, town: Town) -> None:
    assert "还没有包含本事项的" in words(alice.get(FILE))
    alice.post(FILE, filled(alice, acting="1"), page=FILE)
    ticket = newest()
    assert ticket.acting
    page = alice.get(f"/portal/requests/{ticket.number}")
    assert "没有在有效期内、包含本事项的授权委托书" in words(page)
    assert "/portal/letters/new?item=A04" in page.text
    assert states() == [Slot.MISSING] * 3  # the third is the letter
    number = signed(town, items=["A04"]).number
    assert states() == [Slot.MISSING, Slot.MISSING, Slot.HELD]
    assert number in words(alice.get(FILE))
    assert number in words(alice.get(f"/portal/requests/{ticket.number}"))


def test_the_desk_files_with_the_enterprises_documents(desk: Browser, town: Town) -> None:
    document = kept(town)
    page = f"/desk/new/{town.enterprise_id()}/A04"
    shown = fields(desk.get(page))
    sent = {
        **ANSWERS, "channel": "phone", "key": shown["key"], "material0-choice": "kept",
        "material0-document": str(document.id), "material1-choice": "held", "acting": "1",
    }  # fmt: skip
    answer = desk.post(page, sent, page=page)
    assert answer.status_code == 302, words(answer)
    assert states() == [Slot.KEPT, Slot.HELD, Slot.MISSING]
    shown_to_desk = words(desk.get(f"/desk/tickets/{newest().number}"))
    assert "不能派单、代办、续办和办结" in shown_to_desk
    assert "取自材料库" in shown_to_desk


# Handing in later --------------------------------------------------------------------------------


def test_what_is_outstanding_is_handed_in_on_the_page_of_the_request(
    alice: Browser, town: Town
) -> None:
    ticket = deferred(town)
    rows = [handed.row.id for handed in materials_of(ticket.id)]
    page = f"/portal/requests/{ticket.number}"
    assert "承诺2024年3月12日补交" in words(alice.get(page))
    empty = alice.post(f"{page}/materials/{rows[1]}", {}, page=page)
    assert empty.status_code == 422
    assert "请选择文件" in words(empty)
    sent = {"files": files("名册.pdf"), "keep": "1"}
    assert alice.post(f"{page}/materials/{rows[1]}", sent, page=page).status_code == 302
    after = words(alice.get(page))
    assert "补交了材料" in after
    assert "名册.pdf" in after


def test_the_desk_notes_what_came_on_paper(desk: Browser, town: Town) -> None:
    ticket = deferred(town)
    row = materials_of(ticket.id)[1].row.id
    page = f"/desk/tickets/{ticket.number}"
    answer = desk.post(f"{page}/materials/{row}", {"held": "1"}, page=page)
    assert answer.status_code == 302
    assert states()[1] == Slot.HELD


def test_materials_of_another_request_are_not_there(alice: Browser, town: Town) -> None:
    mine, theirs = deferred(town), deferred(town, "bob")
    row = materials_of(theirs.id)[1].row.id
    page = f"/portal/requests/{mine.number}"
    assert alice.post(f"{page}/materials/{row}", {}, page=page).status_code == 404


# The folder --------------------------------------------------------------------------------------


def test_keeping_filtering_exporting_and_withdrawing(alice: Browser) -> None:
    page = "/portal/materials"
    assert "这里还没有材料" in words(alice.get(page))
    wrong = alice.post(page, {"kind": "licence", "valid_until": "2020-01-01"}, page=page)
    assert wrong.status_code == 422
    sent = {"kind": "licence", "valid_until": "2024-03-20", "files": files("执照.pdf")}
    assert alice.post(page, sent, page=page).status_code == 302
    shown = words(alice.get(page + "?show=soon&sort=ends"))
    assert "营业执照" in shown
    assert "即将到期" in shown
    rows = sheet(alice.get(page + "/export.xlsx"))
    assert rows[1][:2] == ["营业执照", "营业执照"]
    document = db.session.scalars(db.select(Document)).one()
    taken = alice.post(f"{page}/{document.id}/withdraw", {}, page=page)
    assert taken.status_code == 302
    assert "已撤出" in words(alice.get(page + "?show=former"))


def test_strangers_documents_and_letters_do_not_exist(
    sqlite_app: Flask, alice: Browser, town: Town
) -> None:
    document, letter = kept(town, "bob"), signed(town, "bob")
    token = db.session.get_one(Upload, document.upload_id).token
    for url in (
        f"/files/{token}",
        f"/portal/letters/{letter.id}",
        f"/portal/letters/{letter.id}/paper",
    ):
        assert alice.get(url).status_code == 404, url
    page = "/portal/materials"
    assert alice.post(f"{page}/{document.id}/withdraw", {}, page=page).status_code == 404
    for step in ("sign", "revoke"):
        url = f"/portal/letters/{letter.id}/{step}"
        assert alice.post(url, {"seen": "1"}, page=page).status_code == 404
    assert Browser(sqlite_app, "bob").get(f"/files/{token}").status_code == 200


def test_the_desk_repairs_a_broken_promise_from_the_folder(desk: Browser, town: Town) -> None:
    row = materials_of(deferred(town).id)[1].row
    with_lapse = db.update(type(row)).values(lapsed_at=row.promised_at)
    with writing():
        db.session.execute(with_lapse)
    page = f"/desk/enterprises/{town.enterprise_id()}/materials"
    assert "容缺失信" in words(desk.get(page))
    assert desk.post(page.replace("materials", "repair"), {}, page=page).status_code == 422
    sent = {"reason": "材料已补齐"}
    assert desk.post(page.replace("materials", "repair"), sent, page=page).status_code == 302
    assert "容缺失信" not in words(desk.get(page))
    assert "材料已补齐" in words(desk.get("/desk/deferred?state=repaired"))


# Letters -----------------------------------------------------------------------------------------


def test_a_letter_is_drawn_up_signed_downloaded_and_revoked(alice: Browser, town: Town) -> None:
    page = "/portal/letters/new?item=A04"
    agent = str(town.user("desk").id)
    terms = {"powers": "hand_in", "agent_id": agent, "starts_on": "2024-03-05"}
    wrong = alice.post(page, {**terms, "items": "A04", "ends_on": "2026-03-05"}, page=page)
    assert wrong.status_code == 422
    assert "授权期限最长一年" in words(wrong)
    made = alice.post(page, {**terms, "items": "A04", "ends_on": "2024-06-05"}, page=page)
    assert made.status_code == 302
    where = made.location
    bad = alice.post(
        f"{where}/sign", {"seen": fields(alice.get(where))["seen"], "password": "x"}, page=where
    )
    assert bad.status_code == 422
    assert "密码不正确" in words(bad)
    seen = fields(alice.get(where))["seen"]
    assert (
        alice.post(f"{where}/sign", {"seen": seen, "password": PASSWORD}, page=where).status_code
        == 302
    )
    assert "网上签署" in words(alice.get(where))
    paper = alice.get(f"{where}/paper")
    assert paper.data[:2] == b"PK"
    outdated = alice.post(f"{where}/revoke", {"seen": seen, "reason": "自己办"}, page=where)
    assert outdated.status_code == 409
    seen = fields(alice.get(where))["seen"]
    done = alice.post(f"{where}/revoke", {"seen": seen, "reason": "自己办"}, page=where)
    assert done.status_code == 302
    assert "已撤销" in words(alice.get(where))


def test_the_desk_records_paper_and_follows_originals(desk: Browser, town: Town) -> None:
    letter = drafted(town)
    where = f"/desk/letters/{letter.id}"
    seen = fields(desk.get(where))["seen"]
    sent = {"seen": seen, "signer": "张三", "files": [(io.BytesIO(PDF), "签字页.pdf")]}
    without = desk.post(f"{where}/signed", {"seen": seen, "signer": "张三"}, page=where)
    assert without.status_code == 422
    assert desk.post(f"{where}/signed", sent, page=where).status_code == 302
    line = {"name": "公章", "copies": "1", "handed_by": "李工"}
    assert desk.post(f"{where}/originals", line, page=where).status_code == 302
    assert "公章" in words(desk.get("/desk/originals?state=held"))
    assert (
        desk.post("/desk/originals/1/return", {"taken_by": "李工"}, page=where).status_code == 302
    )
    assert "李工" in words(desk.get("/desk/originals?state=returned"))


@pytest.mark.parametrize("path", ["letters", "originals", "documents", "deferred"])
def test_lists_narrow_sort_page_and_export(desk: Browser, town: Town, path: str) -> None:
    kept(town)
    deferred(town)
    signed(town)
    page = f"/desk/{path}"
    for query in ("", "?sort=ends", "?q=没有这家", "?after=5", "?sort=ends&after=2024-01-01~1"):
        assert desk.get(page + query).status_code == 200, query
    assert desk.get(page + "?state=nonsense").status_code == 400
    assert "恩德莱" not in words(desk.get(page + "?q=没有这家"))
    exported = desk.get(f"{page}/export.xlsx")
    assert exported.status_code == 200
    assert sheet(exported)[0]


def test_a_long_list_comes_in_pages_without_gaps(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    numbers = {drafted(town).number for _ in range(5)}
    for sort in ("newest", "ends"):
        seen: list[str] = []
        after = ""
        for _page in range(3):
            found = listing.letters(town.park_id, listing.Wanted(sort=sort, after=after))
            seen += [row[0].number for row in found.rows]
            after = found.after
        assert after == ""
        assert (len(seen), set(seen)) == (5, numbers)
        sent = listing.every_letter(town.park_id, listing.Wanted(sort=sort))
        assert [row[0].number for row in sent] == seen  # the export has the same rows in one piece


def test_unsigned_letters_wait_in_the_list(desk: Browser, town: Town) -> None:
    number = drafted(town).number
    assert number in words(desk.get("/desk/letters?state=unsigned"))
    assert number not in words(desk.get("/desk/letters?state=valid"))
    assert db.session.scalars(db.select(Authorization)).one().signed_at is None
