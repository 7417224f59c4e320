"""Many tickets for benchmarks: copies of the demo's own finished tickets, spread over five years.

The copies lie before 2024, so that the figures of the demo year stay what they are. They bring
their timelines, calls, ratings, outcomes, pauses, alarms and search terms, and their own
enterprises with one person each; files, notices and audit entries are not copied. Rows are written
in batches by Core, past the actions: this is material to measure with, not history.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from servicedesk.accounts.models import User
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.identifiers import ticket_number
from servicedesk.core.permissions import Role
from servicedesk.core.textsearch import index_terms
from servicedesk.core.workflow import ENDS
from servicedesk.database import Base
from servicedesk.demo.enterprises import credit_code
from servicedesk.demo.people import REQUESTER_LOGIN
from servicedesk.enterprises.models import Enterprise, Membership
from servicedesk.extensions import db
from servicedesk.organisation.queries import ParkLabel, default_park
from servicedesk.outreach.models import Visit, VisitTicket
from servicedesk.tickets import search
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import (
    Escalation,
    Extension,
    FollowUpCall,
    Outcome,
    PauseSpan,
    Rating,
    Ticket,
    TicketEvent,
)
from servicedesk.transaction import unit_of_work

FIRST, LAST = date(2019, 1, 2), date(2023, 12, 15)
SOURCES = 400  # the oldest finished tickets of the demo are copied, never copies themselves
BATCH = 4000
TICKETS_PER_ENTERPRISE = 200
_CHILDREN: Sequence[type[Base]] = (
    TicketEvent, Rating, Outcome, FollowUpCall, PauseSpan, Extension, Escalation,
)  # fmt: skip
_TRADES = ("电子", "机械", "新材料", "食品", "物流", "环保", "电气", "精工", "医药", "新能源")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Source:
    """A ticket to copy, with its children by table and the search terms that all copies share.

    ``visit`` is the visit at which it was taken down, if it was.
    """

    row: Row
    children: Mapping[Table, list[Row]]
    terms: list[str]
    day: date
    visit: Row | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """A copied ticket's enterprise, its person, and the search terms of the enterprise."""

    enterprise_id: int
    user_id: int
    terms: list[str]


def load(count: int, seed: int, progress: Callable[[str], None]) -> None:
    """Add ``count`` tickets, in as many transactions as there are batches."""
    chance, park = Random(seed), default_park()
    owners = _create_owners(park, max(1, count // TICKETS_PER_ENTERPRISE), chance)
    sources, first = _sources(park.id), (db.session.scalar(select(func.max(Ticket.id))) or 0) + 1
    plan = _plan(count, first, sources, owners, chance)
    done = 0
    while batch := list(islice(plan, BATCH)):
        _write(batch)
        done += len(batch)
        if done % (BATCH * 5) == 0 or done == count:
            progress(f"压力数据 {done}/{count}")
    _continue_sequences()


def _plan(
    count: int, first: int, sources: list[_Source], owners: list[_Owner], chance: Random
) -> Iterator[tuple[int, _Source, _Owner, timedelta]]:
    """Yield what is copied for whom and by how much it moves: whole weeks keep the weekday."""
    span = (LAST - FIRST).days
    for number in range(count):
        source, owner = chance.choice(sources), chance.choice(owners)
        day = FIRST + timedelta(days=number * span // count)
        weeks = (day - source.day).days // 7
        yield first + number, source, owner, timedelta(weeks=weeks)


@unit_of_work
def _write(batch: Sequence[tuple[int, _Source, _Owner, timedelta]]) -> None:
    tickets: list[Row] = []
    terms: list[Row] = []
    visits: list[Row] = []
    raised: list[Row] = []
    first_visit = (db.session.scalar(select(func.max(Visit.id))) or 0) + 1
    children: dict[Table, list[Row]] = {_table(model): [] for model in _CHILDREN}
    for ticket_id, source, owner, shift in batch:
        ticket = _copy(ticket_id, source, owner, shift)
        tickets.append(ticket)
        own = index_terms(f"{ticket['number']} {ticket['number'].replace('-', '')}")
        words = dict.fromkeys([*source.terms, *owner.terms, *own])
        terms.append({"id": ticket_id, "terms": " ".join(words)})
        for table, rows in source.children.items():
            children[table] += [_moved(row, shift) | {"ticket_id": ticket_id} for row in rows]
        if source.visit is not None:
            visit = {"id": first_visit + len(visits), "enterprise_id": owner.enterprise_id}
            visits.append(_moved(source.visit, shift) | visit)
            raised.append({"visit_id": visit["id"], "ticket_id": ticket_id})
    _insert(_table(Ticket), tickets)
    _insert(_table(Visit), visits)
    _insert(_table(VisitTicket), raised)
    for table, rows in children.items():
        _insert(table, rows)
    search.add_many(terms)


def _copy(ticket_id: int, source: _Source, owner: _Owner, shift: timedelta) -> Row:
    ticket = _moved(source.row, shift)
    day = ticket["submitted_at"].astimezone(ZONE).date()
    ticket |= {
        "id": ticket_id,
        "number": ticket_number(day, ticket_id),
        "enterprise_id": owner.enterprise_id,
    }
    if source.row["requester_id"] is not None:
        ticket |= {"requester_id": owner.user_id, "filed_by_id": owner.user_id}
    return ticket


def _moved(row: Row, shift: timedelta) -> Row:
    return {
        name: value + shift if isinstance(value, date) else value for name, value in row.items()
    }


def _sources(park_id: int) -> list[_Source]:
    """Read the demo's oldest finished tickets with everything that is copied."""
    ends = [state.value for state in ENDS]
    query = select(Ticket.id).where(Ticket.park_id == park_id, Ticket.state.in_(ends))
    ids = list(db.session.scalars(query.order_by(Ticket.id).limit(SOURCES)))
    children = {_table(model): _children(_table(model), ids) for model in _CHILDREN}
    visits = _visits(ids)
    return [
        _source(row, children, visits.get(row["id"])) for row in _rows(_table(Ticket), "id", ids)
    ]


def _visits(ids: Sequence[int]) -> dict[int, Row]:
    """Return the visits of tickets; what is unique to one visit is left out."""
    query = (
        select(VisitTicket.ticket_id, _table(Visit))
        .join(Visit, Visit.id == VisitTicket.visit_id)
        .where(VisitTicket.ticket_id.in_(ids))
    )
    unique = {"id", "stop_id", "client_key", "confirm_token_hash"}
    copied = [column.name for column in _table(Visit).columns if column.name not in unique]
    return {
        row["ticket_id"]: {name: row[name] for name in copied}
        for row in db.session.execute(query).mappings()
    }


def _source(
    row: Row, children: Mapping[Table, Mapping[int, list[Row]]], visit: Row | None
) -> _Source:
    item = db.session.get_one(ServiceItem, row["item_id"])
    words = [] if row["confidential"] else [row["title"], row["description"]]
    own = {
        table: by_ticket[row["id"]]
        for table, by_ticket in children.items()
        if row["id"] in by_ticket
    }
    terms = index_terms(" ".join([*words, item.search_text]))
    return _Source(row, own, terms, row["submitted_at"].astimezone(ZONE).date(), visit)


def _children(table: Table, ids: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in _rows(table, "ticket_id", ids):
        del row["id"]
        found.setdefault(row["ticket_id"], []).append(row)
    return found


def _rows(table: Table, column: str, ids: Sequence[int]) -> list[Row]:
    query = select(table).where(table.c[column].in_(ids)).order_by(table.c.id)
    return [dict(row) for row in db.session.execute(query).mappings()]


@unit_of_work
def _create_owners(park: ParkLabel, count: int, chance: Random) -> list[_Owner]:
    """Create the enterprises of the copies, each with one person who shares the demo's password."""
    password = db.session.scalar(select(User.password_hash).where(User.login == REQUESTER_LOGIN))
    first = (db.session.scalar(select(func.max(Enterprise.id))) or 0) + 1
    first_user = (db.session.scalar(select(func.max(User.id))) or 0) + 1
    now, owners = clock.now(), []
    firms: list[Row] = []
    users: list[Row] = []
    for number in range(count):
        enterprise_id, user_id = first + number, first_user + number
        name = f"怀化{_TRADES[number % len(_TRADES)]}{enterprise_id:05d}号有限公司"
        code = credit_code(park.region, chance, 0)
        firms.append(_enterprise(park.id, enterprise_id, name, code, now))
        users.append(_user(park.id, user_id, enterprise_id, password or "", now))
        owners.append(_Owner(enterprise_id, user_id, index_terms(f"{name} {code}")))
    _insert(_table(Enterprise), firms)
    _insert(_table(User), users)
    _insert(_table(Membership), [_membership(owner, now) for owner in owners])
    return owners


def _enterprise(park_id: int, row: int, name: str, code: str, now: datetime) -> Row:
    return {
        "id": row, "park_id": park_id, "name": name, "credit_code": code, "standing": "confirmed",
        "legal_representative": "", "industry": "", "address": "", "contact": "", "phone": "",
        "created_at": now, "version": 1,
    }  # fmt: skip


def _user(park_id: int, row: int, enterprise_id: int, password: str, now: datetime) -> Row:
    return {
        "id": row, "park_id": park_id, "login": f"ya{enterprise_id:06d}", "name": "压力数据",
        "phone": "", "email": "", "role": Role.REQUESTER.value, "password_hash": password,
        "session_epoch": 1, "active": True, "language": "zh", "created_at": now,
    }  # fmt: skip


def _membership(owner: _Owner, now: datetime) -> Row:
    return {
        "enterprise_id": owner.enterprise_id,
        "user_id": owner.user_id,
        "part": "owner",
        "created_at": now,
    }


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _insert(table: Table, rows: list[Row]) -> None:
    if rows:
        db.session.execute(insert(table), rows)


@unit_of_work
def _continue_sequences() -> None:
    """Rows were numbered here; PostgreSQL's sequences go on behind them."""
    if db.engine.dialect.name != "postgresql":
        return
    for table in ("ticket", "enterprise", "user_account", "visit"):
        db.session.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                f"(SELECT max(id) FROM {table}))"
            )
        )
