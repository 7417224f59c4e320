"""Reading financing: who may see which need, which product fits it, and the three sums."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true, tuple_

from servicedesk.core.financing import Fit, Terms, Wanted, fit
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.history import Happening
from servicedesk.extensions import db
from servicedesk.financing.models import BankProduct, Drawdown, FinancingNeed, Offer
from servicedesk.streaming import streamed
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket

PAGE = 50
SORTS = {
    "newest": (FinancingNeed.id.desc(),),
    "amount": (FinancingNeed.amount.desc(), FinancingNeed.id.desc()),
}
SORT_NAMES = {"newest": N_("最新提出"), "amount": N_("金额从大到小")}


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the needs that the person may see, from the permission table.

    A unit sees the open needs where it is a bank with products, what it made an offer for, and
    those whose ticket lies with it.
    """
    scope = scope_of(actor.role, "financing.view")
    if scope is Scope.OWN:
        return FinancingNeed.enterprise_id.in_(actor.enterprises_with("financing.view"))
    if scope is Scope.PARK:
        return FinancingNeed.park_id == actor.park_id
    if scope is Scope.UNIT and actor.unit_id is not None:
        return and_(FinancingNeed.park_id == actor.park_id, _concerns_unit(actor.unit_id))
    return FinancingNeed.id < 0


def _concerns_unit(unit_id: int) -> ColumnElement[bool]:
    has_products = select(BankProduct.id).where(BankProduct.unit_id == unit_id, BankProduct.active)
    has_offered = (
        select(Offer.id)
        .join(BankProduct, BankProduct.id == Offer.product_id)
        .where(Offer.need_id == FinancingNeed.id, BankProduct.unit_id == unit_id)
    )
    has_ticket = select(Ticket.id).where(
        Ticket.id == FinancingNeed.ticket_id, Ticket.unit_id == unit_id
    )
    return or_(
        and_(FinancingNeed.state == "open", has_products.exists()),
        has_offered.exists(),
        has_ticket.exists(),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list of needs is narrowed to; empty fields narrow nothing."""

    state: str = ""
    purpose: str = ""
    enterprise: int | None = None
    least: int = 0
    sort: str = "newest"
    after: tuple[int, ...] = ()


def needs(actor: Actor, wish: Wish) -> Sequence[FinancingNeed]:
    """Return one page of the needs that the person may see, and one row more if there are more.

    ``wish.after`` is the key of the last row of the page before: what :func:`key_of` returns.
    """
    query = _narrowed(select(FinancingNeed), actor, wish).order_by(*SORTS[wish.sort])
    if wish.after:
        query = query.where(_keys(wish.sort) < wish.after)
    return db.session.scalars(query.limit(PAGE + 1)).all()


def _keys(sort: str) -> Any:
    columns = (FinancingNeed.amount, FinancingNeed.id) if sort == "amount" else (FinancingNeed.id,)
    return tuple_(*columns)


def key_of(row: FinancingNeed, sort: str) -> tuple[int, ...]:
    """Return the key at which the page after ``row`` begins."""
    return (row.amount, row.id) if sort == "amount" else (row.id,)


def every_need(actor: Actor, wish: Wish) -> Iterator[FinancingNeed]:
    """Yield every need of a list, for its export."""
    query = _narrowed(select(FinancingNeed), actor, wish).order_by(*SORTS[wish.sort])
    return (row.FinancingNeed for row in streamed(query))


def _narrowed(query: Select[Any], actor: Actor, wish: Wish) -> Select[Any]:
    conditions = [
        visible(actor),
        FinancingNeed.state == wish.state if wish.state else true(),
        FinancingNeed.purpose == wish.purpose if wish.purpose else true(),
        FinancingNeed.enterprise_id == wish.enterprise if wish.enterprise else true(),
        FinancingNeed.amount >= wish.least if wish.least else true(),
    ]
    return query.where(*conditions)


def need(actor: Actor, need_id: int) -> FinancingNeed | None:
    """Return a need if the person may see it."""
    return db.session.scalar(
        select(FinancingNeed).where(FinancingNeed.id == need_id, visible(actor))
    )


def need_of_ticket(ticket_id: int) -> FinancingNeed | None:
    """Return the need behind a ticket, or ``None``."""
    return db.session.scalar(select(FinancingNeed).where(FinancingNeed.ticket_id == ticket_id))


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer with its product and the payments under it."""

    offer: Offer
    product: BankProduct
    payments: Sequence[Drawdown]

    @property
    def paid(self) -> int:
        """The sum paid out, in thousandths of 万元."""
        return sum(payment.amount for payment in self.payments)


def offers_of(actor: Actor, need_ids: Collection[int]) -> dict[int, list[Offered]]:
    """Return the offers for needs, oldest first; a bank sees its own only."""
    query = (
        select(Offer, BankProduct)
        .join(BankProduct, BankProduct.id == Offer.product_id)
        .where(Offer.need_id.in_(need_ids))
        .order_by(Offer.id)
    )
    own = banks(actor.park_id)
    if scope_of(actor.role, "financing.offer") is Scope.UNIT and actor.unit_id in own:
        query = query.where(BankProduct.unit_id == actor.unit_id)
    rows = db.session.execute(query).all()
    paid = _payments([row.Offer.id for row in rows])
    found: dict[int, list[Offered]] = {}
    for made, product in rows:
        found.setdefault(made.need_id, []).append(Offered(made, product, paid.get(made.id, [])))
    return found


@dataclass(frozen=True, slots=True)
class Got:
    """What came of one need (授信、放款), thousandths of 万元."""

    granted: int
    paid: int


def totals(offers: Mapping[int, Sequence[Offered]]) -> dict[int, Got]:
    """Return what was granted and paid out for each need."""
    return {
        need_id: Got(
            sum(one.offer.granted_amount or 0 for one in made), sum(one.paid for one in made)
        )
        for need_id, made in offers.items()
    }


def _payments(offer_ids: Collection[int]) -> dict[int, list[Drawdown]]:
    query = select(Drawdown).where(Drawdown.offer_id.in_(offer_ids)).order_by(Drawdown.id)
    found: dict[int, list[Drawdown]] = {}
    for payment in db.session.scalars(query):
        found.setdefault(payment.offer_id, []).append(payment)
    return found


def offer_of(actor: Actor, offer_id: int) -> Offer | None:
    """Return an offer if the person may see its need, and it is not another bank's."""
    made = db.session.get(Offer, offer_id)
    if made is None or need(actor, made.need_id) is None:
        return None
    mine = offers_of(actor, [made.need_id]).get(made.need_id, [])
    return made if any(one.offer.id == offer_id for one in mine) else None


def paid_of(offer_id: int) -> list[int]:
    """Return the payments under an offer."""
    return list(db.session.scalars(select(Drawdown.amount).where(Drawdown.offer_id == offer_id)))


def banks(park_id: int) -> set[int]:
    """Return the units that have active products."""
    query = select(BankProduct.unit_id).where(BankProduct.park_id == park_id, BankProduct.active)
    return set(db.session.scalars(query.distinct()))


def products(park_id: int, *, active_only: bool = False) -> Sequence[BankProduct]:
    """Return the banks' products by bank and name."""
    query = select(BankProduct).where(BankProduct.park_id == park_id)
    if active_only:
        query = query.where(BankProduct.active)
    return db.session.scalars(query.order_by(BankProduct.bank, BankProduct.name)).all()


def product(park_id: int, product_id: int) -> BankProduct | None:
    """Return a product of the park."""
    found = db.session.get(BankProduct, product_id)
    return found if found is not None and found.park_id == park_id else None


def matches(wanted: FinancingNeed) -> list[tuple[BankProduct, Fit]]:
    """Return every active product with how it fits a need, the best fitting first."""
    asked = Wanted(wanted.amount, wanted.term_months, frozenset(wanted.collaterals))
    found = [(one, fit(asked, _terms(one))) for one in products(wanted.park_id, active_only=True)]
    return sorted(found, key=lambda pair: (len(pair[1].missed), pair[0].rate_low))


def _terms(one: BankProduct) -> Terms:
    return Terms(one.amount_min, one.amount_max, one.term_months_max, frozenset(one.collaterals))


@dataclass(frozen=True, slots=True)
class Sums:
    """The three sums of a span (对接、授信、放款), thousandths of 万元; never added up."""

    needed: int
    granted: int
    paid: int


def needed_in(park_id: int, start: date, end: date) -> list[tuple[int, int]]:
    """Return (enterprise, thousandths of 万元) of each need raised from ``start`` to ``end``."""
    first = datetime.combine(start, time(), ZONE)
    after = datetime.combine(end + timedelta(days=1), time(), ZONE)
    query = select(FinancingNeed.enterprise_id, FinancingNeed.amount).where(
        FinancingNeed.park_id == park_id,
        FinancingNeed.created_at >= first,
        FinancingNeed.created_at < after,
    )
    return _pairs(query)


def granted_in(park_id: int, start: date, end: date) -> list[tuple[int, int]]:
    """Return (enterprise, thousandths of 万元) of each grant of the span (授信)."""
    query = (
        select(FinancingNeed.enterprise_id, Offer.granted_amount)
        .join(FinancingNeed, FinancingNeed.id == Offer.need_id)
        .where(FinancingNeed.park_id == park_id, Offer.granted_on.between(start, end))
    )
    return _pairs(query)


def paid_out_in(park_id: int, start: date, end: date) -> list[tuple[int, int]]:
    """Return (enterprise, thousandths of 万元) of each payment of the span (放款)."""
    query = (
        select(FinancingNeed.enterprise_id, Drawdown.amount)
        .join(Offer, Offer.id == Drawdown.offer_id)
        .join(FinancingNeed, FinancingNeed.id == Offer.need_id)
        .where(FinancingNeed.park_id == park_id, Drawdown.paid_on.between(start, end))
    )
    return _pairs(query)


def _pairs(query: Any) -> list[tuple[int, int]]:
    return [(enterprise, amount or 0) for enterprise, amount in db.session.execute(query)]


def sums_in(park_id: int, start: date, end: date) -> Sums:
    """Return what was asked for, granted and paid out from ``start`` to ``end``, both included."""
    three = (needed_in, granted_in, paid_out_in)
    return Sums(*(sum(n for _firm, n in rows(park_id, start, end)) for rows in three))


def history_of(enterprise_id: int) -> list[Happening]:
    """Return needs, grants and payments for the enterprise's file."""
    found = [
        Happening(
            one.created_at, "financing", N_("提出融资需求"), f"{one.amount / 1000:g}万元 {one.purpose}",
            "desk.financing_need", {"need_id": one.id},
        )
        for one in db.session.scalars(
            select(FinancingNeed).where(FinancingNeed.enterprise_id == enterprise_id)
        )
    ]  # fmt: skip
    return [*found, *_money(enterprise_id)]


def _money(enterprise_id: int) -> list[Happening]:
    query = (
        select(Drawdown, BankProduct.bank, Offer.need_id)
        .join(Offer, Offer.id == Drawdown.offer_id)
        .join(BankProduct, BankProduct.id == Offer.product_id)
        .join(FinancingNeed, FinancingNeed.id == Offer.need_id)
        .where(FinancingNeed.enterprise_id == enterprise_id)
    )
    return [
        Happening(
            payment.recorded_at, "financing", N_("银行放款"), f"{bank} {payment.amount / 1000:g}万元",
            "desk.financing_need", {"need_id": need_id},
        )
        for payment, bank, need_id in db.session.execute(query)
    ]  # fmt: skip
