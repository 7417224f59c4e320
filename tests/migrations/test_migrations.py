"""Up, down and up again on a filled database; the tables are what the models say; one head."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from servicedesk.database import Base
from servicedesk.extensions import db
from tests.support import Town

ADDED_LAST = "0001"  # one step below the newest


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of the models."""
    db.session.remove()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(map(str, row)) for row in connection.execute(table.select())), key=str
            )
            for table in Base.metadata.sorted_tables
        }


def fill() -> None:
    town = Town()
    town.walk(town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate", "close")
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "request_supplement")


def test_no_row_is_lost_going_down_and_up(app: Flask) -> None:
    fill()
    before = rows()
    downgrade(revision=ADDED_LAST)
    assert rows() == before
    upgrade()
    assert rows() == before
    assert inspect(db.engine).has_table("ticket_search")


def test_an_empty_database_comes_up_and_goes_down(app: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    assert not inspect(db.engine).has_table("ticket")
    upgrade()
    assert inspect(db.engine).has_table("ticket")


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
