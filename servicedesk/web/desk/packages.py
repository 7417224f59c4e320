"""Packages at the desk (一件事): the list of cases, one case, filing on behalf."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.clock import clock
from servicedesk.core.channels import CHANNELS
from servicedesk.core.identifiers import new_token
from servicedesk.core.packages import StepState
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import names
from servicedesk.errors import KeyReused, Refused
from servicedesk.packages import actions, queries
from servicedesk.packages.models import PackageCase
from servicedesk.streaming import in_chunks
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.cases import due_if_filed_now, one_form, plan_of, plan_of_case
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.forms import number_of
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("编号"), 22), (N_("一件事"), 20), (N_("企业"), 32), (N_("状态"), 10), (N_("提交时间"), 17),
    (N_("应办好"), 12), (N_("办好时间"), 17), (N_("已办好步骤"), 12), (N_("没有办成"), 10),
)  # fmt: skip
OFFERED_CHANNELS = ("counter", "phone", "visit", "12345")
WHICH = {"held_up": N_("有一步没办成"), "late": N_("已过应办好日期")}
MOVED = {
    "retry": N_("已重新派出这一步。"),
    "drop": N_("已取消这一步。"),
    "add": N_("已加上这一步。"),
}


@desk.get("/packages/cases", endpoint="package_cases")
@requires("package.view")
def cases() -> str:
    """List the cases."""
    wish = _wish()
    found = list(queries.cases(actor(), wish))
    rows = found[: queries.PAGE]
    return render_template(
        "desk/packages/cases.html", rows=rows, wish=wish, which=request.args.get("which", ""),
        packages=queries.packages(actor().park_id), states=queries.CASE_STATE_NAMES,
        sorts=queries.SORT_NAMES, kinds=WHICH, today=_today(),
        progress=queries.progress_of([row.id for row in rows]),
        enterprises=names(row.enterprise_id for row in rows),
        after=rows[-1].id if len(found) > queries.PAGE else None, args=request.args.to_dict(),
    )  # fmt: skip


def _today() -> date:
    return clock.now().astimezone(ZONE).date()


def _wish() -> queries.Wish:
    state, sort = request.args.get("state", ""), request.args.get("sort", "newest")
    which = request.args.get("which", "")
    return queries.Wish(
        state=state if state in queries.CASE_STATE_NAMES else "",
        package_id=number_of("package"), enterprise=number_of("enterprise"),
        held_up=which == "held_up", late_on=_today() if which == "late" else None,
        sort=sort if sort in queries.SORTS else "newest", after=number_of("after") or 0,
    )  # fmt: skip


@desk.get("/packages/cases/export.xlsx")
@requires("enterprise.export")
def package_cases_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "package", _("一件事"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    for found in in_chunks(queries.every_case(actor(), _wish())):
        progress = queries.progress_of([row.id for row in found])
        firms = names(row.enterprise_id for row in found)
        for row in found:
            steps = progress[row.id]
            yield [
                row.number, row.name, firms[row.enterprise_id],
                _(queries.CASE_STATE_NAMES[row.state]), wall_time(row.submitted_at), row.due_on,
                wall_time(row.closed_at), steps.get(StepState.DONE, 0),
                steps.get(StepState.FAILED, 0),
            ]  # fmt: skip


@desk.get("/packages/cases/<number>")
@requires("package.view")
def package_case(number: str) -> str:
    """Show a case."""
    case = _case_or_404(number)
    return render_template(
        "desk/packages/case.html", case=case, plan=plan_of_case(case),
        states=queries.CASE_STATE_NAMES, enterprise=get_enterprise(case.enterprise_id),
    )  # fmt: skip


def _case_or_404(number: str) -> PackageCase:
    return queries.case(actor(), number) or abort(404)


@desk.post("/packages/cases/<number>/<any(retry,drop,add):move>/<key>")
@requires("package.steer")
def steer_package(number: str, move: str, key: str) -> Response:
    """Try a failed step again, drop an optional one, or add it."""
    case = _case_or_404(number)
    try:
        actions.steer(actor(), case.id, key, move)
        flash(_(MOVED[move]), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.package_case", number=number))


@desk.route("/packages/new/<int:enterprise_id>/<code>", methods=["GET", "POST"])
@requires("package.submit_on_behalf")
def file_package(enterprise_id: int, code: str) -> Response | str | tuple[str, int]:
    """Take an application down for an enterprise."""
    enterprise = get_enterprise(enterprise_id)
    package = queries.package_by_code(actor().park_id, code)
    subject = Subject(enterprise.park_id, enterprise.id) if enterprise else None
    if (
        package is None
        or enterprise is None
        or not allows(actor(), "package.submit_on_behalf", subject)
    ):
        abort(404)
    one = one_form(package, {"contact": enterprise.contact, "phone": enterprise.phone})
    status, channel = 200, _channel()
    if request.method == "POST":
        status = 422
        if one.form.validate():
            case = _submit(package, one.application(enterprise, channel), one.form)
            if case is not None:
                return redirect(url_for("desk.package_case", number=case.number))
    page = render_template(
        "desk/packages/file.html", package=package, one=one, enterprise=enterprise,
        channels=[(c, _(CHANNELS[c])) for c in OFFERED_CHANNELS], channel=channel,
        plan=plan_of(package, one.conditions, one.without),
        due=due_if_filed_now(package, one.conditions, one.without),
    )  # fmt: skip
    return page, status


def _channel() -> str:
    wanted = request.form.get("channel", "")
    return wanted if wanted in OFFERED_CHANNELS else OFFERED_CHANNELS[0]


def _submit(package: Any, wanted: actions.Application, form: Any) -> PackageCase | None:
    try:
        case = actions.submit_case(actor(), package, wanted)
        flash(_("已代录：%(number)s", number=case.number), "success")
        return case
    except KeyReused:
        form.key.data = new_token()
        flash(_("这份表单已提交过，请重新填写。"), "danger")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return None
