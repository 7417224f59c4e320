"""Filing on behalf of an enterprise (代录): by telephone, at the counter, at its door."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of, item_by_code
from servicedesk.catalogue.queries import search as search_items
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.similarity import REASONS, Matter, telling_terms
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import find
from servicedesk.errors import KeyReused, Refused
from servicedesk.materials.actions import file_request
from servicedesk.outreach.actions import record_visit
from servicedesk.outreach.queries import visit_of
from servicedesk.tickets.actions import Request
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.similar import similar
from servicedesk.transaction import unit_of_work
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.forms import OnBehalfForm
from servicedesk.web.duplicates import add_typed, adds, doubles
from servicedesk.web.files import keep_all
from servicedesk.web.forms import form_class, number_of, plain
from servicedesk.web.slots import Slots, asks_to_act, blank, sent

OWN_FIELDS = frozenset(
    {"channel", "title", "description", "contact", "phone", "urgent", "visited_on", "place", "met"}
)


@desk.get("/new")
@requires("ticket.submit_on_behalf")
def new() -> str:
    """Choose the enterprise, then the item."""
    chosen = _enterprise(number_of("enterprise"))
    return render_template(
        "desk/new.html",
        enterprise=chosen,
        found=find(actor().park_id, request.args.get("who", "")),
        items=search_items(actor().park_id, request.args.get("what", "")) if chosen else [],
    )


@desk.route("/new/<int:enterprise_id>/<code>", methods=["GET", "POST"])
@requires("ticket.submit_on_behalf")
def file(enterprise_id: int, code: str) -> Response | str | tuple[str, int]:
    """Take the request down."""
    enterprise = _enterprise(enterprise_id)
    item = item_by_code(actor().park_id, code)
    if enterprise is None or item is None or not item.listed:
        abort(404)
    form = _form(item, enterprise)
    if request.method == "GET":
        record_alone(actor(), "personal.unmask", "enterprise", enterprise.id, what="phone")
        return _page(form, item, enterprise, slots=blank(item, enterprise))
    kept, failed = keep_all()
    slots = sent(item, enterprise, _answers(form))
    double = doubles(enterprise.id, item, _key())
    if adds() and not failed:
        added = add_typed(item, form, slots, _tokens(kept), _key())
        if not isinstance(added, str):
            flash(_("已补记到工单 %(number)s（内部备注）。", number=added.number), "success")
            return redirect(url_for("desk.ticket", number=added.number, _anchor="timeline"))
        double = replace(double, wrong=added)
    if not form.validate() or failed or slots.wrong or double.asked or double.wrong:
        more: dict[str, Any] = {"kept": kept, "failed": failed, "double": double}
        return _page(form, item, enterprise, slots=slots, **more), 422
    try:
        ticket = _submit_once(form, item, enterprise, _tokens(kept), slots)
    except KeyReused:
        flash(_("这份表单已提交过，请重新填写。"), "danger")
        return _page(form, item, enterprise, kept=kept, slots=slots), 422
    except Refused as refused:
        if not slots.put(refused.field or "", _(refused.reason)):
            flash(_(refused.reason), "danger")
        return _page(form, item, enterprise, kept=kept, slots=slots), 422
    flash(_("已代录工单 %(number)s。", number=ticket.number), "success")
    return redirect(url_for("desk.ticket", number=ticket.number))


@desk.post("/new/<int:enterprise_id>/<code>/similar")
@requires("ticket.submit_on_behalf")
def similar_typed(enterprise_id: int, code: str) -> str:
    """Return tickets like what is being typed, for the form to show beside it."""
    enterprise, item = _enterprise(enterprise_id), item_by_code(actor().park_id, code)
    if enterprise is None or item is None:
        abort(404)
    return render_template("desk/problems/alike.html", **_alike(item, enterprise, request.form))


def _alike(item: ServiceItem, enterprise: Enterprise, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is like the words of a form, once there are any besides the item's name."""
    title, words = (str(said.get(name) or "") for name in ("title", "description"))
    terms = telling_terms(title, words)
    wanted = Matter(0, item.id, enterprise.area, enterprise.plot, terms)
    alike = similar(actor(), wanted) if words and not item.confidential else []
    return {"alike": alike, "alike_reasons": REASONS}


def _enterprise(enterprise_id: int | None) -> Enterprise | None:
    found = get_enterprise(enterprise_id) if enterprise_id else None
    if found is None or not allows(actor(), "enterprise.view", Subject(found.park_id)):
        return None
    return found


def _form(item: ServiceItem, enterprise: Enterprise) -> Form:
    kind = form_class(fields_of(item), OnBehalfForm)
    form = kind(
        request.form if request.method == "POST" else None,
        data={"title": item.name, "contact": enterprise.contact, "phone": enterprise.phone},
    )
    assert isinstance(form, OnBehalfForm)
    form.fill()
    return form


def _tokens(kept: list[Upload]) -> list[str]:
    """Return what the form named and what came with it: a repeat names the same again."""
    return list(dict.fromkeys([*request.form.getlist("uploads"), *(one.token for one in kept)]))


def _submit_once(
    form: Form, item: ServiceItem, enterprise: Enterprise, tokens: list[str], slots: Slots
) -> Ticket:
    """Submit; where the same form arrives twice at once, the second gets the first one's ticket."""
    try:
        return _submit(form, item, enterprise, tokens, slots)
    except (IntegrityError, PendingRollbackError):
        return _submit(form, item, enterprise, tokens, slots)


def _answers(form: Form) -> dict[str, Any]:
    return {name: plain(value) for name, value in form.data.items() if name not in OWN_FIELDS}


def _key() -> str:
    return request.form.get("key", "")[:100]


@unit_of_work
def _submit(
    form: Form, item: ServiceItem, enterprise: Enterprise, tokens: list[str], slots: Slots
) -> Ticket:
    """File the ticket and, where there was one, record the visit: both or neither."""
    data = form.data
    wanted = Request(
        enterprise_id=enterprise.id, title=data["title"], description=data["description"],
        contact=data["contact"], phone=data["phone"], answers=_answers(form), uploads=tokens,
        channel=data["channel"], key=_key(),
        acting=asks_to_act(item), urgent=data["urgent"] or "",
    )  # fmt: skip
    ticket = file_request(actor(), item, wanted, slots.wishes())
    if data["channel"] == "visit" and visit_of(ticket.id) is None:
        record_visit(actor(), ticket, data["visited_on"], data["place"], data["met"])
    return ticket


def _page(
    form: Form, item: ServiceItem, enterprise: Enterprise, *, slots: Slots, **more: object
) -> str:
    more.setdefault("double", doubles(enterprise.id, item))
    return render_template(
        "desk/file.html",
        form=form,
        **_alike(item, enterprise, form.data),
        item=item,
        enterprise=enterprise,
        item_fields=[form[field.name] for field in fields_of(item)],
        key=request.form.get("key") or new_token(),
        slots=slots,
        wants_acting=asks_to_act(item) if request.form else bool(slots.letters),
        **more,
    )
