"""Where the steps of a graph stand in a drawing (流程图): columns by layer, lines between; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.packages import Graph

WIDTH, HEIGHT = 176, 72
GAP_X, GAP_Y = 52, 18
MARGIN = 8


@dataclass(frozen=True, slots=True)
class Box:
    """One step: the place of its upper left corner, in pixels."""

    key: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """What leads from one step to the next, as an SVG path."""

    before: str
    after: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of a graph with its size."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


def draw(graph: Graph, hidden: frozenset[str] = frozenset()) -> Drawing:
    """Lay a graph out from left to right; ``hidden`` steps and their lines are left out.

    What stands alone in its column stands in the middle; no two steps overlap.
    """
    columns = [[key for key in layer if key not in hidden] for layer in graph.layers]
    columns = [column for column in columns if column]
    tallest = max((len(column) for column in columns), default=0)
    height = 2 * MARGIN + max(0, tallest * (HEIGHT + GAP_Y) - GAP_Y)
    boxes = {
        key: Box(key, MARGIN + number * (WIDTH + GAP_X), _top(row, len(column), height))
        for number, column in enumerate(columns)
        for row, key in enumerate(column)
    }
    lines = [
        Line(before, key, _path(boxes[before], boxes[key]))
        for key in boxes
        for before in _direct(graph, key, hidden)
    ]
    width = 2 * MARGIN + max(0, len(columns) * (WIDTH + GAP_X) - GAP_X)
    return Drawing(list(boxes.values()), lines, width, height)


def _top(row: int, count: int, height: int) -> int:
    block = count * (HEIGHT + GAP_Y) - GAP_Y
    return (height - block) // 2 + row * (HEIGHT + GAP_Y)


def _direct(graph: Graph, key: str, hidden: frozenset[str]) -> list[str]:
    """Return what a step comes after in the drawing: the way leads through hidden steps."""
    found: dict[str, None] = {}
    left = list(graph.by_key[key].after)
    while left:
        before = left.pop(0)
        if before in hidden:
            left += graph.by_key[before].after
        else:
            found[before] = None
    shown = list(found)
    return [one for one in shown if not any(one in _behind(graph, o) for o in shown if o != one)]


def _behind(graph: Graph, key: str) -> Mapping[str, None]:
    """Return everything that ``key`` comes after: a line to it says the rest."""
    found: dict[str, None] = {}
    left = list(graph.by_key[key].after)
    while left:
        before = left.pop()
        if before not in found:
            found[before] = None
            left += graph.by_key[before].after
    return found


def _path(start: Box, end: Box) -> str:
    x1, y1 = start.x + WIDTH, start.y + HEIGHT // 2
    x2, y2 = end.x, end.y + HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
