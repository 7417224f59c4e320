"""Decisions of joint meetings (议定事项): the list with its export, and one decision's page."""

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answered

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.meetings import DECISION_NAMES
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.meetings import decisions as deciding
from servicedesk.meetings import queries
from servicedesk.meetings.queries import Line, Wanted
from servicedesk.organisation.queries import units
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.meeting_forms import DECISION_FORMS, PartForm
from servicedesk.web.forms import number_of, tidy, with_number
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("会议"), 24), (N_("序号"), 6), (N_("议定事项"), 60), (N_("责任单位"), 16), (N_("责任人"), 10),
    (N_("完成期限"), 12), (N_("状态"), 10), (N_("是否超期"), 10), (N_("落实情况"), 50),
    (N_("报告时间"), 18), (N_("确认时间"), 18), (N_("工单号"), 18),
)  # fmt: skip
DONE: Mapping[str, str] = {
    "report": N_("已报告落实，等待确认。"),
    "confirm": N_("已确认办结。"),
    "back": N_("已退回责任单位继续落实。"),
    "revoke": N_("议定事项已取消。"),
}


@desk.get("/decisions", endpoint="decisions")
@requires("decision.view")
def listing() -> str:
    """List the decisions, narrowed and sorted as the address says."""
    wanted = _wanted()
    return render_template(
        "desk/meetings/decisions.html", wanted=wanted, lines=queries.decisions(actor(), wanted),
        counts=queries.decision_counts(actor()), shows=queries.SHOWS, sorts=queries.SORTS,
        decision_names=DECISION_NAMES, all_units=units(actor().park_id),
        meetings=queries.meetings(actor().park_id),
    )  # fmt: skip


@desk.get("/decisions/export.xlsx", endpoint="decisions_export")
@requires("decision.view")
def export() -> Response:
    """Send the list as an Excel file."""
    rows = (_row(line) for line in queries.every_decision(actor(), _wanted()))
    return send_list(actor(), "decision", _("议定事项"), COLUMNS, rows)


def _row(line: Line) -> list[Any]:
    one = line.decision
    return [
        line.meeting.title, one.number, one.text, line.unit, line.owner, one.due_on,
        _(DECISION_NAMES[one.state]), _("是") if line.late else "", one.done_note,
        wall_time(one.done_at), wall_time(one.confirmed_at), line.number,
    ]  # fmt: skip


def _wanted() -> Wanted:
    """Return what the address asks for; unknown words are as if they were not there."""
    return Wanted(
        show=_known("show", queries.SHOWS, "open"),
        unit_id=number_of("unit"),
        meeting_id=number_of("meeting"),
        q=tidy(request.args.get("q"))[:60],
        sort=_known("sort", queries.SORTS, "due"),
    )


def _known(name: str, names: Mapping[str, str], default: str) -> str:
    value = request.args.get(name, "")
    return value if value in names else default


@desk.get("/decisions/<int:decision_id>", endpoint="decision")
@requires("decision.view")
def show(decision_id: int) -> str:
    """Show one decision with its history and what the person may do with it."""
    return _page(_line_or_404(decision_id), None)


def _line_or_404(decision_id: int) -> Line:
    return queries.decision(actor(), decision_id) or abort(404)


def _page(line: Line, tried: PartForm | None, note: str = "") -> str:
    one = line.decision
    forms = [
        tried if tried is not None and tried.step == step else kind(seen=one.version)
        for step, kind in DECISION_FORMS.items()
        if _may(line, step)
    ]
    return render_template(
        "desk/meetings/decision.html", line=line, one=one, forms=forms, tried=tried, note=note,
        history=queries.history_of(one.id), decision_names=DECISION_NAMES,
        people=person_names([one.done_by_id, one.confirmed_by_id]),
        may_open=allows(actor(), "joint_meeting.view"),
    )  # fmt: skip


def _may(line: Line, step: str) -> bool:
    """Tell whether the person may take this step now; the action asks again."""
    one, person = line.decision, actor()
    wanted = {
        "report": ("decision.report", ("open",)),
        "confirm": ("decision.confirm", ("done",)),
        "back": ("decision.confirm", ("done",)),
        "revoke": ("meeting.manage", ("open", "done")),
    }
    permission, states = wanted[step]
    own_word = step == "confirm" and one.done_by_id == person.user_id
    return (
        one.state in states
        and not own_word
        and allows(person, permission, deciding.subject_of(one))
    )


@desk.post("/decisions/<int:decision_id>/<decision_step>", endpoint="decision_act")
@requires("decision.view")
def act(decision_id: int, decision_step: str) -> Answered | tuple[str, int]:
    """Report, confirm, send back or cancel; what is refused comes back with what was typed."""
    line = _line_or_404(decision_id)
    if decision_step not in DECISION_FORMS:
        abort(404)
    form = DECISION_FORMS[decision_step](request.form)
    if not form.validate():
        return _page(line, form), 422
    try:
        _do(line, form)
    except Conflict as conflict:
        form.seen.data = str(conflict.current)
        note = _("这条议定事项刚刚被别人改过。您写的内容还在，请看过变化后再提交。")
        return _page(_line_or_404(decision_id), form, note), 409
    except Refused as refused:
        if refused.field and refused.field in form:
            form[refused.field].errors = [_(refused.reason)]
            return _page(_line_or_404(decision_id), form), 422
        status = 403 if refused.kind == "permission" else 422
        return _page(_line_or_404(decision_id), form, _(refused.reason)), status
    flash(_(DONE[decision_step]), "success")
    return redirect(url_for("desk.decision", decision_id=decision_id))


def _do(line: Line, form: PartForm) -> None:
    number, seen, person = line.decision.id, with_number(form.seen.data), actor()
    if form.step == "report":
        deciding.report_done(person, number, form["note"].data or "", seen)
    elif form.step == "confirm":
        deciding.confirm_done(person, number, seen)
    elif form.step == "back":
        deciding.send_back(person, number, form["reason"].data or "", seen)
    else:
        deciding.cancel_decision(person, number, form["reason"].data or "", seen)
