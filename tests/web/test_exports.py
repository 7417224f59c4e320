# ruff: noqa: F811
"""Every file that leaves the house, for every role: nothing runs, persons are masked, each is on record.

All texts in the database begin like formulas here, all telephones and names of an enterprise's
people are ones that are easy to find again. A new export is found by its address and tried too.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import String, UniqueConstraint, insert, select, update

from servicedesk import streaming
from servicedesk.audit.models import AuditEntry
from servicedesk.core.permissions import Role, scope_of
from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.reports.kinds import KINDS, kinds_for
from servicedesk.reports.making import make_waiting
from servicedesk.reports.runs import Wish, ask
from servicedesk.reports.sheets import DANGEROUS, Sheet
from servicedesk.training.models import Event
from servicedesk.transaction import writing
from servicedesk.web import sheets
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
            "portal.letter_paper", "insight.report_file", "insight.report_template_file",
            "insight.report_template_default")  # fmt: skip
LISTS_OF_PEOPLE = {"desk.event_people", "desk.export_originals", "portal.members_export"}
NAMED, SECRET, PHONE = "不可见", "机密标题", "13912345678"
QUERIES = {
    "desk.export": "view=all",
    "insight.register_export": "figure=patents&since=2024-01-01&until=2024-12-31",
}
LONG = {  # lists that were read whole, or up to a number of rows, and the table that makes them long
    "desk.declarations_export": "declaration",
    "desk.export_letters": "authorization_letter",
    "desk.export_originals": "original",
    "desk.visits_export": "visit",
    "desk.event_export": "training_event",
    "desk.decisions_export": "decision",
    "desk.projects_export": "project",
    "desk.problems_export": "problem",
    "desk.event_people": "attendance",
}
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
        assert (entry.role, entry.object_id) == (role, answer.request.path), endpoint
        assert entry.after == {"rows": sheet.max_row - 1, "filter": query}, endpoint
    assert hostile >= len(open_lists) / 2, "too little of it was hostile to prove anything"
    assert secrets or login != "head", "no secret was there to be kept"


def multiply(name: str, times: int) -> None:
    """Copy a row of a table many times; what must be unique is made so."""
    table = Base.metadata.tables[name]
    row = dict(db.session.execute(select(table)).mappings().first() or {})
    assert row, f"no {name} to copy"
    del row["id"]
    single = {one.name for one in table.columns if one.unique} | {
        column.name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
        for column in constraint.columns
    }
    if name == "declaration":
        row["state"] = "withdrawn"  # one of those that go on may be there for each policy
    copies = []
    for number in range(1, times + 1):
        copies.append(dict(row))
        for column in single:
            if table.c[column].nullable:
                copies[-1][column] = None
            elif isinstance(row[column], str):
                copies[-1][column] = f"{row[column]}-{number}"
            elif not table.c[column].foreign_keys:
                copies[-1][column] = number + 10 if isinstance(row[column], int) else row[column]
    with writing():
        db.session.execute(insert(table), copies)
    db.session.remove()


def test_a_list_of_any_length_is_written_piece_by_piece(
    closed_app: Flask,
    arguments: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All rows are in the file, and only some of them were ever in memory together."""
    for table in LONG.values():
        multiply(table, 600)
    held: list[int] = []

    def row(self: Sheet, values: Any) -> None:
        held.append(len(db.session.identity_map))
        write(self, values)

    write = Sheet.row
    monkeypatch.setattr(Sheet, "row", row)
    monkeypatch.setattr(streaming, "CHUNK", 20)
    client = person(closed_app, "head")
    for endpoint in LONG:
        held.clear()
        answer = client.get(address(closed_app, endpoint, "GET", arguments))
        assert answer.status_code == 200, endpoint
        assert latest().after["rows"] == len(held) > 600, endpoint
        assert max(held) < 200, endpoint


def test_where_a_sheet_ends_the_next_one_goes_on(
    closed_app: Flask,
    arguments: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    multiply("original", 4)
    monkeypatch.setattr(sheets, "ROWS_MAX", 2)
    url = address(closed_app, "desk.export_originals", "GET", arguments)
    book = load_workbook(io.BytesIO(person(closed_app, "head").get(url).data))
    assert [sheet.max_row for sheet in book.worksheets] == [3, 3, 2]
    assert len({sheet["A1"].value for sheet in book.worksheets}) == 1
    assert latest().after["rows"] == 5


@pytest.mark.parametrize("login", ["head", "leader", "unithead"])
def test_every_report_is_harmless_masked_and_on_record(
    closed_app: Flask,
    arguments: dict[str, Any],
    login: str,
) -> None:
    town = Town()
    town.file("alice", "H01", title="与员工的劳动争议")
    make_hostile()
    actor, client, hostile = town.actor(login), person(closed_app, login), 0
    days = (date(2024, 3, 5), date(2024, 3, 5))  # the day of the town, in the period of every kind
    for kind in kinds_for(actor):
        number = ask(actor, Wish(kind, *days), kind).id
        make_waiting()
        answer = client.get(f"/insight/reports/{number}/file")
        assert answer.status_code == 200, kind
        entry = latest()
        assert (entry.action, entry.object_id) == ("report.fetch", str(number))
        asked = {"kind": kind, "from": str(days[0]), "to": str(days[1]), "rounding": "over"}
        assert asked.items() <= entry.after.items() and entry.after["rows"] >= 1, kind
        whole = zipfile.ZipFile(io.BytesIO(answer.data))
        body = "".join(whole.read(one).decode() for one in whole.namelist() if one.endswith(".xml"))
        assert PHONE not in body and NAMED not in body and SECRET not in body, kind
        assert "<f>" not in body and "w:instrText" not in body, kind
        if not KINDS[kind].paper:
            found = list(texts(answer.data))
            assert [text for text in found if text.startswith(DANGEROUS)] == [], kind
            hostile += sum(text.startswith("'") for text in found)
    assert hostile >= 5, "too little of it was hostile to prove anything"


def test_papers_and_other_files_are_on_record(
    closed_app: Flask,
    arguments: dict[str, Any],
) -> None:
    make_hostile()
    make_waiting()
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
        assert entry.action.endswith((".export", ".download", ".minutes", ".fetch")), endpoint
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
