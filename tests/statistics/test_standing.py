"""What stands at this moment: the facts with what changed since; each number is that of its list."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, update

from servicedesk.clock import clock
from servicedesk.core.standing import VIEWS
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics.fact_models import FactMark, FactSegment
from servicedesk.statistics.facts import build, stale
from servicedesk.statistics.marks import mark_ticket
from servicedesk.statistics.standing import standing
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.statistics.support import stands_as_listed
from tests.statistics.test_loop import alarms
from tests.support import Town, pass_time
from tests.web.queue_support import varied


def standing_of(town: Town) -> dict[str, int]:
    return standing(town.leader).views(VIEWS)


def test_what_stands_is_what_the_lists_show_before_and_after_a_build(town: Town) -> None:
    varied(town)
    first = town.walk(town.file(), "accept", "dispatch", "sign")
    bad = town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm")
    take(town.alice, bad.id, "rate", {"level": 1, "reasons": ["slow"]})
    with writing():
        first.urgent = True
    for days in (0, 3, 20, 40):
        pass_time(days=days)
        alarms()
        stands_as_listed(town)  # everything waits to be built
        build(town.park_id)
        assert stale(town.park_id) == 0
        stands_as_listed(town)
    found = standing_of(town)
    assert found["overdue"] and found["contact_late"] and found["level_3"], found
    town.walk(first, "resolve")
    assert stale(town.park_id)
    assert standing_of(town)["overdue"] == found["overdue"] - 1
    stands_as_listed(town)


def test_a_limit_passes_without_a_build(town: Town) -> None:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    build(town.park_id)
    assert ticket.due_at is not None
    for moment, due, late in (
        (ticket.due_at - timedelta(days=30), 0, 0), (ticket.due_at - timedelta(hours=1), 1, 0),
        (ticket.due_at, 1, 0), (ticket.due_at + timedelta(seconds=1), 0, 1),
    ):  # fmt: skip
        clock.set(moment)
        found = standing_of(town)
        assert (found["due_today"], found["overdue"], found["open"]) == (due, late, 1), moment
        stands_as_listed(town)


def test_what_was_never_built_or_in_another_shape_is_read_from_the_tickets(town: Town) -> None:
    varied(town)
    build(town.park_id)
    before = standing_of(town)
    with writing():
        db.session.execute(update(FactSegment).values(layout="another"))
    assert standing_of(town) == before
    stands_as_listed(town)
    with writing():
        db.session.execute(delete(FactSegment))
        db.session.execute(delete(FactMark))
    assert standing_of(town) == before
    stands_as_listed(town)


def test_a_ticket_that_was_joined_stands_no_longer(town: Town) -> None:
    first, second = town.file(), town.file()
    build(town.park_id)
    take(town.desk, second.id, "merge", {"into": first.number})
    assert standing_of(town)["open"] == 1
    stands_as_listed(town)
    assert db.session.get_one(Ticket, second.id).closed_at is not None


def test_what_is_read_from_rows_is_kept_until_a_ticket_changes(town: Town) -> None:
    """The facts stay the same here: they do not say who returned a ticket."""
    ticket = town.walk(town.file(), "accept", "dispatch", "return")
    build(town.park_id)
    stands_as_listed(town)
    other = next(unit.id for unit in units(town.park_id) if unit.id != town.unithead.unit_id)
    with writing():
        db.session.execute(update(DispatchRecord).values(unit_id=other))
        mark_ticket(town.park_id, ticket.id)
    stands_as_listed(town)
    assert build(town.park_id) == 0  # no month was written
    stands_as_listed(town)


def test_what_was_corrected_by_hand_is_read_when_everything_is_built(town: Town) -> None:
    town.walk(town.file(), "accept", "dispatch", "return")
    build(town.park_id)
    stands_as_listed(town)
    other = next(unit.id for unit in units(town.park_id) if unit.id != town.unithead.unit_id)
    with writing():
        db.session.execute(update(DispatchRecord).values(unit_id=other))
    build(town.park_id, everything=True)
    stands_as_listed(town)


def test_what_is_taken_back_is_not_kept(town: Town) -> None:
    town.walk(town.file(), "accept", "dispatch", "return")
    build(town.park_id)
    with suppress(RuntimeError), writing():
        db.session.execute(update(DispatchRecord).values(outcome="undone"))
        mark_ticket(town.park_id, town.file().id)
        build(town.park_id)
        stands_as_listed(town)
        raise RuntimeError
    stands_as_listed(town)


def test_what_is_counted_while_a_ticket_changes_is_not_kept(town: Town) -> None:
    ticket = town.file()
    build(town.park_id)

    def count() -> int:
        mark_ticket(town.park_id, ticket.id)
        return 1

    with suppress(RuntimeError), writing():
        assert standing(town.leader).settled("asked", count) == 1
        raise RuntimeError
    assert standing(town.leader).settled("asked", lambda: 2) == 2
    assert standing(town.leader).settled("asked", lambda: 3) == 2
