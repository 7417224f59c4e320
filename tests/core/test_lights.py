"""The pure rules of the leader's charts: control limits, ageing bands, today's lights."""

from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.ageing import BANDS, bands
from servicedesk.core.control import LEAST_POINTS, limits
from servicedesk.core.lights import MOST, RULES, Colour, lights


def test_limits_of_a_known_series() -> None:
    usual = limits([10, 12, 11, 13, 12, 14])
    assert usual is not None
    assert usual.centre == pytest.approx(12)
    assert usual.upper == pytest.approx(12 + 3.145 * 2)
    assert usual.lower == pytest.approx(12 - 3.145 * 2)


def test_one_bad_week_is_outside_and_does_not_widen_the_limits() -> None:
    steady = [100, 104, 98, 103, 99, 101, 97, 102, 100, 104]
    usual = limits([*steady, 900])
    assert usual is not None
    assert not usual.holds(900)
    assert all(usual.holds(week) for week in steady)


def test_too_few_points_have_no_limits() -> None:
    assert limits([1.0] * (LEAST_POINTS - 1)) is None
    assert limits([1.0] * LEAST_POINTS) is not None


@given(st.lists(st.integers(0, 10_000), min_size=LEAST_POINTS, max_size=60))
def test_limits_are_in_order_and_never_negative(values: list[int]) -> None:
    usual = limits(values)
    assert usual is not None
    assert 0 <= usual.lower <= usual.centre + 1e-9
    assert usual.centre <= usual.upper
    assert usual.centre == pytest.approx(median(values))


HOLIDAYS = {date(2024, 10, day) for day in range(1, 8)}


def is_working_day(day: date) -> bool:
    """Weekdays, but for a week of holidays."""
    return day.weekday() < 5 and day not in HOLIDAYS


@given(st.dates(date(2024, 1, 1), date(2025, 12, 31)), st.integers(0, 300))
def test_every_day_lies_in_the_one_band_of_its_working_days(today: date, back: int) -> None:
    day = today - timedelta(days=back)
    age = sum(is_working_day(day + timedelta(days=n)) for n in range(1, back + 1))
    holding = [
        band
        for band in bands(today, is_working_day)
        if (band.since is None or day >= band.since) and (band.until is None or day <= band.until)
    ]
    assert [(band.least, band.most) for band in holding] == [
        (least, most) for least, most in BANDS if least <= age and (most is None or age <= most)
    ]


def test_a_calendar_without_working_days_still_has_bands() -> None:
    assert len(bands(date(2024, 5, 6), lambda day: False)) == len(BANDS)


KEYS = [rule.key for rule in RULES]


@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 50)))
def test_at_most_seven_lights_red_first(counts: dict[str, int]) -> None:
    lines = lights(counts)
    assert 1 <= len(lines) <= MOST
    colours = [line.colour for line in lines]
    assert colours == sorted(colours, key=lambda one: one is not Colour.RED)
    lit = [key for key in KEYS if counts.get(key)]
    if not lit:
        assert colours == [Colour.GREEN]
        return
    assert Colour.GREEN not in colours
    assert len(lines) == min(MOST, len(lit))
    for line in lines:
        assert line.number == counts[line.key] > 0
    for colour in (Colour.RED, Colour.YELLOW):
        places = [KEYS.index(line.key) for line in lines if line.colour is colour]
        assert places == sorted(places)


def test_what_turns_red() -> None:
    assert [line.colour for line in lights({"disputes": 2, "level_3": 1})] == ["red", "yellow"]
    assert lights({"disputes": 3})[0].colour is Colour.RED
    assert lights(dict.fromkeys(KEYS, 1))[0].key == "silent"
