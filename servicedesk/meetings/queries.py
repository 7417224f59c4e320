"""Reading meetings, agendas and decisions; what a person may see of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.models import AuditEntry
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.extensions import db
from servicedesk.meetings.models import AgendaItem, Decision, Meeting
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks, streamed
from servicedesk.tickets.children import HandlingPlan, PlanMilestone
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.parts import parts_of
from servicedesk.tickets.queries import may_see
from servicedesk.tickets.views import visible

RECENT = 12
LIST_MOST = 500
SHOWS: Mapping[str, str] = {
    "open": N_("落实中"),
    "overdue": N_("已超期"),
    "mine": N_("我负责的"),
    "done": N_("待确认"),
    "ended": N_("已办结"),
    "all": N_("全部"),
}
SORTS: Mapping[str, str] = {
    "due": N_("最先到期"),
    "newest": N_("最新议定"),
    "unit": N_("按责任单位"),
}


def recent_meetings(park_id: int) -> Sequence[Meeting]:
    """Return the latest meetings that were held, newest first: those that can have decided."""
    query = select(Meeting).where(Meeting.park_id == park_id, Meeting.state == "held")
    return db.session.scalars(query.order_by(Meeting.starts_at.desc()).limit(RECENT)).all()


def meetings(park_id: int) -> Sequence[Meeting]:
    """Return every meeting of the park, newest first."""
    query = select(Meeting).where(Meeting.park_id == park_id)
    return db.session.scalars(query.order_by(Meeting.starts_at.desc(), Meeting.id.desc())).all()


def meeting(actor: Actor, meeting_id: int) -> Meeting | None:
    """Return a meeting of the person's park."""
    found = db.session.get(Meeting, meeting_id)
    return found if found is not None and found.park_id == actor.park_id else None


# The agenda ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter of the agenda with its ticket; ``open`` says whether the person may open the ticket.

    What the person may not open shows its number and unit only. ``why`` is what was said when it
    was brought; ``steps`` are the milestones that a plan proposes.
    """

    item: AgendaItem
    ticket: Ticket
    unit: str
    open: bool
    why: str
    added_by: str
    steps: Sequence[PlanMilestone]


def waiting(actor: Actor) -> list[Matter]:
    """Return what waits for the next meeting and the person may see, oldest first."""
    query = _of_person(actor).where(AgendaItem.state == "waiting")
    return _matters(actor, query.order_by(AgendaItem.added_at, AgendaItem.id))


def agenda(actor: Actor, meeting_id: int) -> list[Matter]:
    """Return the agenda of one meeting as far as the person may see it, in its order."""
    query = _of_person(actor).where(AgendaItem.meeting_id == meeting_id)
    return _matters(actor, query.order_by(AgendaItem.id))


def item(actor: Actor, item_id: int) -> AgendaItem | None:
    """Return a matter of the person's park."""
    found = db.session.get(AgendaItem, item_id)
    return found if found is not None and found.park_id == actor.park_id else None


def unfinished(park_id: int) -> dict[int, int]:
    """Return how many matters of each held meeting still have no result."""
    query = (
        select(AgendaItem.meeting_id, func.count())
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Meeting.park_id == park_id, Meeting.state == "held", AgendaItem.state == "listed")
        .group_by(AgendaItem.meeting_id)
    )
    rows = db.session.execute(query)
    return {row[0]: row[1] for row in rows if row[0] is not None}


def sizes(park_id: int) -> dict[int, tuple[int, int]]:
    """Return how many matters and decisions each meeting has."""
    counted: dict[int, tuple[int, int]] = {}
    for model, where in ((AgendaItem, true()), (Decision, Decision.state != "cancelled")):
        query = (
            select(model.meeting_id, func.count())
            .where(model.park_id == park_id, model.meeting_id.is_not(None), where)
            .group_by(model.meeting_id)
        )
        for row in db.session.execute(query):
            meeting_id, count = int(row[0] or 0), row[1]
            items, decided = counted.get(meeting_id, (0, 0))
            counted[meeting_id] = (count, decided) if model is AgendaItem else (items, count)
    return counted


def _of_person(actor: Actor) -> Select[AgendaItem, Ticket]:
    """Units see the matters of their own tickets; the desk and leaders see all."""
    return (
        select(AgendaItem, Ticket)
        .join(Ticket, Ticket.id == AgendaItem.ticket_id)
        .where(AgendaItem.park_id == actor.park_id, visible(actor))
    )


def _matters(actor: Actor, query: Select[AgendaItem, Ticket]) -> list[Matter]:
    rows = [(row[0], row[1]) for row in db.session.execute(query.limit(LIST_MOST))]
    unit_names = {one.id: one.name for one in units(actor.park_id)}
    people = person_names([item.added_by_id for item, _ticket in rows])
    said = _said(rows)
    return [
        Matter(
            item, ticket, unit_names.get(ticket.unit_id or 0, ""), may_see(actor, ticket),
            said[item.id], people.get(item.added_by_id or 0, ""),
            _steps(ticket) if item.kind == "plan" else (),
        )
        for item, ticket in rows
    ]  # fmt: skip


def _said(rows: Sequence[tuple[AgendaItem, Ticket]]) -> dict[int, str]:
    """Return why each matter came: its own reason, or what the step that brought it said."""
    kinds = {"dispute": "contest", "plan": "propose_plan"}
    wanted = [ticket.id for item, ticket in rows if item.kind in kinds]
    query = select(TicketEvent.ticket_id, TicketEvent.kind, TicketEvent.data).where(
        TicketEvent.ticket_id.in_(wanted), TicketEvent.kind.in_(kinds.values())
    )
    spoken = {}
    if wanted:
        for row in db.session.execute(query.order_by(TicketEvent.id)):
            spoken[row.ticket_id, row.kind] = str(row.data.get("reason") or "")
    return {
        item.id: item.reason or spoken.get((ticket.id, kinds.get(item.kind, "")), "")
        for item, ticket in rows
    }


def _steps(ticket: Ticket) -> Sequence[PlanMilestone]:
    newest = (
        select(HandlingPlan.id)
        .where(HandlingPlan.ticket_id == ticket.id)
        .order_by(HandlingPlan.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(PlanMilestone).where(PlanMilestone.plan_id == newest)
    return db.session.scalars(query.order_by(PlanMilestone.position)).all()


# Decisions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of decisions is narrowed to; empty fields narrow nothing."""

    show: str = "open"
    unit_id: int | None = None
    meeting_id: int | None = None
    q: str = ""
    sort: str = "due"


@dataclass(frozen=True, slots=True)
class Line:
    """A decision as a list shows it; the ticket's number only where the person may open it."""

    decision: Decision
    meeting: Meeting
    unit: str
    owner: str
    number: str
    late: bool


def decisions(actor: Actor, wanted: Wanted) -> list[Line]:
    """Return the first decisions that the person may see, narrowed and sorted."""
    rows = db.session.execute(_decisions(actor, wanted).limit(LIST_MOST)).all()
    return _lines(actor, [(row[0], row[1]) for row in rows])


def every_decision(actor: Actor, wanted: Wanted) -> Iterator[Line]:
    """Yield all decisions of a list, for its export."""
    for chunk in in_chunks(streamed(_decisions(actor, wanted))):
        yield from _lines(actor, [(row[0], row[1]) for row in chunk])


def _decisions(actor: Actor, wanted: Wanted) -> Select[Decision, Meeting]:
    query = (
        select(Decision, Meeting)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(seen_by(actor), show_condition(wanted.show, actor))
    )
    if wanted.unit_id is not None:
        query = query.where(Decision.unit_id == wanted.unit_id)
    if wanted.meeting_id is not None:
        query = query.where(Decision.meeting_id == wanted.meeting_id)
    if wanted.q:
        query = query.where(Decision.text.contains(wanted.q, autoescape=True))
    order = {
        "due": (Decision.due_at, Decision.id),
        "newest": (Decision.id.desc(),),
        "unit": (Decision.unit_id, Decision.due_at, Decision.id),
    }[wanted.sort]
    return query.order_by(*order)


def decision_counts(actor: Actor) -> dict[str, int]:
    """Return the number of each show, in one statement; each equals its list."""
    sums = [
        func.coalesce(func.sum(case((show_condition(show, actor), 1), else_=0)), 0).label(show)
        for show in SHOWS
    ]
    row = db.session.execute(select(*sums).where(seen_by(actor))).one()
    return {show: int(getattr(row, show)) for show in SHOWS}


def decision_count(actor: Actor, show: str) -> int:
    """Return the number of one show; it equals its list."""
    query = select(func.count()).where(seen_by(actor), show_condition(show, actor))
    return db.session.scalar(query) or 0


def decision(actor: Actor, decision_id: int) -> Line | None:
    """Return one decision that the person may see."""
    query = (
        select(Decision, Meeting)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(Decision.id == decision_id, seen_by(actor))
    )
    row = db.session.execute(query).first()
    return _lines(actor, [(row[0], row[1])])[0] if row is not None else None


def decisions_of(actor: Actor, meeting_id: int) -> list[Line]:
    """Return what one meeting has decided, in its order."""
    query = (
        select(Decision, Meeting)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(Decision.meeting_id == meeting_id, seen_by(actor))
    )
    rows = db.session.execute(query.order_by(Decision.number)).all()
    return _lines(actor, [(row[0], row[1]) for row in rows])


def decisions_on(ticket_id: int) -> Sequence[Decision]:
    """Return what meetings have decided about a ticket, oldest first."""
    return [one for one in parts_of(Decision, ticket_id) if one.state != "cancelled"]


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the decisions that the person may see: units see their own."""
    mine = Decision.park_id == actor.park_id
    if scope_of(actor.role, "decision.view") is Scope.UNIT:
        return and_(mine, Decision.unit_id == (actor.unit_id or 0))
    return mine


def show_condition(show: str, actor: Actor) -> ColumnElement[bool]:
    """Return what belongs into a show; list and badge both use it.

    Raises:
        KeyError: there is no such show.
    """
    going_on = Decision.state == "open"
    of_mine = or_(
        Decision.owner_id == actor.user_id,
        and_(Decision.owner_id.is_(None), Decision.unit_id == (actor.unit_id or 0)),
    )
    return {
        "open": going_on,
        "overdue": and_(going_on, Decision.due_at < clock.now()),
        "mine": and_(going_on, of_mine),
        "done": Decision.state == "done",
        "ended": Decision.state == "confirmed",
        "all": true(),
    }[show]


def _lines(actor: Actor, rows: Sequence[tuple[Decision, Meeting]]) -> list[Line]:
    now = clock.now()
    unit_names = {one.id: one.name for one in units(actor.park_id)}
    people = person_names([one.owner_id for one, _meeting in rows])
    numbers = _numbers(actor, [one.ticket_id for one, _meeting in rows])
    return [
        Line(
            one, held, unit_names.get(one.unit_id, ""), people.get(one.owner_id or 0, ""),
            numbers.get(one.ticket_id or 0, ""), one.state == "open" and one.due_at < now,
        )
        for one, held in rows
    ]  # fmt: skip


def _numbers(actor: Actor, ticket_ids: Sequence[int | None]) -> dict[int, str]:
    wanted = {number for number in ticket_ids if number is not None}
    if not wanted:
        return {}
    found = db.session.scalars(select(Ticket).where(Ticket.id.in_(wanted)))
    return {ticket.id: ticket.number for ticket in found if may_see(actor, ticket)}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a decision's history."""

    at: datetime
    what: str
    who: str
    says: str


HISTORY_NAMES: Mapping[str, str] = {
    "decision.record": N_("议定"),
    "decision.report": N_("报告落实"),
    "decision.confirm": N_("确认办结"),
    "decision.send_back": N_("退回"),
    "decision.cancel": N_("取消"),
    "decision.warn": N_("预警"),
    "decision.overdue": N_("超期提醒"),
    "decision.recompute": N_("工作日历调整，期限重算"),
}


def history_of(decision_id: int) -> list[Moment]:
    """Return what happened to a decision, oldest first, from the audit trail."""
    query = select(AuditEntry).where(
        AuditEntry.object_type == "decision", AuditEntry.object_id == str(decision_id),
        AuditEntry.action.in_(HISTORY_NAMES), AuditEntry.succeeded,
    )  # fmt: skip
    return [
        Moment(
            entry.at, HISTORY_NAMES[entry.action], entry.user_name,
            str(entry.after.get("note") or entry.after.get("reason") or ""),
        )
        for entry in db.session.scalars(query.order_by(AuditEntry.id))
    ]  # fmt: skip


def next_planned(found: Sequence[Meeting]) -> Meeting | None:
    """Return the planned meeting that comes first."""
    planned = [one for one in found if one.state == "planned"]
    return min(planned, key=lambda one: one.starts_at, default=None)
