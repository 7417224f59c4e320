"""Reading what the reports are written from: tickets with their enterprise, people, outcomes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Result, Row, func, select
from sqlalchemy.orm import aliased

from servicedesk.accounts.models import User
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit, VisitTicket
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Outcome, Ticket

CHUNK = 1000
Intake, Assignee = aliased(User), aliased(User)


def _submitted_between(park_id: int, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    start = datetime.combine(first, time(), ZONE)
    end = datetime.combine(last + timedelta(days=1), time(), ZONE)
    return (Ticket.park_id == park_id, Ticket.submitted_at >= start, Ticket.submitted_at < end)


def ledger_size(park_id: int, first: date, last: date) -> int:
    """Return how many rows the ledger of these days has."""
    query = select(func.count(Ticket.id)).where(*_submitted_between(park_id, first, last))
    return db.session.scalar(query) or 0


def ledger_rows(park_id: int, first: date, last: date) -> Iterator[Sequence[Row[Any]]]:
    """Yield the tickets submitted on these days, oldest first, a thousand at a time.

    Neither title nor text is read: the ledger goes to people who may not see every request.
    """
    query = (
        select(
            Ticket.id, Ticket.number, Ticket.submitted_at, Ticket.accepted_at, Ticket.channel,
            Ticket.enterprise_id, Ticket.item_id, Ticket.unit_id, Ticket.contact, Ticket.phone,
            Ticket.confidential, Ticket.limit_days, Ticket.extra_days, Ticket.due_at,
            Ticket.promised_due_at, Ticket.resolved_at, Ticket.on_time, Ticket.extensions,
            Ticket.paused_minutes, Ticket.result, Ticket.state, Ticket.followed_up_at,
            Ticket.confirmed, Ticket.rating, Ticket.returns, Ticket.reworks,
            Enterprise.name.label("enterprise"), Enterprise.credit_code, Enterprise.industry,
            Intake.name.label("intake"), Assignee.name.label("assignee"), Visit.visited_on,
        )
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .outerjoin(Intake, Intake.id == Ticket.intake_by_id)
        .outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
        .outerjoin(VisitTicket, VisitTicket.ticket_id == Ticket.id)
        .outerjoin(Visit, Visit.id == VisitTicket.visit_id)
        .where(*_submitted_between(park_id, first, last))
        .order_by(Ticket.submitted_at, Ticket.id)
    )  # fmt: skip
    rows: Result[Any] = db.session.execute(query.execution_options(yield_per=CHUNK))
    yield from rows.partitions()


def outcomes_of(ticket_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Return the outcome figures of some tickets, as (metric, thousandths)."""
    query = select(Outcome.ticket_id, Outcome.metric_code, Outcome.value)
    rows = db.session.execute(query.where(Outcome.ticket_id.in_(ticket_ids)).order_by(Outcome.id))
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for ticket_id, metric, value in rows:
        found[ticket_id].append((metric, value))
    return found
