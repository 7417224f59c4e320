"""The recount finds one altered fact, one missing, one too much; what waits is no difference."""

from datetime import date
from random import Random
from typing import Any

from sqlalchemy import delete, update

from servicedesk.clock import clock
from servicedesk.core.tallies import NONE
from servicedesk.extensions import db
from servicedesk.statistics import recount_cuts
from servicedesk.statistics.cutting import EVERYTHING, Dimension, Span, numbers
from servicedesk.statistics.fact_models import FactBuild, FactMark, FactSegment
from servicedesk.statistics.fact_source import facts_of
from servicedesk.statistics.facts import build
from servicedesk.statistics.recount_facts import facts_differ
from servicedesk.statistics.verify import differences, waiting
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.statistics import altering
from tests.statistics.histories import WORK
from tests.statistics.test_overview import statements
from tests.support import Town, local, pass_time

YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
DONE = (*WORK, "confirm", "rate", "close")


def built(town: Town) -> Ticket:
    """One ticket that has gone through the loop, counted and proved."""
    ticket = town.walk(town.file(), *DONE)
    build(town.park_id)
    assert differences(town.park_id) == []
    return ticket


ALTERED: dict[str, Any] = {
    "rating": 1, "on_time": False, "level": 3, "returns": 7, "extensions": 2, "solved": False,
    "followed": False, "channel": 3, "submitted_hour": 3, "response": 0, "response_due": 0,
    "reopenings": 1, "used_minutes": 1, "response_minutes": 99, "saved_minutes": 5,
    "limited_by_law": False, "rectified": 1, "delivered_on": 0, "settling_on": 7, "urgent": True,
    "item_id": 0, "unit_id": 0, "handler_id": 0, "enterprise_id": 0, "submitted_on": 7,
    "repeated": True, "answered": False, "promised_minutes": 1, "supplements": 1, "urges": 1,
    "false_resolution": True, "open": True, "state": 3, "reached": 1, "ladder": 2, "due_at": 5,
    "contact_due": 5,
}  # fmt: skip


def test_one_altered_fact_is_found(town: Town) -> None:
    """Whichever column it is; building everything puts it right."""
    ticket = built(town)
    true = altering.fact(town.park_id, ticket.id)
    assert ALTERED.keys() | {"ticket_id"} == true.keys()
    before = {name: value for name, value in true.items() if name != "ticket_id"}
    for column, wrong in ALTERED.items():
        if true[column] == wrong:  # what nobody has: the law sets this item no limit
            wrong = not wrong if isinstance(wrong, bool) else wrong + 1
        altering.alter(town.park_id, ticket.id, **{**before, column: wrong})
        found = list(facts_differ(town.park_id, Random(1)))
        assert len(found) == 1, (column, found)
        assert f"fact of ticket {ticket.id}: {column} " in found[0]
    assert f"fact of ticket {ticket.id}: {column} " in "".join(differences(town.park_id))
    build(town.park_id, everything=True)
    assert differences(town.park_id) == []


def test_a_fact_that_is_missing_or_of_a_joined_ticket_is_found(town: Town) -> None:
    ticket = built(town)
    altering.take_out(town.park_id, ticket.id)
    assert f"fact of ticket {ticket.id}: missing" in differences(town.park_id)
    build(town.park_id, everything=True)
    joined = town.file()
    build(town.park_id)
    fact = altering.fact(town.park_id, joined.id)
    main = town.file(item="C01")
    town.walk(joined, "accept")
    take(town.desk, joined.id, "merge", {"into": main.number})
    build(town.park_id)
    assert differences(town.park_id) == []
    altering.add(town.park_id, fact)
    altering.add(town.park_id, {**fact, "ticket_id": 999_999})
    found = differences(town.park_id)
    assert f"fact of ticket {joined.id}: the ticket was joined into another" in found
    assert "fact of ticket 999999: there is no such ticket" in found


def test_a_wrong_figure_of_a_cut_is_found(town: Town) -> None:
    """Not only the facts are proved, but what is counted from them."""
    ticket = built(town)
    altering.alter(town.park_id, ticket.id, rating=NONE)
    day = clock.now().date()
    found = list(
        recount_cuts.differences_in(
            town.park_id, Span(day, day), EVERYTHING, Dimension.UNIT, clock.now()
        )
    )
    assert any("rated: shown 0, recounted 1" in line for line in found)
    assert "2024-03 unit:SCJG rated: shown 0, recounted 1" in differences(town.park_id)


def test_a_change_of_which_only_the_fact_is_marked_waits_too(town: Town) -> None:
    ticket = built(town)
    with writing():
        db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(rating=None))
        db.session.add(FactMark(park_id=town.park_id, ticket_id=ticket.id))
    assert waiting(town.park_id) == ["2024", "2024-03"]
    assert differences(town.park_id) == []
    build(town.park_id)
    assert waiting(town.park_id) == []
    assert differences(town.park_id) == []


def test_an_installation_without_facts_is_filled_by_the_next_build(town: Town) -> None:
    """As migration 0015 leaves it: no fact, nothing marked, never built."""
    tickets = [built(town), town.walk(town.file("bob"), *DONE)]
    with writing():
        for table in (FactSegment, FactMark, FactBuild):
            db.session.execute(delete(table))
    assert differences(town.park_id) == ["nothing has been built"]
    build(town.park_id)
    assert set(altering.facts(town.park_id)["ticket_id"]) == {one.id for one in tickets}
    assert differences(town.park_id) == []


def test_facts_of_another_shape_are_not_read_and_built_again(town: Town) -> None:
    built(town)
    with writing():
        db.session.execute(update(FactSegment).values(layout="of old", data=b"?", digest="0"))
    assert numbers(town.park_id, YEAR, EVERYTHING, clock.now()).get("submitted", 0) == 0
    build(town.park_id)
    assert differences(town.park_id) == []


def test_only_the_months_of_what_changed_are_written_again(town: Town) -> None:
    built(town)
    clock.set(local("2024-05-07 10:00"))
    late = town.walk(town.file("bob"), *DONE)
    build(town.park_id)
    with writing():  # a change that nobody but the fact's mark tells of
        db.session.execute(update(Ticket).where(Ticket.id == late.id).values(rating=2))
        db.session.add(FactMark(park_id=town.park_id, ticket_id=late.id))
    assert build(town.park_id) == 1
    assert differences(town.park_id) == []
    with writing():
        db.session.add(FactMark(park_id=town.park_id, ticket_id=late.id))
    assert build(town.park_id) == 0  # the fact is the same


def test_facts_take_the_same_statements_however_many(town: Town) -> None:
    tickets = [town.walk(town.file(), *DONE)]
    sent_of = []
    for _ in range(2):
        wanted = Ticket.id.in_([one.id for one in tickets])
        facts_of(town.park_id, wanted)  # what the process remembers is there
        with statements() as sent:
            facts_of(town.park_id, wanted)
        sent_of.append(len(sent))
        pass_time(hours=1)
        tickets += [town.walk(town.file("bob", item="C01"), *WORK) for _ in range(5)]
    assert sent_of[0] == sent_of[1] <= 7
