"""Enterprises as the desk sees them: at a glance, opening a file, confirming a code."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.permissions import Subject, allows
from servicedesk.enterprises.actions import confirm_code, create_enterprise
from servicedesk.enterprises.actions import invite_owner as make_owner_invitation
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import find, in_review, members
from servicedesk.errors import Refused
from servicedesk.tickets.listing import Filter, page
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.forms import EnterpriseForm


@desk.get("/enterprises")
@requires("enterprise.verify")
def enterprises() -> str:
    """Find an enterprise; those whose code must be looked at come first."""
    park_id = actor().park_id
    return render_template(
        "desk/enterprises.html",
        found=find(park_id, request.args.get("who", "")),
        in_review=in_review(park_id),
    )


@desk.get("/enterprises/<int:enterprise_id>")
@requires("enterprise.verify")
def enterprise(enterprise_id: int) -> str:
    """Show an enterprise with its tickets."""
    return _page(_or_404(enterprise_id))


def _page(found: Enterprise, **more: str) -> str:
    return render_template(
        "desk/enterprise.html",
        enterprise=found,
        members=members(found.id),
        page=page(actor(), Filter(enterprise=found.id)),
        items=items_by_id(actor().park_id),
        **more,
    )


@desk.post("/enterprises/<int:enterprise_id>/confirm")
@requires("enterprise.verify")
def confirm(enterprise_id: int) -> Response:
    """Confirm a doubtful credit code after seeing the licence."""
    found = _or_404(enterprise_id)
    try:
        confirm_code(actor(), found.id)
        flash(_("已确认企业代码。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))


@desk.post("/enterprises/<int:enterprise_id>/owner")
@requires("enterprise.verify")
def invite_owner(enterprise_id: int) -> str | Response:
    """Show, once, the link with which the enterprise's first person becomes the file's owner."""
    found = _or_404(enterprise_id)
    try:
        token = make_owner_invitation(actor(), found.id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))
    return _page(found, invitation=url_for("account.join", token=token, _external=True))


@desk.route("/enterprises/new", methods=["GET", "POST"])
@requires("enterprise.register")
def new_enterprise() -> Response | str | tuple[str, int]:
    """Open the file of an enterprise that came by telephone or to the counter."""
    form = EnterpriseForm(request.form)
    if request.method == "GET":
        return render_template("desk/new_enterprise.html", form=form)
    if form.validate():
        try:
            made = _create(form)
        except Refused as refused:
            field = form[refused.field or "name"]
            field.errors = [*field.errors, _(refused.reason)]
        else:
            return redirect(url_for("desk.new", enterprise=made.id))
    return render_template("desk/new_enterprise.html", form=form), 422


def _create(form: EnterpriseForm) -> Enterprise:
    return create_enterprise(
        actor(),
        name=form.name.data or "",
        code=form.credit_code.data or None,
        confirmed=bool(form.confirm_code.data),
        contact=form.contact.data or "",
        phone=form.phone.data or "",
        address=form.address.data or "",
    )


def _or_404(enterprise_id: int) -> Enterprise:
    found = get_enterprise(enterprise_id)
    if found is None or not allows(actor(), "enterprise.view", Subject(found.park_id)):
        abort(404)
    return found
