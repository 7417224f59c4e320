"""The recount of the facts (复核统计事实): each column from the ticket itself, in plain SQL.

Nothing here shares a line with the building. Working minutes are no matter of SQL: they are walked
through, span after span, for tickets chosen at random (all of them where there are few).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import text

from servicedesk.calendars.queries import calendar
from servicedesk.core.standing import NEVER, STATE_CODES
from servicedesk.core.tallies import NONE
from servicedesk.core.worktime import Calendar
from servicedesk.database import UtcDateTime
from servicedesk.extensions import db
from servicedesk.statistics.fact_columns import CHANNEL_NAMES
from servicedesk.statistics.store import stored_facts

CHUNK = 10_000  # ticket numbers looked at by one statement
FEW = 500
STARTS, RUN = 10, 50
_LOCAL = {
    "sqlite": (
        "CAST(julianday(date({0}, '+8 hours')) - 1721424.5 AS INTEGER)",
        "CAST(strftime('%H', {0}, '+8 hours') AS INTEGER)",
        "CAST(strftime('%s', {0}) AS INTEGER)",
    ),
    "postgresql": (
        "(CAST({0} AT TIME ZONE 'Asia/Shanghai' AS DATE) - DATE '0001-01-01' + 1)",
        "CAST(extract(hour FROM {0} AT TIME ZONE 'Asia/Shanghai') AS INTEGER)",
        "CAST(floor(extract(epoch FROM {0})) AS BIGINT)",
    ),
}
"""The local day as its number since the first of year 1, the local hour, the seconds since 1970."""
STATE_NAMES = {code: name for name, code in STATE_CODES.items()}
_OF = "FROM {0} x WHERE x.ticket_id = t.id"
_COLUMNS = {
    "item_id": "t.item_id",
    "unit_id": "coalesce(t.unit_id, -1)",
    "handler_id": "coalesce(t.resolved_by_id, t.assignee_id, -1)",
    "enterprise_id": "t.enterprise_id",
    "channel": "t.channel",
    "urgent": "t.urgent",
    "repeated": "(t.repeat_of_id IS NOT NULL)",
    "response": """CASE WHEN t.first_response_at IS NULL THEN
        CASE WHEN t.closed_at IS NULL THEN 3 WHEN t.response_due_at < t.closed_at THEN 2 ELSE 0 END
        WHEN t.first_response_at > t.response_due_at THEN 2 ELSE 1 END""",
    "answered": "(t.confirmed IS NOT NULL)",
    "solved": "coalesce(t.confirmed AND t.result = 'solved', false)",
    "followed": f"(t.followed_up_at IS NOT NULL OR EXISTS(SELECT 1 {_OF.format('follow_up_call')}"
    " AND x.result <> 'missed'))",
    "rating": "coalesce(t.rating, -1)",
    "on_time": "coalesce(t.on_time, false)",
    "used_minutes": "coalesce(t.used_minutes, -1)",
    "promised_minutes": "t.allowed_minutes",
    "returns": "t.returns",
    "extensions": f"(SELECT count(*) {_OF.format('extension')} AND x.verdict = 'approved')",
    "supplements": "t.supplements",
    "reopenings": f"(SELECT count(*) {_OF.format('reopening')} AND x.kind <> 'take_up')",
    "urges": "t.urges",
    "level": f"""coalesce((SELECT max(CAST(substr(x.step, 7) AS INTEGER)) {_OF.format('escalation')}
        AND x.step LIKE 'level%'), 0)""",
    "false_resolution": "t.false_resolution",
    "open": "(t.closed_at IS NULL)",
    "state": "t.state",
    "reached": """CASE WHEN t.accepted_at IS NULL THEN 0 ELSE 1 END
        + CASE WHEN t.dispatched_at IS NULL THEN 0 ELSE 2 END
        + CASE WHEN t.signed_at IS NULL THEN 0 ELSE 4 END
        + CASE WHEN t.resolved_at IS NULL THEN 0 ELSE 8 END
        + CASE WHEN coalesce(t.confirmed, false) THEN 16 ELSE 0 END""",
    "ladder": "t.ladder_level",
}  # fmt: skip
_DATED = {
    "submitted_on": (0, "t.submitted_at", "true", 0),
    "submitted_hour": (1, "t.submitted_at", "true", 0),
    "response_due": (2, "t.response_due_at", "true", 0),
    "delivered_on": (0, "t.resolved_at", "t.state = 'closed'", 0),
    "settling_on": (0, "t.resolved_at", "t.state IN ('resolved', 'followed_up', 'rated')", 0),
    "due_at": (2, "t.due_at", "true", NEVER),
    "contact_due": (2, "t.contact_due_at", "t.called_back_at IS NULL", NEVER),
}
"""What kind of :data:`_LOCAL` a column is, of which moment, when, and what it is otherwise."""
_WAITS = "EXISTS (SELECT 1 FROM fact_mark m WHERE m.ticket_id = t.id)"
_TRUE = """
    SELECT t.id, t.state = 'merged' AS joined, {waits} AS waits, {columns} FROM ticket t
    WHERE t.park_id = :park AND t.id >= :first AND t.id < :after ORDER BY t.id"""
_ENDS = "SELECT min(id) AS first, max(id) AS last FROM ticket WHERE park_id = :park"
_AGAIN = """(SELECT min(x.at) FROM reopening x WHERE x.ticket_id = t.id AND x.kind = 'rework'
            AND EXISTS (SELECT 1 FROM rating y
                WHERE y.ticket_id = t.id AND y.level <= 2 AND y.at <= x.at))"""
_MINUTES = """
    SELECT t.id, t.submitted_at, t.first_response_at, t.statutory_due_at,
        t.used_minutes, t.limit_days, t.state = 'closed' AND t.resolved_at IS NOT NULL AS delivered,
        {again} AS again,
        (SELECT min(e.at) FROM ticket_event e WHERE e.ticket_id = t.id AND e.at > {again}
            AND e.kind IN ('resolve', 'resolve_with_problem')) AS mended
    FROM ticket t WHERE t.park_id = :park AND t.id >= :first AND t.state <> 'merged' AND NOT {waits}
    ORDER BY t.id LIMIT :run"""
Fact = Mapping[str, Any]


def facts_differ(park_id: int, chance: Random) -> Iterator[str]:
    """Yield what is wrong with the facts; a ticket with a change that waits is passed over."""
    ends = db.session.execute(text(_ENDS), {"park": park_id}).one()
    stored = _Stored(park_id)
    if ends.first is not None:
        for first in range(ends.first, ends.last + 1, CHUNK):
            yield from _chunk_differs(park_id, first, stored)
        yield from _minutes_differ(park_id, ends.first, ends.last, stored, chance)
    yield from (f"fact of ticket {number}: there is no such ticket" for number in stored.left)


class _Stored:
    """The stored facts by their tickets; ``left`` are those that nobody has asked for."""

    def __init__(self, park_id: int) -> None:
        self._facts = stored_facts(park_id)
        self._places = {n: place for place, n in enumerate(self._facts["ticket_id"].tolist())}
        self.left = set(self._places)

    def of(self, ticket_id: int) -> Fact | None:
        """Return the fact of a ticket in plain values; channels and states by their names."""
        self.left.discard(ticket_id)
        place = self._places.get(ticket_id)
        if place is None:
            return None
        fact = dict(zip(self._facts.dtype.names or (), self._facts[place].item(), strict=True))
        state = STATE_NAMES.get(fact["state"])
        return {**fact, "channel": CHANNEL_NAMES.get(fact["channel"]), "state": state}


def _chunk_differs(park_id: int, first: int, stored: _Stored) -> Iterator[str]:
    local = _LOCAL[db.engine.dialect.name]
    columns = _COLUMNS | {
        name: f"CASE WHEN {when} THEN coalesce({local[kind].format(moment)}, {none}) ELSE {none} END"
        for name, (kind, moment, when, none) in _DATED.items()
    }
    sql = _TRUE.format(
        waits=_WAITS, columns=", ".join(f"{true} AS {name}" for name, true in columns.items())
    )
    given = {"park": park_id, "first": first, "after": first + CHUNK}
    for row in db.session.execute(text(sql), given).mappings():
        fact = stored.of(row["id"])
        if row["waits"]:
            continue
        if fault := _fault(row, fact, list(columns)):
            yield f"fact of ticket {row['id']}: {fault}"


def _fault(row: Any, fact: Fact | None, names: list[str]) -> str:
    if row["joined"]:
        return "the ticket was joined into another" if fact is not None else ""
    if fact is None:
        return "missing"
    wrong = [name for name in names if fact[name] != row[name]]
    return f"{' '.join(wrong)} differs" if wrong else ""


def _minutes_differ(
    park_id: int, first: int, last: int, stored: _Stored, chance: Random
) -> Iterator[str]:
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
            fact = stored.of(row["id"])
            if fact is None:
                continue
            saved = _saved(hours, row)
            response = _walked(hours, row["submitted_at"], row["first_response_at"])
            true = {
                "response_minutes": NONE if response is None else response,
                "limited_by_law": saved is not None,
                "saved_minutes": saved or 0,
                "rectified": _rectified(hours, row),
            }
            for name, value in true.items():
                if fact[name] != value:
                    yield f"fact of ticket {row['id']}: {name} is {fact[name]}, recounted {value}"


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


def _rectified(hours: Calendar, row: Any) -> int:
    """Count the working days from taking up again to the resolution; the first day is none of them."""
    bad, resolved, allowed = row["again"], row["mended"], row["limit_days"]
    if bad is None:
        return NONE
    if resolved is None:
        return 0
    day = hours.local(resolved).date()
    used = hours.working_days_between(hours.local(hours.next_working_moment(bad)).date(), day)
    if used != allowed:
        return int(used < allowed)
    return int(hours.is_working_day(day) and resolved <= hours.end_of_day(day))
