"""The working calendar of a year: looking at it, and changing local days after a look at what moves."""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.calendars import actions as calendars
from servicedesk.calendars.planning import DayChange, planned, span_of
from servicedesk.calendars.queries import calendar as working_calendar
from servicedesk.calendars.queries import days, years
from servicedesk.clock import clock
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import park, units
from servicedesk.tickets.recomputing import preview
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.forms import LocalDayForm
from servicedesk.web.admin.grid import (
    changes_in_words,
    hours_in_words,
    months,
    special_days,
    weekdays,
)
from servicedesk.web.forms import with_number
from servicedesk.web.showing import ZONE

FIELDS = ("day", "until", "working", "make_up", "name")
SHOWN = 50  # tickets named on the preview; the counts are of all


@admin.route("/calendar", methods=["GET", "POST"])
@requires("admin.calendar")
def calendar() -> str | Response | tuple[str, int]:
    """Show one year; look at what local days would move, and save them."""
    known = _known_years()
    form = LocalDayForm(request.form if request.method == "POST" else request.args)
    form.within(range(min(known), max(known) + 1))
    if request.method == "POST" and form.validate():
        changes = _changes(form)
        if not changes:
            form.day.errors = [_("这些日子本来就是这样，不需要调整。")]
        elif min(change.day for change in changes) < _today():
            form.day.errors = [_("不能修改已经过去的日子。")]
        else:
            return _look_or_save(changes, url_for("admin.calendar"), request.form)
    return _year_page(form, _wanted_year(known), known)


def _changes(form: LocalDayForm) -> list[DayChange]:
    first, name = form.day.data, form.name.data or ""
    if first is None:
        return []
    hours, working = working_calendar(actor().park_id), form.working.data == "work"
    changes = span_of(hours, first, form.until.data or first, working, name)
    return changes + [DayChange(day, True, name) for day in form.make_up_days]


def _look_or_save(
    changes: Sequence[DayChange], action: str, values: Mapping[str, str]
) -> str | Response | tuple[str, int]:
    """Save what has been looked at; anything else is shown first, or shown again."""
    changed_meanwhile = False
    if values.get("yes") == "1":
        try:
            calendars.change_days(actor(), changes, with_number(values.get("seen")) or 0)
        except Conflict:
            changed_meanwhile = True
        except Refused as refused:
            flash(_(refused.reason), "danger")
            return redirect(url_for("admin.calendar", year=changes[0].day.year))
        else:
            flash(_("已保存。在办工单的期限将在一分钟内由调度器重新计算。"), "success")
            return redirect(url_for("admin.calendar", year=changes[0].day.year))
    page = _preview_page(changes, action, values, changed_meanwhile)
    return (page, 409) if changed_meanwhile else page


def _preview_page(
    changes: Sequence[DayChange], action: str, values: Mapping[str, str], changed_meanwhile: bool
) -> str:
    park_id = actor().park_id
    seen, now = park(park_id).calendar_version, working_calendar(park_id)
    hours = planned(park_id, changes)
    kept = {name: values[name] for name in FIELDS if values.get(name)}
    return render_template(
        "admin/calendar_preview.html",
        action=action,
        kept=kept,
        seen=seen,
        changed_meanwhile=changed_meanwhile,
        changes=changes_in_words(changes, now, hours),
        year=changes[0].day.year,
        moved=preview(park_id, hours, SHOWN),
        shown=SHOWN,
        unit_names={unit.id: unit.name for unit in units(park_id)},
    )


def _known_years() -> dict[int, bool]:
    """Return the years that the calendar holds, and whether each is published."""
    return {row.year: row.published for row in years(actor().park_id)} or abort(404)


def _wanted_year(known: dict[int, bool]) -> int:
    year = request.args.get("year", type=int)
    if year is None:
        return min(max(_today().year, min(known)), max(known))
    return year if year in known else abort(404)


def _today() -> date:
    return clock.now().astimezone(ZONE).date()


def _year_page(form: LocalDayForm, year: int, known: dict[int, bool]) -> str:
    special = days(actor().park_id, year)
    return render_template(
        "admin/calendar.html",
        form=form,
        year=year,
        years=list(known),
        provisional=[number for number, published in known.items() if not published],
        months=months(year, special, _today()),
        weekdays=weekdays(),
        special=special_days(special),
        local_days=[row for row in special if row.source == "local"],
        today=_today(),
        hours=hours_in_words(park(actor().park_id).working_hours),
    )


@admin.post("/calendar/<day>/remove")
@requires("admin.calendar")
def remove_day(day: str) -> str | Response | tuple[str, int]:
    """Look at what the removal of a local day would move, and remove it."""
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        abort(404)
    local = {row.day for row in days(actor().park_id, moment.year) if row.source == "local"}
    if moment not in local:
        flash(_("这一天已没有本园区的自定安排。"), "info")
        return redirect(url_for("admin.calendar", year=moment.year))
    if moment < _today():
        flash(_("不能修改已经过去的日子。"), "danger")
        return redirect(url_for("admin.calendar", year=moment.year))
    action = url_for("admin.remove_day", day=day)
    return _look_or_save([DayChange(moment, None)], action, request.form)
