"""A live server on a fresh application, and people who have signed in."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from servicedesk.clock import clock
from servicedesk.extensions import db
from tests.browser.looking import enter, watch
from tests.live import chromium_browser, serving
from tests.support import PASSWORD, START

Person = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with chromium_browser() as browser:
        yield browser


@pytest.fixture
def base(sqlite_app: Flask) -> Iterator[str]:
    """The address of a live server at ``START``."""
    db.session.remove()
    clock.set(START)
    with serving(sqlite_app) as address:
        yield address


@pytest.fixture
def person(chromium: Browser, base: str) -> Iterator[Person]:
    """Open an empty page as somebody; every page must be free of script errors.

    Signing in through the page is shown by the tests of offline visits: here no page is drawn.
    """
    opened, errors = [], []

    def start(login: str = "", width: int = 1440, scheme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="zh-CN",
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch(page)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        if login:
            enter(context, base, login, PASSWORD)
        return page

    yield start
    for context in opened:
        context.close()
    assert errors == []
