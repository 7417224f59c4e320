"""Marking the facts that are no longer true (待重算); written with the change itself."""

from collections.abc import Iterable
from datetime import date, datetime, time

from sqlalchemy import Select, insert, or_, select

from servicedesk.extensions import db
from servicedesk.statistics.fact_models import FactMark
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket


def mark_ticket(park_id: int, ticket_id: int) -> None:
    """Say that a ticket's fact is stale."""
    db.session.add(FactMark(park_id=park_id, ticket_id=ticket_id))


def mark_many(park_id: int, ticket_ids: Iterable[int]) -> None:
    """Say that the facts of these tickets are stale, in one statement."""
    rows = [{"park_id": park_id, "ticket_id": number} for number in ticket_ids]
    if rows:
        db.session.execute(insert(FactMark), rows)


def mark_tickets(tickets: Select[int, int]) -> None:
    """Say that the facts of many tickets are stale; ``tickets`` selects (park, ticket)."""
    columns = [FactMark.park_id, FactMark.ticket_id]
    db.session.execute(insert(FactMark).from_select(columns, tickets))


def mark_calendar(park_id: int, since: date) -> None:
    """Say that the working calendar has changed from the day ``since`` on.

    Stale is what measures working time that reaches it: open tickets are reckoned anew and marked
    by that, but nobody touches one that is resolved and whose statutory limit lies ahead.
    """
    start = datetime.combine(since, time(), ZONE)
    reaching = (Ticket.statutory_due_at, Ticket.first_response_at, Ticket.resolved_at)
    query = select(Ticket.park_id, Ticket.id).where(
        Ticket.park_id == park_id, or_(*(moment >= start for moment in reaching))
    )
    mark_tickets(query)
