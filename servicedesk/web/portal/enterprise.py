"""My enterprise (我的企业): its file, and saying what is wrong in it.

Its people are in ``members``, switching in ``acting``.
"""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import user as get_user
from servicedesk.core.enterprises import LEVELS, PROFILE, validity
from servicedesk.core.industries import division_of
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_
from servicedesk.enterprises.corrections import open_correction, propose
from servicedesk.enterprises.listing import today
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.patents import patents_of
from servicedesk.enterprises.titles import titles_of
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.web.access import actor, requires
from servicedesk.web.access import chosen_enterprise as chosen_enterprise
from servicedesk.web.desk.enterprise_file import VALIDITY, show_on
from servicedesk.web.desk.enterprise_forms import CorrectionForm
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _

STANDINGS = {
    "confirmed": N_("已建档"),
    "review": N_("代码待服务台核实，不影响办事"),
    "new": N_("已建档，营业执照待服务台核验，不影响办事"),
    "preparing": N_("筹建中，领取营业执照后请告知服务台补录代码"),
}


@portal.get("/enterprise", endpoint="enterprise")
@requires("portal.use")
def my_enterprise() -> str:
    """Show the enterprise's file."""
    found = chosen_enterprise()
    return render_template(
        "portal/enterprise.html", enterprise=found, standings=STANDINGS, **_file(found)
    )


def _file(found: Enterprise | None) -> dict[str, Any]:
    if found is None:
        return {}
    day = today()
    titles = [(one, validity(one.awarded_on, one.expires_on, day)) for one in titles_of(found.id)]
    officer = get_user(found.service_officer_id) if found.service_officer_id else None
    return {
        "division": division_of(found.industry_code),
        "titles": titles,
        "validities": VALIDITY,
        "patents": len(patents_of(found.id)),
        "officer": officer,
        "scales": SCALES,
        "labels": PROFILE,
        "levels": LEVELS,
        "correction": open_correction(found.id),
        "corrects": allows(actor(), "enterprise.correct", Subject(found.park_id, found.id)),
    }


def _mine_or_404() -> Enterprise:
    found = chosen_enterprise()
    if found is None or not allows(actor(), "enterprise.correct", Subject(found.park_id, found.id)):
        abort(404)
    return found


@portal.get("/enterprise/correct")
@requires("enterprise.correct")
def enterprise_correct() -> str:
    """Show the values that the enterprise may correct, as a form."""
    found = _mine_or_404()
    return _form_page(found, CorrectionForm(obj=found))


def _form_page(found: Enterprise, form: CorrectionForm) -> str:
    return render_template("portal/enterprise_correct.html", enterprise=found, form=form)


@portal.post("/enterprise/correct")
@requires("enterprise.correct")
@limiter.limit("20/minute")
def enterprise_correct_send() -> Response | tuple[str, int]:
    """Send the correction to the desk; a wrong form comes back with what was typed."""
    found = _mine_or_404()
    form = CorrectionForm(request.form)
    if not form.validate():
        return _form_page(found, form), 422
    values = {
        name: "" if value is None and isinstance(getattr(found, name), str) else value
        for name, value in form.data.items()
        if name != "note"
    }
    try:
        propose(actor(), found.id, values, form.note.data or "")
    except Refused as refused:
        show_on(form, refused)
        return _form_page(found, form), 422
    flash(_("已提交更正，服务台核对后更新。"), "success")
    return redirect(url_for("portal.enterprise"))
