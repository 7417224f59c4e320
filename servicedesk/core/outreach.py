"""Going to the enterprises (走访): who should be visited and why, by whom and when, and how many were.

The rhythm is the field's own: 周联系、旬上门、月调度 (望城经开区). Everything here is pure: facts in,
reasons, plans and shares out.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar

from servicedesk.core.words import N_

K = TypeVar("K", bound=Hashable)

LINK_LASTS = timedelta(days=30)
RECENT_DAYS = 60
"""A visit may be written down so many days later, no more."""
RULE_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one enterprise when a round is planned; days are the park's local dates.

    ``officer_id`` is its own service officer (服务专员); ``expires_on`` the next day on which one of
    its titles or letters ends.
    """

    enterprise_id: int
    area: str = ""
    officer_id: int | None = None
    joined_on: date | None = None
    visited_on: date | None = None
    rated_badly_on: date | None = None
    in_trouble: bool = False
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Who should be visited (走访规则); 0 switches a rule off. Days are natural days."""

    unvisited_days: int = 90
    new_days: int = 90
    bad_rating_days: int = 60
    expiring_days: int = 30
    in_trouble: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as a round keeps them."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Read rules that a round has kept; names that are not ours are passed over."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a visit (走访理由); ``weight`` orders who comes first."""

    code: str
    weight: int


REASON_NAMES: Mapping[str, str] = {
    "bad_rating": N_("近期差评"),
    "in_trouble": N_("经营困难"),
    "never": N_("从未走访"),
    "unvisited": N_("久未走访"),
    "new": N_("新入园"),
    "expiring": N_("证照或资质将到期"),
    "by_hand": N_("人工添加"),
}
_WEIGHTS = {
    "bad_rating": 40, "in_trouble": 30, "never": 20, "unvisited": 15, "new": 12, "expiring": 8,
}  # fmt: skip


def reasons(facts: Facts, rules: Rules, today: date) -> tuple[Reason, ...]:
    """Return why the enterprise should be visited, the weightiest first; empty when it need not be.

    A visit after the bad rating has answered it.
    """
    found = {
        "bad_rating": _unanswered(facts, rules, today),
        "in_trouble": rules.in_trouble and facts.in_trouble,
        "never": bool(rules.unvisited_days) and facts.visited_on is None,
        "unvisited": _older(facts.visited_on, rules.unvisited_days, today),
        "new": _within(facts.joined_on, rules.new_days, today) and facts.visited_on is None,
        "expiring": _soon(facts.expires_on, rules.expiring_days, today),
    }
    return tuple(Reason(code, _WEIGHTS[code]) for code, holds in found.items() if holds)


def _unanswered(facts: Facts, rules: Rules, today: date) -> bool:
    rated = facts.rated_badly_on
    if rated is None or not _within(rated, rules.bad_rating_days, today):
        return False
    return facts.visited_on is None or facts.visited_on < rated


def _older(day: date | None, days: int, today: date) -> bool:
    return bool(days) and day is not None and (today - day).days > days


def _within(day: date | None, days: int, today: date) -> bool:
    return bool(days) and day is not None and 0 <= (today - day).days <= days


def _soon(day: date | None, days: int, today: date) -> bool:
    return bool(days) and day is not None and 0 <= (day - today).days <= days


def weight(found: Iterable[Reason]) -> int:
    """Return how urgent a visit is: all of its reasons together."""
    return sum(reason.weight for reason in found)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enterprise that should be visited, and why."""

    facts: Facts
    reasons: tuple[Reason, ...]

    @property
    def weight(self) -> int:
        """How urgent the visit is."""
        return weight(self.reasons)


def candidates(park: Iterable[Facts], rules: Rules, today: date) -> list[Candidate]:
    """Return who should be visited, the most urgent first, then who has waited longest."""
    found = [Candidate(one, reasons(one, rules, today)) for one in park]
    return sorted(
        (one for one in found if one.reasons),
        key=lambda one: (
            -one.weight,
            one.facts.visited_on or date.min,
            one.facts.enterprise_id,
        ),
    )


# Handing out ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """A stop to be handed out: where it lies, whose enterprise it is, how urgent."""

    stop: int
    area: str = ""
    officer_id: int | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A stop with the officer who goes there and the day."""

    stop: int
    officer_id: int
    day: date


def spread(wishes: Sequence[Wish], officers: Sequence[int], days: Sequence[date]) -> list[Task]:
    """Share the stops out over the officers and working days.

    An enterprise's own officer goes where he or she is among ``officers``. The others' stops even
    the loads out: nobody ends with two more than a colleague unless own enterprises alone make it
    so. Each officer goes area by area, urgent areas first, equally many stops a day.

    Raises:
        ValueError: there is nobody to go, or no day to go on.
    """
    if not officers or not days:
        raise ValueError("a round needs officers and days")
    share: dict[int, list[Wish]] = {officer: [] for officer in officers}
    free = []
    for wish in wishes:
        if wish.officer_id in share:
            share[wish.officer_id].append(wish)
        else:
            free.append(wish)
    _hand_out(_by_area(free), share)
    return [
        Task(wish.stop, officer, days[number * len(days) // len(mine)])
        for officer, unsorted in share.items()
        for mine in [_by_area(unsorted)]
        for number, wish in enumerate(mine)
    ]


def _by_area(wishes: Sequence[Wish]) -> list[Wish]:
    """Put stops of one area together; the area with the most urgent stop comes first."""
    urgent: dict[str, int] = {}
    for wish in wishes:
        urgent[wish.area] = max(urgent.get(wish.area, 0), wish.weight)
    return sorted(wishes, key=lambda one: (-urgent[one.area], one.area, -one.weight, one.stop))


def _hand_out(free: Sequence[Wish], share: dict[int, list[Wish]]) -> None:
    """Give everyone up to a fair number; whoever is in an area already takes more of it."""
    room = _room({officer: len(mine) for officer, mine in share.items()}, len(free))
    going: int | None = None
    area: str | None = None
    for wish in free:
        if wish.area != area or going is None or not room[going]:
            area = wish.area
            going = max(
                (officer for officer in share if room[officer]),
                key=lambda officer: (
                    sum(one.area == wish.area for one in share[officer]),
                    room[officer],
                ),
            )
        share[going].append(wish)
        room[going] -= 1


def _room(loads: Mapping[int, int], more: int) -> dict[int, int]:
    """Return how many of ``more`` stops each gets: always the one who has least."""
    heights, room = dict(loads), dict.fromkeys(loads, 0)
    for _ in range(more):
        least = min(heights, key=lambda officer: heights[officer])
        heights[least] += 1
        room[least] += 1
    return room


# Coverage -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cover:
    """How many of a group were visited lately (覆盖), are overdue, or never were."""

    total: int
    visited: int
    never: int

    @property
    def stale(self) -> int:
        """Visited once, but not lately."""
        return self.total - self.visited - self.never

    @property
    def share(self) -> int | None:
        """Per cent visited lately, rounded down: a park with one left out is not at 100 %."""
        return self.visited * 100 // self.total if self.total else None


def cover(visits: Iterable[date | None], since: date) -> Cover:
    """Count the last visits of some enterprises; ``since`` is the first day that still counts."""
    days = list(visits)
    lately = sum(day is not None and day >= since for day in days)
    return Cover(len(days), lately, sum(day is None for day in days))


def cover_by(rows: Iterable[tuple[K, date | None]], since: date) -> dict[K, Cover]:
    """Count the last visits group by group, in the order in which the groups first appear."""
    groups: dict[K, list[date | None]] = {}
    for key, day in rows:
        groups.setdefault(key, []).append(day)
    return {key: cover(days, since) for key, days in groups.items()}


# What may happen to a round, a stop, a record ---------------------------------------------------

ROUND_STATES: Mapping[str, str] = {
    "planned": N_("待分派"),
    "running": N_("进行中"),
    "closed": N_("已结束"),
}
STOP_STATES: Mapping[str, str] = {
    "planned": N_("待走访"),
    "done": N_("已走访"),
    "skipped": N_("未走访"),
}
VERDICTS: Mapping[str, str] = {"agreed": N_("无异议"), "differs": N_("有出入")}
ROUND_MOVES: Mapping[str, tuple[frozenset[str], str]] = {
    "hand_out": (frozenset({"planned", "running"}), "running"),
    "change": (frozenset({"planned", "running"}), ""),
    "close": (frozenset({"planned", "running"}), "closed"),
}
STOP_MOVES: Mapping[str, tuple[frozenset[str], str]] = {
    "assign": (frozenset({"planned"}), "planned"),
    "remove": (frozenset({"planned"}), ""),
    "visit": (frozenset({"planned", "skipped"}), "done"),
    "skip": (frozenset({"planned"}), "skipped"),
    "put_back": (frozenset({"skipped"}), "planned"),
}


def may_move(moves: Mapping[str, tuple[frozenset[str], str]], name: str, state: str) -> bool:
    """Tell whether the move ``name`` is open in ``state``."""
    return state in moves[name][0]


def day_refusal(visited_on: date, today: date) -> str | None:
    """Return why a visit on that day cannot be written down today, or ``None``."""
    if today - timedelta(days=RECENT_DAYS) <= visited_on <= today:
        return None
    return N_("上门日期须在最近60天之内，且不晚于今天。")


def confirmation_refusal(
    verdict: str,
    comment: str,
    confirmed_at: datetime | None,
    expires_at: datetime | None,
    now: datetime,
) -> tuple[str, str] | None:
    """Return (field, sentence) for a confirmation that cannot stand, or ``None``.

    The enterprise's word is given once, and what differs must be said. ``expires_at`` is the end of
    the link; ``None`` where somebody confirms who has signed in.
    """
    if confirmed_at is not None:
        return "verdict", N_("这份走访记录已经确认过。")
    if expires_at is not None and now >= expires_at:
        return "verdict", N_("确认链接已过期，请联系服务台。")
    if verdict not in VERDICTS:
        return "verdict", N_("请选择“无异议”或“有出入”。")
    if verdict == "differs" and not comment.strip():
        return "comment", N_("有出入的，请写明哪里不符。")
    return None
