"""Letters of authorization (授权委托书): what acting for an enterprise needs, as pure rules.

市场主体登记管理条例 art. 18 lets an agent register; the letter names the agent, the items, the powers
and the time (DOMAIN §3.3). The agent hands in, adds to and collects, and never signs or promises.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core.words import N_

HAND_IN, SUPPLEMENT, COLLECT = "hand_in", "supplement", "collect"
POWERS: Mapping[str, str] = {
    HAND_IN: N_("代为递交材料"),
    SUPPLEMENT: N_("代为补正材料"),
    COLLECT: N_("代为领取结果"),
}


LONGEST_YEARS = 1
WARN_DAYS = 7  # a letter that ends within them is reported once


class Standing(StrEnum):
    """How a letter stands on a day (委托书状态)."""

    UNSIGNED = "unsigned"
    PENDING = "pending"
    VALID = "valid"
    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"


STANDING_NAMES: Mapping[Standing, str] = {
    Standing.UNSIGNED: N_("待签署"),
    Standing.PENDING: N_("未到期限"),
    Standing.VALID: N_("有效"),
    Standing.ENDING: N_("即将到期"),
    Standing.EXPIRED: N_("已到期"),
    Standing.REVOKED: N_("已撤销"),
}
HOLDING = frozenset({Standing.VALID, Standing.ENDING})


@dataclass(frozen=True, slots=True)
class Letter:
    """The terms of one letter; ``starts_on`` and ``ends_on`` are included."""

    items: frozenset[str]
    powers: frozenset[str]
    starts_on: date
    ends_on: date
    signed: bool = False
    revoked: bool = False

    def is_valid(self, day: date) -> bool:
        """Tell whether the letter holds on ``day``."""
        return self.signed and not self.revoked and self.starts_on <= day <= self.ends_on

    def standing(self, day: date) -> Standing:
        """Return how the letter stands on ``day``."""
        if self.revoked:
            return Standing.REVOKED
        if day > self.ends_on:
            return Standing.EXPIRED
        if not self.signed:
            return Standing.UNSIGNED
        if day < self.starts_on:
            return Standing.PENDING
        return Standing.ENDING if (self.ends_on - day).days <= WARN_DAYS else Standing.VALID

    def covers(self, item: str, day: date) -> bool:
        """Tell whether the letter lets the agent act in ``item`` on ``day``."""
        return item in self.items and self.is_valid(day)


def powers_for(letters: Iterable[Letter], item: str, day: date) -> frozenset[str]:
    """Return what all letters together allow for ``item`` on ``day``."""
    valid = [letter.powers for letter in letters if letter.covers(item, day)]
    return frozenset().union(*valid)


def last_day(starts_on: date) -> date:
    """Return the last day that a letter from ``starts_on`` may name: one year, not a day more."""
    try:
        return starts_on.replace(year=starts_on.year + LONGEST_YEARS) - timedelta(days=1)
    except ValueError:  # from 29 February
        return date(starts_on.year + LONGEST_YEARS, 2, 28)


def refusal_of_terms(letter: Letter, known: Iterable[str], today: date) -> tuple[str, str] | None:
    """Return (input, reason) why a letter must not be drawn up on these terms, or ``None``.

    ``known`` are the items for which the park acts at all; a letter for everything or for ever is
    none, and signing or promising is never among the powers.
    """
    if not letter.items or not letter.items <= set(known):
        return "items", N_("请选择委托的事项。")
    if not letter.powers or not letter.powers <= set(POWERS):
        return "powers", N_("请选择委托的权限。")
    if letter.starts_on < today:
        return "starts_on", N_("开始日期不能早于今天。")
    if letter.ends_on < letter.starts_on:
        return "ends_on", N_("结束日期不能早于开始日期。")
    if letter.ends_on > last_day(letter.starts_on):
        return "ends_on", N_("授权期限最长一年。")
    return None
