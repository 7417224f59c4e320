"""Figures over any range of days and any combination of cuts, exact, from the facts.

``numbers`` counts one cut, ``grouped`` every value of one dimension at once; each is a fixed number
of statements. What may be seen is decided by whoever asks: see ``statistics.reach``.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.figures import Basis
from servicedesk.core.workflow import BAD_RATING
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.statistics.fact_models import TicketFact as Fact

Numbers = Mapping[str, int]
"""Counted parts by name (see ``core.figures.COUNTED``); a part with nothing counted may be missing."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of local days, both included (统计期)."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Cut:
    """Which tickets are counted (口径切片): every field that is set must hold.

    ``industry`` is the letter of GB/T 4754, ``person`` whoever resolved it or has it in hand.
    """

    category: str = ""
    item: str = ""
    unit: str = ""
    channel: str = ""
    industry: str = ""
    scale: str = ""
    area: str = ""
    person: int = 0

    def parameters(self) -> dict[str, str]:
        """Return what goes into an address; empty fields are left out."""
        return {f.name: str(v) for f in fields(self) if (v := getattr(self, f.name))}


class Dimension(StrEnum):
    """What figures can be broken down by."""

    CATEGORY = "category"
    ITEM = "item"
    UNIT = "unit"
    CHANNEL = "channel"
    INDUSTRY = "industry"
    SCALE = "scale"
    AREA = "area"
    PERSON = "person"
    MONTH = "month"
    DAY = "day"


EVERYTHING = Cut()
_PERCENTILES = {"median": 50, "p90": 90}


def numbers(park_id: int, span: Span, cut: Cut, now: datetime) -> Numbers:
    """Count every part for one cut; percentiles and means of minutes are among them."""
    found: dict[str, int] = {}
    for basis, sums, spreads in (
        (Basis.SUBMITTED, _sums_of_submitted(now), {"response_": Fact.response_minutes}),
        (
            Basis.RESOLVED,
            _sums_of_delivered(),
            {"": Fact.used_minutes, "promised_": Fact.promised_minutes},
        ),
    ):
        where = (*in_span(park_id, span, basis), *holds(cut))
        means = {f"{name}mean_minutes": func.avg(column) for name, column in spreads.items()}
        measured = {f"{name}values": func.count(column) for name, column in spreads.items()}
        query = joined(select(*_labelled(sums | means | measured)), cut, None).where(*where)
        row = db.session.execute(query).mappings().one()
        found |= {name: int(row[name] or 0) for name in sums}
        found |= {name: round(row[name]) for name in means if row[name] is not None}
        for name, column in spreads.items():
            if count := row[f"{name}values"]:
                found |= _spread(name, column, count, where, cut)
    return found


def grouped(
    park_id: int, span: Span, cut: Cut, by: Dimension, now: datetime
) -> dict[Any, dict[str, int]]:
    """Count the parts that add up, and distinct enterprises, for each value of ``by``."""
    found: dict[Any, dict[str, int]] = defaultdict(dict)
    for day, sums, condition in (
        (Fact.submitted_on, _sums_of_submitted(now), in_span(park_id, span, Basis.SUBMITTED)),
        (Fact.delivered_on, _sums_of_delivered(), in_span(park_id, span, Basis.RESOLVED)),
    ):
        key = _key(by, day)
        query = joined(select(key.label("key"), *_labelled(sums)), cut, by)
        query = query.where(*condition, *holds(cut)).group_by(key)
        for row in db.session.execute(query).mappings():
            found[row["key"]] |= {
                name: int(value) for name, value in row.items() if name != "key" and value
            }
    return dict(found)


def heat(park_id: int, span: Span, cut: Cut) -> dict[tuple[int, int], int]:
    """Return how many were submitted by (weekday, hour): weekdays from 0 Monday, local hours."""
    query = joined(
        select(Fact.submitted_on, Fact.submitted_hour, func.count().label("n")), cut, None
    )
    query = query.where(*in_span(park_id, span, Basis.SUBMITTED), *holds(cut))
    found: dict[tuple[int, int], int] = defaultdict(int)
    for day, hour, count in db.session.execute(
        query.group_by(Fact.submitted_on, Fact.submitted_hour)
    ):
        found[day.weekday(), hour] += count
    return dict(found)


def in_span(park_id: int, span: Span, basis: Basis) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a ticket falls into ``span``, by its submission or its resolution."""
    day = Fact.submitted_on if basis is Basis.SUBMITTED else Fact.delivered_on
    return (Fact.park_id == park_id, day >= span.start, day <= span.end)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _sums_of_submitted(now: datetime) -> dict[str, ColumnElement[int]]:
    over = Fact.response_due_at < func.coalesce(Fact.ended_at, now)
    return {
        "submitted": func.count(),
        "response_measured": _count(or_(Fact.responded_at.is_not(None), over)),
        "responded_in_time": _count(Fact.responded_at <= Fact.response_due_at),
        "repeated": _count(Fact.repeated.is_(True)),
        "urgent": _count(Fact.urgent.is_(True)),
        "urges": func.sum(Fact.urges),
        "askers": func.count(func.distinct(Fact.enterprise_id)),
    }


def _sums_of_delivered() -> dict[str, ColumnElement[int]]:
    return {
        "delivered": func.count(),
        "served": func.count(func.distinct(Fact.enterprise_id)),
        "answered": _count(Fact.answered.is_(True)),
        "confirmed": _count(Fact.solved.is_(True)),
        "rated": func.count(Fact.rating),
        "rated_good": _count(Fact.rating > BAD_RATING),
        "rated_bad": _count(Fact.rectified.is_not(None)),
        "rectified": _count(Fact.rectified.is_(True)),
        "on_time": _count(Fact.on_time.is_(True)),
        "followed": _count(Fact.followed.is_(True)),
        "false_resolutions": _count(Fact.false_resolution.is_(True)),
        "returns": func.sum(Fact.returns),
        "returned": _count(Fact.returns > 0),
        "extensions": func.sum(Fact.extensions),
        "supplements": func.sum(Fact.supplements),
        "reopenings": func.sum(Fact.reopenings),
        "level_1": _count(Fact.level >= 1),
        "level_2": _count(Fact.level >= 2),
        "level_3": _count(Fact.level >= 3),
        "limited_by_law": func.count(Fact.saved_minutes),
        "saved_minutes": func.sum(func.coalesce(Fact.saved_minutes, 0)),
        "used_minutes": func.sum(func.coalesce(Fact.used_minutes, 0)),
    }


def _labelled(sums: Mapping[str, ColumnElement[int]]) -> list[ColumnElement[int]]:
    return [column.label(name) for name, column in sums.items()]


def _spread(
    name: str,
    column: InstrumentedAttribute[Any],
    count: int,
    where: tuple[ColumnElement[bool], ...],
    cut: Cut,
) -> dict[str, int]:
    """Return median and P90 (nearest rank) of a column that holds ``count`` values."""
    places = {label: max(1, ceil(count * percent / 100)) for label, percent in _PERCENTILES.items()}
    rank = func.row_number().over(order_by=column).label("rank")
    ranked = joined(select(column.label("minutes"), rank), cut, None)
    ranked = ranked.where(*where, column.is_not(None)).subquery()
    query = select(ranked.c.rank, ranked.c.minutes).where(ranked.c.rank.in_(set(places.values())))
    by_rank = {row[0]: row[1] for row in db.session.execute(query)}
    return {f"{name}{label}_minutes": by_rank[place] for label, place in places.items()}


def _key(by: Dimension, day: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    keys: dict[Dimension, Any] = {
        Dimension.CATEGORY: ServiceItem.category_code,
        Dimension.ITEM: ServiceItem.code,
        Dimension.UNIT: Unit.code,
        Dimension.CHANNEL: Fact.channel,
        Dimension.INDUSTRY: func.substr(Enterprise.industry_code, 1, 1),
        Dimension.SCALE: Enterprise.scale,
        Dimension.AREA: Enterprise.area,
        Dimension.PERSON: Fact.handler_id,
        Dimension.DAY: day,
    }
    if by is Dimension.MONTH:
        if db.engine.dialect.name == "sqlite":
            return func.strftime("%Y-%m", day)
        return func.to_char(day, "YYYY-MM")
    found: ColumnElement[Any] = keys[by]
    return found


_OF_ITEM = {"category", "item"}
_OF_ENTERPRISE = {"industry", "scale", "area"}


def joined(query: Any, cut: Cut, by: Dimension | None) -> Any:
    """Select from the facts and join what the cut and the breakdown look at, and nothing else."""
    names = {*cut.parameters(), str(by or "")}
    query = query.select_from(Fact)
    if names & _OF_ITEM:
        query = query.join(ServiceItem, ServiceItem.id == Fact.item_id)
    if names & _OF_ENTERPRISE:
        query = query.join(Enterprise, Enterprise.id == Fact.enterprise_id)
    if "unit" in names:
        query = query.outerjoin(Unit, Unit.id == Fact.unit_id)
    return query


def holds(cut: Cut) -> list[ColumnElement[bool]]:
    """Return the conditions of a cut; :func:`joined` has joined what they look at."""
    conditions: dict[str, ColumnElement[bool]] = {
        "category": ServiceItem.category_code == cut.category,
        "item": ServiceItem.code == cut.item,
        "unit": and_(Unit.code == cut.unit, Unit.park_id == Fact.park_id),
        "channel": Fact.channel == cut.channel,
        "industry": Enterprise.industry_code.startswith(cut.industry),
        "scale": Enterprise.scale == cut.scale,
        "area": Enterprise.area == cut.area,
        "person": Fact.handler_id == cut.person,
    }
    return [conditions[name] for name in cut.parameters()]
