# ruff: noqa: F811
"""Every file that leaves the house, for every role: nothing runs, persons are masked, each is on record.

All texts in the database begin like formulas here, all telephones and names of an enterprise's
people are ones that are easy to find again. A new export is found by its address and tried too.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import String, select, update

from servicedesk.audit.models import AuditEntry
from servicedesk.core.permissions import Role, scope_of
from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.reports.sheets import DANGEROUS
from servicedesk.training.models import Event
from servicedesk.transaction import writing
from servicedesk.web.access import on_own_side, permission_of
from tests.support import Town
from tests.web.test_access import (  # noqa: F401 - fixtures
    ROLE_OF,
    address,
    arguments,
    closed_app,
    person,
    routes,
)

NO_DATA = {"desk.import_template"}  # an empty list with headings
ON_PAPER = ("desk.meeting_minutes", "desk.paper", "desk.letter_paper", "files.download",
            "admin.catalogue_yaml", "admin.catalogue_item_yaml", "portal.paper",
            "portal.letter_paper")  # fmt: skip
LISTS_OF_PEOPLE = {"desk.event_people", "desk.export_originals", "portal.members_export"}
NAMED, SECRET, PHONE = "不可见", "机密标题", "13912345678"
QUERIES = {"desk.export": "view=all"}
STARTS = ("=HYPERLINK(1)", "+1+", "-1-", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1")

FREE_TEXT = {
    "enterprise": ("name", "industry", "address", "plot", "chain"),
    "user_account": ("name",),
    "unit": ("name",),
    "category": ("name", "name_en"),
    "service_item": ("name", "name_en"),
    "ticket": ("title", "description", "resolution"),
    "policy": ("name", "issuer", "listing"),
    "policy_match": ("dismissed_reason",),
    "declaration": ("number", "reason"),
    "project": ("name", "plot", "source"),
    "project_obstacle": ("text",),
    "problem": ("title", "cause", "solution"),
    "training_event": ("title", "topic", "place"),
    "consultation": ("topic", "question", "answer"),
    "canned_reply": ("title", "body"),
    "enterprise_patent": ("number", "name"),
    "financing_need": ("purpose",),
    "job_post": ("title", "wage", "place"),
    "visit": ("place", "topic", "colleague", "confirm_comment"),
    "visit_round": ("name", "purpose"),
    "visit_stop": ("skip_reason",),
    "decision": ("text", "done_note"),
    "routing_rule": ("words", "reason"),
    "package_case": ("name",),
    "ticket_material": ("name", "repair_reason"),
    "document": ("name",),
    "original": ("name",),
    "authorization_letter": ("revoke_reason",),
    "false_resolution": ("resolution", "reason", "lift_reason"),
    "meeting": ("title", "place", "summary"),
}
PERSONAL = {
    "enterprise": ("contact", "legal_representative"),
    "enterprise_contact": ("name",),
    "ticket": ("contact",),
    "package_case": ("contact",),
    "attendance": ("person",),
    "original": ("handed_by", "taken_by"),
    "visit": ("met", "confirmed_by_name"),
    "authorization_letter": ("signer",),
}
PHONES = ("phone", "met_phone")


def make_hostile() -> None:
    """Let every text begin like a formula, and every name and number of a person be known."""
    starts = iter(STARTS * 100)
    with writing():
        for name, columns in FREE_TEXT.items():
            for column in columns:
                _set(name, column, next(starts) + Base.metadata.tables[name].c[column])
        for name, columns in PERSONAL.items():
            for column in columns:
                _set(name, column, f"={NAMED}")
        for table in Base.metadata.sorted_tables:
            for phone in set(PHONES) & set(table.c.keys()):
                _set(table.name, phone, PHONE)
        users = Base.metadata.tables["user_account"]
        db.session.execute(
            update(users).where(users.c.role == Role.REQUESTER).values(name=f"={NAMED}")
        )
        tickets = Base.metadata.tables["ticket"]
        hidden = update(tickets).where(tickets.c.confidential.is_(True))
        db.session.execute(hidden.values(title=f"={SECRET}", resolution=f"={SECRET}"))
    db.session.remove()


def _set(name: str, column: str, value: Any) -> None:
    table = Base.metadata.tables[name]
    assert isinstance(table.c[column].type, String), (name, column)
    db.session.execute(update(table).where(table.c[column].is_not(None)).values({column: value}))


def allowed(app: Flask, endpoint: str, login: str) -> bool:
    permission = permission_of(app, endpoint)
    assert permission is not None, f"{endpoint} gives a list to everybody"
    role = ROLE_OF[login]
    return scope_of(role, permission) is not None and on_own_side(role, endpoint.split(".")[0])


def lists(app: Flask) -> list[str]:
    """Return the endpoints of all lists that are sent as Excel files."""
    found = {endpoint for endpoint, method, rule in routes(app) if rule.endswith(".xlsx")}
    return sorted(found - NO_DATA)


def texts(content: bytes) -> Iterator[str]:
    """Yield every text of an Excel file; a formula fails."""
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None
                if isinstance(cell.value, str):
                    yield cell.value


def latest() -> AuditEntry:
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    db.session.expunge(entry)
    db.session.remove()
    return entry


@pytest.mark.parametrize(
    "login", ["desk", "head", "leader", "unithead", "follow", "admin", "alice"]
)
def test_every_list_is_harmless_masked_and_on_record(
    closed_app: Flask,
    arguments: dict[str, Any],
    login: str,
) -> None:
    town = Town()
    secret = town.file("alice", "H01", title="与员工的劳动争议")
    secret = town.walk(secret, "accept", "dispatch", "sign", "resolve", "dispute")
    town.walk(secret, "resolve", "dispute")
    make_hostile()
    client, role, hostile, secrets = person(closed_app, login), ROLE_OF[login], 0, 0
    open_lists = [one for one in lists(closed_app) if allowed(closed_app, one, login)]
    for endpoint in open_lists:
        query = QUERIES.get(endpoint, "from=here")
        answer = client.get(f"{address(closed_app, endpoint, 'GET', arguments)}?{query}")
        if answer.status_code == 404:
            continue  # another unit's
        assert answer.status_code == 200, endpoint
        found = list(texts(answer.data))
        assert [text for text in found if text.startswith(DANGEROUS)] == [], endpoint
        hostile += sum(text.startswith("'") for text in found)
        whole = "\n".join(found)
        assert PHONE not in whole, endpoint
        if endpoint not in LISTS_OF_PEOPLE or scope_of(role, "personal.unmask") is None:
            assert NAMED not in whole or endpoint == "portal.members_export", endpoint
        if scope_of(role, "ticket.view_confidential") is None:
            assert SECRET not in whole, endpoint
        secrets += SECRET in whole
        entry = latest()
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
        assert entry.action.endswith(".export"), endpoint
        assert (entry.role, entry.object_id) == (role, query), endpoint
        assert entry.after == {"rows": sheet.max_row - 1}, endpoint
    assert hostile >= len(open_lists) / 2, "too little of it was hostile to prove anything"
    assert secrets or login != "head", "no secret was there to be kept"


def test_papers_and_other_files_are_on_record(
    closed_app: Flask,
    arguments: dict[str, Any],
) -> None:
    make_hostile()
    for endpoint in ON_PAPER:
        login = next(
            one for one in ("head", "admin", "alice") if allowed(closed_app, endpoint, one)
        )
        before = latest().id
        client = person(closed_app, login)
        answer = client.get(address(closed_app, endpoint, "GET", arguments))
        assert answer.status_code == 200, endpoint
        assert "attachment" in answer.headers["Content-Disposition"], endpoint
        entry = latest()
        assert entry.id > before and entry.role == ROLE_OF[login], endpoint
        assert entry.action.endswith((".export", ".download", ".minutes")), endpoint
        if zipfile.is_zipfile(io.BytesIO(answer.data)):
            whole = zipfile.ZipFile(io.BytesIO(answer.data))
            body = "".join(whole.read(one).decode() for one in whole.namelist() if "word/" in one)
            assert PHONE not in body and "w:instrText" not in body, endpoint


def test_a_leaders_paper_names_no_person(
    closed_app: Flask,
    arguments: dict[str, Any],
) -> None:
    make_hostile()
    url = address(closed_app, "desk.paper", "GET", arguments)
    shown = {}
    for login in ("leader", "desk"):
        file = zipfile.ZipFile(io.BytesIO(person(closed_app, login).get(url).data))
        shown[login] = NAMED in file.read("word/document.xml").decode()
    assert shown == {"leader": False, "desk": True}


def test_an_events_title_may_hold_what_a_sheets_name_may_not(
    closed_app: Flask,
    arguments: dict[str, Any],
) -> None:
    with writing():
        db.session.execute(update(Event).values(title="'=政策[2024]/问:答*?\\'" + "长" * 40))
    db.session.remove()
    url = address(closed_app, "desk.event_people", "GET", arguments)
    answer = person(closed_app, "desk").get(url)
    assert answer.status_code == 200
    name = load_workbook(io.BytesIO(answer.data)).sheetnames[0]
    assert name and len(name) <= 31 and not set(name[0] + name[-1]) & {"'"}
