"""Up, down and up again on a filled database; the tables are what the models say; one head."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import TextClause, inspect, text

from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.organisation.queries import default_park
from servicedesk.statistics.facts import build, built_at
from servicedesk.statistics.verify import differences
from tests.support import Town

BEFORE = ("0002", "0001")  # what is gone down to, from the newest
Columns = dict[str, list[str]]


def columns() -> Columns:
    """Return the columns of every table of ours that is there."""
    db.session.remove()
    inspector, ours = inspect(db.engine), set(Base.metadata.tables)
    return {
        table: sorted(column["name"] for column in inspector.get_columns(table))
        for table in inspector.get_table_names()
        if table in ours
    }


def rows(wanted: Columns) -> dict[str, list[tuple[str, ...]]]:
    """Return what stands in these columns, every row of it."""
    db.session.remove()
    with db.engine.connect() as connection:
        return {
            table: sorted(tuple(map(str, row)) for row in connection.execute(_select(table, names)))
            for table, names in wanted.items()
        }


def _select(table: str, names: list[str]) -> TextClause:
    return text("SELECT " + ", ".join(f'"{name}"' for name in names) + f' FROM "{table}"')


def fill() -> None:
    town = Town()
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "request_supplement")


@pytest.mark.parametrize("version", BEFORE)
def test_no_row_is_lost_going_down_and_up(app: Flask, version: str) -> None:
    fill()
    newest = columns()
    everything = rows(newest)
    downgrade(revision=version)
    older = {
        table: [name for name in names if name in newest[table]]  # what stays where it is
        for table, names in columns().items()
    }
    kept = rows(older)
    assert {table: len(found) for table, found in kept.items()} == {
        table: len(everything[table]) for table in older
    }
    upgrade()
    assert columns() == newest
    assert rows(older) == kept
    assert inspect(db.engine).has_table("ticket_search")


def test_an_empty_database_comes_up_and_goes_down(app: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    assert not inspect(db.engine).has_table("ticket")
    upgrade()
    assert inspect(db.engine).has_table("ticket")


_FACTS = (
    "CREATE TABLE fact_segment (park_id INTEGER NOT NULL REFERENCES park (id), month VARCHAR NOT NULL,"
    " layout VARCHAR NOT NULL, digest VARCHAR NOT NULL, count INTEGER NOT NULL, data {} NOT NULL,"
    " PRIMARY KEY (park_id, month))"
)
FACTS_WITH_A_COUNT = {"sqlite": _FACTS.format("BLOB"), "postgresql": _FACTS.format("BYTEA")}


@pytest.mark.parametrize("revision", ["0015", "0016"])
def test_facts_of_the_version_before_are_made_anew(app: Flask, revision: str) -> None:
    """0015 went out with a column that no build fills any more, and 0016 left it there."""
    fill()
    park_id = default_park().id
    build(park_id)
    db.session.remove()
    downgrade(revision=revision)
    segment = "(park_id, month, layout, digest, count, data)"
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE fact_segment"))
        connection.execute(text(FACTS_WITH_A_COUNT[connection.dialect.name]))
        connection.execute(
            text(f"INSERT INTO fact_segment {segment} VALUES (:park, '2023-03', 'x', 'y', 2, :d)"),
            {"park": park_id, "d": b""},
        )
        connection.execute(text("DELETE FROM fact_build"))
        connection.execute(
            text("INSERT INTO fact_build (park_id, built_at) VALUES (:park, :at)"),
            {"park": park_id, "at": "2024-03-05 10:00:00+00:00"},
        )
    upgrade()
    assert built_at(park_id) is None
    assert build(park_id) == 1
    assert differences(park_id) == []


def test_the_tables_are_what_the_models_say(app: Flask) -> None:
    db.session.remove()

    def ours(thing: object, name: str | None, kind: str, *_rest: object) -> bool:
        return not (name or "").startswith(("ticket_search", "alembic_version"))

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_head(sqlite_app: Flask) -> None:
    assert len(ScriptDirectory("migrations").get_heads()) == 1


def test_foreign_keys_hold_after_migrating(sqlite_app: Flask) -> None:
    fill()
    assert db.session.execute(text("PRAGMA foreign_key_check")).fetchall() == []
