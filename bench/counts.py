"""Measure the figures beside the same figures from the tickets table by plain SQL, in one run.

    python -m bench.counts [--tickets 100000] [--postgresql]

Every figure is asked for several times and the best time counts, for ours and for the plain SQL
alike. Building from nothing is measured beside one SELECT of the same columns into Python.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, insert, select, text

import config
from bench import fill, ours
from bench.report import machine
from bench.stories import stories
from scripts import postgres
from servicedesk import create_app
from servicedesk.accounts.queries import by_login
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.organisation.queries import default_park
from servicedesk.statistics.actions import build
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Span, grouped, numbers
from servicedesk.statistics.fact_models import TicketFact
from servicedesk.statistics.facts import TICKET_COLUMNS
from servicedesk.statistics.models import BuiltCount, CountBuild, ServedEnterprise
from servicedesk.statistics.queries import overview
from servicedesk.statistics.recount_cuts import recounted
from servicedesk.statistics.verify import differences
from servicedesk.tickets.models import FollowUpCall, Rating, Ticket
from servicedesk.transaction import writing
from servicedesk.web.access import actor_of

BATCH, ROUNDS = 2000, 3


def main() -> int:
    """Fill a database, measure, print; the exit status says whether the recount agreed."""
    parser = argparse.ArgumentParser(prog="python -m bench.counts", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if not wanted.postgresql:
            return _measured(f"sqlite:///{folder / 'bench.sqlite3'}", folder, wanted.tickets)
        url, stop = postgres.start(folder, durable=True)
        try:
            return _measured(url, folder, wanted.tickets)
        finally:
            stop()


def _measured(url: str, folder: Path, tickets: int) -> int:
    for name, value in ours._environment(url, folder).items():
        os.environ[name] = value
    now = datetime.now(UTC)
    with create_app(config.load()).app_context():
        install()
        _fill(tickets, now)
        print(f"{tickets:,} tickets on {db.engine.dialect.name}, {machine()}")
        _building(default_park().id)
        _figures(default_park().id, now)
        found = differences(default_park().id)
        print(f"recount: {len(found)} differences", *found[:5], sep="\n")
    return int(bool(found))


def _fill(tickets: int, now: datetime) -> None:
    there = fill.town(*ours._people(default_park().id), tickets)

    def each(make: Callable[[Any, Any], Iterator[fill.Row]]) -> Iterator[fill.Row]:
        return itertools.chain.from_iterable(make(there, story) for story in stories(tickets, now))

    _write(Enterprise.__table__, fill._enterprises(there, now))
    for model, make in (
        (Ticket, fill._ticket),
        (FollowUpCall, fill._calls),
        (Rating, fill._ratings),
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


def _building(park_id: int) -> None:
    """Building everything from nothing, beside reading the same columns once."""
    reading = min(_timed(lambda: _read(park_id)) for _ in range(2))
    with writing():
        for model in (TicketFact, BuiltCount, ServedEnterprise, CountBuild):
            db.session.execute(delete(model))
    building = _timed(lambda: build(park_id, everything=True))
    again = _timed(lambda: build(park_id))
    print(
        f"one SELECT of the columns {reading:.2f} s, everything built from nothing {building:.2f} s"
    )
    print(
        f"  × {building / reading:.1f} (goal: at most × 3); a build with nothing to do {again:.3f} s"
    )


def _read(park_id: int) -> int:
    query = select(*TICKET_COLUMNS).where(Ticket.park_id == park_id)
    rows = db.session.execute(query.execution_options(yield_per=5000))
    return sum(1 for _ in rows)


def _figures(park_id: int, now: datetime) -> None:
    last = now.date()
    year, month = Span(date(last.year, 1, 1), last), Span(last.replace(day=1), last)
    unit = Cut(unit="SCJG", channel="portal")
    leader = by_login("leader")
    assert leader is not None
    actor = actor_of(leader)
    for label, ask, plain in (
        ("all figures of a year", lambda: numbers(park_id, year, EVERYTHING, now),
         lambda: recounted(park_id, year, EVERYTHING, now)),
        ("all figures of a month", lambda: numbers(park_id, month, EVERYTHING, now),
         lambda: recounted(park_id, month, EVERYTHING, now)),
        ("a unit and a channel in a year", lambda: numbers(park_id, year, unit, now),
         lambda: recounted(park_id, year, unit, now)),
        ("a year by unit", lambda: grouped(park_id, year, EVERYTHING, Dimension.UNIT, now),
         lambda: recounted(park_id, year, EVERYTHING, now)),
        ("the overview of a year", lambda: overview(actor, str(last.year), last),
         lambda: recounted(park_id, year, EVERYTHING, now)),
    ):  # fmt: skip
        mine, theirs = _best(ask), _best(plain)
        print(f"{label}: {mine * 1000:.1f} ms, from the tickets {theirs * 1000:.1f} ms, × {theirs / mine:.1f}")  # fmt: skip


def _best(ask: Callable[[], object]) -> float:
    ask()
    return min(_timed(ask) for _ in range(ROUNDS))


def _timed(ask: Callable[[], object]) -> float:
    db.session.rollback()
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
