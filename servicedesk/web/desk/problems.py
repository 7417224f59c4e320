"""Problems (类问题) at the desk: the list, one problem, joining tickets, solving for all of them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import item_labels
from servicedesk.core.enterprises import AREAS
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.problems import ALIVE, CLASS_DAYS, FATE_NAMES, STAND_NAMES, Fate, Stand
from servicedesk.core.similarity import REASONS
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.problems import actions, listing, queries
from servicedesk.problems.models import Problem
from servicedesk.problems.solving import foresee, solve
from servicedesk.streaming import in_chunks
from servicedesk.tickets.queries import by_number
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.desk.problem_forms import ProblemForm, SolveForm, data_of
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

COLUMNS = (
    (N_("编号"), 14), (N_("名称"), 36), (N_("状态"), 14), (N_("事项"), 24), (N_("片区"), 20),
    (N_("责任单位"), 24), (N_("负责人"), 10), (N_("关联工单"), 8), (N_("涉及企业"), 8),
    (N_("未办结"), 8), (N_("另告知企业"), 10), (N_("解决期限"), 12), (N_("原因"), 36),
    (N_("解决办法"), 48), (N_("提出时间"), 17), (N_("解决时间"), 17), (N_("销号时间"), 17),
)  # fmt: skip
CHANGED = N_("您填写期间，类问题已被他人更新，本次操作没有执行。请核对后重新提交。")


def problem_or_404(problem_id: int) -> Problem:
    """Return a problem that the person may see; any other does not exist."""
    return queries.problem(actor(), problem_id) or abort(404)


# The list ----------------------------------------------------------------------------------------


def _from_address() -> listing.Wanted:
    return listing.Wanted(
        view=known_of("view", listing.VIEWS, "open"), q=text_of("q"), item=number_of("item"),
        unit=number_of("unit"), area=text_of("area"),
        sort=known_of("sort", listing.SORTS, "newest"), after=text_of("after"),
    )  # fmt: skip


@desk.get("/problems", endpoint="problems")
@requires("problem.view")
def problem_list() -> str:
    """List the problems, and what looks like one that nobody has opened."""
    wanted = _from_address()
    found = listing.page(actor(), wanted)
    opens = allows(actor(), "problem.edit") and wanted.view == "open"
    return render_template(
        "desk/problems/list.html", wanted=wanted, page=found, total=listing.total(actor(), wanted),
        tabs=listing.VIEWS, badges=listing.counts(actor()), sorts=_translated(listing.SORTS),
        next_address=_next(found.after), areas=_translated(AREAS), days=CLASS_DAYS,
        possible=queries.possible(actor().park_id) if opens else [],
        people=person_names(row.Problem.owner_id for row in found.rows), **_names(),
    )  # fmt: skip


def _translated(names: Any) -> list[tuple[str, str]]:
    return [(code, _(name)) for code, name in names.items()]


def _next(after: str) -> str:
    return "?" + urlencode({**request.args.to_dict(), "after": after}) if after else ""


def _names() -> dict[str, Any]:
    labels = item_labels(actor().park_id)
    return {
        "items": {one.id: one for one in labels},
        "unit_names": {one.id: one.name for one in units(actor().park_id)},
        "stand_names": STAND_NAMES, "today": queries.today(),
    }  # fmt: skip


@desk.get("/problems/export.xlsx")
@requires("problem.view")
def problems_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "problem", _("类问题"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    known = _names()
    for found in in_chunks(listing.everything(actor(), _from_address())):
        people = person_names([row.Problem.owner_id for row in found])
        for row in found:
            one, item = row.Problem, known["items"].get(row.Problem.item_id)
            yield [
                one.number, one.title, _(STAND_NAMES[Stand(one.state)]),
                named(item) if item else "", one.area, known["unit_names"].get(one.unit_id, ""),
                people.get(one.owner_id or 0, ""), row.tickets, row.enterprises, row.unresolved,
                row.told, one.due_on, one.cause, one.solution, wall_time(one.created_at),
                wall_time(one.solved_at), wall_time(one.closed_at),
            ]  # fmt: skip


# Opening -----------------------------------------------------------------------------------------


@desk.route("/problems/new", methods=["GET", "POST"])
@requires("problem.edit")
def new_problem() -> Response | str | tuple[str, int]:
    """Open a problem from a ticket, from a possible class, or from nothing."""
    if request.method == "GET":
        return _new_page(ProblemForm(data=_beginning()))
    form = ProblemForm(request.form)
    form.fill(actor())
    if not form.validate():
        return _new_page(form), 422
    try:
        made = actions.create(actor(), form.details(), request.form.getlist("tickets")[:300])
    except Refused as refused:
        _put(form, refused)
        return _new_page(form), 422
    flash(_("已建立类问题 %(number)s。", number=made.number), "success")
    return redirect(url_for("desk.one_problem", problem_id=made.id))


def _beginning() -> dict[str, Any]:
    """Return what the ticket or the possible class of the address says already."""
    ticket = by_number(actor(), text_of("ticket"))
    if ticket is not None and not ticket.confidential:
        firm = get_enterprise(ticket.enterprise_id)
        return {
            "title": ticket.title, "item_id": ticket.item_id, "area": firm.area if firm else "",
            "unit_id": ticket.unit_id or 0, "owner_id": 0,
        }  # fmt: skip
    return {"item_id": number_of("item") or 0, "area": text_of("area"), "unit_id": 0, "owner_id": 0}


def _new_page(form: ProblemForm) -> str:
    form.fill(actor())
    item_id, area = number_of("item"), text_of("area")
    rows = queries.tickets_behind(actor(), item_id, area) if item_id and area else ()
    chosen = set(request.form.getlist("tickets")) or {text_of("ticket"), *(r.number for r in rows)}
    own = by_number(actor(), text_of("ticket"))
    return render_template(
        "desk/problems/new.html", form=form, rows=rows, own=own, chosen=chosen,
        enterprises=enterprise_names(row.enterprise_id for row in rows),
    )  # fmt: skip


def _put(form: Any, refused: Refused) -> None:
    if refused.field and refused.field in form:
        form[refused.field].errors = [*form[refused.field].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


# One problem -------------------------------------------------------------------------------------


@desk.get("/problems/<int:problem_id>")
@requires("problem.view")
def one_problem(problem_id: int) -> str:
    """Show a problem with all joined tickets."""
    return _page(problem_or_404(problem_id))


def _page(found: Problem, form: ProblemForm | None = None, **more: Any) -> str:
    shown = form or ProblemForm(data=data_of(found))
    shown.fill(actor())
    rows = queries.joined(actor(), found.id)
    where = Subject(found.park_id, unit_id=found.unit_id)
    return render_template(
        "desk/problems/problem.html", problem=found, form=shown, rows=rows,
        told=queries.told(found.id), alive=found.state in ALIVE,
        may_edit=allows(actor(), "problem.edit", where),
        may_solve=allows(actor(), "problem.solve", where),
        enterprises=enterprise_names({row.enterprise_id for row in rows}),
        people=person_names([found.owner_id, found.created_by_id]), **_names(), **more,
    )  # fmt: skip


@desk.post("/problems/<int:problem_id>/edit")
@requires("problem.edit")
def edit_problem(problem_id: int) -> Response | tuple[str, int]:
    """Change what is said of a problem."""
    found, form = problem_or_404(problem_id), ProblemForm(request.form)
    form.fill(actor())
    if not form.validate():
        return _page(found, form, editing=True), 422
    try:
        details = form.details(found.solution)
        actions.edit(actor(), found.id, details, with_number(request.form.get("seen")))
    except Conflict:
        flash(_(CHANGED), "danger")
        return _page(problem_or_404(problem_id), form, editing=True), 409
    except Refused as refused:
        _put(form, refused)
        return _page(problem_or_404(problem_id), form, editing=True), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("desk.one_problem", problem_id=problem_id))


@desk.post("/problems/<int:problem_id>/join")
@requires("problem.edit")
def join_problem(problem_id: int) -> Response | tuple[str, int]:
    """Join a ticket by its number."""
    found, number = problem_or_404(problem_id), request.form.get("number", "").strip()[:20]
    try:
        actions.join(actor(), found.id, number)
    except Refused as refused:
        return _page(problem_or_404(problem_id), wrong=_(refused.reason), typed=number), 422
    flash(_("已加入 %(number)s。", number=number), "success")
    return redirect(url_for("desk.one_problem", problem_id=problem_id, _anchor="tickets"))


@desk.post("/problems/<int:problem_id>/leave")
@requires("problem.edit")
def leave_problem(problem_id: int) -> Response:
    """Take a ticket out."""
    found = problem_or_404(problem_id)
    ticket = by_number(actor(), request.form.get("number", "")[:20]) or abort(404)
    try:
        actions.leave(actor(), ticket.id)
        flash(_("已移出 %(number)s。", number=ticket.number), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.one_problem", problem_id=found.id, _anchor="tickets"))


# Solving -----------------------------------------------------------------------------------------


@desk.route("/problems/<int:problem_id>/solve", methods=["GET", "POST"])
@requires("problem.solve")
def solve_problem(problem_id: int) -> Response | str | tuple[str, int]:
    """Show what the solution would do to each ticket and whom it may help; then send it."""
    found = problem_or_404(problem_id)
    if not allows(actor(), "problem.solve", Subject(found.park_id, unit_id=found.unit_id)):
        abort(404)
    if request.method == "GET":
        return _solve_page(found, SolveForm(data={"solution": found.solution}))
    form = SolveForm(request.form)
    if not form.validate():
        return _solve_page(found, form), 422
    others = {int(n) for n in request.form.getlist("others") if n.isascii() and n.isdigit()}
    seen = with_number(request.form.get("seen"))
    try:
        result = solve(actor(), found.id, form.solution.data or "", seen, others)
    except Conflict:
        flash(_(CHANGED), "danger")
        return _solve_page(problem_or_404(problem_id), form), 409
    except Refused as refused:
        _put(form, refused)
        return _solve_page(problem_or_404(problem_id), form), 422
    return render_template(
        "desk/problems/result.html", problem=result.problem, result=result, fates=FATE_NAMES,
        enterprises=enterprise_names({line.ticket.enterprise_id for line in result.lines}),
        tally={fate: sum(line.fate is fate for line in result.lines) for fate in Fate},
    )  # fmt: skip


def _solve_page(found: Problem, form: SolveForm) -> str:
    lines = foresee(actor(), found)
    chosen = set(request.form.getlist("others")) if request.method == "POST" else None
    return render_template(
        "desk/problems/solve.html", problem=found, form=form, lines=lines, fates=FATE_NAMES,
        likely=queries.likely(actor(), found), reasons=REASONS, chosen=chosen, alive=found.state in ALIVE,
        enterprises=enterprise_names({line.ticket.enterprise_id for line in lines}),
    )  # fmt: skip
