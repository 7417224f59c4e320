"""The demo's declarations alone, without the tickets: the figures of 2024, what runs now, what was missed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.declarations import State
from servicedesk.core.permissions import Actor, Role
from servicedesk.declarations.missed import MissedFilter, missed
from servicedesk.declarations.models import Declaration, Policy, PolicyMatch
from servicedesk.declarations.queries import approved_in, chances, declared_in, paid_in
from servicedesk.demo import declarations, enterprise_file
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN, create_clients, firms
from servicedesk.demo.figures_of_2024 import FINANCE, NEW_YEAR, POOL, PRODUCTS, _recognised
from servicedesk.demo.loop import Loop
from servicedesk.demo.moments import sometime
from servicedesk.demo.people import create_staff
from servicedesk.demo.plan import LAST_COUNTED
from servicedesk.demo.year import OPENING
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.titles import has_title
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.notifications.models import Notice
from servicedesk.organisation.queries import default_park
from servicedesk.transaction import writing
from tests.conftest import make_app
from tests.support import SHANGHAI

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
YEAR = (date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """The firms with their files and all that happens to policies until now."""
    folder = tmp_path_factory.mktemp("policies")
    app: Flask = make_app(f"sqlite:///{folder / 'demo.db'}", folder)
    with clock.at(OPENING), app.app_context():
        install()
        with writing():
            made = _live()
        yield made
        db.session.remove()
        db.engine.dispose()


def _live() -> Cast:
    park = default_park()
    system = Actor(None, Role.SYSTEM, park.id, "tests")
    hours = calendar(park.id)
    known = [firm for firm in firms(park.region) if not firm.preparing]
    cast = Cast.of(
        park.id, hours, create_staff(system, "x"), create_clients(system, "x", known)
    )  # fmt: skip
    loop, chance = Loop(), Random(2024)
    for life in enterprise_file.run(cast, 2024, NOW):
        loop.add(life)
    stories = list(_recognised())
    for story in stories:
        assert story.at == NEW_YEAR
        story.at = sometime(story, 2024, hours, chance, LAST_COUNTED)
    for life in declarations.lives(cast, stories, NOW, 2024):
        loop.add(life)
    loop.run(NOW)
    return cast


def firms_of(found: list[Declaration]) -> int:
    return len({one.enterprise_id for one in found})


def test_the_figures_of_2024_come_from_declarations(cast: Cast) -> None:
    """F3-F10 of figures-2024.yaml."""
    park = cast.park_id
    for item, approved in (("F01", 6), ("E02", 9), ("F02", 2), ("F03", 0)):
        assert firms_of(approved_in(park, *YEAR, [item])) == approved, item
    assert firms_of(declared_in(park, *YEAR, ["F03"])) == 2
    pool = approved_in(park, *YEAR, ["F05"], POOL)
    assert (firms_of(pool), sum(one.investment or 0 for one in pool)) == (5, 23_800)
    assert firms_of(approved_in(park, *YEAR, ["F05"], PRODUCTS)) == 5
    assert firms_of(approved_in(park, *YEAR, ["D02"], FINANCE)) == 2
    paid = paid_in(park, *YEAR, ["F06"])
    assert (firms_of(paid), sum(one.paid_amount or 0 for one in paid)) == (1, 20_000)


def test_approvals_are_titles_in_the_files(cast: Cast) -> None:
    approved = approved_in(cast.park_id, *YEAR, ["F01", "E02", "F02"])
    assert len(approved) == 17 and all(one.title_id for one in approved)
    optics = cast.clients["程鑫光电"].enterprise_id
    assert has_title(optics, "创新型中小企业", date(2025, 1, 1))
    assert has_title(cast.clients["怀科科技"].enterprise_id, "科技型中小企业", date(2025, 3, 31))
    assert not has_title(optics, "创新型中小企业", date(2024, 3, 1))


def test_chances_of_2025_were_missed_and_some_declined(cast: Cast) -> None:
    with clock.at(NOW):
        silent = missed(cast.park_id, MissedFilter(year=2025))
        declined = missed(cast.park_id, MissedFilter(year=2025, show="dismissed"))
    assert 10 <= len(silent) <= 120
    assert len({row.Policy.id for row in silent}) >= 3
    assert sum(row.Policy.amount_max for row in silent) > 0
    assert len(declined) == 1


def test_the_demo_clerk_has_chances_now(cast: Cast) -> None:
    with clock.at(NOW):
        shown = db.session.get_one(Enterprise, cast.clients[SHOWN].enterprise_id)
        found = [one for one in chances(shown) if one.declaration is None]
    assert sum(one.verdict.met for one in found) >= 2
    assert any(one.verdict.near for one in found)
    told = select(PolicyMatch.told_at).where(PolicyMatch.enterprise_id == shown.id)
    assert any(at and at > NOW - timedelta(days=30) for at in db.session.scalars(told))


def test_something_is_in_every_state_and_no_draft_was_told(cast: Cast) -> None:
    states = set(db.session.scalars(select(Declaration.state).distinct()))
    assert states == set(State) - {State.WITHDRAWN}
    policies = {one.state for one in db.session.scalars(select(Policy))}
    assert policies == {"draft", "published"}


def test_everybody_was_told_in_working_time(cast: Cast) -> None:
    moments = select(Notice.visible_at).where(Notice.dedup_key.like("match:%"))
    found = db.session.scalars(moments).all()
    assert len(found) > 100
    assert [at for at in found if not cast.hours.is_working_moment(at)] == []
