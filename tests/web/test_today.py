"""The day page: every number is a list's, and what counts as changed since yesterday."""

from datetime import timedelta

import pytest
from flask import Flask
from lxml.html import HtmlElement, fromstring

from servicedesk.clock import clock
from servicedesk.tickets.listing import Filter, page
from servicedesk.tickets.reminding import remind
from tests.support import Town, pass_time
from tests.web.queue_support import WORKERS, person, varied, without_tokens


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Both databases, forms without a token."""
    return without_tokens(app)


def numbers_of(page_: HtmlElement) -> dict[str, int]:
    """Return what the day page says, by the address that it leads to."""
    links = page_.xpath("//main//a[contains(@class,'today-wait')]/strong/..")
    links += page_.xpath("//main//a[contains(@class,'today-count')]")
    return {
        link.get("href"): int("".join(c for c in link.text_content() if c.isdigit()))
        for link in links
    }


def test_every_number_of_the_day_page_leads_to_its_list(open_app: Flask) -> None:
    town = Town()
    varied(town)
    pass_time(days=1)
    remind(town.desk, town.walk(town.file(), "accept", "dispatch", "sign").id, "请尽快")
    for login in WORKERS:
        client = person(open_app, login)
        answer = client.get("/desk/today")
        assert answer.status_code == 200
        found = numbers_of(fromstring(answer.text))
        assert found, login
        for address, number in found.items():
            rows = fromstring(client.get(address).text).xpath("//table[@data-rows]/tbody/tr")
            assert len(rows) == number, (login, address)


def test_changes_are_what_others_did_since_the_last_closing(app: Flask) -> None:
    town = Town()
    old = town.walk(town.file(), "accept", "dispatch", "sign")  # Tuesday morning
    clock.set(clock.now() + timedelta(hours=8))  # after closing
    changed = town.walk(town.file("bob"), "accept", "dispatch")
    clock.set(clock.now() + timedelta(hours=15))  # Wednesday morning
    own = town.walk(town.file(), "accept")

    def listed(login: str) -> set[int]:
        return {row.id for row in page(town.actor(login), Filter(view="changed")).rows}

    assert listed("desk") == {
        changed.id,
        own.id,
    }  # the enterprise filed them; the desk's own do not count
    assert listed("officer") == set()
    assert listed("unithead") == {changed.id}
    remind(town.head, old.id, "请尽快")
    assert listed("desk") == {old.id, changed.id, own.id}
    assert listed("officer") == {old.id}
    clock.set(clock.now() + timedelta(days=1))
    assert listed("desk") == set()
