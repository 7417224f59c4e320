"""Counting as a child would: every ticket in a loop, nothing of the product's statistics."""

from collections.abc import Iterator
from datetime import date, datetime
from math import ceil
from random import Random
from typing import Any

from sqlalchemy import func, select

from servicedesk.catalogue.models import ServiceItem
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.statistics.cutting import Cut, Dimension, Span
from servicedesk.tickets.children import Reopening
from servicedesk.tickets.models import Escalation, Extension, FollowUpCall, Rating, Ticket
from tests.support import SHANGHAI

BREAKDOWNS = tuple(
    one for one in Dimension if one not in (Dimension.MONTH, Dimension.WEEK, Dimension.DAY)
)
LEVELS = ("level_1", "level_2", "level_3")


def day_of(moment: datetime | None) -> date | None:
    """Return the local day."""
    return moment.astimezone(SHANGHAI).date() if moment else None


def values_of(ticket: Ticket) -> dict[str, Any]:
    """Return what a ticket may be cut by."""
    item = db.session.get_one(ServiceItem, ticket.item_id)
    firm = db.session.get_one(Enterprise, ticket.enterprise_id)
    unit = db.session.get_one(Unit, ticket.unit_id).code if ticket.unit_id else None
    return {
        "category": item.category_code, "item": item.code, "unit": unit, "channel": ticket.channel,
        "industry": firm.industry_code[:1], "scale": firm.scale, "area": firm.area,
        "person": ticket.resolved_by_id or ticket.assignee_id,
    }  # fmt: skip


def _within(ticket: Ticket, cut: Cut) -> bool:
    values = values_of(ticket)
    return all(str(values[name]) == value for name, value in cut.parameters().items())


def submitted(park_id: int, span: Span, cut: Cut) -> list[Ticket]:
    """Return the tickets submitted in the span."""
    found = db.session.scalars(select(Ticket).where(Ticket.park_id == park_id)).all()
    return [
        one for one in found
        if one.state != "merged" and span.start <= one.submitted_at.astimezone(SHANGHAI).date()
        <= span.end and _within(one, cut)
    ]  # fmt: skip


def delivered(park_id: int, span: Span, cut: Cut) -> list[Ticket]:
    """Return the tickets resolved in the span and closed."""
    found = db.session.scalars(select(Ticket).where(Ticket.park_id == park_id)).all()
    return [
        one for one in found
        if one.state == "closed" and (day := day_of(one.resolved_at)) is not None
        and span.start <= day <= span.end and _within(one, cut)
    ]  # fmt: skip


def _rows(model: Any, ticket: Ticket, *conditions: Any) -> int:
    query = select(func.count()).select_from(model).where(model.ticket_id == ticket.id, *conditions)
    return db.session.scalar(query) or 0


def _reworked(ticket: Ticket) -> bool:
    """Tell whether a bad rating was before one of its reworks."""
    bad = db.session.scalars(
        select(Rating.at).where(Rating.ticket_id == ticket.id, Rating.level <= 2)
    ).all()
    again = db.session.scalars(
        select(Reopening.at).where(Reopening.ticket_id == ticket.id, Reopening.kind == "rework")
    ).all()
    return any(rated <= at for rated in bad for at in again)


def _measured(one: Ticket, now: datetime) -> bool:
    return one.first_response_at is not None or one.response_due_at < (one.closed_at or now)


def of_submitted(tickets: list[Ticket], now: datetime) -> dict[str, int]:
    """Count the tickets submitted."""
    return {
        "submitted": len(tickets),
        "askers": len({one.enterprise_id for one in tickets}),
        "response_measured": sum(_measured(one, now) for one in tickets),
        "responded_in_time": sum(
            one.first_response_at is not None and one.first_response_at <= one.response_due_at
            for one in tickets
        ),
        "repeated": sum(one.repeat_of_id is not None for one in tickets),
        "urges": sum(one.urges for one in tickets),
    }


def of_delivered(tickets: list[Ticket]) -> dict[str, int]:
    """Count the tickets delivered."""
    levels = [_level(one) for one in tickets]
    return {
        "delivered": len(tickets),
        "served": len({one.enterprise_id for one in tickets}),
        "answered": sum(one.confirmed is not None for one in tickets),
        "confirmed": sum(bool(one.confirmed) and one.result == "solved" for one in tickets),
        "rated": sum(one.rating is not None for one in tickets),
        "rated_good": sum((one.rating or 0) >= 3 for one in tickets),
        "rated_bad": sum(_reworked(one) for one in tickets),
        "on_time": sum(bool(one.on_time) for one in tickets),
        "followed": sum(
            one.followed_up_at is not None
            or _rows(FollowUpCall, one, FollowUpCall.result != "missed") > 0
            for one in tickets
        ),
        "false_resolutions": sum(one.false_resolution for one in tickets),
        "returns": sum(one.returns for one in tickets),
        "supplements": sum(one.supplements for one in tickets),
        "extensions": sum(
            _rows(Extension, one, Extension.verdict == "approved") for one in tickets
        ),
        "reopenings": sum(_rows(Reopening, one, Reopening.kind != "take_up") for one in tickets),
        **{name: sum(level >= n for level in levels) for n, name in enumerate(LEVELS, 1)},
    }


def _level(ticket: Ticket) -> int:
    steps = select(Escalation.step).where(Escalation.ticket_id == ticket.id)
    fired = set(db.session.scalars(steps))
    return max((n for n, name in enumerate(LEVELS, 1) if name in fired), default=0)


def minutes(tickets: list[Ticket]) -> dict[str, int]:
    """Return median and P90 by nearest rank, and the mean, of the minutes used."""
    used = sorted(one.used_minutes for one in tickets if one.used_minutes is not None)
    if not used:
        return {}
    return {
        "median_minutes": used[ceil(len(used) / 2) - 1],
        "p90_minutes": used[ceil(len(used) * 9 / 10) - 1],
        "mean_minutes": round(sum(used) / len(used)),
    }


def by(tickets: list[Ticket], dimension: Dimension) -> dict[Any, list[Ticket]]:
    """Return the tickets by one of their values."""
    found: dict[Any, list[Ticket]] = {}
    for one in tickets:
        found.setdefault(values_of(one)[dimension], []).append(one)
    return found


def some_cuts(park_id: int, chance: Random, number: int) -> Iterator[Cut]:
    """Yield the whole, and cuts after the values of some ticket."""
    yield Cut()
    found = db.session.scalars(select(Ticket).where(Ticket.park_id == park_id)).all()
    for _ in range(number if found else 0):
        values = {k: v for k, v in values_of(chance.choice(found)).items() if v}
        names = chance.sample(sorted(values), min(len(values), chance.randint(1, 3)))
        yield Cut(**{name: values[name] for name in names})
