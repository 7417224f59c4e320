"""Decisions of the joint meeting (议定事项): recorded, reported as done, confirmed, warned of.

A decision ends only when somebody else than its owner has confirmed it. Its alarms go off once
each, in working time; a due day that has become a rest day moves to the next working day first.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Limit, Timetable, close_of, timetable
from servicedesk.core.meetings import NEEDS_VERDICT
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.meetings.actions import open_item, open_meeting
from servicedesk.meetings.models import Decision
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Unit
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.timeline import add_own_event, system_actor
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
TEXT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Wording:
    """What was decided, who does it, and by which day (its close of business)."""

    text: str
    unit_id: int
    due_on: date
    owner_id: int | None = None
    item_id: int | None = None


@unit_of_work
def record_decision(actor: Actor, meeting_id: int, wording: Wording) -> Decision:
    """Record what a held meeting has decided, for a matter of its agenda or freely.

    Raises:
        Refused: not permitted, not held yet, no unit, wrong person, wrong day, or written already.
    """
    meeting = open_meeting(actor, meeting_id, "held")
    unit = _check(meeting.park_id, meeting.id, wording)
    item = open_item(actor, wording.item_id) if wording.item_id is not None else None
    if item is not None and item.meeting_id != meeting.id:
        raise Refused(N_("这项议题不在本次会议的议程上。"), field="item_id")
    last = select(func.max(Decision.number)).where(Decision.meeting_id == meeting.id)
    times = _times(meeting.park_id, clock.now(), wording.due_on)
    made = Decision(
        park_id=meeting.park_id, meeting_id=meeting.id,
        agenda_item_id=item.id if item else None, ticket_id=item.ticket_id if item else None,
        number=(db.session.scalar(last) or 0) + 1, text=wording.text.strip(), unit_id=unit.id,
        owner_id=wording.owner_id, due_on=wording.due_on, warn_at=times.warn, due_at=times.due,
    )  # fmt: skip
    db.session.add(made)
    if item is not None and item.kind not in NEEDS_VERDICT:
        item.state = "decided"
    db.session.flush()
    record(actor, "decision.record", "decision", made.id, after=_snapshot(made))
    _note_on_ticket(actor, made, unit)
    _tell(made, owners(made), N_("联席会议议定了由您负责的事项，请按期落实。"), "new", actor)
    return made


def _check(park_id: int, meeting_id: int, wording: Wording) -> Unit:
    text = wording.text.strip()
    if not text or len(text) > TEXT_MAX:
        raise Refused(N_("请写明议定了什么，不超过一千字。"), field="text")
    unit = db.session.get(Unit, wording.unit_id)
    if unit is None or unit.park_id != park_id:
        raise Refused(N_("请选择本园区的责任单位。"), field="unit_id")
    owner = get_user(wording.owner_id) if wording.owner_id is not None else None
    if wording.owner_id is not None and (
        owner is None or not owner.active or owner.unit_id != unit.id
    ):
        raise Refused(N_("责任人须是责任单位的人员。"), field="owner_id")
    if wording.due_on <= calendar(park_id).local(clock.now()).date():
        raise Refused(N_("完成期限须在今天之后。"), field="due_on")
    same = select(Decision.id).where(
        Decision.meeting_id == meeting_id, Decision.text == text,
        Decision.unit_id == unit.id, Decision.state != "cancelled",
    )  # fmt: skip
    if db.session.scalar(same) is not None:
        raise Refused(N_("这条议定事项已经记录。"), field="text")
    return unit


def _times(park_id: int, start: datetime, due_on: date) -> Timetable:
    """Return due time and warning (80 % of the working time) of a decision made at ``start``."""
    found = timetable(calendar(park_id), start, Limit(0, until=due_on))
    assert found is not None  # no pause stands in it
    return found


def _note_on_ticket(actor: Actor, made: Decision, unit: Unit) -> None:
    """The ticket's own timeline says what the meeting has decided; inside only."""
    if made.ticket_id is None:
        return
    ticket = db.session.get_one(Ticket, made.ticket_id)
    data = {"decision": made.text, "unit": unit.name, "due_on": made.due_on.isoformat()}
    add_own_event(actor, ticket, "decision", data=data, shown=False)


@unit_of_work
def cancel_decision(actor: Actor, decision_id: int, reason: str, seen: int) -> Decision:
    """Take a decision back, with a reason.

    Raises:
        Refused: not permitted, over already, or without a reason.
        Conflict: it has changed since ``seen``.
    """
    found = _open(actor, decision_id, "meeting.manage", ("open", "done"), seen)
    _insist(reason, N_("请写明取消的理由。"), "reason")
    found.state = "cancelled"
    db.session.flush()
    record(actor, "decision.cancel", "decision", found.id, after={"reason": reason.strip()})
    _tell(found, owners(found), N_("联席会议的一条议定事项已取消。"), "cancel", actor)
    return found


@unit_of_work
def report_done(actor: Actor, decision_id: int, note: str, seen: int) -> Decision:
    """The owner's unit, or the desk, says that it is done and how.

    Raises:
        Refused: not permitted, not open, or nothing was said.
        Conflict: it has changed since ``seen``.
    """
    found = _open(actor, decision_id, "decision.report", ("open",), seen)
    _insist(note, N_("请写明怎样落实的。"), "note")
    found.state, found.done_note = "done", note.strip()
    found.done_by_id, found.done_at = actor.user_id, clock.now()
    db.session.flush()
    record(actor, "decision.report", "decision", found.id, after={"note": found.done_note})
    key = f"done:v{found.version}"
    _tell(found, managers(found.park_id), N_("议定事项报告已落实，请确认或退回。"), key, actor)
    return found


@unit_of_work
def confirm_done(actor: Actor, decision_id: int, seen: int) -> Decision:
    """Somebody else than who reported it confirms: the decision has reached its end.

    Raises:
        Refused: not permitted, not reported yet, or reported by the same person.
        Conflict: it has changed since ``seen``.
    """
    found = _open(actor, decision_id, "decision.confirm", ("done",), seen)
    if found.done_by_id == actor.user_id:
        raise Refused(N_("不能确认自己报告的落实情况。"))
    found.state = "confirmed"
    found.confirmed_by_id, found.confirmed_at = actor.user_id, clock.now()
    db.session.flush()
    record(actor, "decision.confirm", "decision", found.id)
    _tell(found, owners(found), N_("议定事项已确认办结。"), "confirmed", actor)
    return found


@unit_of_work
def send_back(actor: Actor, decision_id: int, reason: str, seen: int) -> Decision:
    """What is not really done goes back to its owner; its due time stays.

    Raises:
        Refused: not permitted, not reported yet, or without a reason.
        Conflict: it has changed since ``seen``.
    """
    found = _open(actor, decision_id, "decision.confirm", ("done",), seen)
    _insist(reason, N_("请写明还缺什么。"), "reason")
    found.state = "open"
    found.done_by_id = found.done_at = None
    db.session.flush()
    record(actor, "decision.send_back", "decision", found.id, after={"reason": reason.strip()})
    key = f"back:v{found.version}"
    _tell(found, owners(found), N_("议定事项被退回，请继续落实。"), key, actor)
    return found


def _open(
    actor: Actor, decision_id: int, permission: str, states: tuple[str, ...], seen: int
) -> Decision:
    found = db.session.get_one(Decision, decision_id, with_for_update=True, populate_existing=True)
    if not allows(actor, permission, subject_of(found)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if seen != found.version:
        raise Conflict(seen, found.version)
    if found.state not in states:
        raise Refused(N_("这条议定事项现在不能这样做。"))
    return found


def subject_of(decision: Decision) -> Subject:
    """Return where a decision belongs, as the permission table asks it."""
    return Subject(decision.park_id, unit_id=decision.unit_id)


def _insist(text: str, reason: str, field: str) -> None:
    if not text.strip():
        raise Refused(reason, field=field)


# Alarms -------------------------------------------------------------------------------------------


def due_warnings(limit: int = LIMIT) -> list[int]:
    """Return the open decisions whose warning is due."""
    return _due(Decision.warned_at.is_(None), Decision.warn_at <= clock.now(), limit)


def overdue(limit: int = LIMIT) -> list[int]:
    """Return the open decisions that are late and of which nobody has been told yet."""
    return _due(Decision.overdue_at.is_(None), Decision.due_at < clock.now(), limit)


def _due(unsaid: object, late: object, limit: int) -> list[int]:
    query = select(Decision.id).where(Decision.state == "open", unsaid, late)  # type: ignore[arg-type]
    return list(db.session.scalars(query.order_by(Decision.id).limit(limit)))


@unit_of_work
def warn(decision_id: int) -> bool:
    """Warn the owner and the head of the unit, once; false where another scheduler was quicker."""
    moved = _move_with_calendar(decision_id)
    if moved is not None and moved.warn_at > clock.now():
        return True
    claim = update(Decision).where(
        Decision.id == decision_id,
        Decision.state == "open",
        Decision.warned_at.is_(None),
        Decision.warn_at <= clock.now(),
    )
    if changed_rows(claim.values(warned_at=clock.now(), version=Decision.version + 1)) != 1:
        return False
    found = db.session.get_one(Decision, decision_id, populate_existing=True)
    text = N_("议定事项的期限已过八成，请抓紧落实并报告。")
    _alarm(found, owners(found, head=True), text, "warn")
    return True


@unit_of_work
def tell_overdue(decision_id: int) -> bool:
    """Tell owner, heads and leader that a decision is late, once."""
    moved = _move_with_calendar(decision_id)
    if moved is not None and moved.due_at >= clock.now():
        return True
    claim = update(Decision).where(
        Decision.id == decision_id,
        Decision.state == "open",
        Decision.overdue_at.is_(None),
        Decision.due_at < clock.now(),
    )
    if changed_rows(claim.values(overdue_at=clock.now(), version=Decision.version + 1)) != 1:
        return False
    found = db.session.get_one(Decision, decision_id, populate_existing=True)
    heard = [*owners(found, head=True), *managers(found.park_id)]
    _alarm(found, heard, N_("议定事项已超过期限，仍未落实。"), "overdue")
    return True


def _move_with_calendar(decision_id: int) -> Decision | None:
    """Work the times out again where the due day has become a rest day, or a working day again."""
    found = db.session.get_one(Decision, decision_id, with_for_update=True, populate_existing=True)
    due = close_of(calendar(found.park_id), found.due_on)
    if due == found.due_at:
        return None
    found.warn_at = min(found.warn_at + (due - found.due_at), due)
    found.due_at = due
    db.session.flush()
    record(
        system_actor(found.park_id), "decision.recompute", "decision", found.id,
        after={"due_at": due.isoformat()},
    )  # fmt: skip
    return found


def _alarm(found: Decision, people: list[User], text: str, what: str) -> None:
    hours, now = calendar(found.park_id), clock.now()
    record(system_actor(found.park_id), f"decision.{what}", "decision", found.id)
    _tell(found, people, text, what, not_before=hours.next_working_moment(now))


# Who hears ----------------------------------------------------------------------------------------


def owners(decision: Decision, *, head: bool = False) -> list[User]:
    """Return the owner, or the people of the unit; with ``head`` also who leads the unit.

    Where a unit has nobody any more, the desk's head is answerable.
    """
    owner = get_user(decision.owner_id) if decision.owner_id is not None else None
    heads = list(holding(decision.park_id, Role.UNIT_HEAD, decision.unit_id))
    if owner is not None and owner.active:
        found = [owner, *heads] if head else [owner]
    else:
        found = heads or list(members_of_unit(decision.unit_id))
    return found or list(holding(decision.park_id, Role.DESK_HEAD))


def managers(park_id: int) -> list[User]:
    """Return who answers for the meeting's decisions: leaders and the desk's head."""
    return [*holding(park_id, Role.LEADER), *holding(park_id, Role.DESK_HEAD)]


def _tell(
    decision: Decision,
    people: list[User],
    text: str,
    what: str,
    but: Actor | None = None,
    not_before: datetime | None = None,
) -> None:
    told = [person for person in people if but is None or person.id != but.user_id]
    short = decision.text if len(decision.text) <= 60 else f"{decision.text[:60]}…"
    tell(
        told, text, key=f"decision:{decision.id}:{what}", detail=short,
        not_before=not_before, link=f"/desk/decisions/{decision.id}",
    )  # fmt: skip


def _snapshot(decision: Decision) -> dict[str, object]:
    return {
        "meeting_id": decision.meeting_id, "number": decision.number, "text": decision.text,
        "unit_id": decision.unit_id, "owner_id": decision.owner_id,
        "due_on": decision.due_on.isoformat(),
    }  # fmt: skip
