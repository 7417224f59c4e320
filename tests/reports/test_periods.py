"""Periods of reports and the rounding of their numbers: rules without a database."""

from datetime import date

import pytest

from servicedesk.core.counting import Rounding, about
from servicedesk.reports.periods import Length, around, before, last_ended, named, period_of, ranges


@pytest.mark.parametrize(
    ("number", "over", "near"),
    [
        (49, "49", "49"), (50, "50", "50"), (53, "50余", "近60"), (60, "60", "60"),
        (99, "90余", "近100"), (100, "100", "100"), (101, "100余", "近200"),
        (512, "500余", "近600"), (950, "900余", "近1000"),
    ],
)  # fmt: skip
def test_rounding(number: int, over: str, near: str) -> None:
    assert about(number, approximate=True) == over
    assert about(number, approximate=True, rounding=Rounding.NEAR) == near
    assert about(number, approximate=True, rounding=Rounding.EXACT) == str(number)
    for rounding in Rounding:
        assert about(number, approximate=False, rounding=rounding) == str(number)


@pytest.mark.parametrize(
    ("length", "code", "start", "end"),
    [
        (Length.WEEK, "2024-W10", date(2024, 3, 4), date(2024, 3, 10)),
        (Length.WEEK, "2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
        (Length.MONTH, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (Length.MONTH, "2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        (Length.QUARTER, "2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
        (Length.HALF, "2024-H1", date(2024, 1, 1), date(2024, 6, 30)),
        (Length.HALF, "2024-H2", date(2024, 7, 1), date(2024, 12, 31)),
        (Length.YEAR, "2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_code_is_its_days_and_back(length: Length, code: str, start: date, end: date) -> None:
    found = period_of(length, code)
    assert (found.start, found.end, found.code) == (start, end, code)
    assert around(length, start) == around(length, end) == found
    assert named(code) == found


@pytest.mark.parametrize("code", ["2024-W54", "2024-13", "2024-00", "x", "", "1999-01"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(ValueError):
        period_of(Length.WEEK if "W" in code else Length.MONTH, code)
    with pytest.raises(ValueError):
        named(code)


def test_what_a_period_is_compared_with() -> None:
    march = period_of(Length.MONTH, "2024-03")
    assert ranges(march, date(2024, 6, 1)) == (
        (date(2024, 3, 1), date(2024, 3, 31)),
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2023, 3, 1), date(2023, 3, 31)),
    )
    running = ranges(march, date(2024, 3, 5))
    assert running == (
        (date(2024, 3, 1), date(2024, 3, 5)),
        (date(2024, 2, 1), date(2024, 2, 5)),
        (date(2023, 3, 1), date(2023, 3, 5)),
    )
    year = period_of(Length.YEAR, "2024")
    assert ranges(year, date(2025, 1, 1))[1] is None
    week = period_of(Length.WEEK, "2024-W10")
    assert ranges(week, date(2024, 6, 1))[2] == (date(2023, 3, 6), date(2023, 3, 12))


def test_the_last_one_that_is_over() -> None:
    assert last_ended(Length.MONTH, date(2024, 3, 1)).code == "2024-02"
    assert last_ended(Length.YEAR, date(2025, 1, 1)).code == "2024"
    assert before(period_of(Length.QUARTER, "2024-Q1")).code == "2023-Q4"
