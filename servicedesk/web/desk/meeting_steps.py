"""What is done to joint meetings: planning, holding, the agenda, verdicts, decisions."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.calendars.queries import calendar
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.meetings import actions, decisions, queries
from servicedesk.meetings.models import Meeting
from servicedesk.meetings.queries import Matter
from servicedesk.tickets.actions import take
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.meeting_forms import (
    VERDICTS,
    AddForm,
    ApproveForm,
    CancelForm,
    DecisionForm,
    DropForm,
    HoldForm,
    MeetingForm,
    PartForm,
)
from servicedesk.web.desk.meetings import CHANGED, Attempt, home, meeting_or_404, offer, page
from servicedesk.web.forms import with_number

Answer = Response | str | tuple[str, int]


@desk.route("/meetings/new", methods=["GET", "POST"], endpoint="meeting_new")
@requires("meeting.manage")
def new() -> Answer:
    """Plan a meeting; what waits is put on its agenda at once, if so wished."""
    form = MeetingForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _form_page(form, None)
    if not form.validate():
        return _form_page(form, None), 422
    try:
        made = actions.plan_meeting(actor(), form.details())
    except Refused as refused:
        _put(form, refused)
        return _form_page(form, None), 422
    items = [one.item.id for one in queries.waiting(actor())]
    if request.form.get("everything") and items:
        actions.list_items(actor(), made.id, items)
    flash(_("会议已安排。"), "success")
    return redirect(url_for("desk.meeting", meeting_id=made.id))


@desk.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"], endpoint="meeting_edit")
@requires("meeting.manage")
def edit(meeting_id: int) -> Answer:
    """Change a meeting that is still to come."""
    found = meeting_or_404(meeting_id)
    local = calendar(found.park_id).local(found.starts_at)
    shown = {
        "seen": found.version, "day": local.date(), "clock": local.time(), "place": found.place,
        "chair": found.chair, "attendees": found.attendees, "title": found.title,
    }  # fmt: skip
    form = MeetingForm(request.form if request.method == "POST" else None, data=shown)
    if request.method == "GET":
        return _form_page(form, found)
    if not form.validate():
        return _form_page(form, found), 422
    try:
        actions.edit_meeting(actor(), found.id, form.details(), with_number(form.seen.data))
    except Conflict as conflict:
        flash(_(CHANGED), "warning")
        form.seen.data = str(conflict.current)
        return _form_page(form, found), 409
    except Refused as refused:
        _put(form, refused)
        return _form_page(form, found), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("desk.meeting", meeting_id=found.id))


def _form_page(form: MeetingForm, found: Meeting | None) -> str:
    waiting = queries.waiting(actor()) if found is None else []
    return render_template("desk/meetings/edit.html", form=form, meeting=found, waiting=waiting)


def _put(form: MeetingForm | PartForm, refused: Refused) -> None:
    name = {"starts_at": "day", "unit_id": "unit", "owner_id": "owner"}.get(
        refused.field or "", refused.field or ""
    )
    name = name if name in form else refused.field or ""
    if name in form:
        form[name].errors = [*form[name].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


def _carry_out(
    meeting_id: int, form: PartForm, do: Callable[[Meeting], object], done: str,
    item_id: int | None = None,
) -> Answer:  # fmt: skip
    """Check a form of the meeting's page and do it; what is refused comes back with the page."""
    found = meeting_or_404(meeting_id)
    offer(form)
    if not form.validate():
        return page(found, Attempt(form, item_id)), 422
    try:
        do(found)
    except Conflict as conflict:
        form.seen.data = str(conflict.current)
        return page(meeting_or_404(meeting_id), Attempt(form, item_id, _(CHANGED))), 409
    except Refused as refused:
        _put(form, refused)
        status = 403 if refused.kind == "permission" else 422
        return page(meeting_or_404(meeting_id), Attempt(form, item_id)), status
    flash(done, "success")
    anchor = f"item-{item_id}" if item_id else None
    return redirect(url_for("desk.meeting", meeting_id=meeting_id, _anchor=anchor))


@desk.post("/meetings/<int:meeting_id>/hold", endpoint="meeting_hold")
@requires("meeting.manage")
def hold(meeting_id: int) -> Answer:
    """Write down who was there and what was said."""
    form = HoldForm(request.form)
    return _carry_out(
        meeting_id, form,
        lambda found: actions.hold_meeting(
            actor(), found.id, form.attendees.data or "", form.summary.data or "",
            with_number(form.seen.data), form.chair.data or "",
        ),
        _("已登记会议召开情况，请逐项记录结论和议定事项。"),
    )  # fmt: skip


@desk.post("/meetings/<int:meeting_id>/cancel", endpoint="meeting_cancel")
@requires("meeting.manage")
def cancel(meeting_id: int) -> Answer:
    """Call the meeting off."""
    form = CancelForm(request.form)
    return _carry_out(
        meeting_id, form,
        lambda found: actions.cancel_meeting(
            actor(), found.id, form.reason.data or "", with_number(form.seen.data)
        ),
        _("会议已取消，议题留待下次会议。"),
    )  # fmt: skip


@desk.post("/meetings/<int:meeting_id>/items", endpoint="meeting_list")
@requires("meeting.manage")
def list_items(meeting_id: int) -> Answer:
    """Put waiting matters on the agenda."""
    found = meeting_or_404(meeting_id)
    chosen = [with_number(one) for one in request.form.getlist("item")]
    return _at_once(
        lambda: actions.list_items(actor(), found.id, chosen), _("已列入议程。"), meeting_id
    )


@desk.post("/meetings/<int:meeting_id>/tickets", endpoint="meeting_add")
@requires("meeting.manage")
def add(meeting_id: int) -> Answer:
    """Bring a ticket before this meeting by hand."""
    form = AddForm(request.form)
    return _carry_out(
        meeting_id, form,
        lambda found: actions.add_ticket(
            actor(), form.number.data or "", form.reason.data or "", found.id
        ),
        _("已列入议程。"),
    )  # fmt: skip


@desk.post("/joint-meeting/tickets", endpoint="meeting_add_waiting")
@requires("meeting.manage")
def add_waiting() -> Answer:
    """Bring a ticket before the next meeting by hand."""
    form = AddForm(request.form)
    if not form.validate():
        return home(Attempt(form)), 422
    try:
        actions.add_ticket(actor(), form.number.data or "", form.reason.data or "")
    except Refused as refused:
        _put(form, refused)
        return home(Attempt(form)), 422
    flash(_("已列入待上会议题。"), "success")
    return redirect(url_for("desk.joint_meeting"))


def _item_or_404(agenda_item_id: int) -> int | None:
    """Return the meeting of a matter; one of another park does not exist."""
    found = queries.item(actor(), agenda_item_id) or abort(404)
    return found.meeting_id


@desk.post("/meetings/items/<int:agenda_item_id>/unlist", endpoint="meeting_unlist")
@requires("meeting.manage")
def unlist(agenda_item_id: int) -> Answer:
    """Leave a matter for the next meeting."""
    meeting_id = _item_or_404(agenda_item_id)
    return _at_once(
        lambda: actions.unlist_item(actor(), agenda_item_id), _("已留待下次会议。"), meeting_id
    )


@desk.post("/meetings/items/<int:agenda_item_id>/drop", endpoint="meeting_drop")
@requires("meeting.manage")
def drop(agenda_item_id: int) -> Answer:
    """Take a matter off for good."""
    meeting_id, form = _item_or_404(agenda_item_id), DropForm(request.form, suffix=agenda_item_id)
    if meeting_id is None:
        done = _("已撤下这项议题。")
        return _at_once(
            lambda: actions.drop_item(actor(), agenda_item_id, form.reason.data or ""), done, None
        )
    return _carry_out(
        meeting_id, form,
        lambda found: actions.drop_item(actor(), agenda_item_id, form.reason.data or ""),
        _("已撤下这项议题。"), agenda_item_id,
    )  # fmt: skip


def _at_once(do: Callable[[], object], done: str, meeting_id: int | None) -> Response:
    """Do what needs no page of its own; a refusal is said above the page."""
    try:
        do()
        flash(done, "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    if meeting_id is None:
        return redirect(url_for("desk.joint_meeting"))
    return redirect(url_for("desk.meeting", meeting_id=meeting_id))


@desk.post(
    "/meetings/<int:meeting_id>/items/<int:agenda_item_id>/decisions", endpoint="meeting_decide"
)
@requires("meeting.manage")
def decide(meeting_id: int, agenda_item_id: int) -> Answer:
    """Record what was decided on a matter."""
    return _decide(meeting_id, agenda_item_id)


@desk.post("/meetings/<int:meeting_id>/decisions", endpoint="meeting_decide_freely")
@requires("meeting.manage")
def decide_freely(meeting_id: int) -> Answer:
    """Record a decision that belongs to no matter."""
    return _decide(meeting_id, None)


def _decide(meeting_id: int, item_id: int | None) -> Answer:
    if item_id is not None:
        _item_or_404(item_id)
    form = DecisionForm(request.form, suffix=item_id or "")
    return _carry_out(
        meeting_id, form,
        lambda found: decisions.record_decision(actor(), found.id, form.wording(item_id)),
        _("议定事项已记录，并已通知责任单位。"), item_id,
    )  # fmt: skip


@desk.post(
    "/meetings/<int:meeting_id>/items/<int:agenda_item_id>/verdict/<verdict_step>",
    endpoint="meeting_verdict",
)
@requires("meeting.manage")
def verdict(meeting_id: int, agenda_item_id: int, verdict_step: str) -> Answer:
    """Take the step that ends a dispute or a plan, in this meeting."""
    if verdict_step not in VERDICTS:
        abort(404)
    matter = next(
        (m for m in queries.agenda(actor(), meeting_id) if m.item.id == agenda_item_id), None
    )
    if matter is None or not matter.open:
        abort(404)
    form = VERDICTS[verdict_step](request.form, suffix=agenda_item_id)
    return _carry_out(
        meeting_id,
        form,
        lambda found: _take(found, matter, form),
        _("结论已记录。"),
        agenda_item_id,
    )


def _take(found: Meeting, matter: Matter, form: PartForm) -> None:
    if found.state != "held":
        raise Refused(N_("会议召开之后才能记录结论。"))
    inputs: Mapping[str, Any] = {name: value for name, value in form.data.items() if name != "seen"}
    if isinstance(form, ApproveForm):
        inputs = {"meeting_id": found.id}
    take(actor(), matter.ticket.id, form.step, inputs, with_number(form.seen.data))
