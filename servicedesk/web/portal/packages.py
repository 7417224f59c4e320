"""Packages for the enterprise (一件事): what they cover, the one form, the case with its graph."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.core.identifiers import new_token
from servicedesk.core.words import N_
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.packages import actions, queries
from servicedesk.packages.models import Package, PackageCase
from servicedesk.web.access import actor, chosen_enterprise, public, requires, signed_in
from servicedesk.web.cases import choices, due_if_filed_now, one_form, plan_of, plan_of_case
from servicedesk.web.forms import tidy
from servicedesk.web.portal.blueprint import park_id, portal
from servicedesk.web.portal.words import _

MOVED = {
    "retry": N_("已重新申请这一步。"),
    "drop": N_("已取消这一步。"),
    "add": N_("已加上这一步。"),
}


def _package_or_404(code: str) -> Package:
    return queries.package_by_code(park_id(), code) or abort(404)


@portal.get("/packages/<code>")
@public
def package(code: str) -> str:
    """Explain a package: its steps, how long it takes, what to bring, what to answer first."""
    found = _package_or_404(code)
    conditions, without = choices(found, request.args)
    return render_template(
        "portal/packages/package.html", package=found, conditions=conditions, without=without,
        plan=plan_of(found, conditions, without), one=one_form(found),
        due=due_if_filed_now(found, conditions, without),
    )  # fmt: skip


@portal.route("/packages/<code>/file", methods=["GET", "POST"])
@requires("package.submit")
@limiter.limit("30/minute", methods=["POST"])
def file_package(code: str) -> Response | str | tuple[str, int]:
    """Show the one form and take the application."""
    found, enterprise, person = _package_or_404(code), chosen_enterprise(), signed_in()
    if enterprise is None:
        return render_template("portal/no_enterprise.html")
    one = one_form(found, {"contact": person.name, "phone": person.phone})
    status = 200
    if request.method == "POST":
        status = 422
        if one.form.validate():
            try:
                case = actions.submit_case(actor(), found, one.application(enterprise, "portal"))
                flash(_("已提交。能同时办的事项会同时办，进度都在这一页。"), "success")
                return redirect(url_for("portal.package_case", number=case.number))
            except KeyReused:
                one.form.key.data = new_token()
                flash(_("这张表已经提交过一次。若是另一件事，可修改后再次提交。"), "danger")
            except Refused as refused:
                flash(_(refused.reason), "danger")
    page = render_template(
        "portal/packages/file.html", package=found, one=one, enterprise=enterprise,
        due=due_if_filed_now(found, one.conditions, one.without),
        wrong=[field for field in one.form if field.errors],
    )  # fmt: skip
    return page, status


@portal.get("/packages/cases", endpoint="package_cases")
@requires("package.view")
def my_cases() -> str:
    """List the chosen enterprise's cases and what else can be asked for."""
    rows = queries.cases(actor(), queries.Wish())[: queries.PAGE]
    return render_template(
        "portal/packages/cases.html", rows=rows, packages=queries.packages(park_id()),
        progress=queries.progress_of([row.id for row in rows]), states=queries.CASE_STATE_NAMES,
    )  # fmt: skip


@portal.get("/packages/cases/<number>")
@requires("package.view")
def package_case(number: str) -> str:
    """Show a case: the drawn graph, what waits for what, what can be done."""
    return _page(_case_or_404(number))


def _case_or_404(number: str) -> PackageCase:
    return queries.case(actor(), number) or abort(404)


def _page(case: PackageCase, **more: str) -> str:
    return render_template(
        "portal/packages/case.html", case=case, plan=plan_of_case(case),
        states=queries.CASE_STATE_NAMES, **more,
    )  # fmt: skip


@portal.post("/packages/cases/<number>/<any(retry,drop,add):move>/<key>")
@requires("package.steer")
def steer_package(number: str, move: str, key: str) -> Response:
    """Try a failed step again, drop an optional one, or add it."""
    case = _case_or_404(number)
    try:
        actions.steer(actor(), case.id, key, move)
        flash(_(MOVED[move]), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.package_case", number=number))


@portal.post("/packages/cases/<number>/withdraw")
@requires("ticket.withdraw")
def withdraw_package(number: str) -> Response | tuple[str, int]:
    """Take the whole application back."""
    case, reason = _case_or_404(number), tidy(request.form.get("reason"))[:500]
    try:
        actions.withdraw_case(actor(), case.id, reason)
    except Refused as refused:
        return _page(case, error=_(refused.reason), reason=reason), 422
    flash(_("已撤回整件申请，未办结的事项一并撤回。"), "success")
    return redirect(url_for("portal.package_case", number=number))
