"""An index over working time: how much was worked until a moment, and when so much will have been.

Walking from day to day is exact but slow where a hundred thousand due times are reckoned at once.
The index holds the working spans of some years with the sum before each, so that both questions
are one look-up. All numbers are whole minutes since 1970-01-01T00:00Z.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]


class Worked:
    """The working spans inside ``[first, last)``, which are in order and do not overlap.

    ``gap`` is the longest time without work.
    """

    def __init__(self, spans: Sequence[Span], first: int, last: int) -> None:
        self.first, self.last = first, last
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self._before: list[int] = []
        total = 0
        for start, end in spans:
            self._before.append(total)
            total += end - start
        self._total = total
        self.gap = self._longest_gap()

    def holds(self, first: int, last: int) -> bool:
        """Tell whether every moment from ``first`` to ``last`` lies inside."""
        return self.first <= first and last < self.last

    def _longest_gap(self) -> int:
        """Return the longest time without work, the edges included."""
        edges = zip([self.first, *self._ends], [*self._starts, self.last], strict=True)
        return max(start - end for end, start in edges)

    def until(self, now: int) -> int:
        """Return the working minutes from the first moment to ``now``."""
        place = bisect_right(self._starts, now) - 1
        if place < 0:
            return 0
        return self._before[place] + min(now, self._ends[place]) - self._starts[place]

    def until_each(self, moments: NDArray[Any]) -> NDArray[Any]:
        """Return :meth:`until` of many moments at once."""
        if not self._starts:
            return np.zeros(len(moments), dtype=np.int64)
        starts, ends, before = map(np.asarray, (self._starts, self._ends, self._before))
        places = np.searchsorted(starts, moments, side="right") - 1
        worked = before[places] + np.minimum(moments, ends[places]) - starts[places]
        return np.asarray(np.where(places < 0, 0, worked))

    def when(self, total: int) -> int | None:
        """Return when ``total`` minutes, at least one, have been worked: in ``(start, end]`` of a span."""
        if total > self._total:
            return None
        place = bisect_left(self._before, total) - 1
        return self._starts[place] + total - self._before[place]
