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
    "reports": tasks.reports,
}
# Not named here: with every tick. Housekeeping reads the whole upload folder.
EVERY: dict[str, timedelta] = {"housekeeping": timedelta(hours=1)}
# A long report must not hold the alarms up: schedulers run these beside their ticks, in a thread.
BESIDE = frozenset({"reports"})
