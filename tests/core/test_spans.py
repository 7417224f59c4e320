"""Periods of the dashboards and what they are compared with; how numbers are written."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.numerals import change, change_words, shortened, tone
from servicedesk.core.spans import (
    PRESETS,
    Kind,
    Period,
    before,
    days_of,
    every_day,
    free,
    months_of,
    named,
    parse,
    preset,
    to_address,
    year_before,
)

DAYS = st.dates(date(2003, 1, 1), date(2099, 12, 31))
TODAY = date(2026, 11, 18)  # a Wednesday


def days(period: Period) -> tuple[str, str]:
    return period.start.isoformat(), period.end.isoformat()


@pytest.mark.parametrize(
    ("name", "now", "earlier", "last_year"),
    [
        ("week", ("2026-11-16", "2026-11-18"), ("2026-11-09", "2026-11-11"),
         ("2025-11-17", "2025-11-19")),
        ("last_week", ("2026-11-09", "2026-11-15"), ("2026-11-02", "2026-11-08"),
         ("2025-11-10", "2025-11-16")),
        ("month", ("2026-11-01", "2026-11-18"), ("2026-10-01", "2026-10-18"),
         ("2025-11-01", "2025-11-18")),
        ("last_month", ("2026-10-01", "2026-10-31"), ("2026-09-01", "2026-09-30"),
         ("2025-10-01", "2025-10-31")),
        ("quarter", ("2026-10-01", "2026-11-18"), ("2026-07-01", "2026-08-18"),
         ("2025-10-01", "2025-11-18")),
        ("last_quarter", ("2026-07-01", "2026-09-30"), ("2026-04-01", "2026-06-30"),
         ("2025-07-01", "2025-09-30")),
        ("year", ("2026-01-01", "2026-11-18"), ("2025-01-01", "2025-11-18"),
         ("2025-01-01", "2025-11-18")),
        ("last_year", ("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31"),
         ("2024-01-01", "2024-12-31")),
    ],
)  # fmt: skip
def test_presets_and_what_they_are_compared_with(
    name: str, now: tuple[str, str], earlier: tuple[str, str], last_year: tuple[str, str]
) -> None:
    period = preset(name, TODAY)
    assert days(period) == now
    assert days(before(period)) == earlier
    assert days(year_before(period)) == last_year
    assert period.running is (not name.startswith("last_"))


@pytest.mark.parametrize(
    ("text", "now", "earlier", "last_year"),
    [
        ("2024-02", ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31"),
         ("2023-02-01", "2023-02-28")),
        ("2025-02", ("2025-02-01", "2025-02-28"), ("2025-01-01", "2025-01-31"),
         ("2024-02-01", "2024-02-29")),
        ("2024-Q1", ("2024-01-01", "2024-03-31"), ("2023-10-01", "2023-12-31"),
         ("2023-01-01", "2023-03-31")),
        ("2024", ("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31"),
         ("2023-01-01", "2023-12-31")),
    ],
)  # fmt: skip
def test_named_periods(
    text: str, now: tuple[str, str], earlier: tuple[str, str], last_year: tuple[str, str]
) -> None:
    period = named(text, TODAY)
    assert (days(period), days(before(period)), days(year_before(period))) == (
        now, earlier, last_year,
    )  # fmt: skip


def test_a_long_month_that_runs_is_compared_with_the_whole_short_one() -> None:
    assert days(before(preset("month", date(2025, 3, 30)))) == ("2025-02-01", "2025-02-28")


def test_free_ranges_go_back_by_their_length_and_whole_months_by_months() -> None:
    assert days(before(free(date(2025, 3, 1), date(2025, 4, 30)))) == ("2025-01-01", "2025-02-28")
    assert days(before(free(date(2025, 3, 2), date(2025, 3, 11)))) == ("2025-02-20", "2025-03-01")
    assert days(year_before(free(date(2024, 2, 29), date(2024, 3, 5)))) == (
        "2023-02-28", "2023-03-05",
    )  # fmt: skip


@given(st.sampled_from(sorted(PRESETS)), DAYS)
def test_every_preset_comes_back_from_its_address(name: str, today: date) -> None:
    period = preset(name, today)
    assert parse(to_address(period), today) == period
    assert period.start <= period.end <= today
    assert days(parse(days_of(period), today)) == days(period)
    earlier = before(period)
    assert earlier.start <= earlier.end < period.start
    assert period.running or earlier.end == period.start - timedelta(days=1)
    if period.running:
        assert earlier.days <= period.days
    assert year_before(period).end < period.end


@given(DAYS, st.integers(0, 3000))
def test_free_ranges(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    if end.year > 2100:
        return
    period = free(start, end)
    assert parse(to_address(period), end) == period
    today = max(start, min(TODAY, end))
    assert parse(to_address(period), today).end == today  # days to come are left out
    earlier, last_year = before(period), year_before(period)
    assert earlier.end == period.start - timedelta(days=1)
    months = months_of(period)
    assert (months[0].start, months[-1].end) == (period.start, period.end)
    assert sum(month.days for month in months) == period.days == len(every_day(period))
    assert abs(last_year.days - period.days) <= 1
    assert (last_year.start.year, last_year.end.year) == (start.year - 1, end.year - 1)


@pytest.mark.parametrize(
    "address",
    [
        {"period": "2024-13"}, {"period": "fortnight"}, {"period": "2024-Q5"}, {"period": "2027"},
        {"since": "2024-01-01"}, {"until": "2024-01-01"}, {"since": "x", "until": "y"},
        {"since": "2024-02-01", "until": "2024-01-01"},
        {"since": "1990-01-01", "until": "2024-01-01"},
        {"since": "2004-01-01", "until": "2026-01-01"},
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(address: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        parse(address, TODAY)


def test_a_form_sends_the_period_with_its_days_and_other_days_win() -> None:
    month = preset("month", TODAY)
    assert parse({**to_address(month), **days_of(month)}, TODAY) == month
    other = parse({**to_address(month), "since": "2026-11-02", "until": "2026-11-18"}, TODAY)
    assert (other.kind, other.start) == (Kind.FREE, date(2026, 11, 2))


def test_nothing_said_is_this_month_and_a_wrong_preset_is_a_mistake_of_ours() -> None:
    assert parse({}, TODAY).kind is Kind.MONTH
    with pytest.raises(KeyError):
        preset("decade", TODAY)


@pytest.mark.parametrize(
    ("number", "unit", "written"),
    [
        (0, "件", ("0", "件")), (9_999, "件", ("9999", "件")), (10_000, "件", ("1", "万件")),
        (123_456, "家", ("12.35", "万家")), (238_000, "万元", ("23.8", "亿元")),
        (9_800, "万元", ("9800", "万元")), (100_000_000, "", ("1", "亿")),
        (-25_000, "分", ("-2.5", "万分")), (99_999_999, "", ("1", "亿")),
        (9_999.999, "万元", ("1", "亿元")),
    ],
)  # fmt: skip
def test_numbers_in_wan_and_yi(number: float, unit: str, written: tuple[str, str]) -> None:
    assert shortened(number, unit) == written


def test_words_of_a_change() -> None:
    assert change_words(change(110, 100, rate=False)) == ("增长%(n)s%%", "10")
    assert change_words(change(87.5, 100, rate=False)) == ("下降%(n)s%%", "12.5")
    assert change_words(change(92.04, 90, rate=True)) == ("提高%(n)s个百分点", "2")
    assert change_words(change(88.9, 90, rate=True)) == ("下降%(n)s个百分点", "1.1")
    assert change_words(change(98, 5, rate=False)) == ("增长%(n)s倍", "18.6")
    assert change_words(change(110, 10, rate=False)) == ("增长%(n)s倍", "10")
    assert change_words(change(109, 10, rate=False)) == ("增长%(n)s%%", "990")
    assert change_words(change(-990, 10, rate=False)) == ("下降%(n)s%%", "10000")
    assert change_words(change(5, 5, rate=False)) == ("持平", "")
    assert change_words(change(5, 0, rate=False)) == ("无可比数", "")
    assert change_words(change(None, 5, rate=True)) == ("无可比数", "")
    assert change_words(change(-10, -20, rate=False)) == ("增长%(n)s%%", "50")


def test_more_is_not_always_better() -> None:
    more = change(2, 1, rate=False)
    assert (tone(more, "up"), tone(more, "down"), tone(more, "")) == ("good", "bad", "")
    assert tone(change(1, 1, rate=False), "up") == ""
