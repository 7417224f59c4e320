"""One enterprise's file at the desk (一企一档): everything known of it on one page."""

from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.enterprises import (
    CONTRACT_KINDS,
    LEVELS,
    PATENT_KINDS,
    PROFILE,
    STANDINGS,
    TITLES,
    completeness,
    validity,
)
from servicedesk.core.industries import division_of
from servicedesk.core.permissions import PART_NAMES, Subject, allows
from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_
from servicedesk.enterprises import corrections, holdings
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.listing import lights, today
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.patents import patents_of
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import members
from servicedesk.enterprises.timeline import KINDS, contacts_of, contracts_of, timeline
from servicedesk.enterprises.titles import titles_of
from servicedesk.errors import Refused
from servicedesk.tickets.history import rated
from servicedesk.tickets.listing import Filter, page
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, permission_of, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.enterprise_forms import (
    ContactForm,
    ContractForm,
    PatentForm,
    TitleForm,
)
from servicedesk.web.forms import tidy
from servicedesk.web.money import in_ten_thousands

FORMS: Mapping[str, Any] = {
    "title": TitleForm,
    "patent": PatentForm,
    "contract": ContractForm,
    "contact": ContactForm,
}
VALIDITY: Mapping[str, tuple[str, str]] = {
    "future": (N_("尚未生效"), ""),
    "valid": (N_("有效"), "state-resolved"),
    "expiring": (N_("即将到期"), "state-submitted"),
    "expired": (N_("已过期"), ""),
}
SHOWN, SHOWN_AT_FIRST, SHOWN_AT_MOST = 5, 30, 300


def file_or_404(enterprise_id: int) -> Enterprise:
    """Return an enterprise of the person's park; any other does not exist."""
    found = get_enterprise(enterprise_id)
    if found is None or not allows(actor(), "enterprise.browse", Subject(found.park_id)):
        abort(404)
    return found


@desk.get("/enterprises/<int:enterprise_id>")
@requires("enterprise.browse")
def enterprise(enterprise_id: int) -> str | Response:
    """Show an enterprise's file; one that was merged leads to the file that stayed."""
    found = file_or_404(enterprise_id)
    if found.merged_into_id is not None:
        flash(_("“%(name)s”已并入这份档案。", name=found.name), "info")
        return redirect(url_for("desk.enterprise", enterprise_id=found.merged_into_id))
    return file_page(found)


def file_page(found: Enterprise, **more: Any) -> str:
    """Return the page of a file; ``more`` are a form that came back, a link, unmasked numbers."""
    secrets = allows(actor(), "ticket.view_confidential")
    history = timeline(found.id, confidential=secrets)
    profile = {name: getattr(found, name) for name in PROFILE}
    return render_template(
        "desk/enterprise.html",
        enterprise=found,
        lights=lights([found.id])[found.id],
        division=division_of(found.industry_code),
        complete=completeness(profile),
        correction=corrections.open_correction(found.id),
        tickets=page(actor(), Filter(enterprise=found.id), SHOWN),
        items=items_by_id(found.park_id),
        rated=rated(found.id, confidential=secrets),
        people=person_names([found.service_officer_id]),
        officers=holdings.possible_officers(found.park_id),
        members=members(found.id),
        **_holdings(found),
        **_lines(history),
        **_names(),
        **_forms(more.pop("wrong", None)),
        **more,
    )


def _holdings(found: Enterprise) -> dict[str, Any]:
    patents, day = patents_of(found.id), today()
    return {
        "titles": [
            (one, validity(one.awarded_on, one.expires_on, day)) for one in titles_of(found.id)
        ],
        "patents": patents,
        "ticket_numbers": numbers({one.ticket_id for one in patents if one.ticket_id}),
        "contracts": contracts_of(found.id),
        "contacts": contacts_of(found.id),
    }


def _names() -> dict[str, Any]:
    return {
        "labels": PROFILE,
        "standings": STANDINGS,
        "scales": SCALES,
        "validities": VALIDITY,
        "patent_kinds": PATENT_KINDS,
        "contract_kinds": CONTRACT_KINDS,
        "known_titles": list(TITLES),
        "parts": PART_NAMES,
        "levels": LEVELS,
        "money": in_ten_thousands,
    }


def _lines(history: list[Happening]) -> dict[str, Any]:
    """Return the timeline as the address narrows it, and the newest lines of each kind."""
    kind, year = request.args.get("kind", ""), request.args.get("year", "")
    chosen = [one for one in history if kind in ("", one.kind) and year in ("", f"{one.at:%Y}")]
    whole = bool(kind or year or request.args.get("all"))
    limit = SHOWN_AT_MOST if whole else SHOWN_AT_FIRST
    of_kind: dict[str, list[Happening]] = {}
    for one in history:
        of_kind.setdefault(one.kind, []).append(one)
    return {
        "history": chosen[:limit],
        "left_out": max(0, len(chosen) - limit),
        "whole": whole,
        "of_kind": of_kind,
        "shown": SHOWN,
        "kinds": [(code, _(name)) for code, name in KINDS.items() if code in of_kind],
        "kind_names": KINDS,
        "years": sorted({f"{one.at:%Y}" for one in history}, reverse=True),
        "kind": kind,
        "year": year,
        "link": link_of,
    }


def link_of(one: Happening) -> str:
    """Return the address behind a line, if there is one that the person may open."""
    if not one.endpoint or one.endpoint not in current_app.view_functions:
        return ""
    permission = permission_of(current_app, one.endpoint)
    if permission is not None and not allows(actor(), permission):
        return ""
    return url_for(one.endpoint, **one.arguments)  # type: ignore[arg-type]


def _forms(wrong: tuple[str, Form] | None) -> dict[str, Any]:
    forms: dict[str, Any] = {}
    for name, form in FORMS.items():
        forms[name] = wrong[1] if wrong and wrong[0] == name else form(prefix=name)
        forms[name].fill()
    return {"forms": forms, "opened": wrong[0] if wrong else ""}


@desk.post("/enterprises/<int:enterprise_id>/add/<name>")
@requires("enterprise.edit")
def enterprise_add(enterprise_id: int, name: str) -> Response | tuple[str, int]:
    """Add a title, a patent, a contract or a contact; a wrong form comes back."""
    found = file_or_404(enterprise_id)
    if name not in FORMS:
        abort(404)
    form = FORMS[name](request.form, prefix=name)
    form.fill()
    if form.validate():
        try:
            _ADD[name](actor(), found.id, **_values(name, form))
        except Refused as refused:
            show_on(form, refused)
        else:
            flash(_("已保存到企业档案。"), "success")
            return redirect(url_for("desk.enterprise", enterprise_id=found.id, _anchor=name))
    return file_page(file_or_404(enterprise_id), wrong=(name, form)), 422


_ADD: Mapping[str, Any] = {
    "title": holdings.record_title,
    "patent": holdings.record_patent,
    "contract": holdings.record_contract,
    "contact": holdings.keep_contact,
}


def _values(name: str, form: Form) -> dict[str, Any]:
    values = {field.short_name: field.data for field in form}
    if name == "contract":
        amount = values["amount"]
        values["amount"] = None if amount is None else int(amount * 1000)
    return values


def show_on(form: Form, refused: Refused) -> None:
    """Put a refusal beside the field that it names, or on top of the page."""
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


@desk.post("/enterprises/<int:enterprise_id>/contacts")
@requires("enterprise.edit")
def enterprise_contact(enterprise_id: int) -> Response:
    """Note that a contact was reached today, or take the contact out."""
    found = file_or_404(enterprise_id)
    wanted = request.form.get("contact", 0, type=int)
    if wanted not in {one.id for one in contacts_of(found.id)}:
        abort(404)
    try:
        if request.form.get("what") == "remove":
            holdings.remove_contact(actor(), wanted)
            flash(_("已移除联系人。"), "success")
        else:
            holdings.verify_contact(actor(), wanted)
            flash(_("已记录今天核验。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id, _anchor="contact"))


@desk.post("/enterprises/<int:enterprise_id>/correction")
@requires("enterprise.edit")
def enterprise_correction(enterprise_id: int) -> Response:
    """Take over what the enterprise has corrected, or refuse it with a reason."""
    found = file_or_404(enterprise_id)
    number = request.form.get("correction", 0, type=int)
    take = request.form.get("take") == "1"
    reason = tidy(request.form.get("reason"))[:500]
    try:
        corrections.decide(actor(), found.id, number, take, reason)
        flash(_("已按企业的更正更新档案。") if take else _("已退回企业的更正申请。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))


@desk.post("/enterprises/<int:enterprise_id>/phones")
@requires("personal.unmask")
def enterprise_phones(enterprise_id: int) -> str:
    """Show the telephone numbers in full; that they were shown is in the audit trail."""
    found = file_or_404(enterprise_id)
    record_alone(actor(), "personal.unmask", "enterprise", found.id, what="phones")
    return file_page(found, unmasked=True)
