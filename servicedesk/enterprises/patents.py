"""The ledger of patents (专利台账): lists, totals, and what a year's figure is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_

from servicedesk.enterprises.listing import PAGE, Page, day_key
from servicedesk.enterprises.models import Enterprise, Patent
from servicedesk.enterprises.queries import is_found
from servicedesk.extensions import db
from servicedesk.streaming import streamed

COLUMNS: tuple[Any, ...] = (
    Patent.id, Patent.number, Patent.name, Patent.kind, Patent.granted_on, Patent.ticket_id,
    Patent.enterprise_id, Enterprise.name.label("enterprise"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the ledger of patents is narrowed to: the year of the grant, the kind, an enterprise."""

    year: int | None = None
    kind: str = ""
    q: str = ""
    after: str = ""


def listed(park_id: int, wanted: Wanted, size: int = PAGE) -> Page:
    """Return one page of patents with their enterprises, newest grant first."""
    query, key = _newest_first(park_id, wanted), day_key(wanted.after)
    if key:
        query = query.where(tuple_(Patent.granted_on, Patent.id) < tuple_(*key))
    rows = db.session.execute(query.limit(size + 1)).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], f"{last.granted_on}~{last.id}" if last else "")


def every_patent(park_id: int, wanted: Wanted) -> Iterator[Row[Any]]:
    """Yield all rows of the ledger, for its export."""
    return streamed(_newest_first(park_id, wanted))


def _newest_first(park_id: int, wanted: Wanted) -> Select[Any]:
    query = select(*COLUMNS).join(Enterprise, Enterprise.id == Patent.enterprise_id)
    query = query.where(*_conditions(park_id, wanted))
    return query.order_by(Patent.granted_on.desc(), Patent.id.desc())


def totals(park_id: int, wanted: Wanted) -> tuple[int, int]:
    """Return how many patents (项) of how many distinct enterprises (家) the filter finds."""
    query = (
        select(func.count(), func.count(func.distinct(Patent.enterprise_id)))
        .select_from(Patent)
        .join(Enterprise, Enterprise.id == Patent.enterprise_id)
        .where(*_conditions(park_id, wanted))
    )
    row = db.session.execute(query).one()
    return int(row[0]), int(row[1])


def _conditions(park_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Enterprise.park_id == park_id]
    if wanted.year:
        start, end = date(wanted.year, 1, 1), date(wanted.year, 12, 31)
        found.append(Patent.granted_on.between(start, end))
    if wanted.kind:
        found.append(Patent.kind == wanted.kind)
    if wanted.q:
        text = Patent.number.contains(wanted.q, autoescape=True)
        found.append(or_(is_found(wanted.q), text))
    return found


def patents_in(park_id: int, start: date, end: date) -> list[Patent]:
    """Return the patents granted to the park's enterprises from ``start`` to ``end``, both included."""
    query = (
        select(Patent)
        .join(Enterprise, Enterprise.id == Patent.enterprise_id)
        .where(Enterprise.park_id == park_id, Patent.granted_on.between(start, end))
    )
    return list(db.session.scalars(query.order_by(Patent.granted_on, Patent.id)))


def patent_count_in(park_id: int, start: date, end: date) -> int:
    """Return how many patents :func:`patents_in` finds, without reading them."""
    query = (
        select(func.count())
        .select_from(Patent)
        .join(Enterprise, Enterprise.id == Patent.enterprise_id)
        .where(Enterprise.park_id == park_id, Patent.granted_on.between(start, end))
    )
    return db.session.scalar(query) or 0


def patents_of(enterprise_id: int) -> list[Patent]:
    """Return an enterprise's patents, newest grant first."""
    query = select(Patent).where(Patent.enterprise_id == enterprise_id)
    return list(db.session.scalars(query.order_by(Patent.granted_on.desc(), Patent.id.desc())))
