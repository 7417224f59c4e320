"""Many tickets at once (批量): first what would happen to each, then each in its own transaction.

The preview asks the same ``refusal`` as the step itself and writes nothing. Every ticket is done with
the version that the preview showed, so that one that was refused or has changed stops no other; and
sending the same again does nothing twice and gives the same answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from servicedesk.accounts.queries import names
from servicedesk.catalogue.queries import item as get_item
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME, refusal
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.organisation.queries import units
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import facts_of, may_see, subject_of, suggested_unit
from servicedesk.tickets.reminding import remind, remind_refusal

LIMIT = 200
PERMISSIONS: Mapping[str, str] = {
    "accept": "ticket.accept",
    "dispatch": "ticket.dispatch",
    "assign": "ticket.assign",
    "remind": "ticket.remind",
}
NO_SUGGESTION = N_("没有建议的单位，请选择一个单位。")
NO_TARGET: Mapping[str, str] = {"dispatch": NO_SUGGESTION, "assign": N_("请先选择承办人。")}
NOT_THERE = N_("工单不存在，或已不在您的范围内。")


@dataclass(frozen=True, slots=True)
class Line:
    """What would happen to one ticket; ``reason`` is why it cannot, ``target`` to whom it goes."""

    ticket: Ticket
    inputs: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One ticket to be done, as the preview showed it."""

    number: str
    seen: int
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one order: ``done``, ``refused`` or ``changed`` (meanwhile), and why."""

    number: str
    outcome: str
    reason: str = ""
    event: TicketEvent | None = None


def open_to(actor: Actor) -> list[str]:
    """Return the steps that the person's role may take on many tickets."""
    return [step for step, permission in PERMISSIONS.items() if allows(actor, permission)]


def preview(
    actor: Actor, step: str, numbers: Sequence[str], inputs: Mapping[str, Any]
) -> list[Line]:
    """Return what ``step`` would do to each ticket; those that the person may not see are left out.

    A ``unit_id`` that is empty sends each ticket to its suggested unit.
    """
    unit_ids = {unit.code: unit.id for unit in units(actor.park_id)} if step == "dispatch" else {}
    return [
        _line(actor, step, ticket, _inputs_for(step, ticket, inputs, unit_ids))
        for ticket in tickets_among(actor, numbers)
    ]


def tickets_among(actor: Actor, numbers: Sequence[str]) -> list[Ticket]:
    """Return the tickets with these numbers that the person may see, in their order, at most 200."""
    wanted = list(dict.fromkeys(numbers))[:LIMIT]
    found = db.session.scalars(select(Ticket).where(Ticket.number.in_(wanted)))
    known = {ticket.number: ticket for ticket in found if may_see(actor, ticket)}
    return [known[number] for number in wanted if number in known]


def _inputs_for(
    step: str, ticket: Ticket, inputs: Mapping[str, Any], unit_ids: Mapping[str, int]
) -> dict[str, Any]:
    if step != "dispatch" or inputs.get("unit_id"):
        return dict(inputs)
    suggestion = suggested_unit(ticket, get_item(ticket.item_id))
    return {**inputs, "unit_id": unit_ids.get(suggestion.unit) if suggestion else None}


def _line(actor: Actor, step: str, ticket: Ticket, inputs: Mapping[str, Any]) -> Line:
    if step == "remind":
        refused = remind_refusal(actor, ticket)
        return Line(ticket, inputs, refused.reason if refused else "")
    refused = refusal(BY_NAME[step], actor, subject_of(ticket), facts_of(ticket), inputs)
    if refused is None:
        return Line(ticket, inputs)
    missing = NO_TARGET.get(step) if refused.kind == "needs" else None
    return Line(ticket, inputs, missing or refused.reason)


def carry_out(actor: Actor, step: str, orders: Sequence[Order], key: str) -> list[Result]:
    """Do ``step`` for each order in a transaction of its own; ``key`` is the form's one-time number."""
    return [_do(actor, step, order, key) for order in orders[:LIMIT]]


def _do(actor: Actor, step: str, order: Order, key: str) -> Result:
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == order.number))
    if ticket is None or not may_see(actor, ticket):
        return _of_the_unseen(actor, step, order, ticket)
    ticket_id, do = ticket.id, _DOING.get(step, _take)
    try:
        do(actor, step, ticket_id, order, key)
    except Conflict:
        return _met_a_change(actor, step, order, ticket_id)
    except Refused as refused:
        return Result(order.number, "refused", refused.reason)
    return Result(order.number, "done")


def _of_the_unseen(actor: Actor, step: str, order: Order, ticket: Ticket | None) -> Result:
    """A step may take a ticket out of the person's sight: sent again, it was still done."""
    if ticket is not None and _was_own(actor, step, order, _first_after(ticket.id, order.seen)):
        return Result(order.number, "done")
    return Result(order.number, "refused", NOT_THERE)


def _take(actor: Actor, step: str, ticket_id: int, order: Order, key: str) -> None:
    take(actor, ticket_id, step, order.inputs, order.seen)


def _remind(actor: Actor, step: str, ticket_id: int, order: Order, key: str) -> None:
    remind(actor, ticket_id, str(order.inputs.get("words") or ""), key)


_DOING: Mapping[str, Callable[[Actor, str, int, Order, str], None]] = {"remind": _remind}


def _met_a_change(actor: Actor, step: str, order: Order, ticket_id: int) -> Result:
    """Whoever presses twice meets the own step: that is done. Any other change is shown."""
    event = _first_after(ticket_id, order.seen)
    if _was_own(actor, step, order, event):
        return Result(order.number, "done")
    return Result(order.number, "changed", event=event)


def _first_after(ticket_id: int, seen: int) -> TicketEvent | None:
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket_id, TicketEvent.version > seen
    )
    return db.session.scalar(query.order_by(TicketEvent.id).limit(1))


def _was_own(actor: Actor, step: str, order: Order, event: TicketEvent | None) -> bool:
    """Tell whether the first thing that happened since the preview is this very order."""
    if event is None or event.kind != step or event.actor_id != actor.user_id:
        return False
    return str(event.data.get(_TARGETS.get(step, ""), "")) == _target_name(step, order)


_TARGETS: Mapping[str, str] = {"dispatch": "unit", "assign": "assignee"}


def _target_name(step: str, order: Order) -> str:
    if step == "dispatch" and order.inputs.get("unit_id"):
        return get_unit(order.inputs["unit_id"]).name
    if step == "assign" and order.inputs.get("assignee_id"):
        return names([order.inputs["assignee_id"]]).get(order.inputs["assignee_id"], "")
    return ""
