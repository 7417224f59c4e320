"""The lists of the follow-up desk and of notices, on both databases."""

from datetime import timedelta

import pytest

from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.notifications.queries import KINDS, news, page
from servicedesk.tickets import calls, false_marks
from servicedesk.transaction import writing
from tests.support import Town, local

DONE = ("accept", "dispatch", "sign", "resolve")


def test_every_tab_counts_what_it_lists(town: Town) -> None:
    town.walk(town.file(), *DONE)
    town.walk(town.file(), *DONE, "miss")
    bad = town.walk(town.file(), *DONE, "confirm")
    town.walk(bad, "rate", level=1, reasons=["slow"])
    rectified = town.walk(town.file("bob"), *DONE, "confirm")
    town.walk(rectified, "rate", level=1, reasons=["slow"])
    town.walk(rectified, "call_back", "rework")
    clock.set(local("2024-03-07 09:00"))
    db.session.rollback()
    for late in (False, True):
        listed = {
            tab: len(calls.calls(town.follow, calls.Wanted(tab, late=late)).rows)
            for tab in calls.TABS
        }
        expected = {"today": 3, "tried": 0, "bad": 1, "rectifying": 1, "everything": 4}
        assert listed == expected
    assert calls.counts(town.follow) == expected


def test_pages_of_calls_go_on_without_gap(town: Town) -> None:
    for _ in range(calls.PAGE + 3):
        town.walk(town.file(), *DONE)
    everything = [one.ticket.id for one in calls.every_call(town.follow, calls.Wanted())]
    assert len(set(everything)) == len(everything) == calls.PAGE + 3


def test_a_unit_sees_the_marks_that_its_resolutions_earned(town: Town) -> None:
    town.walk(town.file(), *DONE, "dispute")
    wanted = false_marks.Wanted(standing="standing", unit="SCJG")
    for login, seen in (("leader", 1), ("head", 1), ("unithead", 1)):
        assert false_marks.count(town.actor(login), wanted) == seen
        assert len(false_marks.marks(town.actor(login), wanted).rows) == seen
    assert false_marks.count(town.leader, false_marks.Wanted(unit="GHJS")) == 0


def test_what_is_new_and_of_which_kind(town: Town) -> None:
    ticket, person, before = town.file(), town.user("officer"), clock.now() - timedelta(hours=1)
    with writing():
        tell([person], "甲", key="ticket:9:v9", ticket_id=ticket.id)
        tell([person], "乙", key="escalation:9", ticket_id=ticket.id)
        tell([person], "丙", key="x", link="/desk/")
        tell([person], "丁", key="y", urgent=True)
        tell([person], "later", key="z", not_before=clock.now() + timedelta(hours=1))
    db.session.rollback()
    found = news(person.id, before)
    assert (found.unread, [row.text for row in found.fresh]) == (4, ["甲", "乙", "丙", "丁"])
    assert news(person.id, clock.now()).unread == 4
    assert list(news(person.id, clock.now()).fresh) == []
    kinds = {kind: [one.text for one in page(person.id, kind=kind)] for kind in KINDS}
    assert kinds == {"urgent": ["丁"], "alarm": ["乙"], "ticket": ["甲"], "other": ["丙"]}


def test_a_missed_call_about_a_bad_rating_is_on_record(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "follow_up")
    ticket = town.walk(ticket, "rate", level=1, reasons=["slow"])
    ticket = town.walk(ticket, "miss")
    assert (ticket.state, ticket.called_back_at) == (State.RATED, None)
    ticket = town.walk(ticket, "call_back")
    with pytest.raises(Refused):
        town.walk(ticket, "miss")
