"""What the desk's steps write: accepting, declining, dispatching, joining, splitting, handing over."""

from sqlalchemy import select

from servicedesk.accounts.queries import members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.core.permissions import Role
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets import clocks
from servicedesk.tickets.effects.change import Change, end, send_to
from servicedesk.tickets.following import link
from servicedesk.tickets.models import Ticket

DUTIES = {"intake": N_("首接人"), "assignee": N_("承办人")}


def accept(change: Change) -> None:
    """首接负责: whoever accepts stays answerable."""
    ticket = change.ticket
    ticket.intake_by_id = change.actor.user_id
    ticket.accepted_at = change.now
    ticket.first_response_at = ticket.first_response_at or change.now


def decline(change: Change) -> None:
    change.text("reason")
    change.text("where_to_go")
    change.ticket.first_response_at = change.ticket.first_response_at or change.now
    end(change)


def dispatch(change: Change) -> None:
    unit = change.unit()
    change.text("note")
    send_to(change, unit)


def merge(change: Change) -> None:
    """并单: the same matter of the same enterprise counts once, and all its reporters stay informed."""
    ticket, number = change.ticket, change.text("into")
    into = db.session.scalar(select(Ticket).where(Ticket.number == number).with_for_update())
    if (
        into is None
        or into.id == ticket.id
        or into.park_id != ticket.park_id
        or into.enterprise_id != ticket.enterprise_id
        or into.confidential != ticket.confidential
    ):
        raise Refused(N_("请填写同一家企业的另一件在办工单。"), field="into")
    if into.state not in BEFORE_RESOLUTION:
        raise Refused(N_("要并入的工单已办结或已结束。"), field="into")
    ticket.merged_into_id = into.id
    ticket.first_response_at = ticket.first_response_at or change.now
    link(ticket.id, into.id, "merged", change.actor.user_id)
    end(change)  # whoever reported it is informed by ``joining.follow_merge``


def split(change: Change) -> None:
    """拆分: the words of the new ticket; ``joining.split`` files it and links the two."""
    change.text("title")
    change.text("number")


def mark_urgent(change: Change) -> None:
    """紧急件: contact within two hours by the clock on the wall, action within one working day.

    It is never a way to more time: what was due sooner stays due then, and what was late stays late.
    """
    change.text("reason")
    ticket, due = change.ticket, change.ticket.due_at
    if due is not None and change.now > due:
        ticket.on_time = False
    ticket.urgent = True
    clocks.hurry(ticket, change.now)
    clocks.refresh(ticket)
    if due is not None and ticket.due_at is not None and ticket.due_at > due:
        ticket.leg_from = None
        clocks.refresh(ticket)


def unmark_urgent(change: Change) -> None:
    change.text("reason")
    change.ticket.urgent = False
    if not change.ticket.carried:
        change.ticket.leg_from = None
    clocks.refresh(change.ticket)


def hand_over(change: Change) -> None:
    """移交: the duty of the first receiver stays at the desk, that of the assignee in the unit."""
    ticket, duty = change.ticket, change.text("duty")
    change.text("reason")
    number = str(change.inputs.get("to_id") or "")
    person = get_user(int(number)) if number.isdigit() else None
    if person is None or not person.active or person.park_id != ticket.park_id:
        raise Refused(N_("请选择接手的人员。"), field="to_id")
    holder = ticket.intake_by_id if duty == "intake" else ticket.assignee_id
    former = get_user(holder) if holder is not None else None
    if duty == "assignee" and ticket.rectifying and person.id == ticket.rated_person_id:
        raise Refused(N_("被差评的人员不能整改本工单，请选择其他人员。"), field="to_id")
    change.data |= {"from": former.name if former else "", "to": person.name}
    if duty == "intake" and person.role in (Role.DESK, Role.DESK_HEAD):
        _may_move(change, ticket.intake_by_id, Role.DESK_HEAD)
        ticket.intake_by_id = person.id
    elif duty == "assignee" and person.id in {p.id for p in members_of_unit(ticket.unit_id)}:
        _may_move(change, ticket.assignee_id, Role.UNIT_HEAD)
        ticket.assignee_id = person.id
    else:
        raise Refused(N_("接手的人员不能承担这项职责。"), field="to_id")


def _may_move(change: Change, holder: int | None, head: Role) -> None:
    """A duty is given away by who has it, by the head of those who have it, or by the desk's head."""
    if change.actor.role in (head, Role.DESK_HEAD) or change.actor.user_id == holder:
        return
    raise Refused(N_("只能移交自己负责的工单。"))
