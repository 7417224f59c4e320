"""Opening an enterprise's file at the desk, confirming its code, inviting its first person."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.enterprises.actions import confirm_code, create_enterprise
from servicedesk.enterprises.actions import invite_owner as make_owner_invitation
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.enterprise_file import file_or_404, file_page
from servicedesk.web.desk.forms import EnterpriseForm


@desk.post("/enterprises/<int:enterprise_id>/confirm")
@requires("enterprise.verify")
def confirm(enterprise_id: int) -> Response:
    """Confirm a doubtful credit code after seeing the licence."""
    found = file_or_404(enterprise_id)
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
    found = file_or_404(enterprise_id)
    try:
        token = make_owner_invitation(actor(), found.id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))
    return file_page(found, invitation=url_for("account.join", token=token, _external=True))


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
