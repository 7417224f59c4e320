"""Results are the figures' own numbers, lead to exactly their tickets, and rank only five or more."""

from datetime import date

from sqlalchemy import event

from servicedesk.clock import clock
from servicedesk.core.performance import COMPONENTS, DEFAULT_WEIGHTS, Tally
from servicedesk.extensions import db
from servicedesk.performance.periods import choices, last_months, span_of
from servicedesk.performance.results import default_period, of_people, of_units
from servicedesk.statistics.cutting import (
    EVERYTHING,
    Dimension,
    Span,
    grouped,
    numbers,
    tickets_behind,
)
from tests.performance.support import MARCH, a_month
from tests.support import Town


def test_the_month_of_two_units(town: Town) -> None:
    a_month(town)
    first, second = of_units(town.park_id, MARCH, DEFAULT_WEIGHTS, clock.now())
    assert (first.subject.code, first.rank, first.of, first.score.delivered) == ("SCJG", 1, 1, 6)
    assert (second.subject.code, second.rank, second.score.value) == ("GHJS", None, None)
    lines = {line.component.key: line for line in first.score.lines}
    assert (lines["on_time"].made, lines["on_time"].tally.whole) == (5, 6)
    assert (lines["satisfaction"].made, lines["satisfaction"].tally.whole) == (5, 6)
    assert lines["on_time"].level is not None
    assert lines["on_time"].level.park == 2 / 8  # the other unit was late in one of two
    assert first.score.value is not None and 0 < first.score.value < 100


def test_the_inputs_are_the_figures_numbers(town: Town) -> None:
    a_month(town)
    by_unit = grouped(town.park_id, MARCH, EVERYTHING, Dimension.UNIT, clock.now())
    results = of_units(town.park_id, MARCH, DEFAULT_WEIGHTS, clock.now())
    people = [
        one
        for code in ("SCJG", "GHJS")
        for one in of_people(
            town.park_id, town.unit_id(code), MARCH, DEFAULT_WEIGHTS, clock.now()
        )
    ]  # fmt: skip
    assert {one.subject.name for one in people} == {"officer 甲", "officer2 甲"}
    assert {one.subject.code for one in results} == set(by_unit)
    for result in (*results, *people):
        cut = numbers(town.park_id, MARCH, result.subject.cut, clock.now())
        assert result.submitted == cut["submitted"]
        for line in result.score.lines:
            part = line.component
            assert line.tally == Tally(cut[part.whole], part.misses(cut)), part.key
            if line.level is not None:  # what it is levelled with counts the same tickets
                assert sum((row.tally for row in line.level.kinds), Tally()) == line.tally
                everything = numbers(town.park_id, MARCH, EVERYTHING, clock.now())
                assert line.level.park == part.misses(everything) / everything[part.whole]


def test_every_number_leads_to_its_tickets(town: Town) -> None:
    a_month(town)
    for result in of_units(town.park_id, MARCH, DEFAULT_WEIGHTS, clock.now()):
        for line in result.score.lines:
            assert _behind(town, line.component.whole_figure, result.subject) == line.tally.whole
            if line.component.of_misses and line.component.key != "rectified":
                assert _behind(town, line.component.figure, result.subject) == line.tally.misses


def _behind(town: Town, figure: str, subject: object) -> int:
    cut = subject.cut  # type: ignore[attr-defined]
    return len(tickets_behind(town.park_id, figure, MARCH, cut, clock.now()))


def test_a_bad_rating_that_was_verified_as_mistaken_costs_nothing(town: Town) -> None:
    a_month(town)
    [first, _second] = of_units(town.park_id, MARCH, DEFAULT_WEIGHTS, clock.now())
    line = next(one for one in first.score.lines if one.component.key == "rectified")
    assert (line.made, line.tally.whole) == (6, 6)


def test_the_same_statements_whatever_the_size(town: Town) -> None:
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    a_month(town)
    of_units(town.park_id, Span(date(2022, 1, 1), date(2022, 1, 31)), DEFAULT_WEIGHTS, clock.now())
    db.session.rollback()  # what the process remembers is there
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        of_units(
            town.park_id, Span(date(2023, 1, 1), date(2023, 1, 31)), DEFAULT_WEIGHTS, clock.now()
        )
        few = len(sent)
        db.session.rollback()
        of_units(town.park_id, MARCH, DEFAULT_WEIGHTS, clock.now())
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(sent) == 2 * few <= 2


def test_the_default_is_the_last_full_month_in_which_somebody_has_a_score(town: Town) -> None:
    assert default_period(town.park_id, date(2024, 3, 5)) == "2024-02"
    a_month(town)
    assert default_period(town.park_id, date(2024, 4, 2)) == "2024-03"
    assert default_period(town.park_id, date(2025, 7, 2)) == "2024-03"
    assert default_period(town.park_id, date(2027, 7, 2)) == "2027-06"


def test_periods() -> None:
    assert span_of("2024-03") == MARCH
    assert span_of("2024-Q4") == Span(date(2024, 10, 1), date(2024, 12, 31))
    assert span_of("2024-12") == Span(date(2024, 12, 1), date(2024, 12, 31))
    assert span_of("2024") == Span(date(2024, 1, 1), date(2024, 12, 31))
    assert [span_of(text) for text in ("", "24", "2024-13", "2024-Q5", "1924", "2024-3 ")] == [
        None
    ] * 6
    assert list(last_months(date(2024, 2, 29), 3)) == ["2024-01", "2023-12", "2023-11"]
    assert all(span_of(one) for one in choices(date(2024, 1, 1)))
    assert "2023-Q1" in choices(date(2024, 1, 1))


def test_components_know_the_parts_that_are_counted(town: Town) -> None:
    a_month(town)
    counted = numbers(town.park_id, MARCH, EVERYTHING, clock.now())
    for one in COMPONENTS:
        assert {one.whole, one.missed, one.made} - {""} <= set(counted)
