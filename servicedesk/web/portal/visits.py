"""Visits as the enterprise sees them (走访记录): its list, and its word on each, also by a link."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import Form, RadioField, StringField, TextAreaField
from wtforms.validators import Optional

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.outreach import VERDICTS
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.outreach.confirming import confirm_as_member, confirm_by_link, find_by_token
from servicedesk.outreach.models import Visit
from servicedesk.outreach.queries import tickets_of, tickets_of_all, visits_at
from servicedesk.web.access import actor, chosen_enterprise, public, requires
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _

COMMENT_MAX = 500
SHOWN = 100


class ConfirmForm(Form):
    """The enterprise's word on a visit."""

    verdict = RadioField(_l("走访记录与实际情况"), choices=[], validators=[required()])
    comment = TextAreaField(
        _l("说明（有出入的请写明）"), filters=[tidy],
        validators=[Optional(), at_most(COMMENT_MAX)], render_kw={"rows": 3},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdict.choices = [(code, _(name)) for code, name in VERDICTS.items()]


class LinkForm(ConfirmForm):
    """The same from somebody who has not signed in."""

    name = StringField(_l("您的姓名"), filters=[tidy], validators=[required(), at_most(40)])


@portal.get("/visits")
@requires("enterprise.view")
def visits() -> str:
    """List the visits at the chosen enterprise, those without its word first."""
    return _list()


def _list(opened: int = 0, form: ConfirmForm | None = None) -> str:
    enterprise = chosen_enterprise()
    found = list(visits_at(enterprise.id)[:SHOWN]) if enterprise else []
    found.sort(key=lambda visit: visit.confirmed_at is not None)
    return render_template(
        "portal/visits.html", enterprise=enterprise, visits=found, opened=opened,
        form=form or ConfirmForm(), empty_form=ConfirmForm(), verdicts=VERDICTS,
        tickets=tickets_of_all([visit.id for visit in found]),
        people=person_names({visit.recorded_by_id for visit in found}),
    )  # fmt: skip


@portal.post("/visits/<int:visit_id>/confirm")
@requires("visit.confirm")
def confirm_own_visit(visit_id: int) -> Response | tuple[str, int]:
    """Take the word of somebody who has signed in."""
    enterprise = chosen_enterprise()
    known = {visit.id for visit in visits_at(enterprise.id)} if enterprise else set()
    if visit_id not in known:
        abort(404)
    form = ConfirmForm(request.form)
    if form.validate() and _said(form, lambda: confirm_as_member(actor(), visit_id, *_word(form))):
        flash(_("感谢您的确认。"), "success")
        return redirect(url_for("portal.visits"))
    return _list(visit_id, form), 422


def _word(form: ConfirmForm) -> tuple[str, str]:
    return form.verdict.data or "", form.comment.data or ""


def _said(form: ConfirmForm, action: Any) -> bool:
    """Do it; what is refused goes to its place on the form."""
    try:
        action()
    except Refused as refused:
        field = form["comment" if refused.field == "comment" else "verdict"]
        field.errors = [*field.errors, _(refused.reason)]
        return False
    return True


@portal.route("/visit/<token>", methods=["GET", "POST"])
@public
@limiter.limit("30/minute")
def confirm_visit(token: str) -> str | tuple[str, int]:
    """Show a visit to whoever has the link, without personal data, and take the word once."""
    visit = find_by_token(token[:100])
    if visit is None:
        return render_template("portal/visit_expired.html"), 404
    form = LinkForm(request.form)
    if request.method == "GET" or visit.confirmed_at is not None:
        return _link_page(visit, LinkForm())
    if form.validate() and _said(
        form, lambda: confirm_by_link(token[:100], form.name.data or "", *_word(form))
    ):
        return _link_page(find_by_token(token[:100]) or visit, form)
    return _link_page(visit, form), 422


def _link_page(visit: Visit, form: LinkForm) -> str:
    return render_template(
        "portal/visit_confirm.html", visit=visit, form=form, verdicts=VERDICTS,
        enterprise=get_enterprise(visit.enterprise_id), tickets=tickets_of(visit.id),
        items=items_by_id(visit.park_id),
    )  # fmt: skip
