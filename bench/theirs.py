"""django-helpdesk: its environment, its tables filled from the same stories, its pages."""

import contextlib
import itertools
import json
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.client import Ask, Person, Task
from bench.copying import connect, copy, parameters, settle
from bench.report import FIGURES
from bench.servers import ROOT, WORKERS, free_port, serving
from bench.stories import SEARCHED, Story, stories

HERE = ROOT / "bench" / "peer"
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
WANTED = ROOT / "bench" / "requirements-peer.txt"
LOGIN, PASSWORD = "bench", "correct horse battery"
QUEUES = 30
OPEN, CLOSED = 1, 4
ROWS = 25  # what its list shows at once unless a person asks for more
THREADS = 4


def install() -> None:
    """Make the peer's environment, unless it is there already."""
    stamp = VENV / "installed.txt"
    if stamp.exists() and stamp.read_text() == WANTED.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    subprocess.run([PYTHON, "-m", "pip", "install", *quiet, "-r", WANTED], check=True)
    stamp.write_text(WANTED.read_text())


def prepare(url: str, tickets: int, now: datetime) -> None:
    """Migrate the peer's empty database and fill it."""
    command = (PYTHON, "-m", "bench.peer.prepare", LOGIN, PASSWORD, str(QUEUES))
    subprocess.run(command, cwd=ROOT, env=_environment(url), check=True)
    with connect(url) as connection:
        copy(connection, "helpdesk_ticket", TICKET, map(_ticket, stories(tickets, now)))
        events = itertools.chain.from_iterable(map(_followups, stories(tickets, now)))
        copy(connection, "helpdesk_followup", FOLLOWUP, events)
        settle(connection)


def _environment(url: str) -> dict[str, str]:
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    database = {names.get(name, "NAME"): value for name, value in parameters(url).items()}
    return {"PEER_DATABASE": json.dumps(database), "DJANGO_SETTINGS_MODULE": "bench.peer.settings"}


TICKET = (
    "id", "title", "created", "modified", "submitter_email", "status", "on_hold", "description",
    "resolution", "priority", "due_date", "secret_key", "queue_id", "assigned_to_id",
)  # fmt: skip
FOLLOWUP = ("ticket_id", "date", "title", "comment", "public", "user_id", "new_status")


def _ticket(story: Story) -> tuple[Any, ...]:
    unit = story.number % QUEUES + 1
    return (
        story.number, story.title, story.events[0].at, story.events[-1].at,
        f"enterprise{story.number % 500}@example.invalid", CLOSED if story.closed else OPEN,
        False, story.text, story.events[-1].text, 3, None, f"key{story.number}", unit, unit + 1,
    )  # fmt: skip


def _followups(story: Story) -> Iterator[tuple[Any, ...]]:
    for event in story.events:
        text = event.text or story.text
        status = CLOSED if event.kind == "close" else None
        yield (story.number, event.at, event.kind, text, True, story.number % QUEUES + 2, status)


@contextlib.contextmanager
def served(url: str, tickets: int, folder: Path) -> Iterator[list[Task]]:
    """Serve the peer by gunicorn and yield what is measured of it."""
    port = free_port()
    command = (
        VENV / "bin" / "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "60", "--timeout", "300",
        "bench.peer.wsgi:application",
    )  # fmt: skip
    with serving(command, _environment(url), port, folder / "gunicorn.log"):
        yield tasks(port, tickets)


def tasks(port: int, tickets: int) -> list[Task]:
    """Return what is measured, under the names that our tasks have, too."""

    def staff(_number: int) -> Person:
        person = Person(port)
        person.sign_in("/login/", {"username": LOGIN, "password": PASSWORD})
        return person

    def stranger(_number: int) -> Person:
        person = Person(port)
        person.open_form("/tickets/submit/")
        return person

    return [
        Task("list_all", staff, lambda *_: itertools.repeat(_rows({}))),
        Task("list_open", staff, lambda *_: itertools.repeat(_rows({"status__in": [1, 2]}))),
        Task("search", staff, lambda *_: itertools.repeat(_rows({}, SEARCHED))),
        Task("ticket", staff, lambda _, number: _ticket_pages(number, tickets)),
        *(
            Task(name, staff, lambda *_: itertools.repeat(Ask("/reports/", "</html>")), 2)
            for name in FIGURES
        ),
        Task("create", stranger, _submissions),
    ]


def _rows(filtering: dict[str, list[int]], words: str = "") -> Ask:
    """Return the request that brings the rows of its list; the page around them is not counted."""
    query = {
        "filtering": filtering,
        "filtering_null": {},
        "sorting": "created",
        "sortreverse": True,
        "search_string": words,
    }
    wanted = b64encode(json.dumps(query).encode()).decode()
    arguments = urlencode({"draw": 1, "start": 0, "length": ROWS})
    return Ask(f"/datatables_ticket_list/{wanted}?{arguments}", '"recordsFiltered": ')


def _ticket_pages(number: int, tickets: int) -> Iterator[Ask]:
    chance = random.Random(number)
    while True:
        yield Ask(f"/tickets/{(wanted := chance.randint(1, tickets))}/", f"/tickets/{wanted}/")


def _submissions(person: Person, number: int) -> Iterator[Ask]:
    for story in stories(1000):
        form = {
            "csrfmiddlewaretoken": person.token,
            "queue": str(number % QUEUES + 1),
            "title": story.title,
            "body": story.text,
            "priority": "3",
            "due_date": "",
            "submitter_email": f"enterprise{number}@example.invalid",
        }
        yield Ask("/tickets/submit/", "/view/?ticket=", form, 302)
