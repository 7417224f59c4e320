"""The closed loop through the real actions, on both databases."""

import pytest
from sqlalchemy import select

from servicedesk.accounts.actions import set_active
from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.escalation import due_alarms, fire
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import by_number, timeline
from servicedesk.tickets.telling import WHO_HEARS, people
from tests.support import Town, local, pass_time


def test_a_ticket_goes_through_the_whole_loop(town: Town) -> None:
    ticket = town.file()
    ticket = town.walk(ticket, "accept", "dispatch", "sign")
    pass_time(hours=1)
    ticket = town.walk(ticket, "request_supplement")
    assert ticket.due_at is None
    pass_time(hours=2)
    ticket = town.walk(ticket, "supplement")
    assert ticket.paused_minutes == 60  # 11:00-13:00 has one working hour
    ticket = town.walk(ticket, "resolve", "follow_up", "rate", "close")
    assert ticket.state == State.CLOSED
    assert ticket.on_time
    assert [event.kind for event in timeline(ticket.id, everything=True)] == [
        "submit", "accept", "dispatch", "sign", "request_supplement", "supplement",
        "resolve", "follow_up", "rate", "close",
    ]  # fmt: skip


def test_the_same_key_makes_one_ticket(town: Town) -> None:
    first = town.file(key="k1")
    again = town.file(key="k1")
    assert first.id == again.id
    with pytest.raises(KeyReused):
        town.file(key="k1", title="另一件事")
    assert town.file("bob", key="k1").id != first.id


def test_a_stale_form_is_refused_and_changes_nothing(town: Town) -> None:
    ticket = town.file()
    seen = ticket.version
    take(town.desk, ticket.id, "accept", {}, seen)
    with pytest.raises(Conflict) as conflict:
        take(town.desk, ticket.id, "decline", {"reason": "x", "where_to_go": "y"}, seen)
    assert conflict.value.current == seen + 1
    assert db.session.get_one(Ticket, ticket.id).state == State.ACCEPTED


def test_a_ticket_of_another_enterprise_does_not_exist(town: Town) -> None:
    ticket = town.file("alice")
    assert by_number(town.alice, ticket.number) is not None
    assert by_number(town.bob, ticket.number) is None
    with pytest.raises(Refused):
        take(town.bob, ticket.id, "withdraw", {"reason": "x"})
    with pytest.raises(Refused):
        send_message(town.bob, ticket.id, "hello")


def test_closing_without_a_word_needs_three_different_days(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    town.walk(ticket, "miss", "miss", "miss")
    with pytest.raises(Refused):
        town.walk(ticket, "close_unreached")
    for _ in range(2):
        pass_time(days=1)
        town.walk(ticket, "miss")
    assert town.walk(ticket, "close_unreached").state == State.CLOSED


def test_a_bad_rating_cannot_be_archived_unverified(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    ticket = town.walk(ticket, "rate", level=1, reasons=["slow"])
    with pytest.raises(Refused):
        town.walk(ticket, "close")
    with pytest.raises(Refused):
        town.walk(ticket, "rework")  # a bad rating is called back first
    ticket = town.walk(ticket, "call_back", "rework")
    assert ticket.state == State.IN_PROGRESS
    assert ticket.reworks == 1
    assert ticket.rating == 1  # a bad rating is not undone by rework


def test_a_rework_has_its_own_clock(town: Town) -> None:
    """V8: the days between resolution and reopening are nobody's delay."""
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    pass_time(days=10)
    ticket = town.walk(ticket, "dispute")
    assert ticket.due_at is not None
    assert ticket.due_at > pass_time(minutes=1)
    ticket = town.walk(ticket, "resolve")
    assert ticket.used_minutes is not None
    assert ticket.used_minutes < 420


def test_a_pause_hides_no_red_light(town: Town) -> None:
    """A supplement asked after the due time neither clears the overdue mark nor the level."""
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    pass_time(days=20)
    while alarms := due_alarms(clock.now()):
        for alarm in alarms:
            fire(*alarm)
    assert db.session.get_one(Ticket, ticket.id).ladder_level == 3
    due = ticket.due_at
    ticket = town.walk(ticket, "request_supplement")
    assert (ticket.due_at, ticket.ladder_level) == (due, 3)
    pass_time(days=2)
    ticket = town.walk(ticket, "supplement")
    assert (ticket.due_at, ticket.ladder_level) == (due, 3)


def test_an_extension_never_blocks_the_way(town: Town) -> None:
    """A unit head's own request may be taken back, and the desk's head may decide it."""
    ticket = town.walk(town.file(item="J03"), "accept")
    ticket = take(town.desk, ticket.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    ticket = take(town.unithead, ticket.id, "sign")
    asked = {"until": town.later(ticket, 2), "reason": "现场需要"}
    take(town.unithead, ticket.id, "request_extension", asked)
    with pytest.raises(Refused):
        take(town.unithead, ticket.id, "approve_extension")
    take(town.unithead, ticket.id, "refuse_extension", {"reason": "不需要了"})
    take(town.unithead, ticket.id, "request_extension", asked)
    ticket = take(town.head, ticket.id, "approve_extension")
    assert ticket.extra_days == 2


def test_the_enterprise_can_contradict_a_call_that_never_was(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "follow_up")
    ticket = town.walk(ticket, "dispute")
    assert ticket.state == State.IN_PROGRESS


def test_a_missed_call_at_night_does_not_count(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    clock.set(local("2024-03-05 23:59"))
    with pytest.raises(Refused):
        town.walk(ticket, "miss")


def test_alarms_find_somebody_when_accounts_are_closed(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    for login in ("officer", "unithead"):
        set_active(town.admin, town.user(login).id, False)
    heard = {person.login for person in people(ticket, WHO_HEARS["warn"])}
    assert heard == {"head"}


def test_a_refused_step_is_on_record(town: Town) -> None:
    ticket = town.file("alice")
    with pytest.raises(Refused):
        take(town.bob, ticket.id, "withdraw", {"reason": "x"})
    tried = select(AuditEntry).where(AuditEntry.action == "ticket.withdraw")
    assert [entry.succeeded for entry in db.session.scalars(tried)] == [False]
