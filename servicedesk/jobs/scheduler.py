"""The scheduler (调度): APScheduler only wakes it; the database says what is due (rule C8)."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Collection
from datetime import UTC, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from config import Settings
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.extensions import db
from servicedesk.jobs import lease
from servicedesk.jobs.models import JobRun
from servicedesk.jobs.queries import TICK, last_run
from servicedesk.jobs.registry import BESIDE, EVERY, JOBS
from servicedesk.transaction import unit_of_work

log = logging.getLogger(__name__)
STANDBY_SECONDS = 10  # a lease of 45 s and this: a dead leader is replaced within a minute


def new_owner() -> str:
    """Return a name for this process that no other has, on any machine."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_token()[:8]}"


def tick(
    owner: str, stopping: Callable[[], bool] = lambda: False, without: Collection[str] = ()
) -> bool:
    """Run every job once, in order, if ``owner`` leads or can; returns whether it was done.

    The lease is renewed between jobs. Whoever loses it stops: another has begun to do the same.
    """
    if not lease.acquire(owner):
        return False
    begun, changed, failed = time.monotonic(), 0, []
    for name in JOBS:
        if name in without or not _is_due(name):
            continue
        if stopping() or not lease.acquire(owner):
            return False
        done, error = run_job(name, owner)
        changed += done
        failed += [name] if error else []
    _note(TICK, owner, begun, changed, ", ".join(failed))
    return True


def run_job(name: str, owner: str) -> tuple[int, str]:
    """Run one job and note how it went; an error is noted too and stops nothing else."""
    begun, changed, error = time.monotonic(), 0, ""
    try:
        changed = JOBS[name]()
    except Exception as problem:
        log.exception("the job %s failed", name)
        error = f"{type(problem).__name__}: {problem}"[:500]
    finally:
        db.session.rollback()  # no job leaves its read transaction open for the next
    _note(name, owner, begun, changed, error)
    return changed, error


def _is_due(name: str) -> bool:
    if name not in EVERY:
        return True
    last = last_run(name)
    return last is None or bool(last.error) or abs(clock.now() - last.finished_at) >= EVERY[name]


@unit_of_work
def _note(name: str, owner: str, begun: float, changed: int, error: str) -> None:
    run = JobRun(
        name=name, owner=owner, finished_at=clock.now(), seconds=time.monotonic() - begun,
        changed=changed, error=error,
    )  # fmt: skip
    db.session.merge(run)


class _Stop(BaseException):
    """SIGTERM or SIGINT has come."""


class Ticker:
    """Wakes often, ticks every ``seconds``; while another leads it only asks for the lease."""

    def __init__(self, app: Flask, seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self.owner = new_owner()
        self.stopping = False
        self._next = 0.0

    def wake(self) -> None:
        """Tick if it is time and this process leads; nothing that fails ends the scheduler."""
        if self.stopping:
            return
        with self.app.app_context():
            try:
                self._wake()
            except Exception:
                log.exception("a tick failed; the next one catches up")

    def _wake(self) -> None:
        if time.monotonic() < self._next:
            lease.acquire(self.owner)
        elif tick(self.owner, lambda: self.stopping, BESIDE):
            self._next = time.monotonic() + self.seconds - 0.5  # the timer may be a little early

    def work_beside(self) -> None:
        """Run what may take long; it needs no lease, what it makes is claimed one by one."""
        for name in sorted(BESIDE):
            if self.stopping:
                return
            with self.app.app_context():
                try:
                    run_job(name, self.owner)
                except Exception:
                    log.exception("the job %s was not noted; the next run catches up", name)

    def leave(self) -> None:
        """Give the lease back, so that another takes over at once."""
        with self.app.app_context():
            try:
                lease.release(self.owner)
            except Exception:
                log.warning("the lease was not given back; it ends by itself", exc_info=True)


def run_forever(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT; a tick that is under way ends after its present job."""
    settings: Settings = app.extensions["settings"]
    ticker = Ticker(app, settings.tick_seconds)
    executors = {"default": ThreadPoolExecutor(1), "beside": ThreadPoolExecutor(1)}
    scheduler = BlockingScheduler(timezone=UTC, executors=executors)
    for function, executor in ((ticker.wake, "default"), (ticker.work_beside, "beside")):
        scheduler.add_job(
            function,
            "interval",
            executor=executor,
            seconds=min(settings.tick_seconds, STANDBY_SECONDS),
            next_run_time=clock.now() + timedelta(milliseconds=100),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    _on_signals(ticker)
    try:
        scheduler.start()
    except _Stop:
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        if scheduler.running:
            scheduler.shutdown(wait=True)
        ticker.leave()


def _on_signals(ticker: Ticker) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        ticker.stopping = True
        raise _Stop

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
