"""How figures are counted and written: rates, growth, rounding; which have a register."""

from collections.abc import Mapping
from enum import StrEnum

from servicedesk.core.words import N_

# Outcome figures that have a register of their own, by service item: they are counted there and
# never typed into a resolution (申报 from declarations, 到岗 from confirmed placements …).
_DECLARED = frozenset({"applied", "recognised", "listed_invest"})
_TAUGHT = frozenset({"events", "trained", "advised"})
REGISTERED: Mapping[str, frozenset[str]] = {
    "C01": frozenset({"placed"}),
    "D01": frozenset({"fund_need", "credit", "loaned"}),
    "D02": _DECLARED,
    "E01": _DECLARED | _TAUGHT,
    "E02": _DECLARED,
    "E03": frozenset({"patents"}),
    "E04": _TAUGHT,
    "F01": _DECLARED,
    "F02": _DECLARED,
    "F03": _DECLARED,
    "F05": _DECLARED,
    "F06": frozenset({"granted_money"}),
    "F07": _TAUGHT,
}


class Rounding(StrEnum):
    """How a report writes counts that may be approximate (取整方式)."""

    OVER = "over"
    NEAR = "near"
    EXACT = "exact"


ROUNDINGS: Mapping[Rounding, str] = {
    Rounding.OVER: N_("“余”：53家写作50余家"),
    Rounding.NEAR: N_("“近”：53家写作近60家"),
    Rounding.EXACT: N_("精确：53家写作53家"),
}


def about(number: int, *, approximate: bool, rounding: Rounding = Rounding.OVER) -> str:
    """Write a count as the park's report does: 53 → 50余, 512 → 500余; otherwise exactly.

    The rule (DOMAIN §9): only a figure that may be approximate, from 50 on, and not already round:
    the first digit is kept, the rest falls, 余 is added. With ``NEAR`` the first digit rises by one
    instead and 近 is put in front: 53 → 近60. Recognitions and money are always exact.
    """
    if not approximate or number < 50 or rounding is Rounding.EXACT:
        return str(number)
    step = 10 ** (len(str(number)) - 1)
    rounded = number // step * step
    if rounded == number:
        return str(number)
    return f"近{rounded + step}" if rounding is Rounding.NEAR else f"{rounded}余"


def rate(part: int, whole: int) -> float | None:
    """Return ``part`` of ``whole`` in per cent, or ``None`` where there is nothing to measure."""
    return None if whole == 0 else part * 100 / whole


def change(now: float | None, before: float | None) -> float | None:
    """Return the growth against an earlier period (同比) in per cent, ``None`` without a base."""
    if now is None or not before:
        return None
    return (now - before) * 100 / before
