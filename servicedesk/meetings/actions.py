"""Planning and holding joint meetings, and what stands on their agendas."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.meetings import NEEDS_VERDICT
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import ENDS
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.meetings.gathering import put_on_agenda
from servicedesk.meetings.models import AgendaItem, Meeting
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Park
from servicedesk.tickets.queries import by_number
from servicedesk.transaction import unit_of_work


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a meeting before it takes place; an empty title gets its number."""

    starts_at: datetime
    title: str = ""
    place: str = ""
    chair: str = ""
    attendees: str = ""


@unit_of_work
def plan_meeting(actor: Actor, details: Details) -> Meeting:
    """Plan the next joint meeting; its number counts within the year.

    Raises:
        Refused: not permitted, or there is a meeting at this time already.
    """
    permit(actor, actor.park_id)
    db.session.get_one(Park, actor.park_id, with_for_update=True)  # one number after the other
    _refuse_twice(actor.park_id, details.starts_at)
    year = calendar(actor.park_id).local(details.starts_at).year
    last = select(func.max(Meeting.number)).where(
        Meeting.park_id == actor.park_id, Meeting.year == year
    )
    number = (db.session.scalar(last) or 0) + 1
    made = Meeting(
        park_id=actor.park_id, year=year, number=number,
        title=details.title or f"{year}年第{number}次联席会议", starts_at=details.starts_at,
        place=details.place, chair=details.chair, attendees=details.attendees,
        created_by_id=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record(actor, "meeting.plan", "meeting", made.id, after=_snapshot(made))
    _tell_managers(actor, made, N_("新的联席会议已安排，请准备议题。"), "plan")
    return made


def _refuse_twice(park_id: int, starts_at: datetime, but: int = 0) -> None:
    query = select(Meeting.id).where(
        Meeting.park_id == park_id, Meeting.starts_at == starts_at,
        Meeting.state != "cancelled", Meeting.id != but,
    )  # fmt: skip
    if db.session.scalar(query) is not None:
        raise Refused(N_("这个时间已经安排了联席会议。"), field="starts_at")


@unit_of_work
def edit_meeting(actor: Actor, meeting_id: int, details: Details, seen: int) -> Meeting:
    """Change time, place, people of a meeting that is still to come.

    Raises:
        Refused: not permitted, held or cancelled already, or another meeting is at this time.
        Conflict: the meeting has changed since ``seen``.
    """
    found = open_meeting(actor, meeting_id, "planned", seen)
    _refuse_twice(found.park_id, details.starts_at, found.id)
    before = _snapshot(found)
    found.starts_at, found.title = details.starts_at, details.title or found.title
    found.place, found.chair = details.place, details.chair
    found.attendees = details.attendees
    db.session.flush()
    record(actor, "meeting.edit", "meeting", found.id, before, _snapshot(found))
    return found


@unit_of_work
def cancel_meeting(actor: Actor, meeting_id: int, reason: str, seen: int) -> Meeting:
    """Call a meeting off; its matters wait for the next one.

    Raises:
        Refused: not permitted, held already, or without a reason.
        Conflict: the meeting has changed since ``seen``.
    """
    found = open_meeting(actor, meeting_id, "planned", seen)
    if not reason.strip():
        raise Refused(N_("请写明取消的理由。"), field="reason")
    found.state, found.summary = "cancelled", reason.strip()
    back = update(AgendaItem).where(AgendaItem.meeting_id == found.id, AgendaItem.state == "listed")
    db.session.execute(back.values(state="waiting", meeting_id=None))
    db.session.flush()
    record(actor, "meeting.cancel", "meeting", found.id, after={"reason": found.summary})
    _tell_managers(actor, found, N_("联席会议已取消，议题留待下次会议。"), "cancel")
    return found


@unit_of_work
def hold_meeting(
    actor: Actor, meeting_id: int, attendees: str, summary: str, seen: int, chair: str = ""
) -> Meeting:
    """Write down who was there and what was said; once held, decisions can be recorded.

    What was written down can be corrected by writing it down again.

    Raises:
        Refused: not permitted, cancelled, before its day, or nobody was there.
        Conflict: the meeting has changed since ``seen``.
    """
    found = open_meeting(actor, meeting_id, None, seen)
    if found.state == "cancelled":
        raise Refused(N_("会议已取消。"))
    hours, now = calendar(found.park_id), clock.now()
    if hours.local(now).date() < hours.local(found.starts_at).date():
        raise Refused(N_("会议还没有到召开的日期。"))
    if not attendees.strip():
        raise Refused(N_("请写明参加会议的单位和人员。"), field="attendees")
    before = _snapshot(found)
    found.attendees, found.summary = attendees.strip(), summary.strip()
    found.chair = chair.strip() or found.chair
    if found.state == "planned":
        found.state, found.held_at = "held", now
    db.session.flush()
    record(actor, "meeting.hold", "meeting", found.id, before, _snapshot(found))
    return found


# The agenda ---------------------------------------------------------------------------------------


@unit_of_work
def list_items(actor: Actor, meeting_id: int, item_ids: list[int]) -> int:
    """Put waiting matters on a meeting's agenda; returns how many.

    Raises:
        Refused: not permitted, the meeting is cancelled, or nothing was chosen.
    """
    found = open_meeting(actor, meeting_id, None)
    if found.state == "cancelled":
        raise Refused(N_("会议已取消。"))
    query = select(AgendaItem).where(
        AgendaItem.id.in_(item_ids), AgendaItem.park_id == found.park_id,
        AgendaItem.state == "waiting",
    )  # fmt: skip
    chosen = db.session.scalars(query.with_for_update()).all()
    if not chosen:
        raise Refused(N_("请选择待上会的议题。"), field="items")
    for item in chosen:
        item.state, item.meeting_id = "listed", found.id
    after = {"items": [item.id for item in chosen]}
    record(actor, "meeting.list", "meeting", found.id, after=after)
    return len(chosen)


@unit_of_work
def unlist_item(actor: Actor, item_id: int) -> AgendaItem:
    """Leave a matter for another meeting.

    Raises:
        Refused: not permitted, or it is on no agenda.
    """
    item = open_item(actor, item_id)
    if item.state != "listed":
        raise Refused(N_("这项议题不在会议议程上。"))
    meeting_id, item.state, item.meeting_id = item.meeting_id, "waiting", None
    record(actor, "meeting.unlist", "agenda_item", item.id, before={"meeting_id": meeting_id})
    return item


@unit_of_work
def drop_item(actor: Actor, item_id: int, reason: str) -> AgendaItem:
    """Take a matter off for good; a dispute and a plan need a verdict, they can only be put off.

    Raises:
        Refused: not permitted, over already, needs a verdict, or without a reason.
    """
    item = open_item(actor, item_id)
    if item.kind in NEEDS_VERDICT:
        raise Refused(N_("争议和挂账申请须有结论，不能撤下，可以留待下次会议。"))
    if not reason.strip():
        raise Refused(N_("请写明撤下的理由。"), field="reason")
    item.state = "dropped"
    record(actor, "meeting.drop", "agenda_item", item.id, after={"reason": reason.strip()})
    return item


@unit_of_work
def add_ticket(actor: Actor, number: str, reason: str, meeting_id: int | None = None) -> AgendaItem:
    """Bring a ticket before the meeting by hand, with a reason.

    Raises:
        Refused: not permitted, no such ticket, over already, waiting already, or without a reason.
    """
    permit(actor, actor.park_id)
    ticket = by_number(actor, number.strip())
    if ticket is None:
        raise Refused(N_("没有这个编号的工单。"), field="number")
    if ticket.state in ENDS:
        raise Refused(N_("工单已经结束，不能再提交会议。"), field="number")
    if not reason.strip():
        raise Refused(N_("请写明为什么提交会议。"), field="reason")
    item = put_on_agenda(ticket, "manual", reason.strip(), actor.user_id)
    if item is None:
        raise Refused(N_("这件工单已经在议题里。"), field="number")
    if meeting_id is not None:
        found = open_meeting(actor, meeting_id, None)
        if found.state == "cancelled":
            raise Refused(N_("会议已取消。"))
        item.state, item.meeting_id = "listed", found.id
    record(actor, "meeting.add", "agenda_item", item.id, after={"number": ticket.number})
    return item


# What these share ---------------------------------------------------------------------------------


def permit(actor: Actor, park_id: int, permission: str = "meeting.manage") -> None:
    """Refuse who may not do this in the park.

    Raises:
        Refused: not permitted.
    """
    if not allows(actor, permission, Subject(park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def open_meeting(
    actor: Actor, meeting_id: int, state: str | None, seen: int | None = None
) -> Meeting:
    """Return a meeting for changing, locked; ``state`` is the only one that it may be in.

    Raises:
        Refused: not permitted, or in another state.
        Conflict: it has changed since ``seen``.
    """
    found = db.session.get_one(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    permit(actor, found.park_id)
    if seen is not None and seen != found.version:
        raise Conflict(seen, found.version)
    if state == "planned" and found.state != state:
        raise Refused(N_("会议已经召开或取消，不能再改。"))
    if state == "held" and found.state != state:
        raise Refused(N_("会议召开之后才能记录议定事项。"))
    return found


def open_item(actor: Actor, item_id: int) -> AgendaItem:
    """Return a matter that is not over, locked.

    Raises:
        Refused: not permitted, or over already.
    """
    item = db.session.get_one(AgendaItem, item_id, with_for_update=True, populate_existing=True)
    permit(actor, item.park_id)
    if item.state not in ("waiting", "listed"):
        raise Refused(N_("这项议题已经议定或撤下。"))
    return item


def _snapshot(meeting: Meeting) -> dict[str, object]:
    return {
        "title": meeting.title, "state": meeting.state, "place": meeting.place,
        "starts_at": meeting.starts_at.isoformat(), "chair": meeting.chair,
    }  # fmt: skip


def _tell_managers(actor: Actor, meeting: Meeting, text: str, what: str) -> None:
    heard = [*holding(meeting.park_id, Role.LEADER), *holding(meeting.park_id, Role.DESK_HEAD)]
    local = calendar(meeting.park_id).local(meeting.starts_at)
    tell(
        [person for person in heard if person.id != actor.user_id], text,
        key=f"meeting:{meeting.id}:{what}", detail=f"{meeting.title} {local:%Y-%m-%d %H:%M}",
        link=f"/desk/meetings/{meeting.id}",
    )  # fmt: skip
