"""Projects as the staff sees them: the wall, the list, the export, one project's page."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.permissions import allows
from servicedesk.core.projects import PROMISES, STAGE_NAMES, STAGES, Lamp, Stage
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import find
from servicedesk.organisation.queries import units
from servicedesk.projects.actions import today
from servicedesk.projects.models import Project
from servicedesk.projects.obstacles import may_clear
from servicedesk.projects.queries import (
    SHOWS,
    SORTS,
    Card,
    Filter,
    cards,
    cards_of,
    choices,
    events,
    every_card,
    milestones,
    obstacles,
    stages_of,
    subject_of,
)
from servicedesk.projects.queries import project as get_project
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.project_forms import (
    EndForm,
    ObstacleForm,
    PartForm,
    PlanForm,
    ReachForm,
)
from servicedesk.web.forms import number_of, tidy
from servicedesk.web.project_words import EVENT_NAMES, LAMP_NAMES, held_words, words
from servicedesk.web.sheets import send_list

COLUMNS = (
    (N_("项目名称"), 34), (N_("企业"), 28), (N_("阶段"), 8), (N_("状态灯"), 8), (N_("停留天数"), 9),
    (N_("总投资（亿元）"), 12), (N_("年税收（万元）"), 12), (N_("签约日期"), 12), (N_("招商来源"), 14),
    (N_("产业链"), 16), (N_("地块"), 22), (N_("项目专员"), 10), (N_("下一节点"), 8),
    (N_("计划日期"), 12), (N_("卡在哪里"), 50),
)  # fmt: skip


@dataclass(slots=True)
class Attempt:
    """A form of the page that came back, and what is to be said above it."""

    form: PartForm | None = None
    note: str = ""
    cleared: dict[int, Any] = field(default_factory=dict)


@desk.get("/projects/wall", endpoint="project_wall")
@requires("project.wall")
def wall() -> str:
    """Show every project in its stage, with what holds it up."""
    wanted = wanted_filter()
    found = cards(actor(), wanted)
    columns = [(stage, [card for card in found if card.stage is stage]) for stage in STAGES]
    return render_template(
        "desk/projects/wall.html", wanted=wanted, columns=columns, cards=found,
        promises=PROMISES, red=sum(card.lamp is Lamp.RED for card in found),
        investment=sum(card.project.investment for card in found), **_choices(), **words(),
    )  # fmt: skip


@desk.get("/projects", endpoint="projects")
@requires("project.wall")
def listing() -> str:
    """List the projects, narrowed and sorted as the address says."""
    wanted = wanted_filter()
    return render_template(
        "desk/projects/list.html", wanted=wanted, cards=cards(actor(), wanted),
        **_choices(), **words(),
    )  # fmt: skip


@desk.get("/projects/export.xlsx", endpoint="projects_export")
@requires("project.export")
def export() -> Response:
    """Send the list as an Excel file."""
    labels = words()["labels"]
    rows = (_row(card, labels) for card in every_card(actor(), wanted_filter()))
    return send_list(actor(), "project", _("投资项目"), COLUMNS, rows)


def _row(card: Card, labels: dict[str, str]) -> list[Any]:
    one = card.project
    return [
        one.name, card.enterprise, _(STAGE_NAMES[card.stage]), _(LAMP_NAMES[card.lamp]), card.days,
        one.investment / 1000, one.annual_tax, one.signed_on, one.source, one.chain, one.plot,
        card.owner, _(STAGE_NAMES[card.next_stage]) if card.next_stage else "", card.next_on,
        "；".join(held_words(held, labels) for held in card.held),
    ]  # fmt: skip


def wanted_filter() -> Filter:
    """Return what the address asks for; unknown words are as if they were not there."""
    year = number_of("year")
    return Filter(
        q=tidy(request.args.get("q"))[:60],
        show=_known("show", SHOWS, "active"),
        stage=_known("stage", list(Stage), ""),
        lamp=_known("lamp", list(Lamp), ""),
        source=tidy(request.args.get("source"))[:40],
        chain=tidy(request.args.get("chain"))[:40],
        owner=number_of("owner"),
        year=year if year is not None and 2000 <= year <= 2100 else None,
        enterprise=number_of("enterprise"),
        sort=_known("sort", SORTS, "stuck"),
    )


def _known(name: str, names: Any, default: str) -> str:
    value = request.args.get(name, "")
    return value if value in names else default


def _choices() -> dict[str, Any]:
    return {
        "shows": SHOWS, "sorts": SORTS, "options": choices(actor().park_id),
        "may_open": allows(actor(), "project.edit"),
    }  # fmt: skip


def project_or_404(project_id: int) -> Project:
    """Return a project of the park; another park's does not exist."""
    return get_project(actor(), project_id) or abort(404)


@desk.get("/projects/<int:project_id>", endpoint="project")
@requires("project.wall")
def show(project_id: int) -> str:
    """Show a project: milestones, services, obstacles, what happened."""
    return page(project_or_404(project_id), Attempt())


def page(project: Project, attempt: Attempt) -> str:
    """Return the project's page; a form that came back keeps what was typed."""
    editing = allows(actor(), "project.edit", subject_of(project))
    found = obstacles(project.id)
    return render_template(
        "desk/projects/project.html", project=project, card=cards_of(project.park_id, [project])[0],
        enterprise=get_enterprise(project.enterprise_id) if project.enterprise_id else None,
        rows=stages_of(project), obstacles=found, events=events(project.id), event_names=EVENT_NAMES,
        unit_names={unit.id: unit.name for unit in units(project.park_id)}, editing=editing,
        clearable={one.id for one in found if may_clear(actor(), project, one)},
        people=person_names([project.owner_id, *(one.raised_by_id for one in found)]),
        forms=_forms(project, attempt), attempt=attempt, today=today(project.park_id),
        found=find(project.park_id, request.args.get("who", "")) if editing else [], **words(),
    )  # fmt: skip


def _forms(project: Project, attempt: Attempt) -> dict[str, PartForm]:
    """Return the page's forms; the one that came back stays as it was typed."""
    planned = {f"planned_{stage}": one.planned_on for stage, one in milestones(project.id).items()}
    forms: dict[str, PartForm] = {
        "reach": ReachForm(seen=project.version, reached_on=today(project.park_id)),
        "plan": PlanForm(seen=project.version, **planned),
        "obstacle": ObstacleForm(seen=project.version),
        "end": EndForm(seen=project.version),
    }
    if attempt.form is not None:
        attempt.form.seen.data = str(project.version)
        forms[attempt.form.step] = attempt.form
    fill(forms["reach"], project)
    fill(forms["obstacle"], project)
    return forms


def fill(form: PartForm, project: Project) -> None:
    """Give a form the choices that depend on the project."""
    if isinstance(form, ReachForm):
        form.offer(Stage(project.stage))
    elif isinstance(form, ObstacleForm):
        form.offer(list(units(project.park_id)))
