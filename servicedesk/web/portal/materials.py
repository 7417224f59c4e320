"""The folder (材料库): what the enterprise handed in once, and what its requests still need."""

from collections.abc import Iterator

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from servicedesk.core.materials import KINDS, VALIDITY_NAMES, Validity
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.materials.folder import keep, withdraw
from servicedesk.materials.models import Document
from servicedesk.materials.papers import PAPERS, papers_for, ticket_paper
from servicedesk.materials.queries import Kept, document, folder, lapses
from servicedesk.web.access import actor, chosen_enterprise, requires
from servicedesk.web.files import keep_all
from servicedesk.web.handing import take_in
from servicedesk.web.letter_forms import DocumentForm
from servicedesk.web.papers import send_paper
from servicedesk.web.portal.blueprint import portal, ticket_or_404
from servicedesk.web.portal.ticket import Attempt, ticket_page
from servicedesk.web.portal.words import _
from servicedesk.web.sheets import send_list

SHOWN = {
    "": N_("全部在用"),
    "soon": N_("即将到期"),
    "expired": N_("已过期"),
    "former": N_("以前的"),
}
SORTS = {"kind": N_("按种类"), "newest": N_("最新存入"), "ends": N_("最早到期")}
FORMER = frozenset({Validity.REPLACED, Validity.WITHDRAWN})
COLUMNS = (
    (N_("材料种类"), 20), (N_("名称"), 30), (N_("有效期从"), 12), (N_("有效期至"), 12),
    (N_("状态"), 10), (N_("存入日期"), 12),
)  # fmt: skip


@portal.get("/materials", endpoint="materials")
@requires("material.view")
def materials() -> str:
    """Show what lies in the folder."""
    return _page(_form())


@portal.post("/materials")
@requires("material.keep")
@limiter.limit("60/minute")
def keep_document() -> Answer | tuple[str, int]:
    """Put files into the folder."""
    form = _form()
    kept, failed = keep_all()
    if form.validate() and not failed:
        try:
            keep(actor(), _enterprise().id, form.label(), [one.token for one in kept])
        except Refused as refused:
            if refused.field and refused.field in form:
                form[refused.field].errors = [_(refused.reason)]
            else:
                failed.append(_(refused.reason))
        else:
            flash(_("已存入材料库，下次办事可以直接选用。"), "success")
            return redirect(url_for("portal.materials"))
    return _page(form, kept=kept, failed=failed, opened=True), 422


@portal.post("/materials/<int:document_id>/withdraw")
@requires("material.keep")
def withdraw_document(document_id: int) -> Answer:
    """Take a document out of the folder."""
    found = _document(document_id)
    try:
        withdraw(actor(), found.id)
        flash(_("已从材料库撤出；用过它的申请仍保留这份材料。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.materials"))


@portal.get("/materials/export.xlsx")
@requires("material.view")
def export_materials() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "material", _("材料库"), COLUMNS, _values(_rows(_enterprise())))


def _values(rows: list[Kept]) -> Iterator[list[str]]:
    for one in rows:
        row = one.document
        yield [
            _(KINDS[row.kind].label), row.name, str(row.valid_from or ""),
            str(row.valid_until or ""), _(VALIDITY_NAMES[one.validity]),
            f"{row.handed_in_at:%Y-%m-%d}",
        ]  # fmt: skip


def _enterprise() -> Enterprise:
    return chosen_enterprise() or abort(404)


def _document(document_id: int) -> Document:
    found = document(actor(), document_id)
    return found or abort(404)


def _form() -> DocumentForm:
    form = DocumentForm(request.form)
    form.fill()
    return form


def _rows(enterprise: Enterprise) -> list[Kept]:
    """Return the documents as the address filters and sorts them."""
    shown = request.args.get("show", "")
    rows = folder(enterprise, everything=shown == "former")
    if shown in (Validity.SOON, Validity.EXPIRED):
        rows = [one for one in rows if one.validity == shown]
    elif shown == "former":
        rows = [one for one in rows if one.validity in FORMER]
    if request.args.get("sort") == "newest":
        rows.sort(key=lambda one: -one.document.id)
    elif request.args.get("sort") == "ends":
        rows.sort(key=lambda one: str(one.document.valid_until or "9999"))
    return rows


def _page(form: DocumentForm, **more: object) -> str:
    enterprise = _enterprise()
    subject = Subject(enterprise.park_id, enterprise.id)
    return render_template(
        "portal/materials.html", enterprise=enterprise, rows=_rows(enterprise), form=form,
        shown=SHOWN, sorts=SORTS, lapsed=lapses(enterprise.id),
        may_keep=allows(actor(), "material.keep", subject), **more,
    )  # fmt: skip


@portal.post("/requests/<number>/materials/<int:material_id>")
@requires("ticket.supplement")
@limiter.limit("60/minute")
def hand_in(number: str, material_id: int) -> Answer | tuple[str, int]:
    """Hand in what was deferred or missing."""
    ticket = ticket_or_404(number)
    refused = take_in(ticket, material_id)
    if refused is not None:
        return ticket_page(ticket, Attempt(), tried_material=refused), 422
    flash(_("材料已补交。"), "success")
    return redirect(url_for("portal.ticket", number=number, _anchor="materials"))


@portal.get("/requests/<number>/papers/<paper>")
@requires("portal.use")
def paper(number: str, paper: str) -> Response:
    """Send one of the papers of a request as Word."""
    ticket = ticket_or_404(number)
    if paper not in papers_for(ticket):
        abort(404)
    return send_paper(ticket_paper(ticket, paper), f"{ticket.number}-{PAPERS[paper]}")
