"""From tickets to facts (统计事实): what the figures need of each, and keeping it true.

Nothing but the ticket and its own rows goes into a fact, so it can be built again at any time. The
category of an item, the industry and the size of an enterprise are looked up when figures are cut:
when those change, no fact has to. A fact that becomes another one marks the months in which it
counted and counts, in the same transaction: no change of a ticket can miss the built counts.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, select

from servicedesk.calendars.queries import calendar
from servicedesk.core.workflow import BAD_RATING, State
from servicedesk.core.worktime import Calendar
from servicedesk.extensions import db
from servicedesk.organisation.models import Park
from servicedesk.statistics.fact_models import FactMark, TicketFact
from servicedesk.statistics.marks import mark_months
from servicedesk.tickets.children import Reopening
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import (
    Escalation,
    Extension,
    FollowUpCall,
    Rating,
    Ticket,
    TicketEvent,
)
from servicedesk.transaction import unit_of_work

BATCH = 1000
TICKET_COLUMNS = (
    Ticket.id, Ticket.park_id, Ticket.submitted_at, Ticket.resolved_at, Ticket.closed_at,
    Ticket.item_id, Ticket.unit_id, Ticket.assignee_id, Ticket.resolved_by_id, Ticket.intake_by_id,
    Ticket.enterprise_id, Ticket.channel, Ticket.state, Ticket.urgent, Ticket.repeat_of_id,
    Ticket.response_due_at, Ticket.first_response_at, Ticket.confirmed, Ticket.result,
    Ticket.followed_up_at, Ticket.rating, Ticket.on_time, Ticket.used_minutes,
    Ticket.allowed_minutes, Ticket.statutory_due_at, Ticket.returns, Ticket.supplements,
    Ticket.urges, Ticket.false_resolution, Ticket.limit_days,
)  # fmt: skip
Mend = tuple[datetime, datetime | None]
"""When a ticket was taken up again after a bad rating, and when it was resolved then."""
_LEVELS = {"level_1": 1, "level_2": 2, "level_3": 3}
# What the built counts of a month are counted from, by submission and by resolution.
_SUBMITTED = (
    "submitted_on", "item_id", "unit_id", "channel", "response_due_at", "responded_at", "ended_at",
)  # fmt: skip
_DELIVERED = (
    "delivered_on", "item_id", "unit_id", "channel", "enterprise_id", "answered", "solved",
    "rating", "on_time", "used_minutes", "promised_minutes",
)  # fmt: skip
Row = Mapping[str, Any]
_TABLE = TicketFact.metadata.tables["ticket_fact"]  # rows go by Core: the same columns for all


def build_facts(park_id: int) -> int:
    """Bring stale facts up to date, batch after batch; returns how many tickets were looked at."""
    count = 0
    while done := _build_some(park_id):
        count += done
    return count


def build_all_facts(park_id: int) -> int:
    """Build every fact of the park again, batch after batch; returns how many there are."""
    last, count = 0, 0
    while True:
        query = select(Ticket.id).where(Ticket.park_id == park_id, Ticket.id > last)
        numbers = db.session.scalars(query.order_by(Ticket.id).limit(BATCH)).all()
        if not numbers:
            return count
        replace(park_id, numbers)
        last, count = numbers[-1], count + len(numbers)


def stale(park_id: int) -> int:
    """Return how many changes are not in the facts yet."""
    query = select(func.count()).select_from(FactMark).where(FactMark.park_id == park_id)
    return db.session.scalar(query) or 0


@unit_of_work
def _build_some(park_id: int) -> int:
    """Exactly the marks that were read are deleted: a later change keeps its own."""
    _wait_for_others(park_id)
    marks = db.session.execute(
        select(FactMark.id, FactMark.ticket_id)
        .where(FactMark.park_id == park_id)
        .order_by(FactMark.id)
        .limit(BATCH)
    ).all()
    if marks:
        replace(park_id, {mark.ticket_id for mark in marks})
        db.session.execute(delete(FactMark).where(FactMark.id.in_([mark.id for mark in marks])))
    return len(marks)


def _wait_for_others(park_id: int) -> None:
    """Let one builder after the other write a park's facts: none may put an older one over a newer.

    SQLite has one writer anyhow. The lock lets everybody else refer to the park.
    """
    row = select(Park.id).where(Park.id == park_id)
    db.session.execute(row.with_for_update(key_share=True)).all()


@unit_of_work
def replace(park_id: int, numbers: Collection[int]) -> None:
    """Put the facts of these tickets in place of the former ones, as the tickets are now.

    What is the same stays untouched; the months of what is not are marked.
    """
    _wait_for_others(park_id)
    former = _stored(numbers)
    found = {row["ticket_id"]: row for row in facts_of(numbers)}
    changed = [key for key in former.keys() | found.keys() if former.get(key) != found.get(key)]
    gone = [key for key in changed if key in former]
    if gone:
        db.session.execute(delete(TicketFact).where(TicketFact.ticket_id.in_(gone)))
    rows = [found[key] for key in sorted(changed) if key in found]
    if rows:
        db.session.execute(insert(_TABLE), rows)
    pairs = ((former.get(key), found.get(key)) for key in changed)
    mark_months(park_id, {day for old, new in pairs for day in _touched(old, new)})


def _stored(numbers: Collection[int]) -> dict[int, Row]:
    query = select(_TABLE).where(TicketFact.ticket_id.in_(numbers))
    return {row["ticket_id"]: dict(row) for row in db.session.execute(query).mappings()}


def _touched(old: Row | None, new: Row | None) -> Iterator[date]:
    """Yield the days whose months count otherwise now than before."""
    for names in (_SUBMITTED, _DELIVERED):
        before, after = ([row[name] for name in names] if row else [None] for row in (old, new))
        if before != after:
            yield from (day for day in (before[0], after[0]) if day is not None)


def facts_of(numbers: Collection[int]) -> list[dict[str, Any]]:
    """Return the facts of tickets as rows: eight statements at most, however many tickets there are."""
    query = select(*TICKET_COLUMNS).where(Ticket.id.in_(numbers), Ticket.state != State.MERGED)
    tickets = db.session.execute(query.order_by(Ticket.id)).all()
    extensions = _counted(
        select(Extension.ticket_id, func.count()).where(Extension.verdict == "approved"), numbers
    )
    reopenings = _counted(
        select(Reopening.ticket_id, func.count()).where(Reopening.kind != "take_up"), numbers
    )
    called = _counted(
        select(FollowUpCall.ticket_id, func.count()).where(FollowUpCall.result != "missed"), numbers
    )
    levels, mended = _levels(numbers), _mended(numbers)
    hours = {park_id: calendar(park_id) for park_id in {ticket.park_id for ticket in tickets}}
    return [
        _fact(
            hours[ticket.park_id], ticket, extensions.get(ticket.id, 0), reopenings.get(ticket.id, 0),
            ticket.id in called, levels.get(ticket.id, 0), mended.get(ticket.id),
        )
        for ticket in tickets
    ]  # fmt: skip


def _counted(query: Select[int, int], numbers: Collection[int]) -> dict[int, int]:
    key = query.selected_columns[0]
    rows = db.session.execute(query.where(key.in_(numbers)).group_by(key))
    return {key: count for key, count in rows}  # noqa: C416 - rows are no pairs to the type checker


def _levels(numbers: Collection[int]) -> dict[int, int]:
    query = select(Escalation.ticket_id, func.max(Escalation.step)).where(
        Escalation.ticket_id.in_(numbers), Escalation.step.in_(list(_LEVELS))
    )
    rows = db.session.execute(query.group_by(Escalation.ticket_id))
    return {ticket_id: _LEVELS[step] for ticket_id, step in rows}


def _mended(numbers: Collection[int]) -> Mapping[int, Mend]:
    """Return when tickets were taken up again because of a bad rating, and resolved after that."""
    bad = exists().where(
        Rating.ticket_id == Reopening.ticket_id,
        Rating.level <= BAD_RATING,
        Rating.at <= Reopening.at,
    )
    query = select(Reopening.ticket_id, func.min(Reopening.at)).where(
        Reopening.ticket_id.in_(numbers), Reopening.kind == "rework", bad
    )
    begun = dict(iter(db.session.execute(query.group_by(Reopening.ticket_id))))
    if not begun:
        return {}
    ends = select(TicketEvent.ticket_id, TicketEvent.at).where(
        TicketEvent.ticket_id.in_(begun), TicketEvent.kind.in_(("resolve", "resolve_with_problem"))
    )
    found: dict[int, Mend] = {ticket_id: (at, None) for ticket_id, at in begun.items()}
    for ticket_id, at in db.session.execute(ends.order_by(TicketEvent.at.desc())):
        if at > begun[ticket_id]:
            found[ticket_id] = (begun[ticket_id], at)
    return found


def _fact(
    hours: Calendar,
    ticket: Any,
    extensions: int,
    reopenings: int,
    called: bool,
    level: int,
    mended: Mend | None,
) -> dict[str, Any]:
    submitted = ticket.submitted_at.astimezone(ZONE)
    delivered = ticket.state == State.CLOSED and ticket.resolved_at is not None
    return {
        "ticket_id": ticket.id,
        "park_id": ticket.park_id,
        "submitted_on": submitted.date(),
        "submitted_hour": submitted.hour,
        "delivered_on": ticket.resolved_at.astimezone(ZONE).date() if delivered else None,
        "item_id": ticket.item_id,
        "unit_id": ticket.unit_id,
        "handler_id": ticket.resolved_by_id or ticket.assignee_id,
        "intake_by_id": ticket.intake_by_id,
        "enterprise_id": ticket.enterprise_id,
        "channel": ticket.channel,
        "state": ticket.state,
        "urgent": ticket.urgent,
        "repeated": ticket.repeat_of_id is not None,
        "response_due_at": ticket.response_due_at,
        "responded_at": ticket.first_response_at,
        "ended_at": ticket.closed_at,
        "response_minutes": _minutes(hours, ticket.submitted_at, ticket.first_response_at),
        "answered": ticket.confirmed is not None,
        "solved": bool(ticket.confirmed) and ticket.result == "solved",
        "followed": called or ticket.followed_up_at is not None,
        "rating": ticket.rating,
        "on_time": bool(ticket.on_time),
        "used_minutes": ticket.used_minutes,
        "promised_minutes": ticket.allowed_minutes,
        "saved_minutes": _saved(hours, ticket) if delivered else None,
        "returns": ticket.returns,
        "extensions": extensions,
        "supplements": ticket.supplements,
        "reopenings": reopenings,
        "urges": ticket.urges,
        "level": level,
        "false_resolution": ticket.false_resolution,
        "rectified": _rectified(hours, ticket, mended),
    }


def _minutes(hours: Calendar, start: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(0, hours.between(start, end))


def _saved(hours: Calendar, ticket: Any) -> int | None:
    """Return the working minutes below the statutory limit; ``None`` where the law sets none."""
    if ticket.statutory_due_at is None or ticket.used_minutes is None:
        return None
    start = hours.deemed_receipt(ticket.submitted_at)
    return int(hours.between(start, ticket.statutory_due_at)) - int(ticket.used_minutes)


def _rectified(hours: Calendar, ticket: Any, mended: Mend | None) -> bool | None:
    """Tell whether what was taken up after a bad rating was put right in its days (国办发〔2019〕51号).

    ``limit_days`` is what taking up again has left of the promise (``clocks.restart``).
    """
    if mended is None:
        return None
    begun, ended = mended
    return ended is not None and bool(ended <= hours.due_after_days(begun, ticket.limit_days))
