"""虚假办结: the resolutions that an enterprise's word contradicted, with whoever lifted the mark."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.streaming import streamed
from servicedesk.tickets.children import FalseResolution
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import may_see

PAGE = 30
STANDINGS: Mapping[str, str] = {"standing": N_("有效"), "lifted": N_("已撤销")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which marks; days are the park's local days of finding."""

    standing: str = ""
    unit: str = ""
    since: date | None = None
    until: date | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark with its ticket; of a ``secret`` one the reader learns the number and the unit only."""

    row: FalseResolution
    ticket: Ticket
    opens: bool

    @property
    def secret(self) -> bool:
        """Is it a confidential matter that the reader may not open?"""
        return self.ticket.confidential and not self.opens


@dataclass(frozen=True, slots=True)
class Marks:
    """One page of marks, newest first; ``after`` is the key of the next one."""

    rows: Sequence[Mark] = field(default_factory=list)
    after: int | None = None


def _within_reach(actor: Actor) -> list[ColumnElement[bool]]:
    """A unit's head sees the own unit's: of the unit that had resolved, wherever the ticket is now."""
    scope = scope_of(actor.role, "ticket.false_marks")
    if scope is Scope.PARK:
        return [Ticket.park_id == actor.park_id]
    return [Ticket.park_id == actor.park_id, FalseResolution.unit_id == (actor.unit_id or -1)]


def _narrowed(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = _within_reach(actor)
    if wanted.standing:
        lifted = FalseResolution.lifted_at.is_not(None)
        found.append(lifted if wanted.standing == "lifted" else ~lifted)
    if wanted.unit:
        unit = unit_by_code(actor.park_id, wanted.unit)
        found.append(FalseResolution.unit_id == (unit.id if unit else -1))
    if wanted.since:
        found.append(FalseResolution.found_at >= datetime.combine(wanted.since, time(), ZONE))
    if wanted.until:
        end = datetime.combine(wanted.until + timedelta(days=1), time(), ZONE)
        found.append(FalseResolution.found_at < end)
    return found


def marks(actor: Actor, wanted: Wanted) -> Marks:
    """Return one page of the marks that the person may see."""
    query = _newest_first(actor, wanted).limit(PAGE + 1)
    if wanted.after is not None:
        query = query.where(FalseResolution.id < wanted.after)
    found = db.session.execute(query).all()
    rows = [Mark(row, ticket, may_see(actor, ticket)) for row, ticket in found[:PAGE]]
    return Marks(rows, rows[-1].row.id if len(found) > PAGE else None)


def every_mark(actor: Actor, wanted: Wanted) -> Iterator[Mark]:
    """Yield every mark of a list, for the export."""
    for row, ticket in streamed(_newest_first(actor, wanted)):
        yield Mark(row, ticket, may_see(actor, ticket))


def _newest_first(actor: Actor, wanted: Wanted) -> Select[FalseResolution, Ticket]:
    return (
        select(FalseResolution, Ticket)
        .join(Ticket, Ticket.id == FalseResolution.ticket_id)
        .where(*_narrowed(actor, wanted))
        .order_by(FalseResolution.id.desc())
    )


def count(actor: Actor, wanted: Wanted) -> int:
    """Return how many marks the list holds."""
    query = select(func.count()).select_from(FalseResolution)
    query = query.join(Ticket, Ticket.id == FalseResolution.ticket_id)
    return db.session.scalar(query.where(*_narrowed(actor, wanted))) or 0


def mark_of(actor: Actor, mark_id: int) -> FalseResolution | None:
    """Return a mark that the person may see, or ``None``."""
    query = (
        select(FalseResolution)
        .join(Ticket, Ticket.id == FalseResolution.ticket_id)
        .where(*_within_reach(actor), FalseResolution.id == mark_id)
    )
    return db.session.scalar(query)
