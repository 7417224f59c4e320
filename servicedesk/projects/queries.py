"""Reading projects: the wall, lists, one project with all that hangs on it, what was signed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, extract, or_, select

from servicedesk.accounts.queries import names as person_names
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, Subject, allows, scope_of
from servicedesk.core.projects import (
    STAGES,
    Barrier,
    Holdup,
    Lamp,
    Stage,
    Totals,
    days_late,
    following,
    holdups,
    lamp,
    project_lamp,
    services_of,
    totals,
)
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.queries import enterprise
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.extensions import db
from servicedesk.projects.models import (
    Milestone,
    MilestoneService,
    Obstacle,
    Project,
    ProjectEvent,
)
from servicedesk.streaming import in_chunks, streamed
from servicedesk.tickets.models import Ticket

ZONE = ZoneInfo("Asia/Shanghai")
LIST_MAX = 500  # a park has some dozens; beyond this the page asks for a filter
SHOWS: Mapping[str, str] = {
    "active": N_("推进中"),
    "ended": N_("已终止"),
    "all": N_("全部"),
}
SORTS: Mapping[str, str] = {
    "stuck": N_("最需要推动"),
    "newest": N_("最新签约"),
    "investment": N_("投资额最大"),
    "longest": N_("停留最久"),
    "name": N_("名称"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty fields narrow nothing."""

    q: str = ""
    show: str = "active"
    stage: str = ""
    lamp: str = ""
    source: str = ""
    chain: str = ""
    owner: int | None = None
    year: int | None = None
    enterprise: int | None = None
    sort: str = "stuck"


@dataclass(frozen=True, slots=True)
class Card:
    """A project as the wall and the lists show it."""

    project: Project
    enterprise: str
    owner: str
    stage: Stage
    next_stage: Stage | None
    next_on: date | None
    days: int
    lamp: Lamp
    held: Sequence[Holdup]


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a milestone with its ticket, if it has one."""

    id: int
    stage: Stage
    item_code: str
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of one project: its milestone, the lamp, the days it is late, what it has opened."""

    stage: Stage
    milestone: Milestone
    here: bool
    lamp: Lamp
    late: int
    services: Sequence[Service]


@dataclass(slots=True)
class _Parts:
    """What hangs on many projects, by the project's row number."""

    planned: dict[int, dict[Stage, date | None]] = field(default_factory=dict)
    obstacles: dict[int, list[Barrier]] = field(default_factory=dict)
    services: dict[int, list[Barrier]] = field(default_factory=dict)


def subject_of(project: Project) -> Subject:
    """Return where a project belongs, as the permission table asks it."""
    return Subject(project.park_id, project.enterprise_id, project.unit_id)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of what the person may see."""
    if scope_of(actor.role, "project.view") is Scope.OWN:
        return Project.enterprise_id.in_(actor.enterprises_with("project.view"))
    return Project.park_id == actor.park_id


def project(actor: Actor, project_id: int) -> Project | None:
    """Return a project, or ``None`` where it does not exist *or* the person may not see it."""
    found = db.session.get(Project, project_id)
    if found is None or not allows(actor, "project.view", subject_of(found)):
        return None
    return found


def milestones(project_id: int) -> dict[Stage, Milestone]:
    """Return a project's milestones in the order of the stages."""
    rows = db.session.scalars(select(Milestone).where(Milestone.project_id == project_id))
    by_stage = {Stage(row.stage): row for row in rows}
    return {stage: by_stage[stage] for stage in STAGES if stage in by_stage}


def services(project_id: int) -> list[Service]:
    """Return the services that a project's milestones have opened, in the order of the stages."""
    query = (
        select(MilestoneService, Milestone.stage, Ticket)
        .join(Milestone, MilestoneService.milestone_id == Milestone.id)
        .outerjoin(Ticket, MilestoneService.ticket_id == Ticket.id)
        .where(Milestone.project_id == project_id)
        .order_by(MilestoneService.id)
    )
    found = [
        Service(service.id, Stage(stage), service.item_code, ticket)
        for service, stage, ticket in db.session.execute(query)
    ]
    return sorted(found, key=lambda one: STAGES.index(one.stage))


def stages_of(project: Project) -> list[StageRow]:
    """Return the stages of a project in their order; what it needs no more is not offered."""
    day, opened = _today(project.park_id), _still_needed(project, services(project.id))
    return [
        StageRow(
            stage=stage,
            milestone=one,
            here=stage == project.stage,
            lamp=lamp(one.planned_on, one.reached_on, day),
            late=days_late(one.planned_on, one.reached_on, day),
            services=[service for service in opened if service.stage is stage],
        )
        for stage, one in milestones(project.id).items()
    ]


def _still_needed(project: Project, found: Sequence[Service]) -> list[Service]:
    """Leave out what waits for its ticket and what a company with a licence needs no more."""
    carrier = enterprise(project.enterprise_id) if project.enterprise_id else None
    registered = carrier is not None and carrier.credit_code is not None
    return [
        one for one in found
        if one.ticket is not None or one.item_code in services_of(one.stage, registered=registered)
    ]  # fmt: skip


def obstacles(project_id: int, *, shown_only: bool = False) -> Sequence[Obstacle]:
    """Return a project's obstacles, open ones first, the newest before the older."""
    query = select(Obstacle).where(Obstacle.project_id == project_id)
    if shown_only:
        query = query.where(Obstacle.shown)
    return db.session.scalars(
        query.order_by(Obstacle.cleared_on.is_not(None), Obstacle.id.desc())
    ).all()


def events(project_id: int) -> Sequence[ProjectEvent]:
    """Return what happened to a project, the newest first."""
    query = select(ProjectEvent).where(ProjectEvent.project_id == project_id)
    return db.session.scalars(query.order_by(ProjectEvent.id.desc())).all()


def cards(actor: Actor, wanted: Filter) -> list[Card]:
    """Return the projects that the person may see, with their lamps, narrowed and sorted."""
    query = select(Project).where(visible(actor), *_conditions(wanted))
    rows = db.session.scalars(query.order_by(Project.id.desc()).limit(LIST_MAX)).all()
    made = cards_of(actor.park_id, rows)
    found = [card for card in made if not wanted.lamp or card.lamp == wanted.lamp]
    return sorted(found, key=_ORDERS[wanted.sort])


def every_card(actor: Actor, wanted: Filter) -> Iterator[Card]:
    """Yield all cards of a list, for its export; only the keys of its order are kept meanwhile."""
    query, order = select(Project).where(visible(actor), *_conditions(wanted)), _ORDERS[wanted.sort]
    keys = [
        (order(card), card.project.id)
        for chunk in in_chunks(row.Project for row in streamed(query.order_by(Project.id.desc())))
        for card in cards_of(actor.park_id, chunk)
        if not wanted.lamp or card.lamp == wanted.lamp
    ]
    keys.sort(key=lambda one: one[0])
    for numbers in in_chunks(number for _key, number in keys):
        chosen = select(Project).where(Project.id.in_(numbers))
        known = {row.id: row for row in db.session.scalars(chosen)}
        yield from cards_of(actor.park_id, [known[number] for number in numbers])


def cards_of(park_id: int, rows: Sequence[Project]) -> list[Card]:
    """Return projects as cards; the number of statements does not depend on how many."""
    parts = _parts([row.id for row in rows])
    enterprises = enterprise_names(row.enterprise_id for row in rows if row.enterprise_id)
    owners, today = person_names(row.owner_id for row in rows), _today(park_id)
    return [_card(row, parts, enterprises, owners, today) for row in rows]


def _card(
    row: Project,
    parts: _Parts,
    enterprises: Mapping[int, str],
    owners: Mapping[int, str],
    today: date,
) -> Card:
    stage, planned = Stage(row.stage), parts.planned.get(row.id, {})
    ahead = following(stage)
    held = holdups(
        stage, planned, parts.obstacles.get(row.id, ()), parts.services.get(row.id, ()), today
    )
    return Card(
        project=row,
        enterprise=enterprises.get(row.enterprise_id or 0, ""),
        owner=owners.get(row.owner_id, ""),
        stage=stage,
        next_stage=ahead,
        next_on=planned.get(ahead) if ahead else None,
        days=((row.ended_on or today) - row.stage_since).days,
        lamp=Lamp.GREY if row.ended_on else project_lamp(stage, planned, held, today),
        held=[] if row.ended_on else held,
    )


_ORDERS: Mapping[str, Any] = {
    "stuck": lambda card: (
        (Lamp.RED, Lamp.YELLOW, Lamp.GREY, Lamp.GREEN).index(card.lamp),
        -max((one.late for one in card.held), default=0),
        -card.days,
    ),
    "newest": lambda card: -(card.project.signed_on or date.min).toordinal(),
    "investment": lambda card: -card.project.investment,
    "longest": lambda card: -card.days,
    "name": lambda card: card.project.name,
}


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.show != "all":
        ended = wanted.show == "ended"
        found.append(Project.ended_on.is_not(None) if ended else Project.ended_on.is_(None))
    if wanted.q:
        words = (Project.name, Project.source, Project.chain, Project.plot)
        found.append(or_(*(column.contains(wanted.q, autoescape=True) for column in words)))
    if wanted.year is not None:
        found.append(extract("year", Project.signed_on) == wanted.year)
    simple = {
        Project.stage: wanted.stage, Project.source: wanted.source, Project.chain: wanted.chain,
        Project.owner_id: wanted.owner, Project.enterprise_id: wanted.enterprise,
    }  # fmt: skip
    return [*found, *(column == value for column, value in simple.items() if value)]


def _parts(ids: Sequence[int]) -> _Parts:
    parts = _Parts()
    columns = (Milestone.project_id, Milestone.stage, Milestone.planned_on)
    for row in db.session.execute(select(*columns).where(Milestone.project_id.in_(ids))):
        parts.planned.setdefault(row.project_id, {})[Stage(row.stage)] = row.planned_on
    open_ones = select(Obstacle).where(Obstacle.project_id.in_(ids), Obstacle.cleared_on.is_(None))
    for one in db.session.scalars(open_ones.order_by(Obstacle.id)):
        parts.obstacles.setdefault(one.project_id, []).append(Barrier(one.text, one.due_on))
    for row in db.session.execute(_open_services(ids)):
        barrier = Barrier(row.item_code, _local_day(row.due_at))
        parts.services.setdefault(row.project_id, []).append(barrier)
    return parts


def _open_services(ids: Sequence[int]) -> Any:
    return (
        select(Milestone.project_id, MilestoneService.item_code, Ticket.due_at)
        .join(Milestone, MilestoneService.milestone_id == Milestone.id)
        .join(Ticket, MilestoneService.ticket_id == Ticket.id)
        .where(
            Milestone.project_id.in_(ids),
            Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        )
        .order_by(Ticket.id)
    )


def _local_day(moment: datetime | None) -> date | None:
    return moment.astimezone(ZONE).date() if moment else None


def _today(park_id: int) -> date:
    return calendar(park_id).local(clock.now()).date()


def choices(park_id: int) -> dict[str, list[Any]]:
    """Return what the park's projects can be filtered by: sources, chains, years, owners."""
    columns = (Project.source, Project.chain, Project.signed_on, Project.owner_id)
    rows: Sequence[Any] = db.session.execute(
        select(*columns).where(Project.park_id == park_id).distinct()
    ).all()
    owners = person_names(row.owner_id for row in rows)
    return {
        "sources": sorted({row.source for row in rows if row.source}),
        "chains": sorted({row.chain for row in rows if row.chain}),
        "years": sorted({row.signed_on.year for row in rows if row.signed_on}, reverse=True),
        "owners": sorted(owners.items(), key=lambda one: one[1]),
    }


def signed_in(park_id: int, first: date, last: date, source: str = "") -> Sequence[Project]:
    """Return the projects that were signed from ``first`` to ``last``, from a source if given."""
    query = select(Project).where(
        Project.park_id == park_id, Project.signed_on >= first, Project.signed_on <= last
    )
    if source:
        query = query.where(Project.source == source)
    return db.session.scalars(query.order_by(Project.signed_on, Project.id)).all()


def signing_totals(park_id: int, first: date, last: date, source: str = "") -> Totals:
    """Return how many projects were signed, for how much, how many of 2 亿元 or more, and the tax."""
    found = signed_in(park_id, first, last, source)
    return totals((one.investment, one.annual_tax or 0) for one in found)


def projects_of(enterprise_id: int) -> list[Card]:
    """Return an enterprise's projects as cards, the newest first."""
    query = select(Project).where(Project.enterprise_id == enterprise_id)
    rows = db.session.scalars(query.order_by(Project.id.desc())).all()
    return cards_of(rows[0].park_id, rows) if rows else []


def history_of(enterprise_id: int) -> list[Happening]:
    """Return the milestones that an enterprise's projects have reached."""
    query = (
        select(Project.id, Project.name, Milestone.stage, Milestone.reached_on)
        .join(Milestone, Milestone.project_id == Project.id)
        .where(Project.enterprise_id == enterprise_id, Milestone.reached_on.is_not(None))
    )
    return [
        Happening(
            at=datetime.combine(row.reached_on, time(), ZONE),
            kind="project",
            text=_REACHED[Stage(row.stage)],
            detail=row.name,
            endpoint="desk.project",
            arguments={"project_id": row.id},
        )
        for row in db.session.execute(query)
    ]


_REACHED: Mapping[Stage, str] = {
    Stage.TALKS: N_("项目开始洽谈"),
    Stage.SIGNED: N_("项目签约"),
    Stage.LAND: N_("项目进入供地"),
    Stage.STARTED: N_("项目开工"),
    Stage.COMPLETED: N_("项目竣工"),
    Stage.PRODUCING: N_("项目投产"),
}
