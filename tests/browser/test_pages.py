"""Every page for every audience: nothing serious for axe, nothing wider than a phone."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from servicedesk.extensions import db
from servicedesk.statistics.facts import build
from tests.browser.conftest import AXE, Person
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


def faults(page: Page) -> list[str]:
    """Return what axe finds that is serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' '"
        " + (n.any[0] ? n.any[0].message : '')).join(' | ')))"
    )
    return [str(fault) for fault in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", AUDIENCES)
def test_pages_are_accessible_and_fit(
    base: str, person: Person, names: dict[str, object], login: str, scheme: str
) -> None:
    page = person(login, width=390 if scheme == "dark" else 1440, scheme=scheme)
    wrong: dict[str, list[str]] = {}
    for path in PAGES[login]:
        page.goto(base + path.format(**names))
        page.wait_for_load_state("networkidle")
        found = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            found.append(f"{too_wide} px too wide")
        if found:
            wrong[path] = found
    assert wrong == {}


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
