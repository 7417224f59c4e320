"""Training events for enterprises (培训活动): the programme, registering, checking in, feedback."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Answer
from wtforms import FieldList, FormField, RadioField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import Optional

from servicedesk.clock import clock
from servicedesk.core.training import (
    EVENT_STATE_NAMES,
    KINDS,
    EventState,
    check_in_span,
    may_check_in,
    may_register,
)
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.organisation.queries import unit
from servicedesk.training import attendance, queries
from servicedesk.training.listing import (
    ConsultationFilter,
    consultations,
    line_of,
    of_enterprise,
    open_to_enterprises,
)
from servicedesk.training.models import Attendance, Event
from servicedesk.web.access import actor, chosen_enterprise, requires, signed_in
from servicedesk.web.forms import at_most, phone_field, required, tidy
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.portal.words import _
from servicedesk.web.showing import RATING_NAMES

TABS = {"coming": N_("可以报名"), "mine": N_("我们的"), "past": N_("往期活动")}


class PersonForm(PlainForm):
    """One person whom the enterprise sends; an empty line is nobody."""

    person = StringField(_l("姓名"), filters=[tidy], validators=[Optional(), at_most(40)])


class RegisterForm(BaseForm):
    """Who comes, and how to reach them."""

    people = FieldList(FormField(PersonForm), max_entries=20)
    phone = phone_field(_l("联系电话"))


class FeedbackForm(BaseForm):
    """What the enterprise thought of it."""

    level = RadioField(_l("这场活动对您有帮助吗"), coerce=int, validators=[required()])
    comment = TextAreaField(
        _l("意见和建议（选填）"), filters=[tidy],
        validators=[Optional(), at_most(attendance.COMMENT_MAX)], render_kw={"rows": 3},
    )  # fmt: skip

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        self.level.choices = [(level, _(name)) for level, name in RATING_NAMES.items()]


@portal.get("/events", endpoint="events")
@requires("event.view")
def programme() -> str:
    """List events to come, those of the enterprise, or those that are over."""
    tab = request.args.get("show", "")
    tab = tab if tab in TABS else "coming"
    kind = request.args.get("kind", "")
    enterprise = chosen_enterprise()
    mine = of_enterprise(enterprise.id) if enterprise else {}
    lines = open_to_enterprises(actor().park_id, past=tab == "past")
    if tab == "mine":
        over = open_to_enterprises(actor().park_id, past=True)
        lines = [line for line in [*lines, *over] if line.event.id in mine]
    advice = (
        consultations(actor().park_id, ConsultationFilter(enterprise=enterprise.id))
        if enterprise and tab == "mine"
        else []
    )
    return render_template(
        "portal/training/events.html", tabs=TABS, chosen=tab, kind=kind, kinds=KINDS, mine=mine,
        lines=[line for line in lines if kind in ("", line.event.kind)], advice=advice,
        states=EVENT_STATE_NAMES,
    )  # fmt: skip


@portal.get("/events/<int:event_id>", endpoint="event")
@requires("event.view")
def show(event_id: int) -> str:
    """Show an event, and what the enterprise has to do with it."""
    return _page(_or_404(event_id))


def _or_404(event_id: int) -> Event:
    return queries.event(actor(), event_id) or abort(404)


def _chosen() -> Enterprise:
    return chosen_enterprise() or abort(404)


def _page(event: Event, **more: Any) -> str:
    enterprise, state, now = _chosen(), EventState(event.state), clock.now()
    rows = [row for row in queries.sent_by(event.id, enterprise.id) if row.cancelled_at is None]
    there = any(row.checked_in_at for row in rows)
    room = event.per_enterprise - len(rows)
    form = more.pop("form", None) or _empty_form(room, rows)
    opens, _closes = check_in_span(event.starts_at, event.ends_at)
    return render_template(
        "portal/training/event.html", event=event, line=line_of(event), rows=rows, there=there,
        unit=unit(event.unit_id), kinds=KINDS, states=EVENT_STATE_NAMES, form=form, room=room,
        registering=may_register(state, now, event.starts_at) and room > 0,
        leaving=may_register(state, now, event.starts_at), opens=opens, over=now > event.ends_at,
        files=queries.files(event.id) if there else [], told=len(queries.files(event.id)),
        answered=queries.feedback_of(event.id, enterprise.id), enterprise=enterprise,
        feedback=more.pop("feedback", None) or FeedbackForm(), ratings=RATING_NAMES, **more,
    )  # fmt: skip


def _empty_form(room: int, rows: list[Attendance]) -> RegisterForm:
    """Return a line for each person who may still come, the first one with the own name."""
    person = signed_in()
    listed = {row.person for row in rows}
    first = [{"person": "" if person.name in listed else person.name}] if room > 0 else []
    return RegisterForm(people=first + [{}] * (room - 1), phone=person.phone)


@portal.post("/events/<int:event_id>/register")
@requires("event.register")
@limiter.limit("30/minute")
def event_register(event_id: int) -> Answer | tuple[str, int]:
    """Register people."""
    event, enterprise = _or_404(event_id), _chosen()
    form = RegisterForm(request.form)
    if form.validate():
        phone = form.phone.data or ""
        people = [attendance.Person(one["person"] or "", phone) for one in form.people.data]
        try:
            rows = attendance.register(actor(), event.id, enterprise.id, people)
        except Refused as refused:
            return _page(event, form=form, wrong=_(refused.reason)), 422
        waiting = sum(row.waiting for row in rows)
        flash(
            _("名额已满，%(n)s人进入候补，有名额时会通知您。", n=waiting)
            if waiting
            else _("报名成功，活动前一天会提醒您。"),
            "success",
        )
        return redirect(url_for("portal.event", event_id=event_id))
    return _page(event, form=form), 422


@portal.post("/events/<int:event_id>/leave/<int:attendance_id>")
@requires("event.register")
def event_leave(event_id: int, attendance_id: int) -> Answer:
    """Take a registration back."""
    event, enterprise = _or_404(event_id), _chosen()
    row = queries.attendance_row(attendance_id)
    if row is None or (row.event_id, row.enterprise_id) != (event.id, enterprise.id):
        abort(404)
    try:
        attendance.leave(actor(), row.id)
        flash(_("已取消 %(name)s 的报名。", name=row.person), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.event", event_id=event_id))


@portal.post("/events/<int:event_id>/feedback")
@requires("event.register")
def event_feedback(event_id: int) -> Answer | tuple[str, int]:
    """Keep what the enterprise thought of the event."""
    event, enterprise = _or_404(event_id), _chosen()
    form = FeedbackForm(request.form)
    if form.validate():
        level, comment = form.level.data, form.comment.data or ""
        try:
            attendance.give_feedback(actor(), event.id, enterprise.id, level, comment)
            flash(_("谢谢您的反馈。"), "success")
            return redirect(url_for("portal.event", event_id=event_id))
        except Refused as refused:
            flash(_(refused.reason), "danger")
    return _page(event, feedback=form), 422


@portal.route("/events/check-in/<code>", methods=["GET", "POST"])
@requires("event.register")
@limiter.limit("60/minute")
def event_check_in(code: str) -> Answer | str | tuple[str, int]:
    """Check in with the code on the wall: one press, once for each person."""
    event, enterprise = queries.by_code(code), _chosen()
    if event is None or event.park_id != actor().park_id:
        abort(404)
    wrong, status = "", 200
    if request.method == "POST":
        try:
            attendance.check_in_by_code(actor(), code, enterprise.id)
        except Refused as refused:
            wrong, status = _(refused.reason), 422
        else:
            flash(_("签到成功，欢迎参加。"), "success")
            return redirect(url_for("portal.event", event_id=event.id))
    state, now = EventState(event.state), clock.now()
    row = queries.own_row(event.id, enterprise.id, actor().user_id or 0, actor().name)
    page = render_template(
        "portal/training/check_in.html", event=event, row=row, wrong=wrong, enterprise=enterprise,
        open=may_check_in(state, now, event.starts_at, event.ends_at, by_staff=False),
        span=check_in_span(event.starts_at, event.ends_at),
    )  # fmt: skip
    return page, status


@portal.get("/events/<int:event_id>/calendar.ics")
@requires("event.view")
def event_calendar(event_id: int) -> Response:
    """Return the event for the telephone's calendar (RFC 5545)."""
    event = _or_404(event_id)
    base: str = current_app.extensions["settings"].base_url
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//servicedesk//events//ZH", "BEGIN:VEVENT",
        f"UID:event-{event.id}@servicedesk", f"DTSTAMP:{_utc(event.created_at)}",
        f"DTSTART:{_utc(event.starts_at)}", f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{_escaped(event.title)}", f"LOCATION:{_escaped(event.place)}",
        f"URL:{base}{queries.portal_address(event.id)}", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    text = "".join(f"{_folded(line)}\r\n" for line in lines)
    name = f"event-{event.id}.ics"
    return current_app.response_class(
        text, mimetype="text/calendar",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )  # fmt: skip


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Escape a text as RFC 5545 §3.3.11 asks."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _folded(line: str) -> str:
    """Fold a line at 75 bytes, between characters (RFC 5545 §3.1)."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > 73:
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
