"""Products and needs compared, and money that can never be paid out beyond what was granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.financing import (
    COLLATERALS,
    NEXT,
    UNSECURED,
    OfferState,
    Terms,
    Wanted,
    fit,
    may_follow,
    over_the_grant,
)

PLEDGES = st.frozensets(st.sampled_from(sorted(set(COLLATERALS) - {UNSECURED})))
AMOUNTS = st.integers(1, 10**9)
TERMS = st.builds(
    lambda low, more, months, pledges: Terms(low, low + more, months, pledges),
    AMOUNTS, AMOUNTS, st.integers(1, 360), PLEDGES,
)  # fmt: skip
NEEDS = st.builds(Wanted, AMOUNTS, st.integers(1, 360), PLEDGES)


@given(NEEDS, TERMS)
def test_every_term_is_named_once_met_or_missed(wanted: Wanted, terms: Terms) -> None:
    found = fit(wanted, terms)
    assert len(found.met) + len(found.missed) == 3
    assert found.fits == (
        terms.amount_min <= wanted.amount <= terms.amount_max
        and wanted.term_months <= terms.term_months_max
        and (not terms.collaterals or bool(terms.collaterals & wanted.collaterals))
    )


@given(NEEDS, TERMS, st.integers(0, 10**6), st.integers(0, 60))
def test_more_generous_terms_never_fit_worse(
    wanted: Wanted, terms: Terms, more: int, months: int
) -> None:
    generous = Terms(
        terms.amount_min, terms.amount_max + more, terms.term_months_max + months,
        terms.collaterals | {UNSECURED},
    )  # fmt: skip
    assert len(fit(wanted, generous).missed) <= len(fit(wanted, terms).missed)


@given(AMOUNTS, st.lists(AMOUNTS, max_size=20))
def test_what_is_paid_out_never_exceeds_the_grant(granted: int, wishes: list[int]) -> None:
    paid: list[int] = []
    for amount in wishes:
        if not over_the_grant(granted, paid, amount):
            paid.append(amount)
    assert sum(paid) <= granted


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_payment(amount: int) -> None:
    assert over_the_grant(1000, [], amount)


def test_an_offer_goes_one_way() -> None:
    """From every state only the named steps lead on, and none leads back."""
    order = [OfferState.OFFERED, OfferState.DECLINED, OfferState.ACCEPTED, OfferState.GRANTED]
    for step, (source, target) in NEXT.items():
        assert [state for state in OfferState if may_follow(step, state)] == [source]
        assert target is OfferState.REFUSED or order.index(target) > order.index(source)
