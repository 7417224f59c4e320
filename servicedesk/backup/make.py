"""Making an archive while the service desk runs: one snapshot of the database, and its files."""

import gzip
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, select, text

from servicedesk.backup.contents import (
    MANIFEST,
    BackupError,
    Manifest,
    TableEntry,
    digest_of,
    encode,
    tables_of,
)
from servicedesk.clock import clock
from servicedesk.database import READ_ONLY
from servicedesk.extensions import db

BATCH = 1000


def make(target: Path, uploads_dir: Path) -> Manifest:
    """Write the archive ``target``, whole or not at all; returns what it holds.

    Raises:
        BackupError: there is nothing to back up, or nowhere to write it.
    """
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}.")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        folder = Path(name)
        with _snapshot() as connection:
            revision = _revision(connection)
            tables = {
                table.name: _dump(connection, table, folder) for table in tables_of(connection)
            }
            uploads = _uploads(connection)
        unfinished = folder / "archive"
        manifest = _pack(unfinished, folder, uploads_dir, revision, tables, uploads)
        unfinished.replace(target)
    return manifest


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """One transaction that sees one moment and cannot write, however long it takes."""
    options: dict[str, object] = {READ_ONLY: True}
    if db.engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.execution_options(**options).connect() as connection, connection.begin():
        yield connection


def _revision(connection: Connection) -> str:
    if not connection.dialect.has_table(connection, "alembic_version"):
        raise BackupError("There is no service desk in this database: nothing to back up.")
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def _dump(connection: Connection, table: Table, folder: Path) -> TableEntry:
    path, number = folder / f"{table.name}.jsonl", 0
    rows = connection.execute(
        select(table).order_by(*table.primary_key.columns),
        execution_options={"yield_per": BATCH},
    )
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(encode(row) + "\n")
            number += 1
    return TableEntry([column.name for column in table.columns], number, digest_of(path))


def _uploads(connection: Connection) -> list[tuple[str, str, bool]]:
    """Every file that a row names, its hash where the row knows it, and whether a ticket has it."""
    found = text(
        "SELECT stored_as, sha256, ticket_id IS NOT NULL AS taken FROM upload "
        "UNION ALL SELECT stored_as, sha256, 1 = 1 FROM material_template "
        "UNION ALL SELECT stored_as, '', 1 = 1 FROM report_template ORDER BY stored_as"
    )
    return [(row[0], row[1], bool(row[2])) for row in connection.execute(found)]


def _pack(
    path: Path,
    folder: Path,
    uploads_dir: Path,
    revision: str,
    tables: dict[str, TableEntry],
    uploads: list[tuple[str, str, bool]],
) -> Manifest:
    """Write the archive with the rights of its owner only: it holds personal data."""
    with (
        open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for name in tables:
            archive.add(folder / f"{name}.jsonl", f"tables/{name}.jsonl", filter=_anonymous)
        files, missing = _add_files(archive, uploads_dir, uploads)
        manifest = Manifest(clock.now().isoformat(), revision, tables, files, missing=missing)
        listing = folder / MANIFEST
        listing.write_text(manifest.to_json(), encoding="utf-8")
        archive.add(listing, MANIFEST, filter=_anonymous)
    with path.open("rb") as written:
        os.fsync(written.fileno())
    return manifest


def _add_files(
    archive: tarfile.TarFile, uploads_dir: Path, uploads: list[tuple[str, str, bool]]
) -> tuple[dict[str, str], list[str]]:
    """Add the attachments; one that is gone or damaged is named, and does not stop the rest.

    A loose upload may be swept between the snapshot and here: that is no fault.
    """
    files: dict[str, str] = {}
    faults: list[str] = []
    for name, sha256, taken in uploads:
        try:
            content = (uploads_dir / name).read_bytes()
        except FileNotFoundError:
            faults += [name] if taken else []
            continue
        files[name] = hashlib.sha256(content).hexdigest()
        faults += [name] if sha256 and files[name] != sha256 else []
        archive.add(uploads_dir / name, f"uploads/{name}", filter=_anonymous)
    return files, faults


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o640
    return member
