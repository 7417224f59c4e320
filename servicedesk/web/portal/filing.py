"""Filing a request (提交申请): the item's form, the receipt, its QR code."""

import io
from dataclasses import replace
from typing import Any

import segno
from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of
from servicedesk.core.identifiers import new_token
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.materials.actions import file_request
from servicedesk.problems.queries import solutions_for
from servicedesk.tickets.actions import Request
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.queries import item_of
from servicedesk.web.access import actor, my_enterprises, requires, signed_in
from servicedesk.web.duplicates import Doubles, add_typed, adds, doubles
from servicedesk.web.files import keep_all
from servicedesk.web.forms import plain
from servicedesk.web.portal.blueprint import item_or_404, portal, ticket_or_404
from servicedesk.web.portal.enterprise import chosen_enterprise
from servicedesk.web.portal.forms import FilingForm, filing_class
from servicedesk.web.portal.guides import guide_of
from servicedesk.web.portal.words import _
from servicedesk.web.slots import Slots, asks_to_act, blank, sent


@portal.route("/items/<code>/file", methods=["GET", "POST"])
@requires("ticket.submit")
@limiter.limit("30/minute", methods=["POST"])
def file(code: str) -> Answer | str | tuple[str, int]:
    """Show an item's form and take the request."""
    item = item_or_404(code)
    if not item.listed:
        return redirect(url_for("portal.guide", code=item.code))
    if not my_enterprises():
        return render_template("portal/no_enterprise.html")
    if request.method == "GET":
        form = _empty_form(item)
        return _page(item, form, [], [], blank(item, _named(form)))
    form = _choosing(filing_class(item)(request.form))
    kept, failed = keep_all()
    other = _is_for_another(form)
    slots = sent(item, _named(form), _answers(item, form))
    double = doubles(form.enterprise.data or 0, item, form.key.data or "")
    if adds() and not other and not failed:
        added = add_typed(item, form, slots, _tokens(kept), form.key.data or "")
        if not isinstance(added, str):
            flash(_("已补充到这件工单，我们会一并办理。"), "success")
            return redirect(url_for("portal.ticket", number=added.number, _anchor="progress"))
        return _page(item, form, kept, failed, slots, double=replace(double, wrong=added)), 422
    fine = form.validate() and not failed and not slots.wrong and not other and not double.asked
    ticket = _file(item, form, kept, failed, slots) if fine else None
    if ticket is None:
        return _page(item, form, kept, failed, slots, other=other, double=double), 422
    return redirect(url_for("portal.receipt", number=ticket.number))


def _empty_form(item: ServiceItem) -> FilingForm:
    person, enterprise = signed_in(), chosen_enterprise()
    return _choosing(
        filing_class(item)(
            key=new_token(), enterprise=enterprise.id if enterprise else None,
            title=item.name, contact=person.name, phone=person.phone,
        )
    )  # fmt: skip


def _is_for_another(form: FilingForm) -> bool:
    """Tell whether the form was opened for another enterprise than the one chosen now.

    Then nothing is filed until the person says for whom: ``file_for`` is the button that takes the
    chosen one; switching back is done by the portal's guard before we are asked.
    """
    chosen = chosen_enterprise()
    if chosen is not None and request.form.get("file_for") == str(chosen.id):
        form.enterprise.data = chosen.id
    return chosen is None or form.enterprise.data != chosen.id


def _choosing(form: FilingForm) -> FilingForm:
    form.enterprise.choices = [(one.id, one.name) for one in my_enterprises()]
    return form


def _named(form: FilingForm) -> Enterprise:
    """Return the enterprise for which the form was opened; a stranger's is not shown."""
    named = next((one for one in my_enterprises() if one.id == form.enterprise.data), None)
    return named or chosen_enterprise() or abort(404)


def _file(
    item: ServiceItem, form: FilingForm, kept: list[Upload], failed: list[str], slots: Slots
) -> Ticket | None:
    """File the request; what is refused goes to its place on the form."""
    try:
        return file_request(actor(), item, _request(item, form, kept), slots.wishes())
    except KeyReused:
        form.key.data = new_token()
        flash(
            _("这张表已经提交过一次，请先到“我的申请”查看。若是另一件事，可修改后再次提交。"),
            "danger",
        )
    except Refused as refused:
        if refused.field == "files":
            failed.append(_(refused.reason))
        elif not slots.put(refused.field or "", _(refused.reason)):
            flash(_(refused.reason), "danger")
    return None


def _request(item: ServiceItem, form: FilingForm, kept: list[Upload]) -> Request:
    return Request(
        enterprise_id=form.enterprise.data,
        title=form.title.data or "",
        description=form.description.data or "",
        contact=form.contact.data or "",
        phone=form.phone.data or "",
        answers=_answers(item, form),
        uploads=_tokens(kept),
        key=form.key.data or "",
        acting=asks_to_act(item),
        urgent=form.urgent.data or "",
    )


def _answers(item: ServiceItem, form: FilingForm) -> dict[str, Any]:
    return {field.name: plain(form[field.name].data) for field in fields_of(item)}


def _tokens(kept: list[Upload]) -> list[str]:
    """Return the files as the form named them, then the new ones.

    A repeat of the same form names files that its first sending has used up; it must still be the
    same request, so what the form named counts, not what is still free.
    """
    limit: int = current_app.extensions["settings"].upload_max_files
    named = list(dict.fromkeys(request.form.getlist("uploads")))[:limit]
    return named + [upload.token for upload in kept if upload.token not in named]


def _page(
    item: ServiceItem,
    form: FilingForm,
    kept: list[Upload],
    failed: list[str],
    slots: Slots,
    *,
    other: bool = False,
    double: Doubles | None = None,
) -> str:
    named = next((one for one in my_enterprises() if one.id == form.enterprise.data), None)
    questions = [form[field.name] for field in fields_of(item)]
    return render_template(
        "portal/file.html", item=item, form=form, guide=guide_of(item), questions=questions,
        kept=kept, failed=failed, other=other, chosen=chosen_enterprise(),
        named=named, double=double or doubles(named.id if named else 0, item),
        solutions=solutions_for(item, named.area if named else ""),
        wrong=[one for one in form if one.errors], slots=slots,
        wants_acting=asks_to_act(item) if request.form else bool(slots.letters),
    )  # fmt: skip


@portal.get("/requests/<number>/receipt")
@requires("portal.use")
def receipt(number: str) -> str:
    """Confirm a request: number, promised date, QR code, what comes next."""
    ticket = ticket_or_404(number)
    return render_template(
        "portal/receipt.html", ticket=ticket, item=item_of(ticket),
        enterprise=get_enterprise(ticket.enterprise_id),
    )  # fmt: skip


@portal.get("/requests/<number>/qr.svg")
@requires("portal.use")
def qr(number: str) -> Response:
    """Return the QR code of a ticket's short address."""
    ticket = ticket_or_404(number)
    base: str = current_app.extensions["settings"].base_url
    picture = io.BytesIO()
    code = segno.make(base + url_for("account.ticket", number=ticket.number), micro=False)
    code.save(picture, kind="svg", border=2, light="#fff", omitsize=True)
    return Response(picture.getvalue(), mimetype="image/svg+xml")
