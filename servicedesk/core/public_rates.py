"""Which rates everybody may read (比率公布): exactly, as a bound, or not at all.

A rate tells, with the number of tickets that it is of, how many were missed. One to four (fewer than
the minimum) would give single tickets away; so would what follows from a total and the other lines.

* A rate of which few were missed, or of which few were not, is never published exactly, and as many
  others are withheld as it takes for no hidden number of misses to follow by subtraction.
* Where few were missed, a bound is published (高于95%): it says "fewer than the minimum", no more. It is
  left out wherever, together with all else, it would narrow a small number of misses to less than what
  could be found out from the page without bounds and "one to the minimum less one".
* None missed is nobody's, and is published.

For the bounds the reader is thought to know every number of tickets, shown or not; for what is
withheld, that a hidden one may be anything below the minimum.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import floor

BOUND_FROM = 4
"""A bound needs so many times the minimum: it is 75 % then; a lower one would read as a bad rate."""
Range = tuple[int, int]


class RateShown(StrEnum):
    """How a rate is published."""

    EXACT = "exact"
    ABOVE = "above"
    HIDDEN = "hidden"


@dataclass(slots=True, eq=False)
class RateLine:
    """One line: of how many tickets, how many were missed; ``open`` if the first may be published."""

    whole: int
    missed: int
    open: bool
    parts: Mapping[str, "RateLine"] = field(default_factory=dict)
    shown: RateShown = RateShown.HIDDEN

    def walk(self) -> Iterator["RateLine"]:
        """Return the line and all beneath it, totals first."""
        yield self
        for part in self.parts.values():
            yield from part.walk()

    def bound(self, minimum: int) -> int:
        """Return what the rate lies above, in per cent, if fewer than ``minimum`` were missed."""
        return floor((self.whole - minimum) * 100 / self.whole)


Domain = Callable[[RateLine], tuple[Range, ...]]
"""What a line's own mark says of its misses: one range, or two."""
Known = Mapping[int, Range]
"""What a reader can find out about each line's misses, by ``id`` of the line."""


def show(total: RateLine, minimum: int) -> None:
    """Set how each rate of a tree of lines may be published; a line's numbers are its parts' sums."""
    lines = list(total.walk())
    for line in lines:
        line.shown = RateShown.EXACT if _harmless(line, minimum) else RateShown.HIDDEN
    without = ranges(total, _as_ever(minimum))
    marks, all_known = _marks(minimum, minimum - 1), _marks(minimum, 0)
    while (protector := _protector(total, _given_away(lines, ranges(total, marks)))) is not None:
        protector.shown = RateShown.HIDDEN
    small = [line for line in lines if 0 < line.missed < minimum]
    for line in small:
        if line.open and line.shown is RateShown.HIDDEN and line.whole >= BOUND_FROM * minimum:
            line.shown = RateShown.ABOVE
            narrowed = _narrowed(small, without, ranges(total, all_known), minimum)
            if narrowed or _given_away(lines, ranges(total, marks)):
                line.shown = RateShown.HIDDEN


def ranges(total: RateLine, domain: Domain) -> Known:
    """Return what follows for each line's misses from all marks and sums: never too little.

    Where each mark is one range the answer is exact: a line is the sum of its parts, nothing else.
    """
    lines = list(total.walk())
    allowed = {id(line): domain(line) for line in lines}
    known = {key: (parts[0][0], parts[-1][1]) for key, parts in allowed.items()}
    before: dict[int, Range] = {}
    while known != before:
        before = dict(known)
        for line in reversed(lines):
            _from_parts(line, known)
        for line in lines:
            _to_parts(line, known)
        for key, (low, high) in known.items():
            known[key] = _clipped(low, high, allowed[key])
    return known


def _from_parts(line: RateLine, known: dict[int, Range]) -> None:
    if line.parts:
        parts = [known[id(part)] for part in line.parts.values()]
        low, high = known[id(line)]
        known[id(line)] = max(low, sum(p[0] for p in parts)), min(high, sum(p[1] for p in parts))


def _to_parts(line: RateLine, known: dict[int, Range]) -> None:
    low, high = known[id(line)]
    lows = sum(known[id(part)][0] for part in line.parts.values())
    highs = sum(known[id(part)][1] for part in line.parts.values())
    for part in line.parts.values():  # the sums stay those from below
        least, most = known[id(part)]
        known[id(part)] = max(least, low - highs + most), min(most, high - lows + least)


def _clipped(low: int, high: int, allowed: tuple[Range, ...]) -> Range:
    """Return the range between the first and the last number of ``allowed`` within it."""
    inside = [(max(low, a), min(high, b)) for a, b in allowed if a <= high and b >= low]
    return inside[0][0], inside[-1][1]


def _harmless(line: RateLine, minimum: int) -> bool:
    """Tell whether a rate by itself gives nobody away: none or many missed, none or many not."""
    return line.open and all(
        number == 0 or number >= minimum for number in (line.missed, line.whole - line.missed)
    )


def _as_ever(minimum: int) -> Domain:
    """Return what the marks would say if no rate but the harmful ones were hidden, and no bound shown."""

    def domain(line: RateLine) -> tuple[Range, ...]:
        if line.shown is RateShown.EXACT:
            return ((line.missed, line.missed),)
        if not line.open:
            return ((0, line.whole),)
        few, many = (1, minimum - 1), (line.whole - minimum + 1, line.whole - 1)
        return ((few[0], max(few[1], many[1])),) if many[0] <= few[1] + 1 else (few, many)

    return domain


def _marks(minimum: int, unseen: int) -> Domain:
    """Return what the marks of the page say: a hidden rate may be any but that of none missed.

    A hidden number of tickets is thought to be up to ``unseen`` at least.
    """

    def domain(line: RateLine) -> tuple[Range, ...]:
        if line.shown is RateShown.EXACT:
            return ((line.missed, line.missed),)
        if line.shown is RateShown.ABOVE:
            return ((1, minimum - 1),)
        return ((1, line.whole),) if line.open else ((0, max(line.whole, unseen)),)

    return domain


def _given_away(lines: list[RateLine], known: Known) -> list[RateLine]:
    """Return the hidden rates whose misses follow from the rest."""
    hidden = [line for line in lines if line.shown is not RateShown.EXACT and line.missed]
    return [line for line in hidden if known[id(line)][0] == known[id(line)][1]]


def _narrowed(small: list[RateLine], without: Known, found: Known, minimum: int) -> bool:
    """Tell whether anything small is narrowed more than by its being small."""
    for line in small:
        (low, high), (least, most) = without[id(line)], found[id(line)]
        if least > max(low, 1) or most < min(high, minimum - 1):
            return True
    return False


def _protector(total: RateLine, given_away: list[RateLine]) -> RateLine | None:
    """Return the rate to withhold: the next smallest beside what is given away, else within, else above."""
    for line in given_away:
        above = next((one for one in total.walk() if line in one.parts.values()), None)
        beside = above.parts.values() if above else ()
        for choice in (beside, line.parts.values(), (above,) if above else ()):
            exact = [one for one in choice if one.shown is RateShown.EXACT and one.missed]
            if exact:
                return min(exact, key=lambda one: one.missed)
    return None
