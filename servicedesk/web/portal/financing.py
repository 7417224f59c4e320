"""Financing for the enterprise (融资): needs, products that fit and why, offers, money received."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.core.financing import COLLATERALS, OFFER_STATE_NAMES, PURPOSES, UNSECURED
from servicedesk.core.identifiers import new_token
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.financing import actions, queries
from servicedesk.financing.models import FinancingNeed
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, requires, signed_in
from servicedesk.web.forms import at_most, phone_field, required, tidy, with_number
from servicedesk.web.money import in_ten_thousands, money_field, thousandths
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.enterprise import chosen_enterprise
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.portal.words import _


class NeedForm(BaseForm):
    """What is needed, for what, for how long, against what."""

    key = HiddenField(filters=[tidy], validators=[at_most(100)])
    amount = money_field(_l("需要多少（万元）"))
    purpose = SelectField(_l("用在哪里"), choices=[], validators=[required()])
    term_months = IntegerField(
        _l("用多久（月）"), validators=[required(), NumberRange(1, 360, _l("请填写1至360。"))]
    )
    collaterals = SelectMultipleField(_l("可以提供的担保（可多选）"), choices=[])
    note = TextAreaField(
        _l("补充说明（选填）"), filters=[tidy], validators=[Optional(), at_most(500)],
        render_kw={"rows": 3},
    )  # fmt: skip
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))


@portal.get("/financing", endpoint="financing")
@requires("financing.view")
def my_needs() -> str:
    """List the chosen enterprise's needs."""
    enterprise = _enterprise_or_404()
    rows = list(queries.every_need(actor(), queries.Wish(enterprise=enterprise.id)))
    return render_template(
        "portal/financing/needs.html", rows=rows, enterprise=enterprise, money=in_ten_thousands,
        offers=queries.offers_of(actor(), [row.id for row in rows]),
    )  # fmt: skip


def _enterprise_or_404() -> Enterprise:
    """The chosen enterprise, where the person's part may see money."""
    found = chosen_enterprise()
    if found is None or found.id not in actor().enterprises_with("financing.view"):
        abort(404)
    return found


@portal.route("/financing/new", methods=["GET", "POST"])
@requires("financing.need")
@limiter.limit("30/minute", methods=["POST"])
def new_need() -> Response | str | tuple[str, int]:
    """Ask for money."""
    enterprise, person = _enterprise_or_404(), signed_in()
    form = NeedForm(
        request.form if request.method == "POST" else None,
        data={"key": new_token(), "contact": person.name, "phone": person.phone},
    )
    form.purpose.choices = [("", _("请选择")), *((one, _(one)) for one in PURPOSES)]
    form.collaterals.choices = [(c, _(name)) for c, name in COLLATERALS.items() if c != UNSECURED]
    if request.method == "GET":
        return _form_page(form, enterprise)
    if form.validate():
        try:
            made = actions.register_need(actor(), _typed(form, enterprise))
            flash(_("融资需求已提交，合适的产品见下方。"), "success")
            return redirect(url_for("portal.financing_need", need_id=made.id))
        except KeyReused:
            form.key.data = new_token()
            flash(_("这张表已经提交过一次。若是另一笔需求，可修改后再次提交。"), "danger")
        except Refused as refused:
            flash(_(refused.reason), "danger")
    return _form_page(form, enterprise), 422


def _form_page(form: NeedForm, enterprise: Enterprise) -> str:
    return render_template("portal/financing/new.html", form=form, enterprise=enterprise)


def _typed(form: NeedForm, enterprise: Enterprise) -> actions.NeedForm:
    return actions.NeedForm(
        enterprise_id=enterprise.id, amount=thousandths(form.amount.data),
        purpose=form.purpose.data, term_months=form.term_months.data or 0,
        collaterals=form.collaterals.data or [], note=form.note.data or "",
        contact=form.contact.data or "", phone=form.phone.data or "", key=form.key.data or "",
    )  # fmt: skip


def _need_or_404(need_id: int) -> FinancingNeed:
    found = queries.need(actor(), need_id)
    if found is None or found.enterprise_id != _enterprise_or_404().id:
        abort(404)
    return found


@portal.get("/financing/<int:need_id>")
@requires("financing.view")
def financing_need(need_id: int) -> str:
    """Show a need with products and offers."""
    return _page(_need_or_404(need_id))


def _page(need: FinancingNeed, **more: Any) -> str:
    return render_template(
        "portal/financing/need.html", need=need, matches=queries.matches(need),
        offers=queries.offers_of(actor(), [need.id]).get(need.id, []), states=OFFER_STATE_NAMES,
        ticket_number=numbers([need.ticket_id])[need.ticket_id], money=in_ten_thousands, **more,
    )  # fmt: skip


@portal.post("/financing/offers/<int:offer_id>/<any(accept,decline):choice>")
@requires("financing.accept")
def answer_offer(offer_id: int, choice: str) -> Response | tuple[str, int]:
    """Take an offer on, or not."""
    offer = queries.offer_of(actor(), offer_id) or abort(404)
    need = _need_or_404(offer.need_id)
    try:
        seen = with_number(request.form.get("seen"))
        actions.answer(actor(), offer_id, accept=choice == "accept", seen=seen)
    except (Conflict, Refused):
        flash(_("这份报价刚刚有了变化，请看过最新情况再选择。"), "danger")
        return _page(need), 409
    flash(_("已告知银行。"), "success")
    return redirect(url_for("portal.financing_need", need_id=need.id))


@portal.post("/financing/<int:need_id>/close")
@requires("financing.need")
def close_need(need_id: int) -> Response | tuple[str, int]:
    """End a need."""
    need, reason = _need_or_404(need_id), tidy(request.form.get("reason"))[:500]
    try:
        actions.close_need(actor(), need.id, reason)
    except Refused as refused:
        return _page(need, close_error=_(refused.reason), close_reason=reason), 422
    flash(_("融资需求已关闭。"), "success")
    return redirect(url_for("portal.financing"))
