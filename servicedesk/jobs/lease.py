"""The scheduler's lease (租约): one process ticks at a time, and a dead one is replaced.

Taken by a conditional update with the *database's* clock, so that machines whose clocks differ
agree on when it ends. Nothing rests on it but economy: that nothing happens twice is the work of
conditional updates and unique keys in the actions themselves (rules C7, C8).
"""

from sqlalchemy import ColumnElement, Float, case, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from servicedesk.extensions import db
from servicedesk.jobs.models import Lease
from servicedesk.transaction import changed_rows, unit_of_work

NAME = "scheduler"
SECONDS = 45
_NOW = {
    # unixepoch('subsec') needs SQLite 3.42; where no wheel exists, Python may come with an older one
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}


@unit_of_work
def acquire(owner: str, seconds: float = SECONDS) -> bool:
    """Take or renew the lease for ``owner``; false while somebody else holds it.

    The epoch rises with every change of the owner.
    """
    _make_row()
    now = _database_now()
    taken = (
        update(Lease)
        .where(Lease.name == NAME, (Lease.owner == owner) | (Lease.until < now))
        .values(
            owner=owner,
            until=now + seconds,
            epoch=Lease.epoch + case((Lease.owner == owner, 0), else_=1),
        )
        .execution_options(synchronize_session=False)
    )
    return changed_rows(taken) == 1


@unit_of_work
def release(owner: str) -> None:
    """Give the lease back if it is still ``owner``'s, so that another need not wait for its end."""
    db.session.execute(
        update(Lease)
        .where(Lease.name == NAME, Lease.owner == owner)
        .values(until=0.0)
        .execution_options(synchronize_session=False)
    )


def _make_row() -> None:
    """Make sure that there is a row to update: the first time, free and nobody's."""
    if db.session.scalar(select(Lease.name).where(Lease.name == NAME)) is not None:
        return
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(Lease).values(name=NAME, owner="", until=0.0, epoch=0)
    db.session.execute(row.on_conflict_do_nothing())


def _database_now() -> ColumnElement[float]:
    return literal_column(_NOW[db.engine.dialect.name], Float())
