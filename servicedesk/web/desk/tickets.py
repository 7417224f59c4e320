"""The ticket page of staff: what is asked, what happened, and only the steps open to this person."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.accounts.queries import names
from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.queries import fields_of, metrics
from servicedesk.catalogue.queries import item as get_item
from servicedesk.core.permissions import allows
from servicedesk.core.routing import Suggestion
from servicedesk.core.workflow import BY_NAME, Transition
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.materials.papers import papers_for
from servicedesk.organisation.queries import units
from servicedesk.outreach.queries import visits_of
from servicedesk.packages.queries import case_of_ticket
from servicedesk.routing.learning import suggestions
from servicedesk.tickets import queries
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.models import Ticket
from servicedesk.web.access import actor, requires
from servicedesk.web.desk import panels
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.step_choices import form_of
from servicedesk.web.desk.step_forms import ELSEWHERE, WITH_FILES, inputs_of
from servicedesk.web.files import keep_all
from servicedesk.web.forms import with_number
from servicedesk.web.handing import acting_on, materials_on

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
@requires("ticket.note")
def message(number: str) -> Response | tuple[str, int]:
    """Write to the enterprise, or a note that stays inside."""
    found = ticket_or_404(number)
    kept, failed = keep_all()
    internal = request.form.get("internal") == "1"
    body = request.form.get("body", "")[:4000]
    try:
        if failed:
            raise Refused(failed[0], field="files")
        tokens = [upload.token for upload in kept]
        send_message(actor(), found.id, body, internal=internal, uploads=tokens)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return ticket_page(found, draft=body, kept=kept, failed=failed, opened="message"), 422
    flash(_("已记录内部备注。") if internal else _("已发给企业。"), "success")
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
    item = queries.item_of(found)
    open_now = [one for one in queries.actions_for(actor(), found) if one.name not in ELSEWHERE]
    steps = sorted(open_now, key=_importance)
    opened, wrong = more.get("opened"), more.pop("form", None)
    forms = [
        (step, wrong if wrong is not None and step.name == opened else form_of(step, found, None))
        for step in steps
    ]
    seen = more.get("seen")
    return render_template(
        "desk/ticket.html",
        ticket=found,
        item=item,
        fields=fields_of(item),
        enterprise=get_enterprise(found.enterprise_id),
        events=queries.timeline(found.id, everything=True),
        children=queries.children(found.id),
        uploads=queries.uploads(found.id),
        visits=visits_of(found.id),
        case=case_of_ticket(found.id) if allows(actor(), "package.view") else None,
        metrics=metrics(),
        unit_names={unit.id: unit.name for unit in units(found.park_id)},
        units_by_code={unit.code: unit for unit in units(found.park_id)},
        people=names([found.assignee_id, found.intake_by_id, found.resolved_by_id]),
        suggestions=_suggestions(found, steps),
        steps=forms,
        with_files=WITH_FILES,
        materials=materials_on(found, more.pop("tried_material", None)),
        acting_on=acting_on(found, item.code),
        papers=papers_for(found),
        changed=queries.events_since(found.id, seen) if seen is not None else [],
        **panels.everything(found),
        **more,
    )


def _suggestions(found: Ticket, steps: Sequence[Transition]) -> list[Suggestion]:
    """Return the best units with their reasons, for whoever may send the ticket somewhere now."""
    if not any(step.name in ("dispatch", "settle") for step in steps):
        return []
    return suggestions(found, get_item(found.item_id))[:SUGGESTED]


def _importance(step: Transition) -> int:
    """What helps the enterprise on comes first, what ends the matter last."""
    return ("primary", "quiet", "warning", "danger").index(step.button)
