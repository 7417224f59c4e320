"""The ticket page of staff: what is asked, what happened, and only the steps open to this person."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import Form, TextAreaField

from servicedesk.accounts.queries import names
from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.queries import fields_of, metrics
from servicedesk.catalogue.queries import item as get_item
from servicedesk.core.permissions import allows
from servicedesk.core.routing import Suggestion
from servicedesk.core.workflow import BY_NAME
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.materials.papers import papers_for
from servicedesk.organisation.queries import units
from servicedesk.outreach.queries import visits_of
from servicedesk.packages.queries import case_of_ticket
from servicedesk.routing.learning import suggestions
from servicedesk.tickets import queries
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.mentions import strangers
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.parts import look_through
from servicedesk.web.access import actor, requires, signed_in
from servicedesk.web.desk import panels
from servicedesk.web.desk.action_box import EXPLAINED, Box, box
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.step_choices import form_of
from servicedesk.web.desk.step_forms import ELSEWHERE, WITH_FILES, inputs_of
from servicedesk.web.desk.timeline import SHOWS, timeline_of
from servicedesk.web.files import keep_all
from servicedesk.web.forms import with_number
from servicedesk.web.handing import acting_on, materials_on
from servicedesk.workbench.drafts import discard_draft, drafts_of
from servicedesk.workbench.models import Draft

TALKS = {"message": "message_body", "note": "note_body"}  # each form with the field that is its own

SUGGESTED = 3


def ticket_or_404(number: str) -> Ticket:
    """Return a ticket that the person may see; any other does not exist."""
    found = queries.by_number(actor(), number)
    if found is None:
        abort(404)
    return found


@desk.get("/tickets/<number>")
@requires("ticket.queue")
def ticket(number: str) -> str:
    """Show a ticket."""
    return ticket_page(ticket_or_404(number))


@desk.get("/tickets/<number>/act/<name>")
@requires("ticket.queue")
def acted(number: str, name: str) -> Response:
    """Lead a reloaded step back to the ticket."""
    return redirect(url_for("desk.ticket", number=number))


@desk.post("/tickets/<number>/act/<name>")
@requires("ticket.queue")
def act(number: str, name: str) -> Response | tuple[str, int]:
    """Take one step; a refused or outdated one comes back with what was typed."""
    found = ticket_or_404(number)
    if name not in BY_NAME or name in ELSEWHERE:
        abort(404)
    form = form_of(BY_NAME[name], found, request.form)
    kept, failed = keep_all() if name in WITH_FILES else ([], [])
    shown = {"opened": name, "form": form, "kept": kept, "failed": failed}
    if not form.validate() or failed:
        return ticket_page(found, **shown), 422
    inputs = {**inputs_of(form), "uploads": [upload.token for upload in kept]}
    seen = with_number(request.form.get("seen"))
    try:
        changed = take(actor(), found.id, name, inputs, seen)
    except Conflict:
        return ticket_page(ticket_or_404(number), seen=seen, **shown), 409
    except Refused as refused:
        _show(form, refused)
        return ticket_page(
            ticket_or_404(number), **shown
        ), 403 if refused.kind == "permission" else 422
    discard_draft(signed_in().id, found.id, name)
    if not BY_NAME[name].undoable:  # the bar on the page says it, with the way back
        flash(_("已完成：%(step)s", step=_(BY_NAME[name].label)), "success")
    return redirect(_after(changed))


def _after(changed: Ticket) -> str:
    """A ticket that has left the person's sight leads back to the queue."""
    if queries.may_see(actor(), changed):
        return url_for("desk.ticket", number=changed.number)
    return url_for("desk.queue")


def _show(form: Form, refused: Refused) -> None:
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


@desk.post("/tickets/<number>/message")
@requires("ticket.message")
def message(number: str) -> Response | tuple[str, int]:
    """Write to the enterprise: from its own form, to its own address, in a field of its own."""
    return _say(number, "message", _("已发给企业。"))


@desk.post("/tickets/<number>/note")
@requires("ticket.note")
def note(number: str) -> Response | tuple[str, int]:
    """Keep an internal note, which the enterprise never sees."""
    return _say(number, "note", _("已记录内部备注，企业看不到。"))


def _say(number: str, kind: str, done: str) -> Response | tuple[str, int]:
    """A form of the other kind, sent here by whatever mistake, has no such field and says nothing."""
    found = ticket_or_404(number)
    internal, field = kind == "note", TALKS[kind]
    if field not in request.form:
        abort(400)
    kept, failed = keep_all()
    body = request.form[field][:4000]
    try:
        if failed:
            raise Refused(failed[0], field="files")
        tokens = [upload.token for upload in kept]
        send_message(actor(), found.id, body, internal=internal, uploads=tokens)
    except Refused as refused:
        more = {"opened": kind, field: body, f"{kind}_error": _(refused.reason)}
        page = ticket_page(ticket_or_404(number), kept=kept, failed=failed, **more)
        return page, 403 if refused.kind == "permission" else 422
    discard_draft(signed_in().id, found.id, kind)
    flash(done, "success")
    for word in strangers(found, body) if internal else ():
        flash(_("没有叫“%(name)s”的同事，没有通知任何人。", name=word), "warning")
    return redirect(url_for("desk.ticket", number=number, _anchor="timeline"))


@desk.post("/tickets/<number>/contact")
@requires("personal.unmask")
def contact(number: str) -> str:
    """Show the requester's telephone number in full; that it was shown is in the audit trail."""
    found = ticket_or_404(number)
    record_alone(actor(), "personal.unmask", "ticket", found.id, what="phone")
    return ticket_page(found, unmasked=True)


def ticket_page(found: Ticket, **more: Any) -> str:
    """Return the page of a ticket; ``more`` is a form that came back and what is wrong with it."""
    look_through(found.id)
    item = queries.item_of(found)
    drafts = drafts_of(actor().user_id, found.id)
    events, uploads = queries.timeline(found.id, everything=True), queries.uploads(found.id)
    filed = {None, *(event.id for event in events[:1])}
    seen, wrong = more.get("seen"), more.pop("form", None)
    shown = _box(found, drafts, more.get("opened"), wrong)
    return render_template(
        "desk/ticket.html",
        ticket=found,
        item=item,
        fields=fields_of(item),
        enterprise=get_enterprise(found.enterprise_id),
        line=timeline_of(events, uploads),
        shows=SHOWS,
        children=queries.children(found.id),
        uploads=[upload for upload in uploads if upload.event_id in filed],
        visits=visits_of(found.id),
        case=case_of_ticket(found.id) if allows(actor(), "package.view") else None,
        metrics=metrics(),
        unit_names={unit.id: unit.name for unit in units(found.park_id)},
        units_by_code={unit.code: unit for unit in units(found.park_id)},
        people=names([found.assignee_id, found.intake_by_id, found.resolved_by_id]),
        suggestions=_suggestions(found, shown.names),
        box=shown,
        drafts=drafts,
        left_over=_left_over(shown, drafts, more.get("opened"), wrong),
        with_files=WITH_FILES,
        materials=materials_on(found, more.pop("tried_material", None)),
        acting_on=acting_on(found, item.code),
        papers=papers_for(found),
        changed=queries.events_since(found.id, seen) if seen is not None else [],
        **panels.everything(found),
        **more,
    )


def _box(found: Ticket, drafts: Mapping[str, Draft], opened: str | None, wrong: Form | None) -> Box:
    """Return what may be done now; a form that came back stands for itself, else its draft."""
    steps = []
    here, shut = queries.actions_and_hindrances(actor(), found, EXPLAINED)
    for step in here:
        if step.name in ELSEWHERE:
            continue
        draft = drafts.get(step.name)
        form = wrong if wrong is not None and step.name == opened else None
        typed = MultiDict(draft.body) if draft is not None else None
        steps.append((step, form if form is not None else form_of(step, found, typed)))
    return box(steps, shut, opened, drafts)


def _left_over(
    shown: Box, drafts: Mapping[str, Draft], opened: str | None, wrong: Form | None
) -> list[dict[str, Any]]:
    """Return what the person wrote for steps that are not open any more: it is not lost."""
    there = shown.names | set(TALKS)
    texts = {name: list(draft.body.values()) for name, draft in drafts.items()}
    if opened is not None and opened in BY_NAME and wrong is not None:
        texts[opened] = [field.data for field in wrong if isinstance(field, TextAreaField)]
    return [
        {
            "form": name,
            "label": BY_NAME[name].label,
            "text": "\n".join(one for one in words if one),
            "kept": name in drafts,
        }
        for name, words in texts.items()
        if name not in there and name in BY_NAME
    ]


def _suggestions(found: Ticket, steps: Collection[str]) -> list[Suggestion]:
    """Return the best units with their reasons, for whoever may send the ticket somewhere now."""
    if not {"dispatch", "settle"} & set(steps):
        return []
    return suggestions(found, get_item(found.item_id))[:SUGGESTED]
