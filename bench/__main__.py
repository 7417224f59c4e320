"""Measure the service desk and django-helpdesk in one run, on one PostgreSQL server.

    python -m bench [--tickets 100000] [--seconds 8] [--ours-only]

Both hold the same tickets, are served by two worker processes, and take turns page by page; each
page is measured twice, in both orders, and each product's better round counts.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from bench import ours, theirs
from bench.client import Result, Task, measure
from bench.copying import connect, drop_database, second_database
from bench.report import NAMES, Comparison, machine, save, table
from bench.servers import ROOT
from scripts import postgres

WARM = 2.0
SLOW_MS = 5_000  # a page that takes longer than this is measured in one round only
RESULTS = ROOT / "bench" / "results.json"


def main() -> int:
    """Run everything; the exit status says whether every answer was right."""
    wanted = _arguments()
    about = {"date": datetime.now(UTC).date().isoformat(), "tickets": wanted.tickets, **machine()}
    with tempfile.TemporaryDirectory(prefix="bench-") as name, _database(Path(name)) as url:
        about["postgresql"] = _version(url)
        if wanted.ours_only:
            return _alone(url, Path(name), wanted)
        compared = _side_by_side(url, Path(name), wanted)
    save(RESULTS, compared, about)
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(table(compared))
    return int(any(one.ours.errors or one.theirs.errors for one in compared))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--ours-only", action="store_true", help="leave django-helpdesk out")
    return parser.parse_args()


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[str]:
    url, stop = postgres.start(folder, durable=True)
    try:
        yield url
    finally:
        stop()


@contextlib.contextmanager
def _beside(url: str) -> Iterator[str]:
    """Make the peer's database on the same server and drop it in the end."""
    second = second_database(url, "peer")
    try:
        yield second
    finally:
        drop_database(url, make_url(second).database or "")


def _version(url: str) -> str:
    with connect(url) as connection:
        return str(connection.info.server_version // 10_000)


def _alone(url: str, folder: Path, wanted: argparse.Namespace) -> int:
    """Measure ours only: how its pages change with the number of tickets."""
    _timed("filling ours", ours.prepare, url, folder, wanted.tickets, datetime.now(UTC))
    with ours.served(url, folder) as tasks:
        results = [_round("ours", task, wanted.seconds) for task in tasks]
    return int(any(result.errors for result in results))


def _side_by_side(url: str, folder: Path, wanted: argparse.Namespace) -> list[Comparison]:
    _timed("installing django-helpdesk", theirs.install)
    now, tickets = datetime.now(UTC), wanted.tickets
    with _beside(url) as second:
        _timed("filling ours", ours.prepare, url, folder, tickets, now)
        _timed("filling theirs", theirs.prepare, second, tickets, now)
        with ours.served(url, folder) as mine, theirs.served(second, tickets, folder) as others:
            return [
                _compared(task, other, wanted.seconds)
                for task, other in zip(mine, others, strict=True)
            ]


def _timed(what: str, do: object, *arguments: object) -> None:
    begun = time.perf_counter()
    assert callable(do)
    do(*arguments)
    _say(f"{what}: {time.perf_counter() - begun:.0f} s")


def _compared(mine: Task, other: Task, seconds: float) -> Comparison:
    assert mine.name == other.name
    first_mine, first_other = _round("ours", mine, seconds), _round("theirs", other, seconds)
    others = [first_other]
    if first_other.p50_ms < SLOW_MS:
        others.append(_round("theirs", other, seconds))
    return Comparison(
        mine.name, _better([first_mine, _round("ours", mine, seconds)]), _better(others)
    )


def _better(rounds: Sequence[Result]) -> Result:
    return max(rounds, key=lambda result: (-result.errors, result.rate))


def _round(who: str, task: Task, seconds: float) -> Result:
    result = measure(task, WARM, seconds)
    _say(
        f"{NAMES[task.name]}, {who}: {result.rate:.2f}/s, p50 {result.p50_ms:.0f} ms, "
        f"p95 {result.p95_ms:.0f} ms, {result.requests} answers, {result.errors} errors "
        f"{result.first_error}"
    )
    return result


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
