"""Packages (一件事): several items in one application, as a graph; pure rules.

A step opens when everything that it comes after is settled: done, left out because its condition does
not hold, or dropped. What has no arrow between it runs in parallel. Each step opens once; in which
order steps end makes no difference to which are open afterwards.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from servicedesk.core.words import N_


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    DROPPED = "dropped"


STEP_STATE_NAMES: Mapping[StepState, str] = {
    StepState.WAITING: N_("等待前面的事项"),
    StepState.OPEN: N_("办理中"),
    StepState.DONE: N_("已办好"),
    StepState.FAILED: N_("没有办成"),
    StepState.SKIPPED: N_("本次不需要"),
    StepState.DROPPED: N_("已取消"),
}
SETTLED = frozenset({StepState.DONE, StepState.SKIPPED, StepState.DROPPED})
States = Mapping[str, StepState]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``days`` are working days on the critical path, ``wait_days`` natural days.

    A step with ``wait_days`` is a public notice or the like: nobody works on it and no clock counts
    it. ``when`` names the condition under which the step is needed.
    """

    key: str
    after: tuple[str, ...] = ()
    days: int = 1
    wait_days: int = 0
    when: str = ""
    optional: bool = False

    @property
    def is_wait(self) -> bool:
        """A wait ends by itself when its days are over."""
        return self.wait_days > 0


class GraphError(ValueError):
    """The steps are no graph that can be finished: ``key`` is where it goes wrong."""

    def __init__(self, reason: str, key: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key


class NotOpen(ValueError):
    """The step is not in a state in which this can happen to it."""


@dataclass(frozen=True)
class Graph:
    """The steps of a package; making one checks it.

    Raises:
        GraphError: a key stands twice or is not known, or steps wait for each other in a circle.
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        keys = [step.key for step in self.steps]
        for step in self.steps:
            if keys.count(step.key) > 1:
                raise GraphError("the key stands twice", step.key)
            for before in step.after:
                if before not in keys:
                    raise GraphError(f"comes after {before}, which is no step", step.key)
        _ = self.order

    @cached_property
    def by_key(self) -> Mapping[str, Step]:
        """The steps by their keys."""
        return {step.key: step for step in self.steps}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The keys so that each stands behind everything that it comes after."""
        placed: dict[str, None] = {}
        left = list(self.steps)
        while left:
            free = [step for step in left if all(before in placed for before in step.after)]
            if not free:
                raise GraphError("waits for itself in a circle", left[0].key)
            placed |= dict.fromkeys(step.key for step in free)
            left = [step for step in left if step.key not in placed]
        return tuple(placed)

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The keys by their distance from the beginning: what a drawing puts side by side."""
        depth: dict[str, int] = {}
        for key in self.order:
            depth[key] = 1 + max((depth[b] for b in self.by_key[key].after), default=-1)
        deepest = max(depth.values(), default=-1)
        return tuple(
            tuple(key for key in self.order if depth[key] == level) for level in range(deepest + 1)
        )

    def downstream(self, key: str) -> frozenset[str]:
        """Return everything that comes after ``key``, however far."""
        found = {key}
        for later in self.order:
            if any(before in found for before in self.by_key[later].after):
                found.add(later)
        return frozenset(found - {key})


def start(
    graph: Graph, conditions: Collection[str], without: Collection[str] = ()
) -> dict[str, StepState]:
    """Return the states at the beginning: what its condition does not need is left out.

    ``without`` are optional steps that the enterprise does not want.
    """
    return {step.key: _first_state(step, conditions, without) for step in graph.steps}


def _first_state(step: Step, conditions: Collection[str], without: Collection[str]) -> StepState:
    if step.when and step.when not in conditions:
        return StepState.SKIPPED
    if step.optional and step.key in without:
        return StepState.DROPPED
    return StepState.WAITING


def ready(graph: Graph, states: States) -> list[str]:
    """Return the steps that wait for nothing any more."""
    return [
        key
        for key in graph.order
        if states[key] is StepState.WAITING and not unsettled(graph, states, key)
    ]


def unsettled(graph: Graph, states: States, key: str) -> list[str]:
    """Return what ``key`` waits for: why it is not open yet."""
    return [before for before in graph.by_key[key].after if states[before] not in SETTLED]


def blocked(graph: Graph, states: States) -> dict[str, list[str]]:
    """Return for each failed step what waits behind it and cannot go on."""
    return {
        key: [
            later
            for later in graph.order
            if later in graph.downstream(key) and states[later] is StepState.WAITING
        ]
        for key in graph.order
        if states[key] is StepState.FAILED
    }


def can_go_on(graph: Graph, states: States) -> list[str]:
    """Return what runs or waits and does not depend on a failed step."""
    stuck = {later for held in blocked(graph, states).values() for later in held}
    alive = (StepState.OPEN, StepState.WAITING)
    return [key for key in graph.order if states[key] in alive and key not in stuck]


MOVES: Mapping[str, tuple[frozenset[StepState], StepState]] = {
    "open": (frozenset({StepState.WAITING}), StepState.OPEN),
    "finish": (frozenset({StepState.OPEN}), StepState.DONE),
    "fail": (frozenset({StepState.OPEN}), StepState.FAILED),
    "reopen": (frozenset({StepState.DONE, StepState.FAILED}), StepState.OPEN),
    "retry": (frozenset({StepState.FAILED}), StepState.WAITING),
    "drop": (frozenset({StepState.WAITING, StepState.FAILED}), StepState.DROPPED),
    "add": (frozenset({StepState.SKIPPED, StepState.DROPPED}), StepState.WAITING),
}


def move(graph: Graph, states: States, key: str, how: str) -> dict[str, StepState]:
    """Return the states after ``how`` has happened to the step ``key``.

    Raises:
        NotOpen: the step is in no state in which this can happen, or may not be dropped.
        KeyError: there is no such move or step.
    """
    sources, target = MOVES[how]
    if states[key] not in sources:
        raise NotOpen(f"{key} is {states[key]}, which cannot {how}")
    if how == "drop" and not may_drop(graph, states, key):
        raise NotOpen(f"{key} is needed")
    return {**states, key: target}


def may_drop(graph: Graph, states: States, key: str) -> bool:
    """A step may be dropped when it is optional, or has failed and nothing waits behind it."""
    if states[key] not in MOVES["drop"][0]:
        return False
    if graph.by_key[key].optional:
        return True
    needed = any(states[later] is StepState.WAITING for later in graph.downstream(key))
    return states[key] is StepState.FAILED and not needed


def is_finished(states: States) -> bool:
    """Tell whether nothing is left to be done."""
    return all(state in SETTLED for state in states.values())


AddWorkingDays = Callable[[date, int], date]


def due_day(graph: Graph, states: States, begun: date, add: AddWorkingDays) -> date:
    """Return the day on which the longest way through what is needed ends (关键路径).

    Working days are added with ``add``, waits are natural days; what is left out or dropped costs
    nothing. The day on which it began is not counted (民法典 §201).
    """
    return max(finish_days(graph, states, begun, add).values(), default=begun)


def finish_days(graph: Graph, states: States, begun: date, add: AddWorkingDays) -> dict[str, date]:
    """Return for each step the day on which it should be done, had all begun on ``begun``."""
    finish: dict[str, date] = {}
    for key in graph.order:
        step = graph.by_key[key]
        free = max((finish[before] for before in step.after), default=begun)
        if states[key] in (StepState.SKIPPED, StepState.DROPPED):
            finish[key] = free
        else:
            finish[key] = add(free, step.days) if step.days else free
            finish[key] += timedelta(days=step.wait_days)
    return finish


def critical_path(graph: Graph, states: States) -> list[str]:
    """Return the steps of the longest way, by working days and waits, from beginning to end."""
    length: dict[str, int] = {}
    before: dict[str, str] = {}
    for key in graph.order:
        step = graph.by_key[key]
        longest = max(step.after, key=lambda one: length[one], default="")
        cost = 0 if states[key] in (StepState.SKIPPED, StepState.DROPPED) else _cost(step)
        length[key] = cost + (length[longest] if longest else 0)
        before[key] = longest
    if not length:
        return []
    way, key = [], max(reversed(graph.order), key=lambda one: length[one])
    while key:
        way.append(key)
        key = before[key]
    return [
        one for one in reversed(way) if states[one] not in (StepState.SKIPPED, StepState.DROPPED)
    ]


def _cost(step: Step) -> int:
    return step.days + step.wait_days


def working_days(graph: Graph, states: States) -> int:
    """Return the working days on the longest way, waits aside: what the package promises."""
    length: dict[str, int] = {}
    for key in graph.order:
        step = graph.by_key[key]
        free = max((length[one] for one in step.after), default=0)
        left_out = states[key] in (StepState.SKIPPED, StepState.DROPPED)
        length[key] = free + (0 if left_out else step.days)
    return max(length.values(), default=0)


def graph_of(definitions: Sequence[Mapping[str, object]]) -> Graph:
    """Return the graph of a package's definition, as it is kept with each case."""
    return Graph(tuple(_step_of(one) for one in definitions))


def _step_of(definition: Mapping[str, object]) -> Step:
    after = definition.get("after") or ()
    assert isinstance(after, list | tuple)
    return Step(
        key=str(definition["key"]),
        after=tuple(str(one) for one in after),
        days=int(str(definition.get("days", 1))),
        wait_days=int(str(definition.get("wait_days", 0))),
        when=str(definition.get("when") or ""),
        optional=bool(definition.get("optional")),
    )
