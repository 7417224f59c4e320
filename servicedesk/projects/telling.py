"""Who hears of a project, and its history: in the transaction of what happened."""

from collections.abc import Mapping
from typing import Any

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor, Role
from servicedesk.enterprises.queries import members
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.projects.models import Obstacle, Project, ProjectEvent


def note(actor: Actor, project: Project, kind: str, data: Mapping[str, Any]) -> None:
    """Write a line into the project's history."""
    event = ProjectEvent(
        project_id=project.id, at=clock.now(), kind=kind, actor_id=actor.user_id,
        actor_name=actor.name, data=dict(data),
    )  # fmt: skip
    db.session.add(event)


def tell_owner(actor: Actor, project: Project, text: str) -> None:
    """Tell whoever follows the project (项目专员), unless it is the one who acts."""
    if project.owner_id != actor.user_id:
        owner = db.session.get_one(User, project.owner_id)
        tell([owner], text, key=_key(project), detail=project.name, link=desk_page(project))


def tell_enterprise(actor: Actor, project: Project, text: str) -> None:
    """Tell the people of the enterprise that carries the project out."""
    if project.enterprise_id is None:
        return
    people = [user for user, _part in members(project.enterprise_id) if user.active]
    tell(
        [person for person in people if person.id != actor.user_id], text, key=_key(project),
        detail=project.name, enterprise_id=project.enterprise_id,
        link=f"/portal/projects/{project.id}",
    )  # fmt: skip


def tell_unit(actor: Actor, project: Project, obstacle: Obstacle, text: str) -> None:
    """Tell the heads of the unit that an obstacle belongs to, or its people where it has none."""
    heads = holding(project.park_id, Role.UNIT_HEAD, obstacle.unit_id)
    people = heads or members_of_unit(obstacle.unit_id)
    tell(
        [person for person in people if person.id != actor.user_id], text, key=_key(project),
        detail=f"{project.name}：{obstacle.text}"[:200], link=desk_page(project),
    )  # fmt: skip


def desk_page(project: Project) -> str:
    """Return the path of the project's page for staff."""
    return f"/desk/projects/{project.id}"


def _key(project: Project) -> str:
    return f"project:{project.id}:{new_token()[:24]}"
