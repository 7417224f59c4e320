"""Policies at the desk (政策库): list, writing, preview, who matches, publishing."""

from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.catalogue.queries import item_by_code, item_labels
from servicedesk.core.conditions import COMPARISON_NAMES, FIELDS
from servicedesk.core.declarations import (
    POLICY_STATE_NAMES,
    STATE_NAMES,
    WINDOW_NAMES,
    PolicyState,
    State,
)
from servicedesk.core.enterprises import LEVELS
from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_
from servicedesk.declarations import listing
from servicedesk.declarations.models import Policy
from servicedesk.declarations.policies import close as close_policy
from servicedesk.declarations.policies import publish as publish_policy
from servicedesk.declarations.policies import write_policy
from servicedesk.declarations.queries import policy as get_policy
from servicedesk.declarations.queries import preview, verdict_of
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import unit_by_code, units
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.desk.policy_forms import (
    PolicyForm,
    Row,
    read,
    rows_of,
    typed_rows,
    values_of,
    with_blank,
)
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.policy_words import finding, gaps, policy_state
from servicedesk.web.sheets import send_list, wall_time

LIST_COLUMNS = (
    (N_("编号"), 12), (N_("政策"), 36), (N_("发布单位"), 24), (N_("级别"), 8), (N_("状态"), 10),
    (N_("事项"), 8), (N_("审核推荐单位"), 20), (N_("申报开始"), 12), (N_("申报截止"), 12),
    (N_("最高奖补（万元）"), 12), (N_("符合条件（家）"), 10), (N_("已申报（家）"), 10),
)  # fmt: skip
MATCH_COLUMNS = (
    (N_("企业"), 32), (N_("是否全部满足"), 10), (N_("差距"), 40), (N_("逐项说明"), 80),
    (N_("首次满足"), 12), (N_("告知时间"), 17), (N_("申报状态"), 10), (N_("不申报原因"), 24),
)  # fmt: skip


def policy_or_404(policy_id: int) -> Policy:
    """Return a policy of the person's park; any other does not exist."""
    return get_policy(actor(), policy_id) or abort(404)


def _wanted() -> listing.PolicyFilter:
    return listing.PolicyFilter(
        q=text_of("q"),
        state=known_of("state", list(PolicyState), ""),
        window=known_of("window", [one.value for one in WINDOW_NAMES], ""),
        level=known_of("level", LEVELS, ""),
        item=text_of("item"),
        sort=known_of("sort", listing.POLICY_SORTS, "newest"),
        after=text_of("after"),
    )


def next_address(after: str) -> str:
    """Return the address of the next page of this list, or nothing."""
    return "?" + urlencode({**request.args.to_dict(), "after": after}) if after else ""


@desk.get("/policies")
@requires("policy.view")
def policies() -> str:
    """List the park's policies."""
    wanted = _wanted()
    page = listing.policies(actor(), wanted)
    return render_template(
        "desk/policies/list.html", wanted=wanted, page=page, next_address=next_address(page.after),
        states=POLICY_STATE_NAMES, windows=WINDOW_NAMES, levels=LEVELS, sorts=listing.POLICY_SORTS,
        items={item.code: item for item in item_labels(actor().park_id)},
    )  # fmt: skip


@desk.get("/policies/export.xlsx")
@requires("policy.view")
def policies_export() -> Response:
    """Send the list as an Excel file."""
    names = {unit.code: unit.name for unit in units(actor().park_id)}
    rows = (_list_row(row, names) for row in listing.every_policy(actor(), _wanted()))
    return send_list(actor(), "policy", _("政策库"), LIST_COLUMNS, rows)


def _list_row(row: Any, unit_names: dict[str, str]) -> list[Any]:
    of: Policy = row.Policy
    return [
        of.code, of.name, of.issuer, _(of.level), policy_state(of), of.item_code,
        unit_names.get(of.unit_code, ""), of.opens_on, of.closes_on,
        of.amount_max / 1000 if of.amount_max else None, row.matched, row.declared,
    ]  # fmt: skip


# One policy -----------------------------------------------------------------------------------


@desk.get("/policies/<int:policy_id>")
@requires("policy.view")
def one_policy(policy_id: int) -> str:
    """Show a policy: a draft with what it would find, a published one with its matches."""
    return _page(policy_or_404(policy_id))


def _page(of: Policy, **more: Any) -> str:
    wanted, draft = _wanted_matches(), of.state == PolicyState.DRAFT
    page = listing.Page() if draft else listing.matches(of, wanted)
    unit = unit_by_code(of.park_id, of.unit_code)
    return render_template(
        "desk/policies/policy.html", policy=of, wanted=wanted, page=page, unit=unit,
        item=item_by_code(of.park_id, of.item_code), next_address=next_address(page.after),
        preview=preview(of) if draft else None, views=listing.MATCH_VIEWS,
        counts={} if draft else listing.match_counts(of), sorts=listing.MATCH_SORTS, **more,
    )  # fmt: skip


def _wanted_matches() -> listing.MatchFilter:
    return listing.MatchFilter(
        show=known_of("show", listing.MATCH_VIEWS, "all"),
        q=text_of("q"),
        sort=known_of("sort", listing.MATCH_SORTS, "near"),
        after=text_of("after"),
    )


@desk.get("/policies/<int:policy_id>/matches.xlsx")
@requires("policy.view")
def policy_matches_export(policy_id: int) -> Response:
    """Send a policy's matches as an Excel file, each condition explained."""
    of = policy_or_404(policy_id)
    rows = (_match_row(row) for row in listing.every_match(of, _wanted_matches()))
    return send_list(actor(), "policy-match", _("政策匹配"), MATCH_COLUMNS, rows)


def _match_row(row: Any) -> list[Any]:
    match, verdict = row.PolicyMatch, verdict_of(row.PolicyMatch)
    return [
        row.name, _("是") if match.met else _("否"), gaps(verdict),
        " ".join(finding(one) for one in verdict.findings), match.first_met_on,
        wall_time(match.told_at), _state(row.declared_state), match.dismissed_reason,
    ]  # fmt: skip


def _state(state: str | None) -> str:
    return _(STATE_NAMES[State(state)]) if state else ""


# Writing --------------------------------------------------------------------------------------


@desk.route("/policies/new", methods=["GET", "POST"])
@requires("policy.edit")
def new_policy() -> Response | str | tuple[str, int]:
    """Write a new policy; ``copy`` names one to begin from."""
    number = number_of("copy")
    pattern = get_policy(actor(), number) if number else None
    values = {**values_of(pattern), "code": "", "seen": ""} if pattern else {}
    return _write(None, values, rows_of(pattern))


@desk.route("/policies/<int:policy_id>/edit", methods=["GET", "POST"])
@requires("policy.edit")
def edit_policy(policy_id: int) -> Response | str | tuple[str, int]:
    """Change a policy."""
    of = policy_or_404(policy_id)
    return _write(of, values_of(of), rows_of(of))


def _write(
    of: Policy | None, values: dict[str, Any], rows: list[Row]
) -> Response | str | tuple[str, int]:
    if request.method == "GET":
        return _form_page(of, PolicyForm(data=values).fill(actor().park_id), rows)
    form = PolicyForm(request.form).fill(actor().park_id)
    rows = typed_rows(request.form)
    if request.form.get("more"):
        return _form_page(of, form, with_blank(rows))
    conditions = read(rows)
    if not form.validate() or any(row.error for row in rows):
        return _form_page(of, form, with_blank(rows)), 422
    seen = with_number(form.seen.data) if of else None
    try:
        written = write_policy(actor(), form.draft(conditions), of.id if of else None, seen)
    except Conflict as conflict:
        form.seen.data = str(conflict.current)
        return _form_page(of, form, with_blank(rows), changed=True), 409
    except Refused as refused:
        _put(form, refused)
        return _form_page(of, form, with_blank(rows)), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("desk.one_policy", policy_id=written.id))


def _put(form: Form, refused: Refused) -> None:
    """Put a refusal to its field, or above the form."""
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


def _form_page(of: Policy | None, form: PolicyForm, rows: list[Row], **more: Any) -> str:
    return render_template(
        "desk/policies/edit.html", policy=of, form=form, rows=rows, fields=FIELDS,
        comparisons=COMPARISON_NAMES, scales=SCALES, **more,
    )  # fmt: skip


@desk.post("/policies/<int:policy_id>/publish")
@requires("policy.edit")
def policy_publish(policy_id: int) -> Response:
    """Publish a draft."""
    return _turn(policy_id, publish_policy, _("已发布。系统会在几分钟内匹配并告知企业。"))


@desk.post("/policies/<int:policy_id>/close")
@requires("policy.edit")
def policy_close(policy_id: int) -> Response:
    """Close a policy before its time."""
    return _turn(policy_id, close_policy, _("政策已关闭，不再告知和受理申报。"))


def _turn(policy_id: int, action: Any, done: str) -> Response:
    of = policy_or_404(policy_id)
    try:
        action(actor(), of.id, with_number(request.form.get("seen")))
        flash(done, "success")
    except Conflict:
        flash(_("您查看期间政策已被他人修改，请核对后再操作。"), "danger")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.one_policy", policy_id=policy_id))
