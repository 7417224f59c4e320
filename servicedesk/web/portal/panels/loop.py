"""Whose turn it is, urging, the ticket that this one was joined into, coming back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item as get_item
from servicedesk.clock import clock
from servicedesk.core.deadlines import due_after
from servicedesk.core.permissions import allows
from servicedesk.core.stages import STAGE_NAMES, is_staged, next_stages
from servicedesk.core.workflow import BEFORE_RESOLUTION, RUNNING, State
from servicedesk.extensions import db
from servicedesk.tickets.children import Urge
from servicedesk.tickets.clocks import rules_of
from servicedesk.tickets.effects.word import urge_day
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import may_see, subject_of
from servicedesk.web.access import actor
from servicedesk.web.portal.progress import PATH, Stop, path


@dataclass(frozen=True, slots=True)
class Urging:
    """How often the enterprise has urged, and from which day on it can again (``None``: now)."""

    times: int
    last: datetime | None
    again_on: date | None


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the page of a request shows of it."""
    return {
        "loop_into": _into(ticket),
        "loop_stages": _stages(ticket),
        "loop_next_stages": _next_stages(ticket),
        "loop_urging": _urging(ticket),
        "loop_place": _place(path(ticket)) if ticket.state in BEFORE_RESOLUTION else None,
        "loop_reopen_until": _reopen_until(ticket),
        "loop_promised": _promised(ticket),
        "loop_running": ticket.state in BEFORE_RESOLUTION,
    }


def _into(ticket: Ticket) -> Ticket | None:
    """Return the ticket that this one was joined into, if the person may see it."""
    if ticket.merged_into_id is None:
        return None
    into = db.session.get_one(Ticket, ticket.merged_into_id)
    return into if may_see(actor(), into) else None


def _stages(ticket: Ticket) -> list[str]:
    """Return the stages (分阶段办理) through which the matter has gone, the present one last."""
    if not is_staged(get_item(ticket.item_id).code):
        return []
    query = select(TicketEvent.data).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "advance_stage"
    )
    return [
        str(data.get("stage", "")) for data in db.session.scalars(query.order_by(TicketEvent.id))
    ]


def _next_stages(ticket: Ticket) -> Sequence[str]:
    if ticket.state not in BEFORE_RESOLUTION:
        return []
    code = get_item(ticket.item_id).code
    return [STAGE_NAMES[stage] for stage in next_stages(code, ticket.stage)]


def _urging(ticket: Ticket) -> Urging | None:
    """Return where urging stands; ``None`` where nothing was urged and nothing can be."""
    open_now = ticket.state in RUNNING and allows(actor(), "ticket.urge", subject_of(ticket))
    query = select(Urge).where(Urge.ticket_id == ticket.id).order_by(Urge.day)
    urged = db.session.scalars(query).all() if ticket.urges else []
    if not urged and not open_now:
        return None
    today = urge_day(ticket.park_id, clock.now())
    waits = open_now and any(one.day == today for one in urged)
    again = calendar(ticket.park_id).next_working_day(today) if waits else None
    return Urging(len(urged), urged[-1].at if urged else None, again)


def _place(stops: Sequence[Stop]) -> tuple[int, int] | None:
    """Return at which stop of how many the request is."""
    here = next((n for n, stop in enumerate(stops, 1) if stop.mark == "here"), None)
    return (here, len(PATH)) if here else None


def _promised(ticket: Ticket) -> datetime:
    """Return what the enterprise was promised; an urgent matter (紧急件) has its own time."""
    return ticket.due_at if ticket.urgent and ticket.due_at else ticket.promised_due_at


def _reopen_until(ticket: Ticket) -> datetime | None:
    """Return until when a closed request can come back; ``None`` when that is over."""
    if ticket.state != State.CLOSED or ticket.closed_at is None:
        return None
    hours = calendar(ticket.park_id)
    until = due_after(hours, ticket.closed_at, rules_of(ticket).reopen_days)
    return until if clock.now() <= until else None
