"""Who has how much (工作量): a unit's people as columns, their tickets as cards to be re-assigned."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import members_of_unit, staff
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_labels
from servicedesk.clock import clock
from servicedesk.core.duty import Day
from servicedesk.core.permissions import Scope, Subject, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME, STATE_NAMES, State
from servicedesk.duty.loads import Work, by_person, work_of_unit
from servicedesk.duty.queries import away_today
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import UnitLabel, units
from servicedesk.tickets.actions import take
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.tickets import ticket_or_404
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

COLUMNS = (
    (N_("承办人"), 12), (N_("工单号"), 18), (N_("标题"), 36), (N_("状态"), 12), (N_("到期"), 17),
    (N_("剩余工作分钟"), 12),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One person of the unit with the person's cards; without a person, what nobody has."""

    person: User | None
    cards: list[Work]
    away: Day | None

    @property
    def minutes(self) -> int:
        """The sum of the open working minutes."""
        return sum(one.minutes for one in self.cards)


def _open_units() -> list[UnitLabel]:
    """Return the units that the person may look into: the own one, or all that handle tickets."""
    park_id = actor().park_id
    if scope_of(actor().role, "workload.view") is Scope.UNIT:
        return [one for one in units(park_id) if one.id == actor().unit_id]
    handling = {one.unit_id for one in staff(park_id) if one.role in ("officer", "unit_head")}
    return [one for one in units(park_id) if one.id in handling]


def _unit() -> tuple[list[UnitLabel], UnitLabel | None]:
    found = _open_units()
    wanted = number_of("unit")
    if wanted is None:
        return found, found[0] if found else None
    return found, next((one for one in found if one.id == wanted), None) or abort(404)


def _columns(unit: UnitLabel) -> list[Column]:
    people = members_of_unit(unit.id)
    now = clock.now()
    day = calendar(unit.park_id).local(now).date()
    away = away_today(unit.park_id, [one.id for one in people], day)
    cards = by_person(work_of_unit(unit.id, unit.park_id, now))
    known = {one.id for one in people}
    nobody = [work for who, found in cards.items() if who not in known for work in found]
    columns = [Column(one, cards.get(one.id, []), away.get(one.id)) for one in people]
    return [Column(None, nobody, None), *columns] if nobody else columns


def _may_open(work: Work) -> bool:
    return not work.ticket.confidential or allows(actor(), "ticket.view_confidential")


@desk.get("/workload")
@requires("workload.view")
def workload() -> str:
    """Show a unit's people with their open tickets."""
    open_units, unit = _unit()
    columns = _columns(unit) if unit else []
    assigns = unit is not None and allows(
        actor(), "ticket.assign", Subject(unit.park_id, unit_id=unit.id)
    )
    return render_template(
        "desk/duty/workload.html", units=open_units, unit=unit, columns=columns, assigns=assigns,
        items={item.id: named(item) for item in item_labels(actor().park_id)}, opens=_may_open,
        movable=lambda work: assigns and State(work.ticket.state) in BY_NAME["assign"].sources,
        most=max((column.minutes for column in columns), default=0),
    )  # fmt: skip


@desk.get("/workload.xlsx")
@requires("workload.view")
def workload_export() -> Response:
    """Send the cards as an Excel file."""
    _units, unit = _unit()
    columns = _columns(unit) if unit else []
    rows = (
        [
            column.person.name if column.person else "", work.ticket.number,
            work.ticket.title if _may_open(work) else _("（敏感事项）"),
            _state_name(work), wall_time(work.ticket.due_at), work.minutes,
        ]
        for column in columns
        for work in column.cards
    )  # fmt: skip
    return send_list(actor(), "workload", _("工作量"), COLUMNS, rows)


def _state_name(work: Work) -> str:
    return _(STATE_NAMES[State(work.ticket.state)])


@desk.post("/workload/<number>/assign")
@requires("workload.view")
def workload_assign(number: str) -> Response | tuple[Response, int]:
    """Give a card to another person; a script is answered in JSON, a form is led back."""
    found = ticket_or_404(number)
    typed = request.form.get("assignee_id", "")
    fits = typed.isascii() and typed.isdigit() and len(typed) < 10
    wrong = _assign(found.id, int(typed)) if fits else _("请选择承办人。")
    if request.form.get("script"):
        return jsonify(refused=wrong), 422 if wrong else 200
    flash(wrong or _("已改派。"), "danger" if wrong else "success")
    return redirect(url_for("desk.workload", unit=request.form.get("unit") or None))


def _assign(ticket_id: int, person_id: int) -> str:
    """Take the step; returns why it was refused, or nothing."""
    seen: Any = with_number(request.form.get("seen"))
    try:
        take(actor(), ticket_id, "assign", {"assignee_id": person_id}, seen)
    except Conflict:
        return _("工单已被他人更新，没有改派。请刷新页面后再试。")
    except Refused as refused:
        return _(refused.reason)
    return ""
