"""Every page for every audience: nothing serious for axe, nothing wider than a phone."""

import pytest
from flask import Flask

from servicedesk.extensions import db
from servicedesk.statistics.facts import build
from tests.browser.conftest import Person
from tests.browser.looking import faults_both_ways
from tests.support import Town
from tests.web.test_access import project_values
from tests.web.values import loop_values

pytestmark = pytest.mark.browser
STRANGER = (
    "/portal/welcome",
    "/portal/items/A01",
    "/portal/packages/P4?when=自建",
    "/portal/search?q=注册",
    "/sign-in",
    "/register",
)
PAGES = {
    "": STRANGER,
    "alice": (
        "/portal/home", "/portal/items/J03/file", "/portal/requests", "/portal/requests/{done}",
        "/portal/requests/{open}", "/portal/requests/{open}/receipt", "/portal/enterprise",
        "/portal/members", "/portal/projects", "/portal/projects/{project}",
        "/portal/packages/P1/file", "/portal/packages/cases", "/portal/financing",
        "/portal/financing/new", "/account", "/notices", "/notices?show=unread",
        "/portal/requests?show=abandoned",
    ),
    "desk": (
        "/desk/packages/cases", "/desk/financing", "/desk/financing/products/new",
        "/desk/packages/new/{enterprise}/P2", "/desk/?view=all", "/desk/tickets/{open}", "/desk/new?who=有限", "/desk/enterprises",
        "/desk/new/{enterprise}/A02", "/desk/enterprises/{enterprise}", "/desk/enterprises/new",
        "/desk/enterprises/{enterprise}/edit", "/desk/import/enterprises", "/desk/patents",
        "/desk/projects/wall", "/desk/projects", "/desk/projects/{project}", "/desk/projects/new",
        "/desk/today", "/desk/views", "/desk/columns", "/desk/bulk/accept?number={open}",
        "/desk/problems", "/desk/problems?view=all", "/desk/problems/new", "/desk/repeats",
        "/desk/replies", "/desk/replies/new", "/desk/tickets/{open}/why", "/desk/routing",
        "/desk/bounces", "/desk/handover", "/desk/duty", "/desk/decisions",
        "/desk/tickets/{open}/split",
    ),
    "follow": ("/desk/follow-ups", "/desk/follow-ups?tab=everything", "/desk/today"),
    "head": (
        "/desk/false-resolutions", "/desk/joint-meeting", "/desk/meetings/new", "/desk/workload",
        "/desk/meetings/{meeting_id}", "/desk/problems/{problem_id}", "/admin/rules",
        "/admin/rules/apply", "/admin/rehearsal", "/desk/today",
        "/admin/rehearsal?kind=timing&run=1&warn_share=60",
    ),
    "unithead": ("/desk/workload", "/desk/duty", "/desk/today", "/desk/tickets/{open}"),
    "officer": ("/desk/", "/desk/tickets/{open}", "/desk/tickets/{open}?show=talk", "/desk/today"),
    "leader": ("/insight/", "/desk/joint-meeting", "/insight/?period=2024-03", "/desk/today"),
    "admin": ("/admin/", "/admin/users", "/admin/calendar", "/admin/mail", "/admin/catalogue",
        "/admin/catalogue/A02", "/admin/catalogue/A02/versions", "/admin/catalogue/import"),
    "auditor": ("/admin/audit",),
}  # fmt: skip
AUDIENCES = sorted(PAGES)


@pytest.fixture
def names(sqlite_app: Flask) -> dict[str, object]:
    """Two tickets, one open and one waiting for the enterprise's word, and built counts."""
    town = Town()
    opened = town.walk(town.file(), "accept", "dispatch", "sign")
    done = town.walk(town.file(), "accept", "dispatch", "sign", "resolve")
    found = {
        "open": opened.number, "done": done.number, "enterprise": town.enterprise_id(),
        "project": project_values(town)["project_id"], **loop_values(town),
    }  # fmt: skip
    build(town.park_id)
    db.session.remove()
    return found


@pytest.mark.parametrize("login", AUDIENCES)
def test_pages_are_accessible_and_fit(
    base: str, person: Person, names: dict[str, object], login: str
) -> None:
    page = person(login)
    found = {path: faults_both_ways(page, base + path.format(**names)) for path in PAGES[login]}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [390, 1440])
def test_the_catalogue_answers_while_typing(base: str, person: Person, width: int) -> None:
    page = person("", width=width)
    page.goto(f"{base}/portal/welcome")
    page.locator("input[name=q]").first.press_sequentially("gszc")
    page.locator("input[name=q]").first.press("Enter")
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("企业设立登记").count() > 0


def test_the_portal_works_without_javascript(chromium, base: str) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/portal/search?q=刻章")
    assert page.get_by_text("公章刻制备案").count() > 0
    page.goto(f"{base}/sign-in")
    assert page.locator("input[name=password]").is_visible()
    context.close()
