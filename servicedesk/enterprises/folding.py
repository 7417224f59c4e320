"""Making two rows one, in whatever tables refer to them: read from the metadata, not from a list.

Every foreign key that points at the row which goes is pointed at the row which stays. Where that
would break a unique constraint, the two referring rows are the same thing, and are folded likewise;
a reference that may be empty becomes empty instead.
So a feature that is added later is covered without a word here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    PrimaryKeyConstraint,
    RowMapping,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    inspect,
    select,
    update,
)

from servicedesk.database import Base
from servicedesk.extensions import db

DERIVED = frozenset({"served_enterprise"})
"""Built from the tickets again, so never moved."""


@dataclass(slots=True)
class Folded:
    """What was done: rows moved by table, and the rows that were doubles, as they stood."""

    moved: dict[str, int] = field(default_factory=dict)
    dropped: list[dict[str, Any]] = field(default_factory=list)


def referring(table: Table) -> Iterator[Column[Any]]:
    """Yield every column of every table that refers to the primary key of ``table``."""
    for other in Base.metadata.sorted_tables:
        for column in other.columns:
            if any(key.column.table is table for key in column.foreign_keys):
                yield column


def count_referring(table: Table, key: int) -> dict[str, int]:
    """Return how many rows of each table refer to a row, for a preview."""
    found: dict[str, int] = {}
    for column in referring(table):
        if column.table.name in DERIVED or column.table is table:
            continue
        query = select(func.count()).select_from(column.table).where(column == key)
        if number := db.session.scalar(query):
            found[column.table.name] = found.get(column.table.name, 0) + number
    return found


def fold(table: Table, gone: int, kept: int, done: Folded | None = None) -> Folded:
    """Point everything that refers to the row ``gone`` at the row ``kept``; ``gone`` itself stays.

    Runs inside the caller's unit of work and past the session's objects, which are expired.
    """
    done = done if done is not None else Folded()
    db.session.flush()
    for column in referring(table):
        if column.table.name not in DERIVED:
            _repoint(column, gone, kept, done)
    db.session.expire_all()
    return done


def _repoint(column: Column[Any], gone: int, kept: int, done: Folded) -> None:
    table = column.table
    key = _key(table)
    found = db.session.execute(select(table).where(column == gone)).mappings().all()
    for row in map(_named, found):
        double = _double(table, row, {column.name: kept})
        if double is None:
            change = update(table).where(_is(table, row)).values({column: kept})
            db.session.execute(change)
            done.moved[table.name] = done.moved.get(table.name, 0) + 1
            continue
        if column.nullable:  # two rows that may stand alone: one of them lets go
            db.session.execute(update(table).where(_is(table, row)).values({column: None}))
            done.moved[table.name] = done.moved.get(table.name, 0) + 1
            continue
        if key is not None and double[key] != row[key]:
            fold(table, row[key], double[key], done)
        db.session.execute(delete(table).where(_is(table, row)))
        done.dropped.append({"table": table.name, **{k: str(v) for k, v in row.items()}})


def _named(row: RowMapping) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _key(table: Table) -> str | None:
    columns = list(table.primary_key.columns)
    return columns[0].name if len(columns) == 1 else None


def _is(table: Table, row: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


def _double(
    table: Table, row: Mapping[str, Any], change: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the row that stands where ``row`` would stand after ``change``, if there is one."""
    wanted = {**row, **change}
    for names, where in _unique(table):
        if not set(names) & set(change) or any(wanted[name] is None for name in names):
            continue
        same = [table.c[name] == wanted[name] for name in names]
        if where is not None:  # a partial index: both rows must be under its condition
            own = select(func.count()).select_from(table).where(_is(table, row), where)
            if not db.session.scalar(own):
                continue
            same.append(where)
        found = db.session.execute(select(table).where(*same, ~_is(table, row))).mappings().first()
        if found is not None:
            return _named(found)
    return None


def _unique(table: Table) -> Iterator[tuple[list[str], Any]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint):
            yield [column.name for column in constraint.columns], None
    for index in table.indexes:
        if isinstance(index, Index) and index.unique:
            names = [part.name for part in index.columns if isinstance(part, Column)]
            yield names, index.dialect_options[db.engine.dialect.name].get("where")


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    table = inspect(model).local_table
    assert isinstance(table, Table)
    return table
