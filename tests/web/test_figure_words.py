"""Numbers in sentences: one is not many in English, working days are written out, growth in times."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_babel import force_locale

from servicedesk.core.figures import BY_KEY, FIGURES, MINUTES
from servicedesk.core.numerals import Change
from servicedesk.web.figure_words import say, say_change
from servicedesk.web.showing import minutes_in_words

DAY = 420


@contextmanager
def speaking(app: Flask, language: str) -> Iterator[None]:
    with app.app_context(), app.test_request_context(), force_locale(language):
        yield


def words(app: Flask, language: str, figure: str, *values: float) -> list[str]:
    with speaking(app, language):
        return [say(BY_KEY[figure], value) for value in values]


def test_one_is_not_many(sqlite_app: Flask) -> None:
    assert words(sqlite_app, "en", "delivered", 0, 1, 1200) == [
        "0 tickets", "1 ticket", "1,200 tickets",
    ]  # fmt: skip
    assert words(sqlite_app, "en", "served", 1) == ["1 enterprise"]
    assert words(sqlite_app, "zh", "delivered", 1, 12_000) == ["1 件", "1.2 万件"]
    assert words(sqlite_app, "en", "fund_need", 20, 6700, 238_000, 0) == [
        "200,000 yuan", "67 million yuan", "2,380 million yuan", "0 yuan",
    ]  # fmt: skip
    counted = [one.key for one in FIGURES if one.unit not in ("%", "万元", MINUTES)]
    for key in counted:
        one, two = words(sqlite_app, "en", key, 1.0, 2.0)
        assert one.removeprefix("1") != two.removeprefix("2") or BY_KEY[key].part, key


def test_working_time_is_written_out(sqlite_app: Flask) -> None:
    asked = (0, 59, 60, DAY, 4 * DAY, 4 * DAY + 185)
    written = {
        "zh": ["0分", "59分", "1小时", "1个工作日", "4个工作日", "4个工作日3小时"],
        "en": ["0 min", "59 min", "1 h", "1 working day", "4 working days", "4 working days 3 h"],
    }
    for language, expected in written.items():
        with speaking(sqlite_app, language):
            assert [minutes_in_words(minutes) for minutes in asked] == expected


def test_what_grew_tenfold_is_said_in_times(sqlite_app: Flask) -> None:
    for language, expected in {"zh": "增长18.6倍", "en": "up 18.6-fold"}.items():
        with speaking(sqlite_app, language):
            assert say_change(Change(1860.0)) == expected
