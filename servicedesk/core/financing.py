"""Financing (政企银融资对接): which product fits a need, and what may follow what; pure.

Three sums are never mixed: what enterprises need (需求), what banks grant (授信) and what is paid out
(放款). Amounts are thousandths of 万元.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.words import N_

COLLATERALS: Mapping[str, str] = {
    "不动产抵押": N_("不动产抵押"),
    "设备抵押": N_("设备抵押"),
    "应收账款质押": N_("应收账款质押"),
    "知识产权质押": N_("知识产权质押"),
    "担保公司担保": N_("担保公司担保"),
    "信用": N_("信用（无抵押）"),
}
UNSECURED = "信用"
PURPOSES = (N_("流动资金"), N_("设备购置"), N_("技术改造"), N_("厂房建设"), N_("其他"))


class OfferState(StrEnum):
    """How far a bank's offer has come."""

    OFFERED = "offered"
    DECLINED = "declined"
    ACCEPTED = "accepted"
    GRANTED = "granted"
    REFUSED = "refused"


OFFER_STATE_NAMES: Mapping[OfferState, str] = {
    OfferState.OFFERED: N_("银行已报价，待企业选择"),
    OfferState.DECLINED: N_("企业未选择"),
    OfferState.ACCEPTED: N_("企业已选择，银行审批中"),
    OfferState.GRANTED: N_("已授信"),
    OfferState.REFUSED: N_("银行未批准"),
}
NEXT: Mapping[str, tuple[OfferState, OfferState]] = {
    "accept": (OfferState.OFFERED, OfferState.ACCEPTED),
    "decline": (OfferState.OFFERED, OfferState.DECLINED),
    "grant": (OfferState.ACCEPTED, OfferState.GRANTED),
    "refuse": (OfferState.ACCEPTED, OfferState.REFUSED),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an enterprise needs: how much, for how many months, and what it can pledge."""

    amount: int
    term_months: int
    collaterals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a product offers; an empty ``collaterals`` or one with 信用 needs no pledge."""

    amount_min: int
    amount_max: int
    term_months_max: int
    collaterals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a product fits: the terms that are met and those that are not, as sentences to fill."""

    met: Sequence[tuple[str, Mapping[str, object]]]
    missed: Sequence[tuple[str, Mapping[str, object]]]

    @property
    def fits(self) -> bool:
        """Nothing is missed."""
        return not self.missed


def fit(wanted: Wanted, terms: Terms) -> Fit:
    """Compare a need with a product's terms; every term is named, met or missed."""
    low, high = terms.amount_min / 1000, terms.amount_max / 1000
    checks = (
        (
            terms.amount_min <= wanted.amount <= terms.amount_max,
            N_("额度%(low)g至%(high)g万元"), {"low": low, "high": high},
        ),
        (
            wanted.term_months <= terms.term_months_max,
            N_("期限最长%(months)d个月"), {"months": terms.term_months_max},
        ),
        (_secured(wanted, terms), *_pledge(terms)),
    )  # fmt: skip
    return Fit(
        [(text, values) for met, text, values in checks if met],
        [(text, values) for met, text, values in checks if not met],
    )


def _secured(wanted: Wanted, terms: Terms) -> bool:
    if not terms.collaterals or UNSECURED in terms.collaterals:
        return True
    return bool(terms.collaterals & wanted.collaterals)


def _pledge(terms: Terms) -> tuple[str, Mapping[str, object]]:
    if not terms.collaterals or UNSECURED in terms.collaterals:
        return N_("无需抵押"), {}
    names = "、".join(code for code in COLLATERALS if code in terms.collaterals)
    return N_("担保方式：%(ways)s"), {"ways": names}


def may_follow(step: str, state: str) -> bool:
    """Tell whether ``step`` is open in an offer's ``state``.

    Raises:
        KeyError: there is no such step.
    """
    return NEXT[step][0] == state


def over_the_grant(granted: int, paid: Sequence[int], amount: int) -> bool:
    """Tell whether paying ``amount`` now would exceed what was granted (放款不超过授信)."""
    return amount <= 0 or sum(paid) + amount > granted
