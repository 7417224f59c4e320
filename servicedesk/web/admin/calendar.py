"""The working calendar of a year: looking at it, entering and removing local days."""

from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.calendars import actions as calendars
from servicedesk.calendars.queries import days, years
from servicedesk.clock import clock
from servicedesk.organisation.queries import park
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.forms import LocalDayForm
from servicedesk.web.admin.grid import hours_in_words, months, special_days, weekdays
from servicedesk.web.showing import ZONE


@admin.route("/calendar", methods=["GET", "POST"])
@requires("admin.calendar")
def calendar() -> str | Response:
    """Show one year; enter a local day."""
    known = _known_years()
    form = LocalDayForm(request.form)
    form.within(range(min(known), max(known) + 1))
    day = form.day.data
    if request.method == "POST" and form.validate() and day:
        working = form.working.data == "work"
        calendars.set_day(actor(), day, working, form.name.data or "")
        flash(_("已保存。在办工单的期限将在一分钟内由调度器重新计算。"), "success")
        return redirect(url_for("admin.calendar", year=day.year))
    return _year_page(form, _wanted_year(known), known)


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
        hours=hours_in_words(park(actor().park_id).working_hours),
    )


@admin.post("/calendar/<day>/remove")
@requires("admin.calendar")
def remove_day(day: str) -> Response:
    """Remove a local day."""
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        abort(404)
    calendars.clear_day(actor(), moment)
    flash(_("已删除。在办工单的期限将在一分钟内由调度器重新计算。"), "success")
    return redirect(url_for("admin.calendar", year=moment.year))
