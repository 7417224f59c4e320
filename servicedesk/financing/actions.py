"""Everything that changes financing: needs, products, offers, grants, payments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import members_of_unit
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.financing import NEXT, OfferState, may_follow, over_the_grant
from servicedesk.core.permissions import PART_PERMISSIONS, Actor, Part, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import members
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.financing.models import BankProduct, Drawdown, FinancingNeed, Offer
from servicedesk.financing.queries import banks, need_of_ticket, paid_of
from servicedesk.notifications.actions import tell
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import may_see
from servicedesk.transaction import unit_of_work

ITEM = "D01"
NOT_ALLOWED = N_("您没有执行此操作的权限。")


@dataclass(frozen=True, slots=True)
class NeedForm:
    """A need as it is filed; ``amount`` in thousandths of 万元, ``key`` the form's one-time number."""

    enterprise_id: int
    amount: int
    purpose: str
    term_months: int
    collaterals: Sequence[str]
    note: str
    contact: str
    phone: str
    key: str
    channel: str = "portal"


@dataclass(frozen=True, slots=True)
class ProductForm:
    """A product as an editor describes it; ``seen`` is the version that the form showed."""

    unit_id: int
    bank: str
    name: str
    summary: str
    amount_min: int
    amount_max: int
    rate_low: float
    rate_high: float
    term_months_max: int
    collaterals: Sequence[str]
    conditions: Sequence[Mapping[str, Any]] = field(default_factory=list)
    active: bool = True
    seen: int | None = None


def _insist(actor: Actor, permission: str, subject: Subject) -> None:
    if not allows(actor, permission, subject):
        raise Refused(NOT_ALLOWED, kind="permission")


@unit_of_work
def register_need(actor: Actor, form: NeedForm) -> FinancingNeed:
    """File a need: a ticket of its item and the need behind it; one key makes one need.

    Raises:
        Refused: not permitted for this enterprise.
        KeyReused: the key was used for a different request.
    """
    _insist(actor, "financing.need", Subject(actor.park_id, form.enterprise_id))
    item = item_by_code(actor.park_id, ITEM)
    assert item is not None
    answers = {
        "amount": form.amount / 1000, "purpose": form.purpose,
        "term_months": form.term_months, "collateral": list(form.collaterals),
    }  # fmt: skip
    wanted = Request(
        enterprise_id=form.enterprise_id, title=item.name, description=form.note or item.name,
        contact=form.contact, phone=form.phone, answers=answers, channel=form.channel, key=form.key,
    )  # fmt: skip
    return need_from_ticket(actor, submit(actor, item, wanted))


@unit_of_work
def need_from_ticket(actor: Actor, ticket: Ticket) -> FinancingNeed:
    """Return the need behind a ticket, made from its answers where there is none yet.

    Raises:
        Refused: the person may not see the ticket, or it is not about financing.
    """
    if not may_see(actor, ticket):
        raise Refused(NOT_ALLOWED, kind="permission")
    if found := need_of_ticket(ticket.id):
        return found
    item = item_by_code(ticket.park_id, ITEM)
    if item is None or ticket.item_id != item.id:
        raise Refused(N_("这件工单不是融资对接。"))
    answers = ticket.answers
    need = FinancingNeed(
        park_id=ticket.park_id, enterprise_id=ticket.enterprise_id, ticket_id=ticket.id,
        amount=round(float(answers.get("amount") or 0) * 1000),
        purpose=str(answers.get("purpose") or ""),
        term_months=int(answers.get("term_months") or 12),
        collaterals=list(answers.get("collateral") or []),
        created_by_id=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(need)
    db.session.flush()
    record(actor, "financing.need", "financing_need", need.id, after={"ticket": ticket.number})
    people = [person for unit_id in banks(need.park_id) for person in members_of_unit(unit_id)]
    _tell(need, people, N_("有新的融资需求，请看是否有合适的产品。"), f"need:{need.id}", actor)
    return need


@unit_of_work
def close_need(actor: Actor, need_id: int, reason: str) -> FinancingNeed:
    """End a need: it was met, or is no longer there; offers that wait are declined with it.

    Raises:
        Refused: not permitted, closed already, or no reason.
    """
    need = _locked_need(need_id)
    _insist(actor, "financing.need", Subject(need.park_id, need.enterprise_id))
    if need.state != "open":
        raise Refused(N_("该融资需求已经关闭。"))
    if not reason.strip():
        raise Refused(N_("此项必须填写。"), field="reason")
    need.state, need.close_reason, need.closed_at = "closed", reason.strip(), clock.now()
    waiting = select(Offer).where(Offer.need_id == need.id, Offer.state == OfferState.OFFERED)
    for offer in db.session.scalars(waiting):
        _answered(offer, actor, OfferState.DECLINED)
    record(actor, "financing.close", "financing_need", need.id, after={"reason": reason.strip()})
    return need


@unit_of_work
def save_product(actor: Actor, form: ProductForm, product_id: int | None = None) -> BankProduct:
    """Add or change a bank's product.

    Raises:
        Refused: not permitted, or limits the wrong way round, or the name stands twice.
        Conflict: somebody changed it since the form was shown.
    """
    _insist(actor, "financing.product", Subject(actor.park_id, unit_id=form.unit_id))
    _check_limits(form)
    product = _product(actor, product_id, form)
    before = _product_facts(product) if product_id else {}
    for name in (
        "unit_id", "bank", "name", "summary", "amount_min", "amount_max", "rate_low", "rate_high",
        "term_months_max", "active",
    ):  # fmt: skip
        setattr(product, name, getattr(form, name))
    product.collaterals, product.conditions = list(form.collaterals), list(form.conditions)
    db.session.add(product)
    db.session.flush()
    record(actor, "financing.product", "bank_product", product.id, before, _product_facts(product))
    return product


def _product(actor: Actor, product_id: int | None, form: ProductForm) -> BankProduct:
    same = select(BankProduct.id).where(
        BankProduct.park_id == actor.park_id, BankProduct.unit_id == form.unit_id,
        BankProduct.name == form.name, BankProduct.id != (product_id or 0),
    )  # fmt: skip
    if db.session.scalar(same) is not None:
        raise Refused(N_("该单位已有同名产品。"), field="name")
    if product_id is None:
        return BankProduct(park_id=actor.park_id)
    product = db.session.get_one(BankProduct, product_id, with_for_update=True)
    _insist(actor, "financing.product", Subject(product.park_id, unit_id=product.unit_id))
    if form.seen is not None and form.seen != product.version:
        raise Conflict(form.seen, product.version)
    return product


def _check_limits(form: ProductForm) -> None:
    if form.amount_min > form.amount_max:
        raise Refused(N_("最低额度不能高于最高额度。"), field="amount_max")
    if form.rate_low > form.rate_high:
        raise Refused(N_("最低利率不能高于最高利率。"), field="rate_high")


def _product_facts(product: BankProduct) -> dict[str, Any]:
    return {
        "bank": product.bank, "name": product.name, "active": product.active,
        "amount": [product.amount_min, product.amount_max], "term": product.term_months_max,
        "rate": [product.rate_low, product.rate_high],
    }  # fmt: skip


@unit_of_work
def offer(
    actor: Actor, need_id: int, product_id: int, amount: int, rate: float, note: str = ""
) -> Offer:
    """Offer a product for a need; the same product once.

    Raises:
        Refused: not permitted, the need is closed, the product stands already, or bad figures.
    """
    need, product = _locked_need(need_id), db.session.get_one(BankProduct, product_id)
    _insist(actor, "financing.offer", Subject(product.park_id, unit_id=product.unit_id))
    if need.park_id != product.park_id or need.state != "open" or not product.active:
        raise Refused(N_("该需求或产品已经关闭。"))
    if not product.amount_min <= amount <= product.amount_max:
        raise Refused(N_("报价额度须在产品额度之内。"), field="amount")
    known = select(Offer.id).where(Offer.need_id == need_id, Offer.product_id == product_id)
    if db.session.scalar(known) is not None:
        raise Refused(N_("该产品已经报过价。"), field="product_id")
    made = Offer(
        need_id=need_id, product_id=product_id, amount=amount, rate=rate, note=note.strip(),
        offered_by_id=actor.user_id, offered_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record(actor, "financing.offer", "financing_offer", made.id, after={"amount": amount})
    _tell_enterprise(
        need, N_("有银行为您的融资需求报价，请查看并选择。"), f"offer:{made.id}", actor
    )
    return made


@unit_of_work
def answer(actor: Actor, offer_id: int, accept: bool, seen: int | None = None) -> Offer:
    """The enterprise takes an offer on, or not.

    Raises:
        Refused: not permitted, or the offer does not wait.
        Conflict: it has changed since ``seen``.
    """
    found, need, product = _locked_offer(offer_id, seen)
    _insist(actor, "financing.accept", Subject(need.park_id, need.enterprise_id))
    step = "accept" if accept else "decline"
    _insist_on_state(found, step)
    _answered(found, actor, NEXT[step][1])
    told = N_("企业选择了贵行的报价，请审批。") if accept else N_("企业没有选择贵行的报价。")
    _tell(need, members_of_unit(product.unit_id), told, f"offer:{found.id}:{step}", actor)
    return found


def _answered(found: Offer, actor: Actor, state: OfferState) -> None:
    found.state, found.answered_by_id, found.answered_at = state, actor.user_id, clock.now()
    record(actor, f"financing.{state}", "financing_offer", found.id)


@unit_of_work
def grant(
    actor: Actor, offer_id: int, amount: int, granted_on: date, seen: int | None = None
) -> Offer:
    """The bank grants credit (授信): an amount and a day, nothing paid out yet.

    Raises:
        Refused: not permitted, wrong state, no amount, or a day in the future.
        Conflict: it has changed since ``seen``.
    """
    found, need, product = _locked_offer(offer_id, seen)
    _insist(actor, "financing.offer", Subject(product.park_id, unit_id=product.unit_id))
    _insist_on_state(found, "grant")
    if amount <= 0:
        raise Refused(N_("请填写大于0的金额。"), field="amount")
    _insist_on_past(need.park_id, granted_on, "granted_on")
    found.state, found.granted_amount, found.granted_on = OfferState.GRANTED, amount, granted_on
    record(actor, "financing.grant", "financing_offer", found.id, after={"amount": amount})
    _tell_enterprise(need, N_("银行已授信，放款后会再通知您。"), f"offer:{found.id}:grant", actor)
    return found


@unit_of_work
def refuse(actor: Actor, offer_id: int, reason: str, seen: int | None = None) -> Offer:
    """The bank does not approve, and says why.

    Raises:
        Refused: not permitted, wrong state, or no reason.
        Conflict: it has changed since ``seen``.
    """
    found, need, product = _locked_offer(offer_id, seen)
    _insist(actor, "financing.offer", Subject(product.park_id, unit_id=product.unit_id))
    _insist_on_state(found, "refuse")
    if not reason.strip():
        raise Refused(N_("此项必须填写。"), field="reason")
    found.state, found.refuse_reason = OfferState.REFUSED, reason.strip()
    record(actor, "financing.refuse", "financing_offer", found.id, after={"reason": reason.strip()})
    _tell_enterprise(need, N_("银行未批准，理由见融资页面。"), f"offer:{found.id}:refuse", actor)
    return found


@unit_of_work
def pay_out(actor: Actor, offer_id: int, amount: int, paid_on: date, key: str) -> Drawdown:
    """Note money paid out (放款), never more than was granted; one key makes one payment.

    Raises:
        Refused: not permitted, not granted yet, too much, or a day in the future.
    """
    found, need, product = _locked_offer(offer_id, None)
    _insist(actor, "financing.offer", Subject(product.park_id, unit_id=product.unit_id))
    known = select(Drawdown).where(Drawdown.offer_id == offer_id, Drawdown.key == key)
    if (repeated := db.session.scalar(known)) is not None:
        return repeated
    if found.state != OfferState.GRANTED or found.granted_on is None:
        raise Refused(N_("尚未授信，不能登记放款。"))
    if over_the_grant(found.granted_amount or 0, paid_of(offer_id), amount):
        raise Refused(N_("放款合计不能超过授信金额。"), field="amount")
    _insist_on_past(need.park_id, paid_on, "paid_on")
    if paid_on < found.granted_on:
        raise Refused(N_("放款日期不能早于授信日期。"), field="paid_on")
    made = Drawdown(
        offer_id=offer_id, amount=amount, paid_on=paid_on, key=key,
        recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record(actor, "financing.pay_out", "financing_drawdown", made.id, after={"amount": amount})
    _tell_enterprise(need, N_("银行已放款。"), f"drawdown:{made.id}", actor)
    return made


def _locked_need(need_id: int) -> FinancingNeed:
    return db.session.get_one(FinancingNeed, need_id, with_for_update=True)


def _locked_offer(offer_id: int, seen: int | None) -> tuple[Offer, FinancingNeed, BankProduct]:
    found = db.session.get_one(Offer, offer_id, with_for_update=True, populate_existing=True)
    if seen is not None and found.version != seen:
        raise Conflict(seen, found.version)
    need = db.session.get_one(FinancingNeed, found.need_id)
    return found, need, db.session.get_one(BankProduct, found.product_id)


def _insist_on_state(found: Offer, step: str) -> None:
    if not may_follow(step, found.state):
        raise Refused(N_("报价状态已改变，此操作现在不能进行。"), kind="state")


def _insist_on_past(park_id: int, day: date, name: str) -> None:
    if day > calendar(park_id).local(clock.now()).date():
        raise Refused(N_("日期不能晚于今天。"), field=name)


def _tell_enterprise(need: FinancingNeed, text: str, key: str, actor: Actor) -> None:
    """Money is the business of owners and finance people only."""
    people = [
        user
        for user, part in members(need.enterprise_id)
        if user.active and "financing.view" in PART_PERMISSIONS[Part(part)]
    ]
    _tell(need, people, text, key, actor)


def _tell(need: FinancingNeed, people: Sequence[User], text: str, key: str, actor: Actor) -> None:
    told = [person for person in people if person.id != actor.user_id]
    tell(
        told, text, key=f"financing:{key}", ticket_id=need.ticket_id,
        enterprise_id=need.enterprise_id,
    )  # fmt: skip
