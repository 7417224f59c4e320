"""The recount (复核): plain SQL over the tickets, compared with what the pages show.

Nothing here shares a line with the building of the facts or the counting: grouping, distinct
enterprises and percentiles are the database's own. Only the words of the figures are common. Every
fact is compared with its ticket, every month and year with a recount, and the figures of random cuts.
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Result, bindparam, text

from servicedesk.clock import clock
from servicedesk.database import UtcDateTime
from servicedesk.extensions import db
from servicedesk.statistics.counts import numbers_of, span_of
from servicedesk.statistics.cutting import Figures
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
            OR response_due_at < coalesce(closed_at, :now) THEN 1 ELSE 0 END)
            AS response_measured,
        sum(CASE WHEN first_response_at <= response_due_at THEN 1 ELSE 0 END)
            AS responded_in_time
    FROM (SELECT {cut} AS cut, t.first_response_at, t.response_due_at, t.closed_at
        {tickets} {period}) AS found
    WHERE cut IS NOT NULL GROUP BY cut"""

DELIVERED = """
    WITH found AS (
        SELECT {cut} AS cut, t.enterprise_id, t.confirmed, t.result, t.rating, t.on_time,
            t.used_minutes, t.allowed_minutes
        {tickets} {period}),
    ranked AS (
        SELECT found.*, count(*) OVER (PARTITION BY cut) AS n,
            count(used_minutes) OVER (PARTITION BY cut) AS used_n,
            row_number() OVER (PARTITION BY cut ORDER BY used_minutes NULLS LAST) AS used_rank,
            row_number() OVER (PARTITION BY cut ORDER BY allowed_minutes) AS allowed_rank
        FROM found WHERE cut IS NOT NULL)
    SELECT cut, count(*) AS delivered, count(DISTINCT enterprise_id) AS served,
        count(confirmed) AS answered,
        sum(CASE WHEN confirmed AND result = 'solved' THEN 1 ELSE 0 END) AS confirmed,
        count(rating) AS rated,
        sum(CASE WHEN rating >= 3 THEN 1 ELSE 0 END) AS rated_good,
        sum(CASE WHEN on_time THEN 1 ELSE 0 END) AS on_time,
        min(CASE WHEN used_rank * 100 >= used_n * 50 THEN used_minutes END) AS median_minutes,
        min(CASE WHEN used_rank * 100 >= used_n * 90 THEN used_minutes END) AS p90_minutes,
        min(CASE WHEN allowed_rank * 100 >= n * 50 THEN allowed_minutes END) AS promised_median_minutes
    FROM ranked GROUP BY cut"""

SPAN = "SELECT min({column}) AS first, max({column}) AS last FROM ticket WHERE park_id = :park"
BUILT_AT = "SELECT built_at FROM fact_build WHERE park_id = :park"
Counts = dict[tuple[str, str], int]


def differences(park_id: int, chance: Random | None = None) -> list[str]:
    """Return every difference between what is shown and a recount, one line each.

    What has a change that waits to be counted is passed over: see :func:`waiting`. ``chance``
    chooses the cuts; without it they are others every time.
    """
    _begin()
    periods, figures = _periods(park_id), Figures(park_id, clock.now())
    if _moment(BUILT_AT, "built_at", park_id) is None:
        return ["nothing has been built"] if periods else []
    found: list[str] = []
    for period in sorted(periods - set(waiting(park_id))):
        found += _figures_differ(park_id, period, figures)
    chance = chance or Random()
    found += facts_differ(park_id, chance)
    found += cuts_differ(park_id, chance)
    return found


def waiting(park_id: int) -> list[str]:
    """Return the months and years with changes that the next build will count."""
    months = {f"{day:%Y-%m}" for day in waiting_days(park_id)}
    return sorted(months | {month[:4] for month in months})


def _begin() -> None:
    """Begin a reading transaction, which sees one moment."""
    if not db.session.info.get("writing"):
        db.session.rollback()


def _periods(park_id: int) -> set[str]:
    """Return every month and year from the first ticket to the last."""
    found: set[str] = set()
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


def _figures_differ(park_id: int, period: str, figures: Figures) -> Iterator[str]:
    """Compare every cut of a month or a year, in both directions."""
    recounted = {pair: n for pair, n in _recount(park_id, period, figures.now) if n}
    names = {name for _cut, name in recounted} | {"submitted", "delivered", "served", "rated"}
    shown = {
        (cut, name): value
        for cut, counted in numbers_of(figures, span_of(period)).items()
        for name, value in counted.items()
        if name in names and value
    }
    for cut, figure in sorted(shown.keys() | recounted.keys()):
        there, true = shown.get((cut, figure), 0), recounted.get((cut, figure), 0)
        if there != true:
            yield f"{period} {cut} {figure}: shown {there}, recounted {true}"


def _recount(park_id: int, period: str, now: datetime) -> Iterator[tuple[tuple[str, str], int]]:
    for cut in CUTS:
        submitted = SUBMITTED.format(cut=cut, tickets=FROM_TICKETS, period=SUBMITTED_IN)
        delivered = DELIVERED.format(cut=cut, tickets=FROM_TICKETS, period=DELIVERED_IN)
        yield from _numbers(_run(submitted, park_id, period, now=now))
        yield from _numbers(_run(delivered, park_id, period))


def _run(sql: str, park_id: int, period: str, **more: datetime) -> Result[Any]:
    """Run a recounting query over the tickets of ``period``; moments go as each database has them."""
    start, end = period_bounds(period)
    moments = {"start": start, "end": end, **more}
    bound = [bindparam(name, type_=UtcDateTime()) for name in moments]
    return db.session.execute(text(sql).bindparams(*bound), {"park": park_id, **moments})


def _numbers(rows: Result[Any]) -> Iterator[tuple[tuple[str, str], int]]:
    for row in rows.mappings():
        yield from (
            ((row["cut"], figure), int(value))
            for figure, value in row.items()
            if figure != "cut" and value is not None
        )
