"""Hiring (招聘用工): what counts as placed, and when a post is filled; pure.

推荐 is not 到岗 (DOMAIN §10): referred and interviewed people count for nothing. Placed are only those
whom the enterprise itself confirmed, as a number: the desk keeps no list of people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core.words import N_

HEAD_COUNT_MAX = 10_000
STAY_DAYS = 30  # natural days after which it is asked who is still there (在岗核实)
CONFIRM_WITHIN = 2  # working days until the enterprise is reminded to confirm
RECENT_DAYS = 120  # how far back an arrival may be recorded


class PostState(StrEnum):
    """What is stored of a post; the rest follows from its figures."""

    OPEN = "open"
    CLOSED = "closed"


class Standing(StrEnum):
    """How a post stands today (岗位状态)."""

    RECRUITING = "recruiting"
    FILLED = "filled"
    EXPIRED = "expired"
    CLOSED = "closed"


STANDING_NAMES: Mapping[Standing, str] = {
    Standing.RECRUITING: N_("招聘中"),
    Standing.FILLED: N_("已招满"),
    Standing.EXPIRED: N_("已过期"),
    Standing.CLOSED: N_("已关闭"),
}
SOURCES: Mapping[str, str] = {
    "station": N_("人社驿站"),
    "market": N_("区人力资源市场"),
    "fair": N_("招聘会"),
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """People who came to work on a day (到岗); ``confirmed`` is the enterprise's own number."""

    reported: int
    confirmed: int | None = None
    stayed: int | None = None


def placed(arrivals: Iterable[Arrival]) -> int:
    """Return how many people are placed (到岗就业): only what the enterprise confirmed."""
    return sum(one.confirmed or 0 for one in arrivals)


def unconfirmed(arrivals: Iterable[Arrival]) -> int:
    """Return how many reported people the enterprise has not spoken about yet."""
    return sum(one.reported for one in arrivals if one.confirmed is None)


def overfill(head_count: int, already: int, coming: int) -> int:
    """Return by how many people ``coming`` would go beyond the posts; 0 where there is room."""
    return max(0, already + max(0, coming) - max(head_count, already))


def refused_confirmation(
    head_count: int, already: int, confirming: int, reason: str
) -> tuple[str, str] | None:
    """Return (field, reason in words) why the enterprise's number cannot stand, or ``None``.

    More people than posts are possible, because enterprises take whom they like, but then the
    enterprise says why (扩招): the figure of a year must be believable.
    """
    if not 0 <= confirming <= HEAD_COUNT_MAX:
        return "confirmed", N_("到岗人数须在0至10000之间。")
    if overfill(head_count, already, confirming) and not reason.strip():
        return "over_reason", N_("到岗人数超过招聘人数，请说明原因（如扩招、替补离职）。")
    return None


def refused_referral(referred: int, interviewed: int) -> tuple[str, str] | None:
    """Return (field, reason) why a referral's numbers cannot stand, or ``None``."""
    if not 1 <= referred <= HEAD_COUNT_MAX:
        return "referred", N_("推荐人数须在1至10000之间。")
    if not 0 <= interviewed <= referred:
        return "interviewed", N_("面试人数不能多于推荐人数。")
    return None


def refused_stay(confirmed: int | None, stayed: int) -> str | None:
    """Return why the number of those still at work cannot stand, or ``None``."""
    if confirmed is None:
        return N_("请先确认到岗人数。")
    if not 0 <= stayed <= confirmed:
        return N_("在岗人数不能多于到岗人数。")
    return None


def stay_due(arrived_on: date) -> date:
    """Return the day from which it may be asked who is still at work."""
    return arrived_on + timedelta(days=STAY_DAYS)


def day_is_sound(day: date, today: date) -> bool:
    """Tell whether an arrival or a referral may be recorded for ``day``: recent, not to come."""
    return today - timedelta(days=RECENT_DAYS) <= day <= today


def standing(
    state: PostState, head_count: int, already: int, open_until: date, today: date
) -> Standing:
    """Return how a post stands: closed by its enterprise, filled, past its day, or recruiting."""
    if state is PostState.CLOSED:
        return Standing.CLOSED
    if already >= head_count:
        return Standing.FILLED
    return Standing.EXPIRED if today > open_until else Standing.RECRUITING


def stay_rate(arrivals: Iterable[Arrival]) -> float | None:
    """Return the share of those checked after 30 days who stayed, in per cent; ``None`` unasked."""
    asked = [one for one in arrivals if one.stayed is not None and one.confirmed]
    total = sum(one.confirmed or 0 for one in asked)
    return round(100 * sum(one.stayed or 0 for one in asked) / total, 1) if total else None
