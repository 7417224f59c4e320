"""What the tests of the queue's pages share: a mixed afternoon, and people who have signed in."""

from flask import Flask
from flask.testing import FlaskClient

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import HandlingPlan
from servicedesk.tickets.following import follow
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work
from tests.support import PASSWORD, Town

WORKERS = ("desk", "head", "follow", "officer", "officer2", "unithead", "leader")


def without_tokens(app: Flask) -> Flask:
    """Let the application's forms need no token."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def person(app: Flask, login: str) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def varied(town: Town) -> None:
    """Tickets for every built-in view."""
    town.file()
    town.file("bob", urgent="stopped")
    town.walk(town.file("bob"), "accept")
    town.walk(town.file(), "accept", "dispatch")
    returned = town.walk(town.file(), "accept", "dispatch", "return")
    returned = take(town.desk, returned.id, "dispatch", {"unit_id": town.unit_id("SCJG")})
    returned = town.walk(returned, "return")
    _escalate(returned, 2)
    third = take(town.head, town.walk(
        town.walk(town.file("bob"), "accept", "dispatch", "return", "dispatch"), "return"
    ).id, "dispatch", {"unit_id": town.unit_id("SCJG")})  # fmt: skip
    town.walk(third, "contest")
    town.walk(town.file(), "accept", "dispatch", "sign", "request_extension")
    pending = town.walk(
        town.file(), "accept", "dispatch", "sign", "request_supplement", "supplement"
    )
    town.walk(pending, "ask_supplement_again")
    _escalate(pending, 3)
    town.walk(town.file(), "accept", "dispatch", "sign", "request_supplement")
    asked = town.walk(town.file(), "accept", "dispatch", "sign")
    take(town.officer, asked.id, "ask_support", {
        "unit_id": town.unit_id("GHJS"), "request": "请现场核实",
    })  # fmt: skip
    follow(asked.id, town.user("leader").id)
    follow(asked.id, town.user("head").id)
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve")
    false = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "dispute")
    town.walk(false, "resolve", "dispute")
    done = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    town.walk(done, "rate", level=1, reasons=["slow"])
    bad = town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve", "confirm")
    bad = town.walk(bad, "rate", level=2, reasons=["slow"])
    town.walk(bad, "call_back", "rework")
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate")
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    town.walk(town.file(), "withdraw")
    _plan(town.walk(town.file(), "accept", "dispatch", "sign"))
    town.file(item="H01", title="与员工的劳动争议")


@unit_of_work
def _plan(ticket: Ticket) -> None:
    db.session.add(HandlingPlan(ticket_id=ticket.id, reason="土地权属", asked_at=clock.now()))


@unit_of_work
def _escalate(ticket: Ticket, level: int) -> None:
    db.session.get_one(Ticket, ticket.id).ladder_level = level
