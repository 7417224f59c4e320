"""Financing at the desk and at the banks (融资对接): needs, products, offers, grants, payments."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Form,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.clock import clock
from servicedesk.core.financing import COLLATERALS, OFFER_STATE_NAMES, PURPOSES
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Scope, Subject, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import names
from servicedesk.errors import Conflict, Refused
from servicedesk.financing import actions, queries
from servicedesk.financing.models import BankProduct, FinancingNeed
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.tickets import ticket_or_404
from servicedesk.web.forms import at_most, number_of, required, tidy, with_number
from servicedesk.web.money import in_ten_thousands, money_field, thousandths
from servicedesk.web.sheets import send_list, wall_time

NEED_STATES = {"open": N_("对接中"), "closed": N_("已关闭")}
COLUMNS = (
    (N_("企业"), 32), (N_("金额（万元）"), 12), (N_("用途"), 12), (N_("期限（月）"), 10),
    (N_("可提供的担保"), 24), (N_("状态"), 10), (N_("提出时间"), 17), (N_("授信（万元）"), 12),
    (N_("放款（万元）"), 12),
)  # fmt: skip


def _rate(label: Any) -> DecimalField:
    message = _l("请填写0至36之间的年利率。")
    return DecimalField(label, places=2, validators=[required(), NumberRange(0, 36, message)])


def _reason(label: Any, *checks: Any) -> TextAreaField:
    return TextAreaField(
        label, filters=[tidy], validators=[*checks, at_most(500)], render_kw={"rows": 2}
    )


class OfferForm(Form):
    """What a bank offers for a need."""

    product_id = SelectField(_l("产品"), coerce=int)
    amount = money_field(_l("报价额度（万元）"))
    rate = _rate(_l("年利率（百分数）"))
    note = _reason(_l("说明（选填）"), Optional())


class GrantForm(Form):
    """授信: an amount and a day."""

    amount = money_field(_l("授信金额（万元）"))
    granted_on = DateField(_l("授信日期"), validators=[required()])


class RefuseForm(Form):
    """The bank's reason."""

    reason = _reason(_l("未批准的理由（企业会看到）"), required())


class PaymentForm(Form):
    """放款: an amount and a day."""

    key = HiddenField()
    amount = money_field(_l("放款金额（万元）"))
    paid_on = DateField(_l("放款日期"), validators=[required()])


class BankProductForm(Form):
    """A product as its bank describes it."""

    unit_id = SelectField(_l("所属单位"), coerce=int)
    bank = StringField(_l("银行"), filters=[tidy], validators=[required(), at_most(60)])
    name = StringField(_l("产品名称"), filters=[tidy], validators=[required(), at_most(60)])
    summary = _reason(_l("产品说明"), required())
    amount_min = money_field(_l("最低额度（万元）"))
    amount_max = money_field(_l("最高额度（万元）"))
    rate_low = _rate(_l("最低年利率（百分数）"))
    rate_high = _rate(_l("最高年利率（百分数）"))
    term_months_max = IntegerField(
        _l("最长期限（月）"), validators=[required(), NumberRange(1, 360, _l("请填写1至360。"))]
    )
    collaterals = SelectMultipleField(_l("接受的担保方式"), choices=[])
    active = BooleanField(_l("在用（停用后不再参与匹配）"), default=True)


@desk.get("/financing", endpoint="financing")
@requires("financing.view")
def needs() -> str:
    """List the financing needs with the year's three sums."""
    wish = _wish()
    found = list(queries.needs(actor(), wish))
    more = len(found) > queries.PAGE
    rows = found[: queries.PAGE]
    today = clock.now().astimezone(ZONE).date()
    offers = queries.offers_of(actor(), [row.id for row in rows])
    return render_template(
        "desk/financing/needs.html", rows=rows, wish=wish, states=NEED_STATES, purposes=PURPOSES,
        sorts=queries.SORT_NAMES, offers=offers, totals=queries.totals(offers),
        enterprises=names(row.enterprise_id for row in rows), year=today.year,
        sums=_sums(today), after=_key(rows[-1], wish.sort) if more else "", money=in_ten_thousands,
    )  # fmt: skip


def _sums(today: date) -> queries.Sums | None:
    """Only those who see the whole park see its sums."""
    if scope_of(actor().role, "financing.view") is not Scope.PARK:
        return None
    return queries.sums_in(actor().park_id, date(today.year, 1, 1), today)


def _wish() -> queries.Wish:
    state, purpose = request.args.get("state", ""), request.args.get("purpose", "")
    sort, least = request.args.get("sort", "newest"), number_of("least") or 0
    return queries.Wish(
        state=state if state in NEED_STATES else "",
        purpose=purpose if purpose in PURPOSES else "",
        enterprise=number_of("enterprise"), least=least * 1000,
        sort=sort if sort in queries.SORTS else "newest", after=_after(sort),
    )  # fmt: skip


def _after(sort: str) -> tuple[int, ...]:
    """Return the key of a page if the address holds one that fits the sorting."""
    parts = request.args.get("after", "").split("-")
    fits = len(parts) == (2 if sort == "amount" else 1)
    return (
        tuple(map(int, parts)) if fits and all(p.isascii() and p.isdigit() for p in parts) else ()
    )


def _key(row: FinancingNeed, sort: str) -> str:
    return "-".join(map(str, queries.key_of(row, sort)))


@desk.get("/financing/export.xlsx")
@requires("financing.view")
def financing_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "financing", _("融资需求"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    nothing = queries.Got(0, 0)
    for found in in_chunks(queries.every_need(actor(), _wish())):
        got = queries.totals(queries.offers_of(actor(), [row.id for row in found]))
        firms = names(row.enterprise_id for row in found)
        for row in found:
            sums = got.get(row.id, nothing)
            yield [
                firms[row.enterprise_id], row.amount / 1000, row.purpose, row.term_months,
                "、".join(row.collaterals), _(NEED_STATES[row.state]), wall_time(row.created_at),
                sums.granted / 1000, sums.paid / 1000,
            ]  # fmt: skip


@desk.get("/financing/needs/<int:need_id>")
@requires("financing.view")
def financing_need(need_id: int) -> str:
    """Show a need: which products fit and why, the offers, what was granted and paid."""
    return _need_page(_need_or_404(need_id))


def _need_or_404(need_id: int) -> FinancingNeed:
    return queries.need(actor(), need_id) or abort(404)


def _need_page(need: FinancingNeed, **more: Any) -> str:
    offers = queries.offers_of(actor(), [need.id]).get(need.id, [])
    offered = {one.product.id for one in offers}
    mine = [p for p, _fit in queries.matches(need) if _may_offer(p) and p.id not in offered]
    form = more.pop("offer_form", None) or OfferForm(
        amount=need.amount / 1000, rate=mine[0].rate_low if mine else None
    )
    form.product_id.choices = [(p.id, f"{p.bank} {p.name}") for p in mine]
    return render_template(
        "desk/financing/need.html", need=need, offers=offers, matches=queries.matches(need),
        enterprise=names([need.enterprise_id])[need.enterprise_id], offer_form=form,
        ticket_number=numbers([need.ticket_id])[need.ticket_id], states=OFFER_STATE_NAMES,
        forms={"grant": GrantForm(), "refuse": RefuseForm(), "pay": PaymentForm(key=new_token())},
        may_offer=_may_offer, money=in_ten_thousands, need_states=NEED_STATES, **more,
    )  # fmt: skip


def _may_offer(product: BankProduct) -> bool:
    subject = Subject(product.park_id, unit_id=product.unit_id)
    return allows(actor(), "financing.offer", subject)


@desk.post("/financing/needs/<int:need_id>/offers")
@requires("financing.offer")
def financing_offer(need_id: int) -> Response | tuple[str, int]:
    """Offer a product."""
    need = _need_or_404(need_id)
    form = OfferForm(request.form)
    form.product_id.choices = [
        (p.id, p.name) for p in queries.products(need.park_id) if _may_offer(p)
    ]
    if form.validate():
        try:
            actions.offer(
                actor(), need_id, form.product_id.data, thousandths(form.amount.data),
                float(form.rate.data or 0), form.note.data or "",
            )  # fmt: skip
            return _back(need_id, _("报价已发给企业。"))
        except Refused as refused:
            _put(form, refused)
    return _need_page(need, offer_form=form), 422


_STEPS: dict[str, type[Form]] = {"grant": GrantForm, "refuse": RefuseForm, "pay": PaymentForm}


@desk.post("/financing/offers/<int:offer_id>/<any(grant,refuse,pay):step>")
@requires("financing.offer")
def financing_step(offer_id: int, step: str) -> Response | tuple[str, int]:
    """Grant, refuse, or note a payment."""
    offer = queries.offer_of(actor(), offer_id) or abort(404)
    form = _STEPS[step](request.form)
    tried = {"tried": (offer_id, step), "tried_form": form}
    if not form.validate():
        return _need_page(_need_or_404(offer.need_id), **tried), 422
    try:
        _take(step, offer_id, form)
    except Conflict:
        flash(_("有人刚刚改动过，请看过最新情况再操作。"), "danger")
        return _need_page(_need_or_404(offer.need_id), **tried), 409
    except Refused as refused:
        _put(form, refused)
        return _need_page(_need_or_404(offer.need_id), **tried), 422
    return _back(offer.need_id, _("已登记，企业会收到通知。"))


def _take(step: str, offer_id: int, form: Any) -> None:
    seen = with_number(request.form.get("seen"))
    if step == "grant":
        actions.grant(actor(), offer_id, thousandths(form.amount.data), form.granted_on.data, seen)
    elif step == "refuse":
        actions.refuse(actor(), offer_id, form.reason.data, seen)
    else:
        amount, key = thousandths(form.amount.data), (form.key.data or "")[:100]
        actions.pay_out(actor(), offer_id, amount, form.paid_on.data, key)


def _put(form: Form, refused: Refused) -> None:
    """Put a refusal at its field, or above the page."""
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


def _back(need_id: int, told: str) -> Response:
    flash(told, "success")
    return redirect(url_for("desk.financing_need", need_id=need_id))


@desk.post("/tickets/<number>/need")
@requires("financing.offer")
def need_of_ticket(number: str) -> Response:
    """Open the need behind a financing ticket, made from its answers where there is none yet."""
    ticket = ticket_or_404(number)
    try:
        need = actions.need_from_ticket(actor(), ticket)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.ticket", number=number))
    return redirect(url_for("desk.financing_need", need_id=need.id))


@desk.get("/financing/products")
@requires("financing.product")
def bank_products() -> str:
    """List the banks' products."""
    return render_template(
        "desk/financing/products.html", rows=queries.products(actor().park_id),
        unit_names={unit.id: unit.name for unit in units(actor().park_id)},
        may_edit=_may_edit, money=in_ten_thousands,
    )  # fmt: skip


def _may_edit(product: BankProduct) -> bool:
    subject = Subject(product.park_id, unit_id=product.unit_id)
    return allows(actor(), "financing.product", subject)


@desk.route("/financing/products/new", methods=["GET", "POST"])
@requires("financing.product")
def new_bank_product() -> Response | str | tuple[str, int]:
    """Add a product."""
    return _edit(None)


@desk.route("/financing/products/<int:product_id>", methods=["GET", "POST"])
@requires("financing.product")
def bank_product(product_id: int) -> Response | str | tuple[str, int]:
    """Change a product."""
    found = queries.product(actor().park_id, product_id)
    if found is None or not _may_edit(found):
        abort(404)
    return _edit(found)


def _edit(product: BankProduct | None) -> Response | str | tuple[str, int]:
    form = BankProductForm(request.form if request.method == "POST" else None, data=_shown(product))
    form.unit_id.choices = _unit_choices()
    form.collaterals.choices = [(code, _(name)) for code, name in COLLATERALS.items()]
    if request.method == "GET":
        return render_template("desk/financing/product.html", form=form, product=product)
    if form.validate():
        try:
            actions.save_product(actor(), _typed(form, product), product.id if product else None)
            flash(_("产品已保存。"), "success")
            return redirect(url_for("desk.bank_products"))
        except Refused as refused:
            _put(form, refused)
        except Conflict:
            flash(_("有人刚刚改动过这个产品，请看过最新内容再保存。"), "danger")
            return render_template("desk/financing/product.html", form=form, product=product), 409
    return render_template("desk/financing/product.html", form=form, product=product), 422


def _unit_choices() -> list[tuple[int, str]]:
    """A bank's people add products of their own unit only."""
    park_units = units(actor().park_id)
    if scope_of(actor().role, "financing.product") is Scope.UNIT:
        park_units = [unit for unit in park_units if unit.id == actor().unit_id]
    return [(unit.id, unit.name) for unit in park_units]


def _shown(product: BankProduct | None) -> dict[str, Any]:
    if product is None:
        return {}
    columns = ("unit_id", "bank", "name", "summary", "rate_low", "rate_high", "term_months_max",
               "collaterals", "active")  # fmt: skip
    amounts = {name: getattr(product, name) / 1000 for name in ("amount_min", "amount_max")}
    return {name: getattr(product, name) for name in columns} | amounts


def _typed(form: BankProductForm, product: BankProduct | None) -> actions.ProductForm:
    return actions.ProductForm(
        unit_id=form.unit_id.data, bank=form.bank.data or "", name=form.name.data or "",
        summary=form.summary.data or "", amount_min=thousandths(form.amount_min.data),
        amount_max=thousandths(form.amount_max.data), rate_low=float(form.rate_low.data or 0),
        rate_high=float(form.rate_high.data or 0), term_months_max=form.term_months_max.data or 0,
        collaterals=form.collaterals.data or [], active=form.active.data,
        conditions=product.conditions if product else [],
        seen=with_number(request.form.get("seen")) if product else None,
    )  # fmt: skip
