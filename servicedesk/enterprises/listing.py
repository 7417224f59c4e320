"""Lists of enterprises: filters, sorting, keyset pages, and the lights of each row."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, tuple_

from servicedesk.clock import clock
from servicedesk.core.enterprises import PROFILE, RENEWAL, completeness
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, BEFORE_RESOLUTION
from servicedesk.enterprises.models import Enterprise, Title
from servicedesk.enterprises.queries import is_found
from servicedesk.extensions import db
from servicedesk.outreach.models import Visit
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket

PAGE = 50
LONG_AGO = date(1900, 1, 1)
NOBODY = "none"
SORTS: Mapping[str, str] = {
    "newest": N_("最近建档"),
    "name": N_("按名称"),
    "visit": N_("最久未走访"),
}
AGES: Mapping[str, str] = {
    "30": N_("30天未走访"),
    "90": N_("90天未走访"),
    "180": N_("半年未走访"),
    "365": N_("一年未走访"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty fields narrow nothing.

    ``officer`` is a row number or ``none``; ``unvisited`` a number of days; ``title`` a title that
    is held today; ``trouble`` is ``yes``.
    """

    q: str = ""
    area: str = ""
    section: str = ""
    scale: str = ""
    chain: str = ""
    title: str = ""
    officer: str = ""
    standing: str = ""
    trouble: str = ""
    unvisited: str = ""
    sort: str = "newest"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``after`` is the key of the next page, or empty."""

    rows: Sequence[Row[Any]] = field(default_factory=list)
    after: str = ""


@dataclass(frozen=True, slots=True)
class Lights:
    """What a person should see at once of an enterprise."""

    open: int = 0
    overdue: int = 0
    bad: int = 0
    expiring: int = 0
    last_visit: date | None = None


_LAST_VISIT = (
    select(func.max(Visit.visited_on))
    .where(Visit.enterprise_id == Enterprise.id)
    .correlate(Enterprise)
    .scalar_subquery()
)
COLUMNS: tuple[Any, ...] = (
    Enterprise.id, Enterprise.name, Enterprise.credit_code, Enterprise.standing, Enterprise.area,
    Enterprise.plot, Enterprise.industry, Enterprise.industry_code, Enterprise.scale,
    Enterprise.chain, Enterprise.address, Enterprise.legal_representative, Enterprise.founded_on,
    Enterprise.registered_capital, Enterprise.employees, Enterprise.revenue,
    Enterprise.revenue_growth, Enterprise.research_share, Enterprise.contact, Enterprise.phone,
    Enterprise.in_trouble, Enterprise.service_officer_id, Enterprise.created_at,
    func.coalesce(_LAST_VISIT, LONG_AGO).label("last_visit"),
)  # fmt: skip


def page(actor: Actor, wanted: Filter, size: int = PAGE) -> Page:
    """Return one page of the park's enterprises."""
    query = _sorted(_narrowed(select(*COLUMNS), actor, wanted), wanted)
    rows = db.session.execute(query.limit(size + 1)).all()
    after = _key(rows[size - 1], wanted) if len(rows) > size else ""
    return Page(rows[:size], after)


def total(actor: Actor, wanted: Filter) -> int:
    """Return how many enterprises the filter finds."""
    inner = _narrowed(select(Enterprise.id), actor, wanted).subquery()
    return db.session.scalar(select(func.count()).select_from(inner)) or 0


def everything(actor: Actor, wanted: Filter) -> Iterator[Row[Any]]:
    """Yield all rows of a list, for an export."""
    return streamed(_sorted(_narrowed(select(*COLUMNS), actor, wanted), replace(wanted, after="")))


def _narrowed(query: Select[Any], actor: Actor, wanted: Filter) -> Select[Any]:
    query = query.where(Enterprise.park_id == actor.park_id, Enterprise.merged_into_id.is_(None))
    simple = {
        Enterprise.area: wanted.area,
        Enterprise.scale: wanted.scale,
        Enterprise.chain: wanted.chain,
        Enterprise.standing: wanted.standing,
    }
    query = query.where(*(column == value for column, value in simple.items() if value))
    if wanted.q:
        query = query.where(is_found(wanted.q))
    if wanted.section:
        query = query.where(Enterprise.industry_code.startswith(wanted.section, autoescape=True))
    if wanted.trouble:
        query = query.where(Enterprise.in_trouble)
    return query.where(*_by_officer(wanted.officer), *_by_title(wanted), *_by_visit(wanted))


def _by_officer(officer: str) -> list[ColumnElement[bool]]:
    if not officer:
        return []
    if officer == NOBODY:
        return [Enterprise.service_officer_id.is_(None)]
    return [Enterprise.service_officer_id == int(officer)]


def _by_title(wanted: Filter) -> list[ColumnElement[bool]]:
    if not wanted.title:
        return []
    held = select(Title.id).where(
        Title.enterprise_id == Enterprise.id, Title.name == wanted.title, holds(today())
    )
    return [held.exists()]


def holds(day: date) -> ColumnElement[bool]:
    """Return the condition that a title holds on a day."""
    return and_(Title.awarded_on <= day, or_(Title.expires_on.is_(None), Title.expires_on >= day))


def _by_visit(wanted: Filter) -> list[ColumnElement[bool]]:
    if not wanted.unvisited:
        return []
    since = today() - timedelta(days=int(wanted.unvisited))
    lately = select(Visit.id).where(Visit.enterprise_id == Enterprise.id, Visit.visited_on > since)
    return [~lately.exists()]


def today() -> date:
    """Return the local day."""
    return clock.now().astimezone(ZONE).date()


def _sorted(query: Select[Any], wanted: Filter) -> Select[Any]:
    key = _parsed(wanted)
    if wanted.sort == "name":
        order: tuple[Any, ...] = (Enterprise.name, Enterprise.id)
    elif wanted.sort == "visit":
        order = (func.coalesce(_LAST_VISIT, LONG_AGO), Enterprise.id)
    else:
        query = query.where(Enterprise.id < key[1]) if key else query
        return query.order_by(Enterprise.id.desc())
    if key:
        query = query.where(tuple_(*order) > tuple_(*key))
    return query.order_by(*order)


def _parsed(wanted: Filter) -> tuple[Any, int] | None:
    """Return the key of the last row shown; what is none is as if it were not there."""
    if wanted.sort == "visit":
        return day_key(wanted.after)
    value, _, number = wanted.after.rpartition("~")
    return (value, int(number)) if _is_number(number) else None


def day_key(after: str) -> tuple[date, int] | None:
    """Return the key of a list that is sorted by a day, ``2024-03-05~17``, or ``None``."""
    value, _, number = after.rpartition("~")
    try:
        return (date.fromisoformat(value), int(number)) if _is_number(number) else None
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _key(row: Row[Any], wanted: Filter) -> str:
    value = {"name": row.name, "visit": str(row.last_visit)}.get(wanted.sort, "")
    return f"{value}~{row.id}"


def lights(enterprise_ids: Collection[int]) -> dict[int, Lights]:
    """Return the lights of enterprises, in one statement for tickets, titles and visits each."""
    if not enterprise_ids:
        return {}
    tickets = _ticket_lights(enterprise_ids)
    expiring = _counted(
        select(Title.enterprise_id, func.count()).where(
            Title.enterprise_id.in_(enterprise_ids),
            Title.expires_on.between(today(), today() + RENEWAL),
        ).group_by(Title.enterprise_id)
    )  # fmt: skip
    visits = _counted(
        select(Visit.enterprise_id, func.max(Visit.visited_on))
        .where(Visit.enterprise_id.in_(enterprise_ids))
        .group_by(Visit.enterprise_id)
    )
    return {
        number: Lights(*tickets.get(number, (0, 0, 0)), expiring.get(number, 0), visits.get(number))
        for number in enterprise_ids
    }


def _ticket_lights(enterprise_ids: Collection[int]) -> dict[int, tuple[int, int, int]]:
    running = Ticket.state.in_([state.value for state in sorted(BEFORE_RESOLUTION)])
    late = and_(running, Ticket.closed_at.is_(None), Ticket.due_at < clock.now())
    query = (
        select(
            Ticket.enterprise_id,
            func.sum(case((Ticket.closed_at.is_(None), 1), else_=0)),
            func.sum(case((late, 1), else_=0)),
            func.sum(case((Ticket.rating <= BAD_RATING, 1), else_=0)),
        )
        .where(Ticket.enterprise_id.in_(enterprise_ids))
        .group_by(Ticket.enterprise_id)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(query)}


def _counted(query: Any) -> dict[int, Any]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def title_names(park_id: int) -> list[str]:
    """Return the names of all titles that enterprises of the park have held."""
    query = (
        select(Title.name)
        .join(Enterprise, Enterprise.id == Title.enterprise_id)
        .where(Enterprise.park_id == park_id)
        .distinct()
    )
    return sorted(db.session.scalars(query))


def titles_held(enterprise_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the titles that enterprises hold today, in one statement."""
    query = select(Title.enterprise_id, Title.name).where(
        Title.enterprise_id.in_(enterprise_ids), holds(today())
    )
    found: dict[int, list[str]] = {}
    for row in db.session.execute(query.order_by(Title.id)):
        found.setdefault(row.enterprise_id, []).append(row.name)
    return found


def share_filled(row: Any) -> int:
    """Return how complete a row's profile is, in per cent."""
    return completeness({name: getattr(row, name) for name in PROFILE}).share
