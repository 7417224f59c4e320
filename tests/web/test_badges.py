"""Every number beside a link of a page equals the list that the link opens, for every role.

The numbers are found on the pages themselves: a page with a new badge is tried as soon as it stands
among ``PAGES`` and says how its rows look.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, fromstring
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.views import VIEWS_OF
from servicedesk.workbench.saved_views import save_view
from tests.support import Town
from tests.web.queue_support import WORKERS, person, varied, without_tokens

PAGES = ("/desk/", "/desk/today", "/desk/follow-ups", "/desk/problems", "/desk/decisions",
         "/desk/joint-meeting")  # fmt: skip
ROWS = {
    "/desk/": "//tr[@data-number]",
    "/desk/follow-ups": "//li[starts-with(@id, 'call-')]",
    "/desk/problems": "//table[contains(@class, 'queue')]/tbody/tr",
    "/desk/decisions": "//table/tbody/tr",
    "/notices": "//li[contains(@class, 'notice-new')]",
}
SAVED = {"在办的A类": {"view": "open", "category": "A"}, "所有执照": {"view": "all", "q": "执照"}}
NUMBER = re.compile(r"(\d+)件?")


def numbers_on(page: HtmlElement) -> Iterator[tuple[str, int]]:
    """Yield (address, number) of every link of a page that shows how much lies behind it."""
    for link in page.xpath("//main//a[@href] | //nav//a[@href]"):
        address = str(link.get("href"))
        if address.partition("?")[0] not in ROWS:
            continue
        marks = link.xpath(
            ".//*[contains(@class, 'badge-count') or contains(@class, 'numeral')"
            " or contains(@class, 'figure-value')]"
            " | self::*[contains(@class, 'today-count')]"
            " | self::a[ancestor::nav[contains(@class, 'pills')]]/span"
        )
        for mark in marks:
            if found := NUMBER.fullmatch(mark.text_content().strip()):
                yield address, int(found[1])


def rows_behind(client: FlaskClient, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return len(fromstring(answer.text).xpath(ROWS[address.partition("?")[0]]))


@pytest.fixture
def busy_app(sqlite_app: Flask) -> Flask:
    """A desk with tickets in every view, saved views for everybody, something late."""
    town = Town()
    without_tokens(sqlite_app)
    varied(town)
    for name, query in SAVED.items():
        save_view(town.head, name, query, "park")
    late = db.session.scalars(select(Ticket).where(Ticket.state == "in_progress")).first()
    assert late is not None and late.due_at is not None
    clock.set(late.due_at + timedelta(hours=1))
    db.session.remove()
    return sqlite_app


def test_every_number_beside_a_link_is_the_lists(busy_app: Flask) -> None:
    for login in WORKERS:
        client, role = person(busy_app, login), Town().user(login).role_enum
        db.session.remove()
        shown: dict[str, set[int]] = {}
        for address in PAGES:
            answer = client.get(address)
            if answer.status_code != 403:
                for target, number in numbers_on(fromstring(answer.text)):
                    shown.setdefault(target, set()).add(number)
        views = {target for target in shown if target.startswith("/desk/?view=")}
        assert len(views) >= len(VIEWS_OF[role]) - 1 + len(SAVED), login
        wrong = {
            target: (numbers, behind)
            for target, numbers in shown.items()
            if numbers != {behind := rows_behind(client, target)}
        }
        assert wrong == {}, login


def test_the_bell_counts_what_is_unread(busy_app: Flask) -> None:
    for login in (*WORKERS, "alice"):
        client = person(busy_app, login)
        bell = fromstring(client.get("/notices").text).xpath("//*[@class='tool-count']/text()")
        count = int(bell[0] if bell else 0)
        assert count == rows_behind(client, "/notices?show=unread"), login
