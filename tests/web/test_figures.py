"""The dashboard: its numbers equal the rows behind them, its reach, its addresses."""

from datetime import date

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY, FIGURES, Aggregation, Basis
from servicedesk.core.permissions import Actor
from servicedesk.core.spans import Period, free, named
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.statistics.cutting import Cut, Dimension, Figures, Span, numbers
from servicedesk.statistics.dashboard import (
    GROUPS,
    MEASURES,
    Row,
    breakdown,
    cards,
    course,
    ordered,
    ranking,
)
from servicedesk.statistics.facts import build
from servicedesk.statistics.reach import own_cut
from servicedesk.tickets.listing import not_shown, total
from servicedesk.transaction import writing
from servicedesk.web.desk.filters import WrongValue, filter_of, remembered, to_query
from servicedesk.web.insight.asked import asked_from, default_dimension, dimensions_for, narrowed
from servicedesk.workbench.saved_views import save_view
from tests.support import Town
from tests.web.figures_support import DONE, THIS_YEAR, busy
from tests.web.queue_support import person, without_tokens

READERS = ("leader", "head", "unithead", "officer", "officer2", "desk", "follow")
MARCH = free(date(2024, 3, 1), date(2024, 3, 31))


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    return without_tokens(sqlite_app)


def rows_behind(actor: Actor, figure: str, period: Period, cut: Cut) -> tuple[int, int]:
    """Return how many tickets the list behind a number shows, and how many it keeps back."""
    address = {"figure": figure, "since": str(period.start), "until": str(period.end)}
    wanted = filter_of(actor, {**address, **cut.parameters()})
    return total(actor, wanted), not_shown(actor, wanted)


def counted(figure: str, found: dict[str, int]) -> int | None:
    """Return how many tickets a number counts; ``None`` where it is not a number of tickets."""
    one = BY_KEY[figure]
    if one.aggregation is Aggregation.RATE:
        return found.get(one.whole or "", 0)
    tickets = {
        "served": "delivered", "submitted": "submitted", "delivered": "delivered",
        "false_resolutions": "false_resolutions", "repeated": "repeated", "level_1": "level_1",
        "level_2": "level_2", "level_3": "level_3", "returns_each": "returned",
        "saved_minutes": "limited_by_law", "promised_median_minutes": "delivered",
    }  # fmt: skip
    return found.get(tickets[figure], 0) if figure in tickets else None


def cuts(actor: Actor) -> list[Cut]:
    """Return cuts for a reader: everything in reach, and narrower in many ways."""
    wanted = (
        Cut(), Cut(category="A"), Cut(item="A01"), Cut(channel="phone"), Cut(item="H01"),
        Cut(industry="C"), Cut(category="C", channel="portal"), Cut(area="粮油物流园"),
        Cut(unit="SCJG"), Cut(person=actor.user_id or 0), Cut(unit="SCJG", category="A"),
    )  # fmt: skip
    return [narrowed(actor, cut)[0] for cut in wanted]


def test_every_number_equals_the_rows_behind_it_for_every_reader(app: Flask) -> None:
    town, tried = Town(), 0
    busy(town)
    for login in READERS:
        actor = town.actor(login)
        for number, cut in enumerate(cuts(actor)):
            for period in (THIS_YEAR,) if number else (THIS_YEAR, MARCH):
                span = Span(period.start, period.end)
                found = dict(numbers(town.park_id, span, cut, clock.now()))
                for _group, keys in GROUPS:
                    for key in keys:
                        expected = counted(key, found)
                        if expected is None:
                            continue
                        shown, hidden = rows_behind(actor, key, period, cut)
                        assert shown + hidden == expected, (login, period, cut, key)
                        tried += bool(expected)
    assert tried > 200


def test_what_a_leader_may_not_open_is_counted_and_not_listed(app: Flask) -> None:
    town = Town()
    busy(town)
    secret = Cut(item="H01")
    assert rows_behind(town.leader, "delivered", THIS_YEAR, secret) == (0, 1)
    assert rows_behind(town.head, "delivered", THIS_YEAR, secret) == (1, 0)
    assert rows_behind(town.leader, "delivered", THIS_YEAR, Cut()) == (5, 0)


def test_a_unit_sees_no_row_of_another(app: Flask) -> None:
    town = Town()
    busy(town)
    assert rows_behind(town.officer2, "delivered", THIS_YEAR, Cut(unit="SCJG")) == (0, 0)


def test_every_figure_of_tickets_stands_in_one_group(app: Flask) -> None:
    grouped = [key for _name, keys in GROUPS for key in keys]
    tickets = {one.key for one in FIGURES if one.basis in (Basis.SUBMITTED, Basis.RESOLVED)}
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == tickets


def test_cards_rows_and_course_agree(app: Flask) -> None:
    town = Town()
    busy(town)
    figures = Figures(town.park_id, clock.now())
    found = {
        card.figure.key: card for _name, group in cards(figures, THIS_YEAR, Cut()) for card in group
    }
    assert found["delivered"].value == 5
    assert found["served"].value == 2
    for by in Dimension:
        rows = breakdown(figures, THIS_YEAR, Cut(), by)
        for key in ("submitted", "delivered", "false_resolutions", "extensions"):
            assert sum(row.value(key) or 0 for row in rows) == found[key].value, (by, key)
    points = course(figures, THIS_YEAR, Cut(), "delivered")
    assert [point.value for point in points] == [0, 0, 3, 2, *[0] * 8]
    next_year = course(figures, free(date(2025, 3, 1), date(2025, 3, 31)), Cut(), "delivered")
    assert sum(point.year_before or 0 for point in next_year) == 3
    for measure in MEASURES:
        assert len(course(figures, THIS_YEAR, Cut(), measure)) == 12


def test_rows_are_ordered_and_small_rates_are_not_ranked(app: Flask) -> None:
    town = Town()
    busy(town)
    rows = breakdown(Figures(town.park_id, clock.now()), THIS_YEAR, Cut(), Dimension.ITEM)
    names = {row.key: row.key for row in rows}
    values = [row.value("submitted") for row in ordered(rows, "-submitted", names)]
    assert values == sorted(values, reverse=True)
    rates = [row.value("on_time_rate") for row in ordered(rows, "on_time_rate", names)]
    there = [rate for rate in rates if rate is not None]
    assert rates == sorted(there) + [None] * (len(rates) - len(there))
    assert [row.key for row in ordered(rows, "name", names)] == sorted(names)
    days = [Row(date(2024, month, 1), {}) for month in (10, 2, 1)]
    words = {one.key: f"2024年{one.key.month}月1日" for one in days}
    assert [one.key.month for one in ordered(days, "name", words)] == [1, 2, 10]
    assert ranking(rows, "on_time_rate", names) == []
    assert ranking(rows, "delivered", names)[0].key == "A01"


def test_reach_decides_what_is_counted_and_what_can_be_chosen(app: Flask) -> None:
    town = Town()
    busy(town)
    assert own_cut(town.leader) == Cut()
    assert narrowed(town.unithead, Cut(unit="GHJS")) == (Cut(unit="SCJG"), True)
    assert narrowed(town.officer, Cut(person=town.user("officer2").id, category="A")) == (
        Cut(person=town.user("officer").id, category="A"), True,
    )  # fmt: skip
    assert narrowed(town.head, Cut(unit="GHJS")) == (Cut(unit="GHJS"), False)
    assert Dimension.PERSON in dimensions_for(own_cut(town.unithead))
    assert {Dimension.PERSON, Dimension.UNIT}.isdisjoint(dimensions_for(own_cut(town.officer)))
    for login in READERS:
        own = own_cut(town.actor(login))
        assert default_dimension(own) in dimensions_for(own)


def test_a_list_of_anothers_figures_is_refused(app: Flask) -> None:
    town = Town()
    days = {"figure": "delivered", "since": "2024-01-01", "until": "2024-12-31"}
    other = str(town.user("officer2").id)
    with pytest.raises(WrongValue):
        filter_of(town.officer, {**days, "person": other})
    wanted = filter_of(town.leader, {**days, "person": other})
    assert filter_of(town.leader, to_query(wanted)) == wanted
    for wrong in ({"figure": "placed"}, {"figure": "nonsense"}, {"scale": "huge"}):
        with pytest.raises(WrongValue):
            filter_of(town.leader, {**days, **wrong})
    assert filter_of(town.leader, {"since": "2024-01-01", "until": "2024-12-31"}).span is None


def test_what_a_list_keeps_back_is_counted_within_reach_only(app: Flask) -> None:
    """The line 另有n件 must not tell a unit, or a person, the figures of another."""
    town = Town()
    town.walk(town.file(), *DONE)
    build(town.park_id)
    year = named("2024", date(2024, 12, 31))
    for reader in (town.officer2, town.desk):  # who see what they resolved themselves
        for cut in (Cut(), Cut(unit="SCJG"), Cut(category="A")):
            assert rows_behind(reader, "submitted", year, cut) == (0, 0)
    days = {"figure": "submitted", "since": "2024-01-01", "until": "2024-12-31"}
    with pytest.raises(WrongValue):
        filter_of(town.unithead, {**days, "unit": "GHJS"})
    other = filter_of(town.unithead, {**days, "person": str(town.user("officer2").id)})
    assert (other.unit, total(town.unithead, other), not_shown(town.unithead, other)) == (
        "SCJG",
        0,
        0,
    )


def test_a_shared_view_of_anothers_figures_breaks_nobodys_page(open_app: Flask) -> None:
    town = Town()
    query = {
        "figure": "submitted", "since": "2024-01-01", "until": "2024-12-31",
        "person": str(town.user("officer").id), "view": "open",
    }  # fmt: skip
    save_view(town.unithead, "甲的工单", query, "unit")
    save_view(town.head, "全园区的", {**query, "unit": "SCJG"}, "park")
    wanted, whole = remembered(town.officer2, {**query, "unit": "SCJG"})
    assert (wanted.span, wanted.person, whole) == (None, None, False)
    db.session.remove()
    for login in ("officer", "officer2", "desk", "unithead"):
        for address in ("/desk/", "/desk/today", "/desk/views"):
            assert person(open_app, login).get(address).status_code == 200, (login, address)


def test_confidential_tickets_are_not_found_by_whose_they_are(app: Flask) -> None:
    town = Town()
    secret = town.walk(town.file(item="H01"), *DONE)
    assert secret.confidential
    build(town.park_id)
    year = named("2024", date(2024, 12, 31))
    with writing():
        db.session.get_one(Enterprise, secret.enterprise_id).scale = "small"
    assert rows_behind(town.leader, "submitted", year, Cut(scale="small"))[0] == 0
    assert rows_behind(town.head, "submitted", year, Cut(scale="small"))[0] == 1
    with pytest.raises(WrongValue):
        filter_of(town.leader, {"industry": "C39%"})


def test_nobody_outside_the_staff_is_named(open_app: Flask) -> None:
    number = Town().user("alice").id
    db.session.remove()
    days = "figure=submitted&since=2024-01-01&until=2024-12-31"
    shown = person(open_app, "leader").get(f"/desk/?{days}&person={number}").text
    assert "alice" not in shown


def test_addresses_come_back(app: Flask) -> None:
    town = Town()
    own, today = own_cut(town.leader), date(2024, 4, 9)
    address = {
        "period": "quarter", "category": "A", "item": "A01", "industry": "C", "scale": "small",
        "by": "item", "measure": "served", "sort": "served", "person": "7",
    }  # fmt: skip
    asked = asked_from(address, today, own)
    assert asked.address() == address
    assert asked_from({**address, "item": "C01"}, today, own).cut.item == ""
    long = {"since": "2022-01-01", "until": "2024-01-01", "by": "day"}
    assert asked_from(long, today, own).by is Dimension.MONTH
    wrong = ("by", "measure", "sort", "channel", "scale", "industry", "period", "weekday", "hour")
    for field in wrong:
        with pytest.raises(ValueError):
            asked_from({field: "nonsense"}, today, own)
