"""The recount finds one altered fact, one missing, one too much; what waits is no difference."""

from random import Random
from typing import Any

from sqlalchemy import delete, insert, select, update

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.statistics import facts, recount_cuts
from servicedesk.statistics.actions import build
from servicedesk.statistics.cutting import EVERYTHING, Dimension, Span
from servicedesk.statistics.fact_models import FactMark, TicketFact
from servicedesk.statistics.models import CountMark
from servicedesk.statistics.recount_facts import facts_differ
from servicedesk.statistics.verify import differences, waiting
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import writing
from tests.statistics.histories import WORK
from tests.statistics.test_overview import statements
from tests.support import Town, local, pass_time

DONE = (*WORK, "confirm", "rate", "close")


def built(town: Town) -> Ticket:
    """One ticket that has gone through the loop, counted and proved."""
    ticket = town.walk(town.file(), *DONE)
    build(town.park_id)
    assert differences(town.park_id) == []
    return ticket


ALTERED: dict[str, Any] = {
    "rating": 1, "on_time": False, "level": 3, "returns": 7, "extensions": 2, "solved": False,
    "followed": False, "channel": "phone", "state": "resolved", "submitted_hour": 3,
    "reopenings": 1, "used_minutes": 1, "response_minutes": 99, "saved_minutes": 5,
    "rectified": True, "delivered_on": local("2024-03-04 10:00").date(), "urgent": True,
}  # fmt: skip


def test_one_altered_fact_is_found(town: Town) -> None:
    """Whichever column it is; building everything puts it right."""
    ticket = built(town)
    row = select(TicketFact.__table__).where(TicketFact.ticket_id == ticket.id)
    true = dict(db.session.execute(row).mappings().one())
    mine = update(TicketFact).where(TicketFact.ticket_id == ticket.id)
    for column, wrong in ALTERED.items():
        assert true[column] != wrong
        with writing():
            db.session.execute(mine.values({**true, column: wrong}))
        found = list(facts_differ(town.park_id, Random(1)))
        assert len(found) == 1, found
        assert f"fact of ticket {ticket.id}: {column} " in found[0]
    assert f"fact of ticket {ticket.id}: {column} " in "".join(differences(town.park_id))
    build(town.park_id, everything=True)
    assert differences(town.park_id) == []


def test_a_fact_that_is_missing_or_of_a_joined_ticket_is_found(town: Town) -> None:
    ticket = built(town)
    with writing():
        db.session.execute(delete(TicketFact).where(TicketFact.ticket_id == ticket.id))
    assert f"fact of ticket {ticket.id}: missing" in differences(town.park_id)
    build(town.park_id, everything=True)
    joined = town.file()
    build(town.park_id)
    fact = select(TicketFact.__table__).where(TicketFact.ticket_id == joined.id)
    row = dict(db.session.execute(fact).mappings().one())
    main = town.file(item="C01")
    town.walk(joined, "accept")
    take(town.desk, joined.id, "merge", {"into": main.number})
    build(town.park_id)
    assert differences(town.park_id) == []
    with writing():
        db.session.execute(insert(TicketFact), [row])
    found = differences(town.park_id)
    assert f"fact of ticket {joined.id}: the ticket was joined into another" in found


def test_a_wrong_figure_of_a_cut_is_found(town: Town) -> None:
    """Not only the facts are proved, but what is counted from them."""
    ticket = built(town)
    with writing():
        mine = update(TicketFact).where(TicketFact.ticket_id == ticket.id)
        db.session.execute(mine.values(rating=None))
    day = clock.now().date()
    found = list(
        recount_cuts.differences_in(
            town.park_id, Span(day, day), EVERYTHING, Dimension.UNIT, clock.now()
        )
    )
    assert any("rated: shown 0, recounted 1" in line for line in found)


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
    """As migration 0014 leaves it: every ticket marked, no fact, the counts built long ago."""
    tickets = [built(town), town.walk(town.file("bob"), *DONE)]
    build(town.park_id)
    with writing():
        db.session.execute(delete(TicketFact))
        columns = [FactMark.park_id, FactMark.ticket_id]
        every = select(Ticket.park_id, Ticket.id)
        db.session.execute(insert(FactMark).from_select(columns, every))
    build(town.park_id)
    assert set(db.session.scalars(select(TicketFact.ticket_id))) == {one.id for one in tickets}
    assert differences(town.park_id) == []


def test_only_the_months_of_what_changed_are_built_again(town: Town) -> None:
    built(town)
    clock.set(local("2024-05-07 10:00"))
    late = town.walk(town.file("bob"), *DONE)
    build(town.park_id)
    with writing():  # a change that nobody but the fact's mark tells of
        db.session.execute(update(Ticket).where(Ticket.id == late.id).values(rating=2))
        db.session.add(FactMark(park_id=town.park_id, ticket_id=late.id))
    assert build(town.park_id) == 2
    assert differences(town.park_id) == []
    with writing():
        db.session.add(FactMark(park_id=town.park_id, ticket_id=late.id))
    assert build(town.park_id) == 0  # the fact is the same


def test_facts_take_the_same_statements_however_many(town: Town) -> None:
    tickets = [town.walk(town.file(), *DONE)]
    sent_of = []
    for _ in range(2):
        facts.facts_of([one.id for one in tickets])  # what the process remembers is there
        with statements() as sent:
            facts.facts_of([one.id for one in tickets])
        sent_of.append(len(sent))
        pass_time(hours=1)
        tickets += [town.walk(town.file("bob", item="C01"), *WORK) for _ in range(5)]
    assert sent_of[0] == sent_of[1] <= 7
    assert db.session.scalar(select(CountMark.id).limit(1)) is not None
