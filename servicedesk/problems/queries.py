"""Reading problems: one problem, its tickets, what it may grow by, whom its solution may help."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.problems import ALIVE, CLASS_DAYS, CLASS_SIZE, Stand
from servicedesk.core.similarity import Matter, compare, telling_terms
from servicedesk.core.workflow import BEFORE_RESOLUTION, State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.problems.models import Problem, ProblemNotice, ProblemTicket
from servicedesk.tickets import search
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.listing import COLUMNS
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.parts import may_have
from servicedesk.tickets.similar import matter_of
from servicedesk.tickets.views import in_states, visible

JOINED_MOST = 300
OTHERS_MOST = 100
ALIKE_MOST = 60
LIKELY_SINCE = timedelta(days=365)
SUGGESTED = 20
NOT_COUNTED = (State.MERGED, State.WITHDRAWN, State.DECLINED)


def today() -> date:
    """Return the park's local day."""
    return clock.now().astimezone(ZONE).date()


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the problems that the person may see.

    A unit sees those that it owns, and those that one of its tickets is joined into.
    """
    scope = scope_of(actor.role, "problem.view")
    if scope is Scope.PARK:
        return Problem.park_id == actor.park_id
    if scope is Scope.UNIT and actor.unit_id is not None:
        joined = (
            select(ProblemTicket.problem_id)
            .join(Ticket, Ticket.id == ProblemTicket.ticket_id)
            .where(Ticket.unit_id == actor.unit_id)
        )
        return and_(
            Problem.park_id == actor.park_id,
            or_(Problem.unit_id == actor.unit_id, Problem.id.in_(joined)),
        )
    return Problem.id < 0


def problem(actor: Actor, problem_id: int) -> Problem | None:
    """Return a problem that the person may see, or ``None``."""
    return db.session.scalar(select(Problem).where(Problem.id == problem_id, seen_by(actor)))


def problem_of(ticket_id: int) -> Problem | None:
    """Return the problem that a ticket is joined into, if any."""
    if not may_have(ProblemTicket, ticket_id):
        return None
    query = select(Problem).join(ProblemTicket, ProblemTicket.problem_id == Problem.id)
    return db.session.scalar(query.where(ProblemTicket.ticket_id == ticket_id))


def joined(actor: Actor, problem_id: int) -> Sequence[Row[Any]]:
    """Return the joined tickets as rows of a list, in the order in which they came.

    ``opens`` says which of them the person may open: a unit sees the others' numbers only.
    """
    columns: tuple[Any, ...] = (*COLUMNS, visible(actor).label("opens"))
    query = (
        select(*columns)
        .join(ProblemTicket, ProblemTicket.ticket_id == Ticket.id)
        .where(ProblemTicket.problem_id == problem_id)
    )
    return db.session.execute(query.order_by(Ticket.id).limit(JOINED_MOST)).all()


def unresolved(problem_id: int) -> int:
    """Return how many joined tickets are not resolved yet."""
    query = (
        select(func.count())
        .select_from(ProblemTicket)
        .join(Ticket, Ticket.id == ProblemTicket.ticket_id)
        .where(ProblemTicket.problem_id == problem_id, in_states(*sorted(BEFORE_RESOLUTION)))
    )
    return db.session.scalar(query) or 0


def told(problem_id: int) -> Sequence[Row[Any]]:
    """Return the enterprises that were told of the solution besides, with the moment."""
    columns: tuple[Any, ...] = (Enterprise.id, Enterprise.name, ProblemNotice.told_at)
    query = (
        select(*columns)
        .join(Enterprise, Enterprise.id == ProblemNotice.enterprise_id)
        .where(ProblemNotice.problem_id == problem_id)
    )
    return db.session.execute(query.order_by(ProblemNotice.id)).all()


# What it may grow by -----------------------------------------------------------------------------


def matter_of_problem(found: Problem) -> Matter:
    """Return what is compared of a problem."""
    terms = telling_terms(found.title, found.words)
    return Matter(found.id, found.item_id, found.area, "", terms, found.created_at)


def fitting(
    actor: Actor, ticket: Ticket, enterprise: Enterprise | None, limit: int = 2
) -> list[Problem]:
    """Return the open or solved problems that a ticket very probably belongs to, best first."""
    if ticket.confidential:
        return []
    query = select(Problem).where(seen_by(actor), Problem.state.in_(sorted(ALIVE)))
    known = db.session.scalars(query.order_by(Problem.id.desc()).limit(200)).all()
    mine = matter_of(ticket, enterprise)
    matches = [(compare(mine, matter_of_problem(one)), one) for one in known]
    best = sorted(
        (pair for pair in matches if pair[0].very),
        key=lambda pair: (-pair[0].points, -pair[1].id),
    )
    return [one for _match, one in best[:limit]]


@dataclass(frozen=True, slots=True)
class Possible:
    """Tickets that together look like a problem that nobody has opened (可能的类问题)."""

    item_id: int
    area: str
    tickets: int
    enterprises: int
    newest: datetime


def possible(park_id: int) -> list[Possible]:
    """Return what came at least three times in ninety days, as an appeal from one area.

    Applications are no problems: only appeals (诉求) count, and none that is joined already.
    """
    since = clock.now() - timedelta(days=CLASS_DAYS)
    query = (
        select(
            Ticket.item_id, Enterprise.area, func.count(Ticket.id).label("tickets"),
            func.count(func.distinct(Ticket.enterprise_id)).label("enterprises"),
            func.max(Ticket.submitted_at).label("newest"),
        )
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .where(*_loose_appeals(park_id, since), Enterprise.area != "")
        .group_by(Ticket.item_id, Enterprise.area)
        .having(func.count(Ticket.id) >= CLASS_SIZE)
        .order_by(func.count(Ticket.id).desc(), Ticket.item_id, Enterprise.area)
        .limit(SUGGESTED)
    )  # fmt: skip
    return [Possible(*row) for row in db.session.execute(query)]


def tickets_behind(actor: Actor, item_id: int, area: str) -> Sequence[Row[Any]]:
    """Return the tickets of a possible problem that the person may see, newest first."""
    since = clock.now() - timedelta(days=CLASS_DAYS)
    query = (
        select(*COLUMNS)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .where(
            *_loose_appeals(actor.park_id, since), visible(actor), Ticket.item_id == item_id,
            Enterprise.area == area,
        )
    )  # fmt: skip
    return db.session.execute(query.order_by(Ticket.id.desc()).limit(JOINED_MOST)).all()


def _loose_appeals(park_id: int, since: datetime) -> tuple[ColumnElement[bool], ...]:
    appeals = select(ServiceItem.id).where(
        ServiceItem.park_id == park_id, ServiceItem.kind == "诉求"
    )
    return (
        Ticket.park_id == park_id,
        Ticket.submitted_at >= since,
        Ticket.confidential.is_(False),
        Ticket.state.not_in(NOT_COUNTED),
        Ticket.item_id.in_(appeals),
        Ticket.id.not_in(select(ProblemTicket.ticket_id)),
    )


# Whom its solution may help ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Likely:
    """An enterprise that probably has the problem too, and why (``item``, ``area``, ``words``)."""

    id: int
    name: str
    reasons: tuple[str, ...]


def likely(actor: Actor, found: Problem, most: int = OTHERS_MOST) -> list[Likely]:
    """Return other enterprises that are likely to have the problem, the surest first.

    Likely is who asked for the same item within the last year, in the problem's area where it has
    one; who wrote its words within that time; who is in its area. Whoever has a joined ticket or was
    told already is left out. Who asked is read from tickets that the person may see.
    """
    left_out = _with_ticket(found.id) | {row.id for row in told(found.id)}
    why: dict[int, list[str]] = {}
    for reason, numbers in _likely_by(actor, found).items():
        for number in numbers:
            if number not in left_out:
                why.setdefault(number, []).append(reason)
    best = sorted(why, key=lambda number: (-len(why[number]), number))[:most]
    names = _names_of(best)
    return [Likely(number, names[number], tuple(why[number])) for number in best if number in names]


def _likely_by(actor: Actor, found: Problem) -> dict[str, list[int]]:
    by: dict[str, list[int]] = {"item": [], "words": [], "area": []}
    if found.item_id is not None:
        same = Ticket.item_id == found.item_id
        by["item"] = _askers(actor, found, same)
    if (words := search.condition(found.words)) is not None:
        by["words"] = _askers(actor, found, words)
    if found.area:
        query = select(Enterprise.id).where(
            Enterprise.park_id == found.park_id, Enterprise.area == found.area,
            Enterprise.merged_into_id.is_(None),
        )  # fmt: skip
        by["area"] = list(db.session.scalars(query.order_by(Enterprise.id).limit(OTHERS_MOST * 4)))
    return by


def _askers(actor: Actor, found: Problem, condition: Any) -> list[int]:
    query = (
        select(Ticket.enterprise_id)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .where(
            visible(actor), condition, Ticket.confidential.is_(False),
            Ticket.submitted_at >= clock.now() - LIKELY_SINCE, Ticket.state.not_in(NOT_COUNTED),
            Enterprise.merged_into_id.is_(None),
        )
    )  # fmt: skip
    if found.area:
        query = query.where(Enterprise.area == found.area)
    return list(dict.fromkeys(db.session.scalars(query.order_by(Ticket.id.desc()).limit(1000))))


def _with_ticket(problem_id: int) -> set[int]:
    query = (
        select(Ticket.enterprise_id)
        .join(ProblemTicket, ProblemTicket.ticket_id == Ticket.id)
        .where(ProblemTicket.problem_id == problem_id)
    )
    return set(db.session.scalars(query))


def _names_of(numbers: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(list(numbers)))
    )
    return {row.id: row.name for row in rows}


def named_enterprises(problem_id: int) -> dict[int, str]:
    """Return the names that a problem's published words must not have."""
    return _names_of(_with_ticket(problem_id))


# What enterprises see ----------------------------------------------------------------------------


def _published() -> tuple[ColumnElement[bool], ...]:
    return (Problem.state.in_([Stand.SOLVED, Stand.CLOSED]), Problem.solution != "")


def solutions_for(item: ServiceItem, area: str = "", limit: int = 3) -> Sequence[Problem]:
    """Return solved problems of the item from the last year: for whoever is filing the same."""
    if item.confidential:
        return []
    query = select(Problem).where(
        *_published(), Problem.park_id == item.park_id, Problem.item_id == item.id,
        Problem.solved_at >= clock.now() - LIKELY_SINCE, Problem.area.in_(["", area]),
    )  # fmt: skip
    return db.session.scalars(query.order_by(Problem.solved_at.desc()).limit(limit)).all()


def solution_for(enterprise_id: int, problem_id: int) -> Problem | None:
    """Return a problem whose solution was sent to this enterprise, or ``None``.

    It stays readable when the problem is taken up again: what was sent was sent.
    """
    query: Select[Problem] = select(Problem).where(
        Problem.id == problem_id, Problem.solved_at.is_not(None), Problem.solution != ""
    )
    notices = select(ProblemNotice.problem_id).where(ProblemNotice.enterprise_id == enterprise_id)
    tickets = (
        select(ProblemTicket.problem_id)
        .join(Ticket, Ticket.id == ProblemTicket.ticket_id)
        .where(Ticket.enterprise_id == enterprise_id)
    )
    return db.session.scalar(query.where(or_(Problem.id.in_(notices), Problem.id.in_(tickets))))


# Figures -----------------------------------------------------------------------------------------


def closed_between(park_id: int, start: date, end: date) -> Sequence[Problem]:
    """Return the problems that were closed (销号) from ``start`` to ``end``, both local days."""
    query = select(Problem).where(*_closed_in(park_id, start, end))
    return db.session.scalars(query.order_by(Problem.closed_at, Problem.id)).all()


def closed_count_between(park_id: int, start: date, end: date) -> int:
    """Return how many problems :func:`closed_between` finds, without reading them."""
    query = select(func.count()).select_from(Problem)
    return db.session.scalar(query.where(*_closed_in(park_id, start, end))) or 0


def _closed_in(park_id: int, start: date, end: date) -> tuple[ColumnElement[bool], ...]:
    after = datetime.combine(end + timedelta(days=1), time(), ZONE)
    return (
        Problem.park_id == park_id,
        Problem.state == Stand.CLOSED,
        Problem.closed_at >= datetime.combine(start, time(), ZONE),
        Problem.closed_at < after,
    )
