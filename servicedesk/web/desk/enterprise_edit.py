"""Editing an enterprise's profile at the desk; the second of two editors loses nothing."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.core.enterprises import PROFILE
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.profile import edit
from servicedesk.errors import Conflict, Refused
from servicedesk.reports.masking import masked_phone
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.enterprise_file import file_or_404, show_on
from servicedesk.web.desk.enterprise_forms import PROFILE_ORDER, ProfileForm
from servicedesk.web.forms import with_number


@desk.get("/enterprises/<int:enterprise_id>/edit")
@requires("enterprise.edit")
def enterprise_edit(enterprise_id: int) -> str:
    """Show the profile as a form."""
    found = file_or_404(enterprise_id)
    form = ProfileForm(obj=found)
    form.fill(found)
    form.phone.data = ""  # a number in full is shown on the file's page only, and that is on record
    return _page(found, form)


@desk.post("/enterprises/<int:enterprise_id>/edit")
@requires("enterprise.edit")
def enterprise_save(enterprise_id: int) -> Response | tuple[str, int]:
    """Save the profile; a wrong or outdated form comes back with what was typed."""
    found = file_or_404(enterprise_id)
    form = ProfileForm(request.form)
    form.fill(found)
    if not form.validate():
        return _page(found, form), 422
    try:
        edit(actor(), found.id, form.values(), with_number(request.form.get("seen")))
    except Conflict:
        found = file_or_404(enterprise_id)
        return _page(found, form, changed=_differing(found, form)), 409
    except Refused as refused:
        show_on(form, refused)
        return _page(file_or_404(enterprise_id), form), 422
    flash(_("已保存企业档案。"), "success")
    return redirect(url_for("desk.enterprise", enterprise_id=enterprise_id))


def _differing(found: Enterprise, form: ProfileForm) -> list[tuple[str, Any]]:
    """Return what stands in the file now where the form has something else."""
    typed = form.values()
    return [
        (_(PROFILE[name]), getattr(found, name))
        for name in PROFILE
        if name in typed and typed[name] != getattr(found, name)
    ]


def _page(found: Enterprise, form: ProfileForm, **more: Any) -> str:
    if found.phone:
        form.phone.description = _("现为%(phone)s，不改请留空", phone=masked_phone(found.phone))
    return render_template(
        "desk/enterprise_edit.html", enterprise=found, form=form, groups=PROFILE_ORDER, **more
    )
