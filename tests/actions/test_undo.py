"""Taking a step back within ten seconds: everything is as before, and nobody has heard of it."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.audit.models import AuditEntry
from servicedesk.database import Base
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.jobs.delivery import deliver
from servicedesk.notifications.actions import claim
from servicedesk.notifications.models import Notice, OutboxMessage
from servicedesk.notifications.queries import unread
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics.fact_models import FactMark
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import timeline
from servicedesk.tickets.taking_back import forget_ways_back, take_back, way_back
from servicedesk.transaction import writing
from servicedesk.workbench.models import UndoNote
from tests.support import Town, pass_time

BEFORE = {"accept": (), "dispatch": ("accept",), "sign": ("accept", "dispatch"),
          "assign": ("accept", "dispatch")}  # fmt: skip
WHO = {"accept": "desk", "dispatch": "desk", "sign": "officer", "assign": "unithead"}
TOLD_TRUTH = {TicketEvent, AuditEntry, UndoNote, FactMark, DispatchRecord}


def walked(town: Town, step: str) -> Ticket:
    """A ticket right before ``step``, whose earlier steps everybody has heard of."""
    ticket = town.walk(town.file(), *BEFORE[step])
    pass_time(seconds=30)
    deliver()
    return ticket


def everything() -> dict[str, list[Any]]:
    """Every row of every table, but the record of what was done; a ticket without its version."""
    db.session.expire_all()
    rows = {}
    for mapper in Base.registry.mappers:
        if mapper.class_ in TOLD_TRUTH:
            continue
        table = mapper.local_table
        columns = [
            c for c in table.c if not (table.name == "ticket" and c.name in ("version", "steps"))
        ]
        rows[table.name] = sorted(map(repr, db.session.execute(select(*columns)).all()))
    return rows


def records(ticket: Ticket) -> list[tuple[str, bool]]:
    query = select(DispatchRecord).where(DispatchRecord.ticket_id == ticket.id)
    found = db.session.scalars(query.order_by(DispatchRecord.id)).all()
    return [(one.outcome, one.ended_at is None) for one in found]


@pytest.mark.parametrize("step", list(BEFORE))
def test_everything_is_as_it_was_and_the_version_rises(app: Flask, step: str) -> None:
    town = Town()
    ticket = walked(town, step)
    before, version, state = everything(), ticket.version, ticket.state
    done = town.walk(ticket, step)
    assert everything() != before
    back = take_back(town.actor(WHO[step]), ticket.id, done.version)
    assert everything() == before
    assert (back.state, back.version > version) == (state, True)
    after = back.version
    assert town.walk(back, step).version > after


def test_the_timeline_tells_staff_and_not_the_enterprise(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    take_back(town.desk, ticket.id, ticket.version)
    staff = [(one.kind, one.shown) for one in timeline(ticket.id, everything=True)]
    assert staff == [("submit", True), ("accept", False), ("undo", False)]
    assert [one.kind for one in timeline(ticket.id, everything=False)] == ["submit"]
    kept = select(AuditEntry).where(AuditEntry.action == "ticket.undo")
    entry = db.session.scalars(kept).one()
    assert (entry.before["state"], entry.after["state"]) == ("accepted", "submitted")


def test_nobody_hears_of_it_ever(app: Flask) -> None:
    town = Town()
    ticket = walked(town, "dispatch")
    heard = {login: unread(town.user(login).id) for login in ("officer", "unithead")}
    done = town.walk(ticket, "dispatch")
    assert db.session.scalars(select(OutboxMessage).where(OutboxMessage.state == "waiting")).all()
    take_back(town.desk, ticket.id, done.version)
    pass_time(minutes=5)
    assert claim("worker") is None
    assert {login: unread(town.user(login).id) for login in heard} == heard


def test_without_undo_everybody_hears_after_ten_seconds(app: Flask) -> None:
    town = Town()
    ticket = walked(town, "dispatch")
    before = unread(town.user("officer").id)
    town.walk(ticket, "dispatch")
    assert unread(town.user("officer").id) == before
    assert claim("worker") is None
    pass_time(seconds=10)
    assert unread(town.user("officer").id) == before + 1
    assert claim("worker") is not None


def test_ten_seconds_are_ten_seconds(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    pass_time(seconds=9)
    assert way_back(town.desk, ticket) is not None
    pass_time(seconds=1)
    assert way_back(town.desk, ticket) is None
    with pytest.raises(Refused, match="超过10秒"):
        take_back(town.desk, ticket.id, ticket.version)
    assert db.session.get_one(Ticket, ticket.id).state == "accepted"


def test_only_the_person_who_did_it(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    for other in (town.head, town.officer, town.alice):
        assert way_back(other, ticket) is None
        with pytest.raises(Refused) as refused:
            take_back(other, ticket.id, ticket.version)
        assert refused.value.kind == "permission"


def test_a_second_press_changes_nothing(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    seen = ticket.version
    back = take_back(town.desk, ticket.id, seen).version
    with pytest.raises(Refused, match="已经撤销过"):
        take_back(town.desk, ticket.id, seen)
    assert db.session.get_one(Ticket, ticket.id).version == back


def test_two_presses_at_once_take_back_once(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    number, seen, desk = ticket.id, ticket.version, town.desk
    db.session.remove()
    answers: list[str] = []

    def press() -> None:
        with app.app_context():
            try:
                take_back(desk, number, seen)
                answers.append("done")
            except Refused as refused:
                answers.append(refused.reason)
            finally:
                db.session.remove()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert sorted(answers) == ["done", "这一步已经撤销过了。"]
    events = [one.kind for one in timeline(number, everything=True)]
    assert events.count("undo") == 1


def test_another_step_meanwhile_stands(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    seen = ticket.version
    take(town.head, ticket.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    with pytest.raises(Refused, match="新的变化"):
        take_back(town.desk, ticket.id, seen)
    assert db.session.get_one(Ticket, ticket.id).state == "dispatched"


def test_a_note_meanwhile_does_not_hinder(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept")
    send_message(town.head, ticket.id, "先看看", internal=True)
    take_back(town.desk, ticket.id, ticket.version)
    assert db.session.get_one(Ticket, ticket.id).state == "submitted"


def test_what_somebody_has_read_already_is_not_taken_back(app: Flask) -> None:
    """Should a notice ever be visible early, the step stays, with all of its notices."""
    town = Town()
    ticket = town.walk(town.file(), "accept")
    held = db.session.scalars(
        select(Notice).where(Notice.dedup_key.startswith(f"ticket:{ticket.id}:v"))
    ).all()
    assert held
    with writing():
        db.session.get_one(Notice, held[0].id).visible_at = pass_time(seconds=1)
    with pytest.raises(Refused, match="已收到通知"):
        take_back(town.desk, ticket.id, ticket.version)
    assert db.session.get_one(Ticket, ticket.id).state == "accepted"
    assert len(db.session.scalars(select(Notice.id).where(Notice.ticket_id == ticket.id)).all()) > 1


def test_dispatches_before_keep_how_they_ended(app: Flask) -> None:
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "return", "dispatch")
    take_back(town.desk, ticket.id, ticket.version)
    assert records(ticket) == [("returned", False), ("undone", False)]
    again = town.walk(ticket, "dispatch", "sign")
    take_back(town.officer, ticket.id, again.version)
    assert records(ticket) == [("returned", False), ("undone", False), ("waiting", True)]


def test_ways_back_are_forgotten_after_a_day(app: Flask) -> None:
    town = Town()
    town.walk(town.file(), "accept")
    assert forget_ways_back() == 0
    pass_time(days=1, seconds=11)
    assert forget_ways_back() == 1
