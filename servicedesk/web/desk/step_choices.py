"""What the form of a step offers to choose from, for one ticket and one person."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from wtforms import Form

from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.catalogue.queries import MetricLabel, metrics
from servicedesk.catalogue.queries import item as get_item
from servicedesk.core.counting import REGISTERED
from servicedesk.core.permissions import Role
from servicedesk.core.stages import STAGE_NAMES, next_stages
from servicedesk.core.workflow import Transition
from servicedesk.meetings.queries import recent_meetings
from servicedesk.organisation.queries import units
from servicedesk.tickets import queries
from servicedesk.tickets.effects.desk import DUTIES
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.plans import extension_frame
from servicedesk.tickets.support import supporters
from servicedesk.web.desk.step_forms import Choices, step_form
from servicedesk.web.showing import whole_day


def form_of(step: Transition, found: Ticket, data: Any) -> Form:
    """Return the form of one step on a ticket, with what it offers and suggests."""
    choices = _CHOICES.get(step.name, _none)(found)
    form = step_form(step.name, data, choices, _outcomes(found) if step.name == "resolve" else ())
    if step.name == "request_extension":
        _say_until_when(form, found)
    if step.name in ("dispatch", "settle") and data is None:
        form.process(unit_id=_suggested_id(found))
    return form


def _say_until_when(form: Form, found: Ticket) -> None:
    """Name the present due day and the days that may be asked for, at the field of the new day."""
    frame = extension_frame(found)
    if frame is None:
        return
    field: Any = form["until"]
    field.description = _(
        "现在的期限是%(due)s；新的期限最早%(first)s，最迟%(last)s。",
        due=whole_day(frame.due), first=whole_day(frame.first), last=whole_day(frame.last),
    )  # fmt: skip
    field.render_kw = {"min": frame.first.isoformat(), "max": frame.last.isoformat()}


def _none(found: Ticket) -> Mapping[str, Choices]:
    return {}


def _units(found: Ticket) -> Mapping[str, Choices]:
    return {"unit_id": [(unit.id, unit.name) for unit in units(found.park_id)]}


def _other_units(found: Ticket) -> Mapping[str, Choices]:
    asked = supporters(found) | {found.unit_id}
    return {"unit_id": [(u.id, u.name) for u in units(found.park_id) if u.id not in asked]}


def _waiting_units(found: Ticket) -> Mapping[str, Choices]:
    waiting = supporters(found, waiting=True)
    return {"unit_id": [(u.id, u.name) for u in units(found.park_id) if u.id in waiting]}


def _people(found: Ticket) -> Mapping[str, Choices]:
    members = members_of_unit(found.unit_id) if found.unit_id is not None else ()
    return {"assignee_id": [(person.id, person.name) for person in members]}


def _successors(found: Ticket) -> Mapping[str, Choices]:
    desk = [*holding(found.park_id, Role.DESK), *holding(found.park_id, Role.DESK_HEAD)]
    unit = list(members_of_unit(found.unit_id)) if found.unit_id is not None else []
    return {
        "duty": [(code, _(name)) for code, name in DUTIES.items()],
        "to_id": [(person.id, person.name) for person in [*desk, *unit]],
    }


def _stages(found: Ticket) -> Mapping[str, Choices]:
    offered = next_stages(get_item(found.item_id).code, found.stage)
    return {"stage": [(stage, _(STAGE_NAMES[stage])) for stage in offered]}


def _meetings(found: Ticket) -> Mapping[str, Choices]:
    return {"meeting_id": [(one.id, one.title) for one in recent_meetings(found.park_id)]}


def _same_enterprise(found: Ticket) -> Mapping[str, Choices]:
    others = queries.open_of_enterprise(found)
    return {"into": [(one.number, f"{one.number} {one.title}") for one in others]}


_CHOICES: Mapping[str, Callable[[Ticket], Mapping[str, Choices]]] = {
    "dispatch": _units,
    "settle": _units,
    "ask_support": _other_units,
    "withdraw_support": _waiting_units,
    "assign": _people,
    "hand_over": _successors,
    "advance_stage": _stages,
    "approve_plan": _meetings,
    "merge": _same_enterprise,
}


def _suggested_id(found: Ticket) -> int | None:
    suggestion = queries.suggested_unit(found, get_item(found.item_id))
    wanted = suggestion.unit if suggestion else None
    return next((unit.id for unit in units(found.park_id) if unit.code == wanted), None)


def _outcomes(found: Ticket) -> list[MetricLabel]:
    """Ask for what no register counts: what is registered is never typed a second time."""
    known, item = metrics(), queries.item_of(found)
    asked = [code for code in item.outcomes if code not in REGISTERED.get(item.code, ())]
    return [known[code] for code in asked if code in known]
