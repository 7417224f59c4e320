"""Rates with bounds tell no more than "few": tried against all numbers of misses that fit the page."""

from collections.abc import Iterator, Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.public_rates import BOUND_FROM, RateLine, RateShown, show
from servicedesk.core.suppression import Shown, suppress

Numbers = Mapping[str, Mapping[str, tuple[int, int]]]
Page = tuple[RateLine, int]
MINIMA = st.integers(3, 4)
"""Small, so that every number of misses can be tried."""
SHAPES = st.sampled_from([(1,), (2,), (3,), (4,), (1, 1), (1, 2), (2, 2), (1, 3), (1, 1, 2)])


@st.composite
def lines(draw: st.DrawFn, minimum: int, most: int = 0) -> Numbers:
    """Return groups of lines: of how many tickets, and how many were missed; often few or none."""
    bounded = BOUND_FROM * minimum
    top = most or bounded + 1
    wholes = st.one_of(st.integers(0, top), st.integers(bounded, top))

    def line() -> tuple[int, int]:
        whole = draw(wholes)
        few = st.integers(0, min(whole, minimum))
        return whole, draw(st.one_of(st.just(0), few, few, few, st.integers(0, whole)))

    return {
        name: {row: line() for row in "wxyz"[:rows]}
        for name, rows in zip("ABC", draw(SHAPES), strict=False)
    }


@st.composite
def pages(draw: st.DrawFn, minima: st.SearchStrategy[int] = MINIMA, most: int = 0) -> Page:
    minimum = draw(minima)
    root = tree(draw(lines(minimum, most)), minimum)
    show(root, minimum)
    return root, minimum


def tree(numbers: Numbers, minimum: int) -> RateLine:
    """Return the lines as the page has them: a number of tickets is open where it is published."""
    counts = suppress(
        {name: {key: whole for key, (whole, _) in rows.items()} for name, rows in numbers.items()},
        minimum,
    )
    groups = {
        name: total(
            {
                key: RateLine(whole, missed, counts.rows[name][key].shown is Shown.EXACT)
                for key, (whole, missed) in rows.items()
            },
            counts.groups[name].shown is Shown.EXACT,
        )
        for name, rows in numbers.items()
    }
    return total(groups, counts.total.shown is Shown.EXACT)


def total(parts: Mapping[str, RateLine], is_open: bool) -> RateLine:
    return RateLine(
        sum(one.whole for one in parts.values()),
        sum(one.missed for one in parts.values()),
        is_open,
        parts,
    )


def leaves(line: RateLine) -> Iterator[RateLine]:
    return (one for one in line.walk() if not one.parts)


class Reader:
    """All numbers of misses that there could be, one row each, before anything was read.

    One who knows not all numbers of tickets thinks that a hidden one may be up to ``unseen``.
    """

    def __init__(self, root: RateLine, unseen: int = 0) -> None:
        self.root = root
        ends = [1 + (line.whole if line.open else max(line.whole, unseen)) for line in leaves(root)]
        grid = np.indices(ends).reshape(len(ends), -1)
        found = {id(line): column for line, column in zip(leaves(root), grid, strict=True)}
        for line in reversed(list(root.walk())):
            if line.parts:
                found[id(line)] = np.sum([found[id(one)] for one in line.parts.values()], axis=0)
        self.misses = found

    def knowing(self, says: Mapping[int, np.ndarray]) -> dict[int, set[int]]:
        """Return what each line's misses could be for somebody who knows what the marks say."""
        fits = np.all(list(says.values()), axis=0)
        return {key: set(column[fits].tolist()) for key, column in self.misses.items()}

    def before(self, minimum: int) -> dict[int, set[int]]:
        """Return what the page told when it had no bounds: harmful rates were a dash, no other."""
        says = {}
        for line in self.root.walk():
            misses = self.misses[id(line)]
            few = (misses > 0) & (misses < minimum)
            few_not = (misses < line.whole) & (misses > line.whole - minimum)
            if line.open:
                harmful = 0 < line.missed < minimum or 0 < line.whole - line.missed < minimum
                says[id(line)] = few | few_not if harmful else misses == line.missed
        return self.knowing(says or {0: np.ones_like(next(iter(self.misses.values())), bool)})

    def after(self, minimum: int) -> dict[int, set[int]]:
        """Return what the page tells now."""
        says = {}
        for line in self.root.walk():
            misses = self.misses[id(line)]
            says[id(line)] = {
                RateShown.EXACT: misses == line.missed,
                RateShown.ABOVE: (misses > 0) & (misses < minimum),
                RateShown.HIDDEN: (misses > 0) & (misses <= line.whole)
                if line.open
                else misses >= 0,
            }[line.shown]
        return self.knowing(says)


@settings(max_examples=500, deadline=None)
@given(pages())
def test_a_bound_tells_no_more_than_few(page: Page) -> None:
    """Whatever small number could be behind a line before there were bounds still could."""
    narrows_nothing(*page)


def narrows_nothing(root: RateLine, minimum: int) -> None:
    reader = Reader(root)
    before, after = reader.before(minimum), reader.after(minimum)
    few = set(range(1, minimum))
    for line in root.walk():
        if line.missed in few:
            assert after[id(line)] >= before[id(line)] & few
        if line.shown is RateShown.ABOVE:
            assert line.missed in few


@settings(max_examples=300, deadline=None)
@given(pages())
def test_no_hidden_number_of_misses_follows_from_the_others(page: Page) -> None:
    root, minimum = page
    after = Reader(root, minimum - 1).after(minimum)
    for line in root.walk():
        assert line.shown is RateShown.EXACT or not line.missed or len(after[id(line)]) > 1


@given(pages(st.integers(3, 9), most=400))
def test_what_is_shown_is_true(page: Page) -> None:
    root, minimum = page
    for line in root.walk():
        rate = (line.whole - line.missed) * 100 / line.whole if line.whole else 100.0
        if line.shown is RateShown.ABOVE:
            assert 75 <= line.bound(minimum) < rate < 100
        if line.shown is RateShown.EXACT:
            assert line.open and not 0 < line.missed < minimum
            assert not 0 < line.whole - line.missed < minimum
        if line.open and not line.missed:
            assert line.shown is RateShown.EXACT


def shown(numbers: Numbers, minimum: int = 5) -> list[str]:
    """Return the marks of the total, the groups and their lines, in this order."""
    root = tree(numbers, minimum)
    show(root, minimum)
    return [str(line.shown) for line in root.walk()]


def test_few_missed_in_all_have_bounds_everywhere() -> None:
    assert shown({"A": {"x": (40, 2), "y": (60, 0)}, "B": {"x": (50, 1)}}) == [
        "above", "above", "above", "exact", "above", "above",
    ]  # fmt: skip
    assert tree({"A": {"x": (39, 2)}}, 5).bound(5) == 87


def test_a_small_number_does_not_follow_from_a_total() -> None:
    """Seven were missed, five of them in one line: the other two followed, had both rates stood there."""
    assert shown({"A": {"x": (50, 5), "y": (30, 2), "z": (20, 0)}}) == [
        "exact", "exact", "hidden", "above", "exact",
    ]  # fmt: skip


def test_what_bounds_would_give_away_together_has_not_all_of_them() -> None:
    """Three lines of four each: three bounds and the total of twelve would say so."""
    marks = shown({"A": {"x": (40, 4), "y": (40, 4), "z": (40, 4)}})
    assert "exact" not in marks[:2] or "hidden" in marks[2:]


def test_a_bound_that_would_narrow_another_line_is_left_out() -> None:
    """With "fewer than four" for all together, one of the five could no longer be three."""
    root = tree({"A": {"x": (16, 2), "y": (5, 1)}}, 4)
    show(root, 4)
    narrows_nothing(root, 4)
    assert [str(line.shown) for line in root.walk()].count("above") == 1
