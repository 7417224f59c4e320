"""The list of problems (类问题): views, filters, keyset pages, and the numbers behind its views."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, true

from servicedesk.core.permissions import Actor
from servicedesk.core.problems import Stand
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.extensions import db
from servicedesk.problems.models import Problem, ProblemNotice, ProblemTicket
from servicedesk.problems.queries import seen_by, today
from servicedesk.streaming import streamed
from servicedesk.tickets.models import Ticket

PAGE = 50
VIEWS: Mapping[str, str] = {
    "open": N_("办理中"),
    "overdue": N_("已过期限"),
    "solved": N_("观察中"),
    "closed": N_("已销号"),
    "all": N_("全部"),
}
SORTS: Mapping[str, str] = {"newest": N_("最新提出"), "oldest": N_("最早提出")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; empty fields narrow nothing."""

    view: str = "open"
    q: str = ""
    item: int | None = None
    unit: int | None = None
    area: str = ""
    sort: str = "newest"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list; ``after`` is the key of the next one, or empty."""

    rows: Sequence[Row[Any]]
    after: str = ""


def _in_view(view: str) -> ColumnElement[bool]:
    late = and_(Problem.state == Stand.OPEN, Problem.due_on < today())
    conditions: dict[str, ColumnElement[bool]] = {
        "open": Problem.state == Stand.OPEN, "overdue": late,
        "solved": Problem.state == Stand.SOLVED, "closed": Problem.state == Stand.CLOSED,
        "all": true(),
    }  # fmt: skip
    return conditions[view]


def counts(actor: Actor) -> dict[str, int]:
    """Return how many problems each view holds, in one statement."""
    sums = [
        func.coalesce(func.sum(case((_in_view(view), 1), else_=0)), 0).label(view) for view in VIEWS
    ]
    row = db.session.execute(select(*sums).where(seen_by(actor))).one()
    return {view: int(getattr(row, view)) for view in VIEWS}


def _narrowed(query: Select[Any], actor: Actor, wanted: Wanted) -> Select[Any]:
    query = query.where(seen_by(actor), _in_view(wanted.view))
    simple = {
        Problem.item_id: wanted.item, Problem.unit_id: wanted.unit, Problem.area: wanted.area,
    }  # fmt: skip
    query = query.where(*(column == value for column, value in simple.items() if value))
    if wanted.q:
        texts = (Problem.title, Problem.number, Problem.cause, Problem.solution)
        query = query.where(or_(*(one.contains(wanted.q, autoescape=True) for one in texts)))
    return query


def _rows() -> Select[Any]:
    """A problem with its number of tickets, of enterprises, of unresolved ones, of those told."""
    tickets = (
        select(ProblemTicket.problem_id, func.count().label("tickets"),
               func.count(func.distinct(Ticket.enterprise_id)).label("enterprises"),
               func.sum(case((Ticket.state.in_(sorted(BEFORE_RESOLUTION)), 1), else_=0))
               .label("unresolved"))
        .join(Ticket, Ticket.id == ProblemTicket.ticket_id)
        .group_by(ProblemTicket.problem_id)
        .subquery()
    )  # fmt: skip
    others = (
        select(func.count())
        .select_from(ProblemNotice)
        .where(ProblemNotice.problem_id == Problem.id)
        .scalar_subquery()
    )
    return select(
        Problem, func.coalesce(tickets.c.tickets, 0).label("tickets"),
        func.coalesce(tickets.c.enterprises, 0).label("enterprises"),
        func.coalesce(tickets.c.unresolved, 0).label("unresolved"), others.label("told"),
    ).outerjoin(tickets, tickets.c.problem_id == Problem.id)  # fmt: skip


def page(actor: Actor, wanted: Wanted, size: int = PAGE) -> Page:
    """Return one page of the problems that the person may see."""
    query = _sorted(_narrowed(_rows(), actor, wanted), wanted)
    if wanted.after.isascii() and wanted.after.isdigit() and len(wanted.after) < 10:
        key = int(wanted.after)
        query = query.where(Problem.id > key if wanted.sort == "oldest" else Problem.id < key)
    rows = db.session.execute(query.limit(size + 1)).all()
    return Page(rows[:size], str(rows[size - 1].Problem.id) if len(rows) > size else "")


def everything(actor: Actor, wanted: Wanted) -> Iterator[Row[Any]]:
    """Yield all rows of a list, for an export."""
    return streamed(_sorted(_narrowed(_rows(), actor, wanted), wanted))


def _sorted(query: Select[Any], wanted: Wanted) -> Select[Any]:
    return query.order_by(Problem.id if wanted.sort == "oldest" else Problem.id.desc())


def total(actor: Actor, wanted: Wanted) -> int:
    """Return how many problems the filter finds."""
    query = _narrowed(select(func.count()).select_from(Problem), actor, wanted)
    return db.session.scalar(query) or 0
