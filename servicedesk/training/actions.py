"""Events: planning, changing, cancelling, recording that they were held, their files, reminders.

A change locks the event's row first, so that seats, states and versions are decided one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from servicedesk.accounts.models import User
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.training import (
    ITEM_CODES,
    KINDS,
    PER_ENTERPRISE_MAX,
    EventState,
    may_be_cancelled,
    may_be_held,
)
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Park
from servicedesk.tickets.timeline import system_actor
from servicedesk.tickets.uploads import give_to_event
from servicedesk.training import queries
from servicedesk.training.models import Event
from servicedesk.training.seats import fill_seats
from servicedesk.transaction import changed_rows, unit_of_work

CAPACITY_MAX = 2000
LONGEST = timedelta(hours=12)
REMIND_BEFORE = timedelta(hours=24)
FILES_MAX = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned: times are aware moments, ``capacity`` and ``per_enterprise`` people."""

    title: str
    topic: str
    kind: str
    item_code: str
    unit_id: int
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int
    per_enterprise: int
    speaker: str = ""
    description: str = ""


def insist(actor: Actor, permission: str, event: Event) -> None:
    """Refuse unless ``actor`` holds ``permission`` for the event's unit."""
    if not allows(actor, permission, Subject(event.park_id, unit_id=event.unit_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def locked(event_id: int, seen: int | None = None) -> Event:
    """Return the event for a change, nobody else changing it meanwhile.

    Raises:
        Conflict: it has changed since the form showed version ``seen``.
    """
    event = db.session.get_one(
        Event, event_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if seen is not None and event.version != seen:
        raise Conflict(seen, event.version)
    return event


@unit_of_work
def plan_event(actor: Actor, plan: Plan) -> Event:
    """Put an event on the programme; the same plan sent twice is one event.

    Raises:
        Refused: not permitted for this unit, or the plan does not hold together.
    """
    if not allows(actor, "event.manage", Subject(actor.park_id, unit_id=plan.unit_id)):
        raise Refused(N_("您只能为本单位安排活动。"), kind="permission")
    _check(plan)
    if plan.starts_at <= clock.now():
        raise Refused(N_("开始时间须在现在之后。"), field="starts")
    db.session.get_one(Park, actor.park_id, with_for_update={"key_share": True})
    if found := queries.event_like(actor.park_id, plan.title, plan.starts_at):
        return _same(found, plan)
    event = Event(
        park_id=actor.park_id, check_in_code=new_token()[:24], created_by_id=actor.user_id,
        created_at=clock.now(), state=EventState.PLANNED, **asdict(plan),
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    record(actor, "event.plan", "event", event.id, after=_snapshot(event))
    return event


def _same(found: Event, plan: Plan) -> Event:
    if any(getattr(found, name) != value for name, value in asdict(plan).items()):
        raise Refused(N_("同一时间已有同名活动，请核对或修改原活动。"), field="title")
    return found


def _check(plan: Plan) -> None:
    if plan.kind not in KINDS or plan.item_code not in ITEM_CODES:
        raise Refused(N_("请选择活动类型和对应事项。"), field="kind")
    if not plan.starts_at < plan.ends_at <= plan.starts_at + LONGEST:
        raise Refused(N_("结束时间须晚于开始时间，且不超过12小时。"), field="ends")
    if not 1 <= plan.capacity <= CAPACITY_MAX:
        raise Refused(N_("名额须在1至2000之间。"), field="capacity")
    if not 1 <= plan.per_enterprise <= PER_ENTERPRISE_MAX:
        raise Refused(N_("每家名额须在1至20之间。"), field="per_enterprise")


@unit_of_work
def change_event(actor: Actor, event_id: int, plan: Plan, seen: int) -> Event:
    """Change a planned event; who registered is told when time or place move.

    Raises:
        Refused: not permitted, over already, or fewer seats than people who have one.
        Conflict: somebody changed it since the form showed ``seen``.
    """
    event = locked(event_id, seen)
    insist(actor, "event.manage", event)
    if event.state != EventState.PLANNED:
        raise Refused(N_("活动已举办或已取消，不能再改。"))
    _check(plan)
    if plan.starts_at != event.starts_at and plan.starts_at <= clock.now():
        raise Refused(N_("开始时间须在现在之后。"), field="starts")
    if not allows(actor, "event.manage", Subject(event.park_id, unit_id=plan.unit_id)):
        raise Refused(N_("您只能为本单位安排活动。"), field="unit_id")
    if plan.capacity < queries.seats_taken(event.id):
        raise Refused(N_("名额不能少于已报上名的人数。"), field="capacity")
    if _another(event, plan):
        raise Refused(N_("同一时间已有同名活动，请核对或修改原活动。"), field="title")
    before = _snapshot(event)
    for name, value in asdict(plan).items():
        setattr(event, name, value)
    if event.starts_at.isoformat() != before["starts_at"]:
        event.reminded_at = None
    db.session.flush()
    fill_seats(event)
    after = _snapshot(event)
    record(actor, "event.change", "event", event.id, before, after)
    if any(before[name] != after[name] for name in ("starts_at", "place")):
        text = N_("您报名的活动时间或地点有变，请查看。")
        _tell_registered(event, text, f"event:{event.id}:v{event.version}")
    return event


def _another(event: Event, plan: Plan) -> bool:
    found = queries.event_like(event.park_id, plan.title, plan.starts_at)
    return found is not None and found.id != event.id


@unit_of_work
def cancel_event(actor: Actor, event_id: int, reason: str, seen: int | None = None) -> Event:
    """Call a planned event off; everybody who registered is told why.

    Raises:
        Refused: not permitted, no reason, or people are there already.
        Conflict: as ``change_event``.
    """
    event = locked(event_id, seen)
    insist(actor, "event.manage", event)
    if not reason.strip():
        raise Refused(N_("请写明取消的原因。"), field="reason")
    if not may_be_cancelled(EventState(event.state), queries.came(event.id)):
        raise Refused(N_("活动已有人签到或已结束，不能取消。"))
    event.state, event.cancel_reason = EventState.CANCELLED, reason.strip()
    record(actor, "event.cancel", "event", event.id, after={"reason": event.cancel_reason})
    _tell_registered(event, N_("您报名的活动已取消。"), f"event:{event.id}:cancel")
    return event


@unit_of_work
def hold_event(actor: Actor, event_id: int, seen: int | None = None) -> Event:
    """Record that an event took place: from now on it is one of the year's events.

    Raises:
        Refused: not permitted, not begun yet, or nobody has checked in.
        Conflict: as ``change_event``.
    """
    event = locked(event_id, seen)
    insist(actor, "event.manage", event)
    now = clock.now()
    if not may_be_held(EventState(event.state), now, event.starts_at, queries.came(event.id)):
        raise Refused(N_("活动开始并有人签到后，才能记为已举办。"))
    event.state, event.held_at = EventState.HELD, now
    record(actor, "event.hold", "event", event.id)
    return event


@unit_of_work
def add_files(actor: Actor, event_id: int, tokens: Sequence[str]) -> int:
    """Put uploaded files to the event's material; returns how many are new.

    Raises:
        Refused: not permitted, too many, or a file is not the person's own or is used elsewhere.
    """
    event = locked(event_id)
    insist(actor, "event.manage", event)
    has = {file.token for file in queries.files(event.id)}
    new = [token for token in dict.fromkeys(tokens) if token not in has]
    if len(has) + len(new) > FILES_MAX:
        raise Refused(N_("资料最多20份。"), field="files")
    give_to_event(actor, event.id, new)
    if new:
        record(actor, "event.files", "event", event.id, after={"added": len(new)})
    return len(new)


def finish_events() -> int:
    """Record events that are over and had people as held; returns how many (scheduler)."""
    return sum(_finish(event_id) for event_id in queries.over_with_people(clock.now()))


@unit_of_work
def _finish(event_id: int) -> bool:
    now = clock.now()
    claim = update(Event).where(Event.id == event_id, Event.state == EventState.PLANNED)
    changes = {"state": EventState.HELD, "held_at": now, "version": Event.version + 1}
    if changed_rows(claim.values(changes)) != 1:
        return False
    event = locked(event_id)
    record(system_actor(event.park_id), "event.hold", "event", event_id)
    return True


def remind_of_events() -> int:
    """Tell who has a seat of what begins within a day, once; returns how many events (scheduler)."""
    now = clock.now()
    return sum(_remind(event_id) for event_id in queries.to_remind_of(now, now + REMIND_BEFORE))


@unit_of_work
def _remind(event_id: int) -> bool:
    claim = update(Event).where(
        Event.id == event_id, Event.state == EventState.PLANNED, Event.reminded_at.is_(None)
    )
    if changed_rows(claim.values(reminded_at=clock.now())) != 1:
        return False
    event = locked(event_id)
    key = f"event:{event.id}:remind:v{event.version}"
    _tell_registered(
        event, N_("您报名的活动即将开始，请按时到场扫码签到。"), key, working_time=True
    )
    return True


def _tell_registered(event: Event, text: str, key: str, *, working_time: bool = False) -> None:
    """Tell who registered people for the event, in working time where it can wait."""
    hours = calendar(event.park_id)
    visible = hours.next_working_moment(clock.now()) if working_time else None
    if visible is not None and visible >= event.starts_at:
        visible = None  # begins before the office opens: better now than too late
    people: Sequence[User] = queries.who_registered(event.id)
    tell(
        people, text, key=key, detail=queries.in_words(event), not_before=visible,
        link=queries.portal_address(event.id),
    )  # fmt: skip


def _snapshot(event: Event) -> Mapping[str, Any]:
    return {
        "title": event.title, "state": event.state, "place": event.place,
        "starts_at": event.starts_at.isoformat(), "ends_at": event.ends_at.isoformat(),
        "capacity": event.capacity, "unit_id": event.unit_id,
    }  # fmt: skip
