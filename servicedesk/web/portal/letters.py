"""Letters of authorization (授权委托书) as the enterprise sees them: drawing up, signing, revoking."""

from datetime import timedelta

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from servicedesk.accounts.queries import holding, names
from servicedesk.catalogue.queries import items
from servicedesk.core.authorization import HAND_IN, STANDING_NAMES, SUPPLEMENT, Standing, last_day
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import limiter
from servicedesk.materials.letters import (
    AGENTS,
    STATEMENT,
    permission_to_revoke,
    prepare,
    revoke,
    sign,
)
from servicedesk.materials.models import Authorization
from servicedesk.materials.papers import letter_paper
from servicedesk.materials.queries import letter, letter_of, letters_of, originals_of, today
from servicedesk.web.access import actor, chosen_enterprise, requires, whole_actor
from servicedesk.web.forms import with_number
from servicedesk.web.letter_forms import LetterForm, RevokeForm, SignForm
from servicedesk.web.papers import send_paper
from servicedesk.web.portal.acting import insist_on_chosen
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

SORTS = {"newest": N_("最新起草"), "ends": N_("最早到期")}
COLUMNS = (
    (N_("编号"), 20), (N_("事项"), 40), (N_("开始"), 12), (N_("结束"), 12), (N_("状态"), 10),
    (N_("签署时间"), 17), (N_("撤销原因"), 30),
)  # fmt: skip
USUAL_DAYS = 89  # what the form offers at first: three months


@portal.get("/letters", endpoint="letters")
@requires("authorization.view")
def letters() -> str:
    """Show the enterprise's letters, those to sign first."""
    enterprise = _enterprise()
    return render_template(
        "portal/letters.html", rows=_rows(enterprise), states=STANDING_NAMES, sorts=SORTS,
        item_names=_item_names(enterprise),
    )  # fmt: skip


def _rows(enterprise: Enterprise) -> list[tuple[Authorization, Standing]]:
    """Return the letters as the address filters and sorts them."""
    shown, day = request.args.get("show", ""), today(enterprise.park_id)
    rows = [(one, letter_of(one).standing(day)) for one in letters_of(enterprise.id)]
    rows = [(one, standing) for one, standing in rows if not shown or standing == shown]
    if request.args.get("sort") == "ends":
        rows.sort(key=lambda row: row[0].ends_on)
    return rows


@portal.get("/letters/export.xlsx")
@requires("authorization.view")
def export_letters() -> Response:
    """Send the list as an Excel file."""
    enterprise = _enterprise()
    known = _item_names(enterprise)
    rows = (
        [
            one.number, "、".join(named(known[code]) for code in one.item_codes if code in known),
            one.starts_on, one.ends_on, _(STANDING_NAMES[standing]), wall_time(one.signed_at),
            one.revoke_reason,
        ]
        for one, standing in _rows(enterprise)
    )  # fmt: skip
    return send_list(actor(), "letter", _("授权委托书"), COLUMNS, rows)


@portal.route("/letters/new", methods=["GET", "POST"])
@requires("authorization.prepare")
def new_letter() -> Answer | str | tuple[str, int]:
    """Draw a letter up."""
    enterprise = _enterprise()
    form = filled_form(enterprise)
    if request.method == "GET":
        return render_template("portal/new_letter.html", form=form)
    if form.validate():
        try:
            made = prepare(actor(), enterprise.id, form.terms())
        except Refused as refused:
            form[refused.field or "items"].errors = [_(refused.reason)]
        else:
            flash(_("委托书已起草，请签署。"), "success")
            return redirect(url_for("portal.letter", letter_id=made.id))
    return render_template("portal/new_letter.html", form=form), 422


def filled_form(enterprise: Enterprise) -> LetterForm:
    """Return the form, at first with the item that the address names and three months from today."""
    day = today(enterprise.park_id)
    chosen = [item for item in items(enterprise.park_id) if item.authorization != "none"]
    data = {
        "items": [code for code in request.args.getlist("item") if code],
        "powers": [HAND_IN, SUPPLEMENT], "starts_on": day,
        "ends_on": min(day + timedelta(days=USUAL_DAYS), last_day(day)),
    }  # fmt: skip
    form = LetterForm(request.form if request.method == "POST" else None, data=data)
    agents = [one for role in AGENTS for one in holding(enterprise.park_id, role)]
    form.fill(chosen, agents)
    return form


@portal.get("/letters/<int:letter_id>", endpoint="letter")
@requires("authorization.view")
def show_letter(letter_id: int) -> str:
    """Show a letter with what may be done about it."""
    return _page(_letter(letter_id))


@portal.post("/letters/<int:letter_id>/sign")
@requires("authorization.sign")
@limiter.limit("10/minute")
def sign_letter(letter_id: int) -> Answer | tuple[str, int]:
    """Sign with the password."""
    found = _letter(letter_id)
    form = SignForm(request.form)
    if not form.validate():
        return _page(found, signing=form), 422
    try:
        sign(actor(), found.id, form.password.data or "", with_number(form.seen.data))
    except Conflict:
        flash(_("委托书刚刚有了变化，请看过再操作。"), "danger")
        return _page(_letter(letter_id)), 409
    except Refused as refused:
        form.password.errors = [_(refused.reason)]
        return _page(_letter(letter_id), signing=form), 422
    flash(_("已签署。现在可以代办了。"), "success")
    return redirect(url_for("portal.letter", letter_id=letter_id))


@portal.post("/letters/<int:letter_id>/revoke")
@requires("authorization.prepare")
def revoke_letter(letter_id: int) -> Answer | tuple[str, int]:
    """Revoke a letter, or drop a draft."""
    found = _letter(letter_id)
    form = RevokeForm(request.form)
    if not form.validate():
        return _page(found, revoking=form), 422
    try:
        revoke(actor(), found.id, form.reason.data or "", with_number(form.seen.data))
    except Conflict:
        flash(_("委托书刚刚有了变化，请看过再操作。"), "danger")
        return _page(_letter(letter_id), revoking=form), 409
    except Refused as refused:
        form.reason.errors = [_(refused.reason)]
        return _page(_letter(letter_id), revoking=form), 422
    flash(_("委托书已撤销。"), "success")
    return redirect(url_for("portal.letter", letter_id=letter_id))


@portal.get("/letters/<int:letter_id>/paper", endpoint="letter_paper")
@requires("authorization.view")
def send_letter(letter_id: int) -> Response:
    """Send a letter as Word."""
    found = _letter(letter_id)
    return send_paper(letter_paper(found), f"授权委托书{found.number}")


def _enterprise() -> Enterprise:
    return chosen_enterprise() or abort(404)


def _letter(letter_id: int) -> Authorization:
    found = letter(actor(), letter_id)
    if found is None and (other := letter(whole_actor(), letter_id)) is not None:
        insist_on_chosen(other.enterprise_id)
    return found or abort(404)


def _item_names(enterprise: Enterprise) -> dict[str, object]:
    return {item.code: item for item in items(enterprise.park_id)}


def _page(
    found: Authorization, signing: SignForm | None = None, revoking: RevokeForm | None = None
) -> str:
    enterprise = _enterprise()
    subject = Subject(enterprise.park_id, enterprise.id)
    return render_template(
        "portal/letter.html", letter=found, enterprise=enterprise, statement=_(STATEMENT),
        item_names=_item_names(enterprise), agent=names([found.agent_id]).get(found.agent_id, ""),
        originals=originals_of(found.id),
        may_sign=allows(actor(), "authorization.sign", subject),
        may_revoke=allows(actor(), permission_to_revoke(actor(), found), subject),
        signing=signing or SignForm(seen=found.version),
        revoking=revoking or RevokeForm(seen=found.version), tried=revoking is not None,
    )  # fmt: skip
