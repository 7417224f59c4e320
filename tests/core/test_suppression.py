"""Hidden counts stay hidden: tried against every table that fits what was published."""

import itertools
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.suppression import Count, Published, Shown, suppress

Table = Mapping[str, Mapping[str, int]]
COUNTS = st.one_of(st.integers(0, 6), st.integers(0, 300))


def tables(counts: st.SearchStrategy[int], groups: int, rows: int) -> st.SearchStrategy[Table]:
    row = st.dictionaries(st.sampled_from("abcdefgh"[:rows]), counts, min_size=1, max_size=rows)
    return st.dictionaries(st.sampled_from("ABCDEF"[:groups]), row, max_size=groups)


def every(published: Published) -> Iterator[tuple[tuple[str, ...], Count]]:
    yield (), published.total
    for name, count in published.groups.items():
        yield (name,), count
        for row, inner in published.rows[name].items():
            yield (name, row), inner


def value_at(table: Table, path: tuple[str, ...]) -> int:
    groups = [table[path[0]]] if path else list(table.values())
    return sum(
        value for rows in groups for key, value in rows.items() if len(path) < 2 or key == path[1]
    )


def fits(table: Table, published: Published, minimum: int) -> bool:
    """Tell whether a table could be behind what a reader sees, who knows the rule."""
    for path, count in every(published):
        value = value_at(table, path)
        if count.shown is Shown.EXACT and value != count.value:
            return False
        if count.shown is Shown.SMALL and value >= minimum:
            return False
        if count.shown is Shown.WITHHELD and value < minimum:
            return False
    return True


@given(tables(COUNTS, 6, 8), st.integers(3, 12))
def test_what_is_shown_is_true_and_what_is_small_is_not_shown(table: Table, minimum: int) -> None:
    published = suppress(table, minimum)
    assert set(published.groups) == set(table)
    for path, count in every(published):
        value = value_at(table, path)
        assert (count.shown is Shown.SMALL) == (value < minimum and count.value != 0), path
        assert count.value == (value if count.shown is Shown.EXACT else None), path


@given(tables(COUNTS, 6, 8), st.integers(3, 12))
def test_no_hidden_count_stands_alone_under_a_published_total(table: Table, minimum: int) -> None:
    published = suppress(table, minimum)
    layers = [(published.total, published.groups)]
    layers += [(count, published.rows[name]) for name, count in published.groups.items()]
    for total, parts in layers:
        hidden = [one for one in parts.values() if one.shown is not Shown.EXACT]
        assert total.shown is not Shown.EXACT or len(hidden) != 1
        if parts and not hidden:
            assert total.shown is Shown.EXACT, "a hidden total is the sum of what is shown"


@given(tables(st.integers(0, 6), 2, 2), st.just(3))
def test_every_hidden_count_could_be_another(table: Table, minimum: int) -> None:
    """All tables of the same shape with counts up to eight are tried, one after another."""
    published = suppress(table, minimum)
    places = [(name, row) for name, rows in table.items() for row in rows]
    hidden = {path for path, count in every(published) if count.shown is not Shown.EXACT}
    seen: dict[tuple[str, ...], set[int]] = {path: set() for path in hidden}
    for values in itertools.product(range(9), repeat=len(places)):
        other: dict[str, dict[str, int]] = {name: {} for name in table}
        for (name, row), value in zip(places, values, strict=True):
            other[name][row] = value
        if fits(other, published, minimum):
            for path in hidden:
                seen[path].add(value_at(other, path))
    nothing = set() if places else {()}
    assert [path for path in hidden - nothing if len(seen[path]) < 2] == []


def test_the_next_smallest_is_withheld_with_a_single_small_one() -> None:
    published = suppress({"A": {"x": 3, "y": 20, "z": 8}}, 5)
    shown = {key: count.shown for key, count in published.rows["A"].items()}
    assert shown == {"x": Shown.SMALL, "z": Shown.WITHHELD, "y": Shown.EXACT}
    assert published.groups["A"].value == published.total.value == 31


def test_noughts_cost_nobody_his_count() -> None:
    published = suppress({"A": {"x": 12, "y": 0, "z": 30, "w": 0}, "B": {"v": 0}}, 5)
    assert {key: count.value for key, count in published.rows["A"].items()} == {
        "x": 12, "y": 0, "z": 30, "w": 0,
    }  # fmt: skip
    among = suppress({"A": {"x": 12, "y": 0, "z": 30, "w": 2}}, 5)
    assert among.rows["A"]["y"] == among.rows["A"]["w"] == Count(Shown.SMALL)


def test_two_that_could_only_be_four_each_are_not_enough() -> None:
    published = suppress({"A": {"x": 4, "y": 4, "z": 30}}, 5)
    assert published.rows["A"]["z"].shown is Shown.WITHHELD


def test_bounds() -> None:
    with pytest.raises(ValueError, match="minimum"):
        suppress({}, 2)
    with pytest.raises(ValueError, match="negative"):
        suppress({"A": {"x": -1}}, 5)
    with pytest.raises(ValueError, match="no rows"):
        suppress({"A": {}}, 5)
