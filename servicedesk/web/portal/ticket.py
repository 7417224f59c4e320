"""One request (工单) as the enterprise sees it: where it stands, what to do, messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, Transition
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import limiter
from servicedesk.materials.papers import papers_for
from servicedesk.packages.queries import case_of_ticket
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.queries import actions_for, events_since, item_of, timeline, uploads
from servicedesk.web.access import actor, requires
from servicedesk.web.files import keep_all
from servicedesk.web.forms import with_number
from servicedesk.web.handing import HandIn, acting_on, materials_on
from servicedesk.web.portal import panels
from servicedesk.web.portal.blueprint import portal, ticket_or_404
from servicedesk.web.portal.details import details
from servicedesk.web.portal.forms import STEP_FORMS, MessageForm, StepForm
from servicedesk.web.portal.progress import now, path
from servicedesk.web.portal.story import Entry, story
from servicedesk.web.portal.words import _

BUTTONS = {"primary": "btn-primary", "warning": "btn-warning", "danger": "btn-danger", "quiet": ""}
ASKING = frozenset({"request_supplement", "approve_supplement"})
DONE: Mapping[str, str] = {
    "supplement": N_("补正已提交，承办单位继续办理。"),
    "confirm": N_("谢谢确认，请再花几秒评价一下。"),
    "dispute": N_("已退回重办，我们会尽快联系您。"),
    "rate": N_("谢谢您的评价。"),
    "withdraw": N_("申请已撤回。"),
    "ask_resume": N_("已要求续办，服务台会尽快恢复办理或答复您。"),
    "urge": N_("已催办：承办人、单位负责人和受理员都会收到。"),
    "take_up": N_("已恢复办理，承办单位继续办，期限重新计算。"),
    "reopen": N_("已恢复办理，承办单位会尽快联系您。"),
}


@dataclass(slots=True)
class Attempt:
    """A form that came back: shown again with everything in it; ``news`` is what has changed."""

    form: StepForm | None = None
    kept: Sequence[Upload] = ()
    failed: list[str] = field(default_factory=list)
    note: str = ""
    news: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that the person may take now, with its form."""

    step: Transition
    form: StepForm
    button: str
    open: bool


@portal.get("/requests/<number>", endpoint="ticket")
@requires("portal.use")
def show(number: str) -> str:
    """Show a request."""
    return ticket_page(ticket_or_404(number), Attempt())


@portal.get("/requests/<number>/act/<name>")
@requires("portal.use")
def acted(number: str, name: str) -> Response:
    """Lead a reloaded step back to the request."""
    return redirect(url_for("portal.ticket", number=ticket_or_404(number).number))


@portal.post("/requests/<number>/act/<name>")
@requires("portal.use")
@limiter.limit("60/minute")
def act(number: str, name: str) -> Response | tuple[str, int]:
    """Take a step: answer a supplement request, confirm, dispute, rate, withdraw."""
    ticket = ticket_or_404(number)
    if name not in STEP_FORMS:
        abort(404)
    form = STEP_FORMS[name](request.form)
    kept, failed = keep_all()
    attempt = Attempt(form, kept, failed)
    if not form.validate() or failed:
        return ticket_page(ticket, attempt), 422
    try:
        take(actor(), ticket.id, name, _inputs(form, kept), with_number(form.seen.data))
    except Conflict as conflict:
        _tell_what_changed(attempt, ticket, conflict)
        return ticket_page(ticket, attempt), 409
    except Refused as refused:
        _put(attempt, refused)
        return ticket_page(ticket, attempt), 422
    flash(_(DONE[name]), "success")
    return redirect(url_for("portal.ticket", number=number))


@portal.post("/requests/<number>/messages")
@requires("portal.use")
@limiter.limit("60/minute")
def message(number: str) -> Response | tuple[str, int]:
    """Send a message to whoever has the request."""
    ticket = ticket_or_404(number)
    form = MessageForm(request.form)
    kept, failed = keep_all()
    attempt = Attempt(form, kept, failed)
    if not form.validate() or failed:
        return ticket_page(ticket, attempt), 422
    try:
        tokens = [upload.token for upload in kept]
        send_message(actor(), ticket.id, form.body.data or "", uploads=tokens)
    except Refused as refused:
        _put(attempt, refused)
        return ticket_page(ticket, attempt), 422
    return redirect(url_for("portal.ticket", number=number, _anchor="progress"))


def _inputs(form: StepForm, kept: Sequence[Upload]) -> dict[str, Any]:
    """Return a form as inputs; reasons belong to bad ratings only."""
    inputs: dict[str, Any] = {**form.data, "uploads": [upload.token for upload in kept]}
    if (inputs.get("level") or 0) > BAD_RATING:
        inputs["reasons"] = []
    return inputs


def _tell_what_changed(attempt: Attempt, ticket: Ticket, conflict: Conflict) -> None:
    """Show the form again on the present state; the next press is for what is shown now."""
    shown = [event for event in events_since(ticket.id, conflict.seen) if event.shown]
    attempt.news = story(shown if conflict.seen >= 0 else [])
    attempt.note = _("您填写期间，这件申请有了变化。您写的内容还在，请看过变化后再提交。")
    if attempt.form is not None:
        attempt.form.seen.data = str(conflict.current)


def _put(attempt: Attempt, refused: Refused) -> None:
    """Put a refusal where it belongs: at its field, at the files, or above the form."""
    name, form = refused.field or "", attempt.form
    named = form[name] if form is not None and name in form else None
    if named is not None:
        named.errors = [*named.errors, _(refused.reason)]
    elif name == "files":
        attempt.failed.append(_(refused.reason))
    else:
        attempt.note = _(refused.reason)


def ticket_page(ticket: Ticket, attempt: Attempt, tried_material: HandIn | None = None) -> str:
    """Return the page of a request; ``attempt`` or ``tried_material`` is a form that came back."""
    item, events = item_of(ticket), timeline(ticket.id, everything=False)
    known = {event.id for event in events}
    files = [upload for upload in uploads(ticket.id) if upload.event_id in known]
    offers, entries = _offers(ticket, attempt), story(events, files)
    tried = attempt.form.step if attempt.form else ""
    again = attempt.form if tried == "message" else None
    return render_template(
        "portal/ticket.html", ticket=ticket, case=case_of_ticket(ticket.id), item=item, path=path(ticket), now_=now(ticket),
        enterprise=get_enterprise(ticket.enterprise_id), offers=offers, entries=entries,
        files=files, details=details(ticket, item), attempt=attempt, tried=tried,
        message=again or MessageForm(), last=_last(entries), lost=_lost(attempt, offers),
        materials=materials_on(ticket, tried_material), acting_on=acting_on(ticket, item.code),
        papers=papers_for(ticket), **panels.everything(ticket),
    )  # fmt: skip


def _offers(ticket: Ticket, attempt: Attempt) -> list[Offer]:
    """Return the steps that are open now; the one that was tried keeps what was typed."""
    offers = []
    for step in actions_for(actor(), ticket):
        if step.name not in STEP_FORMS:
            continue
        tried = attempt.form if attempt.form and attempt.form.step == step.name else None
        form = tried or STEP_FORMS[step.name](seen=ticket.version)
        is_open = step.button == "primary" or tried is not None
        offers.append(Offer(step, form, BUTTONS[step.button], is_open))
    return offers


def _last(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the newest entry of each kind; ``asked`` is the newest request to add something."""
    found = {entry.kind: entry for entry in entries}
    asked = [entry for entry in entries if entry.kind in ASKING]
    return {**found, "asked": asked[-1]} if asked else found


def _lost(attempt: Attempt, offers: Sequence[Offer]) -> list[str]:
    """Return texts typed for a step that is no longer open, so that nobody types them again."""
    open_now = {offer.step.name for offer in offers} | {"message"}
    if attempt.form is None or attempt.form.step in open_now:
        return []
    return [
        text for name, text in attempt.form.data.items() if name != "seen" and isinstance(text, str)
        and text
    ]  # fmt: skip
