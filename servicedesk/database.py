"""How we talk to SQLite and PostgreSQL: column types, the engine's rules, safe transactions.

The rules C1, C2, C11 and C14 of the reliability notes live here and nowhere else: on SQLite every
write transaction is BEGIN IMMEDIATE (the stock driver loses updates in silence), WAL with FULL
synchronisation and foreign keys on; reads run in transactions that cannot write at all.
"""

import functools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    any_,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
READ_ONLY = "read_only"


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC in both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class epoch(FunctionElement[int]):
    """A moment as whole seconds since 1970-01-01T00:00Z, fractions dropped."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch, "sqlite")
def _epoch_of_text(element: epoch, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(epoch, "postgresql")
def _epoch_of_moment(element: epoch, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(floor(date_part('epoch', {moment})) AS BIGINT)"  # extract is exact, and slow


def among(column: Any, numbers: Sequence[int], dialect: str) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of many numbers: one parameter, not thousands."""
    if dialect == "sqlite":
        each = func.json_each(json.dumps(list(numbers))).table_valued("value")
        found: ColumnElement[bool] = column.in_(select(each.c.value))
        return found
    known: ColumnElement[bool] = column == any_(literal(list(numbers), ARRAY(BigInteger)))
    return known


Base.registry.update_type_annotation_map({datetime: UtcDateTime()})


class Session(FlaskSession):
    """A session that reads in read-only transactions until a unit of work makes it write."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        bind = super().get_bind(*args, **kwargs)
        if self.info.get("writing") or not isinstance(bind, Engine):
            return bind
        return _reading(bind)


@functools.cache
def _reading(engine: Engine) -> Engine:
    """Return the same engine and pool, whose transactions cannot write and see one moment.

    SQLite shows one moment to every transaction that reads; PostgreSQL has to be asked for it. One object
    for each engine, because a session opens a connection for every engine that it is given.
    """
    options: dict[str, Any] = {READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**options)


def engine_options(url: str) -> dict[str, Any]:
    """Return what ``create_engine`` needs for ``url``; :func:`prepare` does the rest."""
    if url.startswith("sqlite"):
        return {"module": _sqlite_module(), "connect_args": {"timeout": 15}}
    settings = " ".join(
        f"-c {name}={value}"
        for name, value in (
            ("synchronous_commit", "on"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("timezone", "UTC"),
        )
    )
    return {"pool_pre_ping": True, "pool_size": 10, "connect_args": {"options": settings}}


def _sqlite_module() -> Any:
    """SQLite 3.53 from PyPI where a wheel exists: it is free of the WAL-reset bug (C2)."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3 as dbapi2
    return dbapi2


def sqlite_is_sound() -> bool:
    """Tell whether the SQLite in use has the fix of the WAL-reset corruption (3.51.3 or later)."""
    version: tuple[int, ...] = _sqlite_module().sqlite_version_info
    back_ports = ((3, 50, 7), (3, 44, 6))
    return (version >= (3, 51, 3) and version[:2] != (3, 52)) or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in back_ports
    )


def prepare(engine: Engine) -> None:
    """Attach our rules to an SQLite engine; PostgreSQL has them in its connection options."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "trusted_schema=OFF",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Any) -> None:
    read_only = bool(connection.get_execution_options().get(READ_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
