"""Figures under the reader's own permissions: no other unit's ticket, in no figure, on no page."""

from datetime import date

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.core.figures import FIGURES, Basis
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.statistics.cutting import Cut, Dimension, Span, grouped, numbers, tickets_behind
from servicedesk.statistics.facts import build
from servicedesk.statistics.reach import own_cut, within
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from tests.support import Town
from tests.web.queue_support import person, without_tokens
from tests.web.test_access import routes

YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
TITLE = "另一单位的事由"


def two_units(town: Town) -> tuple[Ticket, Ticket]:
    """One ticket of SCJG (the unit head's), alice's; one of GHJS, bob's; both delivered and rated."""
    own = town.walk(
        town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate", "close"
    )
    other = town.walk(town.file("bob", title=TITLE), "accept")
    other = take(town.desk, other.id, "dispatch", {"unit_id": town.unit_id("GHJS")})
    other = take(town.officer2, other.id, "sign", {})
    other = take(town.officer2, other.id, "resolve", {"result": "solved", "resolution": "已办。"})
    other = town.walk(other, "confirm", "rate", "close")
    build(town.park_id)
    return own, other


def test_no_figure_of_a_unit_head_holds_another_units_ticket(town: Town) -> None:
    own, other = two_units(town)
    cut, now = within(town.unithead, Cut()), clock.now()
    assert cut == Cut(unit="SCJG")
    found = numbers(town.park_id, YEAR, cut, now)
    assert (found["submitted"], found["delivered"], found["served"]) == (1, 1, 1)
    assert numbers(town.park_id, YEAR, Cut(), now)["delivered"] == 2
    for dimension in Dimension:
        values = grouped(town.park_id, YEAR, cut, dimension, now).values()
        assert sum(one.get("delivered", 0) for one in values) == 1, dimension
    for figure in FIGURES:
        if figure.basis in (Basis.SUBMITTED, Basis.RESOLVED):
            behind = tickets_behind(town.park_id, figure.key, YEAR, cut, now)
            assert set(behind) <= {own.id}, figure.key
    behind = tickets_behind(town.park_id, "delivered", YEAR, Cut(), now)
    assert set(behind) == {own.id, other.id}


def test_who_may_cut_how_far(town: Town) -> None:
    for login in ("leader", "head"):
        assert within(town.actor(login), Cut(unit="GHJS", category="A")).unit == "GHJS"
    assert within(town.unithead, Cut(category="A")) == Cut(unit="SCJG", category="A")
    assert within(town.officer, Cut()) == Cut(person=town.user("officer").id)
    for login, wanted in (
        ("unithead", Cut(unit="GHJS")),
        ("officer", Cut(person=town.user("officer2").id)),
        ("desk", Cut(person=town.user("officer").id)),
    ):
        with pytest.raises(Refused):
            within(town.actor(login), wanted)
    for login in ("admin", "auditor", "alice"):
        with pytest.raises(Refused):
            own_cut(town.actor(login))


def test_no_page_of_figures_speaks_of_another_units_ticket(sqlite_app: Flask) -> None:
    """Every page of the insight side that needs no number, plain and asked for the other unit."""
    town = Town()
    _own, other = two_units(town)
    number, name, unit = other.number, "荷力士重工", f"{town.unit_id('GHJS')}"
    db.session.remove()
    without_tokens(sqlite_app)
    pages = [rule for endpoint, method, rule in routes(sqlite_app)
             if endpoint.startswith("insight.") and method == "GET" and "<" not in rule]  # fmt: skip
    assert pages
    for login in ("unithead", "officer"):
        client, seen = person(sqlite_app, login), 0
        for page in pages:
            for query in ("", "?unit=GHJS", f"?unit={unit}", "?by=enterprise", "?by=item"):
                answer = client.get(page + query)
                if answer.status_code in (302, 400, 403, 404, 422):
                    continue
                assert answer.status_code == 200, (page, query)
                seen += 1
                text = "" if "attachment" in str(answer.headers) else answer.text
                assert not [one for one in (number, name, TITLE) if one in text], (
                    login,
                    page,
                    query,
                )
        assert seen, login
