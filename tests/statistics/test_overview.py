"""The manager's page: comparisons, links that lead to as many tickets, a fixed number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.statistics.counts import numbers_of, span_of
from servicedesk.statistics.cutting import Figures, Numbers, Span
from servicedesk.statistics.facts import build, built_at
from servicedesk.statistics.periods import companion, is_period
from servicedesk.statistics.queries import overview
from servicedesk.statistics.rows import Card, Overview
from servicedesk.statistics.standing import standing
from servicedesk.tickets.listing import Filter, total
from tests.statistics.histories import WORK
from tests.support import Town, local, pass_time

DONE = (*WORK, "confirm", "rate", "close")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that the block sends, but for the transaction's own."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def look(town: Town, period: str) -> Overview:
    """Build, and return the page as it is on the held clock's day."""
    build(town.park_id)
    return page_of(town, period, clock.now().date())


def page_of(town: Town, period: str, today: date) -> Overview:
    """Return the figures of the leader's page."""
    return overview(town.park_id, standing(town.leader), period, today)


def card(page: Overview, key: str) -> Card:
    """Return one card of the page."""
    return next(card for card in (*page.cards, *page.now) if card.figure.key == key)


def a_year_of_both(town: Town) -> None:
    """2024: alice in March and April; 2025: alice twice and bob once, bob's still open."""
    town.walk(town.file(), *DONE)
    clock.set(local("2024-04-09 10:00"))
    town.walk(town.file(item="C01"), *DONE)
    clock.set(local("2024-11-05 10:00"))
    town.walk(town.file("bob"), *DONE)
    clock.set(local("2025-04-09 10:00"))
    town.walk(town.file(), *DONE)
    town.walk(town.file(channel="phone"), *WORK, "confirm", "rate", "close")
    ticket = town.walk(town.file("bob"), *WORK, "confirm")
    town.walk(ticket, "rate", level=2, reasons=["slow"])
    town.walk(ticket, "call_back", "close_verified")
    town.walk(town.file("bob", "A02"), "accept", "dispatch")
    town.file("bob", "A02")


def test_a_running_year_is_compared_with_the_same_days(town: Town) -> None:
    a_year_of_both(town)
    page = look(town, "2025")
    assert page.before == Span(date(2024, 1, 1), date(2024, 4, 9))
    served = card(page, "served")
    assert (served.value, served.previous, served.change) == (2, 1, 100.0)
    assert (card(page, "delivered").value, card(page, "delivered").previous) == (3, 2)
    assert card(page, "median_minutes").previous is not None
    assert page.companion is not None
    assert page.companion.link.period == "2025-04"
    assert (page.companion.value, page.companion.previous) == (2, 1)


def test_a_past_year_is_compared_whole(town: Town) -> None:
    a_year_of_both(town)
    build(town.park_id)
    page = page_of(town, "2024", date(2026, 4, 1))
    assert page.before == Span(date(2023, 1, 1), date(2023, 12, 31))
    assert card(page, "served").change is None
    later = page_of(town, "2025", date(2026, 4, 1))
    assert card(later, "served").previous == 2
    assert card(later, "median_minutes").previous is not None


def test_rates_show_what_was_divided(town: Town) -> None:
    a_year_of_both(town)
    page = look(town, "2025-04")
    rated = card(page, "satisfaction_rate")
    assert (rated.part, rated.whole) == (2, 3)
    assert rated.value == pytest.approx(200 / 3)
    assert rated.change == pytest.approx(200 / 3 - 100)
    assert page.companion is not None
    assert page.companion.link.period == "2025"
    assert (page.companion.value, page.companion.previous) == (2, 1)


def test_the_rows_of_the_page(town: Town) -> None:
    a_year_of_both(town)
    page = look(town, "2025")
    months = {month.period: month for month in page.monthly}
    assert len(months) == 12
    assert months["2025-05"].served is None
    april = months["2025-04"]
    assert (april.served, april.submitted, april.delivered, april.served_before) == (2, 5, 3, 1)
    group = next(row for row in page.by_category if row.category.code == "A")
    assert (group.served, group.served_before, group.delivered) == (2, 1, 3)
    assert group.served_change == 100.0
    assert [(row.item.code, row.submitted) for row in page.top_items] == [("A01", 3), ("A02", 2)]
    assert {row.channel: row.submitted for row in page.by_channel if row.submitted} == {
        "portal": 4, "phone": 1,
    }  # fmt: skip
    unit, nowhere = page.by_unit
    assert unit.unit is not None
    assert (unit.unit.code, unit.delivered, unit.on_time_rate, unit.now.open) == (
        "SCJG", 3, 100.0, 1,
    )  # fmt: skip
    assert (nowhere.unit, nowhere.now.open) == (None, 1)
    assert built_at(town.park_id) == clock.now()


def test_what_is_open_now_has_as_many_rows(town: Town) -> None:
    for item in ("A01", "C01"):
        town.walk(town.file(item=item), "accept", "dispatch", "sign")
    pass_time(days=1)
    town.file("bob", "A01")
    page = look(town, "2024")
    assert [c.value for c in page.now] == [3, 1, 0]
    pass_time(days=1)
    page = look(town, "2024")
    for shown in page.now:
        assert total(town.leader, Filter(view=shown.link.view)) == shown.value
    for row in page.by_unit:
        if row.unit is not None:
            for view in ("open", "due_today", "overdue"):
                wanted = Filter(view=view, unit=row.unit.code)
                assert total(town.leader, wanted) == getattr(row.now, view)


def test_an_empty_park_has_a_page_without_numbers(town: Town) -> None:
    page = look(town, "2024")
    assert card(page, "served").value == 0
    assert card(page, "satisfaction_rate").value is None
    assert card(page, "median_minutes").value is None
    assert not page.by_unit
    assert not page.top_items


LISTED = {
    "submitted": lambda n: n["submitted"],
    "delivered": lambda n: n["delivered"],
    "on_time_rate": lambda n: n["delivered"] - n["on_time"],
    "satisfaction_rate": lambda n: n["rated"] - n["rated_good"],
    "rating_rate": lambda n: n["delivered"] - n["rated"],
    "response_rate": lambda n: n["response_measured"] - n["responded_in_time"],
}


@pytest.mark.parametrize("figure", LISTED)
def test_a_figure_leads_to_exactly_its_tickets(town: Town, figure: str) -> None:
    a_year_of_both(town)
    late = town.walk(town.file(), "accept", "dispatch", "sign")
    pass_time(days=20)
    late = town.walk(late, "resolve", "confirm")
    pass_time(days=20)
    town.walk(late, "close_unrated")
    build(town.park_id)
    for period in ("2024", "2025", "2024-03", "2025-04", "2025-05"):
        for cut, numbers in numbers_of(Figures(town.park_id, clock.now()), span_of(period)).items():
            wanted = Filter(figure=figure, period=period, cut=cut)
            complete: Numbers = dict.fromkeys(_KEYS, 0) | dict(numbers)
            assert total(town.leader, wanted) == LISTED[figure](complete), (period, cut)


_KEYS = (
    "submitted", "delivered", "on_time", "rated", "rated_good", "response_measured",
    "responded_in_time",
)  # fmt: skip


@pytest.mark.parametrize("period", ["2024", "2024-03", "2023"])
def test_the_page_takes_the_same_statements_whatever_the_size(town: Town, period: str) -> None:
    town.file()
    look(town, period)  # what the process remembers is there
    with statements() as few:
        page_of(town, period, clock.now().date())
    for number in range(12):
        town.walk(town.file(item=f"A0{number % 5 + 1}"), *DONE)
        pass_time(days=9)
    look(town, period)
    clock.set(local("2024-03-20 10:00"))
    with statements() as many:
        page_of(town, period, clock.now().date())
    assert len(few) == len(many) <= 15  # two of them find the person who looks


def test_periods() -> None:
    assert is_period("2024") and is_period("2024-12")
    assert not any(
        is_period(text) for text in ("", "24", "2024-13", "2024-3", "2024-03-01", "9999")
    )
    assert companion("2023", date(2024, 5, 1)) is None
    assert companion("2024", date(2024, 5, 1)) == "2024-05"
