"""What is done on a ticket's page with other tickets: link, unlink, split, join into a problem."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import item_by_code
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.problems.actions import join, leave
from servicedesk.tickets.joining import link_with, split, unlink
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.problem_forms import SplitForm
from servicedesk.web.desk.tickets import ticket_or_404, ticket_page
from servicedesk.web.forms import with_number


def _back(number: str, anchor: str) -> Response:
    return redirect(url_for("desk.ticket", number=number, _anchor=anchor))


@desk.post("/tickets/<number>/links")
@requires("ticket.link")
def link_ticket(number: str) -> Response | tuple[str, int]:
    """Link a ticket with another by its number; a refused number comes back at its field."""
    found, typed = ticket_or_404(number), request.form.get("number", "").strip()[:20]
    try:
        other = link_with(actor(), found.id, typed)
    except Refused as refused:
        return ticket_page(found, link_wrong=_(refused.reason), link_typed=typed), 422
    flash(_("已与 %(number)s 关联。", number=other.number), "success")
    return _back(number, "links")


@desk.post("/tickets/<number>/links/<int:link_id>/remove")
@requires("ticket.link")
def unlink_ticket(number: str, link_id: int) -> Response:
    """Take a link back."""
    found = ticket_or_404(number)
    try:
        unlink(actor(), found.id, link_id)
        flash(_("已取消关联。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return _back(number, "links")


@desk.route("/tickets/<number>/split", methods=["GET", "POST"])
@requires("ticket.split")
def split_ticket(number: str) -> Response | str | tuple[str, int]:
    """Make a second ticket out of one that holds several matters."""
    found = ticket_or_404(number)
    if not any(step.name == "split" for step in actions_for(actor(), found)):
        flash(_("工单状态已改变，此操作现在不能进行。"), "danger")
        return _back(number, "links")
    form = SplitForm(request.form if request.method == "POST" else None)
    form.fill(found)
    if request.method == "GET":
        return _split_page(found, form)
    item = item_by_code(found.park_id, form.item.data or "") if form.validate() else None
    if item is None:
        return _split_page(found, form), 422
    try:
        part = split(
            actor(), found.id, item, form.title.data or "", form.description.data or "",
            with_number(request.form.get("seen")),
        )  # fmt: skip
    except Conflict:
        flash(_("您填写期间，工单已被他人更新，请核对后再提交。"), "danger")
        return _split_page(ticket_or_404(number), form), 409
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return _split_page(ticket_or_404(number), form), 422
    flash(_("已拆出工单 %(number)s，请派单。", number=part.number), "success")
    return redirect(url_for("desk.ticket", number=part.number))


def _split_page(found: Ticket, form: SplitForm) -> str:
    firm = get_enterprise(found.enterprise_id)
    return render_template("desk/problems/split.html", ticket=found, form=form, enterprise=firm)


@desk.post("/tickets/<number>/problem")
@requires("problem.edit")
def join_from_ticket(number: str) -> Response:
    """Join a ticket into the problem that was suggested on its page."""
    found, chosen = ticket_or_404(number), request.form.get("problem", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        abort(404)
    try:
        join(actor(), int(chosen), found.number)
        flash(_("已加入类问题。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return _back(number, "problem")


@desk.post("/tickets/<number>/problem/leave")
@requires("problem.edit")
def leave_from_ticket(number: str) -> Response:
    """Take a ticket out of its problem."""
    found = ticket_or_404(number)
    try:
        leave(actor(), found.id)
        flash(_("已移出类问题。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return _back(number, "problem")
