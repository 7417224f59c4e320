"""What a ticket's page does beside the steps: who is here, drafts, following, undo, canned replies."""

from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import Form, TextAreaField

from servicedesk.core.workflow import BY_NAME
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.tickets.following import follow, unfollow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for
from servicedesk.tickets.taking_back import take_back
from servicedesk.web.access import actor, requires, signed_in
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.panels.tools import presence_words
from servicedesk.web.desk.step_choices import form_of
from servicedesk.web.desk.step_forms import ELSEWHERE
from servicedesk.web.desk.tickets import TALKS, ticket_or_404, ticket_page
from servicedesk.web.forms import tidy, with_number
from servicedesk.workbench.drafts import TEXT_MAX, discard_draft, save_draft
from servicedesk.workbench.presence import beat, leave, others
from servicedesk.workbench.replies import filled
from servicedesk.workbench.replies import reply as get_reply

NOT_TYPED = frozenset({"csrf_token", "seen", "uploads", "files", "form", "acting_for", "reply_id"})


def _each() -> str:
    """People behind one address do not take each other's turns."""
    return f"person:{current_user.get_id()}"


def _back(number: str, anchor: str | None = None) -> Response:
    return redirect(url_for("desk.ticket", number=number, _anchor=anchor))


# Who is here ----------------------------------------------------------------------------------


@desk.post("/tickets/<number>/presence")
@requires("workbench.use")
@limiter.limit("60/minute", key_func=_each)
def ticket_presence(number: str) -> Response:
    """Note that the person is here; say who else is, and which version the ticket has now."""
    found = ticket_or_404(number)
    me, ticket_id, version = signed_in().id, found.id, found.version
    if request.form.get("leave") == "1":
        leave(me, ticket_id)
    else:
        beat(me, ticket_id, typing=request.form.get("typing") == "1")
    return jsonify(version=version, people=presence_words(others(ticket_id, me)))


# Drafts ---------------------------------------------------------------------------------------


def _form_name() -> str:
    name = request.form.get("form", "")
    if name not in TALKS and (name not in BY_NAME or name in ELSEWHERE):
        abort(404)
    return name


@desk.post("/tickets/<number>/draft")
@requires("workbench.use")
@limiter.limit("120/minute", key_func=_each)
def ticket_draft(number: str) -> Response | tuple[Response, int]:
    """Keep what stands in a form; answers whether something is kept, and since when."""
    found, name = ticket_or_404(number), _form_name()
    fields = {key: tidy(value) for key, value in request.form.items() if key not in NOT_TYPED}
    try:
        kept = save_draft(signed_in().id, found.id, name, fields)
    except Refused as refused:
        return jsonify(error=_(refused.reason)), 422
    return jsonify(kept=kept, text=_("草稿已保存") if kept else "")


@desk.post("/tickets/<number>/draft/discard")
@requires("workbench.use")
def ticket_draft_discard(number: str) -> Response:
    """Throw a draft away; the form is as it was."""
    found, name = ticket_or_404(number), _form_name()
    discard_draft(signed_in().id, found.id, name)
    flash(_("草稿已丢弃。"), "success")
    return _back(number, "write" if name in TALKS else None)


# Following ------------------------------------------------------------------------------------


@desk.post("/tickets/<number>/follow")
@requires("workbench.use")
def ticket_follow(number: str) -> Response:
    """Follow the ticket, or follow it no more."""
    found = ticket_or_404(number)
    if request.form.get("stop") == "1":
        unfollow(found.id, signed_in().id)
        flash(_("已取消关注，不再收到本工单的进展。"), "success")
    else:
        follow(found.id, signed_in().id)
        flash(_("已关注，本工单有进展时会通知您。"), "success")
    return _back(number)


# Undo -----------------------------------------------------------------------------------------


@desk.post("/tickets/<number>/undo")
@requires("workbench.use")
def ticket_undo(number: str) -> Response | tuple[str, int]:
    """Take back the step that the person has just taken."""
    found = ticket_or_404(number)
    try:
        take_back(actor(), found.id, with_number(request.form.get("seen")))
    except Refused as refused:
        flash(_(refused.reason), "danger")
        status = 403 if refused.kind == "permission" else 409
        return ticket_page(ticket_or_404(number)), status
    flash(_("已撤销，没有人收到通知。"), "success")
    return _back(number)


# Canned replies -------------------------------------------------------------------------------


@desk.post("/tickets/<number>/fill")
@requires("workbench.use")
def ticket_fill(number: str) -> str | Response:
    """Put a canned reply into a form of the page: for browsers without scripts."""
    found = ticket_or_404(number)
    name, text = _form_name(), _chosen_text(found)
    if name in TALKS:
        field = TALKS[name]
        body = _joined(request.form.get(field, ""), text)
        return ticket_page(found, opened=name, **{field: body})
    if BY_NAME[name] not in actions_for(actor(), found):
        return _back(number)
    form = form_of(BY_NAME[name], found, request.form)
    into = _first_text(form)
    if into is not None:
        into.data = _joined(into.data or "", text)
    return ticket_page(found, opened=name, form=form)


def _chosen_text(found: Ticket) -> str:
    number = with_number(request.form.get("reply_id"))
    chosen = get_reply(actor(), number) if number > 0 else None
    return filled(actor(), found, [chosen])[0][1] if chosen is not None else ""


def _joined(before: str, text: str) -> str:
    return "\n".join(part for part in (tidy(before), text) if part)[:TEXT_MAX]


def _first_text(form: Form) -> Any:
    return next((field for field in form if isinstance(field, TextAreaField)), None)
