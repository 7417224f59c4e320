"""What a step of the loop (环节) is made of: its sources and target, its clock, whom it tells."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.guards import Facts, Guard
from servicedesk.core.states import State


class Clock(StrEnum):
    """What a transition does to the running clocks (计时); ``RECKON``: it runs on to a new due time."""

    UNCHANGED = "unchanged"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESTART = "restart"
    RECKON = "reckon"


class Audience(StrEnum):
    """Who is told (通知对象)."""

    REQUESTER = "requester"
    DESK = "desk"
    INTAKE = "intake"
    UNIT = "unit"
    ASSIGNEE = "assignee"
    UNIT_HEAD = "unit_head"
    SUPPORTERS = "supporters"
    FOLLOW_UP = "follow_up"
    DESK_HEAD = "desk_head"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of the loop.

    ``needs`` names the inputs that must not be empty; ``target`` ``None`` leaves the state;
    ``told`` is the sentence for the people in ``tells`` and, by the facts before the step, in
    ``more``; ``shown`` whether the enterprise's timeline has it; ``button`` is primary, quiet,
    warning or danger. ``undoable``: within ten seconds, before anybody is told, it can be taken back.
    """

    name: str
    label: str
    sources: frozenset[State]
    target: State | None
    permission: str
    told: str
    needs: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    clock: Clock = Clock.UNCHANGED
    tells: tuple[Audience, ...] = ()
    more: Callable[[Facts], tuple[Audience, ...]] | None = None
    shown: bool = True
    button: str = "quiet"
    undoable: bool = False

    def hearers(self, before: Facts) -> tuple[Audience, ...]:
        """Return who is told, given the facts before the step; each audience once."""
        more = self.more(before) if self.more is not None else ()
        return tuple(dict.fromkeys((*self.tells, *more)))
