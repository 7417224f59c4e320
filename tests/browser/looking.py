"""What every page must be, on a desk in the light and on a telephone in the dark."""

import re
from pathlib import Path
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, Page, Request

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DESK, TELEPHONE = (1440, "light"), (390, "dark")
QUIET = 100  # milliseconds without a request: what a page fetches by itself, it asks for at once
MOST_WINDOWS = 30
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
FRAME = [".topbar", ".side", ".tabbar"]
LOOKS = """frame => frame.filter(one => document.querySelector(one)).map(one => [one, [
    innerWidth, matchMedia('(prefers-color-scheme: dark)').matches,
    document.querySelector(one).outerHTML.replace(/ (value|aria-current)="[^"]*"/g, '')].join(' ')])"""
FAULTS = """known => axe.run({exclude: known.map(one => [one])}, {resultTypes: ['violations']}).then(r => r.violations
    .filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' '
    + (n.any[0] ? n.any[0].message : '')).join(' | ')))"""
# Two frames later scripts have answered the change; colours that fade have arrived.
ARRIVED = """async () => {
    for (let n = 0; n < 2; n += 1) await new Promise(requestAnimationFrame);
    document.getAnimations().forEach(one => { try { one.finish(); } catch { one.cancel(); } });
}"""


def enter(context: BrowserContext, base: str, login: str, password: str) -> None:
    """Sign a person in by the form's own request, without drawing a page."""
    form = TOKEN.search(context.request.get(f"{base}/sign-in").text())
    assert form is not None
    answer = context.request.post(
        f"{base}/sign-in",
        form={"csrf_token": form[1], "login": login, "password": password},
        max_redirects=0,
    )
    assert answer.status == 302, login


class _Traffic:
    """The requests of a page: those without an answer, and how many there have been."""

    def __init__(self, page: Page) -> None:
        self.waiting: set[Request] = set()
        self.begun = 0
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        self.waiting.add(request)
        self.begun += 1

    def _end(self, request: Request) -> None:
        self.waiting.discard(request)


_watched: WeakKeyDictionary[Page, _Traffic] = WeakKeyDictionary()


def watch(page: Page) -> None:
    """Count the requests of a new page from now on."""
    _watched[page] = _Traffic(page)


def until_quiet(page: Page) -> None:
    """Wait until a page is loaded and has fetched what it fetches by itself."""
    traffic = _watched[page]
    page.wait_for_load_state("load")
    for _window in range(MOST_WINDOWS):
        before = traffic.begun
        page.wait_for_timeout(QUIET)
        if traffic.begun == before and not traffic.waiting:
            return
    page.wait_for_load_state("networkidle")


_frames: WeakKeyDictionary[Page, set[tuple[str, str]]] = WeakKeyDictionary()


def faults(page: Page) -> list[str]:
    """Return what axe finds that is serious or critical.

    What frames the pages of one person is looked at once for each of its looks.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    looks = {(part, look) for part, look in page.evaluate(LOOKS, FRAME)}
    known = [part for part, _look in looks & _frames.setdefault(page, set())]
    _frames[page] |= looks
    return [str(fault) for fault in page.evaluate(FAULTS, known)]


def faults_both_ways(page: Page, address: str, first: str = "0") -> list[str]:
    """Return what is wrong with a page, when ``first`` has been done: on a desk, then on a telephone.

    It is loaded once, unless it has charts: they are drawn for the width at which they are loaded.
    """
    found = []
    for width, scheme in (DESK, TELEPHONE):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if (width, scheme) == DESK or page.locator("[data-chart]").count():
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            until_quiet(page)
            page.evaluate(first)
        page.evaluate(ARRIVED)
        wrong = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            wrong.append(f"{too_wide} px too wide")
        found += [f"{width} {scheme}: {one}" for one in wrong]
    return found
