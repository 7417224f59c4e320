"""Routing rules at the desk (派单规则): proposals, what holds, what is off; one click each."""

from collections.abc import Iterator
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import item_labels
from servicedesk.core.permissions import allows
from servicedesk.core.routing import RULE_STATES
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.outreach.listing import areas
from servicedesk.routing import actions
from servicedesk.routing.models import RoutingRule
from servicedesk.routing.queries import RuleFilter, count_by_state, every_rule, rule, rules
from servicedesk.streaming import in_chunks
from servicedesk.tickets.listing import labels_of
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.desk.routing_forms import RuleForm
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

COLUMNS = (
    (N_("状态"), 8), (N_("服务事项"), 26), (N_("片区"), 16), (N_("关键词"), 24), (N_("派给"), 22),
    (N_("理由"), 40), (N_("来源工单"), 20), (N_("建立时间"), 17),
)  # fmt: skip
MOVED = {
    "accept": N_("已采纳，今后的派单建议按此规则。"),
    "on": N_("规则已启用。"),
    "off": N_("规则已停用。"),
}
CHANGED = N_("有人刚刚改动过这条规则，请看过最新内容再操作。")


def _rule_or_404(rule_id: int) -> RoutingRule:
    return rule(actor(), rule_id) or abort(404)


def _wanted() -> RuleFilter:
    return RuleFilter(
        state=known_of("state", RULE_STATES, ""), item=number_of("item"), unit=number_of("unit"),
        area=text_of("area"), q=text_of("q"),
    )  # fmt: skip


@desk.get("/routing")
@requires("routing.view")
def routing_rules() -> str:
    """List the rules: what waits for the desk first, then what holds, then what is off."""
    wanted, park_id = _wanted(), actor().park_id
    found = rules(park_id, wanted)
    groups = [(state, [one for one in found if one.state == state]) for state in RULE_STATES]
    return render_template(
        "desk/routing/rules.html", wanted=wanted, groups=groups, count=len(found),
        states=RULE_STATES, counts=count_by_state(park_id), trial=_trial, **_names(found),
    )  # fmt: skip


@desk.get("/routing/export.xlsx")
@requires("routing.view")
def routing_rules_export() -> Response:
    """Send the rules as an Excel file."""
    return send_list(actor(), "routing_rule", _("派单规则"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    for found in in_chunks(every_rule(actor().park_id, _wanted())):
        known = _names(found)
        for one in found:
            yield [
                _(RULE_STATES[one.state]), known["item_names"].get(one.item_id, ""), one.area,
                one.words, known["unit_names"].get(one.unit_id, ""), known["shown_reason"](one),
                known["number"](one), wall_time(one.created_at),
            ]  # fmt: skip


def _names(found: Any) -> dict[str, Any]:
    park_id = actor().park_id
    sources = labels_of({one.ticket_id for one in found if one.ticket_id})
    secret_shown = allows(actor(), "ticket.view_confidential")

    def opens(one: RoutingRule) -> bool:
        source = sources.get(one.ticket_id or 0)
        return source is None or secret_shown or not source.confidential

    return {
        "item_names": {item.id: named(item) for item in item_labels(park_id)},
        "unit_names": {unit.id: unit.name for unit in units(park_id)},
        "areas": [(area, area) for area in areas(park_id)],
        "people": person_names({one.created_by_id for one in found}),
        "shown_reason": lambda one: one.reason if opens(one) else _("（敏感事项）"),
        "number": lambda one: (
            sources[one.ticket_id].number if one.ticket_id in sources and opens(one) else ""
        ),
    }


def _trial(one: RoutingRule) -> str:
    """Return the address of the rehearsal of a rule on last year's tickets, where there is one."""
    if "admin.rehearsal" not in current_app.view_functions or not allows(actor(), "rules.view"):
        return ""
    return url_for(
        "admin.rehearsal", kind="routing", item=one.item_id or "", area=one.area, words=one.words,
        unit=one.unit_id,
    )  # fmt: skip


@desk.route("/routing/new", methods=["GET", "POST"])
@requires("routing.edit")
def new_routing_rule() -> Response | str | tuple[str, int]:
    """Write a rule by hand."""
    return _edit(None)


@desk.route("/routing/<int:rule_id>", methods=["GET", "POST"])
@requires("routing.edit")
def routing_rule(rule_id: int) -> Response | str | tuple[str, int]:
    """Change a rule, or take a proposal over with changes."""
    return _edit(_rule_or_404(rule_id))


def _edit(found: RoutingRule | None) -> Response | str | tuple[str, int]:
    form = _form(found)
    page = {"form": form, "rule": found, "trial": _trial}
    if request.method == "GET":
        return render_template("desk/routing/rule.html", **page)
    if not form.validate():
        return render_template("desk/routing/rule.html", **page), 422
    draft = actions.Draft(
        form.unit_id.data, form.item_id.data or None, form.area.data or "", form.words.data or "",
        form.reason.data or "",
    )  # fmt: skip
    seen = with_number(request.form.get("seen")) if found else None
    try:
        actions.save_rule(actor(), draft, found.id if found else None, seen)
    except Conflict:
        flash(_(CHANGED), "danger")
        return render_template("desk/routing/rule.html", **page), 409
    except Refused as refused:
        if refused.field and refused.field in form:
            form[refused.field].errors = [_(refused.reason)]
        else:
            flash(_(refused.reason), "danger")
        return render_template("desk/routing/rule.html", **page), 422
    flash(_("规则已保存。"), "success")
    return redirect(url_for("desk.routing_rules"))


def _form(found: RoutingRule | None) -> RuleForm:
    park_id = actor().park_id
    shown = (
        {"item_id": found.item_id or 0, "area": found.area, "words": found.words,
         "unit_id": found.unit_id, "reason": found.reason}
        if found
        else {"item_id": number_of("item") or 0, "area": text_of("area"), "words": text_of("words"),
              "unit_id": number_of("unit")}
    )  # fmt: skip
    form = RuleForm(request.form if request.method == "POST" else None, data=shown)
    items = [(item.id, f"{item.code} {named(item)}") for item in item_labels(park_id)]
    form.item_id.choices = [(0, _("所有事项")), *items]
    known = dict.fromkeys([*areas(park_id), *([found.area] if found and found.area else [])])
    form.area.choices = [("", _("所有片区")), *((area, area) for area in known)]
    form.unit_id.choices = [(unit.id, unit.name) for unit in units(park_id)]
    return form


@desk.post("/routing/<int:rule_id>/<rule_move>")
@requires("routing.edit")
def move_routing_rule(rule_id: int, rule_move: str) -> Response:
    """Take a proposal over, switch a rule on or off."""
    found = _rule_or_404(rule_id)
    if rule_move not in actions.MOVES:
        abort(404)
    try:
        actions.move_rule(actor(), found.id, rule_move, with_number(request.form.get("seen")))
        flash(_(MOVED[rule_move]), "success")
    except Conflict:
        flash(_(CHANGED), "danger")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.routing_rules"))
