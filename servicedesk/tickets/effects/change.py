"""One step being taken, and what several steps do alike: pausing, ending, sending a ticket to a unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from servicedesk.calendars.queries import calendar
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.duty.assigning import next_assignee
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.routing.models import DispatchRecord
from servicedesk.tickets import clocks
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.models import PauseSpan, Ticket


@dataclass(slots=True)
class Change:
    """One step being taken: who, when, on what, with which inputs; ``data`` goes to the timeline."""

    ticket: Ticket
    actor: Actor
    now: datetime
    inputs: Mapping[str, Any]
    data: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text input, trimmed, remembering it for the timeline."""
        value = str(self.inputs.get(name) or "").strip()
        self.data[name] = value
        return value

    def day(self, name: str) -> date:
        """Return a day input, a date or ``2024-03-05``.

        Raises:
            Refused: it is no day.
        """
        value = self.inputs.get(name)
        if isinstance(value, datetime):
            value = value.date()
        if not isinstance(value, date):
            try:
                value = date.fromisoformat(str(value))
            except ValueError:
                raise Refused(N_("请填写日期。"), field=name) from None
        self.data[name] = value.isoformat()
        return value

    def unit(self, name: str = "unit_id") -> Unit:
        """Return a unit of the ticket's park, remembering its name for the timeline.

        Raises:
            Refused: there is none.
        """
        number = str(self.inputs.get(name) or "")
        unit = get_unit(int(number)) if number.isdigit() else None
        if unit is None or unit.park_id != self.ticket.park_id:
            raise Refused(N_("请选择本园区的承办单位。"), field=name)
        self.data["unit"] = unit.name
        return unit


def send_to(change: Change, unit: Unit, *, ruled: bool = False) -> None:
    """Put the ticket before a unit, which has its time to sign for it, and keep a record of it."""
    ticket = change.ticket
    ticket.unit_id = unit.id
    ticket.assignee_id = next_assignee(ticket, unit)
    ticket.dispatched_at = change.now
    ticket.signed_at = None
    ticket.sign_due_at = clocks.sign_due(ticket, change.now)
    enterprise = get_enterprise(ticket.enterprise_id)
    record = DispatchRecord(
        park_id=ticket.park_id, ticket_id=ticket.id, item_id=ticket.item_id,
        area=enterprise.area if enterprise else "", unit_id=unit.id,
        by_id=change.actor.user_id, at=change.now, ruled=ruled,
    )  # fmt: skip
    db.session.add(record)


def end_dispatch(change: Change, outcome: str, code: str = "") -> None:
    """Write down how the ticket's last dispatch ended."""
    db.session.execute(
        update(DispatchRecord)
        .where(DispatchRecord.ticket_id == change.ticket.id, DispatchRecord.outcome == "waiting")
        .values(outcome=outcome, return_code=code, ended_at=change.now)
    )


def pause(change: Change, reason: str) -> None:
    """Let the clock stand from now on; a due time that has passed already stays passed."""
    span = PauseSpan(
        ticket_id=change.ticket.id, reason=reason,
        started_by_id=change.actor.user_id, started_at=change.now,
    )  # fmt: skip
    db.session.add(span)
    db.session.flush()
    clocks.refresh(change.ticket)


def end_pause(change: Change) -> None:
    """Let the clock run again, if it stands."""
    open_span = select(PauseSpan).where(
        PauseSpan.ticket_id == change.ticket.id, PauseSpan.ended_at.is_(None)
    )
    span = db.session.scalar(open_span)
    if span is not None:
        span.ended_at = change.now
        db.session.flush()
        clocks.note_pauses(change.ticket, change.now)


def end(change: Change) -> None:
    """Nothing more is owed: no clock runs, nobody is waited for."""
    end_pause(change)
    end_support(change)
    end_dispatch(change, "taken_back")
    change.ticket.closed_at = change.now
    clocks.silence(change.ticket)


def end_support(change: Change) -> None:
    """Take back every request for support that still waits."""
    if not change.ticket.support_waiting:
        return
    db.session.execute(
        update(SupportTask)
        .where(SupportTask.ticket_id == change.ticket.id, SupportTask.state == "waiting")
        .values(state="withdrawn", ended_by_id=change.actor.user_id, ended_at=change.now)
    )
    change.ticket.support_waiting = 0


def local_day(change: Change) -> date:
    """Return the park's local day of the step."""
    return calendar(change.ticket.park_id).local(change.now).date()
