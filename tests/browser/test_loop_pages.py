"""The loop's charts, today's lights and the hall's screen: drawn, accessible, no wider than a phone."""

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.statistics.facts import build
from tests.browser.conftest import Person
from tests.browser.looking import faults, until_quiet
from tests.support import Town, local, pass_time
from tests.web.queue_support import varied

pytestmark = pytest.mark.browser
PAGES = ("/insight/loop?period=2024", "/insight/today", "/insight/wall", "/insight/")


@pytest.fixture
def weeks(sqlite_app: Flask) -> Flask:
    """A varied afternoon, and eight weeks in which something was delivered."""
    town = Town()
    varied(town)
    for number in range(8):
        ticket = town.walk(town.file(), "accept", "dispatch", "sign")
        pass_time(days=7 if number == 6 else 1)
        town.walk(ticket, "resolve", "confirm", "rate", "close")
        pass_time(days=6)
    build(town.park_id)
    db.session.remove()
    return sqlite_app


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_leaders_pages(weeks: Flask, base: str, person: Person, scheme: str) -> None:
    clock.set(local("2024-05-09 10:00"))
    page = person("leader", width=390 if scheme == "dark" else 1440, scheme=scheme)
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(base + path)
        until_quiet(page)
        found = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            found.append(f"{too_wide} px too wide")
        undrawn = page.evaluate(
            "[...document.querySelectorAll('[data-chart]')].filter(box => !box.querySelector('svg'))"
            ".map(box => box.dataset.chart)"
        )
        found += [f"not drawn: {name}" for name in undrawn]
        if found:
            wrong[path] = found
        if path.startswith("/insight/loop"):
            assert page.locator("[data-chart] svg").count() == 5  # nothing was escalated
    assert wrong == {}


def test_the_screen_brings_itself_up_to_date(weeks: Flask, base: str, person: Person) -> None:
    clock.set(local("2024-05-09 10:00"))
    page = person("leader")
    page.goto(f"{base}/insight/wall")
    page.wait_for_load_state("networkidle")
    before = page.locator("[data-live=figures] dd").last.inner_text()
    with weeks.app_context():
        Town().file()
        db.session.remove()
    with page.expect_response("**/insight/wall/now"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(
        "shown => [...document.querySelectorAll('[data-live=figures] dd')].at(-1).innerText !== shown",
        arg=before,
    )
    assert page.locator("[data-wall-state]").is_hidden()
