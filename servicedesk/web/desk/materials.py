"""Materials at the desk: an enterprise's folder, what was deferred, what a request still needs."""

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from servicedesk.core.materials import KINDS, SLOT_NAMES, VALIDITY_NAMES, Slot
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.materials import listing
from servicedesk.materials.actions import repair
from servicedesk.materials.folder import keep, withdraw
from servicedesk.materials.papers import PAPERS, papers_for, ticket_paper
from servicedesk.materials.queries import (
    document,
    folder,
    lapses,
    letters_of,
    span_of,
    today,
)
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.lists import next_address, wanted_from_address
from servicedesk.web.desk.tickets import ticket_or_404, ticket_page
from servicedesk.web.files import keep_all
from servicedesk.web.handing import take_in
from servicedesk.web.letter_forms import DocumentForm, RepairForm
from servicedesk.web.papers import send_paper
from servicedesk.web.sheets import send_list, wall_time

DOCUMENT_COLUMNS = (
    (N_("企业"), 34), (N_("材料种类"), 20), (N_("名称"), 30), (N_("有效期至"), 12),
    (N_("状态"), 10), (N_("存入时间"), 17),
)  # fmt: skip
DEFERRED_COLUMNS = (
    (N_("企业"), 34), (N_("工单号"), 20), (N_("材料"), 26), (N_("情况"), 10), (N_("承诺日期"), 12),
    (N_("逾期时间"), 17), (N_("修复时间"), 17), (N_("修复理由"), 30),
)  # fmt: skip


# One enterprise's folder -------------------------------------------------------------------------


@desk.get("/enterprises/<int:enterprise_id>/materials", endpoint="folder")
@requires("material.view")
def show_folder(enterprise_id: int) -> str:
    """Show what lies in an enterprise's folder, its letters and its broken promises."""
    return _page(_enterprise(enterprise_id), _form())


@desk.post("/enterprises/<int:enterprise_id>/materials")
@requires("material.keep")
def keep_document(enterprise_id: int) -> Answer | tuple[str, int]:
    """Put files into the folder for the enterprise."""
    found, form = _enterprise(enterprise_id), _form()
    kept, failed = keep_all()
    if form.validate() and not failed:
        try:
            keep(actor(), found.id, form.label(), [one.token for one in kept])
        except Refused as refused:
            if refused.field and refused.field in form:
                form[refused.field].errors = [_(refused.reason)]
            else:
                failed.append(_(refused.reason))
        else:
            flash(_("已存入材料库。"), "success")
            return redirect(url_for("desk.folder", enterprise_id=enterprise_id))
    return _page(found, form, kept=kept, failed=failed, opened=True), 422


@desk.post("/documents/<int:document_id>/withdraw")
@requires("material.keep")
def withdraw_document(document_id: int) -> Answer:
    """Take a document out of its folder."""
    found = document(actor(), document_id) or abort(404)
    try:
        withdraw(actor(), found.id)
        flash(_("已从材料库撤出。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.folder", enterprise_id=found.enterprise_id))


@desk.post("/enterprises/<int:enterprise_id>/repair")
@requires("material.repair")
def repair_record(enterprise_id: int) -> Answer | tuple[str, int]:
    """Repair the record of broken promises."""
    found, form = _enterprise(enterprise_id), RepairForm(request.form)
    if form.validate():
        try:
            repair(actor(), found.id, form.reason.data or "")
            flash(_("已修复，该企业可以重新容缺。"), "success")
        except Refused as refused:
            flash(_(refused.reason), "danger")
        return redirect(url_for("desk.folder", enterprise_id=enterprise_id))
    return _page(found, _form(), repairing=form), 422


def _enterprise(enterprise_id: int) -> Enterprise:
    found = get_enterprise(enterprise_id)
    if found is None or not allows(actor(), "material.view", Subject(found.park_id, found.id)):
        abort(404)
    return found


def _form() -> DocumentForm:
    form = DocumentForm(request.form)
    form.fill()
    return form


def _page(found: Enterprise, form: DocumentForm, **more: Any) -> str:
    repairing = more.pop("repairing", None) or RepairForm()
    return render_template(
        "desk/folder.html", enterprise=found, rows=folder(found), letters=letters_of(found.id),
        lapsed=lapses(found.id), form=form, repairing=repairing, **more,
    )  # fmt: skip


# Lists over all enterprises ----------------------------------------------------------------------


@desk.get("/documents", endpoint="documents")
@requires("material.view")
def documents() -> str:
    """Show the documents of all folders."""
    wanted = wanted_from_address(listing.DOCUMENT_STATES, listing.DOCUMENT_SORTS)
    found = listing.documents(actor().park_id, wanted)
    day = today(actor().park_id)
    return render_template(
        "desk/documents.html", wanted=wanted, found=found, next_address=next_address(found),
        states=listing.DOCUMENT_STATES, sorts=listing.DOCUMENT_SORTS, kinds=KINDS,
        standing={row[0].id: span_of(row[0]).on(day) for row in found.rows},
    )  # fmt: skip


@desk.get("/documents/export.xlsx")
@requires("material.view")
def export_documents() -> Response:
    """Send the list as an Excel file; file names stay inside."""
    wanted = wanted_from_address(listing.DOCUMENT_STATES, listing.DOCUMENT_SORTS)
    found = listing.every_document(actor().park_id, wanted)
    day = today(actor().park_id)

    def rows() -> Iterator[list[Any]]:
        for row, enterprise, _upload in found:
            yield [
                enterprise, _(KINDS[row.kind].label), row.name, row.valid_until,
                _(VALIDITY_NAMES[span_of(row).on(day)]), wall_time(row.handed_in_at),
            ]  # fmt: skip

    return send_list(actor(), "document", _("材料库"), DOCUMENT_COLUMNS, rows())


@desk.get("/deferred", endpoint="deferred")
@requires("material.view")
def deferred() -> str:
    """Show what is still to come and which promises were broken."""
    wanted = wanted_from_address(listing.DEFERRED_STATES, listing.DEFERRED_SORTS)
    found = listing.deferred(actor().park_id, wanted)
    return render_template(
        "desk/deferred.html", wanted=wanted, found=found, next_address=next_address(found),
        states=listing.DEFERRED_STATES, sorts=listing.DEFERRED_SORTS,
        today=today(actor().park_id),
    )  # fmt: skip


@desk.get("/deferred/export.xlsx")
@requires("material.view")
def export_deferred() -> Response:
    """Send the list as an Excel file."""
    wanted = wanted_from_address(listing.DEFERRED_STATES, listing.DEFERRED_SORTS)
    found = listing.every_deferred(actor().park_id, wanted)

    def rows() -> Iterator[list[Any]]:
        for row, enterprise, ticket in found:
            yield [
                enterprise, ticket.number, row.name, _(SLOT_NAMES[Slot(row.state)]), row.due_on,
                wall_time(row.lapsed_at), wall_time(row.repaired_at), row.repair_reason,
            ]  # fmt: skip

    return send_list(actor(), "deferred", _("容缺材料"), DEFERRED_COLUMNS, rows())


# One request -------------------------------------------------------------------------------------


@desk.post("/tickets/<number>/materials/<int:material_id>")
@requires("ticket.supplement")
def hand_in(number: str, material_id: int) -> Answer | tuple[str, int]:
    """Note that a material came in over the counter, with its scan or without."""
    found = ticket_or_404(number)
    refused = take_in(found, material_id)
    if refused is not None:
        return ticket_page(found, tried_material=refused), 422
    flash(_("已登记材料。"), "success")
    return redirect(url_for("desk.ticket", number=number, _anchor="materials"))


@desk.get("/tickets/<number>/papers/<paper>")
@requires("ticket.queue")
def paper(number: str, paper: str) -> Response:
    """Send one of the papers of a request as Word."""
    found = ticket_or_404(number)
    if paper not in papers_for(found):
        abort(404)
    masked = not allows(actor(), "personal.unmask")
    return send_paper(ticket_paper(found, paper, masked=masked), f"{found.number}-{PAPERS[paper]}")
