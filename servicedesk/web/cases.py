"""A package and its cases as pages show them: the drawn graph, each step with why it stands there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.materials import Material
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import items, materials_of
from servicedesk.clock import clock
from servicedesk.core.drawing import HEIGHT, WIDTH, Drawing, draw
from servicedesk.core.identifiers import new_token
from servicedesk.core.packages import (
    STEP_STATE_NAMES,
    StepState,
    blocked,
    can_go_on,
    due_day,
    finish_days,
    graph_of,
    may_drop,
    start,
    unsettled,
    working_days,
)
from servicedesk.enterprises.models import Enterprise
from servicedesk.organisation.queries import units
from servicedesk.packages.actions import Application
from servicedesk.packages.models import Package, PackageCase, PackageStep
from servicedesk.packages.queries import states_of, steps_of
from servicedesk.packages.questions import Question, answers, questions
from servicedesk.tickets.queries import numbers
from servicedesk.web.forms import at_most, form_class, phone_field, plain, required, tidy
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.showing import locale_name

ICONS: Mapping[StepState, str] = {
    StepState.WAITING: "hourglass",
    StepState.OPEN: "player-play",
    StepState.DONE: "check",
    StepState.FAILED: "x",
    StepState.SKIPPED: "circle-dashed",
    StepState.DROPPED: "circle-dashed",
}
NOT_NEEDED = frozenset({StepState.SKIPPED, StepState.DROPPED})


@dataclass(frozen=True, slots=True)
class Node:
    """One step on a page: ``why`` says what it waits for, ``holds`` what waits for it in vain."""

    key: str
    name: str
    unit: str
    state: StepState
    icon: str
    state_name: str
    why: str
    holds: str
    reason: str
    number: str
    planned: date | None
    ends_on: date | None
    moves: Sequence[str]
    optional: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A package or a case as it is drawn."""

    nodes: Mapping[str, Node]
    drawing: Drawing
    days: int
    goes_on: Sequence[str]
    held_up: bool
    box: tuple[int, int] = (WIDTH, HEIGHT)


class _Names:
    """The names of steps and their units, read once."""

    def __init__(self, park_id: int, steps: Sequence[Mapping[str, Any]]) -> None:
        self.items = {item.code: item for item in items(park_id)}
        self._units = {unit.code: unit.name for unit in units(park_id)}
        self._steps = {str(step["key"]): step for step in steps}

    def name(self, key: str) -> str:
        """Return a step's name in the person's language."""
        step = self._steps[key]
        thing: Any = self.items.get(step["item"]) if step["item"] else None
        chinese = locale_name() == "zh"
        if thing is not None:
            return str(thing.name if chinese else thing.name_en or thing.name)
        return str(step["name"] if chinese else step["name_en"])

    def unit(self, key: str) -> str:
        """Return the unit of a step; a wait has none."""
        item = self.items.get(self._steps[key]["item"])
        return self._units.get(item.lead_unit, "") if item else ""

    def several(self, keys: Sequence[str]) -> str:
        """Return the names of several steps."""
        return "、".join(self.name(key) for key in keys)


def plan_of(package: Package, conditions: Sequence[str], without: Sequence[str]) -> Plan:
    """Return a package as it would go under these answers."""
    graph = graph_of(package.steps)
    states = start(graph, conditions, without)
    return _plan(package.park_id, package.steps, states, {}, None)


def plan_of_case(case: PackageCase) -> Plan:
    """Return a case as it stands."""
    rows = {row.key: row for row in steps_of(case.id)}
    return _plan(case.park_id, case.steps, states_of(case.id), rows, case)


def _plan(
    park_id: int,
    steps: Sequence[Mapping[str, Any]],
    states: Mapping[str, StepState],
    rows: Mapping[str, PackageStep],
    case: PackageCase | None,
) -> Plan:
    graph, names = graph_of(steps), _Names(park_id, steps)
    held, planned = blocked(graph, states), _planned(park_id, steps, states, case)
    tickets = numbers([row.ticket_id for row in rows.values() if row.ticket_id])
    is_open = case is not None and case.state == "open"
    nodes = {}
    for key in graph.order:
        row, state = rows.get(key), states[key]
        waits = unsettled(graph, states, key) if state is StepState.WAITING else []
        nodes[key] = Node(
            key=key, name=names.name(key), unit=names.unit(key), state=state, icon=ICONS[state],
            state_name=_(STEP_STATE_NAMES[state]),
            why=_("等%(steps)s办好", steps=names.several(waits)) if waits and case else "",
            holds=names.several(held.get(key, [])), reason=row.reason if row else "",
            number=tickets.get(row.ticket_id, "") if row and row.ticket_id else "",
            planned=planned.get(key) if state not in NOT_NEEDED else None,
            ends_on=row.ends_on if row and state is StepState.OPEN else None,
            moves=_moves(graph, states, key) if is_open else [],
            optional=graph.by_key[key].optional,
        )  # fmt: skip
    hidden = frozenset(key for key, state in states.items() if state is StepState.SKIPPED)
    goes_on = [names.name(key) for key in can_go_on(graph, states)] if any(held.values()) else []
    return Plan(
        nodes, draw(graph, hidden), working_days(graph, states), goes_on,
        any(state is StepState.FAILED for state in states.values()),
    )  # fmt: skip


def _planned(
    park_id: int,
    steps: Sequence[Mapping[str, Any]],
    states: Mapping[str, StepState],
    case: PackageCase | None,
) -> dict[str, date]:
    if case is None:
        return {}
    hours = calendar(park_id)
    begun = hours.local(hours.deemed_receipt(case.submitted_at)).date()
    return finish_days(graph_of(steps), states, begun, hours.add_working_days)


def _moves(graph: Any, states: Mapping[str, StepState], key: str) -> list[str]:
    """Return what can be done about a step: try again, drop, add."""
    found = ["retry"] if states[key] is StepState.FAILED else []
    if may_drop(graph, states, key):
        found.append("drop")
    return [*found, "add"] if states[key] in NOT_NEEDED else found


def due_if_filed_now(package: Package, conditions: Sequence[str], without: Sequence[str]) -> date:
    """Return the last day of the critical path of an application filed at this moment."""
    graph, hours = graph_of(package.steps), calendar(package.park_id)
    begun = hours.local(hours.deemed_receipt(clock.now())).date()
    return due_day(graph, start(graph, conditions, without), begun, hours.add_working_days)


# The one form ----------------------------------------------------------------------------------


class CaseForm(BaseForm):
    """What every application for a package has; the items' questions are added to it."""

    key = HiddenField(filters=[tidy], validators=[at_most(100)])
    description = TextAreaField(
        _l("还有什么要说明的（选填）"), filters=[tidy], validators=[Optional(), at_most(2000)],
        render_kw={"rows": 3},
    )  # fmt: skip
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    acting = BooleanField(_l("请帮代办专员代为办理（需要授权委托书）"))


@dataclass(slots=True)
class OneForm:
    """The form of a package under certain answers to its first questions."""

    package: Package
    conditions: list[str]
    without: list[str]
    items: list[ServiceItem]
    asked: list[Question]
    form: Any

    def application(self, enterprise: Enterprise, channel: str) -> Application:
        """Return what was typed as an application."""
        data = {name: plain(value) for name, value in self.form.data.items()}
        return Application(
            enterprise_id=enterprise.id, conditions=self.conditions, without=self.without,
            answers=answers(self.asked, data, [item.code for item in self.items]),
            description=data["description"] or "", contact=data["contact"], phone=data["phone"],
            key=(data["key"] or "")[:100], channel=channel, acting=bool(data["acting"]),
        )  # fmt: skip

    @property
    def questions(self) -> list[Any]:
        """The questions in their order."""
        return [self.form[one.field.name] for one in self.asked]

    @property
    def materials(self) -> list[Material]:
        """What is handed in, once for all items."""
        found = {m.document: m for item in self.items for m in materials_of(item)}
        return list(found.values())


def choices(package: Package, source: Any) -> tuple[list[str], list[str]]:
    """Return which conditions hold and which optional steps are not wanted, as an address says."""
    known = {str(one["key"]) for one in package.conditions}
    optional = [str(one["key"]) for one in package.steps if one["optional"]]
    conditions = [key for key in dict.fromkeys(source.getlist("when")) if key in known]
    if not source.get("chosen"):
        return conditions, []
    wanted = set(source.getlist("want"))
    return conditions, [key for key in optional if key not in wanted]


def one_form(package: Package, start_with: Mapping[str, Any] | None = None) -> OneForm:
    """Return the form for the answers in the address or, sent, in the form itself."""
    sent = request.method == "POST"
    conditions, without = choices(package, request.form if sent else request.args)
    states = start(graph_of(package.steps), conditions, without)
    catalogue = {item.code: item for item in items(package.park_id)}
    needed = [
        catalogue[one["item"]]
        for one in package.steps
        if one["item"] and states[one["key"]] not in NOT_NEEDED
    ]
    asked = questions(needed, package.shared)
    kind = form_class([one.field for one in asked], CaseForm)
    data = {"key": new_token(), **(start_with or {})}
    form = kind(request.form if sent else None, data=data)
    return OneForm(package, conditions, without, needed, asked, form)
