"""Measure the figures and their pages beside the same figures from the tickets table, in one run.

    python -m bench.counts [--tickets 100000 1000000] [--postgresql] [--output FILE]

A page is asked for as the leader, through the whole application: first right after a build, when
nothing has been counted yet (first), then again (again). Reading the facts into a new process is measured by itself. The plain SQL counts the same year, cut or
breakdown. Building from nothing is measured beside one SELECT of the same columns into Python. With
several sizes the growth from the first to the last is reported.
"""

import argparse
import itertools
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, delete, insert, select, text

import config
from bench import fill, ours
from bench.client import TOKEN
from bench.report import machine
from bench.stories import stories
from scripts import postgres
from servicedesk import create_app
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.organisation.queries import default_park
from servicedesk.routing.models import DispatchRecord
from servicedesk.statistics import store as store_module
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures, Span
from servicedesk.statistics.fact_models import FactBuild, FactSegment
from servicedesk.statistics.facts import build
from servicedesk.statistics.recount_cuts import recounted, recounted_by
from servicedesk.statistics.store import store
from servicedesk.statistics.verify import differences
from servicedesk.tickets.models import Escalation, FollowUpCall, Rating, Ticket
from servicedesk.transaction import writing

BATCH, ROUNDS = 2000, 15
TICKET_COLUMNS = (
    Ticket.id, Ticket.submitted_at, Ticket.resolved_at, Ticket.closed_at, Ticket.first_response_at,
    Ticket.response_due_at, Ticket.statutory_due_at, Ticket.item_id, Ticket.unit_id,
    Ticket.assignee_id, Ticket.resolved_by_id, Ticket.enterprise_id, Ticket.channel, Ticket.state,
    Ticket.urgent, Ticket.repeat_of_id, Ticket.confirmed, Ticket.result, Ticket.followed_up_at,
    Ticket.rating, Ticket.on_time, Ticket.used_minutes, Ticket.allowed_minutes, Ticket.returns,
    Ticket.supplements, Ticket.urges, Ticket.false_resolution, Ticket.limit_days,
)  # fmt: skip
"""What a fact is made from: see ``statistics.fact_source``."""
Result = dict[str, Any]


def main() -> int:
    """Measure each size, print; the exit status says whether the recounts agreed."""
    parser = argparse.ArgumentParser(prog="python -m bench.counts", description=__doc__)
    parser.add_argument("--tickets", type=int, nargs="+", default=[100_000])
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    parser.add_argument("--output", type=Path, help="write the numbers as JSON, too")
    wanted = parser.parse_args()
    results = [_in_a_folder(size, postgresql=wanted.postgresql) for size in wanted.tickets]
    if len(results) > 1:
        _print_growth(results[0], results[-1])
    if wanted.output:
        wanted.output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return int(any(result["differences"] for result in results))


def _in_a_folder(tickets: int, *, postgresql: bool) -> Result:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if not postgresql:
            return _measured(f"sqlite:///{folder / 'bench.sqlite3'}", folder, tickets)
        os.environ.pop("DATABASE_URL", None)  # that of the size before
        url, stop = postgres.start(folder, durable=True)
        try:
            return _measured(url, folder, tickets)
        finally:
            stop()


def _measured(url: str, folder: Path, tickets: int) -> Result:
    for name, value in ours._environment(url, folder).items():
        os.environ[name] = value
    now, app = datetime.now(UTC), create_app(config.load())
    with app.app_context():
        install()
        _fill(tickets, now)
        print(f"\n{tickets:,} tickets on {db.engine.dialect.name}, {machine()}", flush=True)
        park_id = default_park().id
        result: Result = {"tickets": tickets, "database": db.engine.dialect.name}
        result |= _building(park_id)
        result["reading"] = _reading(park_id)
        result["pages"] = _pages(app, park_id, now)
        found = differences(park_id)
        print(f"recount: {len(found)} differences", *found[:5], sep="\n", flush=True)
        db.session.remove()
        db.engine.dispose()
    return {**result, "differences": len(found)}


def _fill(tickets: int, now: datetime) -> None:
    there = fill.town(*ours._people(default_park().id), tickets)

    def each(make: Callable[[Any, Any], Iterator[fill.Row]]) -> Iterator[fill.Row]:
        return itertools.chain.from_iterable(make(there, story) for story in stories(tickets, now))

    _write(Enterprise.__table__, fill._enterprises(there, now))
    for model, make in (
        (Ticket, fill._ticket),
        (FollowUpCall, fill._calls),
        (Rating, fill._ratings),
        (DispatchRecord, fill._dispatches),
        (Escalation, fill._escalations),
    ):
        _write(model.__table__, each(make))
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _write(table: Any, rows: Iterator[fill.Row]) -> None:
    assert isinstance(table, Table)
    names = {column.name for column in table.columns}
    while batch := list(itertools.islice(rows, BATCH)):
        known = [{name: v for name, v in row.items() if name in names} for row in batch]
        with writing():
            db.session.execute(insert(table), known)


def _building(park_id: int) -> Result:
    """Building everything from nothing, beside reading the same columns once."""
    reading = min(_timed(lambda: _read(park_id)) for _ in range(2))
    times = []
    for _ in range(2):
        with writing():
            for model in (FactSegment, FactBuild):
                db.session.execute(delete(model))
        times.append(_timed(lambda: build(park_id)))
    again, memory = _timed(lambda: build(park_id)), _peak()
    print(f"one SELECT {reading:.2f} s, everything built from nothing {min(times):.2f} s")
    print(f"  × {min(times) / reading:.2f} (goal: at most × 3); nothing to do {again:.3f} s")
    return {"select": reading, "build": min(times), "idle_build": again, "peak_mib": memory}


def _read(park_id: int) -> int:
    query = select(*TICKET_COLUMNS).where(Ticket.park_id == park_id)
    rows = db.session.execute(query.execution_options(yield_per=5000))
    return sum(1 for _ in rows)


def _reading(park_id: int) -> float:
    """How long a new process needs for all facts of the park."""

    def read() -> None:
        store_module._kept.clear()
        store_module._segments.clear()
        store(park_id)

    reading = min(_timed(read) for _ in range(3))
    print(f"all facts into a new process {reading:.2f} s, at most {_peak()} MiB so far")
    return reading


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _pages(app: Flask, park_id: int, now: datetime) -> list[Result]:
    """Each page and cut, beside the same figures by plain SQL."""
    client = app.test_client()
    _sign_in(client, "leader")
    return [_page(client, park_id, now, *asked) for asked in _asked(now.date())]


def _sign_in(client: FlaskClient, login: str) -> None:
    found = TOKEN.search(client.get("/sign-in").data)
    assert found is not None
    form = {
        "login": login, "password": ours.PASSWORD, found[1].decode(): found[2].decode(),
    }  # fmt: skip
    assert client.post("/sign-in", data=form).status_code == 302


def _asked(today: date) -> Iterator[tuple[str, str, Span, Cut, Dimension | None]]:
    year, month = Span(date(today.year, 1, 1), today), Span(today.replace(day=1), today)
    both = Span(today.replace(year=today.year - 1, month=1, day=1), today)
    board = "/insight/figures?"
    yield "overview", f"/insight/?period={today.year}", year, EVERYTHING, None
    yield "dashboard, a year", f"{board}period=year", year, EVERYTHING, Dimension.UNIT
    yield "dashboard, a month", f"{board}period=month", month, EVERYTHING, Dimension.UNIT
    unit = Cut(unit="SCJG", channel="portal")
    yield (
        "unit and channel", f"{board}period=year&unit=SCJG&channel=portal&by=item", year, unit,
        Dimension.ITEM,
    )  # fmt: skip
    yield (
        "industry and scale", f"{board}period=year&industry=C&scale=small&by=category", year,
        Cut(industry="C", scale="small"), Dimension.CATEGORY,
    )  # fmt: skip
    days = f"since={both.start}&until={both.end}"
    yield "two years by area", f"{board}{days}&by=area", both, EVERYTHING, Dimension.AREA
    yield "a year by person", f"{board}period=year&by=person", year, EVERYTHING, Dimension.PERSON
    yield "loop", f"/insight/loop?period={today.year}", year, EVERYTHING, None
    yield "performance", "/insight/performance", month, EVERYTHING, Dimension.UNIT


def _page(
    client: FlaskClient,
    park_id: int,
    now: datetime,
    name: str,
    address: str,
    span: Span,
    cut: Cut,
    by: Dimension | None,
) -> Result:  # fmt: skip
    def ask() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    def plain() -> None:
        recounted(park_id, span, cut, now)
        if by is not None:
            recounted_by(park_id, span, cut, by)

    ask()
    firsts = []
    for _ in range(3):
        store(park_id).answers.clear()
        firsts.append(_timed(ask))
    first, again = min(firsts), min(_timed(ask) for _ in range(ROUNDS))
    sql = min(_timed(plain) for _ in range(2))
    alone, kept = _alone(park_id, now, span, cut, by)
    print(
        f"{name}: page first {first * 1000:.0f} ms, again {again * 1000:.1f} ms; its figures alone "
        f"{alone * 1000:.1f} ms, kept {kept * 1000:.1f} ms, by SQL {sql * 1000:.0f} ms "
        f"(× {sql / alone:.0f}, × {sql / kept:.0f})",
        flush=True,
    )
    return {
        "page": name, "first": first, "again": again, "alone": alone, "kept": kept, "sql": sql,
    }  # fmt: skip


def _alone(
    park_id: int, now: datetime, span: Span, cut: Cut, by: Dimension | None
) -> tuple[float, float]:
    """The figures that the plain SQL counts, without a page: counted anew, and kept."""

    def ask() -> None:
        figures = Figures(park_id, now)
        figures.numbers(span, cut)
        if by is not None:
            figures.grouped(span, cut, by)

    def anew() -> None:
        store(park_id).answers.clear()
        ask()

    return min(_timed(anew) for _ in range(ROUNDS)), min(_timed(ask) for _ in range(ROUNDS))


def _timed(ask: Callable[[], object]) -> float:
    db.session.rollback()
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def _print_growth(small: Result, large: Result) -> None:
    print(f"\nfrom {small['tickets']:,} to {large['tickets']:,} tickets")
    for one, other in zip(small["pages"], large["pages"], strict=True):
        first, again = (other[kind] / one[kind] for kind in ("first", "again"))
        print(f"{one['page']}: first × {first:.2f}, again × {again:.2f} (goal: at most × 1.3)")


if __name__ == "__main__":
    sys.exit(main())
