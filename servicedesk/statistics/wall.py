"""What the hall's screen shows (大屏): numbers and names of items, and nothing of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY, Figure
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import unit_by_code
from servicedesk.statistics.counts import span_of, value_of
from servicedesk.statistics.cutting import Numbers, numbers
from servicedesk.statistics.facts import built_at
from servicedesk.statistics.now import Now, open_by_unit
from servicedesk.statistics.reach import own_cut
from servicedesk.tickets.models import Ticket

NEWEST = 3
LOOKED_AT = 20  # of the latest, to find three that are nobody's secret
OF_YEAR = ("served", "on_time_rate", "satisfaction_rate")
OF_MONTH = ("submitted", "delivered")


@dataclass(frozen=True, slots=True)
class Number:
    """One big number; a rate that nothing was measured for has none."""

    figure: Figure
    value: float | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A matter that was closed: what it was about, and on which day."""

    item: ServiceItem
    on: date


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything on the screen; ``unit`` is named where it is one unit's."""

    unit: Unit | None
    of_year: Sequence[Number]
    of_month: Sequence[Number]
    open: int
    ended: Sequence[Ended]
    built_at: datetime | None


def wall_of(actor: Actor) -> Wall:
    """Return the screen of the actor's park, or unit."""
    hours = calendar(actor.park_id)
    today, cut = hours.local(clock.now()).date(), own_cut(actor)
    unit = unit_by_code(actor.park_id, cut.unit) if cut.unit else None
    year, month = (
        numbers(actor.park_id, span_of(period), cut, clock.now())
        for period in (f"{today:%Y}", f"{today:%Y-%m}")
    )
    return Wall(
        unit=unit,
        of_year=_numbers(OF_YEAR, year),
        of_month=_numbers(OF_MONTH, month),
        open=sum(open_by_unit(actor).values(), Now()).open,
        ended=_ended(actor, unit),
        built_at=built_at(actor.park_id),
    )


def _numbers(keys: Sequence[str], counted: Numbers) -> list[Number]:
    return [Number(BY_KEY[key], value_of(key, counted)) for key in keys]


def _ended(actor: Actor, unit: Unit | None) -> list[Ended]:
    """Return the items of the matters that were closed last; confidential ones stay out."""
    query = select(Ticket.item_id, Ticket.closed_at, Ticket.confidential).where(
        Ticket.park_id == actor.park_id, Ticket.state == State.CLOSED,
        Ticket.resolved_at.is_not(None),
    )  # fmt: skip
    if unit is not None:
        query = query.where(Ticket.unit_id == unit.id)
    rows = db.session.execute(query.order_by(Ticket.resolved_at.desc()).limit(LOOKED_AT)).all()
    hours = calendar(actor.park_id)
    return [
        Ended(db.session.get_one(ServiceItem, row.item_id), hours.local(row.closed_at).date())
        for row in rows
        if not row.confidential and row.closed_at is not None
    ][:NEWEST]
