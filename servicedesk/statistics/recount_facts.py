"""The recount of the facts (复核统计事实): each column from the ticket itself, in plain SQL.

Nothing here shares a line with the building. Working minutes are no matter of SQL: they are walked
through, span after span, for tickets chosen at random (all of them where there are few).
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import text

from servicedesk.calendars.queries import calendar
from servicedesk.core.worktime import Calendar
from servicedesk.database import UtcDateTime
from servicedesk.extensions import db

CHUNK = 50_000  # ticket numbers looked at by one statement
FEW = 500
STARTS, RUN = 10, 50
_LOCAL = {
    "sqlite": ("date({0}, '+8 hours')", "CAST(strftime('%H', {0}, '+8 hours') AS INTEGER)"),
    "postgresql": (
        "CAST({0} AT TIME ZONE 'Asia/Shanghai' AS DATE)",
        "CAST(extract(hour FROM {0} AT TIME ZONE 'Asia/Shanghai') AS INTEGER)",
    ),
}
_DELIVERED = "t.state = 'closed' AND t.resolved_at IS NOT NULL"
_OF = "FROM {0} x WHERE x.ticket_id = t.id"
_COLUMNS = {
    "park_id": "t.park_id",
    "item_id": "t.item_id",
    "unit_id": "t.unit_id",
    "handler_id": "coalesce(t.resolved_by_id, t.assignee_id)",
    "intake_by_id": "t.intake_by_id",
    "enterprise_id": "t.enterprise_id",
    "channel": "t.channel",
    "state": "t.state",
    "urgent": "t.urgent",
    "repeated": "(t.repeat_of_id IS NOT NULL)",
    "response_due_at": "t.response_due_at",
    "responded_at": "t.first_response_at",
    "ended_at": "t.closed_at",
    "answered": "(t.confirmed IS NOT NULL)",
    "solved": "coalesce(t.confirmed AND t.result = 'solved', false)",
    "followed": f"(t.followed_up_at IS NOT NULL OR EXISTS(SELECT 1 {_OF.format('follow_up_call')}"
    " AND x.result <> 'missed'))",
    "rating": "t.rating",
    "on_time": "coalesce(t.on_time, false)",
    "used_minutes": "t.used_minutes",
    "promised_minutes": "t.allowed_minutes",
    "returns": "t.returns",
    "extensions": f"(SELECT count(*) {_OF.format('extension')} AND x.verdict = 'approved')",
    "supplements": "t.supplements",
    "reopenings": f"(SELECT count(*) {_OF.format('reopening')} AND x.kind <> 'take_up')",
    "urges": "t.urges",
    "level": f"""coalesce((SELECT max(CAST(substr(x.step, 7) AS INTEGER)) {_OF.format('escalation')}
        AND x.step LIKE 'level%'), 0)""",
    "false_resolution": "t.false_resolution",
}  # fmt: skip
_WAITS = "EXISTS (SELECT 1 FROM fact_mark m WHERE m.ticket_id = t.id)"
_WRONG = """
    SELECT t.id, f.ticket_id IS NULL AS missing, t.state = 'merged' AS joined, {wrong} AS wrong
    FROM ticket t LEFT JOIN ticket_fact f ON f.ticket_id = t.id
    WHERE t.park_id = :park AND t.id >= :first AND t.id < :after AND NOT {waits}
        AND CASE WHEN t.state = 'merged' THEN f.ticket_id IS NOT NULL
            ELSE f.ticket_id IS NULL OR {wrong} <> '' END
    ORDER BY t.id"""
_ENDS = "SELECT min(id) AS first, max(id) AS last FROM ticket WHERE park_id = :park"
_AGAIN = """(SELECT min(x.at) FROM reopening x WHERE x.ticket_id = t.id AND x.kind = 'rework'
            AND EXISTS (SELECT 1 FROM rating y
                WHERE y.ticket_id = t.id AND y.level <= 2 AND y.at <= x.at))"""
_MINUTES = """
    SELECT t.id, t.submitted_at, t.first_response_at, t.statutory_due_at,
        t.used_minutes, t.limit_days, f.response_minutes, f.saved_minutes, f.rectified,
        f.delivered_on IS NOT NULL AS delivered,
        {again} AS again,
        (SELECT min(e.at) FROM ticket_event e WHERE e.ticket_id = t.id AND e.at > {again}
            AND e.kind IN ('resolve', 'resolve_with_problem')) AS mended
    FROM ticket t JOIN ticket_fact f ON f.ticket_id = t.id
    WHERE t.park_id = :park AND t.id >= :first AND NOT {waits} ORDER BY t.id LIMIT :run"""


def facts_differ(park_id: int, chance: Random) -> Iterator[str]:
    """Yield what is wrong with the facts; a ticket with a change that waits is passed over."""
    ends = db.session.execute(text(_ENDS), {"park": park_id}).one()
    if ends.first is None:
        return
    sql = _WRONG.format(wrong=_wrong(), waits=_WAITS)
    for first in range(ends.first, ends.last + 1, CHUNK):
        given = {"park": park_id, "first": first, "after": first + CHUNK}
        for row in db.session.execute(text(sql), given):
            yield f"fact of ticket {row.id}: {_fault(row)}"
    yield from _minutes_differ(park_id, ends.first, ends.last, chance)


def _fault(row: Any) -> str:
    if row.missing:
        return "missing"
    return "the ticket was joined into another" if row.joined else f"{row.wrong.strip()} differs"


def _wrong() -> str:
    """Return an expression for the names of the columns that are not what the ticket says."""
    day, hour = _LOCAL[db.engine.dialect.name]
    columns = _COLUMNS | {
        "submitted_on": day.format("t.submitted_at"),
        "submitted_hour": hour.format("t.submitted_at"),
        "delivered_on": f"CASE WHEN {_DELIVERED} THEN {day.format('t.resolved_at')} END",
    }
    return " || ".join(
        f"CASE WHEN f.{name} IS DISTINCT FROM {true} THEN '{name} ' ELSE '' END"
        for name, true in columns.items()
    )


def _minutes_differ(park_id: int, first: int, last: int, chance: Random) -> Iterator[str]:
    hours = calendar(park_id)
    starts, run = [first], FEW
    if last - first >= FEW:
        starts, run = [chance.randint(first, last) for _ in range(STARTS)], RUN
    moments = ("submitted_at", "first_response_at", "statutory_due_at", "again", "mended")
    query = text(_MINUTES.format(waits=_WAITS, again=_AGAIN)).columns(
        **{name: UtcDateTime() for name in moments}
    )
    for start in starts:
        given = {"park": park_id, "first": start, "run": run}
        for row in db.session.execute(query, given).mappings():
            true = {
                "response_minutes": _walked(hours, row["submitted_at"], row["first_response_at"]),
                "saved_minutes": _saved(hours, row),
                "rectified": _rectified(hours, row),
            }
            for name, value in true.items():
                if row[name] != value:
                    yield f"fact of ticket {row['id']}: {name} is {row[name]}, recounted {value}"


def _walked(hours: Calendar, start: datetime, end: datetime | None) -> int | None:
    if end is None:
        return None
    spans = hours.spans(start, end)
    return sum(int((close - opening).total_seconds()) // 60 for opening, close in spans)


def _saved(hours: Calendar, row: Any) -> int | None:
    allowed = _walked(hours, row["submitted_at"], row["statutory_due_at"])
    if allowed is None or row["used_minutes"] is None or not row["delivered"]:
        return None
    return allowed - int(row["used_minutes"])


def _rectified(hours: Calendar, row: Any) -> bool | None:
    """Count the working days from taking up again to the resolution; the first day is none of them."""
    bad, resolved, allowed = row["again"], row["mended"], row["limit_days"]
    if bad is None:
        return None
    if resolved is None:
        return False
    day = hours.local(resolved).date()
    used = hours.working_days_between(hours.local(hours.next_working_moment(bad)).date(), day)
    if used != allowed:
        return bool(used < allowed)
    return hours.is_working_day(day) and bool(resolved <= hours.end_of_day(day))
