"""Small counts in what everybody may read (小数隐藏): hidden, and not to be worked out from the rest.

A total, its groups and their rows are published together. A count below the minimum is hidden as
small; where a hidden count would follow by subtraction, another is withheld with it, until each
hidden count could be at least two different numbers for everybody who knows the page and what its
marks mean. A nought that follows is published as what it is: it is nobody's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MINIMUM_LEAST, MINIMUM_MOST = 3, 50
"""With a minimum below three, "small" itself would say which number it is, or nearly."""
_BOUNDLESS = 10**12


class Shown(StrEnum):
    """How a count is published: as it is, as small, or withheld to protect another."""

    EXACT = "exact"
    SMALL = "small"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Count:
    """One count as it is published; ``value`` only where it is exact."""

    shown: Shown
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A total, its groups and their rows by name, as they may be published."""

    total: Count
    groups: Mapping[str, Count]
    rows: Mapping[str, Mapping[str, Count]]


@dataclass(slots=True)
class _Node:
    """A count in the tree; ``low`` and ``high`` are what a reader can find out about it."""

    value: int
    children: dict[str, "_Node"] = field(default_factory=dict)
    parent: "_Node | None" = None
    shown: Shown = Shown.EXACT
    low: int = 0
    high: int = 0

    def walk(self) -> Iterator["_Node"]:
        yield self
        for child in self.children.values():
            yield from child.walk()

    def add(self, name: str, child: "_Node") -> None:
        child.parent = self
        self.children[name] = child
        self.value += child.value

    def count(self) -> Count:
        return Count(self.shown, self.value if self.shown is Shown.EXACT else None)


def suppress(table: Mapping[str, Mapping[str, int]], minimum: int) -> Published:
    """Return which counts of ``table`` (group → row → count) may be published, and which not.

    Raises:
        ValueError: the minimum is out of bounds, a group is empty, or a count is negative.
    """
    if not MINIMUM_LEAST <= minimum <= MINIMUM_MOST:
        raise ValueError(f"the minimum must be from {MINIMUM_LEAST} to {MINIMUM_MOST}")
    root = _tree(table)
    for node in root.walk():
        if node.value < minimum:
            node.shown = Shown.SMALL
    while (given_away := _given_away(root, minimum)) is not None:
        if given_away.high == 0:
            given_away.shown = Shown.EXACT
        else:
            _protector(given_away).shown = Shown.WITHHELD
    return Published(
        root.count(),
        {name: group.count() for name, group in root.children.items()},
        {
            name: {key: row.count() for key, row in group.children.items()}
            for name, group in root.children.items()
        },
    )


def _tree(table: Mapping[str, Mapping[str, int]]) -> _Node:
    root = _Node(0)
    for name, rows in table.items():
        if not rows:
            raise ValueError(f"{name} has no rows")
        group = _Node(0)
        for key, value in rows.items():
            if value < 0:
                raise ValueError(f"{name}/{key} is negative")
            group.add(key, _Node(value))
        root.add(name, group)
    return root


def _given_away(root: _Node, minimum: int) -> _Node | None:
    """Return a hidden count that a reader could work out; ``None`` if there is none."""
    _from_below(root, minimum)
    _from_above(root)
    hidden = (node for node in root.walk() if node.shown is not Shown.EXACT)
    return next((node for node in hidden if node.low == node.high), None)


def _from_below(node: _Node, minimum: int) -> None:
    """Set what a count's own mark and its parts say about it."""
    for child in node.children.values():
        _from_below(child, minimum)
    node.low, node.high = {
        Shown.EXACT: (node.value, node.value),
        Shown.SMALL: (0, minimum - 1),
        Shown.WITHHELD: (minimum, _BOUNDLESS),
    }[node.shown]
    if node.children:
        parts = node.children.values()
        node.low = max(node.low, sum(part.low for part in parts))
        node.high = min(node.high, sum(part.high for part in parts))


def _from_above(node: _Node) -> None:
    """Narrow the parts of a count by what is known of it and of the other parts."""
    parts = list(node.children.values())
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    for part in parts:  # the sums are those from below: nothing here changes them
        others_low, others_high = low - part.low, high - part.high
        part.low = max(part.low, node.low - others_high)
        part.high = min(part.high, node.high - others_low)
        _from_above(part)


def _protector(node: _Node) -> _Node:
    """Return the count to withhold for ``node``: the next smallest beside it, else within, else above."""
    beside = node.parent.children.values() if node.parent else ()
    for choice in (beside, node.children.values(), (node.parent,) if node.parent else ()):
        exact = [one for one in choice if one.shown is Shown.EXACT and one.value]
        if exact:
            return min(exact, key=lambda one: one.value)
    raise AssertionError("everything is hidden and yet known")
