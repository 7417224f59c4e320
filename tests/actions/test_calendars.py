"""The calendar in the database: published years, a year not yet announced, local days."""

from datetime import date

from servicedesk.calendars.actions import clear_day, seed, set_day
from servicedesk.calendars.queries import calendar, days, years
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.recomputing import recompute_park
from tests.support import Town, local


def test_published_years_have_their_make_up_days(town: Town) -> None:
    seed(town.park_id, until=2027)
    hours = calendar(town.park_id)
    assert hours.is_working_day(date(2024, 9, 14))  # a Saturday, before Mid-autumn
    assert not hours.is_working_day(date(2024, 10, 1))
    assert hours.due_after_days(local("2024-09-27 10:00"), 5) == local("2024-10-10 17:30")


def test_an_unpublished_year_has_an_answer_and_says_so(town: Town) -> None:
    seed(town.park_id, until=2027)
    published = {year.year: year.published for year in years(town.park_id)}
    assert published[2026]
    assert not published[2027]
    hours = calendar(town.park_id)
    assert 2027 in hours.provisional_years
    assert not hours.is_working_day(date(2027, 1, 1))
    assert hours.due_after_days(local("2026-12-25 10:00"), 5) == local("2027-01-04 17:30")


def test_a_local_day_moves_open_due_dates_and_shows_it(town: Town) -> None:
    """V10: a holiday announced late; closed results do not change."""
    running = town.file(item="J03")
    done = town.walk(
        town.file(), "accept", "dispatch", "sign", "resolve", "confirm", "rate", "close"
    )
    before, finished = running.due_at, done.due_at
    set_day(town.admin, date(2024, 3, 7), False, "全区停电检修")
    assert recompute_park(town.park_id) == 1
    db.session.rollback()
    assert running.due_at is not None
    assert before is not None
    assert calendar(town.park_id).local(running.due_at).date() == date(2024, 3, 13)
    assert calendar(town.park_id).local(before).date() == date(2024, 3, 12)
    assert done.due_at == finished
    assert recompute_park(town.park_id) == 0


def test_removing_a_local_day_brings_the_holiday_back(town: Town) -> None:
    set_day(town.admin, date(2024, 10, 1), True, "值班")
    assert calendar(town.park_id).is_working_day(date(2024, 10, 1))
    clear_day(town.admin, date(2024, 10, 1))
    assert not calendar(town.park_id).is_working_day(date(2024, 10, 1))


def test_seeding_again_changes_nothing(town: Town) -> None:
    before = [(day.day, day.working, day.name) for day in days(town.park_id, 2024)]
    set_day(town.admin, date(2024, 3, 7), False, "本地")
    seed(town.park_id, until=clock.now().year + 1)
    after = [(day.day, day.working, day.name) for day in days(town.park_id, 2024)]
    assert set(before) < set(after)
