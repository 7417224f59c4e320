"""Is it alive, is it ready, how much does it do: for load balancers and Prometheus."""

from datetime import timedelta

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text

from servicedesk.clock import clock
from servicedesk.database import sqlite_is_sound
from servicedesk.extensions import db, limiter
from servicedesk.jobs.queries import last_tick, runs
from servicedesk.notifications.queries import counts as outbox_counts
from servicedesk.notifications.queries import oldest_waiting
from servicedesk.web.access import public

health = Blueprint("health", __name__)
limiter.exempt(health)
SCHEDULER_SILENT = timedelta(minutes=5)


@health.get("/healthz")
@public
def alive() -> Response:
    """Answer that the process lives; asks nothing of anybody else."""
    return jsonify(status="ok")


@health.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Answer 200 when the database answers and the scheduler has run in the last five minutes."""
    checks = {"database": _database_answers(), "scheduler": not scheduler_is_silent()}
    if db.engine.dialect.name == "sqlite":
        checks["sqlite_sound"] = sqlite_is_sound()
    fine = checks["database"] and checks["scheduler"]
    return jsonify(status="ready" if fine else "not ready", checks=checks), 200 if fine else 503


def _database_answers() -> bool:
    try:
        return bool(db.session.scalar(text("SELECT 1")) == 1)
    except Exception:
        db.session.rollback()
        return False


def scheduler_is_silent() -> bool:
    """Tell whether no scheduler has run for five minutes."""
    try:
        last = last_tick()
    except Exception:
        db.session.rollback()
        return True
    return last is None or clock.now() - last > SCHEDULER_SILENT


@health.get("/metrics")
@public
def metrics() -> Response:
    """Answer with gauges for Prometheus; no personal data, no names."""
    registry = CollectorRegistry()
    outbox = Gauge("servicedesk_outbox_messages", "Messages by state", ["state"], registry=registry)
    for state, number in outbox_counts().items():
        outbox.labels(state).set(number)
    oldest = oldest_waiting()
    age = Gauge("servicedesk_outbox_oldest_seconds", "Age of the oldest due", registry=registry)
    age.set((clock.now() - oldest).total_seconds() if oldest else 0)
    ran = Gauge("servicedesk_job_last_run_seconds", "When it ended", ["job"], registry=registry)
    for run in runs():
        ran.labels(run.name).set(run.finished_at.timestamp())
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")
