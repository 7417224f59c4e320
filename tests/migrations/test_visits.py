"""Visits keep their tickets when they get a table of their own, and when that goes away again."""

from typing import Any

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from servicedesk.extensions import db
from servicedesk.outreach.actions import Raised, Report, keep_visit, record_visit
from servicedesk.outreach.models import Visit
from tests.support import Town
from tests.web.visit_values import DAY

OLD = "SELECT enterprise_id, ticket_id, visited_on, place, met FROM visit ORDER BY id"
NEW = (
    "SELECT visit.park_id, visit.enterprise_id, visit_ticket.ticket_id, visit.visited_on "
    "FROM visit LEFT JOIN visit_ticket ON visit_ticket.visit_id = visit.id ORDER BY visit.id"
)


def rows(query: str) -> list[tuple[Any, ...]]:
    db.session.remove()
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_visit_keeps_its_ticket_down_and_up(app: Flask) -> None:
    town = Town()
    tickets = [town.file(), town.file("bob")]
    for ticket in tickets:
        record_visit(town.desk, ticket, DAY, "厂区", "李工")
    wanted = [(ticket.enterprise_id, ticket.id) for ticket in tickets]
    before = rows(NEW)
    downgrade(revision="0006")
    old = rows(OLD)
    assert [row[:2] for row in old] == wanted
    upgrade()
    assert rows(NEW) == before
    downgrade(revision="0006")
    assert rows(OLD) == old
    upgrade()


def test_no_visit_is_lost_where_the_old_table_has_no_place(app: Flask) -> None:
    """One without a request, and one with two: the latter becomes two rows."""
    town, mine = Town(), Town().enterprise_id()
    raised = tuple(Raised("J03", title, "请帮助。") for title in ("道路", "路灯"))
    keep_visit(town.desk, Report(mine, DAY, "厂区", "李工", key="none"))
    kept = keep_visit(town.desk, Report(mine, DAY, "厂区", "李工", raised=raised, key="two"))
    numbers = [ticket.id for ticket in kept.tickets]
    downgrade(revision="0006")
    assert sorted(str(row[1]) for row in rows(OLD)) == sorted(map(str, [None, *numbers]))
    upgrade()
    assert sorted(str(row[2]) for row in rows(NEW)) == sorted(map(str, [None, *numbers]))
    assert db.session.query(Visit).count() == 3
    db.session.remove()
