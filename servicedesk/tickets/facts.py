"""Tickets as the statistics see them: small facts with their cuts, one statement a period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from servicedesk.catalogue.queries import items_by_id
from servicedesk.clock import clock
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.tickets.models import Ticket

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A ticket in the period in which it was submitted."""

    cuts: tuple[str, ...]
    response_measured: bool
    responded_in_time: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """A closed ticket in the period in which it was resolved; minutes are working minutes."""

    cuts: tuple[str, ...]
    enterprise_id: int
    answered: bool
    confirmed: bool
    rating: int | None
    on_time: bool
    used_minutes: int
    allowed_minutes: int


def period_bounds(period: str) -> tuple[datetime, datetime]:
    """Return the first moment of ``2024`` or ``2024-03`` and the first after it, local midnights."""
    year, month = int(period[:4]), int(period[5:] or 1)
    start = datetime(year, month, 1, tzinfo=ZONE)
    if len(period) == 4:
        end = datetime(year + 1, 1, 1, tzinfo=ZONE)
    else:
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE)
    return start.astimezone(UTC), end.astimezone(UTC)


def is_submitted_in(park_id: int, period: str) -> tuple[ColumnElement[bool], ...]:
    """The condition behind every figure that goes by the day of submission."""
    start, end = period_bounds(period)
    return (
        Ticket.park_id == park_id,
        Ticket.submitted_at >= start,
        Ticket.submitted_at < end,
        Ticket.state != State.MERGED,  # joined into another, with which it counts as one 件
    )


def is_delivered_in(park_id: int, period: str) -> tuple[ColumnElement[bool], ...]:
    """The condition behind every figure that goes by the day of resolution: 办结并归档."""
    start, end = period_bounds(period)
    return (
        Ticket.park_id == park_id,
        Ticket.resolved_at >= start,
        Ticket.resolved_at < end,
        Ticket.state == State.CLOSED,
    )


def submitted_between(park_id: int, period: str, now: datetime) -> Iterator[Submitted]:
    """Yield the tickets submitted in ``period``.

    A response is measured once it is there, or once its limit has passed: until ``now``, or until
    the ticket's end, for nobody owes an answer to what was withdrawn within the limit.
    """
    query = select(
        Ticket.item_id, Ticket.unit_id, Ticket.channel,
        Ticket.first_response_at, Ticket.response_due_at, Ticket.closed_at,
    ).where(*is_submitted_in(park_id, period))  # fmt: skip
    cuts = _Cuts(park_id)
    for row in db.session.execute(query.execution_options(yield_per=5000)):
        answered = row.first_response_at
        measured = answered is not None or row.response_due_at < (row.closed_at or now)
        in_time = answered is not None and answered <= row.response_due_at
        yield Submitted(cuts.of(row), measured, in_time)


def delivered_between(park_id: int, period: str) -> Iterator[Delivered]:
    """Yield the tickets delivered in ``period``."""
    query = select(
        Ticket.item_id, Ticket.unit_id, Ticket.channel, Ticket.enterprise_id, Ticket.confirmed,
        Ticket.rating, Ticket.on_time, Ticket.used_minutes, Ticket.allowed_minutes, Ticket.result,
    ).where(*is_delivered_in(park_id, period))  # fmt: skip
    cuts = _Cuts(park_id)
    for row in db.session.execute(query.execution_options(yield_per=5000)):
        yield Delivered(
            cuts.of(row),
            row.enterprise_id,
            row.confirmed is not None,
            bool(row.confirmed) and row.result == "solved",
            row.rating,
            bool(row.on_time),
            row.used_minutes or 0,
            row.allowed_minutes,
        )


def months_of_missed_responses(park_id: int, since: datetime, until: datetime) -> set[str]:
    """Return the months of open tickets whose response limit passed unanswered in this span.

    Only time has changed their figures, so nothing has marked them.
    """
    query = select(Ticket.submitted_at).where(
        Ticket.park_id == park_id,
        Ticket.state == State.SUBMITTED,
        Ticket.first_response_at.is_(None),
        Ticket.response_due_at >= since,
        Ticket.response_due_at < until,
    )
    return {f"{moment.astimezone(ZONE):%Y-%m}" for moment in db.session.scalars(query)}


def months_with_tickets(park_id: int) -> list[str]:
    """Return every month from the first ticket to now."""
    first = db.session.scalar(
        select(func.min(Ticket.submitted_at)).where(Ticket.park_id == park_id)
    )
    if first is None:
        return []
    start, end = first.astimezone(ZONE), clock.now().astimezone(ZONE)
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in months]


class _Cuts:
    """Turns a row into the cuts that it counts under; few combinations, so each is made once."""

    def __init__(self, park_id: int) -> None:
        self._items = items_by_id(park_id)
        self._units = {unit.id: unit.code for unit in units(park_id)}
        self._made: dict[tuple[int, int | None, str], tuple[str, ...]] = {}

    def of(self, row: Any) -> tuple[str, ...]:
        key = (row.item_id, row.unit_id, row.channel)
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(self, item_id: int, unit_id: int | None, channel: str) -> tuple[str, ...]:
        item = self._items[item_id]
        cuts = ["all", f"category:{item.category_code}", f"item:{item.code}"]
        if unit_id is not None:
            cuts.append(f"unit:{self._units[unit_id]}")
        return (*cuts, f"channel:{channel}")
