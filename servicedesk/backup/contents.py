"""What an archive holds, and the portable form of a row.

Tables are read from the database itself, not from the models: an archive of an older version is
restored into the tables of that version, which are migrated afterwards.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Date, DateTime, LargeBinary, MetaData, Table

FORMAT = 1
MANIFEST = "manifest.json"
# The search index is built again; lease, runs and tokens belong to the processes of one installation.
LEFT_OUT = ("alembic_version", "job_run", "lease", "table_token", "ticket_search")
CHUNK = 1024 * 1024


class BackupError(Exception):
    """The backup or the restore cannot be done; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table of the archive: its columns in the order of the values, and what must come out."""

    columns: Sequence[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The archive's list of contents; ``files`` maps stored names to SHA-256."""

    made_at: str
    revision: str
    tables: Mapping[str, TableEntry]
    files: Mapping[str, str]
    format: int = FORMAT
    missing: Sequence[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the manifest as it stands in the archive."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def manifest_from(text: str) -> Manifest:
    """Read a manifest.

    Raises:
        BackupError: it is not one of ours, or of a newer form.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BackupError("The archive was made by a newer version of the service desk.")
        tables = {name: TableEntry(**entry) for name, entry in data.pop("tables").items()}
        return Manifest(tables=tables, **data)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("The archive has no readable manifest.") from error


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables that hold the installation's data, parents before their children."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: not name.startswith(LEFT_OUT))
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type.none_as_null = True
    return metadata.sorted_tables


def encode(values: Sequence[Any]) -> str:
    """Return one row as a line of JSON; moments are in UTC, bytes in base 64."""
    return json.dumps([_portable(value) for value in values], ensure_ascii=False)


def _portable(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date) else value


def decode(table: Table, columns: Sequence[str], line: str, dialect: str) -> dict[str, Any]:
    """Return a line as the values that ``table`` takes in this database."""
    row = dict(zip(columns, json.loads(line), strict=True))
    for name, value in row.items():
        kind = table.columns[name].type
        if value is None:
            continue
        if isinstance(kind, DateTime):
            moment = datetime.fromisoformat(value)
            row[name] = moment.replace(tzinfo=None) if dialect == "sqlite" else moment
        elif isinstance(kind, Date):
            row[name] = date.fromisoformat(value)
        elif isinstance(kind, LargeBinary):
            row[name] = b64decode(value)
    return row


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
