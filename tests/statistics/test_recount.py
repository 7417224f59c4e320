"""Counts always equal a recount; what differs is found; each figure means what it says."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.statistics.facts import build, built_at, stale
from servicedesk.statistics.marks import mark_ticket
from servicedesk.statistics.verify import differences, waiting
from servicedesk.tickets.actions import send_message
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.statistics.histories import WORK, Life, live, lives
from tests.statistics.support import counted_in
from tests.support import START, Town, local, pass_time

DONE = (*WORK, "confirm", "rate", "close")


def value(town: Town, period: str, figure: str, cut: str = "all") -> int:
    """Return a number of a month or a year, 0 where there is none."""
    return counted_in(town, period).get(cut, {}).get(figure, 0)


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plans=st.lists(lives(), min_size=1, max_size=4), early=st.integers(0, 3))
def test_counts_equal_a_recount(app: Flask, plans: list[Life], early: int) -> None:
    """The histories pile up in one database: every example checks all of the earlier ones too."""
    town = Town()
    for number, plan in enumerate(plans):
        live(town, plan)
        if number == early:
            build(town.park_id)
            assert differences(town.park_id) == []
    clock.set(START + timedelta(days=200))
    build(town.park_id)
    assert stale(town.park_id) == 0
    assert differences(town.park_id) == []
    clock.set(START + timedelta(days=400))
    build(town.park_id)
    assert differences(town.park_id) == []


def test_counts_that_were_never_built_are_a_difference(town: Town) -> None:
    assert differences(town.park_id) == []
    town.file()
    assert differences(town.park_id) == ["nothing has been built"]


def test_a_change_that_waits_is_not_called_a_difference(town: Town) -> None:
    build(town.park_id)
    town.file()
    assert waiting(town.park_id) == ["2024", "2024-03"]
    assert differences(town.park_id) == []
    build(town.park_id)
    assert waiting(town.park_id) == []


def test_a_ticket_that_changed_behind_our_back_is_found(town: Town) -> None:
    ticket = town.walk(town.file(), *DONE)
    build(town.park_id)
    with writing():
        db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(rating=None))
    assert "2024 all rated: shown 1, recounted 0" in differences(town.park_id)


def test_a_late_closing_counts_in_the_month_of_resolution(town: Town) -> None:
    ticket = town.walk(town.file(), *WORK)
    build(town.park_id)
    assert value(town, "2024-03", "delivered") == 0
    clock.set(local("2024-04-09 10:00"))
    town.walk(ticket, "confirm", "rate", "close")
    build(town.park_id)
    assert value(town, "2024-03", "delivered") == 1
    assert value(town, "2024-04", "delivered") == 0
    assert differences(town.park_id) == []


def test_a_rework_moves_the_ticket_to_the_month_of_its_last_resolution(town: Town) -> None:
    ticket = town.walk(town.file(), *WORK, "confirm", "rate")
    build(town.park_id)
    clock.set(local("2024-04-09 10:00"))
    ticket = town.walk(ticket, "rework", "resolve", "follow_up", "rate", "close")
    build(town.park_id)
    assert (value(town, "2024-03", "delivered"), value(town, "2024-04", "delivered")) == (0, 1)
    assert (value(town, "2024-03", "submitted"), value(town, "2024-04", "submitted")) == (1, 0)
    assert differences(town.park_id) == []


def test_a_unit_that_returned_its_only_ticket_counts_nothing(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch")
    build(town.park_id)
    assert value(town, "2024-03", "submitted", "unit:SCJG") == 1
    town.walk(ticket, "return")
    build(town.park_id)
    assert value(town, "2024-03", "submitted", "unit:SCJG") == 0
    assert differences(town.park_id) == []


def test_two_tickets_of_one_enterprise_are_one_enterprise(town: Town) -> None:
    for item in ("A01", "A02"):
        town.walk(town.file(item=item), *DONE)
    build(town.park_id)
    assert value(town, "2024-03", "delivered") == 2
    assert value(town, "2024-03", "served") == 1


def test_distinct_enterprises_do_not_add_up(town: Town) -> None:
    town.walk(town.file(), *DONE)
    clock.set(local("2024-04-09 10:00"))
    town.walk(town.file(), *DONE)
    build(town.park_id)
    served = [value(town, period, "served") for period in ("2024-03", "2024-04", "2024")]
    assert served == [1, 1, 1]


def test_unrated_is_not_satisfied_and_declined_is_not_delivered(town: Town) -> None:
    town.walk(town.file("bob"), "decline")
    ticket = town.walk(town.file(), *WORK, "confirm")
    pass_time(days=30)
    town.walk(ticket, "close_unrated")
    build(town.park_id)
    figures = ("submitted", "delivered", "rated", "rated_good", "confirmed")
    assert [value(town, "2024-03", figure) for figure in figures] == [2, 1, 0, 0, 1]


def test_partly_solved_is_answered_but_not_solved(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    ticket = town.walk(ticket, "resolve", result="partly")
    town.walk(ticket, "confirm", "rate", "close")
    build(town.park_id)
    assert (value(town, "2024-03", "answered"), value(town, "2024-03", "confirmed")) == (1, 0)


def test_a_year_ends_at_midnight_in_shanghai(town: Town) -> None:
    for moment in ("2024-12-31 23:59", "2025-01-01 00:00"):
        clock.set(local(moment))
        town.file()
    build(town.park_id)
    assert [value(town, p, "submitted") for p in ("2024-12", "2025-01", "2024", "2025")] == [1] * 4
    assert differences(town.park_id) == []


def test_a_response_that_only_time_made_late_is_measured(town: Town) -> None:
    waits = town.file()
    withdrawn = town.walk(town.file("bob"), "withdraw")
    build(town.park_id)
    assert withdrawn.first_response_at is None
    assert value(town, "2024-03", "response_measured") == 0
    pass_time(days=7)
    assert differences(town.park_id) == []
    assert build(town.park_id) == 0  # time alone makes no fact stale
    assert value(town, "2024-03", "response_measured") == 1  # withdrawn in time owes nothing
    send_message(town.desk, waits.id, "您好。")
    build(town.park_id)
    assert value(town, "2024-03", "responded_in_time") == 0
    assert differences(town.park_id) == []


def test_a_change_that_commits_while_the_facts_are_built_keeps_its_mark(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the marks that were read are taken away: the change waits for the next build."""
    from servicedesk.statistics import facts

    town.file()
    read = facts._by_month

    def meanwhile(tickets: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
        mark_ticket(town.park_id, tickets[0])
        db.session.flush()
        yield from read(tickets)
        monkeypatch.undo()

    monkeypatch.setattr(facts, "_by_month", meanwhile)
    monkeypatch.setattr(facts, "BATCH", 1)
    assert facts._build_some(town.park_id) == {"2024-03"}
    assert stale(town.park_id) == 1
    build(town.park_id)
    assert stale(town.park_id) == 0
    assert differences(town.park_id) == []


def test_a_build_remembers_when(town: Town) -> None:
    town.file()
    assert build(town.park_id) == 1
    assert built_at(town.park_id) == clock.now()
