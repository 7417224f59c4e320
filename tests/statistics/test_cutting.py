"""Figures of any cut and any days, against counting in a loop; as many rows behind each figure."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from math import ceil
from random import Random

import pytest

from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY, FIGURES, Aggregation, Basis
from servicedesk.core.tallies import NONE
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.jobs import tasks
from servicedesk.statistics.cutting import (
    EVERYTHING,
    NOT_RECORDED,
    Cut,
    Dimension,
    Figures,
    Span,
    grouped,
    numbers,
    tickets_behind,
)
from servicedesk.statistics.facts import build
from servicedesk.tickets.actions import take
from servicedesk.transaction import writing
from tests.statistics import altering, naive
from tests.statistics.histories import WORK
from tests.statistics.test_overview import statements
from tests.support import SHANGHAI, Town, local, pass_time

YEAR = Span(date(2024, 1, 1), date(2024, 12, 31))
SPANS = (YEAR, Span(date(2024, 3, 1), date(2024, 3, 31)), Span(date(2024, 3, 6), date(2024, 4, 20)))
DONE = (*WORK, "confirm", "rate", "close")
# What a figure counts, where that is a number of tickets, by the name of its counted part.
ROWS = {
    "submitted": "submitted", "delivered": "delivered", "response_rate": "response_measured",
    "resolution_rate": "answered", "satisfaction_rate": "rated", "rating_rate": "delivered",
    "on_time_rate": "delivered", "follow_up_rate": "delivered", "rectified_rate": "rated_bad",
    "false_resolutions": "false_resolutions", "repeated": "repeated", "level_1": "level_1",
    "level_2": "level_2", "level_3": "level_3", "returns_each": "returned",
}  # fmt: skip


def a_lively_year(town: Town) -> None:
    """Tickets of two enterprises over some months: good, bad, late, returned, reopened, open."""
    with writing():
        values = {"alice": ("C3841", "small", "北片区"), "bob": ("I6513", "micro", "南片区")}
        for login, (industry, scale, area) in values.items():
            one = db.session.get_one(Enterprise, town.enterprise_id(login))
            one.industry_code, one.scale, one.area = industry, scale, area
    for number in range(3):
        town.walk(town.file(item=("A01", "C01", "A02")[number]), *DONE)
        pass_time(hours=30 + number)
    town.walk(town.file("bob", channel="phone"), "accept", "dispatch", "return", "dispatch")
    late = town.walk(town.file("bob"), "accept", "dispatch", "sign")
    pass_time(days=25)
    for _ in range(6):
        tasks.escalate()
    late = town.walk(late, "resolve", "confirm")
    late = town.walk(late, "rate", level=1, reasons=["slow"])
    pass_time(days=1)
    late = town.walk(late, "call_back", "rework")
    again = {"result": "solved", "resolution": "已重新办理。"}
    late = town.walk(take(town.unithead, late.id, "resolve", again), "confirm")
    late = town.walk(late, "rate", level=4)
    town.walk(late, "close")
    asked = town.walk(town.file(), "accept", "dispatch", "sign", "urge", "request_supplement")
    pass_time(days=2)
    town.walk(asked, "supplement", "resolve", "dispute", "resolve", "confirm", "rate", "close")
    pass_time(days=20)
    town.walk(town.file("bob"), "decline")
    town.file("bob", "C01")
    pass_time(days=9)
    build(town.park_id)


def test_every_cut_is_what_counting_in_a_loop_gives(town: Town) -> None:
    a_lively_year(town)
    now, chance = clock.now(), Random(6)
    for span in SPANS:
        for cut in naive.some_cuts(town.park_id, chance, 6):
            asked = naive.submitted(town.park_id, span, cut)
            done = naive.delivered(town.park_id, span, cut)
            true = naive.of_submitted(asked, now) | naive.of_delivered(done) | naive.minutes(done)
            shown = numbers(town.park_id, span, cut, now)
            assert {name: shown.get(name, 0) for name in true} == true, (span, cut)
            assert ("median_minutes" in shown) == bool(done)


def test_every_breakdown_is_what_counting_in_a_loop_gives(town: Town) -> None:
    a_lively_year(town)
    now = clock.now()
    for by, cut in product(naive.BREAKDOWNS, (EVERYTHING, Cut(channel="portal"))):
        found = grouped(town.park_id, YEAR, cut, by, now)
        asked = naive.by(naive.submitted(town.park_id, YEAR, cut), by)
        done = naive.by(naive.delivered(town.park_id, YEAR, cut), by)
        assert found.keys() == asked.keys() | done.keys()
        for key, counted in found.items():
            parts = naive.of_submitted(asked.get(key, []), now)
            true = parts | naive.of_delivered(done.get(key, []))
            assert {name: counted.get(name, 0) for name in true} == true, (by, key)


def test_months_days_and_hours(town: Town) -> None:
    a_lively_year(town)
    asked = naive.submitted(town.park_id, YEAR, EVERYTHING)
    done = naive.delivered(town.park_id, YEAR, EVERYTHING)
    for by, form in ((Dimension.MONTH, "%Y-%m"), (Dimension.DAY, "%Y-%m-%d")):
        found = grouped(town.park_id, YEAR, EVERYTHING, by, clock.now())
        shown = {str(key): value for key, value in found.items()}
        for name, true in (
            ("submitted", Counter(f"{naive.day_of(one.submitted_at):{form}}" for one in asked)),
            ("delivered", Counter(f"{naive.day_of(one.resolved_at):{form}}" for one in done)),
        ):
            counted = {key: parts[name] for key, parts in shown.items() if parts.get(name)}
            assert counted == true
    moments = [one.submitted_at.astimezone(SHANGHAI) for one in asked]
    assert Figures(town.park_id, clock.now()).heat(YEAR, EVERYTHING) == Counter(
        (m.weekday(), m.hour) for m in moments
    )


def test_percentiles_are_nearest_ranks(town: Town) -> None:
    """1, 2, … n minutes: the median of an even number is the lower one, none is made up."""
    for count in (1, 2, 3, 10, 11):
        town.walk(town.file("bob"), *DONE)
        while len(naive.delivered(town.park_id, YEAR, EVERYTHING)) < count:
            town.walk(town.file(), *DONE)
        build(town.park_id)
        for minute, fact in enumerate(altering.facts(town.park_id)[:count], 1):
            altering.alter(town.park_id, int(fact["ticket_id"]), used_minutes=minute)
        found = numbers(town.park_id, YEAR, EVERYTHING, clock.now())
        total = found["delivered"]
        assert found["median_minutes"] == ceil(total / 2)
        assert found["p90_minutes"] == ceil(total * 9 / 10)
        assert found["mean_minutes"] == round((total + 1) / 2)
        if total >= 11:
            return


def test_as_many_tickets_stand_behind_each_figure(town: Town) -> None:
    a_lively_year(town)
    now, chance = clock.now(), Random(7)
    for span in SPANS:
        for cut in naive.some_cuts(town.park_id, chance, 4):
            counted = numbers(town.park_id, span, cut, now)
            for figure, part in ROWS.items():
                behind = tickets_behind(town.park_id, figure, span, cut, now)
                assert len(behind) == counted.get(part, 0), (figure, span, cut)


def test_figures_that_are_no_tickets_have_none_behind_them(town: Town) -> None:
    ticketless = [one.key for one in FIGURES if one.basis in (Basis.NOW, Basis.REGISTER)]
    for key in ticketless:
        with pytest.raises(KeyError):
            tickets_behind(town.park_id, key, YEAR, EVERYTHING, local("2024-03-05 10:00"))
    countable = {
        one.key for one in FIGURES
        if one.key not in ticketless and one.aggregation in (Aggregation.RATE, Aggregation.COUNT)
    }  # fmt: skip
    assert countable <= ROWS.keys()
    assert all(key in BY_KEY for key in ROWS)


def test_a_cut_takes_the_same_statements_whatever_the_size(town: Town) -> None:
    def ask() -> None:
        db.session.rollback()
        numbers(town.park_id, YEAR, Cut(unit="SCJG", category="A"), clock.now())
        grouped(town.park_id, YEAR, EVERYTHING, Dimension.UNIT, clock.now())

    counts = []
    for _ in range(2):
        for _ in range(3):
            town.walk(town.file("bob"), *DONE)
        build(town.park_id)
        ask()  # what the process remembers is there
        with statements() as sent:
            ask()
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 3


def test_a_day_ends_at_midnight_in_shanghai(town: Town) -> None:
    for moment in ("2024-12-31 23:59", "2025-01-01 00:00"):
        clock.set(local(moment))
        town.file()
    build(town.park_id)
    for day in (date(2024, 12, 31), date(2025, 1, 1)):
        found = numbers(town.park_id, Span(day, day), EVERYTHING, clock.now())
        assert found["submitted"] == 1


def test_a_limit_that_passes_within_a_second_is_counted_then_and_later(town: Town) -> None:
    """An answer that is kept must not outlive the moment at which time makes another of it."""
    ticket = town.file()
    build(town.park_id)
    limit = ticket.response_due_at
    for moment, measured in (
        (limit, 0), (limit + timedelta(milliseconds=500), 1), (limit + timedelta(hours=1), 1),
    ):  # fmt: skip
        found = numbers(town.park_id, YEAR, EVERYTHING, moment)
        assert found["response_measured"] == measured, moment


def test_what_is_not_recorded_and_each_hour_lead_to_their_tickets(town: Town) -> None:
    """Every row of a breakdown, a nameless one too, and every cell of the heat map."""
    a_lively_year(town)
    with writing():
        db.session.get_one(Enterprise, town.enterprise_id("bob")).industry_code = ""
    figures = Figures(town.park_id, clock.now())
    nameless = set()
    for by in naive.BREAKDOWNS:
        for key, counted in figures.grouped(YEAR, EVERYTHING, by).items():
            nothing = NONE if by is Dimension.PERSON else NOT_RECORDED
            cut = replace(EVERYTHING, **{by.value: key or nothing})
            if not key:
                nameless.add(by)
            for figure in ("submitted", "delivered"):
                behind = figures.tickets_behind(figure, YEAR, cut)
                assert len(behind) == counted.get(figure, 0), (by, key, figure)
    assert {Dimension.UNIT, Dimension.PERSON, Dimension.INDUSTRY} <= nameless
    for (weekday, hour), count in figures.heat(YEAR, EVERYTHING).items():
        cell = Cut(weekday=str(weekday + 1), hour=str(hour))
        assert len(figures.tickets_behind("submitted", YEAR, cell)) == count
