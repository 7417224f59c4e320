"""The scheduler for those who cannot repair it (调度器): does it run, what stands still, whom to tell."""

from flask import render_template

from servicedesk.accounts.queries import holding
from servicedesk.core.permissions import Role
from servicedesk.jobs.queries import last_tick, runs
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.status import ago, job_name
from servicedesk.web.health import scheduler_is_silent
from servicedesk.web.insight.blueprint import insight


@insight.get("/scheduler")
@requires("figures.view")
def scheduler() -> str:
    """Show in words whether the scheduler runs; the administrators have a page with its details."""
    silent, last = scheduler_is_silent(), last_tick()
    return render_template(
        "insight/scheduler.html",
        silent=silent,
        scheduler_silent=silent,
        last=last,
        since=ago(last) if last else "",
        runs=[(job_name(run.name), ago(run.finished_at), run) for run in runs()],
        administrators=holding(actor().park_id, Role.ADMIN),
    )
