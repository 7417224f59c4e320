"""How much work lies with each person (工作量): remaining allowed working minutes of open tickets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.core.assignment import open_minutes
from servicedesk.core.workflow import State
from servicedesk.core.worktime import Calendar
from servicedesk.extensions import db
from servicedesk.tickets.models import PauseSpan, Ticket

WITH_UNIT = (State.DISPATCHED, State.IN_PROGRESS, State.AWAITING_ENTERPRISE, State.SUSPENDED)


COLUMNS: tuple[Any, ...] = (
    Ticket.id, Ticket.number, Ticket.title, Ticket.state, Ticket.item_id, Ticket.assignee_id,
    Ticket.due_at, Ticket.warn_at, Ticket.response_due_at, Ticket.leg_from, Ticket.clock_started_at,
    Ticket.paused_minutes, Ticket.allowed_minutes, Ticket.confidential, Ticket.urgent,
    Ticket.rectifying, Ticket.rated_person_id, Ticket.version,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """One open ticket of a unit (a row of ``COLUMNS``) and the working minutes it still may take."""

    ticket: Any
    minutes: int


def work_of_unit(unit_id: int, park_id: int, now: datetime) -> list[Work]:
    """Return the unit's open tickets, the first due first, in two statements."""
    query = select(*COLUMNS).where(
        Ticket.unit_id == unit_id, Ticket.state.in_([state.value for state in WITH_UNIT])
    )
    tickets = sorted(
        db.session.execute(query), key=lambda one: (one.due_at is None, one.due_at, one.id)
    )
    stood = _standing_since(tickets)
    hours = calendar(park_id)
    return [Work(one, open_minutes(_remaining(one, hours, stood, now))) for one in tickets]


def _standing_since(tickets: Iterable[Any]) -> dict[int, datetime]:
    """Return since when the clocks stand that stand."""
    waiting = [ticket.id for ticket in tickets if ticket.due_at is None]
    if not waiting:
        return {}
    query = select(PauseSpan.ticket_id, PauseSpan.started_at).where(
        PauseSpan.ticket_id.in_(waiting), PauseSpan.ended_at.is_(None)
    )
    return {row.ticket_id: row.started_at for row in db.session.execute(query)}


def _remaining(ticket: Any, hours: Calendar, stood: dict[int, datetime], now: datetime) -> int:
    """What is left until the due time, or would be left if the clock ran on now."""
    if ticket.due_at is not None:
        return hours.between(now, ticket.due_at)
    begun = ticket.leg_from or ticket.clock_started_at
    used = hours.between(begun, stood.get(ticket.id, now)) - ticket.paused_minutes
    left: int = ticket.allowed_minutes - max(used, 0)
    return left


def by_person(work: Sequence[Work]) -> dict[int | None, list[Work]]:
    """Return the work of each person; under ``None`` what nobody has."""
    found: dict[int | None, list[Work]] = defaultdict(list)
    for one in work:
        found[one.ticket.assignee_id].append(one)
    return found
