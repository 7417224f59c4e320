"""A live server on a fresh application, and people who have signed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from servicedesk.clock import clock
from servicedesk.extensions import db
from tests.live import chromium_browser, serving, sign_in
from tests.support import PASSWORD, START

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
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
    """Open a page as somebody; every page must be free of script errors."""
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
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        if login:
            sign_in(page, base, login, PASSWORD)
        return page

    yield start
    for context in opened:
        context.close()
    assert errors == []
