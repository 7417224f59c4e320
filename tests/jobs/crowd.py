"""Many open tickets of every kind, written past the actions, and an independent reckoning of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Table, insert, select, text

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Limit, Pause, Timetable, timetable
from servicedesk.core.worktime import Calendar
from servicedesk.database import Base
from servicedesk.extensions import db
from servicedesk.tickets.children import SupplementRequest, SupportTask
from servicedesk.tickets.models import Escalation, PauseSpan, Ticket
from servicedesk.transaction import writing
from tests.support import Town

Row = dict[str, Any]
KINDS = (
    "plain", "plain", "plain", "paused", "standing", "overdue", "new", "sent", "urgent", "carried",
    "extended", "supported", "resolved", "followed", "bad", "closed",
)  # fmt: skip
LATE = 60  # working minutes after the due time, at which an overdue ticket's level 1 has not come


@dataclass(frozen=True)
class Member:
    """One ticket of the crowd: its row and what hangs on it."""

    kind: str
    row: Row
    pauses: tuple[Pause, ...] = ()


def fill(town: Town, count: int, seed: int = 1) -> None:
    """Write ``count`` tickets, most of them running, that the present calendar has reckoned."""
    chance, base = Random(seed), _template(town)
    hours, now = calendar(town.park_id), clock.now()
    plan = (_member(base, number, chance, hours, now) for number in range(1, count + 1))
    while batch := list(islice(plan, 5000)):
        with writing():
            _insert(Ticket, [member.row for member in batch])
            for model, rows in _children(batch, now).items():
                _insert(model, rows)
    with writing():
        if db.engine.dialect.name == "postgresql":
            last = text("SELECT setval('ticket_id_seq', (SELECT max(id) FROM ticket))")
            db.session.execute(last)


def _template(town: Town) -> Row:
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    found = db.session.execute(select(_table(Ticket)).where(_table(Ticket).c.id == ticket.id))
    return dict(found.mappings().one())


def _member(base: Row, number: int, chance: Random, hours: Calendar, now: datetime) -> Member:
    kind = KINDS[number % len(KINDS)]
    row = base | {
        "id": base["id"] + number, "number": f"ZL-{number:08d}", "limit_days": chance.choice((5, 10, 20)),
    }  # fmt: skip
    begun = now - timedelta(minutes=chance.randrange(3 * 1440))
    row |= dict.fromkeys(("submitted_at", "clock_started_at"), begun)
    row |= _KINDS.get(kind, _nothing)(begun, now)
    if kind == "overdue":
        row |= {"limit_days": 1}
        long_ago = hours.subtract(now, 3 * 420 - LATE)
        row |= dict.fromkeys(("submitted_at", "clock_started_at"), long_ago)
    row["response_due_at"] = hours.due_after_days(row["submitted_at"], 1)
    for name, since, days in (
        ("sign_due_at", "dispatched_at", 1), ("follow_up_due_at", "resolved_at", 1),
        ("rating_due_at", "followed_up_at", 5), ("contact_due_at", "rated_at", 1),
    ):  # fmt: skip
        row[name] = hours.due_after_days(row[since], days) if row[since] else None
    pauses = _pauses(kind, begun, now)
    member = Member(kind, row, pauses)
    running = fresh(row, pauses, hours)
    fired = {"warn", "overdue"} if kind == "overdue" else set()
    row |= times(running, fired)
    if kind in ("resolved", "followed", "bad", "closed"):
        row |= {"next_alarm_at": None, "next_alarm": None, "on_time": True}
    return member


def _nothing(begun: datetime, now: datetime) -> Row:
    return {}


_KINDS = {
    "new": lambda begun, now: {
        "state": "submitted", "first_response_at": None, "dispatched_at": None,
    },
    "sent": lambda begun, now: {"state": "dispatched", "dispatched_at": now, "signed_at": None},
    "urgent": lambda begun, now: {"urgent": True, "leg_from": now},
    "carried": lambda begun, now: {
        "carried": True, "leg_from": begun, "leg_until": (now + timedelta(days=9)).date(),
    },
    "extended": lambda begun, now: {"extra_days": 3, "extensions": 1},
    "standing": lambda begun, now: {"state": "awaiting_enterprise", "supplements": 1},
    "supported": lambda begun, now: {"supports": 1, "support_waiting": 1},
    "resolved": lambda begun, now: {"state": "resolved", "resolved_at": now, "used_minutes": 5},
    "followed": lambda begun, now: {
        "state": "followed_up", "resolved_at": now, "followed_up_at": now, "used_minutes": 5,
    },
    "bad": lambda begun, now: {
        "state": "rated", "resolved_at": now, "followed_up_at": now, "rated_at": now, "rating": 1,
    },
    "closed": lambda begun, now: {
        "state": "closed", "resolved_at": now, "closed_at": now, "used_minutes": 5,
    },
}  # fmt: skip


def _pauses(kind: str, begun: datetime, now: datetime) -> tuple[Pause, ...]:
    if kind == "paused":
        return (Pause(begun + (now - begun) / 3, begun + (now - begun) / 2),)
    return (Pause(now),) if kind == "standing" else ()


def fresh(row: Row, pauses: tuple[Pause, ...], hours: Calendar) -> Timetable | None:
    """Reckon a member anew, straight from the pure rules and without anything that the product keeps."""
    ladder, level = (1, 3, 5), 2 if row["urgent"] else 1
    if row["carried"]:
        limit = Limit(0, until=row["leg_until"])
    elif row["urgent"]:
        limit = Limit(1)
    else:
        limit = Limit(row["limit_days"], row["extra_days"])
    begun = row["leg_from"] or row["clock_started_at"]
    return timetable(hours, begun, limit, pauses, ladder, 80, level)


def times(running: Timetable | None, fired: set[str]) -> Row:
    """Return the columns that a timetable fills."""
    if running is None:
        return dict.fromkeys(("due_at", "warn_at", "next_alarm_at", "next_alarm"))
    alarm = running.next_alarm(fired)
    return {
        "due_at": running.due, "warn_at": running.warn,
        "next_alarm_at": alarm.at if alarm else None, "next_alarm": alarm.step if alarm else None,
    }  # fmt: skip


def _children(batch: list[Member], now: datetime) -> dict[type[Base], list[Row]]:
    rows: dict[type[Base], list[Row]] = {
        PauseSpan: [], Escalation: [], SupplementRequest: [], SupportTask: [],
    }  # fmt: skip
    hours = calendar(batch[0].row["park_id"])
    for member in batch:
        ticket = {"ticket_id": member.row["id"]}
        rows[PauseSpan] += [
            ticket | {"reason": "待企业补充", "started_at": span.start, "ended_at": span.end}
            for span in member.pauses
        ]
        if member.kind == "overdue":
            due = member.row["due_at"]
            moments = {"due_at": due, "planned_at": due, "fired_at": due, "late_minutes": 0}
            rows[Escalation] += [ticket | moments | {"step": one} for one in ("warn", "overdue")]
        if member.kind == "standing":
            rows[SupplementRequest].append(ticket | _request(hours, now))
        if member.kind == "supported":
            rows[SupportTask].append(ticket | _task(hours, now, member.row["unit_id"]))
    return rows


def _request(hours: Calendar, now: datetime) -> Row:
    return {
        "request": "补材料", "asked_at": now, "verdict": "approved", "sent_at": now,
        "answer_due_at": hours.due_after_days(now, 10), "reminders": 0,
        "next_reminder_at": hours.due_after_days(now, 2),
    }  # fmt: skip


def _task(hours: Calendar, now: datetime, unit_id: int) -> Row:
    running = timetable(hours, now, Limit(3))
    assert running is not None
    return {
        "unit_id": unit_id + 1, "request": "现场核实", "asked_at": now, "state": "waiting",
        "answer": "", "warn_at": running.warn, "due_at": running.due,
    }  # fmt: skip


def snapshot(*columns: str) -> Iterator[Row]:
    """Yield the crowd's tickets, oldest first."""
    query = select(_table(Ticket)).where(Ticket.number.like("ZL-%")).order_by(Ticket.id)
    for row in db.session.execute(query.execution_options(yield_per=5000)).mappings():
        yield {name: row[name] for name in columns} if columns else dict(row)


def kind_of(row: Row) -> str:
    """Return what kind of member a row is."""
    return KINDS[int(row["number"][3:]) % len(KINDS)]


def pauses_by_ticket() -> dict[int, tuple[Pause, ...]]:
    """Return every pause of the crowd."""
    found: dict[int, tuple[Pause, ...]] = {}
    for span in db.session.execute(
        select(PauseSpan.ticket_id, PauseSpan.started_at, PauseSpan.ended_at)
    ):
        pause = Pause(span.started_at, span.ended_at)
        found[span.ticket_id] = (*found.get(span.ticket_id, ()), pause)
    return found


def _insert(model: type[Base], rows: list[Row]) -> None:
    if rows:
        db.session.execute(insert(_table(model)), rows)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
