"""Building the counts: what changed is marked with the change, the scheduler rebuilds it."""

from sqlalchemy import delete, func, insert, select

from servicedesk.clock import clock
from servicedesk.core.counting import percentile
from servicedesk.extensions import db
from servicedesk.statistics.aggregate import Aggregate, aggregate
from servicedesk.statistics.models import BuiltCount, CountBuild, CountMark, ServedEnterprise
from servicedesk.tickets.facts import delivered_between, months_with_tickets, submitted_between
from servicedesk.transaction import unit_of_work

BATCH = 5000


@unit_of_work
def build(park_id: int, *, everything: bool = False) -> int:
    """Bring the park's counts up to date; returns the number of periods built.

    Marks are read first and exactly those are deleted, so a change that commits meanwhile keeps
    its own mark and is counted by the next run.
    """
    marks = db.session.execute(
        select(CountMark.id, CountMark.month).where(CountMark.park_id == park_id)
    ).all()
    months = {month for _, month in marks}
    if everything:
        months |= set(months_with_tickets(park_id))
    periods = sorted(months | {month[:4] for month in months})
    for period in periods:
        _rebuild(park_id, period)
    if marks:
        db.session.execute(delete(CountMark).where(CountMark.id.in_([m.id for m in marks])))
    db.session.merge(CountBuild(park_id=park_id, built_at=clock.now()))
    return len(periods)


def _rebuild(park_id: int, period: str) -> None:
    for table in (BuiltCount, ServedEnterprise):
        db.session.execute(delete(table).where(table.park_id == park_id, table.period == period))
    built = aggregate(submitted_between(park_id, period), delivered_between(park_id, period))
    _insert_counts(park_id, period, built)
    _insert_served(park_id, period, built)


def _insert_counts(park_id: int, period: str, built: Aggregate) -> None:
    rows = [
        {"park_id": park_id, "period": period, "cut": cut, "figure": figure, "value": value}
        for (cut, figure), value in built.counts.items()
    ]
    for cut, minutes in built.minutes.items():
        figures = {
            "median_minutes": percentile(minutes, 50),
            "p90_minutes": percentile(minutes, 90),
            "promised_median_minutes": percentile(built.promised[cut], 50),
        }
        rows += [
            {"park_id": park_id, "period": period, "cut": cut, "figure": figure, "value": value}
            for figure, value in figures.items()
        ]
    _insert(BuiltCount, rows)


def _insert_served(park_id: int, period: str, built: Aggregate) -> None:
    rows = [
        {"park_id": park_id, "period": period, "cut": cut, "enterprise_id": enterprise_id}
        for cut, enterprises in built.served.items()
        for enterprise_id in enterprises
    ]
    _insert(ServedEnterprise, rows)


def _insert(
    table: type[BuiltCount] | type[ServedEnterprise], rows: list[dict[str, object]]
) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(table), rows[start : start + BATCH])


def waiting_marks(park_id: int) -> int:
    """Return how many changes are not in the counts yet."""
    query = select(func.count()).select_from(CountMark).where(CountMark.park_id == park_id)
    return db.session.scalar(query) or 0
