"""Who is at work (值班): a month of each unit, how it shares tickets out, shifts, skills, leave."""

import calendar as months
from datetime import date, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.accounts.models import User
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import categories, item_labels
from servicedesk.clock import clock
from servicedesk.core.assignment import MODE_HINTS, MODES
from servicedesk.core.duty import DAY_NAMES, DEFAULT_SHIFT, Day, day_of
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.duty import actions
from servicedesk.duty.handing import held_by
from servicedesk.duty.queries import (
    Duty,
    absence,
    absences_of,
    colleague,
    colleagues,
    duties,
    reaches,
    staff_of_unit,
)
from servicedesk.errors import Refused
from servicedesk.organisation.queries import UnitLabel, units
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import FIRST_YEAR, LAST_YEAR, text_of
from servicedesk.web.desk.routing_forms import AbsenceForm, ModeForm, ShiftForm, SkillForm
from servicedesk.web.forms import number_of
from servicedesk.web.sheets import send_list
from servicedesk.web.showing import named

MARKS = {Day.WORK: "", Day.MAKE_UP: N_("调"), Day.AWAY: N_("假"), Day.REST: N_("休")}


def _today() -> date:
    return calendar(actor().park_id).local(clock.now()).date()


def _month() -> date:
    """Return the first day of the month that the address asks for; a wrong one is a 400."""
    text = text_of("month")
    if not text:
        return _today().replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(400)
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        abort(400)
    return first


def _open_units() -> list[UnitLabel]:
    """Return the units whose people the person may see, those that have people."""
    with_people = {one.unit_id for one in colleagues(actor(), "duty.view")}
    return [unit for unit in units(actor().park_id) if unit.id in with_people]


def _chosen_unit(open_units: list[UnitLabel]) -> UnitLabel | None:
    wanted = number_of("unit") or actor().unit_id
    found = next((unit for unit in open_units if unit.id == wanted), None)
    if found is None and number_of("unit"):
        abort(404)
    return found or (open_units[0] if open_units else None)


def _edits(unit: UnitLabel) -> bool:
    return allows(actor(), "duty.edit", Subject(unit.park_id, unit_id=unit.id))


@desk.get("/duty")
@requires("duty.view")
def duty() -> str:
    """Show who of a unit is there on each day of a month."""
    return _page()


def _page(form: ModeForm | None = None) -> str:
    open_units = _open_units()
    unit, first = _chosen_unit(open_units), _month()
    people = list(staff_of_unit(unit.id)) if unit else []
    days = _days(first)
    known = duties([one.id for one in people], first)
    away = absences_of([one.id for one in people], _today())
    return render_template(
        "desk/duty/month.html", units=open_units, unit=unit, people=people, days=days,
        month=first, earlier=(first - timedelta(days=1)).replace(day=1), later=days[-1] + timedelta(days=1),
        stand=_stands(people, days, known), duties=known, away=away, today=_today(), marks=MARKS,
        day_names=DAY_NAMES, modes=MODES, hints=MODE_HINTS, edits=unit is not None and _edits(unit),
        mode_form=form or _mode_form(unit), default=DEFAULT_SHIFT,
        names={one.id: one.name for one in people}, skill_names=_skill_names(),
        hours=_hours_words,
    )  # fmt: skip


def _days(first: date) -> list[date]:
    count = months.monthrange(first.year, first.month)[1]
    return [first.replace(day=n) for n in range(1, count + 1)]


def _stands(
    people: list[User], days: list[date], known: dict[int, Duty]
) -> dict[tuple[int, date], Day]:
    hours = calendar(actor().park_id)
    return {
        (one.id, day): day_of(hours, day, known[one.id].shift, known[one.id].absences)
        for one in people
        for day in days
    }


def _hours_words(duty: Duty) -> str:
    start, end = duty.shift.start_minute, duty.shift.end_minute
    if start is None or end is None:
        return ""
    return f"{start // 60:02d}:{start % 60:02d}–{end // 60:02d}:{end % 60:02d}"


def _skill_names() -> dict[str, str]:
    labels = {one.code: named(one) for one in categories()}
    return labels | {item.code: named(item) for item in item_labels(actor().park_id)}


def _mode_form(unit: UnitLabel | None, data: Any = None) -> ModeForm:
    form = ModeForm(data, mode=unit.assignment if unit else "hand")
    form.mode.choices = [(code, _(name)) for code, name in MODES.items()]
    return form


@desk.get("/duty.xlsx")
@requires("duty.view")
def duty_export() -> Response:
    """Send the month as an Excel file: a row for each person, a column for each day."""
    unit, first = _chosen_unit(_open_units()), _month()
    people = list(staff_of_unit(unit.id)) if unit else []
    days = _days(first)
    stand = _stands(people, days, duties([one.id for one in people], first))
    columns = ((N_("姓名"), 12), *((day.isoformat()[5:], 6) for day in days))
    rows = ([one.name, *(_(DAY_NAMES[stand[one.id, day]]) for day in days)] for one in people)
    return send_list(actor(), "duty", f"{first:%Y-%m}", columns, rows)


@desk.post("/duty/units/<int:unit_id>/mode")
@requires("duty.edit")
def duty_mode(unit_id: int) -> Response:
    """Say how a unit shares new tickets out."""
    unit = next((one for one in units(actor().park_id) if one.id == unit_id), None)
    if unit is None or not _edits(unit):
        abort(404)
    try:
        actions.set_mode(actor(), unit_id, request.form.get("mode", ""))
        flash(_("分派方式已保存，从下一件派单起生效。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.duty", unit=unit_id))


# One person -----------------------------------------------------------------------------------


def _person_or_404(person_id: int) -> User:
    return colleague(actor(), "duty.edit", person_id) or abort(404)


@desk.get("/duty/people/<int:person_id>")
@requires("duty.edit")
def duty_person(person_id: int) -> str:
    """Show a person's shift, skills and leave, each with its form."""
    return _person_page(_person_or_404(person_id))


def _person_page(person: User, **tried: Form) -> str:
    known = duties([person.id], _today())[person.id]
    return render_template(
        "desk/duty/person.html", person=person, duty=known,
        shift=tried.get("shift") or _shift_form(known),
        skills=tried.get("skills") or _skill_form(known),
        leave=tried.get("leave") or _absence_form(person),
        absences=absences_of([person.id], _today()),
        names={one.id: one.name for one in staff_of_unit(person.unit_id or 0)},
        held=len(held_by(actor(), person)) if allows(actor(), "ticket.hand_over") else 0,
    )  # fmt: skip


def _shift_form(known: Duty, data: Any = None) -> ShiftForm:
    shift = known.shift
    return ShiftForm(
        data, weekdays=list(shift.weekdays), make_up_days=shift.make_up_days,
        start=_clock_time(shift.start_minute), end=_clock_time(shift.end_minute),
    )  # fmt: skip


def _clock_time(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)


def _minute(value: time | None) -> int | None:
    return None if value is None else value.hour * 60 + value.minute


def _skill_form(known: Duty, data: Any = None) -> SkillForm:
    form = SkillForm(data, skills=known.skills)
    by_category: list[tuple[str, str]] = []
    for category in categories():
        by_category.append((category.code, f"{category.code} {named(category)}"))
        by_category += [
            (item.code, f"{item.code} {named(item)}")
            for item in item_labels(actor().park_id)
            if item.category_code == category.code
        ]
    form.skills.choices = by_category
    return form


def _absence_form(person: User, data: Any = None) -> AbsenceForm:
    form = AbsenceForm(data, first=_today(), last=_today())
    others = [one for one in staff_of_unit(person.unit_id or 0) if one.id != person.id]
    form.stand_in_id.choices = [(0, _("不指定")), *((one.id, one.name) for one in others)]
    return form


def _saved(person_id: int, told: str) -> Response:
    flash(told, "success")
    return redirect(url_for("desk.duty_person", person_id=person_id))


def _at_field(form: Form, refused: Refused) -> None:
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


@desk.post("/duty/people/<int:person_id>/shift")
@requires("duty.edit")
def duty_shift(person_id: int) -> Response | tuple[str, int]:
    """Save when a person works."""
    person = _person_or_404(person_id)
    form = _shift_form(Duty(), request.form)
    if form.validate():
        try:
            actions.set_shift(
                actor(), person.id, "".join(form.weekdays.data or []), form.make_up_days.data,
                _minute(form.start.data), _minute(form.end.data),
            )  # fmt: skip
            return _saved(person_id, _("班次已保存。"))
        except Refused as refused:
            _at_field(form, refused)
    return _person_page(_person_or_404(person_id), shift=form), 422


@desk.post("/duty/people/<int:person_id>/skills")
@requires("duty.edit")
def duty_skills(person_id: int) -> Response | tuple[str, int]:
    """Save what a person is good at."""
    person = _person_or_404(person_id)
    form = _skill_form(Duty(), request.form)
    if form.validate():
        actions.set_skills(actor(), person.id, form.skills.data or [])
        return _saved(person_id, _("专长已保存。"))
    return _person_page(person, skills=form), 422


@desk.post("/duty/people/<int:person_id>/leave")
@requires("duty.edit")
def duty_leave(person_id: int) -> Response | tuple[str, int]:
    """Enter leave; with a stand-in, the tickets are offered for handing over at once."""
    person = _person_or_404(person_id)
    form = _absence_form(person, request.form)
    if form.validate():
        assert form.first.data and form.last.data  # a checked form has both
        stand_in = form.stand_in_id.data or None
        try:
            actions.add_absence(
                actor(),
                person.id,
                form.first.data,
                form.last.data,
                form.reason.data or "",
                stand_in,
            )
            return _after_leave(person_id, stand_in)
        except Refused as refused:
            _at_field(form, refused)
    return _person_page(_person_or_404(person_id), leave=form), 422


def _after_leave(person_id: int, stand_in: int | None) -> Response:
    person = _person_or_404(person_id)
    if stand_in and allows(actor(), "ticket.hand_over") and held_by(actor(), person):
        flash(_("请假已登记。请核对下面的工单，一键移交给代班人员。"), "success")
        query = urlencode({"from": person_id, "to": stand_in, "reason": _("请假")})
        return redirect(f"{url_for('desk.handover')}?{query}")
    return _saved(person_id, _("请假已登记，期间不再自动分派给本人。"))


@desk.post("/duty/absences/<int:absence_id>/cancel")
@requires("duty.edit")
def duty_cancel(absence_id: int) -> Response:
    """Take leave back."""
    found = absence(absence_id)
    person = colleague(actor(), "duty.edit", found.user_id) if found else None
    if found is None or person is None or not reaches(actor(), "duty.edit", person):
        abort(404)
    person_id = found.user_id
    actions.cancel_absence(actor(), absence_id)
    return _saved(person_id, _("已销假。"))
