"""The front page: is the system well?"""

from flask import current_app, render_template

from servicedesk.jobs.queries import runs
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.status import checks, job_name, unpublished_years, verdict


@admin.get("/")
@requires("admin.system")
def home() -> str:
    """Show the state of every part, the worst first in words."""
    park_id = actor().park_id
    found = checks(park_id, current_app.extensions["settings"])
    return render_template(
        "admin/home.html",
        verdict=verdict(found),
        checks=found,
        runs=[(job_name(run.name), run) for run in runs()],
        unpublished=unpublished_years(park_id),
    )
