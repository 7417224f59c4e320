"""Counting from columns gives what counting in a loop gives, whatever the rows and the groups are."""

from collections import defaultdict
from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.tallies import (
    ASKED,
    NONE,
    Groups,
    Response,
    count,
    told_apart,
)

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),  # group
        st.integers(0, 5),  # enterprise
        st.sampled_from(Response),
        st.integers(0, 100),  # limit of the response
        st.integers(NONE, 9),  # minutes
        st.integers(0, 3),  # urges
    ),
    max_size=40,
)
NOW = 50


@given(rows=ROWS, grouped=st.booleans())
def test_every_part_is_what_a_loop_counts(
    rows: list[tuple[int, int, Response, int, int, int]], grouped: bool
) -> None:
    column = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    columns = {
        "firm": column[1], "response": column[2].astype("i1"), "response_due": column[3],
        "response_minutes": column[4].astype("i4"), "urges": column[5].astype("i2"),
        "repeated": column[5] > 1, "urgent": column[5] > 2,
    }  # fmt: skip
    groups = Groups(column[0], 4) if grouped else Groups()
    found = count(columns, ASKED, groups, NOW)
    by_group = defaultdict(list)
    for row in rows:
        by_group[row[0] if grouped else 0].append(row)
    for group in range(groups.count):
        mine = by_group[group]
        measured = [
            row for row in mine
            if row[2] in (Response.IN_TIME, Response.MISSED)
            or (row[2] is Response.WAITING and row[3] < NOW)
        ]  # fmt: skip
        minutes = sorted(row[4] for row in mine if row[4] >= 0)
        true = {
            "submitted": len(mine),
            "response_measured": len(measured),
            "responded_in_time": sum(row[2] is Response.IN_TIME for row in mine),
            "urges": sum(row[5] for row in mine),
            "repeated": sum(row[5] > 1 for row in mine),
            "askers": len({row[1] for row in mine}),
            "response_median_minutes": minutes[ceil(len(minutes) / 2) - 1] if minutes else NONE,
            "response_p90_minutes": minutes[ceil(len(minutes) * 0.9) - 1] if minutes else NONE,
            "response_mean_minutes": round(sum(minutes) / len(minutes)) if minutes else NONE,
        }
        assert {name: int(found[name][group]) for name in true} == true


@given(
    things=st.lists(st.integers(0, 10_000), max_size=30),
    groups=st.integers(1, 10_000),
)
def test_distinct_things_are_the_same_with_and_without_a_table(
    things: list[int], groups: int
) -> None:
    """A table of groups × things that would be too large is not made; pairs are sorted instead."""
    codes = np.array([thing % groups for thing in things], dtype=np.int64)
    found = Groups(codes, groups).distinct(np.array(things, dtype=np.int64))
    true: dict[int, set[int]] = defaultdict(set)
    for code, thing in zip(codes.tolist(), things, strict=True):
        true[code].add(thing)
    assert {n: int(found[n]) for n in np.flatnonzero(found)} == {n: len(s) for n, s in true.items()}


@given(st.lists(st.one_of(st.integers(-1, 30), st.integers(-1, 2**40)), max_size=30))
def test_numbers_are_told_apart(numbers: list[int]) -> None:
    known, places = told_apart(np.array(numbers, dtype=np.int64))
    assert known.tolist() == sorted(set(numbers))
    assert [known[place] for place in places] == numbers
