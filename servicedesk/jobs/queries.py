"""Reading what the scheduler did last."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.jobs.models import JobRun

TICK = "tick"


def last_tick() -> datetime | None:
    """Return when a scheduler last finished a tick, or ``None``."""
    return db.session.scalar(select(JobRun.finished_at).where(JobRun.name == TICK))


def runs() -> Sequence[JobRun]:
    """Return the last run of every job."""
    return db.session.scalars(select(JobRun).order_by(JobRun.name)).all()


def last_run(name: str) -> JobRun | None:
    """Return the last run of one job, or ``None``."""
    return db.session.get(JobRun, name)
