"""The graph of a package: no circles, every step opens once, and order makes no difference."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.packages import (
    SETTLED,
    Graph,
    GraphError,
    NotOpen,
    Step,
    StepState,
    blocked,
    can_go_on,
    critical_path,
    due_day,
    finish_days,
    graph_of,
    is_finished,
    may_drop,
    move,
    ready,
    start,
    unsettled,
    working_days,
)

MONDAY = date(2024, 3, 4)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Steps that come after earlier ones only, given in any order."""
    size = draw(st.integers(1, 9))
    steps = []
    for number in range(size):
        after = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        steps.append(
            Step(
                key=f"s{number}", after=tuple(f"s{one}" for one in sorted(after)),
                days=draw(st.integers(0, 5)), wait_days=draw(st.sampled_from([0, 0, 0, 7])),
                when=draw(st.sampled_from(["", "", "x", "y"])), optional=draw(st.booleans()),
            )
        )  # fmt: skip
    return Graph(tuple(draw(st.permutations(steps))))


CONDITIONS = st.sets(st.sampled_from(["x", "y"]))
SEEDS = st.integers(0, 2**32)


def add(day: date, count: int) -> date:
    """Add working days where every day is one."""
    return day + timedelta(days=count)


def run(
    graph: Graph, states: dict[str, StepState], dice: Random
) -> tuple[dict[str, StepState], list[str]]:
    """Open and finish steps in any order until nothing moves; return the states and what opened."""
    opened: list[str] = []
    while True:
        for key in ready(graph, states):
            states = move(graph, states, key, "open")
            opened.append(key)
        running = [key for key, state in states.items() if state is StepState.OPEN]
        if not running:
            return states, opened
        states = move(graph, states, dice.choice(running), "finish")


@given(graphs(), CONDITIONS, SEEDS)
def test_every_needed_step_opens_exactly_once(
    graph: Graph, conditions: set[str], seed: int
) -> None:
    states = start(graph, conditions)
    needed = {key for key, state in states.items() if state is StepState.WAITING}
    ended, opened = run(graph, states, Random(seed))
    assert sorted(opened) == sorted(needed)
    assert is_finished(ended)


@given(graphs(), CONDITIONS, SEEDS, SEEDS)
def test_finishing_order_does_not_matter(
    graph: Graph, conditions: set[str], one: int, other: int
) -> None:
    states = start(graph, conditions)
    assert run(graph, states, Random(one))[0] == run(graph, states, Random(other))[0]


@given(graphs(), CONDITIONS, SEEDS)
def test_nothing_opens_before_what_it_comes_after(
    graph: Graph, conditions: set[str], seed: int
) -> None:
    _ended, opened = run(graph, start(graph, conditions), Random(seed))
    for place, key in enumerate(opened):
        assert all(b not in opened[place:] for b in graph.by_key[key].after)


@given(graphs(), SEEDS)
def test_a_circle_is_refused(graph: Graph, seed: int) -> None:
    dice = Random(seed)
    first, last = graph.order[0], graph.order[-1]
    if first == last or last not in graph.downstream(first):
        return
    steps = [
        Step(step.key, (*step.after, last)) if step.key == first else step for step in graph.steps
    ]
    dice.shuffle(steps)
    with pytest.raises(GraphError):
        Graph(tuple(steps))


@pytest.mark.parametrize(
    "steps",
    [
        (Step("a"), Step("a")),
        (Step("a", ("b",)),),
        (Step("a", ("a",)),),
        (Step("a", ("b",)), Step("b", ("a",))),
    ],
)
def test_a_wrong_graph_is_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(GraphError):
        Graph(steps)


@given(graphs(), CONDITIONS, SEEDS)
def test_a_failure_holds_up_only_what_comes_after_it(
    graph: Graph, conditions: set[str], seed: int
) -> None:
    dice = Random(seed)
    states = start(graph, conditions)
    for key in ready(graph, states):
        states = move(graph, states, key, "open")
    running = [key for key, state in states.items() if state is StepState.OPEN]
    if not running:
        return
    failed = dice.choice(running)
    states, _opened = run(graph, move(graph, states, failed, "fail"), dice)
    held = blocked(graph, states)[failed]
    assert set(held) <= graph.downstream(failed)
    assert {k for k, state in states.items() if state not in SETTLED} == {failed, *held}
    assert can_go_on(graph, states) == []
    for key in held:
        assert unsettled(graph, states, key)
    again, _opened = run(graph, move(graph, states, failed, "retry"), dice)
    assert is_finished(again)


@given(graphs(), CONDITIONS)
def test_the_due_day_is_the_longest_way(graph: Graph, conditions: set[str]) -> None:
    states = start(graph, conditions)
    ends = finish_days(graph, states, MONDAY, add)
    due = due_day(graph, states, MONDAY, add)
    assert due == max(ends.values())
    way = critical_path(graph, states)
    cost = sum(graph.by_key[key].days + graph.by_key[key].wait_days for key in way)
    assert due == MONDAY + timedelta(days=cost)
    assert working_days(graph, states) <= cost
    for key in graph.order:
        for before in graph.by_key[key].after:
            assert ends[before] <= ends[key]


@given(graphs(), CONDITIONS)
def test_dropping_never_makes_it_later(graph: Graph, conditions: set[str]) -> None:
    states = start(graph, conditions)
    due = due_day(graph, states, MONDAY, add)
    for key in graph.order:
        if may_drop(graph, states, key):
            less = move(graph, states, key, "drop")
            assert due_day(graph, less, MONDAY, add) <= due
            assert move(graph, less, key, "add") == states


def test_a_needed_step_cannot_be_dropped() -> None:
    graph = Graph((Step("a"), Step("b", ("a",))))
    states = start(graph, ())
    with pytest.raises(NotOpen):
        move(graph, states, "a", "drop")
    states = move(graph, move(graph, states, "a", "open"), "a", "fail")
    assert not may_drop(graph, states, "a")  # b waits behind it
    with pytest.raises(NotOpen):
        move(graph, states, "b", "finish")


def test_reopening_takes_back_nothing_that_was_opened_since() -> None:
    graph = Graph((Step("a"), Step("b", ("a",))))
    states = start(graph, ())
    for key, how in (("a", "open"), ("a", "finish"), ("b", "open"), ("a", "reopen")):
        states = move(graph, states, key, how)
    assert states == {"a": StepState.OPEN, "b": StepState.OPEN}
    assert ready(graph, move(graph, states, "a", "finish")) == []


def test_layers_put_side_by_side_what_runs_in_parallel() -> None:
    graph = graph_of(
        [{"key": "A01"}, {"key": "A02", "after": ["A01"]}, {"key": "B01", "after": ["A01"]},
         {"key": "A03", "after": ["A01", "A02"], "days": 2}]
    )  # fmt: skip
    assert graph.layers == (("A01",), ("A02", "B01"), ("A03",))
    assert graph.by_key["A03"].days == 2
