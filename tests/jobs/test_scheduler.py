"""The lease, the tick, and the processes that carry them."""

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import lease, registry, scheduler
from servicedesk.jobs.models import JobRun, Lease
from servicedesk.transaction import writing
from tests.jobs.support import flask, in_progress
from tests.support import Town, pass_time


def test_one_at_a_time_holds_the_lease(app: Flask) -> None:
    assert lease.acquire("a")
    assert not lease.acquire("b")
    assert lease.acquire("a")
    row = db.session.get_one(Lease, lease.NAME)
    assert (row.owner, row.epoch) == ("a", 1)


def test_v13_a_leader_that_never_comes_back_is_replaced(app: Flask) -> None:
    assert lease.acquire("dead")
    with writing():  # as if 45 seconds had passed on the database's clock
        db.session.execute(update(Lease).values(until=Lease.until - lease.SECONDS - 1))
    assert lease.acquire("b")
    assert not lease.acquire("dead")
    assert db.session.get_one(Lease, lease.NAME).epoch == 2


def test_a_dead_leader_is_replaced_within_a_minute() -> None:
    assert lease.SECONDS + scheduler.STANDBY_SECONDS < 60


def test_the_lease_ends_by_the_database_s_clock(app: Flask) -> None:
    assert lease.acquire("a", seconds=0.3)
    pass_time(days=1)
    assert not lease.acquire("b")
    time.sleep(0.4)
    assert lease.acquire("b")


def test_a_released_lease_is_free_at_once(app: Flask) -> None:
    assert lease.acquire("a")
    lease.release("b")
    assert not lease.acquire("b")
    lease.release("a")
    assert lease.acquire("b")


def test_a_tick_runs_every_job_in_order_and_notes_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    jobs = {name: lambda name=name: ran.append(name) or 1 for name in registry.JOBS}
    monkeypatch.setattr(scheduler, "JOBS", jobs)
    assert scheduler.tick("a")
    assert ran == list(registry.JOBS) == [
        "calendar", "response", "escalate", "support", "finish", "supplements", "meetings",
        "policies", "materials", "packages", "events", "hiring", "follow_ups", "digest", "problems",
        "deliver", "counts", "audit", "housekeeping", "reports",
    ]  # fmt: skip
    runs = {run.name: run for run in db.session.scalars(select(JobRun))}
    assert runs.keys() == {*ran, "tick"}
    assert all((run.owner, run.error) == ("a", "") for run in runs.values())
    assert runs["tick"].changed == len(ran)
    assert not scheduler.tick("b")


def test_reports_are_made_beside_the_tick(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    jobs = {name: lambda name=name: ran.append(name) or 1 for name in registry.JOBS}
    monkeypatch.setattr(scheduler, "JOBS", jobs)
    ticker = scheduler.Ticker(app, 30)
    ticker.wake()
    assert "audit" in ran and "reports" not in ran
    ticker.work_beside()
    assert ran[-1] == "reports"
    db.session.rollback()
    assert db.session.get_one(JobRun, "reports").owner == ticker.owner
    ticker.stopping = True
    ticker.work_beside()
    assert ran.count("reports") == 1


def test_housekeeping_is_hourly(app: Flask) -> None:
    assert scheduler.tick("a")
    first = clock.now()
    pass_time(minutes=30)
    assert scheduler.tick("a")
    db.session.rollback()
    assert db.session.get_one(JobRun, "housekeeping").finished_at == first
    assert db.session.get_one(JobRun, "audit").finished_at == clock.now()
    pass_time(minutes=31)
    assert scheduler.tick("a")
    db.session.rollback()
    assert db.session.get_one(JobRun, "housekeeping").finished_at == clock.now()


def test_a_job_that_fails_stops_no_other_and_is_seen(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> int:
        db.session.execute(text("SELECT nothing FROM nowhere"))
        return 0

    monkeypatch.setitem(registry.JOBS, "escalate", failing)
    assert scheduler.tick("a")
    runs = {run.name: run for run in db.session.scalars(select(JobRun))}
    assert "nowhere" in runs["escalate"].error
    assert runs["audit"].error == ""
    assert runs["tick"].error == "escalate"


def test_whoever_loses_the_lease_stops(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def slow() -> int:
        with writing():
            db.session.execute(update(Lease).values(owner="b"))
        return 0

    monkeypatch.setitem(registry.JOBS, "response", slow)
    monkeypatch.setitem(registry.JOBS, "escalate", lambda: ran.append("escalate") or 0)
    assert not scheduler.tick("a")
    assert ran == []


def test_ready_only_while_a_scheduler_ticks(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    scheduler.tick("a")
    assert client.get("/readyz").status_code == 200
    pass_time(minutes=5, seconds=1)
    assert client.get("/readyz").status_code == 503
    scheduler.tick("a")
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_the_counts_are_right_after_a_tick(town: Town) -> None:
    from servicedesk.statistics.verify import differences

    town.walk(in_progress(town), "resolve", "confirm", "rate", "close")
    pass_time(minutes=1)
    scheduler.tick("a")
    assert list(differences(town.park_id)) == []


def _wait_for(process: subprocess.Popen[str], pattern: str, seconds: float = 60) -> str:
    assert process.stdout is not None
    said, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        line = process.stdout.readline()
        if not line:
            break
        said += line
        if re.search(pattern, said):
            return said
    raise AssertionError(said)


def test_the_scheduler_ticks_and_gives_the_lease_back(app: Flask) -> None:
    process = flask(app, "scheduler", TICK_SECONDS="1")
    try:
        end = time.monotonic() + 60
        while db.session.get(JobRun, "tick") is None and time.monotonic() < end:
            db.session.rollback()
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0]
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert "Traceback" not in said, said
    db.session.rollback()
    run = db.session.get_one(JobRun, "tick")
    assert (run.error, abs(run.finished_at - clock.now()) > timedelta(days=1)) == ("", True)
    assert lease.acquire("another")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _status(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return int(opener.open(url, timeout=10).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_serve_runs_both_and_stops_both(sqlite_app: Flask) -> None:
    port = _free_port()
    process = flask(sqlite_app, "serve", PORT=str(port))
    try:
        _wait_for(process, "Ctrl-C stops it")
        assert _status(f"http://127.0.0.1:{port}/healthz") == 200
        assert _status(f"http://127.0.0.1:{port}/readyz") == 200
        second = flask(sqlite_app, "serve", PORT=str(port))
        said = second.communicate(timeout=60)[0]
        assert second.returncode == 1
        assert said.startswith("Error: Port ") and said.count("\n") == 1, said
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=60)[0]
    finally:
        process.terminate()
    assert process.returncode == 0, rest
    with pytest.raises(urllib.error.URLError):
        _status(f"http://127.0.0.1:{port}/healthz")
