"""Trying rules on last year's tickets before they are switched on (规则演练); nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import item_labels
from servicedesk.core.deadlines import STEP_NAMES
from servicedesk.core.rehearsal import RESPONSE, SHIFTS, Ring
from servicedesk.core.rules import BY_KEY, faults, rules_from, values_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import Audience
from servicedesk.organisation.queries import units
from servicedesk.outreach.listing import areas
from servicedesk.rules.queries import current_rules
from servicedesk.rules.rehearsing import (
    FOLLOWER,
    MOST,
    Line,
    Rehearsal,
    Routed,
    RoutingRehearsal,
    last_year,
    rehearse,
    rehearse_routing,
)
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.rules import groups
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.forms import number_of
from servicedesk.web.publishing import numbers
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import moment, named

SHOWN = 100
KINDS = {"timing": N_("时限和督办"), "routing": N_("派单规则")}
TRIED = tuple(  # the numbers from which alarms come
    BY_KEY[key]
    for key in (
        "warn_share", "ladder_1", "ladder_2", "ladder_3", "first_response_days",
        "urgent_contact_hours", "urgent_days", "bad_rectify_days",
    )
)  # fmt: skip
ALARMS: Mapping[str, str] = {
    RESPONSE: N_("首次响应超时"),
    **{str(step): name for step, name in STEP_NAMES.items()},
}
HEARERS: Mapping[str, str] = {
    Audience.ASSIGNEE: N_("承办人（未派单时为受理员）"),
    Audience.UNIT_HEAD: N_("单位负责人"),
    Audience.LEADER: N_("分管领导"),
    Audience.DESK: N_("受理员"),
    Audience.DESK_HEAD: N_("专班负责人"),
    FOLLOWER: N_("关注人"),
}
VERDICTS: Mapping[str, str] = {
    "same": N_("一次派对，没有变化"),
    "better": N_("会少走弯路"),
    "different": N_("实际由别的单位签收"),
    "open": N_("还没有单位签收"),
}
LINE_COLUMNS = (
    (N_("工单号"), 20), (N_("承办单位"), 20), (N_("提交时间"), 17), (N_("差别"), 10),
    (N_("现行规则的提醒"), 60), (N_("草案的提醒"), 60),
)  # fmt: skip
ROUTED_COLUMNS = (
    (N_("工单号"), 20), (N_("提交时间"), 17), (N_("首次派往"), 20), (N_("实际签收"), 20),
    (N_("退单次数"), 8), (N_("结论"), 22),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timing:
    """A draft of numbers from the address, with what came out; ``found`` is empty until it is run."""

    groups: Any
    wrong: Mapping[str, str]
    found: Rehearsal | None
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Routing:
    """A routing rule from the address, with what came out."""

    item: str
    area: str
    words: str
    unit: int | None
    found: RoutingRehearsal | None
    lines: Sequence[Routed]


def _range() -> tuple[date, date]:
    first, last = last_year(actor().park_id)
    return day_of("since") or first, day_of("until") or last


def _timing() -> Timing:
    current = current_rules(actor().park_id)
    values, typed, wrong = numbers(request.args, [term.key for term in TRIED])
    wanted = {**values_of(current), **values}
    wrong = {**{key: why for key, why in faults(wanted).items() if key in typed}, **wrong}
    shown = groups(TRIED, current, typed, wrong)
    if wrong or text_of("run") != "1":
        return Timing(shown, wrong, None, [])
    found = rehearse(actor(), rules_from(wanted), *_range())
    step, kind = known_of("step", ALARMS, ""), known_of("shift", SHIFTS, "")
    return Timing(shown, wrong, found, found.narrowed(number_of("at"), step, kind))


def _routing() -> Routing:
    item, area, words, unit = text_of("item"), text_of("area"), text_of("words"), number_of("unit")
    labels = {str(row.id): row.id for row in item_labels(actor().park_id)}
    known = {row.id for row in units(actor().park_id)}
    if (item and item not in labels) or (unit is not None and unit not in known):
        abort(400)
    if unit is None or not (item or area or words):
        return Routing(item, area, words, unit, None, [])
    found = rehearse_routing(actor(), labels.get(item), area, words, unit, *_range())
    lines = found.narrowed(known_of("verdict", VERDICTS, ""), number_of("ended"))
    return Routing(item, area, words, unit, found, lines)


@admin.get("/rehearsal")
@requires("rules.view")
def rehearsal() -> str:
    """Try what the address says: ``kind`` timing or routing, with the numbers or the rule."""
    kind = known_of("kind", KINDS, "timing")
    since, until = _range()
    found: Any = _timing() if kind == "timing" else _routing()
    park_id = actor().park_id
    return render_template(
        "admin/rehearsal.html", kind=kind, kinds=KINDS, tried=found, since=since, until=until,
        names={unit.id: unit.name for unit in units(park_id)}, alarms=ALARMS, hearers=HEARERS,
        shifts=SHIFTS, verdicts=VERDICTS, shown=SHOWN, most=MOST, asked=bool(text_of("run")),
        items=[(str(row.id), f"{row.code} {named(row)}") for row in item_labels(park_id)],
        areas=[(area, area) for area in areas(park_id)], kept=_kept(),
        alarms_said=_options(ALARMS), shifts_said=_options(SHIFTS),
        verdicts_said=_options(VERDICTS), step=text_of("step"), shift=text_of("shift"), at=number_of("at"),
        verdict=text_of("verdict"), ended=number_of("ended"), rings=_rings,
    )  # fmt: skip


def _options(names: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(str(code), _(name)) for code, name in names.items()]


def _kept() -> list[tuple[str, str]]:
    """Return the address without what narrows the list, for the list's own form."""
    narrows = ("step", "shift", "at", "verdict", "ended")
    return [(name, value) for name, value in request.args.items() if name not in narrows]


def _rings(found: Sequence[Ring]) -> list[tuple[str, str]]:
    return [(_(ALARMS[ring.step]), moment(ring.at)) for ring in found]


@admin.get("/rehearsal.xlsx")
@requires("rules.view")
def rehearsal_export() -> Response:
    """Send the tickets that would be touched as an Excel file."""
    names = {unit.id: unit.name for unit in units(actor().park_id)}
    if known_of("kind", KINDS, "timing") == "timing":
        lines = (_line_row(line, names) for line in _timing().lines)
        return send_list(actor(), "rehearsal", _("规则演练"), LINE_COLUMNS, lines)
    routed = (_routed_row(line, names) for line in _routing().lines)
    return send_list(actor(), "rehearsal", _("派单演练"), ROUTED_COLUMNS, routed)


def _line_row(line: Line, names: Mapping[int, str]) -> list[Any]:
    ticket = line.ticket
    return [
        ticket.number, names.get(ticket.unit_id or 0, ""), wall_time(ticket.submitted_at),
        _(SHIFTS[line.shift]), _said(line.before), _said(line.after),
    ]  # fmt: skip


def _said(found: Sequence[Ring]) -> str:
    return "；".join(f"{name} {at}" for name, at in _rings(found))


def _routed_row(line: Routed, names: Mapping[int, str]) -> list[Any]:
    return [
        line.ticket.number, wall_time(line.ticket.submitted_at), names.get(line.first or 0, ""),
        names.get(line.ended or 0, ""), line.returns, _(VERDICTS[line.verdict]),
    ]  # fmt: skip
