"""What comes before the joint meeting (议题汇集): disputes, plans, tickets at the top of the ladder.

Each open matter stands on the agenda once: a partial unique index holds that, whoever gathers it.
"""

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, and_, or_, select, update

from servicedesk.clock import clock
from servicedesk.core.deadlines import Step
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import BEFORE_RESOLUTION, ENDS, Clock, State, Transition
from servicedesk.extensions import db
from servicedesk.meetings.models import AgendaItem, Meeting
from servicedesk.tickets.children import HandlingPlan
from servicedesk.tickets.models import Escalation, Ticket
from servicedesk.transaction import unit_of_work

OPEN = ("waiting", "listed")
TOP = 3
LIMIT = 200
_OPENS = {"contest": "dispute", "propose_plan": "plan"}
_SETTLES = {"settle": "dispute", "approve_plan": "plan", "refuse_plan": "plan"}


def put_on_agenda(
    ticket: Ticket, kind: str, reason: str = "", by_id: int | None = None
) -> AgendaItem | None:
    """Gather a matter for the next meeting; ``None`` where it waits there already."""
    waits = select(AgendaItem.id).where(
        AgendaItem.ticket_id == ticket.id, AgendaItem.kind == kind, AgendaItem.state.in_(OPEN)
    )
    if db.session.scalar(waits) is not None:
        return None
    item = AgendaItem(
        park_id=ticket.park_id, ticket_id=ticket.id, kind=kind, reason=reason,
        added_by_id=by_id, added_at=clock.now(),
    )  # fmt: skip
    db.session.add(item)
    db.session.flush()
    return item


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """A dispute or a plan goes before the meeting; what is settled or over comes off its agenda."""
    if step.name in _OPENS:
        put_on_agenda(ticket, _OPENS[step.name], by_id=actor.user_id)
    elif step.name in _SETTLES:
        _take_off(ticket, "decided", _SETTLES[step.name])
    elif ticket.state in ENDS or step.name in ("resolve", "resolve_with_problem"):
        _take_off(ticket, "dropped")
    if step.clock in (Clock.RECKON, Clock.RESTART) and ticket.ladder_level < TOP:
        _take_off(ticket, "dropped", "level_3")  # it has a due time again that is not missed yet


def follow_alarm(ticket: Ticket, step: str) -> None:
    """The last level of the ladder leads before the meeting, in the transaction of the alarm."""
    if step == Step.LEVEL_3:
        put_on_agenda(ticket, "level_3")


def _take_off(ticket: Ticket, state: str, kind: str = "") -> None:
    query = update(AgendaItem).where(AgendaItem.ticket_id == ticket.id, AgendaItem.state.in_(OPEN))
    if kind:
        query = query.where(AgendaItem.kind == kind)
    db.session.execute(query.values(state=state))


# Catching up --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """A matter that should stand on the agenda and does not."""

    ticket_id: int
    kind: str


def missing(limit: int = LIMIT) -> list[Missing]:
    """Return what the agenda lacks: from before this feature, or from an import."""
    found = (
        Missing(ticket_id, kind)
        for kind, lacks in _LACKS.items()
        for ticket_id in db.session.scalars(
            select(Ticket.id).where(lacks()).order_by(Ticket.id).limit(limit)
        )
    )
    return list(islice(found, limit))


@unit_of_work
def gather(found: Missing) -> bool:
    """Put one missing matter on the agenda; false where somebody was quicker."""
    ticket = db.session.get_one(
        Ticket, found.ticket_id, with_for_update=True, populate_existing=True
    )
    still = select(Ticket.id).where(Ticket.id == ticket.id, _LACKS[found.kind]())
    if db.session.scalar(still) is None:
        return False
    return put_on_agenda(ticket, found.kind) is not None


def _open_item(kind: str) -> ColumnElement[bool]:
    query = select(AgendaItem.id).where(
        AgendaItem.ticket_id == Ticket.id, AgendaItem.kind == kind, AgendaItem.state.in_(OPEN)
    )
    return query.exists()


def _disputed() -> ColumnElement[bool]:
    return and_(Ticket.state == State.DISPUTED, ~_open_item("dispute"))


def _plan_waits() -> ColumnElement[bool]:
    waits = select(HandlingPlan.id).where(
        HandlingPlan.ticket_id == Ticket.id, HandlingPlan.verdict.is_(None)
    )
    return and_(Ticket.state == State.IN_PROGRESS, waits.exists(), ~_open_item("plan"))


def _at_the_top() -> ColumnElement[bool]:
    """On level 3, and no meeting has had it since that level was reached.

    What a meeting has dealt with, or a person has taken off, is not gathered a second time for the
    same alarm.
    """
    had = (
        select(AgendaItem.id)
        .outerjoin(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            AgendaItem.ticket_id == Ticket.id,
            AgendaItem.kind == "level_3",
            or_(
                AgendaItem.added_at >= Escalation.fired_at,
                Meeting.held_at >= Escalation.fired_at,
            ),
        )
        .correlate(Ticket, Escalation)
    )
    unseen = select(Escalation.id).where(
        Escalation.ticket_id == Ticket.id,
        Escalation.step == Step.LEVEL_3,
        Escalation.due_at == Ticket.due_at,
        ~had.exists(),
    )
    return and_(
        Ticket.ladder_level >= TOP,
        Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        ~_open_item("level_3"),
        unseen.exists(),
    )


_LACKS = {"level_3": _at_the_top, "dispute": _disputed, "plan": _plan_waits}
