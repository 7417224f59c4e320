"""How Chinese offices write numbers (数字习惯): 万 and 亿, and the words of 同比 and 环比."""

from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.words import N_

WAN, YI = 10_000, 100_000_000
MANIFOLD = 1000
"""A growth of so many per cent is said in times (倍): 增长18.6倍, not 增长1860%."""


def shortened(number: float, unit: str = "") -> tuple[str, str]:
    """Return how a number is written, and with which unit: (``2.38``, ``亿元``), (``53``, ``家``).

    Below 万 whole numbers stay exact; above, two decimals without trailing noughts. A number that is
    counted in 万 already (``万元``) is carried to 亿 in the same way.
    """
    counted_in_wan = unit.startswith("万")
    bare = unit.removeprefix("万")
    whole = number * WAN if counted_in_wan else number
    if abs(whole) >= YI - 0.005 * WAN:  # 9,999.996 万 would be written 10000万
        return _decimal(whole / YI), f"亿{bare}"
    if counted_in_wan:
        return _decimal(number), unit
    if abs(whole) >= WAN:
        return _decimal(whole / WAN), f"万{bare}"
    return _decimal(whole), unit


def _decimal(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Against(StrEnum):
    """What a figure is compared with."""

    YEAR = "year"
    BEFORE = "before"


AGAINST_NAMES = {Against.YEAR: N_("同比"), Against.BEFORE: N_("环比")}


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved: ``amount`` in per cent, or in percentage points where ``points``."""

    amount: float | None
    points: bool = False


def change(now: float | None, earlier: float | None, *, rate: bool) -> Change:
    """Return the change of a figure; nothing to compare with has no amount.

    A rate moves in percentage points (个百分点); all else in per cent of what it was.
    """
    if now is None or earlier is None:
        return Change(None, rate)
    if rate:
        return Change(now - earlier, points=True)
    return Change((now - earlier) * 100 / abs(earlier) if earlier else None)


def change_words(moved: Change) -> tuple[str, str]:
    """Return the words for a change and the number in them: (``增长%(n)s%%``, ``12.5``).

    ``增长%(n)s倍`` is what was added, as per cent are: from 5 to 98 is 增长18.6倍.
    """
    if moved.amount is None:
        return N_("无可比数"), ""
    size = _one_decimal(moved.amount)
    if size == "0":
        return N_("持平"), ""
    if moved.points:
        return (N_("提高%(n)s个百分点") if moved.amount > 0 else N_("下降%(n)s个百分点")), size
    if moved.amount >= MANIFOLD:
        return N_("增长%(n)s倍"), _one_decimal(moved.amount / 100)
    return (N_("增长%(n)s%%") if moved.amount > 0 else N_("下降%(n)s%%")), size


def tone(moved: Change, better: str) -> str:
    """Return ``good``, ``bad`` or nothing: what a change means for a figure of which more is better."""
    if moved.amount is None or not better or _one_decimal(moved.amount) == "0":
        return ""
    return "good" if (moved.amount > 0) == (better == "up") else "bad"


def _one_decimal(number: float) -> str:
    return f"{abs(number):.1f}".removesuffix(".0")
