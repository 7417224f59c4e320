"""Who in a unit gets a ticket (自动分派): by hand, by turn, by load, by skill; pure, deterministic."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.words import N_

MODES: Mapping[str, str] = {
    "hand": N_("人工指定"),
    "turn": N_("轮流"),
    "load": N_("按在办工作量"),
    "skill": N_("按专长"),
}
MODE_HINTS: Mapping[str, str] = {
    "hand": N_("谁签收谁承办，或由单位负责人指定。"),
    "turn": N_("在岗人员依次轮流，请假的人跳过。"),
    "load": N_("给剩余办理时间合计最少的在岗人员。"),
    "skill": N_("先看专长：事项优先于类别；同样合适时给工作量最少的人。"),
}
LEAST_MINUTES = 60  # a ticket that waits or is overdue is still work: an hour at the least


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who is at work and may have the ticket; minutes are working minutes.

    ``skill`` is 2 for the very item, 1 for its category, 0 for none.
    """

    user_id: int
    minutes: int = 0
    tickets: int = 0
    skill: int = 0


def choose(mode: str, candidates: Sequence[Candidate], last: int | None = None) -> int | None:
    """Return who gets the next ticket; ``None`` leaves it to a person, or nobody is there.

    ``last`` is who had the last turn: the turn goes round by account number. Equal loads go by turn.
    """
    if mode not in ("turn", "load", "skill") or not candidates:
        return None
    turns = _in_turn(candidates, last)
    if mode == "turn":
        return turns[0].user_id
    best = max(one.skill for one in turns) if mode == "skill" else 0
    fit = [one for one in turns if mode != "skill" or one.skill == best]
    return min(fit, key=lambda one: (one.minutes, one.tickets)).user_id


def _in_turn(candidates: Iterable[Candidate], last: int | None) -> list[Candidate]:
    """Return the candidates beginning with the one after ``last``."""
    return sorted(
        candidates, key=lambda one: (last is not None and one.user_id <= last, one.user_id)
    )


def skill_for(codes: Iterable[str], item: str, category: str) -> int:
    """Return how well somebody's skills fit an item: 2 for the item, 1 for its category, else 0."""
    known = set(codes)
    return 2 if item in known else int(category in known)


def open_minutes(remaining: int) -> int:
    """Return what a ticket weighs of whose time ``remaining`` working minutes are left."""
    return max(remaining, LEAST_MINUTES)
