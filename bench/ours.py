"""Our product: its tables filled from the stories, its pages."""

import contextlib
import itertools
import os
import random
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import config
from bench.client import Ask, Person, Task
from bench.copying import connect, settle
from bench.fill import fill, town
from bench.report import FIGURES
from bench.servers import WORKERS, free_port, serving
from bench.stories import SEARCHED, stories
from servicedesk import create_app
from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.core.permissions import Actor, Role
from servicedesk.enterprises.actions import register
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.organisation.queries import default_park, unit_by_code, units
from servicedesk.statistics.facts import build
from servicedesk.tickets.similar import SHOWN

PASSWORD = "correct horse battery"
REQUESTERS = 8
THREADS = 4
ITEM = "A01"
SAMPLE = 2000
KNOWN = re.compile(r'name="known" value="([^"]+)"')
TICKET = re.compile(r"/requests/([^/]+)/receipt")


def prepare(url: str, folder: Path, tickets: int, now: datetime) -> None:
    """Install into the empty database, create the people, fill it, and build the counts."""
    for name, value in _environment(url, folder).items():
        os.environ[name] = value
    app = create_app(config.load())
    with app.app_context():
        install()
        park = default_park()
        there = town(*_people(park.id), tickets)
        db.session.remove()
        with connect(url) as connection:
            fill(connection, there, tickets, now)
        build(park.id, everything=True)
        db.session.remove()
        db.engine.dispose()
    with connect(url) as connection:
        settle(connection)


def _people(park_id: int) -> tuple[int, int, Sequence[int]]:
    """Create the staff and the enterprises' people; returns desk, requester, unit officers."""
    system, password = Actor(None, Role.SYSTEM, park_id, "bench"), hash_password(PASSWORD)

    def staff(login: str, role: Role, unit_id: int | None = None) -> int:
        return create_user(
            system, login=login, name=login, role=role, password_hash=password,
            park_id=park_id, unit_id=unit_id,
        ).id  # fmt: skip

    house = unit_by_code(park_id, "QFZX")
    desk = staff("desk", Role.DESK, house.id if house else None)
    staff("leader", Role.LEADER)
    officers = [staff(f"officer{unit.id}", Role.OFFICER, unit.id) for unit in units(park_id)]
    requesters = [
        register(
            park_id, name=f"鹤城申报{number}科技有限公司", confirmed=False,
            code=valid_credit_code("431202", f"MA4X{number:05d}"), person=f"张{number}",
            phone="13800138000", email="", login=f"requester{number}", password_hash=password,
        ).id
        for number in range(REQUESTERS)
    ]  # fmt: skip
    return desk, requesters[0], officers


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "only for measuring on this machine, never for anything else",
        "RATE_LIMITS": "0",
        "DEMO": "0",
    }


@contextlib.contextmanager
def served(url: str, folder: Path) -> Iterator[list[Task]]:
    """Serve our application by granian, as ``flask serve`` does, and yield what is measured."""
    port = free_port()
    command = (
        Path(sys.executable).with_name("granian"), "--interface", "wsgi",
        "--workers", str(WORKERS), "--blocking-threads", str(THREADS),
        "--host", "127.0.0.1", "--port", str(port), "wsgi:app",
    )  # fmt: skip
    with serving(command, _environment(url, folder), port, folder / "granian.log"):
        yield tasks(port, _sample(url))


def _sample(url: str) -> list[str]:
    """Return the numbers of tickets from everywhere in the table."""
    with connect(url) as connection:
        rows = connection.execute("SELECT number FROM ticket ORDER BY id").fetchall()
    return [row[0] for row in random.Random(1).sample(rows, min(SAMPLE, len(rows)))]


def tasks(port: int, numbers: Sequence[str]) -> list[Task]:
    """Return what is measured, under the names that the peer's tasks have, too."""

    def person(login: str) -> Person:
        one = Person(port)
        one.sign_in("/sign-in", {"login": login, "password": PASSWORD})
        return one

    def requester(number: int) -> Person:
        one = person(f"requester{number}")
        one.open_form(f"/portal/items/{ITEM}/file")
        return one

    def page(path: str, marker: str) -> Iterator[Ask]:
        return itertools.repeat(Ask(path, marker))

    row, found = 'href="/desk/tickets/', f"/desk/?view=all&q={quote(SEARCHED)}"
    return [
        Task("list_all", lambda _: person("desk"), lambda *_: page("/desk/?view=all", row)),
        Task("list_open", lambda _: person("desk"), lambda *_: page("/desk/?view=open", row)),
        Task("search", lambda _: person("desk"), lambda *_: page(found, row)),
        Task("ticket", lambda _: person("desk"), lambda _, n: _ticket_pages(n, numbers)),
        *(
            Task(name, lambda _: person("leader"), lambda *_, at=path: page(at, "</html>"), 2)
            for name, path in FIGURES.items()
        ),
        Task("create", requester, _filings),
    ]


def _ticket_pages(number: int, numbers: Sequence[str]) -> Iterator[Ask]:
    chance = random.Random(number)
    while True:
        wanted = chance.choice(numbers)
        yield Ask(f"/desk/tickets/{wanted}", wanted)


def _filings(person: Person, number: int) -> Iterator[Ask]:
    """Yield filings; each has a one-time number of its own, as the form gives it.

    The requester files the same item again and again, and says each time that the open requests, which the
    form names, are other matters.
    """
    path = f"/portal/items/{ITEM}/file"
    page = person.send(path).body.decode()
    enterprise = _between(page, 'name="enterprise"', 'value="')
    known = deque(reversed(KNOWN.findall(page)), SHOWN)  # the page names the newest first
    for story in itertools.cycle(stories(1000)):
        form = {
            "csrf_token": person.token,
            "key": f"{number}-{random.getrandbits(128):032x}",
            "enterprise": enterprise,
            "known": list(known),
            "title": story.title,
            "description": story.text,
            "contact": "李工",
            "phone": "13800138000",
            "proposed_name": "鹤城光年科技有限公司",
            "registered_capital": "500",
            "address_kind": "租赁",
        }
        yield Ask(path, "/receipt", form, 302)
        known.extend(TICKET.findall(person.location))


def _between(page: str, *before: str) -> str:
    """Return what stands in quotation marks after these texts, one after the other."""
    for text in before:
        _, _, page = page.partition(text)
    return page.partition('"')[0]
