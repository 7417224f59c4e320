"""From a need to money paid out: who may, in which order, never more than granted, nothing twice."""

from datetime import date

import pytest
from flask import Flask

from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.enterprises.actions import join
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.financing.actions import (
    NeedForm,
    ProductForm,
    answer,
    close_need,
    grant,
    need_from_ticket,
    offer,
    pay_out,
    refuse,
    register_need,
    save_product,
)
from servicedesk.financing.models import BankProduct, FinancingNeed, Offer
from servicedesk.financing.queries import (
    Wish,
    every_need,
    history_of,
    matches,
    needs,
    offer_of,
    offers_of,
    sums_in,
)
from servicedesk.tickets.models import Ticket
from servicedesk.web.access import actor_of
from tests.support import PASSWORD, Town

TODAY = date(2024, 3, 5)


def person(town: Town, login: str, role: Role, unit: str | None = None) -> Actor:
    """Open an account and return it as an actor."""
    made = create_user(
        Actor(None, Role.SYSTEM, town.park_id, "tests"), login=login, name=login, role=role,
        password_hash=hash_password(PASSWORD), park_id=town.park_id,
        unit_id=town.unit_id(unit) if unit else None,
    )  # fmt: skip
    return actor_of(made)


@pytest.fixture
def banker(town: Town) -> Actor:
    """An officer of the bank."""
    return person(town, "banker", Role.OFFICER, "YH")


def product(town: Town, actor: Actor, name: str = "科技贷", **changes: object) -> BankProduct:
    """Add a product of the bank: 10 to 500 万元, three years, no pledge."""
    values: dict[str, object] = {
        "unit_id": town.unit_id("YH"), "bank": "鹤城农商银行", "name": name, "summary": "",
        "amount_min": 10_000, "amount_max": 500_000, "rate_low": 3.5, "rate_high": 4.2,
        "term_months_max": 36, "collaterals": ["信用"],
    }  # fmt: skip
    return save_product(actor, ProductForm(**{**values, **changes}))  # type: ignore[arg-type]


def wish(town: Town, login: str = "alice", key: str = "need-1", amount: int = 200_000) -> NeedForm:
    """Return a need of 200 万元 for a year."""
    return NeedForm(
        enterprise_id=town.enterprise_id(login), amount=amount, purpose="流动资金", term_months=12,
        collaterals=["设备抵押"], note="采购原料", contact="李工", phone="13800138000", key=key,
    )  # fmt: skip


def granted(town: Town, banker: Actor, amount: int = 150_000) -> Offer:
    """Bring an offer to its grant."""
    made = offer(
        banker, register_need(town.alice, wish(town)).id, product(town, banker).id, 200_000, 3.8
    )
    answer(town.alice, made.id, accept=True)
    return grant(banker, made.id, amount, TODAY)


def test_one_form_makes_one_ticket_and_one_need(town: Town) -> None:
    first = register_need(town.alice, wish(town))
    again = register_need(town.alice, wish(town))
    assert first.id == again.id
    assert db.session.query(FinancingNeed).count() == 1
    ticket = db.session.get_one(Ticket, first.ticket_id)
    assert ticket.answers["amount"] == 200
    assert need_from_ticket(town.desk, ticket).id == first.id


def test_a_ticket_filed_the_old_way_becomes_a_need_once(town: Town) -> None:
    answers = {"amount": 80, "purpose": "设备购置", "term_months": 24, "collateral": ["设备抵押"]}
    ticket = town.file("alice", "D01", answers=answers)
    made = need_from_ticket(town.desk, ticket)
    assert (made.amount, made.term_months, made.collaterals) == (80_000, 24, ["设备抵押"])
    assert need_from_ticket(town.desk, ticket).id == made.id
    with pytest.raises(Refused):
        need_from_ticket(town.desk, town.file("alice", "A01"))
    with pytest.raises(Refused):
        need_from_ticket(town.bob, ticket)


def test_the_three_sums_are_never_mixed(town: Town, banker: Actor) -> None:
    made = granted(town, banker)
    pay_out(banker, made.id, 100_000, TODAY, "pay-1")
    sums = sums_in(town.park_id, TODAY, TODAY)
    assert (sums.needed, sums.granted, sums.paid) == (200_000, 150_000, 100_000)
    nothing = sums_in(town.park_id, date(2023, 1, 1), date(2023, 12, 31))
    assert (nothing.needed, nothing.granted, nothing.paid) == (0, 0, 0)
    assert {line.text for line in history_of(made.need_id and town.enterprise_id("alice"))} == {
        "提出融资需求", "银行放款",
    }  # fmt: skip


def test_payments_stay_within_the_grant_and_repeat_once(town: Town, banker: Actor) -> None:
    made = granted(town, banker)
    first = pay_out(banker, made.id, 100_000, TODAY, "pay-1")
    assert pay_out(banker, made.id, 100_000, TODAY, "pay-1").id == first.id
    with pytest.raises(Refused) as refused:
        pay_out(banker, made.id, 50_001, TODAY, "pay-2")
    assert refused.value.field == "amount"
    pay_out(banker, made.id, 50_000, TODAY, "pay-3")
    with pytest.raises(Refused):
        pay_out(banker, made.id, 1, date(2024, 3, 4), "pay-4")


def test_the_order_of_steps_is_kept(town: Town, banker: Actor) -> None:
    need = register_need(town.alice, wish(town))
    made = offer(banker, need.id, product(town, banker).id, 200_000, 3.8)
    with pytest.raises(Refused):
        grant(banker, made.id, 100_000, TODAY)
    with pytest.raises(Refused):
        pay_out(banker, made.id, 1000, TODAY, "k")
    seen = made.version
    answer(town.alice, made.id, accept=True, seen=seen)
    with pytest.raises(Conflict):
        answer(town.alice, made.id, accept=False, seen=seen)
    with pytest.raises(Refused):
        refuse(banker, made.id, " ")
    refuse(banker, made.id, "征信不符")
    with pytest.raises(Refused):
        grant(banker, made.id, 100_000, TODAY)


def test_a_product_is_offered_once_and_within_its_limits(town: Town, banker: Actor) -> None:
    need, loan = register_need(town.alice, wish(town)), product(town, banker)
    for amount in (9_999, 500_001):
        with pytest.raises(Refused):
            offer(banker, need.id, loan.id, amount, 3.8)
    offer(banker, need.id, loan.id, 200_000, 3.8)
    with pytest.raises(Refused):
        offer(banker, need.id, loan.id, 200_000, 3.8)
    with pytest.raises(Refused):
        product(town, banker, amount_min=9, amount_max=8, name="反了")
    with pytest.raises(Refused):
        product(town, banker)


def test_a_closed_need_takes_no_offers(town: Town, banker: Actor) -> None:
    need, loan = register_need(town.alice, wish(town)), product(town, banker)
    waiting = offer(banker, need.id, loan.id, 200_000, 3.8)
    close_need(town.alice, need.id, "已自筹")
    assert db.session.get_one(Offer, waiting.id).state == "declined"
    with pytest.raises(Refused):
        offer(banker, need.id, product(town, banker, name="另一款").id, 100_000, 4.0)
    with pytest.raises(Refused):
        close_need(town.alice, need.id, "再次")


def test_money_is_shown_to_owners_finance_and_the_banks_concerned(
    town: Town, banker: Actor
) -> None:
    need = register_need(town.alice, wish(town))
    firm = need.enterprise_id
    shown: dict[str, bool] = {}
    for part in Part:
        login = f"alice-{part}"
        actor = person(town, login, Role.REQUESTER)
        assert actor.user_id is not None
        join(actor.user_id, firm, part)
        shown[part] = any(every_need(actor_of(town.user(login)), Wish()))
    assert shown == {"owner": True, "clerk": False, "finance": True, "viewer": False}
    assert not needs(town.bob, Wish())
    assert needs(town.desk, Wish())
    assert needs(town.leader, Wish())
    assert not needs(banker, Wish())  # a bank without products has no business here
    assert not needs(town.officer, Wish())
    loan = product(town, town.desk)
    assert needs(banker, Wish())
    made = offer(banker, need.id, loan.id, 200_000, 3.8)
    assert offer_of(banker, made.id) is not None
    assert offer_of(town.bob, made.id) is None
    with pytest.raises(Refused):
        answer(town.bob, made.id, accept=True)
    with pytest.raises(Refused):
        offer(town.officer, need.id, loan.id, 200_000, 3.8)


def test_matches_say_what_is_missing(town: Town, banker: Actor) -> None:
    product(town, banker)
    product(town, banker, name="抵押贷", collaterals=["不动产抵押"], term_months_max=6)
    need = register_need(town.alice, wish(town))
    [(best, fine), (other, poor)] = matches(need)
    assert (best.name, fine.fits) == ("科技贷", True)
    assert (other.name, len(poor.missed)) == ("抵押贷", 2)
    assert offers_of(banker, [need.id]) == {}


def test_lists_go_on_from_a_key(app: Flask, town: Town) -> None:
    for number in range(3):
        register_need(town.alice, wish(town, key=f"n{number}", amount=(number + 1) * 10_000))
    ordered = needs(town.desk, Wish(sort="amount"))
    assert [one.amount for one in ordered] == [30_000, 20_000, 10_000]
    after = needs(town.desk, Wish(sort="amount", after=(ordered[0].amount, ordered[0].id)))
    assert [one.amount for one in after] == [20_000, 10_000]
    assert [one.amount for one in needs(town.desk, Wish(least=20_000))] == [30_000, 20_000]
