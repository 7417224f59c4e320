"""Letters of authorization (授权委托书): what acting for an enterprise needs, as pure rules.

市场主体登记管理条例 art. 18 lets an agent register; the letter names the agent, the items, the powers
and the time (DOMAIN §3.3). The agent hands in, adds to and collects, and never signs or promises.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from servicedesk.core.words import N_

HAND_IN, SUPPLEMENT, COLLECT = "hand_in", "supplement", "collect"
POWERS: Mapping[str, str] = {
    HAND_IN: N_("代为递交材料"),
    SUPPLEMENT: N_("代为补正材料"),
    COLLECT: N_("代为领取结果"),
}


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

    def covers(self, item: str, day: date) -> bool:
        """Tell whether the letter lets the agent act in ``item`` on ``day``."""
        return item in self.items and self.is_valid(day)


def powers_for(letters: Iterable[Letter], item: str, day: date) -> frozenset[str]:
    """Return what all letters together allow for ``item`` on ``day``."""
    valid = [letter.powers for letter in letters if letter.covers(item, day)]
    return frozenset().union(*valid)
