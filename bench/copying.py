"""Filling tables by PostgreSQL's COPY, and making databases on a server."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(url: str) -> Connection:
    """Connect to the database of a SQLAlchemy URL; every statement is its own transaction."""
    return psycopg.connect(**parameters(url), autocommit=True)


def parameters(url: str) -> dict[str, Any]:
    """Return what libpq needs for a SQLAlchemy URL."""
    parts = make_url(url)
    given = {
        "host": parts.host or parts.query.get("host"),
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "dbname": parts.database,
    }
    return {name: value for name, value in given.items() if value}


def second_database(url: str, suffix: str) -> str:
    """Make an empty database beside the one of ``url`` and return its URL."""
    name = f"{make_url(url).database}_{suffix}"
    with connect(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str, name: str) -> None:
    """Do away with a database; ``url`` is that of another one on the same server."""
    with connect(url) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))


def copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write ``rows`` into ``table`` and let its numbering go on after them."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
    if "id" in columns:
        connection.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({name}, 'id'), max(id)) FROM {table}"
            ).format(name=sql.Literal(table), table=sql.Identifier(table))
        )


def rows_of(connection: Connection, query: str) -> Iterable[tuple[Any, ...]]:
    """Yield the rows of a query from a cursor on the server."""
    with connection.transaction(), connection.cursor(name="rows") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(query)


def settle(connection: Connection) -> None:
    """Let the server know what it holds, and write it out before anything is measured."""
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")


def utc(text: str) -> datetime:
    """Return an ISO moment in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
