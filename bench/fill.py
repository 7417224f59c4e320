"""Filling our tables with the stories, past the actions, by COPY: material to measure with.

What hangs on a ticket in a real installation hangs on these, too: the timeline, the call, the
rating, the notice of the desk, the search terms; the counts are built by the product's own code.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table

from bench.copying import Connection, copy, settle
from bench.stories import COURSE, Event, Story, stories
from servicedesk.catalogue.queries import items
from servicedesk.core.enterprises import AREAS as known_areas
from servicedesk.core.identifiers import ticket_number, valid_credit_code
from servicedesk.core.textsearch import index_terms
from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.notifications.models import Notice
from servicedesk.organisation.queries import default_park, units
from servicedesk.routing.models import DispatchRecord
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Escalation, FollowUpCall, Rating, Ticket, TicketEvent

STATES: Mapping[str, State] = {
    "submit": State.SUBMITTED,
    "accept": State.ACCEPTED,
    "dispatch": State.DISPATCHED,
    "sign": State.IN_PROGRESS,
    "message": State.IN_PROGRESS,
    "resolve": State.RESOLVED,
    "confirm": State.RESOLVED,
    "rate": State.RATED,
    "close": State.CLOSED,
}
CHANNELS = ("portal", "portal", "portal", "visit", "phone", "counter", "12345")
INDUSTRIES = ("C3841", "C2651", "F5179", "I6513", "G5821", "")
SCALES = ("large", "medium", "small", "micro", "")
AREAS = (*list(known_areas)[:3], "")
NOT_READ = 20
PER_ENTERPRISE = 200
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Town:
    """The row numbers that the tickets refer to; ``officers`` is one person for each unit."""

    park_id: int
    desk_id: int
    requester_id: int
    units: Sequence[int]
    officers: Sequence[int]
    items: Sequence[tuple[int, int, bool, str]]
    enterprises: Sequence[tuple[int, str]]


def town(desk_id: int, requester_id: int, officers: Sequence[int], tickets: int) -> Town:
    """Return what is there, and the enterprises that ``enterprises`` is to write."""
    park = default_park()
    return Town(
        park.id, desk_id, requester_id, [unit.id for unit in units(park.id)], officers,
        [(i.id, i.promised_days, i.confidential, i.search_text) for i in items(park.id)],
        [(1000 + n, f"鹤城第{n}精密制造有限公司") for n in range(1, max(1, tickets // PER_ENTERPRISE) + 1)],
    )  # fmt: skip


def fill(connection: Connection, there: Town, tickets: int, now: datetime) -> None:
    """Write everything, bring the indexes up and let the server know what it holds."""

    def each(make: Callable[[Town, Story], Iterator[Row]]) -> Iterator[Row]:
        return itertools.chain.from_iterable(make(there, story) for story in stories(tickets, now))

    _write(connection, Enterprise.__table__, _enterprises(there, now))
    _write(connection, Ticket.__table__, each(_ticket))
    _write(connection, TicketEvent.__table__, each(_events))
    _write(connection, FollowUpCall.__table__, each(_calls))
    _write(connection, Rating.__table__, each(_ratings))
    _write(connection, DispatchRecord.__table__, each(_dispatches))
    _write(connection, Escalation.__table__, each(_escalations))
    _write(connection, Notice.__table__, _notices(there, tickets, now))
    _fill_search(connection, each(_terms))
    connection.execute("SELECT setval('ticket_id_seq', (SELECT max(id) FROM ticket))")
    settle(connection)


def _write(connection: Connection, table: Any, rows: Iterator[Row]) -> None:
    """Copy rows; columns that they do not name get the model's own default."""
    assert isinstance(table, Table)
    first = next(rows, None)
    if first is None:
        return
    named = {**_defaults(table), **first}
    columns = [column.name for column in table.columns if column.name in named]
    everything = itertools.chain([first], rows)
    defaults = [named.get(column) if column not in first else None for column in columns]
    places = list(zip(columns, defaults, strict=True))
    copy(
        connection, table.name, columns,
        ([_plain(row.get(name, default)) for name, default in places] for row in everything),
    )  # fmt: skip


def _defaults(table: Table) -> Row:
    found: Row = {}
    for column in table.columns:
        default: Any = column.default
        if default is not None and default.is_scalar:
            found[column.name] = default.arg
    return found


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _enterprises(there: Town, now: datetime) -> Iterator[Row]:
    for number, (row, name) in enumerate(there.enterprises, 1):
        code = valid_credit_code("431202", f"MA4Y{number:05d}")
        yield {
            "id": row, "park_id": there.park_id, "name": name, "credit_code": code,
            "standing": "confirmed", "contact": "李工", "phone": "13800138000",
            "address": "鹤城高新区", "created_at": now,
            "industry_code": INDUSTRIES[number % len(INDUSTRIES)],
            "scale": SCALES[number % len(SCALES)], "area": AREAS[number % len(AREAS)],
        }  # fmt: skip


def _number(story: Story) -> str:
    day = story.events[0].at.astimezone(ZONE).date()
    return ticket_number(day, story.number % 100_000)


def _ticket(there: Town, story: Story) -> Iterator[Row]:
    item_id, days, confidential, _ = there.items[story.number % len(there.items)]
    place, submitted = story.number % len(there.units), story.events[0].at
    due = submitted + timedelta(days=days + 2)
    resolved = story.at("resolve")
    dispatched = story.at("dispatch")
    yield {
        "id": story.number, "park_id": there.park_id, "number": _number(story),
        "enterprise_id": _enterprise(there, story)[0], "item_id": item_id,
        "requester_id": there.requester_id, "filed_by_id": there.requester_id,
        "channel": CHANNELS[story.number % len(CHANNELS)],
        "title": story.title, "description": story.text, "answers": {}, "contact": "李工",
        "phone": "13800138000", "confidential": confidential,
        "state": STATES[story.events[-1].kind].value,
        "intake_by_id": there.desk_id if story.at("accept") else None,
        "unit_id": there.units[place] if dispatched else None,
        "assignee_id": there.officers[place] if story.at("sign") else None,
        "resolved_by_id": there.officers[place] if resolved else None,
        "submitted_at": submitted, "clock_started_at": submitted,
        "first_response_at": story.at("accept"), "response_due_at": submitted + timedelta(days=1),
        "accepted_at": story.at("accept"), "dispatched_at": dispatched,
        "sign_due_at": dispatched, "signed_at": story.at("sign"), "resolved_at": resolved,
        "followed_up_at": story.at("confirm"), "rated_at": story.at("rate"),
        "closed_at": story.at("close"), "limit_days": days,
        "due_at": due, "promised_due_at": due, "warn_at": submitted + (due - submitted) * 0.8,
        "allowed_minutes": days * 420, "used_minutes": 700 + story.number % 900 if resolved else None,
        "on_time": resolved <= due if resolved else None, "calendar_version": 1,
        "result": "solved" if resolved else None,
        "resolution": "手续已经办好，证照由专人送到企业。" if resolved else None,
        "confirmed": True if story.at("confirm") else None,
        "rating": _level(story) if story.at("rate") else None,
        "steps": len(story.events) - 1, "version": len(story.events),
    }  # fmt: skip


def _enterprise(there: Town, story: Story) -> tuple[int, str]:
    return there.enterprises[story.number % len(there.enterprises)]


def _level(story: Story) -> int:
    return (5, 5, 5, 4, 4, 3, 5, 5, 2, 5)[story.number % 10]


def _events(there: Town, story: Story) -> Iterator[Row]:
    officer = there.officers[story.number % len(there.officers)]
    for version, event in enumerate(story.events, 1):
        yield {
            "ticket_id": story.number, "at": event.at, "kind": event.kind, "version": version,
            "actor_id": officer, "actor_name": "承办人", "actor_role": "officer", "shown": True,
            "text": event.text if event.kind == "message" else "", "data": _data(event),
        }  # fmt: skip


def _data(event: Event) -> dict[str, str]:
    if event.kind == "submit":
        return {"channel": "portal"}
    if event.kind == "resolve":
        return {"result": "solved", "resolution": event.text}
    return {} if event.kind == "message" else {"note": event.text}


def _dispatches(there: Town, story: Story) -> Iterator[Row]:
    """Every fortieth ticket was returned once, by the unit before its own."""
    at = story.at("dispatch")
    if at is None:
        return
    place = story.number % len(there.units)
    common = {
        "park_id": there.park_id, "ticket_id": story.number, "area": "", "by_id": there.desk_id,
        "item_id": there.items[story.number % len(there.items)][0], "at": at, "ruled": False,
    }  # fmt: skip
    if story.number % 40 == 0:
        yield {
            **common, "unit_id": there.units[place - 1], "outcome": "returned",
            "return_code": "not_ours", "ended_at": at,
        }  # fmt: skip
    outcome = "signed" if story.at("sign") else "waiting"
    yield {
        **common, "unit_id": there.units[place], "outcome": outcome, "return_code": "",
        "ended_at": story.at("sign"),
    }  # fmt: skip


def _escalations(there: Town, story: Story) -> Iterator[Row]:
    """Every twentieth ticket reached the first level of the ladder, every hundredth the second, too."""
    due = story.events[0].at + timedelta(days=4)
    for step, every in (("level_1", 20), ("level_2", 100)):
        if story.number % every == 0:
            yield {
                "ticket_id": story.number, "step": step, "due_at": due, "planned_at": due,
                "fired_at": due, "late_minutes": 0,
            }  # fmt: skip


def _calls(there: Town, story: Story) -> Iterator[Row]:
    if at := story.at("confirm"):
        yield {
            "ticket_id": story.number, "round": 0, "result": "reached", "note": "企业确认已办好",
            "caller_id": there.desk_id, "day": at.date(), "at": at,
        }  # fmt: skip


def _ratings(there: Town, story: Story) -> Iterator[Row]:
    if at := story.at("rate"):
        yield {
            "ticket_id": story.number, "round": 0, "level": _level(story), "reasons": [],
            "comment": "", "by_id": there.requester_id, "at": at,
        }  # fmt: skip


def _notices(there: Town, tickets: int, now: datetime) -> Iterator[Row]:
    for story in stories(tickets, now):
        at = story.events[0].at
        yield {
            "user_id": there.desk_id, "ticket_id": story.number, "text": "收到新的工单，请受理。",
            "detail": story.title, "dedup_key": f"ticket:{story.number}:submit:{there.desk_id}",
            "created_at": at, "visible_at": at,
            "read_at": at if story.number <= tickets - NOT_READ else None,
        }  # fmt: skip


def _terms(there: Town, story: Story) -> Iterator[Row]:
    _, _, confidential, item_text = there.items[story.number % len(there.items)]
    words = [] if confidential else [story.title, story.text]
    number = _number(story)
    texts = [number, number.replace("-", ""), *words, item_text, _enterprise(there, story)[1]]
    terms = " ".join(f"'{term}'" for term in index_terms(" ".join(texts)))
    yield {"ticket_id": story.number, "terms": terms}


def _fill_search(connection: Connection, rows: Iterator[Row]) -> None:
    """Write the search terms with their index taken off, and put it on again."""
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'ticket_search'"
    found = [row for row in connection.execute(query) if " gin " in row[1]]
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}".encode())
    pairs = ((row["ticket_id"], row["terms"]) for row in rows)
    copy(connection, "ticket_search", ("ticket_id", "terms"), pairs)
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in found:
        connection.execute(definition)


assert set(STATES) == set(COURSE)
