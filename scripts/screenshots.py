"""Every page at 1440 and 390 px, light and dark, to docs/screenshots/ (``make screenshots``).

python -m scripts.screenshots [NAME ...]      only pages whose name contains one of the words

They are not kept in the repository. What the README shows is: the first screen, in docs/pictures/.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

import config
from servicedesk import create_app
from servicedesk.core.workflow import State
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.tickets.models import Ticket
from tests.live import chromium_browser, serving, sign_in

ROOT = Path(__file__).resolve().parent.parent
TARGET, README = ROOT / "docs" / "screenshots", ROOT / "docs" / "pictures"
IN_README = ("portal-home-390-light", "desk-queue-1440-light", "insight-2024-1440-light")
SIZES = {"1440": (1440, 900), "390": (390, 844)}
SCHEMES = ("light", "dark")
TALLEST = 2000  # a list goes on below that, and a picture of all of it has a megabyte


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: its file name, whose page it is (empty for strangers), and its address."""

    name: str
    login: str
    path: str


def shots(app: Flask) -> list[Shot]:
    """Return every page that we show a customer."""
    with app.app_context():
        mine = _number(Ticket.requester_id.is_not(None), state=State.IN_PROGRESS)
        resolved = _number(Ticket.requester_id.is_not(None), state=State.RESOLVED)
        signing = _number(state=State.ACCEPTED)
    return [
        Shot("portal-welcome", "", "/portal/welcome"),
        Shot("portal-guide", "", "/portal/items/A01"),
        Shot("portal-search", "", "/portal/search?q=注册"),
        Shot("sign-in", "", "/sign-in"),
        Shot("register", "", "/register"),
        Shot("portal-home", "qiye", "/portal/home"),
        Shot("portal-file", "qiye", "/portal/items/J03/file"),
        Shot("portal-requests", "qiye", "/portal/requests"),
        Shot("portal-enterprise", "qiye", "/portal/enterprise"),
        Shot("portal-members", "qiye", "/portal/members"),
        Shot("portal-projects", "qiye", "/portal/projects"),
        Shot("portal-project", "qiye", "/portal/projects/9"),
        Shot("portal-accountant", "kuaiji", "/portal/home"),
        Shot("desk-project-wall", "leader", "/desk/projects/wall"),
        Shot("desk-projects", "desk", "/desk/projects"),
        Shot("desk-project", "desk", "/desk/projects/10"),
        Shot("portal-materials", "qiye", "/portal/materials"),
        Shot("portal-letters", "qiye", "/portal/letters"),
        Shot("portal-filing", "qiye", "/portal/items/A04/file"),
        Shot("desk-documents", "desk", "/desk/documents"),
        Shot("desk-deferred", "desk", "/desk/deferred"),
        Shot("desk-letters", "desk", "/desk/letters"),
        Shot("desk-originals", "desk", "/desk/originals"),
        Shot("notices", "qiye", "/notices"),
        Shot("desk-queue", "desk", "/desk/?view=open&sort=due"),
        Shot("desk-dispatch", "desk", f"/desk/tickets/{signing}"),
        Shot("desk-new", "desk", "/desk/new?who=科技"),
        Shot("desk-ticket", "head", f"/desk/tickets/{mine}"),
        Shot("desk-follow-up", "huifang", f"/desk/tickets/{resolved}"),
        Shot("desk-officer", "officer", "/desk/"),
        Shot("desk-enterprises", "head", "/desk/enterprises"),
        Shot("desk-enterprise", "head", f"/desk/enterprises/{_enterprise(app)}"),
        Shot("desk-import", "desk", "/desk/import/enterprises"),
        Shot("desk-duplicates", "head", "/desk/duplicates"),
        Shot("desk-patents", "desk", "/desk/patents?year=2024"),
        Shot("joint-meeting", "leader", "/desk/joint-meeting"),
        Shot("insight", "leader", "/insight/"),
        Shot("insight-2024", "leader", "/insight/?period=2024"),
        Shot("insight-today", "leader", "/insight/today"),
        Shot("insight-scheduler", "leader", "/insight/scheduler"),
        Shot("insight-figures", "leader", "/insight/figures?period=year&measure=on_time_rate"),
        Shot("insight-figures-officer", "officer", "/insight/figures?period=year"),
        Shot("insight-loop", "leader", "/insight/loop"),
        Shot("insight-performance", "leader", "/insight/performance"),
        Shot("insight-performance-unit", "unithead", "/insight/performance"),
        Shot("insight-weights", "leader", "/insight/performance/weights"),
        Shot("insight-reports", "leader", "/insight/reports?kind=summary"),
        Shot("insight-definitions", "leader", "/insight/definitions"),
        Shot("insight-wall", "leader", "/insight/wall"),
        Shot("public", "", "/public"),
        Shot("admin-home", "admin", "/admin/"),
        Shot("admin-users", "admin", "/admin/users"),
        Shot("admin-calendar", "admin", "/admin/calendar"),
        Shot("admin-catalogue", "admin", "/admin/catalogue"),
        Shot("admin-catalogue-item", "admin", "/admin/catalogue/J07"),
        Shot("admin-catalogue-versions", "admin", "/admin/catalogue/C01/versions"),
        Shot("audit", "auditor", "/admin/audit"),
        Shot("desk-policies", "desk", "/desk/policies"),
        Shot("desk-policy-draft", "desk", f"/desk/policies/{_policy(app, 'draft')}"),
        Shot("desk-policy", "desk", f"/desk/policies/{_policy(app, 'published')}"),
        Shot("desk-declarations", "desk", "/desk/declarations"),
        Shot("desk-policies-missed", "leader", "/desk/policies/missed?year=2025"),
        Shot("portal-policies", "qiye", "/portal/policies"),
        Shot("portal-declarations", "qiye", "/portal/declarations"),
        Shot("desk-events", "desk", "/desk/events"),
        Shot("desk-event", "desk", "/desk/events/2"),
        Shot("desk-consultations", "desk", "/desk/consultations"),
        Shot("desk-hiring", "desk", "/desk/hiring"),
        Shot("portal-events", "qiye", "/portal/events"),
        Shot("portal-events-mine", "qiye", "/portal/events?show=mine"),
        Shot("portal-hiring", "qiye", "/portal/hiring"),
        *_of_enterprise(app),
    ]


def _policy(app: Flask, state: str) -> int:
    """The row number of the newest policy in this state, one for payments where there is one."""
    from servicedesk.declarations.models import Policy

    with app.app_context():
        query = select(Policy.id).where(Policy.state == state, Policy.code.like("%-F06"))
        found = db.session.scalar(query.order_by(Policy.closes_on.desc()))
        return found or db.session.scalar(select(Policy.id).where(Policy.state == state)) or 0


def _enterprise(app: Flask) -> int:
    """The row number of the demo clerk's enterprise."""
    from servicedesk.accounts.queries import by_login
    from servicedesk.web.access import actor_of

    with app.app_context():
        clerk = by_login("qiye")
        assert clerk is not None
        return min(actor_of(clerk).enterprise_ids)


def _number(*conditions: object, state: State) -> str:
    query = select(Ticket.number).where(Ticket.state == state, *conditions)  # type: ignore[arg-type]
    return str(db.session.scalar(query.order_by(Ticket.id.desc()).limit(1)))


def _of_enterprise(app: Flask) -> Iterator[Shot]:
    """The pages of the demo clerk's own requests, one for each state."""
    from servicedesk.accounts.queries import by_login
    from servicedesk.web.access import actor_of

    with app.app_context():
        clerk = by_login("qiye")
        assert clerk is not None
        mine = actor_of(clerk).enterprise_ids
        query = select(Ticket.state, Ticket.number).where(Ticket.enterprise_id.in_(mine))
        numbers = {row.state: row.number for row in db.session.execute(query.order_by(Ticket.id))}
    for state in ("in_progress", "awaiting_enterprise", "resolved", "followed_up", "closed"):
        if state in numbers:
            yield Shot(f"portal-ticket-{state}", "qiye", f"/portal/requests/{numbers[state]}")
    if numbers:
        newest = max(numbers.values())
        yield Shot("portal-receipt", "qiye", f"/portal/requests/{newest}/receipt")


def demo_app(folder: Path) -> Flask:
    """Return an application with the demo year."""
    from servicedesk.demo.year import load

    settings = config.Settings(
        database_url=f"sqlite:///{folder / 'shots.db'}", data_dir=folder,
        secret_key="only for screenshots, thrown away afterwards", base_url="http://localhost",
        rate_limits=False,
    )  # fmt: skip
    app = create_app(settings)
    with app.app_context():
        install()
        load(progress=lambda line: print(f"    {line}", file=sys.stderr))
        from servicedesk.jobs.scheduler import tick

        _open_to_the_public()
        tick("screenshots")
        db.session.remove()
    return app


def _open_to_the_public() -> None:
    """Switch the public page on, as an administrator would."""
    from servicedesk.accounts.queries import by_login
    from servicedesk.organisation.actions import switch_public_page
    from servicedesk.organisation.queries import default_park
    from servicedesk.web.access import actor_of

    park, admin = default_park(), by_login("admin")
    assert admin is not None
    least = park.public_minimum
    switch_public_page(actor_of(admin), (True, least), (park.public_page, least))


def take(browser: Browser, base: str, wanted: Sequence[Shot], target: Path) -> None:
    """Take every shot in every size and scheme."""
    target.mkdir(parents=True, exist_ok=True)
    for login in dict.fromkeys(shot.login for shot in wanted):
        state = _session(browser, base, login)
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme, locale="zh-CN", storage_state=state,
                )  # type: ignore[arg-type]  # fmt: skip
                _take_all(
                    context, base, [s for s in wanted if s.login == login], target, size, scheme
                )
                context.close()


def _session(browser: Browser, base: str, login: str) -> object:
    context = browser.new_context()
    if login:
        sign_in(context.new_page(), base, login, "demo-2024")
    state = context.storage_state()
    context.close()
    return state


def _take_all(
    context: BrowserContext, base: str, wanted: list[Shot], target: Path, size: str, scheme: str
) -> None:
    page = context.new_page()
    for shot in wanted:
        page.goto(base + shot.path)
        page.wait_for_load_state("networkidle")
        _complain_of_overflow(page, shot, size)
        width, _height = SIZES[size]
        tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        name = f"{shot.name}-{size}-{scheme}"
        if name in IN_README:
            page.screenshot(path=README / f"{name}.png")
        page.screenshot(
            path=target / f"{name}.png", full_page=True,
            clip={"x": 0, "y": 0, "width": width, "height": tall},
        )  # fmt: skip


def _complain_of_overflow(page: Page, shot: Shot, size: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        print(f"{shot.name} at {size} px is {wide} px too wide", file=sys.stderr)


def main() -> None:
    """Load the demo year, serve it, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        app = demo_app(Path(folder))
        words = sys.argv[1:]
        wanted = [s for s in shots(app) if not words or any(word in s.name for word in words)]
        with serving(app) as base, chromium_browser() as browser:
            take(browser, base, wanted, TARGET)


if __name__ == "__main__":
    main()
