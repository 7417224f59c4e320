"""Identifiers, search terms and rounding."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.counting import about, change, rate
from servicedesk.core.figures import BY_KEY, FIGURES
from servicedesk.core.identifiers import (
    credit_code,
    parse_ticket_number,
    ticket_number,
    valid_credit_code,
)
from servicedesk.core.textsearch import index_terms, query_terms


@given(st.dates(date(1000, 1, 1)), st.integers(0, 99_999))
def test_a_ticket_number_survives_being_read_aloud(day: date, serial: int) -> None:
    number = ticket_number(day, serial)
    assert parse_ticket_number(number) == number
    assert parse_ticket_number(number.replace("-", "")) == number


@given(st.integers(0, 99_999), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(serial: int, place: int, offset: int) -> None:
    digits = list(ticket_number(date(2024, 11, 5), serial).replace("-", ""))
    place %= len(digits)
    digits[place] = str((int(digits[place]) + offset) % 10)
    assert parse_ticket_number("".join(digits)) is None


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000101623741K", "911101066976941872"])
def test_real_codes_pass(code: str) -> None:
    checked = credit_code(code)
    assert checked.usable
    assert checked.doubt is None


def test_a_real_code_that_fails_its_check_digit_may_be_confirmed() -> None:
    checked = credit_code("91350211M0000XUF46")
    assert checked.usable
    assert checked.doubt is not None


@pytest.mark.parametrize("code", ["", "123", "91350100M000100Y4O", "公司" * 9])
def test_what_is_no_code_cannot_be_confirmed(code: str) -> None:
    assert not credit_code(code).usable


def test_made_up_codes_are_valid() -> None:
    assert valid_credit_code("431202", "MA44JURQ8") == "91431202MA44JURQ8J"


def test_two_characters_are_found_inside_a_word() -> None:
    terms = set(index_terms("关于公司注册登记"))
    for words in ("注册", "注册登", "登记", "公司注册登记", "册"):
        assert all(term in terms for term, _prefix in query_terms(words)), words
    assert not all(term in terms for term, _prefix in query_terms("册注"))


def test_codes_match_from_their_beginning() -> None:
    assert query_terms("91431202") == [("91431202", True)]
    assert query_terms("ＡＢＣ 注册") == [("abc", True), ("注册", False)]


@given(st.text(max_size=200))
def test_no_text_breaks_the_search(words: str) -> None:
    for term, _prefix in query_terms(words):
        assert not set(term) & set(" \"'&|!:*()<>")
    index_terms(words)


@pytest.mark.parametrize(
    ("number", "written"),
    [(28, "28"), (49, "49"), (50, "50"), (53, "50余"), (60, "60"), (63, "60余"), (512, "500余")],
)
def test_a_bit_over(number: int, written: str) -> None:
    assert about(number, approximate=True) == written
    assert about(number, approximate=False) == str(number)


def test_rates_of_nothing_are_nothing() -> None:
    assert rate(0, 0) is None
    assert rate(1, 4) == 25
    assert change(12, 10) == 20
    assert change(12, 0) is None


def test_every_rate_names_what_it_divides() -> None:
    assert len(BY_KEY) == len(FIGURES)
    for figure in FIGURES:
        assert figure.meaning
        if figure.unit == "%":
            assert figure.part and figure.whole
