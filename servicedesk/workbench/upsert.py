"""Writing a small row that two windows of one person may write at the same moment."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from servicedesk.database import Base
from servicedesk.extensions import db


def put(table: type[Base], keys: dict[str, Any], values: dict[str, Any]) -> None:
    """Write the row with these ``keys``: new, or ``values`` over the old ones; one statement."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(table).values(**keys, **values)
    if values:
        row = row.on_conflict_do_update(index_elements=list(keys), set_=values)
    else:
        row = row.on_conflict_do_nothing()
    db.session.execute(row)
