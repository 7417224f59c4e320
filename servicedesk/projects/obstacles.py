"""Obstacles (问题清单): raised with an owner and a date, followed to the end."""

from datetime import date

from servicedesk.audit.actions import record
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.projects.actions import NOT_PERMITTED, locked, today, touch
from servicedesk.projects.models import Obstacle, Project
from servicedesk.projects.services import open_service as open_ticket
from servicedesk.projects.telling import note, tell_enterprise, tell_owner, tell_unit
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work


@unit_of_work
def raise_obstacle(
    actor: Actor,
    project_id: int,
    text: str,
    unit_id: int,
    *,
    due_on: date | None = None,
    shown: bool = True,
) -> Obstacle:
    """Note what holds a project up, which unit must clear it, and until when.

    Raises:
        Refused: not permitted, ended, an unknown unit, or a day that has passed.
    """
    project = locked(actor, project_id, None)
    if unit_id not in {unit.id for unit in units(project.park_id)}:
        raise Refused(N_("请选择责任单位。"), field="unit")
    if due_on is not None and due_on < today(project.park_id):
        raise Refused(N_("期限不能早于今天。"), field="due_on")
    obstacle = Obstacle(
        project_id=project.id, text=text, unit_id=unit_id, since=today(project.park_id),
        due_on=due_on, shown=shown, raised_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(obstacle)
    db.session.flush()
    touch(project)
    after = {"text": text, "unit_id": unit_id, "due_on": due_on.isoformat() if due_on else None}
    record(actor, "project.raise_obstacle", "project", project.id, after=after)
    note(actor, project, "obstacle", {"text": text, "shown": shown})
    tell_unit(actor, project, obstacle, N_("有项目问题需要贵单位解决。"))
    return obstacle


@unit_of_work
def clear_obstacle(actor: Actor, project_id: int, obstacle_id: int, clearing: str) -> Obstacle:
    """Say how an obstacle was cleared; the unit that it belongs to may do that, too.

    Raises:
        Refused: not permitted, no such obstacle, or cleared already.
    """
    project = db.session.get_one(Project, project_id, with_for_update=True, populate_existing=True)
    obstacle = db.session.get(Obstacle, obstacle_id)
    if obstacle is None or obstacle.project_id != project.id:
        raise Refused(N_("没有这个问题。"))
    if not may_clear(actor, project, obstacle):
        raise Refused(NOT_PERMITTED, kind="permission")
    if obstacle.cleared_on is not None:
        raise Refused(N_("这个问题已经解决。"), kind="state")
    obstacle.cleared_on, obstacle.clearing = today(project.park_id), clearing
    obstacle.cleared_by_id = actor.user_id
    touch(project)
    record(actor, "project.clear_obstacle", "project", project.id, after={"text": obstacle.text})
    note(
        actor, project, "clear",
        {"text": obstacle.text, "clearing": clearing, "shown": obstacle.shown},
    )  # fmt: skip
    tell_owner(actor, project, N_("您跟进的项目有一个问题已解决。"))
    if obstacle.shown:
        tell_enterprise(actor, project, N_("您的项目有一个问题已解决。"))
    return obstacle


def may_clear(actor: Actor, project: Project, obstacle: Obstacle) -> bool:
    """Tell whether the person may say that an obstacle is cleared."""
    places = (project.unit_id, obstacle.unit_id)
    return any(
        allows(actor, "project.edit", Subject(project.park_id, project.enterprise_id, unit_id))
        for unit_id in places
    )


@unit_of_work
def open_service(actor: Actor, project_id: int, service_id: int) -> Ticket:
    """Open a service that has waited until the project had an enterprise.

    Raises:
        Refused: not permitted, ended, no enterprise yet, or opened already.
    """
    project = locked(actor, project_id, None)
    ticket = open_ticket(actor, project, service_id)
    touch(project)
    note(actor, project, "service", {"ticket": ticket.number, "title": ticket.title})
    return ticket
