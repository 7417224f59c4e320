"""Everything that changes a project: its data, its stages with their services, its obstacles.

Each locks the project's row and compares the version that the form showed, so that a milestone is
reached once and opens each of its services once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from servicedesk.accounts.models import User
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import STAFF, Actor, Subject, allows
from servicedesk.core.projects import (
    STAGES,
    Stage,
    after_move,
    refusal_of_move,
    refusal_of_plan,
)
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.projects.models import Milestone, Project
from servicedesk.projects.queries import milestones, subject_of
from servicedesk.projects.services import open_for_stage
from servicedesk.projects.telling import note, tell_enterprise, tell_owner
from servicedesk.transaction import unit_of_work

NOT_PERMITTED = N_("您没有执行此操作的权限。")
ENDED = N_("项目已终止，请先恢复再修改。")


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a project; ``investment`` in thousandths of 亿元, ``annual_tax`` in 万元."""

    name: str
    investment: int
    owner_id: int
    annual_tax: int | None = None
    chain: str = ""
    plot: str = ""
    source: str = ""
    summary: str = ""


@unit_of_work
def create_project(actor: Actor, details: Details, since: date) -> Project:
    """Open a project in talks (洽谈) since a day; its first services wait for an enterprise.

    Raises:
        Refused: not permitted, the day is in the future, or the owner is none of the park's staff.
    """
    owner = _owner(actor, details.owner_id)
    subject = Subject(actor.park_id, None, owner.unit_id)
    if not (allows(actor, "project.edit", subject) or _is_own_units(actor)):
        raise Refused(NOT_PERMITTED, kind="permission")
    if since > today(actor.park_id):
        raise Refused(N_("日期不能晚于今天。"), field="since")
    project = Project(
        park_id=actor.park_id, unit_id=owner.unit_id, stage=Stage.TALKS, stage_since=since,
        created_by_id=actor.user_id, created_at=clock.now(), version=1, **asdict(details),
    )  # fmt: skip
    db.session.add(project)
    db.session.flush()
    db.session.add_all(Milestone(project_id=project.id, stage=stage) for stage in STAGES)
    db.session.flush()
    milestones(project.id)[Stage.TALKS].reached_on = since
    open_for_stage(actor, project, Stage.TALKS)
    record(actor, "project.create", "project", project.id, after=_values(project))
    note(actor, project, "create", {"on": since.isoformat()})
    tell_owner(actor, project, N_("有项目交给您跟进。"))
    return project


def _is_own_units(actor: Actor) -> bool:
    """Whoever may edit the own unit's projects may open one, whoever will follow it."""
    return allows(actor, "project.edit", Subject(actor.park_id, None, actor.unit_id))


@unit_of_work
def edit_project(actor: Actor, project_id: int, details: Details, seen: int) -> Project:
    """Change a project's data.

    Raises:
        Refused: not permitted, ended, or the owner is none of the park's staff.
        Conflict: it has changed since ``seen``.
    """
    project = locked(actor, project_id, seen)
    before, former_owner = _values(project), project.owner_id
    project.unit_id = _owner(actor, details.owner_id).unit_id
    for name, value in asdict(details).items():
        setattr(project, name, value)
    after = _values(project)
    changed = sorted(name for name in after if after[name] != before[name])
    if changed:
        touch(project)
        record(actor, "project.edit", "project", project.id, before, after)
        note(actor, project, "edit", {"fields": changed})
    if project.owner_id != former_owner:
        tell_owner(actor, project, N_("有项目交给您跟进。"))
    return project


@unit_of_work
def plan(actor: Actor, project_id: int, planned: Mapping[Stage, date | None], seen: int) -> Project:
    """Set the planned dates of the stages that have not been reached.

    Raises:
        Refused: not permitted, ended, or a date before that of an earlier stage.
        Conflict: the project has changed since ``seen``.
    """
    project = locked(actor, project_id, seen)
    rows = milestones(project.id)
    before = {stage: row.planned_on for stage, row in rows.items()}
    wanted = {
        stage: row.planned_on if row.reached_on else planned.get(stage)
        for stage, row in rows.items()
    }
    if refused := refusal_of_plan(wanted):
        raise Refused(refused[1], field=f"planned_{refused[0]}")
    moved = {stage: (before[stage], day) for stage, day in wanted.items() if before[stage] != day}
    for stage, (_old, new) in moved.items():
        rows[stage].planned_on = new
    if moved:
        touch(project)
        old = {stage.value: _iso(days[0]) for stage, days in moved.items()}
        new_days = {stage.value: _iso(days[1]) for stage, days in moved.items()}
        record(actor, "project.plan", "project", project.id, old, new_days)
        note(actor, project, "plan", {"planned": new_days})
    return project


@unit_of_work
def reach(
    actor: Actor, project_id: int, stage: Stage, on: date, reason: str = "", seen: int | None = None
) -> Project:
    """Move a project to a stage; entering it opens the services that belong to it, once each.

    Raises:
        Refused: not permitted, ended, a date that cannot be, or no reason for skipping or going back.
        Conflict: the project has changed since ``seen``.
    """
    project = locked(actor, project_id, seen)
    rows, current = milestones(project.id), Stage(project.stage)
    reached = {one: row.reached_on for one, row in rows.items() if row.reached_on}
    refused = refusal_of_move(
        current, stage, reached=reached, on=on, today=today(project.park_id), reason=reason
    )
    if refused:
        raise Refused(refused[1], field=refused[0])
    now_reached = after_move(reached, current, stage, on)
    for one, row in rows.items():
        row.reached_on = now_reached.get(one)
    rows[stage].note = reason
    project.stage, project.stage_since = stage, on
    project.signed_on = now_reached.get(Stage.SIGNED)
    touch(project)
    opened = open_for_stage(actor, project, stage)
    data = {"from": current, "to": stage, "on": on.isoformat(), "reason": reason}
    record(actor, "project.reach", "project", project.id, {"stage": current}, data)
    note(actor, project, "reach", {**data, "opened": opened})
    tell_enterprise(actor, project, N_("您的项目进入了新的阶段，配套事项已为您开通。"))
    tell_owner(actor, project, N_("您跟进的项目进入了新的阶段。"))
    return project


@unit_of_work
def link_enterprise(actor: Actor, project_id: int, enterprise_id: int, seen: int) -> Project:
    """Say which enterprise carries the project out; services that wait can be opened for it now.

    Raises:
        Refused: not permitted, ended, the enterprise is of another park, or another one has tickets.
        Conflict: the project has changed since ``seen``.
    """
    project = locked(actor, project_id, seen)
    enterprise = get_enterprise(enterprise_id)
    if enterprise is None or enterprise.park_id != project.park_id:
        raise Refused(N_("没有找到这家企业。"), field="enterprise")
    if project.enterprise_id not in (None, enterprise_id):
        raise Refused(N_("项目已关联另一家企业，不能更换。"), field="enterprise")
    if project.enterprise_id is None:
        project.enterprise_id = enterprise_id
        touch(project)
        record(actor, "project.link", "project", project.id, after={"enterprise_id": enterprise_id})
        note(actor, project, "link", {"enterprise": enterprise.name})
        tell_enterprise(actor, project, N_("您的投资项目已关联到企业，可以查看进度。"))
    return project


@unit_of_work
def end_project(actor: Actor, project_id: int, reason: str, seen: int) -> Project:
    """Give a project up (终止), with the reason; it leaves the wall.

    Raises:
        Refused: not permitted, or ended already.
        Conflict: the project has changed since ``seen``.
    """
    project = locked(actor, project_id, seen)
    project.ended_on, project.end_reason = today(project.park_id), reason
    touch(project)
    record(actor, "project.end", "project", project.id, after={"reason": reason})
    note(actor, project, "end", {"reason": reason})
    return project


@unit_of_work
def resume_project(actor: Actor, project_id: int, seen: int) -> Project:
    """Take a project up again that was given up; it stands where it stood.

    Raises:
        Refused: not permitted, or it has not ended.
        Conflict: the project has changed since ``seen``.
    """
    project = locked(actor, project_id, seen, ended=True)
    project.ended_on, project.end_reason = None, ""
    touch(project)
    record(actor, "project.resume", "project", project.id)
    note(actor, project, "resume", {})
    return project


def locked(actor: Actor, project_id: int, seen: int | None, *, ended: bool = False) -> Project:
    """Return the project for a change, once everybody else has finished theirs.

    Raises:
        Refused: not permitted, or the project has ended (with ``ended``: has not).
        Conflict: it has changed since ``seen``.
    """
    project = db.session.get_one(Project, project_id, with_for_update=True, populate_existing=True)
    if not allows(actor, "project.edit", subject_of(project)):
        raise Refused(NOT_PERMITTED, kind="permission")
    if seen is not None and project.version != seen:
        raise Conflict(seen, project.version)
    if (project.ended_on is not None) is not ended:
        raise Refused(N_("项目没有终止。") if ended else ENDED, kind="state")
    return project


def touch(project: Project) -> None:
    """Make every change move the version, also one that changes children only."""
    project.version += 1


def today(park_id: int) -> date:
    """Return the park's local day."""
    return calendar(park_id).local(clock.now()).date()


def _owner(actor: Actor, user_id: int) -> User:
    query = select(User).where(
        User.id == user_id, User.park_id == actor.park_id, User.role.in_(sorted(STAFF)), User.active
    )
    owner = db.session.scalar(query)
    if owner is None:
        raise Refused(N_("请选择本园区的工作人员。"), field="owner")
    return owner


def _values(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in Details.__slots__}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
