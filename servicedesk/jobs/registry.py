"""What the scheduler runs, in this order, and how often."""

from collections.abc import Callable
from datetime import timedelta

from servicedesk.jobs import delivery, tasks

JOBS: dict[str, Callable[[], int]] = {
    "calendar": tasks.calendar,  # first: no alarm goes off by a calendar that is out of date
    "response": tasks.response,
    "escalate": tasks.escalate,
    "support": tasks.support,
    "finish": tasks.finish,
    "supplements": tasks.supplements,
    "meetings": tasks.meetings,
    "policies": tasks.policies,
    "materials": tasks.materials,
    "packages": tasks.packages,
    "events": tasks.events,
    "hiring": tasks.hiring,
    "follow_ups": tasks.follow_ups,
    "digest": tasks.digest,
    "problems": tasks.problems,
    "deliver": delivery.deliver,
    "counts": tasks.counts,
    "audit": tasks.audit,
    "housekeeping": tasks.housekeeping,
    "reports": tasks.reports,  # last: a long one holds nothing else up within its tick
}
# Not named here: with every tick. Housekeeping reads the whole upload folder.
EVERY: dict[str, timedelta] = {"housekeeping": timedelta(hours=1)}
