"""People at events: inviting enterprises, registering, leaving, checking in, feedback.

Everything about seats happens under the lock of the event's row; checking in is claimed by a
conditional UPDATE, so one person is counted once however often the code is scanned.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.training import (
    EventState,
    may_check_in,
    may_register,
    newcomers_wait,
)
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.training import queries
from servicedesk.training.actions import insist, locked
from servicedesk.training.models import Attendance, Event, EventFeedback, EventInvitation
from servicedesk.training.seats import fill_seats
from servicedesk.transaction import changed_rows, unit_of_work

COMMENT_MAX = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom an enterprise sends, with a telephone number."""

    name: str
    phone: str


@unit_of_work
def invite(actor: Actor, event_id: int, enterprise_ids: Collection[int]) -> int:
    """Tell enterprises of a planned event, each only once; returns how many are new.

    Raises:
        Refused: not permitted, or registering is over.
    """
    event = locked(event_id)
    insist(actor, "event.manage", event)
    _insist_on_registration(event)
    known = queries.invited(event.id)
    of_park = select(Enterprise.id).where(
        Enterprise.park_id == event.park_id,
        Enterprise.id.in_(set(enterprise_ids) - known),
        Enterprise.merged_into_id.is_(None),
    )
    new = sorted(db.session.scalars(of_park))
    now = clock.now()
    db.session.add_all(
        EventInvitation(event_id=event.id, enterprise_id=number, told_at=now) for number in new
    )
    if new:
        tell(
            queries.people_of(new), N_("邀请贵企业参加活动，欢迎报名。"),
            key=f"event:{event.id}:invite:{new[0]}", detail=queries.in_words(event),
            link=queries.portal_address(event.id),
        )  # fmt: skip
    record(actor, "event.invite", "event", event.id, after={"enterprises": len(new)})
    return len(new)


@unit_of_work
def register(
    actor: Actor, event_id: int, enterprise_id: int, people: Sequence[Person]
) -> list[Attendance]:
    """Register people of an enterprise; beyond the seats they wait. A repeat changes nothing.

    Raises:
        Refused: not permitted for this enterprise, too late, nobody named, or too many people.
    """
    event = locked(event_id)
    if not allows(actor, "event.register", Subject(event.park_id, enterprise_id)):
        raise Refused(N_("您不能为这家企业报名。"), kind="permission")
    _insist_on_registration(event)
    return _put_down(actor, event, enterprise_id, people)


def _insist_on_registration(event: Event) -> None:
    if not may_register(EventState(event.state), clock.now(), event.starts_at):
        raise Refused(N_("活动已开始或已取消，报名已截止。"))


def _put_down(
    actor: Actor, event: Event, enterprise_id: int, people: Sequence[Person]
) -> list[Attendance]:
    wanted = {person.name: person for person in people if person.name.strip()}
    if not wanted:
        raise Refused(N_("请填写参加人的姓名。"), field="person")
    known = {row.person: row for row in queries.sent_by(event.id, enterprise_id)}
    active = {name for name, row in known.items() if row.cancelled_at is None}
    new = [person for name, person in wanted.items() if name not in active]
    if len(active) + len(new) > event.per_enterprise:
        raise Refused(N_("超过了每家企业的名额，请减少人数。"), field="person")
    wait = newcomers_wait(event.capacity, queries.registrations(event.id), len(new))
    for place, person in enumerate(new):
        waiting = place >= len(new) - wait
        _seat(actor, event, enterprise_id, person, known.get(person.name), waiting)
    if new:
        after = {"enterprise": enterprise_id, "people": len(new), "waiting": wait}
        record(actor, "event.register", "event", event.id, after=after)
    return [row for row in queries.sent_by(event.id, enterprise_id) if row.person in wanted]


def _seat(
    actor: Actor,
    event: Event,
    enterprise_id: int,
    person: Person,
    former: Attendance | None,
    waiting: bool,
) -> Attendance:
    """Write a registration; who had left and comes again goes to the end of the line."""
    row = former or Attendance(
        event_id=event.id, enterprise_id=enterprise_id, person=person.name, how=""
    )
    row.phone, row.waiting, row.cancelled_at = person.phone, waiting, None
    row.user_id = queries.account_of(enterprise_id, person.name)
    row.registered_by_id, row.registered_at = actor.user_id or 0, clock.now()
    db.session.add(row)
    db.session.flush()
    return row


@unit_of_work
def leave(actor: Actor, attendance_id: int) -> None:
    """Take a registration back; whoever waits longest gets the seat. Twice is once.

    Raises:
        Refused: not permitted, or the event has begun.
    """
    row = db.session.get_one(Attendance, attendance_id)
    event = locked(row.event_id)
    if not allows(actor, "event.register", Subject(event.park_id, row.enterprise_id)):
        insist(actor, "event.manage", event)
    _insist_on_registration(event)
    gone = update(Attendance).where(
        Attendance.id == row.id,
        Attendance.cancelled_at.is_(None),
        Attendance.checked_in_at.is_(None),
    )
    if changed_rows(gone.values(cancelled_at=clock.now(), waiting=False)) == 1:
        record(actor, "event.leave", "event", event.id, after={"attendance": row.id})
        fill_seats(event)


@unit_of_work
def check_in_by_code(actor: Actor, code: str, enterprise_id: int) -> Attendance:
    """Check the signed-in person in with the code on the wall; a second scan changes nothing.

    Who is not on the list is put down and checked in while there is a free seat.

    Raises:
        Refused: no such event, not in the time for it, or no seat is left.
    """
    event = queries.by_code(code)
    if event is None:
        raise Refused(N_("签到码无效，请扫描现场最新的二维码。"))
    event = locked(event.id)
    if not allows(actor, "event.register", Subject(event.park_id, enterprise_id)):
        raise Refused(N_("您不能为这家企业签到。"), kind="permission")
    _insist_on_window(event, by_staff=False)
    row = queries.own_row(event.id, enterprise_id, actor.user_id or 0, actor.name)
    if row is None:
        row = _walk_in(actor, event, enterprise_id)
    elif row.waiting:
        raise Refused(N_("您在候补名单中，请联系现场工作人员安排座位。"))
    _check_in(actor, event, row, "qr")
    return row


def _walk_in(actor: Actor, event: Event, enterprise_id: int) -> Attendance:
    if newcomers_wait(event.capacity, queries.registrations(event.id), 1):
        raise Refused(N_("名额已满，请联系现场工作人员登记。"))
    rows = queries.sent_by(event.id, enterprise_id)
    former = next((row for row in rows if row.person == actor.name), None)
    person = Person(actor.name, queries.phone_of(actor.user_id or 0))
    return _seat(actor, event, enterprise_id, person, former, waiting=False)


@unit_of_work
def check_in_by_hand(actor: Actor, attendance_id: int) -> Attendance:
    """Check a registered person in at the door, or from the signed list within seven days.

    Raises:
        Refused: not permitted, or not in the time for it.
    """
    row = db.session.get_one(Attendance, attendance_id)
    event = locked(row.event_id)
    insist(actor, "event.manage", event)
    _insist_on_window(event, by_staff=True)
    _check_in(actor, event, row, "desk")
    return row


@unit_of_work
def add_at_the_door(actor: Actor, event_id: int, enterprise_id: int, person: Person) -> Attendance:
    """Put down and check in somebody who came unregistered; the staff at the door decides.

    Raises:
        Refused: not permitted, not in the time for it, no such enterprise, or no name.
    """
    event = locked(event_id)
    insist(actor, "event.manage", event)
    _insist_on_window(event, by_staff=True)
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None or enterprise.park_id != event.park_id:
        raise Refused(N_("请选择企业。"), field="enterprise")
    if not person.name.strip():
        raise Refused(N_("请填写参加人的姓名。"), field="person")
    rows = queries.sent_by(event.id, enterprise_id)
    row = next((one for one in rows if one.person == person.name), None)
    if row is None or row.cancelled_at is not None:
        row = _seat(actor, event, enterprise_id, person, row, waiting=False)
    _check_in(actor, event, row, "desk")
    return row


def _insist_on_window(event: Event, *, by_staff: bool) -> None:
    state, now = EventState(event.state), clock.now()
    if not may_check_in(state, now, event.starts_at, event.ends_at, by_staff=by_staff):
        raise Refused(N_("现在不在签到时间内。开始前1小时至结束时可以扫码签到。"))


def _check_in(actor: Actor, event: Event, row: Attendance, how: str) -> bool:
    claim = update(Attendance).where(
        Attendance.id == row.id,
        Attendance.checked_in_at.is_(None),
        Attendance.cancelled_at.is_(None),
    )
    changes = {
        "checked_in_at": clock.now(), "checked_in_by_id": actor.user_id, "how": how,
        "waiting": False,
    }  # fmt: skip
    if changed_rows(claim.values(changes)) != 1:
        return False
    after = {"attendance": row.id, "enterprise": row.enterprise_id, "how": how}
    record(actor, "event.check_in", "event", event.id, after=after)
    return True


@unit_of_work
def give_feedback(
    actor: Actor, event_id: int, enterprise_id: int, level: int, comment: str
) -> EventFeedback:
    """Keep what the enterprise thought of the event; the first answer stands.

    Raises:
        Refused: not permitted, nobody of the enterprise was there, answered already, or no level.
    """
    event = locked(event_id)
    if not allows(actor, "event.register", Subject(event.park_id, enterprise_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if not queries.was_there(event.id, enterprise_id):
        raise Refused(N_("签到参加过的企业才能评价。"))
    if level not in range(1, 6):
        raise Refused(N_("请选择评价等级。"), field="level")
    if queries.feedback_of(event.id, enterprise_id) is not None:
        raise Refused(N_("贵企业已评价过这场活动，谢谢。"))
    feedback = EventFeedback(
        event_id=event.id, enterprise_id=enterprise_id, level=level,
        comment=comment.strip()[:COMMENT_MAX], by_id=actor.user_id, at=clock.now(),
    )  # fmt: skip
    db.session.add(feedback)
    record(actor, "event.feedback", "event", event.id)
    return feedback
