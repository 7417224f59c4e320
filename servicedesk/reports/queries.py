"""Reading what the reports are written from: tickets with their enterprise, people, outcomes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Result, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from servicedesk.accounts.models import User
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit, VisitTicket
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Outcome, Ticket

CHUNK = 1000
Intake, Assignee = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets a ledger has: submitted on these days, with a unit where one is named."""

    park_id: int
    first: date
    last: date
    unit_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return it as conditions; days are local."""
        start = datetime.combine(self.first, time(), ZONE)
        end = datetime.combine(self.last + timedelta(days=1), time(), ZONE)
        found = [
            Ticket.park_id == self.park_id, Ticket.submitted_at >= start, Ticket.submitted_at < end,
        ]  # fmt: skip
        return found if self.unit_id is None else [*found, Ticket.unit_id == self.unit_id]


def ledger_size(wanted: Wanted) -> int:
    """Return how many rows the ledger has."""
    query = select(func.count(Ticket.id)).where(*wanted.conditions())
    return db.session.scalar(query) or 0


def ledger_rows(wanted: Wanted) -> Iterator[Sequence[Row[Any]]]:
    """Yield the tickets, oldest first, a thousand at a time, each batch by the key of the last.

    No cursor and no transaction stays open between two batches. Neither title nor text is read:
    the ledger goes to people who may not see every request.
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
        .where(*wanted.conditions())
        .order_by(Ticket.submitted_at, Ticket.id)
        .limit(CHUNK)
    )  # fmt: skip
    batch = _all(query)
    while batch:
        yield batch
        last = batch[-1]
        behind = or_(
            Ticket.submitted_at > last.submitted_at,
            and_(Ticket.submitted_at == last.submitted_at, Ticket.id > last.id),
        )
        following = query.where(Ticket.submitted_at >= last.submitted_at, behind)
        batch = _all(following) if len(batch) == CHUNK else []


def _all(query: Any) -> Sequence[Row[Any]]:
    rows: Result[Any] = db.session.execute(query)
    return rows.all()


def outcomes_of(ticket_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Return the outcome figures of some tickets, as (metric, thousandths)."""
    query = select(Outcome.ticket_id, Outcome.metric_code, Outcome.value)
    rows = db.session.execute(query.where(Outcome.ticket_id.in_(ticket_ids)).order_by(Outcome.id))
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for ticket_id, metric, value in rows:
        found[ticket_id].append((metric, value))
    return found
