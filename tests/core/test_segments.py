"""Office hours: written and read back, and what cannot be."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from servicedesk.core.worktime import (
    DEFAULT_SEGMENTS,
    Calendar,
    Segment,
    format_segments,
    parse_segments,
)
from tests.core.worktime_support import (
    REAL,
    at,
    segment_tuples,
)


@given(segment_tuples())
def test_segments_survive_the_round_trip(segments: tuple[Segment, ...]) -> None:
    assert parse_segments(format_segments(segments)) == segments


def test_default_hours() -> None:
    assert format_segments(DEFAULT_SEGMENTS) == "09:00-12:00,13:30-17:30"
    assert parse_segments(" 09:00-12:00, 13:30-17:30 ") == DEFAULT_SEGMENTS
    assert REAL.minutes_on(date(2024, 9, 13)) == 3 * 60 + 4 * 60


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (6, 5), (0, 1441)])
def test_impossible_segments(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="0 <= start < end <= 1440"):
        Segment(start, end)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("9:00-12:00", "HH:MM-HH:MM"),
        ("09:00", "HH:MM-HH:MM"),
        ("09:00-12:00,", "HH:MM-HH:MM"),
        ("09:60-12:00", "HH:MM-HH:MM"),
        ("０９:00-12:00", "HH:MM-HH:MM"),
        ("12:00-09:00", "end after they start"),
        ("09:00-09:00", "end after they start"),
        ("09:00-24:01", "within 00:00-24:00"),
        ("09:00-12:00,11:59-13:00", "overlap"),
        ("09:00-12:00,08:00-13:00", "overlap"),
        ("13:30-17:30,09:00-12:00", "order"),
    ],
)
def test_bad_hours_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_segments(text)


def test_touching_and_midnight_segments() -> None:
    hours = (Segment(0, 720), Segment(720, 1440))
    assert parse_segments("00:00-12:00,12:00-24:00") == hours
    c = Calendar(segments=hours)
    assert c.end_of_day(date(2025, 3, 7)) == at("2025-03-08 00:00")
    assert c.add(at("2025-03-07 23:00"), 60) == at("2025-03-08 00:00")
    assert c.add(at("2025-03-07 23:00"), 61) == at("2025-03-10 00:01")
