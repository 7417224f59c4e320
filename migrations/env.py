"""Running migrations so that no row is lost (rule C12).

On SQLite a batch change rebuilds a table by dropping it; with foreign keys enforced that would empty
its children. So they are switched off before the transaction begins, and checked before it commits.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from servicedesk.database import Base, UtcDateTime

OURS_IN_SQL = ("ticket_search",)


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Leave the search index out of comparisons: it is written in each database's own SQL."""
    return not (kind == "table" and name is not None and name.startswith(OURS_IN_SQL))


def render_item(kind: str, thing: object, autogen_context: object) -> str | bool:
    """Write our moment type as the plain column type that it is."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Upgrade or downgrade in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection, _foreign_keys_off(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            include_name=include_name,
            render_item=render_item,
            compare_type=False,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite:
                _check_foreign_keys(connection)
        connection.commit()


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off for the block, whatever happens in it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    _sqlite_foreign_keys(connection, "OFF")
    try:
        yield
    finally:
        connection.rollback()
        _sqlite_foreign_keys(connection, "ON")


def _sqlite_foreign_keys(connection: Connection, value: str) -> None:
    """Set the pragma outside any transaction, where alone it works."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute(f"PRAGMA foreign_keys={value}")


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration would leave {len(broken)} rows without their parent")


run()
