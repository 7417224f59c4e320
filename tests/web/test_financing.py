"""Financing on the pages: an enterprise asks, a bank offers, the enterprise chooses, money comes."""

import io
from typing import Any

import pytest
from flask import Flask
from lxml import html
from openpyxl import load_workbook

from servicedesk.enterprises.actions import join
from servicedesk.extensions import db
from servicedesk.financing.models import BankProduct, Drawdown, FinancingNeed, Offer
from tests.conftest import Browser
from tests.support import PASSWORD, Town

NEED: dict[str, Any] = {
    "amount": "200", "purpose": "流动资金", "term_months": "12", "collaterals": ["设备抵押"],
    "note": "采购原料", "contact": "李工", "phone": "13800138000",
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    "bank": "鹤城农商银行", "name": "科技贷", "summary": "纯信用", "amount_min": "10",
    "amount_max": "500", "rate_low": "3.5", "rate_high": "4.2", "term_months_max": "36",
    "collaterals": ["信用"], "active": "y",
}  # fmt: skip


@pytest.fixture
def site(sqlite_app: Flask) -> Flask:
    """The application; its forms need no token here."""
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def signed_in(site: Flask, login: str) -> Any:
    """Return a browser in which ``login`` has signed in."""
    client = site.test_client()
    client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert isinstance(client, Browser)
    return client


def one(model: Any) -> Any:
    """Return the only row of a table as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(db.select(model)).one()


def version(page: Any) -> str:
    [seen] = set(html.fromstring(page.text).xpath("//input[@name='seen']/@value"))
    return str(seen)


def test_from_a_need_to_money(site: Flask) -> None:
    town = Town()
    unit = town.unit_id("YH")
    desk, alice = signed_in(site, "desk"), signed_in(site, "alice")
    assert (
        desk.post("/desk/financing/products/new", data={**PRODUCT, "unit_id": unit}).status_code
        == 302
    )
    assert alice.post("/portal/financing/new", data={**NEED, "key": "k1"}).status_code == 302
    need, product = one(FinancingNeed), one(BankProduct)
    page = alice.get(f"/portal/financing/{need.id}")
    assert "全部符合" in page.text
    offer = {"product_id": product.id, "amount": "180", "rate": "3.8"}
    assert desk.post(f"/desk/financing/needs/{need.id}/offers", data=offer).status_code == 302
    made = one(Offer)
    page = alice.get(f"/portal/financing/{need.id}")
    accept = f"/portal/financing/offers/{made.id}/accept"
    assert alice.post(accept, data={"seen": "99"}).status_code == 409
    assert alice.post(accept, data={"seen": version(page)}).status_code == 302
    steps = f"/desk/financing/offers/{made.id}"
    seen = version(desk.get(f"/desk/financing/needs/{need.id}"))
    grant = {"seen": seen, "amount": "150", "granted_on": "2024-03-05"}
    assert desk.post(f"{steps}/grant", data=grant).status_code == 302
    too_much = desk.post(
        f"{steps}/pay", data={"key": "p", "amount": "151", "paid_on": "2024-03-05"}
    )
    assert too_much.status_code == 422
    assert "放款合计不能超过授信金额" in too_much.text
    assert 'value="151' in too_much.text
    for _twice in range(2):
        desk.post(f"{steps}/pay", data={"key": "p", "amount": "100", "paid_on": "2024-03-05"})
    assert one(Drawdown).amount == 100_000
    page = alice.get(f"/portal/financing/{need.id}")
    assert "放款（到账）" in page.text
    listed = desk.get("/desk/financing").text
    assert "授信150万元" in listed
    assert "放款100万元" in listed


def test_a_refused_form_comes_back_with_what_was_typed(site: Flask) -> None:
    alice = signed_in(site, "alice")
    answer = alice.post(
        "/portal/financing/new", data={**NEED, "key": "k", "amount": "-3", "note": "急用"}
    )
    assert answer.status_code == 422
    assert 'value="-3"' in answer.text
    assert "急用" in answer.text
    desk = signed_in(site, "desk")
    bad = {**PRODUCT, "unit_id": Town().unit_id("YH"), "amount_min": "600"}
    answer = desk.post("/desk/financing/products/new", data=bad)
    assert answer.status_code == 422
    assert "最低额度不能高于最高额度" in answer.text


def test_clerks_and_strangers_see_no_money(site: Flask) -> None:
    town = Town()
    signed_in(site, "alice").post("/portal/financing/new", data={**NEED, "key": "k"})
    need = one(FinancingNeed)
    bob = signed_in(site, "bob")
    assert bob.get(f"/portal/financing/{need.id}").status_code == 404
    assert bob.get(f"/desk/financing/needs/{need.id}").status_code == 403
    join(town.user("bob").id, town.enterprise_id("alice"), "clerk")
    bob.post("/portal/enterprise/choose", data={"enterprise": town.enterprise_id("alice")})
    assert bob.get("/portal/financing").status_code == 403
    assert bob.get(f"/portal/financing/{need.id}").status_code == 403
    assert signed_in(site, "officer").get(f"/desk/financing/needs/{need.id}").status_code == 404


def test_the_list_is_filtered_and_exported(site: Flask) -> None:
    alice, desk = signed_in(site, "alice"), signed_in(site, "desk")
    for number, amount in enumerate(("50", "300")):
        alice.post("/portal/financing/new", data={**NEED, "key": f"k{number}", "amount": amount})
    assert "还没有融资需求" in desk.get("/desk/financing?state=closed").text
    listed = desk.get("/desk/financing?least=100&sort=amount").text
    assert "300" in listed
    assert '<strong class="numeral">50<' not in listed
    book = load_workbook(io.BytesIO(desk.get("/desk/financing/export.xlsx?least=100").data))
    rows = list(book.active.iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == [300]


def test_an_old_ticket_leads_to_its_need(site: Flask) -> None:
    town = Town()
    answers = {"amount": 80, "purpose": "设备购置", "term_months": 24, "collateral": []}
    ticket = town.file("alice", "D01", answers=answers)
    number = ticket.number
    db.session.remove()
    desk = signed_in(site, "desk")
    answer = desk.post(f"/desk/tickets/{number}/need")
    assert answer.headers["Location"] == f"/desk/financing/needs/{one(FinancingNeed).id}"
