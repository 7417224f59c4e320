"""Every page of statistics: nothing serious for axe, no wider than its window, on desk and telephone."""

from datetime import date

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.reports.runs import Wish, ask
from servicedesk.statistics.facts import build
from servicedesk.statistics.saved_dashboards import save_dashboard
from servicedesk.web.insight.wall import PAGE
from tests.browser.conftest import Person
from tests.browser.looking import DESK, TELEPHONE, faults, until_quiet
from tests.performance.support import a_month
from tests.support import Town, local
from tests.web.test_public import switched_on

pytestmark = pytest.mark.browser
PAGES = {
    "leader": (
        "/insight/", "/insight/?period=2024-03", "/insight/today", "/insight/loop", "/insight/scheduler",
        "/insight/figures?period=year", "/insight/figures?period=month&measure=on_time_rate",
        "/insight/performance", "/insight/performance?period=2024", "/insight/performance/weights",
        "/insight/performance/units/SCJG?period=2024-03", "/insight/reports",
        "/insight/reports?kind=summary", "/insight/definitions", "/insight/wall",
    ),
    "head": ("/insight/performance/weights", "/insight/reports", "/insight/reports/templates"),
    "unithead": ("/insight/figures?period=year", "/insight/performance?period=2024-03",
                 "/insight/loop", "/insight/today", "/insight/reports"),
    "officer": ("/insight/figures?period=year", "/insight/performance?period=2024-03"),
    "admin": ("/admin/public-page",),
    "": ("/public", "/public?language=en"),
}  # fmt: skip
# Labels of a chart that its edge cuts, and columns so narrow that words stand on their heads.
CUT = """() => [
  ...[...document.querySelectorAll('[data-chart] svg text')].filter(text => {
    const box = text.ownerSVGElement.getBoundingClientRect(), own = text.getBoundingClientRect();
    return own.left < box.left - 2 || own.right > box.right + 2;
  }).map(text => `cut: ${text.textContent}`),
  ...[...document.querySelectorAll('main .plain-table:not(.public-table) :is(th, td):first-child')].filter(cell =>
    cell.innerText.trim().length > 3 && cell.getBoundingClientRect().width < 48
  ).map(cell => `narrow: ${cell.innerText}`)
]"""

STILL = "document.getAnimations().every(one => one.playState !== 'running')"  # no colour on its way


@pytest.fixture
def month(sqlite_app: Flask) -> None:
    """A month of work, counted; a kept dashboard, a screen's link, a report; the public page open."""
    town = Town()
    a_month(town)
    build(town.park_id)
    save_dashboard(town.leader, "figures", "今年各单位", "by=unit&period=year", shared=True)
    save_dashboard(town.leader, PAGE, "一楼大厅", "a-key")
    ask(town.leader, Wish("ledger", date(2024, 3, 1), date(2024, 3, 31)), "walk")
    switched_on(town)


@pytest.mark.parametrize("login", sorted(PAGES))
@pytest.mark.usefixtures("month")
def test_pages_are_accessible_and_fit(base: str, person: Person, login: str) -> None:
    clock.set(local("2024-04-02 10:00"))
    page = person(login)
    wrong: dict[str, list[str]] = {}
    for path in PAGES[login]:
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(base + path)
        until_quiet(page)
        assert answer is not None and answer.status == 200, path
        for width, scheme in (DESK, TELEPHONE):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(STILL)
            found = faults(page)
            too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if too_wide > 0:
                found.append(f"{too_wide} px too wide")
            found += page.evaluate(CUT)
            if found:
                wrong[f"{path} {width} {scheme}"] = found
    assert wrong == {}
