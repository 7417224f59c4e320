"""The rows of a ticket: the same whether it was looked through or not, and fresh for a unit of work."""

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.routing.models import RoutingRule
from servicedesk.tickets.children import Urge
from servicedesk.tickets.models import Extension, PauseSpan, Rating, TicketEvent
from servicedesk.tickets.parts import look_through, may_have, parts_of
from servicedesk.transaction import writing
from servicedesk.workbench.models import Draft
from tests.statistics.test_overview import statements
from tests.support import Town

KINDS = (TicketEvent, PauseSpan, Rating, Extension, Urge, Draft)
WAY = (
    "accept",
    "dispatch",
    "sign",
    "request_supplement",
    "supplement",
    "resolve",
    "confirm",
    "rate",
)


def test_a_ticket_that_was_looked_through_has_the_same_rows(town: Town) -> None:
    ticket = town.walk(town.file(), *WAY).id
    db.session.rollback()
    plainly = {kind: [one.id for one in parts_of(kind, ticket)] for kind in KINDS}
    assert plainly[TicketEvent] and plainly[PauseSpan] and plainly[Rating]
    db.session.rollback()
    with statements() as sent:
        look_through(ticket)
        assert {kind: [one.id for one in parts_of(kind, ticket)] for kind in KINDS} == plainly
        assert [one.id for one in parts_of(Rating, ticket)] == plainly[Rating]
    assert len(sent) == 1 + sum(1 for rows in plainly.values() if rows)


def test_what_has_no_index_is_never_ruled_out(town: Town) -> None:
    ticket = town.file().id
    look_through(ticket)
    assert not may_have(Rating, ticket)
    assert may_have(RoutingRule, ticket)


def test_a_unit_of_work_sees_what_it_writes(town: Town) -> None:
    ticket = town.file().id
    look_through(ticket)
    assert parts_of(PauseSpan, ticket) == ()
    with writing():
        event = db.session.scalars(select(TicketEvent)).first()
        assert event is not None
        db.session.add(PauseSpan(ticket_id=ticket, reason="awaiting", started_at=event.at))
        assert len(parts_of(PauseSpan, ticket)) == 1
    assert len(parts_of(PauseSpan, ticket)) == 1
