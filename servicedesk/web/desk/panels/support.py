"""Lead and supporting units (主办、协办) of a ticket, and how often it bounced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from servicedesk.accounts.queries import names
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Light, light
from servicedesk.core.routing import RETURN_REASONS
from servicedesk.organisation.queries import units
from servicedesk.routing.bounces import OUTCOMES, way_of
from servicedesk.routing.models import DispatchRecord
from servicedesk.tickets.children import SupportTask
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import events_of_kinds
from servicedesk.tickets.support_clock import tasks_of
from servicedesk.web.showing import LIGHT_NAMES, minutes_in_words


@dataclass(frozen=True, slots=True)
class Stop:
    """One unit on the ticket's way: who sent it there, how long it lay, what became of it."""

    record: DispatchRecord
    unit: str
    by: str
    lay: str
    outcome: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """One supporting unit's part, its clock and its light."""

    task: SupportTask
    unit: str
    asked_by: str
    ended_by: str
    colour: str
    left: str


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    way, tasks = way_of(ticket.id), tasks_of(ticket.id)
    if not way and not tasks:
        return {"support_way": [], "support_parts": [], "support_hops": 0}
    unit_names = {unit.id: unit.name for unit in units(ticket.park_id)}
    people = names(
        [*(one.by_id for one in way), *(n for one in tasks for n in (one.asked_by_id, one.ended_by_id))]
    )  # fmt: skip
    return {
        "support_way": _stops(ticket, way, unit_names, people),
        "support_hops": len(way),
        "support_parts": [_part(ticket, task, unit_names, people) for task in tasks],
    }


def _stops(
    ticket: Ticket, way: Any, unit_names: dict[int, str], people: dict[int, str]
) -> list[Stop]:
    said = _objections(ticket) if ticket.returns else []
    hours, now = calendar(ticket.park_id), clock.now()
    stops = []
    for record in way:
        objected = record.outcome in ("returned", "contested")
        words = said.pop(0) if objected and said else ""
        stops.append(
            Stop(
                record, unit_names.get(record.unit_id, ""), people.get(record.by_id or 0, ""),
                minutes_in_words(hours.between(record.at, record.ended_at or now)),
                _(OUTCOMES[record.outcome]),
                _(RETURN_REASONS[record.return_code]) if record.return_code else "", words,
            )
        )  # fmt: skip
    return stops


def _objections(ticket: Ticket) -> list[str]:
    """Return what the units wrote when they gave it back, oldest first."""
    found: list[TicketEvent] = list(events_of_kinds(ticket.id, ("return", "contest")))
    return [str(event.data.get("reason", "")) for event in found]


def _part(
    ticket: Ticket, task: SupportTask, unit_names: dict[int, str], people: dict[int, str]
) -> Part:
    colour, left = _clock(ticket, task, clock.now())
    return Part(
        task, unit_names.get(task.unit_id, ""), people.get(task.asked_by_id or 0, ""),
        people.get(task.ended_by_id or 0, ""), colour, left,
    )  # fmt: skip


def _clock(ticket: Ticket, task: SupportTask, now: datetime) -> tuple[str, str]:
    """Return the light of a part and its words: what is left, how late, or how it ended."""
    if task.state == "withdrawn":
        return "grey", _("已撤销")
    if task.state == "answered":
        late = task.ended_at is not None and task.ended_at > task.due_at
        return ("yellow", _("超期答复")) if late else ("green", _("按时答复"))
    shown = light(now, task.due_at, task.warn_at, running=True, paused=False)
    hours = calendar(ticket.park_id)
    if shown is Light.RED:
        late_by = minutes_in_words(hours.between(task.due_at, now))
        return shown, _("超期 %(time)s", time=late_by)
    left = minutes_in_words(hours.between(now, task.due_at))
    return shown, _("剩余 %(time)s", time=left) + (
        f" · {_(LIGHT_NAMES[shown])}" if shown is Light.YELLOW else ""
    )
