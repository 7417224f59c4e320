"""My projects (我的项目): the chosen enterprise's investment projects and how far they are."""

from flask import abort, render_template

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.projects import PROMISES
from servicedesk.organisation.queries import units
from servicedesk.projects.models import Project
from servicedesk.projects.queries import (
    cards_of,
    events,
    obstacles,
    projects_of,
    stages_of,
)
from servicedesk.projects.queries import project as get_project
from servicedesk.web.access import actor, chosen_enterprise, requires, whole_actor
from servicedesk.web.elsewhere import insist_on_chosen
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.project_words import EVENT_NAMES, FOR_ENTERPRISES, words


@portal.get("/projects", endpoint="projects")
@requires("project.view")
def listing() -> str:
    """List the enterprise's projects."""
    enterprise = chosen_enterprise()
    found = projects_of(enterprise.id) if enterprise else []
    return render_template("portal/projects.html", cards=found, **words())


@portal.get("/projects/<int:project_id>", endpoint="project")
@requires("project.view")
def show(project_id: int) -> str:
    """Show a project: its stages with their services, what stands in its way, what happened."""
    project = _project_or_404(project_id)
    return render_template(
        "portal/project.html", project=project, card=cards_of(project.park_id, [project])[0],
        rows=stages_of(project), obstacles=obstacles(project.id, shown_only=True), promises=PROMISES,
        events=[one for one in events(project.id) if _shown(one.kind, one.data)],
        event_names=EVENT_NAMES, people=person_names([project.owner_id]),
        unit_names={unit.id: unit.name for unit in units(project.park_id)}, **words(),
    )  # fmt: skip


def _shown(kind: str, data: dict[str, object]) -> bool:
    return kind in FOR_ENTERPRISES and data.get("shown") is not False


def _project_or_404(project_id: int) -> Project:
    """Return the chosen enterprise's project; another of one's own offers to switch."""
    found = get_project(whole_actor(), project_id) or abort(404)
    insist_on_chosen(found.enterprise_id)
    return get_project(actor(), project_id) or abort(404)
