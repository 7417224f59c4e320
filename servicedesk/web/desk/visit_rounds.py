"""Rounds of visits at the desk: planning with a preview, handing out, following, ending."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.identifiers import new_token
from servicedesk.core.outreach import (
    REASON_NAMES,
    ROUND_STATES,
    STOP_STATES,
    Candidate,
    Rules,
    candidates,
)
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import all_names
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.outreach import rounds as actions
from servicedesk.outreach.listing import (
    STOP_SORTS,
    StopFilter,
    areas,
    by_officer,
    every_stop,
    rounds,
    stops,
)
from servicedesk.outreach.listing import stop as get_stop
from servicedesk.outreach.listing import visit_round as get_round
from servicedesk.outreach.models import VisitRound, VisitStop
from servicedesk.outreach.queries import facts, today
from servicedesk.reports.sheets import Value
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.desk.visit_forms import RoundForm, RulesForm, StopForm, default_name
from servicedesk.web.desk.visits import translated
from servicedesk.web.forms import ROW_MAX, number_of, with_number
from servicedesk.web.sheets import send_list

ROUND_COLUMNS = (
    (N_("名称"), 24), (N_("状态"), 10), (N_("开始日期"), 12), (N_("结束日期"), 12), (N_("企业数"), 8),
    (N_("已走访"), 8), (N_("未走访"), 8), (N_("完成率（%）"), 10), (N_("走访目的和要点"), 40),
)  # fmt: skip
STOP_COLUMNS = (
    (N_("企业"), 32), (N_("片区"), 18), (N_("走访理由"), 28), (N_("走访人"), 10), (N_("计划日期"), 12),
    (N_("状态"), 10), (N_("走访日期"), 12), (N_("未走访原因"), 30),
)  # fmt: skip


def _round_or_404(round_id: int) -> VisitRound:
    return get_round(actor(), round_id) or abort(404)


def _stop_or_404(stop_id: int) -> VisitStop:
    return get_stop(actor(), stop_id) or abort(404)


def _refused(refused: Refused) -> None:
    flash(_(refused.reason), "danger")


# The list -------------------------------------------------------------------------------------


@desk.get("/visits/rounds")
@requires("visit.view")
def visit_rounds() -> str:
    """List the rounds."""
    state = known_of("state", ROUND_STATES, "")
    return render_template(
        "desk/visits/rounds.html", rounds=list(rounds(actor().park_id, state)), states=ROUND_STATES,
        state=state,
    )  # fmt: skip


@desk.get("/visits/rounds.xlsx")
@requires("visit.export")
def visit_rounds_export() -> Response:
    """Send the rounds as an Excel file."""
    found = rounds(actor().park_id, known_of("state", ROUND_STATES, ""))
    rows: Iterator[list[Value]] = (
        [
            one.name, _(ROUND_STATES[one.state]), one.starts_on, one.ends_on, progress.total,
            progress.done, progress.skipped, progress.share, one.purpose,
        ]
        for one, progress in found
    )  # fmt: skip
    return send_list(actor(), "visit_round", _("走访安排"), ROUND_COLUMNS, rows)


# Planning -------------------------------------------------------------------------------------


@desk.route("/visits/rounds/plan", methods=["GET", "POST"])
@requires("visit.plan")
def visit_round_plan() -> Response | str | tuple[str, int]:
    """Choose the rules, see who would be visited and why, and save."""
    asked = request.form if request.method == "POST" else request.args
    rules_form = RulesForm(asked if "unvisited_days" in asked else None)
    day = today(actor().park_id)
    form = RoundForm(request.form or None, name=default_name(day), starts_on=day)
    fine = "unvisited_days" not in asked or rules_form.validate()
    if request.method == "GET":
        return _plan_page(rules_form, form, fine)
    if not (form.validate() and fine):
        return _plan_page(rules_form, form, fine), 422
    try:
        made = actions.plan_round(actor(), _plan(form, rules_form.rules()))
    except KeyReused:
        flash(_("这份表单已提交过，请先到“走访安排”查看；若要另排一轮，请重新打开此页。"), "danger")
        return _plan_page(rules_form, form, fine), 422
    except Refused as refused:
        if refused.field == "ends_on":
            form.ends_on.errors = [_(refused.reason)]
        else:
            _refused(refused)
        return _plan_page(rules_form, form, fine), 422
    flash(_("已保存走访安排，请分派人员。"), "success")
    return redirect(url_for("desk.visit_round", round_id=made.id))


def _plan(form: RoundForm, rules: Rules) -> actions.Plan:
    first, last = form.starts_on.data, form.ends_on.data
    assert first and last  # a checked form has both
    return actions.Plan(
        form.name.data or "", form.purpose.data or "", first, last,
        rules, _ids("enterprises"), request.form.get("key", "")[:100],
    )  # fmt: skip


def _ids(name: str) -> list[int]:
    """Return the row numbers that a form named, a bounded number of them."""
    texts = request.form.getlist(name)[: actions.STOPS_MAX + 1]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 11
            and int(text) <= ROW_MAX]  # fmt: skip


def _plan_page(rules_form: RulesForm, form: RoundForm, fine: bool) -> str:
    rules = rules_form.rules() if fine else Rules()
    park_id = actor().park_id
    found = [one for one in candidates(facts(park_id, rules), rules, today(park_id)) if _asked(one)]
    names, typed = all_names(park_id), request.method == "POST"
    listed = {one.facts.enterprise_id for one in found}
    wanted = set(_ids("enterprises")) if typed else listed
    return render_template(
        "desk/visits/plan.html", rules=rules_form, form=form, found=found, names=names,
        wanted=wanted, reasons=REASON_NAMES, areas=areas(park_id),
        people=person_names({one.facts.officer_id for one in found}),
        others=sorted(((key, name) for key, name in names.items() if key not in listed),
                      key=lambda other: other[1]),
        area=request.values.get("area", ""), reason=request.values.get("reason", ""),
        key=request.form.get("key") or new_token(),
    )  # fmt: skip


def _asked(one: Candidate) -> bool:
    area, reason = request.values.get("area", ""), request.values.get("reason", "")
    return area in ("", one.facts.area) and (
        not reason or reason in {found.code for found in one.reasons}
    )


# One round ------------------------------------------------------------------------------------


def _stop_filter() -> StopFilter:
    return StopFilter(
        state=known_of("state", STOP_STATES, ""),
        officer=number_of("officer"),
        area=text_of("area"),
        sort=known_of("sort", STOP_SORTS, "plan"),
    )


@desk.get("/visits/rounds/<int:round_id>")
@requires("visit.view")
def visit_round(round_id: int) -> str:
    """Show a round: how far it is, who has what, every stop."""
    return _page(_round_or_404(round_id))


def _page(found: VisitRound, **more: Any) -> str:
    wanted, shares = _stop_filter(), by_officer(found.id)
    park_id = actor().park_id
    rows, able = stops(found.id, wanted), actions.officers(park_id)
    people = person_names([*shares, found.created_by_id])
    return render_template(
        "desk/visits/round.html", round=found, wanted=wanted, rows=rows, shares=shares,
        people=people, officers=able, names=all_names(park_id),
        reasons=REASON_NAMES, states=STOP_STATES, round_states=ROUND_STATES,
        sorts=translated(STOP_SORTS), state_choices=translated(STOP_STATES),
        area_choices=[(area, area) for area in areas(park_id)], today=today(park_id),
        officer_choices=[("0", _("还没有分派")), *((str(one.id), one.name) for one in able)],
        total=sum(one.total for one in shares.values()),
        done=sum(one.done for one in shares.values()),
        skipped=sum(one.skipped for one in shares.values()),
        unassigned=shares[None].left if None in shares else 0, **more,
    )  # fmt: skip


@desk.get("/visits/rounds/<int:round_id>/export.xlsx")
@requires("visit.export")
def visit_round_export(round_id: int) -> Response:
    """Send the stops of a round as an Excel file."""
    found = _round_or_404(round_id)
    people = person_names(by_officer(found.id))
    rows = (
        [
            row.Enterprise.name, row.Enterprise.area,
            "、".join(_(REASON_NAMES.get(code, code)) for code in row.VisitStop.reasons),
            people.get(row.VisitStop.officer_id, ""), row.VisitStop.planned_on,
            _(STOP_STATES[row.VisitStop.state]), row.visited_on, row.VisitStop.skip_reason,
        ]
        for row in every_stop(found.id, _stop_filter())
    )  # fmt: skip
    return send_list(actor(), "visit_stop", _("走访名单"), STOP_COLUMNS, rows)


@desk.post("/visits/rounds/<int:round_id>/hand-out")
@requires("visit.plan")
def visit_round_hand_out(round_id: int) -> Response | tuple[str, int]:
    """Share the stops out and tell the people."""
    found = _round_or_404(round_id)
    again = request.form.get("again") == "1"
    seen = with_number(request.form.get("seen"))
    try:
        count = actions.hand_out(actor(), found.id, _ids("officers"), again=again, seen=seen)
    except Conflict:
        flash(_("这轮走访刚被他人分派过，请核对后再分派。"), "danger")
        return _page(_round_or_404(round_id)), 409
    except Refused as refused:
        _refused(refused)
        return _page(_round_or_404(round_id)), 422
    flash(_("已分派%(n)s家企业并通知走访人员。", n=count), "success")
    return redirect(url_for("desk.visit_round", round_id=round_id))


@desk.post("/visits/rounds/<int:round_id>/add")
@requires("visit.plan")
def visit_round_add(round_id: int) -> Response:
    """Add an enterprise by hand."""
    found = _round_or_404(round_id)
    try:
        actions.add_stop(actor(), found.id, next(iter(_ids("enterprise")), 0))
        flash(_("已加入本轮走访。"), "success")
    except Refused as refused:
        _refused(refused)
    return redirect(url_for("desk.visit_round", round_id=round_id))


@desk.post("/visits/rounds/<int:round_id>/close")
@requires("visit.plan")
def visit_round_close(round_id: int) -> Response | tuple[str, int]:
    """End a round; a reason for what is left comes back when it is missing."""
    found = _round_or_404(round_id)
    reason = request.form.get("reason", "")[:200]
    try:
        actions.close_round(actor(), found.id, reason, with_number(request.form.get("seen")))
    except Conflict:
        flash(_("这轮走访刚被他人更新，请核对后再结束。"), "danger")
        return _page(_round_or_404(round_id), close_reason=reason), 409
    except Refused as refused:
        return _page(
            _round_or_404(round_id), close_reason=reason, close_error=_(refused.reason)
        ), 422
    flash(_("本轮走访已结束。"), "success")
    return redirect(url_for("desk.visit_round", round_id=round_id))


# One stop -------------------------------------------------------------------------------------


@desk.post("/visits/stops/<int:stop_id>/assign")
@requires("visit.plan")
def visit_round_assign(stop_id: int) -> Response:
    """Give a stop to a person for a day."""
    stop, form = _stop_or_404(stop_id), StopForm(request.form)
    day = form.planned_on.data if form.validate() else None
    if day is None:
        flash(_("请选择走访人员和计划日期。"), "danger")
        return _back(stop)
    seen = with_number(request.form.get("seen"))
    try:
        actions.assign_stop(actor(), stop.id, form.officer.data or 0, day, seen)
        flash(_("已分派并通知走访人员。"), "success")
    except Conflict:
        flash(_("这一家刚被他人更新，请核对后再分派。"), "danger")
    except Refused as refused:
        _refused(refused)
    return _back(stop)


@desk.post("/visits/stops/<int:stop_id>/skip")
@requires("visit.record")
def visit_round_skip(stop_id: int) -> Response:
    """Note that an enterprise was not visited, and why."""
    return _move(
        stop_id, lambda: actions.skip_stop(actor(), stop_id, request.form.get("reason", "")[:200])
    )


@desk.post("/visits/stops/<int:stop_id>/back")
@requires("visit.plan")
def visit_round_back(stop_id: int) -> Response:
    """Plan a skipped stop again."""
    return _move(stop_id, lambda: actions.put_back(actor(), stop_id))


@desk.post("/visits/stops/<int:stop_id>/remove")
@requires("visit.plan")
def visit_round_remove(stop_id: int) -> Response:
    """Take an enterprise off a round."""
    return _move(stop_id, lambda: actions.remove_stop(actor(), stop_id))


def _move(stop_id: int, action: Callable[[], object]) -> Response:
    stop = _stop_or_404(stop_id)
    try:
        action()
        flash(_("已更新走访安排。"), "success")
    except Refused as refused:
        _refused(refused)
    return _back(stop)


def _back(stop: VisitStop) -> Response:
    """Lead back to where the stop was seen: the round, or today's list."""
    if request.form.get("from") == "today":
        return redirect(url_for("desk.visits_today"))
    return redirect(url_for("desk.visit_round", round_id=stop.round_id) + f"#stop-{stop.id}")
