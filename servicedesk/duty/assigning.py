"""Who in a unit gets a new ticket (自动分派)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import members_of_unit
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item as get_item
from servicedesk.clock import clock
from servicedesk.core.assignment import Candidate, choose, skill_for
from servicedesk.core.permissions import Role
from servicedesk.duty.loads import by_person, work_of_unit
from servicedesk.duty.models import Turn as Turn
from servicedesk.duty.queries import there
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit

if TYPE_CHECKING:
    from servicedesk.tickets.models import Ticket


def next_assignee(ticket: "Ticket", unit: Unit) -> int | None:
    """Return who gets the ticket, by the unit's way of assigning; ``None`` leaves it to whoever signs.

    In the transaction of the dispatch. The unit's turn is locked until it ends, so that of two
    dispatches at once the second sees what the first has given.
    """
    if unit.assignment == "hand":
        return None
    with db.session.no_autoflush:
        turn = _locked_turn(unit.id)
        people = [
            person
            for person in who_handles(unit.id)
            if not (ticket.rectifying and person.id == ticket.rated_person_id)
        ]
        chosen = choose(
            unit.assignment, candidates(ticket, unit.id, people), turn.user_id if turn else None
        )
    if chosen is None:
        return None
    if turn is None:
        db.session.add(Turn(unit_id=unit.id, user_id=chosen))
    else:
        turn.user_id = chosen
    return chosen


def who_handles(unit_id: int) -> list[User]:
    """Return the people among whom tickets are shared: the officers, or the head who has none."""
    members = members_of_unit(unit_id)
    officers = [one for one in members if one.role == Role.OFFICER]
    return officers or list(members)


def next_office_time(park_id: int) -> datetime:
    """Return this moment, or out of hours the next one at which the park works."""
    return calendar(park_id).next_working_moment(clock.now())


def candidates(ticket: "Ticket", unit_id: int, people: Sequence[User]) -> list[Candidate]:
    """Return those of ``people`` who are at work, with their loads and their skill for the item.

    Out of hours it is who will be at work when the next ones begin.
    """
    now, item = clock.now(), get_item(ticket.item_id)
    duties = there(ticket.park_id, people, next_office_time(ticket.park_id))
    work = work_of_unit(unit_id, ticket.park_id, now) if len(duties) > 1 else []
    loads = by_person(work)
    return [
        Candidate(
            number,
            sum(one.minutes for one in loads.get(number, ())),
            len(loads.get(number, ())),
            skill_for(duty.skills, item.code, item.category_code),
        )
        for number, duty in duties.items()
    ]


def _locked_turn(unit_id: int) -> Turn | None:
    """Lock the unit's turn; where there is none yet, the unit stands in for it."""
    query = select(Turn).where(Turn.unit_id == unit_id).with_for_update()
    turn = db.session.scalar(query.execution_options(populate_existing=True))
    if turn is not None:
        return turn
    db.session.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update(key_share=True))
    return db.session.scalar(query.execution_options(populate_existing=True))
