"""Shortcuts for tests of materials and letters."""

from datetime import timedelta
from typing import Any

from flask import current_app

from servicedesk.catalogue.queries import item_by_code
from servicedesk.core.materials import Slot
from servicedesk.extensions import db
from servicedesk.materials.actions import Wish, file_request
from servicedesk.materials.folder import Label, keep
from servicedesk.materials.letters import Terms, prepare, receive_original, record_signed
from servicedesk.materials.models import Authorization, Document
from servicedesk.materials.queries import materials_of, today
from servicedesk.tickets.actions import Request
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.uploads import add_upload
from tests.support import Town

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def token(town: Town, login: str = "alice", name: str = "执照.pdf") -> str:
    """Store a file of the person's own and return its token."""
    folder = current_app.extensions["settings"].uploads_dir
    return add_upload(town.actor(login), store(folder, name, PDF, 10_000)).token


def kept(town: Town, login: str = "alice", kind: str = "licence", **more: Any) -> Document:
    """Keep a document in the person's enterprise's folder."""
    label = Label(kind, more.pop("name", "营业执照"), **more)
    [document] = keep(town.actor(login), town.enterprise_id(login), label, [token(town, login)])
    return document


def filed(town: Town, item: str, wishes: list[Wish], login: str = "alice", **more: Any) -> Ticket:
    """File a request with its materials."""
    found = item_by_code(town.park_id, item)
    assert found is not None
    request = Request(
        town.enterprise_id(login), "办一件事", "请帮忙办理。", "李工", "13800138000", **more
    )
    return file_request(town.actor(login), found, request, wishes)


def deferred(town: Town, login: str = "alice", **more: Any) -> Ticket:
    """File a request with one material that is to follow."""
    wish = Wish("参保人员名册", Slot.DEFERRED, deferrable=True, promised=True, **more)
    return filed(town, "A04", [Wish("营业执照", Slot.GIVEN), wish], login)


def drafted(town: Town, login: str = "alice", **changes: Any) -> Authorization:
    """Draw a letter up for one item, from today for a hundred days."""
    day = today(town.park_id)
    terms = {
        "agent_id": town.user("desk").id, "items": ["A01"], "powers": ["hand_in", "collect"],
        "starts_on": day, "ends_on": day + timedelta(days=100),
    }  # fmt: skip
    return prepare(town.desk, town.enterprise_id(login), Terms(**{**terms, **changes}))


def signed(town: Town, login: str = "alice", **changes: Any) -> Authorization:
    """Draw a letter up and have it signed on paper."""
    letter = drafted(town, login, **changes)
    return record_signed(
        town.desk, letter.id, "张三", [token(town, "desk", "委托书.pdf")], letter.version
    )


def fresh(thing: Any) -> Any:
    """Return a row as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(type(thing), thing.id)


def route_values(town: Town) -> dict[str, Any]:
    """Return a value for every variable that stands in our routes."""
    letter = signed(town)
    line = receive_original(town.desk, letter.id, "营业执照正本", 1, "李工")
    return {
        "document_id": kept(town).id,
        "letter_id": letter.id,
        "original_id": line.id,
        "material_id": materials_of(deferred(town).id)[1].row.id,
        "paper": "acceptance",
    }
