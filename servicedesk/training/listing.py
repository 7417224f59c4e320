"""Lists of events and consultations: filters, sorting, the figures of each line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from servicedesk.clock import clock
from servicedesk.core.training import EventState
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.streaming import streamed
from servicedesk.training.models import Attendance, Consultation, Event
from servicedesk.training.queries import midnight

SHOWN = 200  # on a page; the export has everything
EVENT_SORTS: Mapping[str, str] = {
    "newest": N_("时间从近到远"),
    "soonest": N_("时间从远到近"),
    "people": N_("签到人数多的在前"),
}
CONSULTATION_SORTS: Mapping[str, str] = {
    "newest": N_("最近的在前"),
    "oldest": N_("最早的在前"),
    "enterprise": N_("按企业"),
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list of events is narrowed to; ``since`` and ``until`` are local days, included."""

    q: str = ""
    kind: str = ""
    item: str = ""
    state: str = ""
    unit: int | None = None
    since: date | None = None
    until: date | None = None
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class Line:
    """An event with its figures: people with a seat, waiting, there (人次), enterprises there (家)."""

    event: Event
    seated: int
    waiting: int
    came: int
    enterprises: int

    @property
    def full(self) -> bool:
        """Is every seat taken?"""
        return self.seated >= self.event.capacity


def events(park_id: int, wanted: EventFilter) -> list[Line]:
    """Return the first events of a list with their figures."""
    return [_line(row) for row in db.session.execute(_events(park_id, wanted).limit(SHOWN))]


def every_event(park_id: int, wanted: EventFilter) -> Iterator[Line]:
    """Yield all events of a list, for its export."""
    return (_line(row) for row in streamed(_events(park_id, wanted)))


def _events(park_id: int, wanted: EventFilter) -> Select[Any]:
    figures = _figures().subquery()
    people = func.coalesce(figures.c.came, 0)
    order: dict[str, list[Any]] = {
        "newest": [Event.starts_at.desc(), Event.id.desc()],
        "soonest": [Event.starts_at, Event.id],
        "people": [people.desc(), Event.id.desc()],
    }
    return (
        select(Event, figures)
        .outerjoin(figures, figures.c.event_id == Event.id)
        .where(Event.park_id == park_id, *_of_events(wanted))
        .order_by(*order[wanted.sort])
    )


def line_of(event: Event) -> Line:
    """Return one event with its figures."""
    row = db.session.execute(_figures().where(Attendance.event_id == event.id)).first()
    if row is None:
        return Line(event, 0, 0, 0, 0)
    return Line(event, row.seated, row.waiting, row.came, row.enterprises)


def _line(row: Row[Any]) -> Line:
    return Line(row.Event, row.seated or 0, row.waiting or 0, row.came or 0, row.enterprises or 0)


def _figures() -> Any:
    active = Attendance.cancelled_at.is_(None)
    there = Attendance.checked_in_at.is_not(None)
    return select(
        Attendance.event_id,
        func.sum(case((active & Attendance.waiting.is_(False), 1), else_=0)).label("seated"),
        func.sum(case((active & Attendance.waiting, 1), else_=0)).label("waiting"),
        func.sum(case((there, 1), else_=0)).label("came"),
        func.count(func.distinct(case((there, Attendance.enterprise_id)))).label("enterprises"),
    ).group_by(Attendance.event_id)


def _of_events(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.q:
        title = Event.title.contains(wanted.q, autoescape=True)
        conditions.append(title | Event.topic.contains(wanted.q, autoescape=True))
    if wanted.kind:
        conditions.append(Event.kind == wanted.kind)
    if wanted.item:
        conditions.append(Event.item_code == wanted.item)
    if wanted.state:
        conditions.append(Event.state == wanted.state)
    if wanted.unit:
        conditions.append(Event.unit_id == wanted.unit)
    if wanted.since:
        conditions.append(Event.starts_at >= midnight(wanted.since))
    if wanted.until:
        conditions.append(Event.starts_at < midnight(wanted.until + timedelta(days=1)))
    return conditions


def open_to_enterprises(park_id: int, *, past: bool) -> list[Line]:
    """Return what enterprises see: events to come, soonest first; or those that are over."""
    now = clock.now()
    figures = _figures().subquery()
    over = Event.ends_at < now
    query = (
        select(Event, figures)
        .outerjoin(figures, figures.c.event_id == Event.id)
        .where(Event.park_id == park_id, over if past else ~over)
        .order_by(Event.starts_at.desc() if past else Event.starts_at)
        .limit(SHOWN)
    )
    if past:
        query = query.where(Event.state != EventState.CANCELLED)
    return [_line(row) for row in db.session.execute(query)]


def of_enterprise(enterprise_id: int) -> dict[int, list[Attendance]]:
    """Return whom an enterprise sends or sent, by event."""
    query = select(Attendance).where(
        Attendance.enterprise_id == enterprise_id, Attendance.cancelled_at.is_(None)
    )
    found: dict[int, list[Attendance]] = {}
    for row in db.session.scalars(query.order_by(Attendance.id)):
        found.setdefault(row.event_id, []).append(row)
    return found


# Consultations ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConsultationFilter:
    """What a list of consultations is narrowed to; days are included."""

    q: str = ""
    item: str = ""
    channel: str = ""
    enterprise: int | None = None
    since: date | None = None
    until: date | None = None
    sort: str = "newest"


def consultations(park_id: int, wanted: ConsultationFilter) -> Sequence[Row[Consultation, str]]:
    """Return the first consultations of a list, each with the name of its enterprise."""
    return db.session.execute(_consultations(park_id, wanted).limit(SHOWN)).all()


def every_consultation(
    park_id: int, wanted: ConsultationFilter
) -> Iterator[Row[Consultation, str]]:
    """Yield all consultations of a list, for its export."""
    return streamed(_consultations(park_id, wanted))


def _consultations(park_id: int, wanted: ConsultationFilter) -> Select[Consultation, str]:
    order: dict[str, list[Any]] = {
        "newest": [Consultation.held_on.desc(), Consultation.id.desc()],
        "oldest": [Consultation.held_on, Consultation.id],
        "enterprise": [Enterprise.name, Consultation.held_on.desc(), Consultation.id],
    }
    return (
        select(Consultation, Enterprise.name)
        .join(Enterprise, Enterprise.id == Consultation.enterprise_id)
        .where(Consultation.park_id == park_id, *_of_consultations(wanted))
        .order_by(*order[wanted.sort])
    )


def _of_consultations(wanted: ConsultationFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.q:
        words = Consultation.topic.contains(wanted.q, autoescape=True)
        conditions.append(words | Enterprise.name.contains(wanted.q, autoescape=True))
    if wanted.item:
        conditions.append(Consultation.item_code == wanted.item)
    if wanted.channel:
        conditions.append(Consultation.channel == wanted.channel)
    if wanted.enterprise:
        conditions.append(Consultation.enterprise_id == wanted.enterprise)
    if wanted.since:
        conditions.append(Consultation.held_on >= wanted.since)
    if wanted.until:
        conditions.append(Consultation.held_on <= wanted.until)
    return conditions
