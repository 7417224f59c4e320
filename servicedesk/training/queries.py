"""Reading events, who comes, what they thought."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from servicedesk.accounts.models import User
from servicedesk.calendars.queries import calendar
from servicedesk.core.permissions import PART_PERMISSIONS, Actor, Role, Scope, scope_of
from servicedesk.core.training import EventState, Registration
from servicedesk.core.words import N_
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Enterprise, Membership
from servicedesk.extensions import db
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Upload
from servicedesk.training.models import (
    Attendance,
    Consultation,
    Event,
    EventFeedback,
    EventInvitation,
)

# One event -------------------------------------------------------------------------------------


def event(actor: Actor, event_id: int) -> Event | None:
    """Return an event of the person's park, or ``None``."""
    found = db.session.get(Event, event_id)
    return found if found is not None and found.park_id == actor.park_id else None


def event_like(park_id: int, title: str, starts_at: datetime) -> Event | None:
    """Return the event with this title at this moment, which can be only one."""
    query = select(Event).where(
        Event.park_id == park_id, Event.title == title, Event.starts_at == starts_at
    )
    return db.session.scalar(query)


def by_code(code: str) -> Event | None:
    """Return the event whose wall shows this code."""
    if not 8 <= len(code) <= 64:
        return None
    return db.session.scalar(select(Event).where(Event.check_in_code == code))


def in_words(event: Event) -> str:
    """Return what an event is, when and where, for notices."""
    local = calendar(event.park_id).local(event.starts_at)
    return f"{event.title} · {local:%Y-%m-%d %H:%M} · {event.place}"


def portal_address(event_id: int) -> str:
    """Return the path of the enterprise's page of an event."""
    return f"/portal/events/{event_id}"


def names(event_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the titles of events, in one statement."""
    wanted = {number for number in event_ids if number is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(Event.id, Event.title).where(Event.id.in_(wanted)))
    return {row.id: row.title for row in rows}


# Who comes -------------------------------------------------------------------------------------


def attendance(event_id: int) -> Sequence[Attendance]:
    """Return everybody on the list in the order of registering, those who left at the end."""
    return db.session.scalars(_attendance(event_id)).all()


def everybody(event_id: int) -> Iterator[Attendance]:
    """Yield the same people, for an export."""
    return (row.Attendance for row in streamed(_attendance(event_id)))


def _attendance(event_id: int) -> Select[Attendance]:
    query = select(Attendance).where(Attendance.event_id == event_id)
    gone = Attendance.cancelled_at.is_not(None)
    return query.order_by(gone, Attendance.registered_at, Attendance.id)


def attendance_row(attendance_id: int) -> Attendance | None:
    """Return one line of a list."""
    return db.session.get(Attendance, attendance_id)


def registrations(event_id: int) -> list[Registration]:
    """Return the list as the rules know it."""
    columns = (
        Attendance.id, Attendance.registered_at, Attendance.waiting,
        Attendance.cancelled_at.is_not(None).label("cancelled"),
    )  # fmt: skip
    rows = db.session.execute(select(*columns).where(Attendance.event_id == event_id))
    return [Registration(row.id, row.registered_at, row.waiting, row.cancelled) for row in rows]


def seats_taken(event_id: int) -> int:
    """Return how many people have a seat."""
    return _count(event_id, Attendance.cancelled_at.is_(None), Attendance.waiting.is_(False))


def came(event_id: int) -> int:
    """Return how many people have checked in (人次)."""
    return _count(event_id, Attendance.checked_in_at.is_not(None))


def _count(event_id: int, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count(Attendance.id)).where(Attendance.event_id == event_id, *conditions)
    return db.session.scalar(query) or 0


def sent_by(event_id: int, enterprise_id: int) -> Sequence[Attendance]:
    """Return whom an enterprise sends, and those whom it has taken back."""
    query = select(Attendance).where(
        Attendance.event_id == event_id, Attendance.enterprise_id == enterprise_id
    )
    return db.session.scalars(query.order_by(Attendance.id)).all()


def own_row(event_id: int, enterprise_id: int, user_id: int, name: str) -> Attendance | None:
    """Return the line of the signed-in person: by the account, else by the name."""
    rows = [row for row in sent_by(event_id, enterprise_id) if row.cancelled_at is None]
    mine = [row for row in rows if row.user_id == user_id]
    return next(iter(mine or [row for row in rows if row.person == name]), None)


def was_there(event_id: int, enterprise_id: int) -> bool:
    """Tell whether somebody of the enterprise has checked in."""
    return any(row.checked_in_at is not None for row in sent_by(event_id, enterprise_id))


def account_of(enterprise_id: int, name: str) -> int | None:
    """Return the account of the enterprise's member with this name, where there is just one."""
    query = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.enterprise_id == enterprise_id, User.name == name, User.active)
    )
    found = db.session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def phone_of(user_id: int) -> str:
    """Return the telephone number of an account."""
    return db.session.get_one(User, user_id).phone


def invited(event_id: int) -> set[int]:
    """Return the enterprises that were told of the event."""
    query = select(EventInvitation.enterprise_id).where(EventInvitation.event_id == event_id)
    return set(db.session.scalars(query))


# Whom to tell ----------------------------------------------------------------------------------


def people_of(enterprise_ids: Collection[int]) -> Sequence[User]:
    """Return the active people who may register for these enterprises."""
    parts = [part for part, can in PART_PERMISSIONS.items() if "event.register" in can]
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.enterprise_id.in_(enterprise_ids), Membership.part.in_(parts), User.active
        )
    )
    return db.session.scalars(query.order_by(User.id).distinct()).all()


def who_registered(event_id: int) -> Sequence[User]:
    """Return who put people on the list, and those people who have accounts themselves."""
    return _speaking(Attendance.event_id == event_id, Attendance.cancelled_at.is_(None))


def who_speaks_for(row: Attendance) -> Sequence[User]:
    """Return who is told about one line of the list."""
    return _speaking(Attendance.id == row.id)


def _speaking(*lines: ColumnElement[bool]) -> Sequence[User]:
    on_list = select(Attendance.id).where(
        *lines, or_(Attendance.user_id == User.id, Attendance.registered_by_id == User.id)
    )
    query = select(User).where(User.active, User.role == Role.REQUESTER, on_list.exists())
    return db.session.scalars(query.order_by(User.id)).all()


# What the scheduler asks -----------------------------------------------------------------------


def over_with_people(now: datetime) -> Sequence[int]:
    """Return the planned events that are over and to which somebody came."""
    there = exists().where(Attendance.event_id == Event.id, Attendance.checked_in_at.is_not(None))
    return db.session.scalars(_planned().where(Event.ends_at <= now, there)).all()


def to_remind_of(now: datetime, until: datetime) -> Sequence[int]:
    """Return the planned events that begin after ``now``, by ``until``, nobody reminded yet."""
    return db.session.scalars(
        _planned().where(
            Event.starts_at > now, Event.starts_at <= until, Event.reminded_at.is_(None)
        )
    ).all()


def _planned() -> Any:
    return select(Event.id).where(Event.state == EventState.PLANNED).order_by(Event.id)


# Files and feedback ----------------------------------------------------------------------------


def files(event_id: int) -> Sequence[Upload]:
    """Return the event's material."""
    query = select(Upload).where(Upload.training_event_id == event_id)
    return db.session.scalars(query.order_by(Upload.id)).all()


def file_by_token(actor: Actor, token: str) -> Upload | None:
    """Return an event's file: for staff of the park, and for enterprises that were there."""
    upload = db.session.scalar(
        select(Upload).where(Upload.token == token, Upload.training_event_id.is_not(None))
    )
    if upload is None or event(actor, upload.training_event_id or 0) is None:
        return None
    if scope_of(actor.role, "event.view") is not Scope.OWN:
        return upload if scope_of(actor.role, "event.view") else None
    mine = actor.enterprises_with("event.view")
    there = any(was_there(upload.training_event_id or 0, number) for number in mine)
    return upload if there else None


def feedback(event_id: int) -> Sequence[EventFeedback]:
    """Return what was thought of the event, in no order that tells who said it."""
    query = select(EventFeedback).where(EventFeedback.event_id == event_id)
    return db.session.scalars(
        query.order_by(EventFeedback.level.desc(), EventFeedback.comment)
    ).all()


def feedback_of(event_id: int, enterprise_id: int) -> EventFeedback | None:
    """Return the enterprise's own answer."""
    query = select(EventFeedback).where(
        EventFeedback.event_id == event_id, EventFeedback.enterprise_id == enterprise_id
    )
    return db.session.scalar(query)


def matching(
    park_id: int, *, area: str = "", chain: str = "", scale: str = "", text: str = ""
) -> Sequence[Enterprise]:
    """Return the enterprises of the park that an invitation goes to, by what their files say."""
    query = select(Enterprise).where(
        Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None)
    )
    for column, value in (
        (Enterprise.area, area), (Enterprise.chain, chain), (Enterprise.scale, scale),
    ):  # fmt: skip
        if value:
            query = query.where(column == value)
    if text:
        words = Enterprise.name.contains(text, autoescape=True)
        query = query.where(or_(words, Enterprise.industry.contains(text, autoescape=True)))
    return db.session.scalars(query.order_by(Enterprise.name)).all()


def traits(park_id: int) -> dict[str, list[str]]:
    """Return the areas, chains and scales that the park's files name, to choose from."""
    columns = {
        "area": Enterprise.area, "chain": Enterprise.chain, "scale": Enterprise.scale,
    }  # fmt: skip
    return {
        name: sorted(
            db.session.scalars(
                select(column).where(Enterprise.park_id == park_id, column != "").distinct()
            )
        )
        for name, column in columns.items()
    }


# What is counted -------------------------------------------------------------------------------


def events_held(
    park_id: int, start: date, end: date, item_codes: Collection[str] = ()
) -> list[Event]:
    """Return the events that took place from ``start`` to ``end``, both included (场)."""
    query = select(Event).where(
        Event.park_id == park_id,
        Event.state == EventState.HELD,
        Event.starts_at >= midnight(start),
        Event.starts_at < midnight(end + timedelta(days=1)),
    )
    if item_codes:
        query = query.where(Event.item_code.in_(item_codes))
    return list(db.session.scalars(query.order_by(Event.starts_at)))


def enterprises_advised(
    park_id: int, start: date, end: date, item_codes: Collection[str] = ()
) -> set[int]:
    """Return the distinct enterprises that were at an event or had a consultation (家)."""
    held = [event.id for event in events_held(park_id, start, end, item_codes)]
    there = select(Attendance.enterprise_id).where(
        Attendance.event_id.in_(held), Attendance.checked_in_at.is_not(None)
    )
    advised = enterprises_consulted(park_id, start, end, item_codes)
    return set(db.session.scalars(there.distinct())) | advised


def enterprises_consulted(
    park_id: int, start: date, end: date, item_codes: Collection[str] = ()
) -> set[int]:
    """Return the distinct enterprises that had a consultation (家)."""
    advised = select(Consultation.enterprise_id).where(
        Consultation.park_id == park_id, Consultation.held_on.between(start, end)
    )
    if item_codes:
        advised = advised.where(Consultation.item_code.in_(item_codes))
    return set(db.session.scalars(advised.distinct()))


def trained_in(
    park_id: int, start: date, end: date, item_codes: Collection[str] = ()
) -> list[tuple[int, int]]:
    """Return (enterprise, people that checked in) of the events held in the span (人次)."""
    held = [event.id for event in events_held(park_id, start, end, item_codes)]
    query = (
        select(Attendance.enterprise_id, func.count(Attendance.id))
        .where(Attendance.event_id.in_(held), Attendance.checked_in_at.is_not(None))
        .group_by(Attendance.enterprise_id)
        .order_by(Attendance.enterprise_id)
    )
    return [(enterprise_id, people) for enterprise_id, people in db.session.execute(query)]


def history_of(enterprise_id: int) -> list[Happening]:
    """Return the events at which an enterprise was, and the advice it was given."""
    there = exists().where(
        Attendance.event_id == Event.id,
        Attendance.enterprise_id == enterprise_id,
        Attendance.checked_in_at.is_not(None),
    )
    found = [
        Happening(
            one.starts_at, "training", N_("参加培训活动"), one.title, "desk.event",
            {"event_id": one.id},
        )
        for one in db.session.scalars(select(Event).where(there))
    ]  # fmt: skip
    given = select(Consultation).where(Consultation.enterprise_id == enterprise_id)
    return found + [
        Happening(
            midnight(one.held_on) + timedelta(hours=12), "training", N_("接受咨询服务"), one.topic,
            "desk.consultations", {"enterprise": enterprise_id},
        )
        for one in db.session.scalars(given)
    ]  # fmt: skip


def midnight(day: date) -> datetime:
    """Return the local midnight with which ``day`` begins."""
    return datetime.combine(day, time(), ZONE)
