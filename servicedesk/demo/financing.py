"""The demo's financing: banks' products, and what comes of each financing ticket, week by week."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.financing import OfferState
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.workflow import State
from servicedesk.core.worktime import Calendar
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.loop import Moments
from servicedesk.extensions import db
from servicedesk.financing.actions import (
    ITEM,
    NeedForm,
    ProductForm,
    answer,
    grant,
    need_from_ticket,
    offer,
    pay_out,
    refuse,
    register_need,
    save_product,
)
from servicedesk.financing.models import BankProduct, Drawdown, FinancingNeed, Offer
from servicedesk.financing.queries import matches, need_of_ticket
from servicedesk.tickets.models import Ticket

BANK = "YH"
PRODUCTS = (
    # bank, product, summary, from, to (万元), rates, months, pledges
    ("怀化农商银行", "园区科技贷", "凭知识产权和订单，线上申请", 50, 1000, 3.45, 4.1, 36,
     ["知识产权质押", "应收账款质押"]),
    ("建设银行鹤城支行", "惠懂你小微快贷", "按纳税情况核定，随借随还", 10, 500, 3.6, 4.3, 12,
     ["信用"]),
    ("中国银行鹤城支行", "设备更新贷", "设备购置和技术改造专用", 100, 3000, 3.2, 3.95, 60,
     ["设备抵押", "不动产抵押"]),
    ("工商银行鹤城支行", "厂房按揭贷", "购建标准厂房，分期还款", 300, 5000, 3.5, 4.2, 120,
     ["不动产抵押"]),
    ("怀化农商银行", "应急转贷", "贷款到期周转，最快两天", 100, 2000, 4.0, 4.8, 6,
     ["担保公司担保", "不动产抵押"]),
)  # fmt: skip
WEEK = timedelta(days=7)
DAY_MINUTES = 7 * 60


def run(cast: Cast, seed: int) -> Moments:
    """Record the products, then look after every need once a week."""
    chance = Random(f"financing:{seed}")
    yield cast.hours.add(clock.now(), 3 * DAY_MINUTES)
    banker = cast.holder(Role.OFFICER, chance, BANK)
    _record_products(cast, banker)
    while True:
        yield cast.hours.next_working_moment(clock.now() + WEEK)
        for need in _open_needs(cast, chance):
            _go_on(cast, banker, need, chance)


def asking_now(cast: Cast, now: datetime) -> Moments:
    """The demo clerk's enterprise needs money at present, and two banks have answered."""
    hours, client = cast.hours, cast.clients[SHOWN]
    yield hours.subtract(now, 5 * DAY_MINUTES)
    form = NeedForm(
        client.enterprise_id, 600_000, "设备购置", 24, ["设备抵押", "知识产权质押"],
        "新购两台数控加工中心，合同已签，首付款已付", client.people[0].name, client.phones[0], "demo-now",
    )  # fmt: skip
    need = register_need(client.people[0], form)
    yield hours.add(clock.now(), 2 * DAY_MINUTES)
    banker = cast.holder(Role.OFFICER, Random(0), BANK)
    fitting = [product for product, found in matches(need) if found.fits]
    for product in fitting[:2]:
        offer(banker, need.id, product.id, need.amount, product.rate_low, "可上门收取材料")


def _record_products(cast: Cast, banker: Actor) -> None:
    for bank, name, summary, low, high, cheap, dear, months, pledges in PRODUCTS:
        form = ProductForm(
            cast.units[BANK], bank, name, summary, low * 1000, high * 1000, cheap, dear, months,
            pledges,
        )  # fmt: skip
        save_product(banker, form)


def _open_needs(cast: Cast, chance: Random) -> Iterator[FinancingNeed]:
    """Yield the needs of tickets that the financing office has in hand or has resolved."""
    item = item_by_code(cast.park_id, ITEM)
    assert item is not None
    begun = [State.IN_PROGRESS, State.RESOLVED, State.FOLLOWED_UP, State.RATED, State.CLOSED]
    query = (
        select(Ticket)
        .outerjoin(FinancingNeed, FinancingNeed.ticket_id == Ticket.id)
        .where(Ticket.item_id == item.id, Ticket.state.in_(begun))
        .where((FinancingNeed.id.is_(None)) | (FinancingNeed.state == "open"))
        .order_by(Ticket.id)
    )
    desk = cast.holder(Role.DESK, chance)
    for ticket in db.session.scalars(query).all():
        yield need_of_ticket(ticket.id) or need_from_ticket(desk, ticket)


def _go_on(cast: Cast, banker: Actor, need: FinancingNeed, chance: Random) -> None:
    """Take one step for a need: offers first, then a choice, a grant, payments."""
    offers = db.session.scalars(select(Offer).where(Offer.need_id == need.id)).all()
    if not offers:
        _offer(banker, need, chance)
        return
    if any(one.state == OfferState.OFFERED for one in offers):
        _choose(cast, need, list(offers), chance)
        return
    for one in offers:
        if one.state == OfferState.ACCEPTED:
            _decide(cast.hours, banker, one, chance)
        elif one.state == OfferState.GRANTED:
            _pay(cast.hours, banker, one, chance)


def _offer(banker: Actor, need: FinancingNeed, chance: Random) -> None:
    fitting: list[BankProduct] = [product for product, found in matches(need) if found.fits]
    for product in fitting[: chance.choice((1, 2, 2))]:
        rate = round(chance.uniform(product.rate_low, product.rate_high), 2)
        offer(banker, need.id, product.id, need.amount, rate, "利率随市场报价浮动")


def _choose(cast: Cast, need: FinancingNeed, offers: list[Offer], chance: Random) -> None:
    owners = [c.people[0] for c in cast.clients.values() if c.enterprise_id == need.enterprise_id]
    if not owners or chance.random() < 0.25:  # some take another week to think
        return
    best = min(offers, key=lambda one: one.rate)
    for one in offers:
        answer(owners[0], one.id, accept=one.id == best.id)


def _decide(hours: Calendar, banker: Actor, chosen: Offer, chance: Random) -> None:
    if chance.random() < 0.12:
        refuse(banker, chosen.id, "近一年征信有逾期记录，暂不符合准入")
        return
    amount = chosen.amount * chance.choice((6, 8, 10, 10)) // 10
    grant(banker, chosen.id, amount, hours.local(clock.now()).date())


def _pay(hours: Calendar, banker: Actor, granted: Offer, chance: Random) -> None:
    paid = db.session.scalars(select(Drawdown).where(Drawdown.offer_id == granted.id)).all()
    left = (granted.granted_amount or 0) - sum(one.amount for one in paid)
    if left <= 0 or len(paid) >= 2 or chance.random() < 0.3:
        return
    amount = left if paid else left * chance.choice((5, 8, 10)) // 10
    pay_out(banker, granted.id, amount, hours.local(clock.now()).date(), f"demo-{len(paid)}")
