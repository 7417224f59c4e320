"""Control charts (控制图): is a week's time within what weeks usually differ, or is there a cause?

The centre is the median and the limits come from the median moving range of neighbours, so that one
bad week neither moves nor widens what it is to be judged by (Wheeler, *Understanding Variation*).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

THREE_SIGMA = 3.145  # times the median moving range of two neighbours
LEAST_POINTS = 6  # with fewer nobody can say what is usual


@dataclass(frozen=True, slots=True)
class Limits:
    """What is usual: the median, and how far values differ from it without any special cause."""

    centre: float
    lower: float
    upper: float

    def holds(self, value: float) -> bool:
        """Tell whether ``value`` lies within what is usual."""
        return self.lower <= value <= self.upper


def limits(values: Sequence[float]) -> Limits | None:
    """Return the limits of values that cannot be negative; ``None`` where there are too few."""
    if len(values) < LEAST_POINTS:
        return None
    centre = median(values)
    spread = THREE_SIGMA * median(abs(after - before) for before, after in pairwise(values))
    return Limits(centre, max(0.0, centre - spread), centre + spread)
