"""The rows that belong to a ticket (工单的附属记录): asked for by many, read once, and only where there are any.

Most tickets have few of the two dozen kinds: the page of one asks which there are, and then for those.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    bindparam,
    exists,
    literal_column,
    select,
    union_all,
)

from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.unchanged import asked_before, once

K = TypeVar("K", bound=Base)
NUMBER = "ticket_id"
INDEXED = (PrimaryKeyConstraint, UniqueConstraint)


def look_through(ticket_id: int) -> None:
    """Find out in one statement which kinds a ticket has: a page that shows them all begins with it."""
    once((NUMBER, ticket_id), lambda: frozenset(db.session.scalars(_which(), {NUMBER: ticket_id})))


def parts_of(kind: type[K], ticket_id: int) -> Sequence[K]:
    """Return the ticket's rows of a kind in the order in which they came."""

    def read() -> Sequence[K]:
        rows: Any = kind
        query = select(kind).where(rows.ticket_id == ticket_id).order_by(rows.id)
        return db.session.scalars(query).all()

    return once((kind, ticket_id), read) if may_have(kind, ticket_id) else ()


def may_have(kind: type[Base], ticket_id: int) -> bool:
    """Tell whether a ticket may have rows of a kind; surely so, or not, where it was looked through."""
    kinds: frozenset[str] | None = asked_before((NUMBER, ticket_id))
    table = Base.metadata.tables[kind.__tablename__]
    return kinds is None or table.name in kinds or not _looked_up(table)


@cache
def _which() -> Any:
    return union_all(
        *(
            select(literal_column(f"'{table.name}'")).where(
                exists().where(table.c[NUMBER] == bindparam(NUMBER))
            )
            for table in Base.metadata.sorted_tables
            if _looked_up(table)
        )
    )


@cache
def _looked_up(table: Table) -> bool:
    """Tell whether rows of a ticket are found there by an index."""
    unique = [one for one in table.constraints if isinstance(one, INDEXED)]
    return any(
        [column.name for column in index.columns][:1] == [NUMBER]
        for index in (*table.indexes, *unique)
    )
