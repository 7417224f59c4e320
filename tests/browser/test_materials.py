"""Materials once: upload in a slot, defer, sign a letter, reuse from the folder; nothing typed twice."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from servicedesk.core.materials import Slot
from servicedesk.extensions import db
from servicedesk.materials.queries import materials_of
from servicedesk.tickets.models import Ticket
from tests.actions.materials_support import deferred, drafted, kept, signed
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.support import PASSWORD, Town
from tests.web.test_portal import PDF

pytestmark = pytest.mark.browser
FILE = "/portal/items/A04/file"


def newest() -> Ticket:
    db.session.rollback()
    ticket = db.session.scalars(db.select(Ticket).order_by(Ticket.id.desc())).first()
    assert ticket is not None
    return ticket


def test_a_clerk_hands_in_once_and_chooses_the_next_time(
    sqlite_app: Flask, base: str, person: Person, tmp_path: Path
) -> None:
    (tmp_path / "营业执照.pdf").write_bytes(PDF)
    page = person("alice", width=390)
    page.goto(base + FILE)
    page.fill("[name=description]", "两名新员工参保。")
    page.select_option("[name=matter]", index=1)
    page.fill("[name=employee_count]", "2")
    page.locator("#material0-files").set_input_files(tmp_path / "营业执照.pdf")
    expect(page.locator("input[name=material0-uploads]")).to_have_count(1)
    expect(page.locator("#material1-due")).to_be_hidden()
    page.locator("#material1 label", has_text="容缺").click()
    expect(page.locator("#material1-due")).to_be_visible()
    page.locator("label", has_text="代办：").click()
    expect(page.get_by_text("去签授权委托书")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()  # the promise is not ticked yet
    expect(page.get_by_text("请先勾选容缺承诺").first).to_be_visible()
    expect(page.locator("input[name=material0-uploads]")).to_have_count(1)
    page.locator("input[name=material-promise]").check()
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".receipt-number")).to_be_visible()
    ticket = newest()
    assert [one.row.state for one in materials_of(ticket.id)] == [
        Slot.GIVEN, Slot.DEFERRED, Slot.MISSING,
    ]  # fmt: skip

    page.goto(f"{base}/portal/requests/{ticket.number}")
    page.locator("#acting").get_by_role("link", name="起草委托书").click()
    page.get_by_role("button", name="起草，下一步签署").click()
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="确认签署").click()
    expect(page.get_by_text("有效", exact=True).first).to_be_visible()

    page.goto(base + FILE)
    expect(page.locator("#material0 input[value=kept]")).to_be_checked()
    expect(page.locator("#material0-files")).to_be_hidden()
    assert page.locator("input[name=acting][value='1']").is_checked()


def test_pages_of_materials_and_letters_are_accessible_and_fit(
    sqlite_app: Flask, base: str, person: Person
) -> None:
    town = Town()
    kept(town)
    kept(town, kind="legal_id", name="法定代表人身份证明")
    ticket, draft, letter = deferred(town), drafted(town), signed(town)
    number, letters = town.enterprise_id(), (draft.id, letter.id)
    address = ticket.number
    db.session.remove()
    pages = {
        "alice": [
            FILE, "/portal/materials", "/portal/letters", "/portal/letters/new",
            f"/portal/requests/{address}", *(f"/portal/letters/{one}" for one in letters),
        ],
        "desk": [
            "/desk/documents", "/desk/deferred", "/desk/originals", "/desk/letters",
            "/desk/letters/new?who=有限", f"/desk/letters/new?enterprise={number}",
            f"/desk/enterprises/{number}/materials", f"/desk/tickets/{address}",
            f"/desk/new/{number}/A04", *(f"/desk/letters/{one}" for one in letters),
        ],
    }  # fmt: skip
    wrong: dict[str, list[str]] = {}
    for login, paths in pages.items():
        page = person(login)
        for path in paths:
            found = faults_both_ways(
                page, base + path,
                "document.querySelectorAll('main details').forEach(d => d.open = true)",
            )  # fmt: skip
            if found:
                wrong[path] = found
    assert wrong == {}
