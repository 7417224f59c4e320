"""What comes before the joint meeting (议题汇集): disputes, plans, tickets at the top of the ladder."""

from sqlalchemy import select, update

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import ENDS, Transition
from servicedesk.extensions import db
from servicedesk.meetings.models import AgendaItem
from servicedesk.tickets.models import Ticket

OPEN = ("waiting", "listed")
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


def _take_off(ticket: Ticket, state: str, kind: str = "") -> None:
    query = update(AgendaItem).where(AgendaItem.ticket_id == ticket.id, AgendaItem.state.in_(OPEN))
    if kind:
        query = query.where(AgendaItem.kind == kind)
    db.session.execute(query.values(state=state))
