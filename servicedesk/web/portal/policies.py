"""Policies and declarations for the enterprise (政策找企业): what fits, why, declaring, progress."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DecimalField, HiddenField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional

from servicedesk.catalogue.queries import item_by_code
from servicedesk.core.conditions import Verdict
from servicedesk.core.declarations import BY_NAME, PATH, State, Window
from servicedesk.core.identifiers import new_token
from servicedesk.declarations import queries
from servicedesk.declarations.actions import Filing, declare, take
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.declarations.queries import Chance
from servicedesk.declarations.telling import dismiss
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.organisation.queries import unit_by_code
from servicedesk.tickets.models import Upload
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, chosen_enterprise, requires, signed_in, whole_actor
from servicedesk.web.elsewhere import insist_on_chosen
from servicedesk.web.files import keep_all
from servicedesk.web.forms import at_most, phone_field, required, tidy, with_number
from servicedesk.web.money import thousandths
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.portal.words import _

REASON_MAX = 200


class DeclareForm(BaseForm):
    """What an enterprise declares; the rest is in its file."""

    key = HiddenField(filters=[tidy], validators=[at_most(100)])
    asked_amount = DecimalField(
        _l("申请金额（万元，选填）"), places=3,
        validators=[Optional(), NumberRange(0, 1_000_000, _l("请填写0以上的金额。"))],
        render_kw={"inputmode": "decimal"},
    )  # fmt: skip
    investment = DecimalField(
        _l("涉及投资（亿元，选填）"), places=3,
        validators=[Optional(), NumberRange(0, 1000, _l("请填写0至1000之间的数。"))],
        description=_l("1亿元=10000万元"), render_kw={"inputmode": "decimal"},
    )  # fmt: skip
    note = TextAreaField(
        _l("想说明的情况（选填）"), filters=[tidy], validators=[Optional(), at_most(1000)],
        render_kw={"rows": 3},
    )  # fmt: skip
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))


def _enterprise() -> Enterprise:
    """Return the chosen enterprise, where the person's part may see what fits it."""
    found = chosen_enterprise()
    if found is None or found.id not in actor().enterprises_with("policy.match"):
        abort(404)
    return found


def _chance_or_404(policy_id: int) -> Chance:
    return queries.chance(_enterprise(), policy_id) or abort(404)


@portal.get("/policies", endpoint="policies")
@requires("policy.match")
def my_policies() -> str:
    """Show what fits the chosen enterprise, what nearly does and what to do, and the rest."""
    enterprise = _enterprise()
    found = queries.chances(enterprise)
    waiting = [one for one in found if one.declaration is None]
    kept = [one for one in waiting if not _dismissed(one)]
    return render_template(
        "portal/policies/list.html", enterprise=enterprise,
        fits=[one for one in kept if one.verdict.met],
        near=[one for one in kept if one.verdict.near],
        far=[one for one in kept if not one.verdict.met and not one.verdict.near],
        dismissed=[one for one in waiting if _dismissed(one)],
        declared=[one for one in found if one.declaration is not None],
    )  # fmt: skip


def _dismissed(one: Chance) -> bool:
    return one.match is not None and one.match.dismissed_at is not None


@portal.get("/policies/<int:policy_id>", endpoint="policy")
@requires("policy.match")
def show_policy(policy_id: int) -> str:
    """Explain a policy to the chosen enterprise: each condition met or missed, and the form."""
    return _page(_chance_or_404(policy_id), _empty_form())


def _empty_form() -> DeclareForm:
    person = signed_in()
    return DeclareForm(data={"key": new_token(), "contact": person.name, "phone": person.phone})


def _page(one: Chance, form: DeclareForm, **more: Any) -> str:
    of, enterprise = one.policy, _enterprise()
    may = enterprise.id in actor().enterprises_with("declaration.declare")
    unit = unit_by_code(of.park_id, of.unit_code)
    return render_template(
        "portal/policies/policy.html", chance=one, policy=of, enterprise=enterprise, form=form,
        item=item_by_code(of.park_id, of.item_code), unit=unit, may_declare=may,
        open=one.window is Window.OPEN and of.state == "published" and one.declaration is None,
        gaps=_gap_findings(one.verdict), **more,
    )  # fmt: skip


def _gap_findings(verdict: Verdict) -> list[Any]:
    return [*verdict.missed, *verdict.unknown]


@portal.post("/policies/<int:policy_id>/declare")
@requires("declaration.declare")
@limiter.limit("30/minute")
def declare_policy(policy_id: int) -> Response | tuple[str, int]:
    """Declare under a policy."""
    one, form = _chance_or_404(policy_id), DeclareForm(request.form)
    kept, failed = keep_all()
    if not form.validate() or failed:
        return _page(one, form, kept=kept, failed=failed, wrong=True), 422
    try:
        made = declare(actor(), one.policy.id, _filing(form, kept))
    except KeyReused:
        form.key.data = new_token()
        flash(_("这份申报已经提交过，请在“我的申报”查看。"), "danger")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    else:
        flash(_("申报已提交，服务台会协助您准备材料并推荐上报。"), "success")
        return redirect(url_for("portal.declaration", declaration_id=made.id))
    return _page(_chance_or_404(policy_id), form, kept=kept, failed=failed, wrong=True), 422


def _filing(form: DeclareForm, kept: list[Upload]) -> Filing:
    tokens = [*request.form.getlist("uploads"), *(upload.token for upload in kept)]
    return Filing(
        enterprise_id=_enterprise().id, contact=form.contact.data or "",
        phone=form.phone.data or "", note=form.note.data or "", key=form.key.data or "",
        asked_amount=thousandths(form.asked_amount.data) or None,
        investment=thousandths(form.investment.data) or None,
        uploads=list(dict.fromkeys(tokens)),
    )  # fmt: skip


@portal.get("/policies/<int:policy_id>/declare")
@requires("declaration.declare")
def declare_policy_again(policy_id: int) -> Response:
    """Lead a reloaded declaration back to the policy."""
    return redirect(url_for("portal.policy", policy_id=policy_id))


@portal.post("/policies/<int:policy_id>/dismiss")
@requires("declaration.declare")
def dismiss_policy(policy_id: int) -> Response:
    """Say that the enterprise will not declare, and why."""
    one = _chance_or_404(policy_id)
    try:
        dismiss(
            actor(), one.policy.id, _enterprise().id, request.form.get("reason", "")[:REASON_MAX]
        )
        flash(_("已记录，不再就这项政策提醒您；截止前仍可申报。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("portal.policy", policy_id=policy_id))
    return redirect(url_for("portal.policies"))


# My declarations ------------------------------------------------------------------------------


@portal.get("/declarations", endpoint="declarations")
@requires("declaration.view")
def my_declarations() -> str:
    """List the chosen enterprise's declarations with their progress."""
    enterprise = chosen_enterprise() or abort(404)
    found = queries.declarations_of(enterprise.id)
    return render_template(
        "portal/policies/declarations.html", declarations=found, path=PATH,
        policies=queries.policies_by_id([one.policy_id for one in found]),
    )  # fmt: skip


def _declaration_or_404(declaration_id: int) -> tuple[Declaration, Policy]:
    """Return a declaration of the chosen enterprise; another one of the person's offers to switch."""
    found = queries.declaration(actor(), declaration_id)
    if found is None and (other := queries.declaration(whole_actor(), declaration_id)) is not None:
        insist_on_chosen(other[0].enterprise_id)
    return found or abort(404)


@portal.get("/declarations/<int:declaration_id>", endpoint="declaration")
@requires("declaration.view")
def my_declaration(declaration_id: int) -> str:
    """Show one declaration: where it stands, what happened."""
    return _declaration_page(*_declaration_or_404(declaration_id))


def _declaration_page(found: Declaration, of: Policy, **more: Any) -> str:
    steps = {step.name for step in queries.steps_for(actor(), found, of)}
    known = numbers([found.ticket_id]) if found.ticket_id else {}
    unit = unit_by_code(of.park_id, of.unit_code)
    return render_template(
        "portal/policies/declaration.html", declaration=found, policy=of, path=_path(found), steps=BY_NAME,
        events=queries.events(found.id), may_withdraw="withdraw" in steps, unit=unit,
        number=known.get(found.ticket_id or 0, ""), **more,
    )  # fmt: skip


def _path(found: Declaration) -> tuple[State, ...]:
    """Return the states on the way of this declaration: what was refused ends there."""
    if found.state == State.REFUSED:
        reached = State.RECOMMENDED if found.recommended_on else State.DECLARED
        return (*PATH[: PATH.index(reached) + 1], State.REFUSED)
    if found.state == State.WITHDRAWN:
        return (State.DECLARED, State.WITHDRAWN)
    return PATH if found.state == State.PAID or found.granted_amount else PATH[:3]


@portal.post("/declarations/<int:declaration_id>/withdraw")
@requires("declaration.declare")
def withdraw_declaration(declaration_id: int) -> Response | tuple[str, int]:
    """Take a declaration back that nobody has decided yet."""
    found, of = _declaration_or_404(declaration_id)
    reason = tidy(request.form.get("reason"))[:500]
    try:
        take(
            actor(), found.id, "withdraw", {"reason": reason},
            with_number(request.form.get("seen")),
        )  # fmt: skip
    except Conflict:
        text = _("您填写期间申报有了进展，请看过后再决定是否撤回。")
        found, of = _declaration_or_404(declaration_id)
        return _declaration_page(found, of, reason=reason, wrong=text), 409
    except Refused as refused:
        return _declaration_page(found, of, reason=reason, wrong=_(refused.reason)), 422
    flash(_("申报已撤回。"), "success")
    return redirect(url_for("portal.declaration", declaration_id=declaration_id))
