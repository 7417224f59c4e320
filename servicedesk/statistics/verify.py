"""The recount (复核): plain SQL over the tickets, compared with what the pages show.

Nothing here shares a line with the building of the counts: grouping, distinct enterprises and
percentiles are the database's own. Only the words of the figures are common. Besides the months and
years that are built, every fact is compared with its ticket, and the figures of random cuts.
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Result, bindparam, text

from servicedesk.database import UtcDateTime
from servicedesk.extensions import db
from servicedesk.statistics.recount_cuts import cuts_differ, waiting_days
from servicedesk.statistics.recount_facts import facts_differ
from servicedesk.tickets.facts import ZONE, period_bounds

CUTS = (
    "CAST('all' AS VARCHAR)",
    "'category:' || i.category_code",
    "'item:' || i.code",
    "'unit:' || u.code",
    "'channel:' || t.channel",
)
FROM_TICKETS = """
    FROM ticket t JOIN service_item i ON i.id = t.item_id LEFT JOIN unit u ON u.id = t.unit_id
    WHERE t.park_id = :park"""
SUBMITTED_IN = "AND t.submitted_at >= :start AND t.submitted_at < :end AND t.state <> 'merged'"
DELIVERED_IN = "AND t.resolved_at >= :start AND t.resolved_at < :end AND t.state = 'closed'"

SUBMITTED = """
    SELECT cut, count(*) AS submitted,
        sum(CASE WHEN first_response_at IS NOT NULL
            OR response_due_at < coalesce(closed_at, :built) THEN 1 ELSE 0 END)
            AS response_measured,
        sum(CASE WHEN first_response_at <= response_due_at THEN 1 ELSE 0 END)
            AS responded_in_time
    FROM (SELECT {cut} AS cut, t.first_response_at, t.response_due_at, t.closed_at
        {tickets} {period}) AS found
    WHERE cut IS NOT NULL GROUP BY cut"""

DELIVERED = """
    WITH found AS (
        SELECT {cut} AS cut, t.enterprise_id, t.confirmed, t.result, t.rating, t.on_time,
            coalesce(t.used_minutes, 0) AS used_minutes, t.allowed_minutes
        {tickets} {period}),
    ranked AS (
        SELECT found.*, count(*) OVER (PARTITION BY cut) AS n,
            row_number() OVER (PARTITION BY cut ORDER BY used_minutes) AS used_rank,
            row_number() OVER (PARTITION BY cut ORDER BY allowed_minutes) AS allowed_rank
        FROM found WHERE cut IS NOT NULL)
    SELECT cut, count(*) AS delivered, count(DISTINCT enterprise_id) AS served,
        count(confirmed) AS answered,
        sum(CASE WHEN confirmed AND result = 'solved' THEN 1 ELSE 0 END) AS confirmed,
        count(rating) AS rated,
        sum(CASE WHEN rating >= 3 THEN 1 ELSE 0 END) AS rated_good,
        sum(CASE WHEN on_time THEN 1 ELSE 0 END) AS on_time,
        min(CASE WHEN used_rank * 100 >= n * 50 THEN used_minutes END) AS median_minutes,
        min(CASE WHEN used_rank * 100 >= n * 90 THEN used_minutes END) AS p90_minutes,
        min(CASE WHEN allowed_rank * 100 >= n * 50 THEN allowed_minutes END) AS promised_median_minutes
    FROM ranked GROUP BY cut"""

SERVED = """
    SELECT cut, enterprise_id FROM ({served}) AS recounted WHERE cut IS NOT NULL"""
SERVED_BUILT = """
    SELECT cut, enterprise_id FROM served_enterprise WHERE park_id = :park AND period = :period"""
BUILT = "SELECT cut, figure, value FROM built_count WHERE park_id = :park AND period = :period"
PERIODS_BUILT = """
    SELECT period FROM built_count WHERE park_id = :park
    UNION SELECT period FROM served_enterprise WHERE park_id = :park"""
MONTHS_WAITING = "SELECT DISTINCT month FROM count_mark WHERE park_id = :park"
SPAN = "SELECT min({column}) AS first, max({column}) AS last FROM ticket WHERE park_id = :park"
BUILT_AT = "SELECT built_at FROM count_build WHERE park_id = :park"


def differences(park_id: int, chance: Random | None = None) -> list[str]:
    """Return every difference between what is built and a recount, one line each.

    What has a change that waits to be counted is passed over: see :func:`waiting`. ``chance``
    chooses the cuts; without it they are others every time.
    """
    _begin()
    built_at = _moment(BUILT_AT, "built_at", park_id)
    periods = _periods(park_id)
    if built_at is None:
        return ["nothing has been built"] if periods else []
    found: list[str] = []
    for period in sorted(periods - set(waiting(park_id))):
        found += _figures_differ(park_id, period, built_at)
        found += _served_differ(park_id, period)
    chance = chance or Random()
    found += facts_differ(park_id, chance)
    found += cuts_differ(park_id, chance)
    return found


def waiting(park_id: int) -> list[str]:
    """Return the months and years with changes that the next build will count."""
    months = set(db.session.execute(text(MONTHS_WAITING), {"park": park_id}).scalars())
    months |= {f"{day:%Y-%m}" for day in waiting_days(park_id)}
    return sorted(months | {month[:4] for month in months})


def _begin() -> None:
    """Read everything from one moment: SQLite always does, PostgreSQL when asked."""
    if db.session.info.get("writing"):
        return
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _periods(park_id: int) -> set[str]:
    """Return every month and year in which there are tickets or built counts."""
    found = set(db.session.execute(text(PERIODS_BUILT), {"park": park_id}).scalars())
    for column in ("submitted_at", "resolved_at"):
        first = _moment(SPAN.format(column=column), "first", park_id)
        last = _moment(SPAN.format(column=column), "last", park_id)
        if first is not None and last is not None:
            found |= set(_months(first, last))
    return found | {period[:4] for period in found}


def _months(first: datetime, last: datetime) -> Iterator[str]:
    start, end = (moment.astimezone(ZONE) for moment in (first, last))
    for month in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        yield f"{month // 12:04d}-{month % 12 + 1:02d}"


def _moment(sql: str, column: str, park_id: int) -> datetime | None:
    query = text(sql).columns(**{column: UtcDateTime()})
    row = db.session.execute(query, {"park": park_id}).mappings().first()
    moment: datetime | None = row[column] if row else None
    return moment


def _run(sql: str, park_id: int, period: str, **values: Any) -> Result[Any]:
    """Run a recounting query over the tickets of ``period``; moments go as each database has them."""
    start, end = period_bounds(period)
    given = {"park": park_id, "period": period, "start": start, "end": end, **values}
    moments = [
        bindparam(name, type_=UtcDateTime())
        for name, value in given.items()
        if isinstance(value, datetime)
    ]
    return db.session.execute(text(sql).bindparams(*moments), given)


def _figures_differ(park_id: int, period: str, built_at: datetime) -> Iterator[str]:
    rows = db.session.execute(text(BUILT), {"park": park_id, "period": period})
    built = {(row.cut, row.figure): row.value for row in rows}
    recounted = dict(_recount(park_id, period, built_at))
    for cut, figure in sorted(built.keys() | recounted.keys()):
        shown, true = built.get((cut, figure)), recounted.get((cut, figure))
        if shown != true:
            yield f"{period} {cut} {figure}: built {_word(shown)}, recounted {_word(true)}"


def _word(value: int | None) -> str:
    return "nothing" if value is None else str(value)


def _recount(
    park_id: int, period: str, built_at: datetime
) -> Iterator[tuple[tuple[str, str], int]]:
    for cut in CUTS:
        submitted = SUBMITTED.format(cut=cut, tickets=FROM_TICKETS, period=SUBMITTED_IN)
        delivered = DELIVERED.format(cut=cut, tickets=FROM_TICKETS, period=DELIVERED_IN)
        yield from _numbers(_run(submitted, park_id, period, built=built_at))
        yield from _numbers(_run(delivered, park_id, period))


def _numbers(rows: Result[Any]) -> Iterator[tuple[tuple[str, str], int]]:
    for row in rows.mappings():
        yield from (
            ((row["cut"], figure), int(value)) for figure, value in row.items() if figure != "cut"
        )


def _served_differ(park_id: int, period: str) -> Iterator[str]:
    """Compare the enterprises themselves, in both directions."""
    each = (f"SELECT {cut} AS cut, t.enterprise_id {FROM_TICKETS} {DELIVERED_IN}" for cut in CUTS)
    recounted = SERVED.format(served=" UNION ".join(each))
    for word, first, second in (
        ("missing", recounted, SERVED_BUILT),
        ("extra", SERVED_BUILT, recounted),
    ):
        rows = _run(f"{first} EXCEPT {second}", park_id, period).all()
        for cut, enterprise in sorted((row.cut, row.enterprise_id) for row in rows):
            yield f"{period} {cut} served: enterprise {enterprise} {word}"
