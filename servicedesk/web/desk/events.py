"""Training events at the desk (培训活动): the programme, one event, its people, its poster."""

import io
from typing import Any

import segno
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import item_labels
from servicedesk.clock import clock
from servicedesk.core.permissions import Scope, Subject, allows, scope_of
from servicedesk.core.training import (
    CHECK_IN_WAYS,
    EVENT_STATE_NAMES,
    FEEDBACK_MIN,
    ITEM_CODES,
    KINDS,
    EventState,
    average,
    may_be_cancelled,
    may_be_held,
    may_check_in,
    may_register,
)
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import all_names, names
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.tickets.models import Upload
from servicedesk.training import actions, attendance, queries
from servicedesk.training.listing import (
    EVENT_SORTS,
    SHOWN,
    EventFilter,
    events,
    line_of,
)
from servicedesk.training.models import Attendance, Event
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.event_forms import DoorForm, EventForm, ReasonForm, data_of
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.files import keep_all
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.showing import named

INVITED_MAX = 5000


@desk.get("/events", endpoint="events")
@requires("event.view")
def programme() -> str:
    """List the events, narrowed and sorted as the address says."""
    wanted = wanted_events()
    return render_template(
        "desk/training/events.html", wanted=wanted, lines=events(actor().park_id, wanted),
        shown=SHOWN, kinds=_words(KINDS), states=_words(EVENT_STATE_NAMES), items=items_offered(),
        units=_units(everywhere=True), sorts=_words(EVENT_SORTS), unit_names=unit_names_by_id(),
        kind_names=KINDS, state_names=EVENT_STATE_NAMES,
    )  # fmt: skip


def wanted_events() -> EventFilter:
    """Return what the address asks for."""
    return EventFilter(
        q=text_of("q"), kind=known_of("kind", KINDS, ""), item=known_of("item", ITEM_CODES, ""),
        state=known_of("state", list(EventState), ""), unit=number_of("unit"),
        since=day_of("since"), until=day_of("until"), sort=known_of("sort", EVENT_SORTS, "newest"),
    )  # fmt: skip


def _words(table: Any) -> list[tuple[str, str]]:
    return [(str(code), _(name)) for code, name in table.items()]


def items_offered() -> list[tuple[str, str]]:
    """Return the codes and the names of the items that events belong to."""
    labels = {label.code: label for label in item_labels(actor().park_id)}
    return [(code, named(labels[code])) for code in ITEM_CODES if code in labels]


def _units(*, everywhere: bool = False) -> list[tuple[int, str]]:
    """Return the units for which the person may plan; a unit's person plans for the own one."""
    own = scope_of(actor().role, "event.manage") is Scope.UNIT and not everywhere
    return [
        (unit.id, unit.name)
        for unit in units(actor().park_id)
        if not own or unit.id == actor().unit_id
    ]


def unit_names_by_id() -> dict[int, str]:
    """Return the names of the park's units."""
    return {unit.id: unit.name for unit in units(actor().park_id)}


@desk.route("/events/new", methods=["GET", "POST"])
@requires("event.manage")
def event_new() -> Response | str | tuple[str, int]:
    """Put an event on the programme."""
    form = _form(EventForm(request.form if request.method == "POST" else None))
    if request.method == "GET":
        form.unit_id.data = actor().unit_id
        return render_template("desk/training/edit.html", form=form, event=None)
    if form.validate():
        try:
            made = actions.plan_event(actor(), form.plan())
        except Refused as refused:
            _put(form, refused)
        else:
            flash(_("活动已发布，企业可以报名。接下来可以邀请企业。"), "success")
            return redirect(url_for("desk.event", event_id=made.id))
    return render_template("desk/training/edit.html", form=form, event=None), 422


@desk.route("/events/<int:event_id>/edit", methods=["GET", "POST"])
@requires("event.manage")
def event_edit(event_id: int) -> Response | str | tuple[str, int]:
    """Change a planned event; the second of two editors is told."""
    found = managed_or_404(event_id)
    if request.method == "GET":
        form = _form(EventForm(data=data_of(found)))
        return render_template("desk/training/edit.html", form=form, event=found)
    form, status = _form(EventForm(request.form)), 422
    if form.validate():
        try:
            seen = with_number(request.form.get("seen"))
            actions.change_event(actor(), found.id, form.plan(), seen)
        except Refused as refused:
            _put(form, refused)
        except Conflict:
            flash(_("您填写期间，活动已被他人修改。请对照后再次保存。"), "danger")
            found, status = managed_or_404(event_id), 409
        else:
            flash(_("活动已修改。"), "success")
            return redirect(url_for("desk.event", event_id=event_id))
    return render_template("desk/training/edit.html", form=form, event=found), status


def _form(form: EventForm) -> EventForm:
    form.offer(items_offered(), _units())
    return form


def _put(form: Any, refused: Refused) -> None:
    """Put a refusal at its field, or above the form."""
    if refused.field and refused.field in form:
        form[refused.field].errors = [*form[refused.field].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


@desk.get("/events/<int:event_id>")
@requires("event.view")
def event(event_id: int) -> str:
    """Show an event: who comes, who is there, its material, what was thought of it."""
    return _page(_or_404(event_id))


def _or_404(event_id: int) -> Event:
    return queries.event(actor(), event_id) or abort(404)


def managed_or_404(event_id: int) -> Event:
    """Return an event that the person may change; others' events have no such page."""
    found = _or_404(event_id)
    return found if _manages(found) else abort(404)


def _manages(found: Event) -> bool:
    return allows(actor(), "event.manage", Subject(found.park_id, unit_id=found.unit_id))


def _page(found: Event, **more: Any) -> str:
    people = queries.attendance(found.id)
    state, now, line = EventState(found.state), clock.now(), line_of(found)
    answers = queries.feedback(found.id)
    levels = [one.level for one in answers]
    door = more.pop("door", None) or DoorForm()
    door.enterprise.choices = sorted(all_names(found.park_id).items(), key=lambda pair: pair[1])
    return render_template(
        "desk/training/event.html", event=found, line=line, people=people, manages=_manages(found),
        enterprises=names({row.enterprise_id for row in people}), unit_names=unit_names_by_id(),
        items=dict(items_offered()), kinds=KINDS, ways=CHECK_IN_WAYS, state_names=EVENT_STATE_NAMES,
        invited=len(queries.invited(found.id)), files=queries.files(found.id), levels=levels,
        average=average(levels), enough=FEEDBACK_MIN,
        comments=[one.comment for one in answers if one.comment],
        registering=may_register(state, now, found.starts_at), over=now > found.ends_at,
        checking_in=may_check_in(state, now, found.starts_at, found.ends_at, by_staff=True),
        holdable=may_be_held(state, now, found.starts_at, line.came),
        cancellable=may_be_cancelled(state, line.came), door=door,
        cancel=more.pop("cancel", None) or ReasonForm(), **more,
    )  # fmt: skip


def _done(event_id: int, said: str, anchor: str = "") -> Response:
    flash(said, "success")
    return redirect(url_for("desk.event", event_id=event_id, _anchor=anchor or None))


@desk.route("/events/<int:event_id>/invite", methods=["GET", "POST"])
@requires("event.manage")
def event_invite(event_id: int) -> Response | str:
    """Choose enterprises by what their files say, look at the list, and invite them."""
    found = managed_or_404(event_id)
    if request.method == "POST":
        chosen = {with_number(value) for value in request.form.getlist("enterprise")[:INVITED_MAX]}
        try:
            count = attendance.invite(actor(), found.id, chosen)
        except Refused as refused:
            flash(_(refused.reason), "danger")
            return redirect(url_for("desk.event", event_id=event_id))
        return _done(event_id, _("已邀请%(n)s家企业，对方会收到通知。", n=count))
    traits = queries.traits(found.park_id)
    wanted = {name: text_of(name) for name in (*traits, "text")}
    return render_template(
        "desk/training/invite.html", event=found, wanted=wanted, traits=traits,
        matching=queries.matching(found.park_id, **wanted), invited=queries.invited(found.id),
    )  # fmt: skip


@desk.post("/events/<int:event_id>/door")
@requires("event.manage")
def event_door(event_id: int) -> Response | tuple[str, int]:
    """Put down and check in somebody who came unregistered."""
    found = managed_or_404(event_id)
    form = DoorForm(request.form)
    form.enterprise.choices = list(all_names(found.park_id).items())
    if form.validate():
        person = attendance.Person(form.person.data or "", form.phone.data or "")
        try:
            attendance.add_at_the_door(actor(), found.id, form.enterprise.data, person)
            return _done(event_id, _("已登记并签到。"), "people")
        except Refused as refused:
            _put(form, refused)
    return _page(found, door=form, door_open=True), 422


@desk.post("/events/<int:event_id>/check-in/<int:attendance_id>")
@requires("event.manage")
def event_check_in(event_id: int, attendance_id: int) -> Response:
    """Check a registered person in by hand."""
    found = managed_or_404(event_id)
    row = _row_or_404(found, attendance_id)
    try:
        attendance.check_in_by_hand(actor(), row.id)
        return _done(event_id, _("%(name)s 已签到。", name=row.person), "people")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.event", event_id=event_id))


@desk.post("/events/<int:event_id>/leave/<int:attendance_id>")
@requires("event.manage")
def event_leave(event_id: int, attendance_id: int) -> Response:
    """Take a registration back for an enterprise that asked by telephone."""
    found = managed_or_404(event_id)
    row = _row_or_404(found, attendance_id)
    try:
        attendance.leave(actor(), row.id)
        return _done(event_id, _("已取消 %(name)s 的报名。", name=row.person), "people")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.event", event_id=event_id))


def _row_or_404(found: Event, attendance_id: int) -> Attendance:
    row = queries.attendance_row(attendance_id)
    return row if row is not None and row.event_id == found.id else abort(404)


@desk.post("/events/<int:event_id>/hold")
@requires("event.manage")
def event_hold(event_id: int) -> Response:
    """Record that the event took place."""
    found = managed_or_404(event_id)
    try:
        actions.hold_event(actor(), found.id)
        return _done(event_id, _("已记为举办，计入培训场次。"))
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.event", event_id=event_id))


@desk.post("/events/<int:event_id>/cancel")
@requires("event.manage")
def event_cancel(event_id: int) -> Response | tuple[str, int]:
    """Call the event off."""
    found = managed_or_404(event_id)
    form = ReasonForm(request.form)
    if form.validate():
        try:
            actions.cancel_event(actor(), found.id, form.reason.data or "")
            return _done(event_id, _("活动已取消，已通知报名的企业。"))
        except Refused as refused:
            _put(form, refused)
    return _page(found, cancel=form, cancel_open=True), 422


@desk.post("/events/<int:event_id>/files")
@requires("event.manage")
def event_files(event_id: int) -> Response | tuple[str, int]:
    """Add material."""
    found = managed_or_404(event_id)
    kept, failed = keep_all()
    if not failed:
        try:
            count = actions.add_files(actor(), found.id, _tokens(kept))
            return _done(event_id, _("已添加%(n)s份资料。", n=count), "files")
        except Refused as refused:
            failed = [_(refused.reason)]
    return _page(found, kept=kept, failed=failed), 422


def _tokens(kept: list[Upload]) -> list[str]:
    """Return what the form named and what came with it: a repeat names the same again."""
    return list(dict.fromkeys([*request.form.getlist("uploads"), *(one.token for one in kept)]))


@desk.get("/events/<int:event_id>/poster")
@requires("event.manage")
def event_poster(event_id: int) -> str:
    """Show the page to print and hang up: the code for checking in."""
    found = managed_or_404(event_id)
    return render_template("desk/training/poster.html", event=found)


@desk.get("/events/<int:event_id>/qr.svg")
@requires("event.manage")
def event_qr(event_id: int) -> Response:
    """Return the QR code that leads to checking in."""
    found = managed_or_404(event_id)
    base: str = current_app.extensions["settings"].base_url
    picture = io.BytesIO()
    address = base + url_for("portal.event_check_in", code=found.check_in_code)
    segno.make(address, micro=False).save(
        picture, kind="svg", border=2, light="#fff", omitsize=True
    )
    return current_app.response_class(picture.getvalue(), mimetype="image/svg+xml")


def situation(row: Attendance, over: bool = False) -> str:
    """Return in a word how a person stands on the list of an event (translatable)."""
    if row.checked_in_at:
        return N_("已签到")
    if row.cancelled_at:
        return N_("已取消")
    if over:
        return N_("未到场")
    return N_("候补") if row.waiting else N_("已报名")


desk.add_app_template_filter(situation, "situation")
