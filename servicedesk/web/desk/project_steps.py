"""What staff do to a project: opening, editing, planning, reaching a stage, obstacles, ending."""

from collections.abc import Callable
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import DateField

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import staff
from servicedesk.core.permissions import Role
from servicedesk.core.projects import STAGES, Stage
from servicedesk.errors import Conflict, Refused
from servicedesk.projects import actions
from servicedesk.projects import obstacles as obstacle_actions
from servicedesk.projects.models import Project
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.project_forms import (
    ClearForm,
    EndForm,
    ObstacleForm,
    PartForm,
    PlanForm,
    ProjectForm,
    ReachForm,
)
from servicedesk.web.desk.projects import Attempt, fill, page, project_or_404
from servicedesk.web.forms import with_number
from servicedesk.web.project_words import words

FOLLOWERS = frozenset({Role.DESK, Role.DESK_HEAD, Role.OFFICER, Role.UNIT_HEAD})
Answer = Response | str | tuple[str, int]


@desk.route("/projects/new", methods=["GET", "POST"], endpoint="project_new")
@requires("project.edit")
def new() -> Answer:
    """Open a project."""
    day = actions.today(actor().park_id)
    form = ProjectForm(request.form if request.method == "POST" else None, since=day)
    form.offer(_followers())
    if request.method == "GET":
        form.owner.data = actor().user_id
        return _form_page(form, None)
    if not form.validate():
        return _form_page(form, None), 422
    try:
        made = actions.create_project(actor(), form.details(), form.since.data or day)
    except Refused as refused:
        _put(form, refused)
        return _form_page(form, None), 422
    flash(_("项目已入库，请接着排好各节点的计划日期。"), "success")
    return redirect(url_for("desk.project", project_id=made.id))


@desk.route("/projects/<int:project_id>/edit", methods=["GET", "POST"], endpoint="project_edit")
@requires("project.edit")
def edit(project_id: int) -> Answer:
    """Change a project's data."""
    project = project_or_404(project_id)
    form = ProjectForm(request.form if request.method == "POST" else None, data=_shown(project))
    form.offer(_followers(project.owner_id))
    if request.method == "GET":
        return _form_page(form, project)
    if not form.validate():
        return _form_page(form, project), 422
    try:
        actions.edit_project(actor(), project.id, form.details(), with_number(form.seen.data))
    except Conflict as conflict:
        flash(_("项目刚刚被别人修改过。您写的内容还在，请看过变化后再提交。"), "warning")
        form.seen.data = str(conflict.current)
        return _form_page(form, project), 409
    except Refused as refused:
        _put(form, refused)
        return _form_page(form, project), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("desk.project", project_id=project.id))


def _followers(also: int | None = None) -> list[User]:
    """Return who may follow a project; ``also`` whoever does at present."""
    people = staff(actor().park_id)
    return [one for one in people if (one.active and one.role in FOLLOWERS) or one.id == also]


def _shown(project: Project) -> dict[str, object]:
    return {
        "seen": project.version, "name": project.name, "investment": project.investment / 1000,
        "annual_tax": project.annual_tax, "source": project.source, "chain": project.chain,
        "plot": project.plot, "owner": project.owner_id, "summary": project.summary,
    }  # fmt: skip


def _form_page(form: ProjectForm, project: Project | None) -> str:
    return render_template("desk/projects/form.html", form=form, project=project, **words())


def _put(form: ProjectForm | PartForm, refused: Refused) -> None:
    name = refused.field or ""
    if name in form:
        form[name].errors = [*form[name].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


def day_of(field: DateField) -> date:
    """Return the day of a required field that has been checked."""
    assert field.data is not None
    return field.data


def _carry_out(
    project_id: int, form: PartForm, do: Callable[[Project], object], done: str
) -> Answer:
    """Check a form of the project's page and do it; what is refused comes back with the page."""
    project = project_or_404(project_id)
    fill(form, project)
    if not form.validate():
        return page(project, Attempt(form)), 422
    try:
        do(project)
    except Conflict:
        note = _("项目刚刚被别人修改过。您写的内容还在，请看过变化后再提交。")
        return page(project_or_404(project_id), Attempt(form, note)), 409
    except Refused as refused:
        _put(form, refused)
        return page(project_or_404(project_id), Attempt(form)), 422
    flash(done, "success")
    return redirect(url_for("desk.project", project_id=project_id))


@desk.post("/projects/<int:project_id>/reach", endpoint="project_reach")
@requires("project.edit")
def reach(project_id: int) -> Answer:
    """Move the project to a stage, which opens that stage's services."""
    form = ReachForm(request.form)
    return _carry_out(
        project_id, form,
        lambda project: actions.reach(
            actor(), project.id, Stage(form.stage.data), day_of(form.reached_on),
            form.reason.data or "", with_number(form.seen.data),
        ),
        _("已进入新的阶段，属于它的事项已开通。"),
    )  # fmt: skip


@desk.post("/projects/<int:project_id>/plan", endpoint="project_plan")
@requires("project.edit")
def plan(project_id: int) -> Answer:
    """Set the planned dates."""
    form = PlanForm(request.form)
    return _carry_out(
        project_id, form,
        lambda project: actions.plan(
            actor(), project.id,
            {stage: form[f"planned_{stage}"].data for stage in STAGES if f"planned_{stage}" in form},
            with_number(form.seen.data),
        ),
        _("节点计划已保存。"),
    )  # fmt: skip


@desk.post("/projects/<int:project_id>/obstacles", endpoint="project_obstacle")
@requires("project.edit")
def raise_obstacle(project_id: int) -> Answer:
    """Note what holds the project up."""
    form = ObstacleForm(request.form)
    return _carry_out(
        project_id, form,
        lambda project: obstacle_actions.raise_obstacle(
            actor(), project.id, form.text.data or "", form.unit.data,
            due_on=form.due_on.data, shown=bool(form.shown.data),
        ),
        _("问题已记录，已通知责任单位。"),
    )  # fmt: skip


@desk.post("/projects/<int:project_id>/end", endpoint="project_end")
@requires("project.edit")
def end(project_id: int) -> Answer:
    """Give the project up."""
    form = EndForm(request.form)
    return _carry_out(
        project_id, form,
        lambda project: actions.end_project(
            actor(), project.id, form.reason.data or "", with_number(form.seen.data)
        ),
        _("项目已终止，不再显示在看板上。"),
    )  # fmt: skip


@desk.post("/projects/<int:project_id>/resume", endpoint="project_resume")
@requires("project.edit")
def resume(project_id: int) -> Answer:
    """Take the project up again."""
    seen = with_number(request.form.get("seen"))
    return _at_once(
        project_id,
        lambda project: actions.resume_project(actor(), project.id, seen),
        _("项目已恢复。"),
    )


@desk.post("/projects/<int:project_id>/link", endpoint="project_link")
@requires("project.edit")
def link(project_id: int) -> Answer:
    """Say which enterprise carries the project out."""
    chosen, seen = (with_number(request.form.get(name)) for name in ("enterprise", "seen"))
    return _at_once(
        project_id,
        lambda project: actions.link_enterprise(actor(), project.id, chosen, seen),
        _("已关联企业，等待开通的事项现在可以开通。"),
    )


@desk.post("/projects/<int:project_id>/services/<int:service_id>", endpoint="project_service")
@requires("project.edit")
def open_service(project_id: int, service_id: int) -> Answer:
    """Open a service that has waited for the enterprise."""
    return _at_once(
        project_id,
        lambda project: obstacle_actions.open_service(actor(), project.id, service_id),
        _("事项已开通，服务台会受理。"),
    )


@desk.post("/projects/<int:project_id>/obstacles/<int:obstacle_id>/clear", endpoint="project_clear")
@requires("project.edit")
def clear(project_id: int, obstacle_id: int) -> Answer:
    """Say how an obstacle was cleared."""
    project, form = project_or_404(project_id), ClearForm(request.form)
    if not form.validate():
        attempt = Attempt(note=_("请写明问题是怎样解决的。"), cleared={obstacle_id: form})
        return page(project, attempt), 422
    return _at_once(
        project_id,
        lambda project: obstacle_actions.clear_obstacle(
            actor(), project.id, obstacle_id, form.clearing.data or ""
        ),
        _("已记录：问题解决。"),
    )


def _at_once(project_id: int, do: Callable[[Project], object], done: str) -> Answer:
    """Do what needs no words; a refusal is said above the page."""
    project = project_or_404(project_id)
    try:
        do(project)
        flash(done, "success")
    except Conflict:
        flash(_("项目刚刚被别人修改过，请看过变化再做。"), "warning")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.project", project_id=project_id))
