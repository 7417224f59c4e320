"""The recount of cuts (复核切片): plain SQL over the tickets, compared with what the figures show.

Days and cuts are chosen at random, after a ticket that lies in them. The database counts, sorts and
ranks by itself; nothing of the facts or of the cutting is used for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import Row, bindparam, text

from servicedesk.clock import clock
from servicedesk.database import UtcDateTime
from servicedesk.extensions import db
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Span, grouped, numbers
from servicedesk.statistics.store import stored_facts
from servicedesk.tickets.facts import ZONE

CUTS = 12
_EXPRESSIONS = {
    "category": "i.category_code", "item": "i.code", "unit": "u.code", "channel": "t.channel",
    "industry": "substr(e.industry_code, 1, 1)", "scale": "e.scale", "area": "e.area",
    "person": "coalesce(t.resolved_by_id, t.assignee_id)",
}  # fmt: skip
_FROM = """
    FROM ticket t JOIN service_item i ON i.id = t.item_id JOIN enterprise e ON e.id = t.enterprise_id
    LEFT JOIN unit u ON u.id = t.unit_id WHERE t.park_id = :park"""
_SUBMITTED_IN = " AND t.submitted_at >= :start AND t.submitted_at < :end AND t.state <> 'merged'"
_DELIVERED_IN = " AND t.resolved_at >= :start AND t.resolved_at < :end AND t.state = 'closed'"
_OF = "FROM {0} x WHERE x.ticket_id = t.id"
_SUBMITTED = """
    SELECT count(*) AS submitted, count(DISTINCT t.enterprise_id) AS askers,
        sum(CASE WHEN t.first_response_at IS NOT NULL
            OR t.response_due_at < coalesce(t.closed_at, :now) THEN 1 ELSE 0 END)
            AS response_measured,
        sum(CASE WHEN t.first_response_at <= t.response_due_at THEN 1 ELSE 0 END)
            AS responded_in_time,
        count(t.repeat_of_id) AS repeated, sum(CASE WHEN t.urgent THEN 1 ELSE 0 END) AS urgent,
        sum(t.urges) AS urges"""
_FOUND = f"""
    SELECT t.enterprise_id, t.confirmed, t.result, t.rating, t.on_time, t.used_minutes,
        t.allowed_minutes, t.false_resolution, t.returns, t.supplements,
        t.statutory_due_at IS NOT NULL AND t.used_minutes IS NOT NULL AS by_law,
        t.followed_up_at IS NOT NULL OR EXISTS (SELECT 1 {_OF.format("follow_up_call")}
            AND x.result <> 'missed') AS called,
        EXISTS (SELECT 1 {_OF.format("reopening")} AND x.kind = 'rework' AND EXISTS (
            SELECT 1 FROM rating y
            WHERE y.ticket_id = t.id AND y.level <= 2 AND y.at <= x.at)) AS bad,
        (SELECT count(*) {_OF.format("extension")} AND x.verdict = 'approved') AS granted,
        (SELECT count(*) {_OF.format("reopening")} AND x.kind <> 'take_up') AS again,
        (SELECT max(x.step) {_OF.format("escalation")} AND x.step LIKE 'level%') AS step"""
_DELIVERED = """
    WITH found AS ({found}),
    ranked AS (
        SELECT found.*, count(*) OVER () AS n, count(used_minutes) OVER () AS used_n,
            row_number() OVER (ORDER BY used_minutes NULLS LAST) AS used_rank,
            row_number() OVER (ORDER BY allowed_minutes) AS allowed_rank FROM found)
    SELECT count(*) AS delivered, count(DISTINCT enterprise_id) AS served,
        count(confirmed) AS answered,
        sum(CASE WHEN confirmed AND result = 'solved' THEN 1 ELSE 0 END) AS confirmed,
        count(rating) AS rated, sum(CASE WHEN rating >= 3 THEN 1 ELSE 0 END) AS rated_good,
        sum(CASE WHEN bad THEN 1 ELSE 0 END) AS rated_bad,
        sum(CASE WHEN on_time THEN 1 ELSE 0 END) AS on_time,
        sum(CASE WHEN called THEN 1 ELSE 0 END) AS followed,
        sum(CASE WHEN false_resolution THEN 1 ELSE 0 END) AS false_resolutions,
        sum(returns) AS returns, sum(CASE WHEN returns > 0 THEN 1 ELSE 0 END) AS returned,
        sum(granted) AS extensions, sum(supplements) AS supplements, sum(again) AS reopenings,
        sum(CASE WHEN step >= 'level_1' THEN 1 ELSE 0 END) AS level_1,
        sum(CASE WHEN step >= 'level_2' THEN 1 ELSE 0 END) AS level_2,
        sum(CASE WHEN step >= 'level_3' THEN 1 ELSE 0 END) AS level_3,
        sum(CASE WHEN by_law THEN 1 ELSE 0 END) AS limited_by_law,
        sum(used_minutes) AS used_minutes,
        min(CASE WHEN used_rank * 100 >= used_n * 50 THEN used_minutes END) AS median_minutes,
        min(CASE WHEN used_rank * 100 >= used_n * 90 THEN used_minutes END) AS p90_minutes,
        min(CASE WHEN allowed_rank * 100 >= n * 50 THEN allowed_minutes END)
            AS promised_median_minutes
    FROM ranked"""
_SERVED = "SELECT {by} AS key, count(*) AS delivered, count(DISTINCT t.enterprise_id) AS served"
_ASKED = "SELECT {by} AS key, count(*) AS submitted, sum(t.urges) AS urges"
_ENDS = """SELECT min(id) AS first, max(id) AS last, min(submitted_at) AS since,
    max(coalesce(resolved_at, submitted_at)) AS until FROM ticket WHERE park_id = :park"""
_ONE = "SELECT t.submitted_at, {0} {1} AND t.id >= :number ORDER BY t.id LIMIT 1"
_WAITING = """
    SELECT t.id, t.submitted_at, t.resolved_at FROM fact_mark m
    JOIN ticket t ON t.id = m.ticket_id WHERE m.park_id = :park"""


def cuts_differ(park_id: int, chance: Random, number: int = CUTS) -> Iterator[str]:
    """Yield where the figures of the whole and of random cuts are not what the tickets say.

    Days in which a change waits to be counted are passed over.
    """
    ends = _moments(_ENDS, "since", "until", park=park_id)[0]
    if ends.first is None:
        return
    waiting, now = waiting_days(park_id), clock.now()
    whole = Span(_day(ends.since), _day(ends.until))
    for turn in range(number + 1):
        span, cut = (whole, EVERYTHING) if turn == 0 else _choose(park_id, ends, chance)
        if not any(span.start <= day <= span.end for day in waiting):
            by = chance.choice([Dimension(name) for name in _EXPRESSIONS])
            yield from differences_in(park_id, span, cut, by, now)


def differences_in(
    park_id: int, span: Span, cut: Cut, by: Dimension, now: datetime
) -> Iterator[str]:
    """Yield where one cut, and its breakdown, is not what the tickets say."""
    named = " ".join(f"{name}={value}" for name, value in cut.parameters().items()) or "all"
    where = f"{span.start}..{span.end} {named}"
    shown: Mapping[str, int] = numbers(park_id, span, cut, now)
    for name, true in recounted(park_id, span, cut, now).items():
        if shown.get(name, 0) != true:
            yield f"{where} {name}: shown {shown.get(name)}, recounted {true}"
    groups = grouped(park_id, span, cut, by, now)
    for key, counted in recounted_by(park_id, span, cut, by).items():
        for name, true in counted.items():
            found = groups.get(key, {}).get(name, 0)
            if found != true:
                yield f"{where} {by} {key} {name}: shown {found}, recounted {true}"


def waiting_days(park_id: int) -> set[date]:
    """Return the local days in which a ticket whose fact waits to be built counted or will count."""
    rows = _moments(_WAITING, "submitted_at", "resolved_at", park=park_id)
    pairs = [(row.submitted_at, row.resolved_at) for row in rows]
    found = {_day(moment) for pair in pairs for moment in pair if moment is not None}
    facts = stored_facts(park_id)
    former = facts["delivered_on"][np.isin(facts["ticket_id"], [row.id for row in rows])]
    return found | {date.fromordinal(day) for day in former.tolist() if day}


def _choose(park_id: int, ends: Any, chance: Random) -> tuple[Span, Cut]:
    """Choose days and a cut around a ticket, so that most of them hold something."""
    names = sorted(_EXPRESSIONS)
    columns = ", ".join(f"{_EXPRESSIONS[name]} AS {name}" for name in names)
    sql = _ONE.format(columns, _FROM)
    number = chance.randint(ends.first, ends.last)
    (ticket,) = _moments(sql, "submitted_at", park=park_id, number=number)
    cut = EVERYTHING
    for name in chance.sample(names, chance.randint(0, 3)):
        cut = replace(cut, **{name: getattr(ticket, name) or getattr(cut, name)})
    before, after = chance.randint(0, 400), chance.randint(0, 400)
    day = _day(ticket.submitted_at)
    return Span(day - timedelta(days=before), day + timedelta(days=after)), cut


def recounted(park_id: int, span: Span, cut: Cut, now: datetime) -> dict[str, int]:
    """Return the counted parts of a cut as the tickets table has them."""
    tickets = _FROM + _conditions(cut)
    found: dict[str, int] = {}
    for sql in (
        _SUBMITTED + tickets + _SUBMITTED_IN,
        _DELIVERED.format(found=_FOUND + tickets + _DELIVERED_IN),
    ):
        row = _run(sql, park_id, span, cut, now=now)[0]
        found |= {name: int(value or 0) for name, value in row._mapping.items()}
    return found


def recounted_by(park_id: int, span: Span, cut: Cut, by: Dimension) -> dict[Any, dict[str, int]]:
    tickets, key = _FROM + _conditions(cut), _EXPRESSIONS[by]
    found: dict[Any, dict[str, int]] = {}
    for columns, period in ((_ASKED, _SUBMITTED_IN), (_SERVED, _DELIVERED_IN)):
        sql = f"{columns.format(by=key)} {tickets} {period} GROUP BY {key}"
        for row in _run(sql, park_id, span, cut):
            counted = {name: int(n) for name, n in row._mapping.items() if name != "key"}
            found[row.key] = found.get(row.key, {}) | counted
    return found


def _conditions(cut: Cut) -> str:
    return "".join(f" AND {_EXPRESSIONS[name]} = :{name}" for name in cut.parameters())


def _run(sql: str, park_id: int, span: Span, cut: Cut, **more: datetime) -> list[Row[Any]]:
    """Run a statement over the tickets of a span; moments go as each database has them."""
    moments = {
        "start": datetime(span.start.year, span.start.month, span.start.day, tzinfo=ZONE),
        "end": datetime(span.end.year, span.end.month, span.end.day, tzinfo=ZONE)
        + timedelta(days=1),
        **more,
    }
    bound = [bindparam(name, type_=UtcDateTime()) for name in moments if f":{name}" in sql]
    wanted = {name: getattr(cut, name) for name in cut.parameters()}
    given = {"park": park_id, **wanted, **{one.key: moments[one.key] for one in bound}}
    return list(db.session.execute(text(sql).bindparams(*bound), given))


def _moments(sql: str, *names: str, **given: Any) -> list[Row[Any]]:
    query = text(sql).columns(**{name: UtcDateTime() for name in names})
    return list(db.session.execute(query, given))


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
