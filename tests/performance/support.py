"""A month of work for the tests of performance: units, people, and whether things went well."""

from datetime import date

from servicedesk.clock import clock
from servicedesk.performance.queries import Kind
from servicedesk.performance.results import Subject
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.facts import build
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from tests.statistics.histories import WORK
from tests.support import START, Town, local

MARCH = Span(date(2024, 3, 1), date(2024, 3, 31))
END = ("confirm", "rate", "close")


def one(town: Town, item: str = "A01", *, late: bool = False, level: int = 5) -> Ticket:
    """Let one ticket of the unit SCJG be resolved by its officer; a bad rating is verified."""
    clock.set(START)
    ticket = town.walk(town.file("bob", item), *WORK[:3])
    if late:
        clock.set(local("2024-03-29 10:00"))
    ticket = town.walk(ticket, *WORK[3:], "confirm")
    ticket = town.walk(ticket, "rate", level=level, reasons=["slow"] if level < 3 else [])
    return town.walk(ticket, *(("call_back", "close_verified") if level < 3 else ("close",)))


def elsewhere(town: Town, item: str = "A01", *, late: bool = False) -> Ticket:
    """Let one ticket be resolved by the officer of another unit, GHJS."""
    clock.set(START)
    ticket = town.walk(town.file("alice", item), "accept")
    ticket = town.walk(ticket, "dispatch", unit_id=town.unit_id("GHJS"))
    return _by_officer2(town, ticket, late)


def _by_officer2(town: Town, ticket: Ticket, late: bool) -> Ticket:

    ticket = take(town.officer2, ticket.id, "sign", {})
    if late:
        clock.set(local("2024-03-29 10:00"))
    values = {"result": "solved", "resolution": "执照已领取。"}
    return town.walk(take(town.officer2, ticket.id, "resolve", values), *END)


def a_month(town: Town) -> None:
    """SCJG: five on time and one late, one of them rated badly; GHJS: two; built, and it is April."""
    for number in range(5):
        one(town, ("A01", "A02")[number % 2])
    one(town, "A01", late=True, level=2)
    elsewhere(town)
    elsewhere(town, late=True)
    clock.set(local("2024-04-02 10:00"))
    build(town.park_id)


def unit(town: Town, code: str = "SCJG") -> Subject:
    """Return a unit as somebody who is measured."""
    number = town.unit_id(code)
    return Subject(Kind.UNIT, number, code, code, number)


def someone(town: Town, login: str) -> Subject:
    """Return a person as somebody who is measured."""
    user = town.user(login)
    return Subject(Kind.PERSON, user.id, user.name, "", user.unit_id)
