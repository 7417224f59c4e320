"""Restoring an archive into an empty database, of either kind."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from servicedesk.audit.actions import record_alone
from servicedesk.backup.contents import BackupError, Manifest, decode, tables_of
from servicedesk.backup.unpack import unpack
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor, Role
from servicedesk.extensions import db
from servicedesk.tickets.search import reindex
from servicedesk.transaction import writing
from servicedesk.unchanged import WATCHED, exchange

BATCH = 1000
HELD = "held after a restore: it may have been sent before"
STALE = timedelta(hours=1)


def restore(archive: Path, data_dir: Path, uploads_dir: Path) -> Manifest:
    """Bring everything of ``archive`` back, or nothing; returns what it held.

    All sessions end, and mail that should have gone out more than an hour ago is held, because it
    may have been sent after the archive was made; staff can send it again.

    Raises:
        BackupError: the database is not empty, or the archive cannot be used.
    """
    _require_empty()
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as name:
        folder = Path(name)
        manifest = unpack(archive, folder)
        _bring_tables_to(manifest.revision)
        _place_files(manifest, folder / "uploads", uploads_dir)
        _load(manifest, folder / "tables")
    upgrade()
    _exchange_tokens()
    reindex()
    actor = Actor(None, Role.SYSTEM, 0, "flask restore")
    record_alone(actor, "installation.restore", "archive", manifest.made_at)
    return manifest


def _exchange_tokens() -> None:
    """Let running processes read anew what they have kept of the empty database."""
    with writing():
        exchange(WATCHED)


def _require_empty() -> None:
    with db.engine.connect() as connection:
        for table in tables_of(connection):
            if connection.execute(select(table).limit(1)).first() is not None:
                raise BackupError(
                    f"The database is not empty (there is something in {table.name}): "
                    "restore into a new one."
                )


def _bring_tables_to(revision: str) -> None:
    migrate = current_app.extensions["migrate"].migrate
    script = ScriptDirectory.from_config(migrate.get_config())
    if revision not in {known.revision for known in script.walk_revisions()}:
        raise BackupError("The archive was made by a newer version of the service desk.")
    with db.engine.connect() as connection:
        there = inspect(connection).has_table("alembic_version")
        found = (
            connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None
        )
    if found is None:
        upgrade(revision=revision)
    elif found != revision:
        raise BackupError(
            f"The database has tables of version {found}, the archive of {revision}: "
            "restore into a new one."
        )


def _place_files(manifest: Manifest, unpacked: Path, uploads_dir: Path) -> None:
    """Before the rows: a row never names a file that is not there (rule C13)."""
    for name in manifest.files:
        target = uploads_dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = unpacked / name
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)


def _load(manifest: Manifest, folder: Path) -> None:
    with db.engine.begin() as connection:  # the tables may be those of an older version
        _load_by(connection, manifest, folder)


def _load_by(connection: Connection, manifest: Manifest, folder: Path) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # checked at the commit
    tables = {table.name: table for table in tables_of(connection)}
    if tables.keys() != manifest.tables.keys():
        odd = ", ".join(sorted(tables.keys() ^ manifest.tables.keys()))
        raise BackupError(f"The archive and the database differ in their tables: {odd}.")
    for name, table in tables.items():
        _fill(connection, table, manifest.tables[name].columns, folder / f"{name}.jsonl")
        number = connection.scalar(select(func.count()).select_from(table))
        if number != manifest.tables[name].rows:
            raise BackupError(f"{name} has {number} rows, not {manifest.tables[name].rows}.")
    if connection.dialect.name == "postgresql":
        _set_sequences(connection, tables.values())
    _void_what_must_not_go_on(connection, tables)


def _fill(connection: Connection, table: Table, columns: Sequence[str], path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        rows = (decode(table, columns, line, connection.dialect.name) for line in lines)
        for batch in _batches(rows):
            connection.execute(insert(table), batch)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _set_sequences(connection: Connection, tables: Any) -> None:
    """Rows came with their numbers, so the sequences do not know of them yet."""
    for table in tables:
        for column in table.primary_key.columns:
            place = {"table": table.name, "column": column.name}
            name = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), place)
            highest = connection.scalar(select(func.max(column))) if name else None
            if highest is not None:
                connection.execute(
                    text("SELECT setval(:name, :highest)"), {"name": name, "highest": highest}
                )


def _void_what_must_not_go_on(connection: Connection, tables: dict[str, Table]) -> None:
    users, outbox = tables["user_account"], tables["outbox_message"]
    connection.execute(update(users).values(session_epoch=users.c.session_epoch + 1))
    oldest = clock.now() - STALE
    if connection.dialect.name == "sqlite":
        oldest = oldest.replace(tzinfo=None)
    stale = update(outbox).where(outbox.c.state == "waiting", outbox.c.not_before < oldest)
    connection.execute(stale.values(state="failed", last_error=HELD))
    if "digest_entry" in tables:  # archives of older versions have none
        _hold_digests(connection, tables, oldest)


def _hold_digests(connection: Connection, tables: dict[str, Table], oldest: datetime) -> None:
    """What waited for a digest may have gone out too: each person's is one message that is held."""
    users, outbox, entries = (
        tables[name] for name in ("user_account", "outbox_message", "digest_entry")
    )
    stale = (entries.c.message_id.is_(None), entries.c.not_before < oldest)
    people = select(users.c.id, users.c.email).where(
        users.c.id.in_(select(entries.c.user_id).where(*stale)), users.c.email != ""
    )
    for person in connection.execute(people).all():
        held = {
            "user_id": person.id, "recipient": person.email,
            "message_id": f"digest-{new_token()[:24]}@servicedesk", "state": "failed",
            "not_before": oldest, "created_at": oldest, "attempts": 0, "last_error": HELD,
        }  # fmt: skip
        made = connection.execute(insert(outbox).values(**held).returning(outbox.c.id)).scalar_one()
        mine = update(entries).where(*stale, entries.c.user_id == person.id)
        connection.execute(mine.values(message_id=made))
