"""The promises under pressure: one winner, one ticket, no lost update, nothing written by reading."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from servicedesk.audit import queries as audit
from servicedesk.audit.actions import seal
from servicedesk.audit.models import AuditEntry
from servicedesk.database import engine_options, sqlite_is_sound
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice, OutboxMessage
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Submission, Ticket, TicketEvent
from servicedesk.transaction import writing
from tests.support import Town

T = TypeVar("T")
CROWD = 12


def all_at_once(app: Flask, work: Callable[[], T]) -> list[T | Exception]:
    """Run ``work`` in many threads that start together, each in an application context."""
    barrier = threading.Barrier(CROWD)

    def run(_number: int) -> T | Exception:
        with app.app_context():
            barrier.wait()
            try:
                return work()
            except Exception as error:
                return error
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(run, range(CROWD)))


def test_one_of_many_claims_wins(app: Flask) -> None:
    ticket = Town().file()
    number, version = ticket.id, ticket.version
    results = all_at_once(app, lambda: take(Town().desk, number, "accept", {}, version).state)
    assert results.count("accepted") == 1
    assert all(isinstance(r, Conflict | Refused) for r in results if r != "accepted")
    accepted = select(func.count()).where(TicketEvent.kind == "accept")
    assert db.session.scalar(accepted) == 1


def test_one_press_one_ticket_however_often_it_arrives(app: Flask) -> None:
    results = all_at_once(app, lambda: Town().file(key="one press").number)
    assert len(set(results)) == 1, results
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    assert db.session.scalar(select(func.count(Submission.id))) == 1


def test_no_update_is_lost(app: Flask) -> None:
    """Everybody reads and adds one; stock SQLAlchemy on SQLite loses most of these in silence."""
    ticket_id = Town().file().id

    def add_one() -> int:
        for _round in range(5):
            with writing():
                ticket = db.session.get_one(Ticket, ticket_id, with_for_update=True)
                ticket.steps += 1
        return 0

    results = all_at_once(app, add_one)
    assert results == [0] * CROWD
    assert db.session.get_one(Ticket, ticket_id).steps == CROWD * 5


def test_nothing_is_written_outside_a_unit_of_work(app: Flask) -> None:
    Town().file()
    db.session.rollback()
    with pytest.raises(DBAPIError):
        db.session.execute(text("UPDATE ticket SET title = 'x'"))
    db.session.rollback()


def test_a_failed_step_leaves_nothing_behind(town: Town) -> None:
    ticket = town.file()
    counts = [
        db.session.scalar(select(func.count(t.id))) for t in (TicketEvent, Notice, AuditEntry)
    ]
    with pytest.raises(Refused):
        take(town.desk, ticket.id, "accept", {"uploads": ["a file of nobody"]})
    after = [db.session.scalar(select(func.count(t.id))) for t in (TicketEvent, Notice, AuditEntry)]
    assert after == counts
    assert db.session.get_one(Ticket, ticket.id).state == "submitted"


def test_every_step_has_its_audit_entry_and_its_notice(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    entries = select(AuditEntry.action).where(
        AuditEntry.object_type == "ticket", AuditEntry.object_id == str(ticket.id)
    )
    assert list(db.session.scalars(entries.order_by(AuditEntry.id))) == [
        "ticket.submit", "ticket.accept", "ticket.dispatch", "ticket.sign",
    ]  # fmt: skip
    told = set(db.session.scalars(select(Notice.user_id).where(Notice.ticket_id == ticket.id)))
    assert {town.user("alice").id, town.user("officer").id, town.user("desk").id} <= told
    waiting = db.session.scalar(select(func.count(OutboxMessage.id)))
    assert waiting == db.session.scalar(select(func.count(Notice.id)))


def test_the_audit_trail_cannot_be_changed(town: Town) -> None:
    town.file()
    assert seal() > 0
    assert audit.verify().broken_at is None
    for statement in ("UPDATE audit_entry SET user_name = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError), writing():
            db.session.execute(text(statement))
    assert audit.verify().broken_at is None


def test_a_forged_seal_is_found(town: Town) -> None:
    town.file()
    seal()
    with writing():
        db.session.execute(text("UPDATE audit_seal SET digest = 'f' WHERE sequence = 2"))
    assert audit.verify().broken_at == 2


def test_the_embedded_database_is_sound() -> None:
    """C2: the SQLite in use has the fix of the WAL-reset corruption."""
    assert "module" in engine_options("sqlite:///x")
    assert sqlite_is_sound()


def test_the_embedded_database_syncs_every_commit(sqlite_app: Flask) -> None:
    values = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar()
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
