"""The registers counted for any days: the first and the last day belong, the day before does not."""

from datetime import date, datetime
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY, FIGURES, Aggregation, Basis, value_of
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.enterprises.models import Patent, Title
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.problems.models import Problem
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.register_numbers import register_amounts, register_numbers, rows_behind
from servicedesk.statistics.register_rows import REGISTERS, register_rows
from servicedesk.transaction import writing
from tests.statistics.test_overview import statements
from tests.support import START, Town, local

SPAN = Span(date(2024, 4, 1), date(2024, 4, 30))
FIRST, LAST, BEFORE, AFTER = (
    date(2024, 4, 1), date(2024, 4, 30), date(2024, 3, 31), date(2024, 5, 1),
)  # fmt: skip


def _rows(town: Town) -> list[Any]:
    """In each register two things of April, one before and one after it."""
    park, alice, bob = town.park_id, town.enterprise_id("alice"), town.enterprise_id("bob")
    who = town.user("desk").id
    found: list[Any] = []
    for number, day in enumerate((FIRST, LAST, BEFORE, AFTER)):
        found += [
            Visit(park_id=park, enterprise_id=alice if day != AFTER else bob, visited_on=day,
                  place="厂区", met="李工", recorded_by_id=who, recorded_at=START),
            Title(enterprise_id=bob, name=f"称号{number}", awarded_on=day, recorded_at=START),
            Patent(enterprise_id=bob, kind="invention", number=f"ZL{number}", name="一种装置",
                   granted_on=day, recorded_at=START),
            Problem(park_id=park, number=f"WT{number}", title="停电", state="closed",
                    created_at=START, closed_at=datetime(day.year, day.month, day.day, 23, 59,
                    tzinfo=START.tzinfo)),
        ]  # fmt: skip
    return found


def test_what_happened_in_the_days_counts(town: Town) -> None:
    clock.set(local("2024-06-03 10:00"))
    before = register_numbers(town.park_id, SPAN)
    with writing():
        db.session.add_all(_rows(town))
        policy = Policy(
            park_id=town.park_id, code="P9", name="奖补", level="区级", conditions=[], documents=[],
            item_code="D01", unit_code="SCJG", opens_on=FIRST, closes_on=LAST, created_at=START,
        )  # fmt: skip
        db.session.add(policy)
        db.session.flush()
        for number, (day, paid) in enumerate(((FIRST, 1_700), (LAST, 2_900), (AFTER, 50_000))):
            login = ("alice", "bob", "bob")[number]
            db.session.add(
                Declaration(policy_id=policy.id, enterprise_id=town.enterprise_id(login),
                            year=2024 + number, state="paid", declared_on=FIRST, decided_on=FIRST,
                            paid_on=day, paid_amount=paid)
            )  # fmt: skip
    found = register_numbers(town.park_id, SPAN)
    _entries_add_up(town)
    gained = {name: found[name] - before[name] for name in found if found[name] != before[name]}
    assert gained == {
        "visits": 2, "visited": 1, "titles": 2, "patents": 2, "problems_closed": 2,
        "granted_money": 4.6,
    }  # fmt: skip
    assert register_amounts(town.park_id, SPAN)["granted_money"] == 4_600
    assert value_of(BY_KEY["granted_money"], found) == 4.6
    assert value_of(BY_KEY["coverage_rate"], found) == 100 / found["registered"]


def _entries_add_up(town: Town) -> None:
    """The entries behind a figure are as many, and as much, as the figure says."""
    amounts = register_amounts(town.park_id, SPAN)
    for key in REGISTERS:
        rows = register_rows(town.park_id, key, SPAN)
        whole = BY_KEY[key].whole
        assert sum(row.amount for row in rows) == amounts[BY_KEY[key].part or key], key
        if whole:
            assert len(rows) == amounts[whole]


def test_every_figure_of_a_register_has_its_parts(town: Town) -> None:
    with statements() as sent:
        found = register_numbers(town.park_id, SPAN)
    assert len(sent) <= 14  # eleven, the park's and the tokens
    db.session.rollback()
    with statements() as again:
        assert register_numbers(town.park_id, SPAN) == found
    assert len(again) <= 3, again
    for figure in FIGURES:
        if figure.basis is Basis.REGISTER:
            parts = [figure.part, figure.whole] if figure.aggregation is Aggregation.RATE else []
            assert set(parts or [figure.key]) <= found.keys()


def test_every_figure_of_a_register_leads_to_its_entries() -> None:
    assert rows_behind("visits", SPAN) == "/desk/visits?since=2024-04-01&until=2024-04-30"
    assert rows_behind("loaned", SPAN) == (
        "/insight/register?figure=loaned&since=2024-04-01&until=2024-04-30"
    )
    listed = {one.key for one in FIGURES if one.basis is Basis.REGISTER}
    assert listed - {"visits", "coverage_rate"} == REGISTERS.keys()
