"""Building the counts: what changed is marked with the change, the scheduler rebuilds it.

First the facts of the tickets that changed, then the months in which these facts counted or count.
Counting reads without holding the database's write lock; only putting the result in place writes.
Should another builder have been quicker, its result stands and this one counts again, under lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.statistics.counting import Aggregate, aggregates
from servicedesk.statistics.facts import build_all_facts, build_facts
from servicedesk.statistics.models import BuiltCount, CountBuild, CountMark, ServedEnterprise
from servicedesk.tickets.facts import months_of_missed_responses, months_with_tickets
from servicedesk.transaction import changed_rows, unit_of_work

BATCH = 5000


@dataclass(frozen=True, slots=True)
class _Work:
    """What one builder counted: at which moment, after which build, because of which marks."""

    park_id: int
    now: datetime
    previous: datetime | None
    marks: Sequence[int]
    built: Mapping[str, Aggregate]


def build(park_id: int, *, everything: bool = False) -> int:
    """Bring the park's counts up to date; returns the number of periods built.

    Marks are read first and exactly those are deleted, so a change that commits meanwhile keeps
    its own mark and is counted by the next run.
    """
    if not db.session.info.get("writing"):
        db.session.rollback()  # what was read before must not be what is counted
    if everything:
        build_all_facts(park_id)
    build_facts(park_id)
    work = _count(park_id, everything=everything)
    if _put(work):
        return len(work.built)
    return _count_locked(park_id, everything=everything)


@unit_of_work
def _count_locked(park_id: int, *, everything: bool) -> int:
    """Count while nobody else can build: on PostgreSQL the lock is the row of the last build."""
    last = select(CountBuild.park_id).where(CountBuild.park_id == park_id)
    db.session.execute(last.with_for_update())
    work = _count(park_id, everything=everything)
    _put(work)
    return len(work.built)


def _count(park_id: int, *, everything: bool) -> _Work:
    previous, now = built_at(park_id), clock.now()
    marks = db.session.execute(
        select(CountMark.id, CountMark.month).where(CountMark.park_id == park_id)
    ).all()
    months = {row.month for row in marks}
    if previous is not None:
        since, until = sorted((previous, now))
        months |= months_of_missed_responses(park_id, since, until)
    if everything:
        months |= set(months_with_tickets(park_id)) | _months_built(park_id)
    built = aggregates(park_id, months, now)
    return _Work(park_id, now, previous, [row.id for row in marks], built)


def _months_built(park_id: int) -> set[str]:
    """Return the months that hold counts: one whose tickets are gone must be emptied."""
    found: set[str] = set()
    for table in (BuiltCount, ServedEnterprise):
        query = select(table.period).where(table.park_id == park_id).distinct()
        found |= {period if period[5:] else f"{period}-01" for period in db.session.scalars(query)}
    return found


@unit_of_work
def _put(work: _Work) -> bool:
    """Put the counts in place, unless another build has happened since the counting began."""
    if not _claim(work):
        return False
    for period, built in work.built.items():
        _replace(work.park_id, period, built)
    for start in range(0, len(work.marks), BATCH):
        chunk = work.marks[start : start + BATCH]
        db.session.execute(delete(CountMark).where(CountMark.id.in_(chunk)))
    return True


def _claim(work: _Work) -> bool:
    if work.previous is None and built_at(work.park_id) is None:
        db.session.execute(insert(CountBuild).values(park_id=work.park_id, built_at=work.now))
        return True
    claim = update(CountBuild).where(
        CountBuild.park_id == work.park_id, CountBuild.built_at == work.previous
    )
    return changed_rows(claim.values(built_at=work.now)) == 1


def _replace(park_id: int, period: str, built: Aggregate) -> None:
    for table in (BuiltCount, ServedEnterprise):
        db.session.execute(delete(table).where(table.park_id == park_id, table.period == period))
    counts = [
        {"park_id": park_id, "period": period, "cut": cut, "figure": figure, "value": value}
        for (cut, figure), value in built.counts.items()
    ]
    served = [
        {"park_id": park_id, "period": period, "cut": cut, "enterprise_id": enterprise_id}
        for cut, enterprises in built.served.items()
        for enterprise_id in enterprises
    ]
    _insert(BuiltCount, counts)
    _insert(ServedEnterprise, served)


def _insert(
    table: type[BuiltCount] | type[ServedEnterprise], rows: list[dict[str, object]]
) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(
            insert(table.metadata.tables[table.__tablename__]), rows[start : start + BATCH]
        )


def built_at(park_id: int) -> datetime | None:
    """Return when the park's counts were last brought up to date."""
    return db.session.scalar(select(CountBuild.built_at).where(CountBuild.park_id == park_id))


def waiting_marks(park_id: int) -> int:
    """Return how many changes are not in the counts yet."""
    query = select(func.count()).select_from(CountMark).where(CountMark.park_id == park_id)
    return db.session.scalar(query) or 0
