"""The states of a problem (类问题) and what its solution does to each joined ticket; pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core.words import N_


class Stand(StrEnum):
    """Where a problem stands; only what has been solved can be closed (销号)."""

    OPEN = "open"
    SOLVED = "solved"
    CLOSED = "closed"


STAND_NAMES: Mapping[Stand, str] = {
    Stand.OPEN: N_("办理中"),
    Stand.SOLVED: N_("已解决，观察中"),
    Stand.CLOSED: N_("已销号"),
}
ALIVE = frozenset({Stand.OPEN, Stand.SOLVED})


class Fate(StrEnum):
    """What became of a joined ticket when the solution was sent."""

    RESOLVED = "resolved"
    TOLD = "told"
    REFUSED = "refused"
    KEPT = "kept"


FATE_NAMES: Mapping[Fate, str] = {
    Fate.RESOLVED: N_("已办结，等待企业确认"),
    Fate.TOLD: N_("已告知解决办法"),
    Fate.REFUSED: N_("未能办结，已告知解决办法"),
    Fate.KEPT: N_("此前已办结或已告知，未再打扰"),
}
CLASS_SIZE = 3  # similar tickets within CLASS_DAYS that make a possible problem
CLASS_DAYS = 90


def quiet_until(today: date, calendar_days: int) -> date:
    """Return the last day on which a new ticket keeps the class from being closed."""
    return today + timedelta(days=calendar_days)


def names_in(text: str, names: Mapping[int, str]) -> list[str]:
    """Return the enterprises that ``text`` names: a solution goes to others and must name none."""
    return sorted(name for name in names.values() if name and name in text)
