"""Declarations at the desk (申报): list, one with its steps, declaring on behalf, what was missed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.queries import item_labels
from servicedesk.clock import clock
from servicedesk.core.declarations import BY_NAME, STATE_NAMES, State, Step
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import State as TicketState
from servicedesk.declarations import listing, queries
from servicedesk.declarations.actions import Filing, declare, take
from servicedesk.declarations.missed import (
    MISSED_VIEWS,
    MissedFilter,
    every_missed,
    missed,
    missed_years,
)
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.declarations.telling import dismiss
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for, numbers
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.desk.policies import next_address, policy_or_404
from servicedesk.web.desk.policy_forms import STEP_FORMS, OnBehalfForm, StepForm, inputs_of
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.money import thousandths
from servicedesk.web.sheets import send_list

COLUMNS = (
    (N_("企业"), 32), (N_("政策"), 36), (N_("事项"), 8), (N_("名录"), 28), (N_("状态"), 10),
    (N_("申报日期"), 12), (N_("推荐日期"), 12), (N_("公布日期"), 12), (N_("到账日期"), 12),
    (N_("申请金额（万元）"), 12), (N_("获批金额（万元）"), 12), (N_("到账金额（万元）"), 12),
    (N_("涉及投资（亿元）"), 12), (N_("文号或证书编号"), 20), (N_("说明"), 30), (N_("工单号"), 20),
)  # fmt: skip
MISSED_COLUMNS = (
    (N_("企业"), 32), (N_("政策"), 36), (N_("申报截止"), 12), (N_("服务专员"), 12),
    (N_("告知日期"), 12), (N_("提醒次数"), 8), (N_("未得金额（万元）"), 12), (N_("不申报原因"), 30),
)  # fmt: skip
SHOWN = 200  # missed chances on the page; the Excel file has all
STATES = {"open": N_("待公布"), **{state.value: name for state, name in STATE_NAMES.items()}}


def declaration_or_404(declaration_id: int) -> tuple[Declaration, Policy]:
    """Return a declaration that the person may see, with its policy."""
    return queries.declaration(actor(), declaration_id) or abort(404)


def _wanted() -> listing.DeclarationFilter:
    return listing.DeclarationFilter(
        q=text_of("q"),
        state=known_of("state", STATES, ""),
        item=text_of("item"),
        policy=number_of("policy"),
        enterprise=number_of("enterprise"),
        year=year if 2000 <= (year := number_of("year") or 0) <= 2100 else None,
        since=day_of("since"),
        until=day_of("until"),
        figure=known_of("figure", listing.FIGURES, ""),
        listing=text_of("listing"),
        sort=known_of("sort", listing.DECLARATION_SORTS, "newest"),
        after=text_of("after"),
    )


@desk.get("/declarations")
@requires("declaration.view")
def declarations() -> str:
    """List the declarations that the person may see."""
    wanted = _wanted()
    page = listing.declarations(actor(), wanted)
    return render_template(
        "desk/declarations/list.html", wanted=wanted, page=page, states=STATES,
        next_address=next_address(page.after), sorts=listing.DECLARATION_SORTS,
        items=item_labels(actor().park_id), this_year=clock.now().astimezone(ZONE).year,
        chosen=policy_or_404(wanted.policy) if wanted.policy else None,
    )  # fmt: skip


@desk.get("/declarations/export.xlsx")
@requires("declaration.view")
def declarations_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "declaration", _("政策申报"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    for rows in in_chunks(listing.every_declaration(actor(), _wanted())):
        tickets = numbers([row.Declaration.ticket_id for row in rows if row.Declaration.ticket_id])
        yield from (_row(row, tickets) for row in rows)


def _row(row: Any, tickets: dict[int, str]) -> list[Any]:
    one, of = row.Declaration, row.Policy
    amounts = (one.asked_amount, one.granted_amount, one.paid_amount, one.investment)
    return [
        row.name, of.name, of.item_code, of.listing, _(STATE_NAMES[State(one.state)]),
        one.declared_on, one.recommended_on, one.decided_on, one.paid_on,
        *(amount / 1000 if amount is not None else None for amount in amounts),
        one.number, one.reason, tickets.get(one.ticket_id, ""),
    ]  # fmt: skip


# One declaration ------------------------------------------------------------------------------


@desk.get("/declarations/<int:declaration_id>")
@requires("declaration.view")
def declaration(declaration_id: int) -> str:
    """Show a declaration with the steps that are open to this person."""
    return _page(*declaration_or_404(declaration_id))


@desk.post("/declarations/<int:declaration_id>/act/<name>")
@requires("declaration.decide")
def declaration_act(declaration_id: int, name: str) -> Response | tuple[str, int]:
    """Take a step; a refused or outdated one comes back with what was typed."""
    found, of = declaration_or_404(declaration_id)
    if name not in STEP_FORMS:
        abort(404)
    form = STEP_FORMS[name](request.form, prefix=f"{name}-")
    shown: dict[str, Any] = {"opened": name, "wrong": form}
    if not form.validate():
        return _page(found, of, **shown), 422
    try:
        take(actor(), found.id, name, inputs_of(form), with_number(form.seen.data))
    except Conflict as conflict:
        form.seen.data = str(conflict.current)
        return _again(declaration_id, changed=True, **shown), 409
    except Refused as refused:
        _put(form, refused)
        status = 403 if refused.kind == "permission" else 422
        return _again(declaration_id, **shown), status
    flash(_("已完成：%(step)s", step=_(BY_NAME[name].label)), "success")
    return redirect(url_for("desk.declaration", declaration_id=declaration_id))


def _again(declaration_id: int, **more: Any) -> str:
    found, of = declaration_or_404(declaration_id)
    return _page(found, of, **more)


def _put(form: Form, refused: Refused) -> None:
    if refused.field and refused.field in form:
        field = form[refused.field]
        field.errors = [*field.errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


def _page(found: Declaration, of: Policy, **more: Any) -> str:
    opened, wrong = more.get("opened"), more.pop("wrong", None)
    ticket = db.session.get(Ticket, found.ticket_id) if found.ticket_id else None
    forms = [
        (step, wrong if wrong is not None and step.name == opened else _form(step, found, ticket))
        for step in queries.steps_for(actor(), found, of)
    ]
    return render_template(
        "desk/declarations/declaration.html", declaration=found, policy=of, ticket=ticket,
        enterprise=get_enterprise(found.enterprise_id), events=queries.events(found.id),
        steps=forms, unit=_unit_name(of), step_names=BY_NAME, **more,
    )  # fmt: skip


def _unit_name(of: Policy) -> str:
    return next((unit.name for unit in units(of.park_id) if unit.code == of.unit_code), "")


def _form(step: Step, found: Declaration, ticket: Ticket | None) -> StepForm:
    today = clock.now().astimezone(ZONE).date()
    form = STEP_FORMS[step.name](prefix=f"{step.name}-", data={"seen": found.version, "day": today})
    if "amount" in form and found.granted_amount:
        form["amount"].data = Decimal(found.granted_amount) / 1000
    if "finish" in form and not _may_resolve(ticket):
        del form["finish"]
    return form


def _may_resolve(ticket: Ticket | None) -> bool:
    return (
        ticket is not None
        and ticket.state == TicketState.IN_PROGRESS
        and any(step.name == "resolve" for step in actions_for(actor(), ticket))
    )


# On behalf of an enterprise -------------------------------------------------------------------


@desk.route("/policies/<int:policy_id>/declare/<int:enterprise_id>", methods=["GET", "POST"])
@requires("declaration.declare")
def declare_on_behalf(policy_id: int, enterprise_id: int) -> Response | str | tuple[str, int]:
    """Take an enterprise's declaration down."""
    of, enterprise = policy_or_404(policy_id), _enterprise_or_404(enterprise_id)
    tickets = queries.linkable(of, enterprise.id)
    choices = [(one.id, f"{one.number} {one.title}") for one in tickets]
    if request.method == "GET":
        record_alone(actor(), "personal.unmask", "enterprise", enterprise.id, what="phone")
        form = OnBehalfForm(
            data={
                "key": new_token(), "contact": enterprise.contact, "phone": enterprise.phone,
                "ticket": str(tickets[0].id) if tickets else "new",
            }
        ).fill(choices)  # fmt: skip
        return _declare_page(of, enterprise, form)
    form = OnBehalfForm(request.form).fill(choices)
    if not form.validate():
        return _declare_page(of, enterprise, form), 422
    try:
        made = declare(actor(), of.id, _filing(form, enterprise))
    except KeyReused:
        flash(_("这份表单已提交过，请重新填写。"), "danger")
        form.key.data = new_token()
        return _declare_page(of, enterprise, form), 422
    except Refused as refused:
        _put(form, refused)
        return _declare_page(of, enterprise, form), 422
    flash(_("已登记申报。"), "success")
    return redirect(url_for("desk.declaration", declaration_id=made.id))


def _enterprise_or_404(enterprise_id: int) -> Enterprise:
    found = get_enterprise(enterprise_id)
    if found is None or not allows(actor(), "enterprise.view", Subject(found.park_id)):
        abort(404)
    return found


def _filing(form: OnBehalfForm, enterprise: Enterprise) -> Filing:
    data = form.data
    chosen = data["ticket"]
    return Filing(
        enterprise_id=enterprise.id, contact=data["contact"], phone=data["phone"],
        note=data["note"], channel=data["channel"], key=data["key"],
        asked_amount=thousandths(data["asked_amount"]) or None,
        investment=thousandths(data["investment"]) or None,
        ticket_id=int(chosen) if chosen.isdigit() else None, open_ticket=chosen != "none",
    )  # fmt: skip


def _declare_page(of: Policy, enterprise: Enterprise, form: OnBehalfForm) -> str:
    return render_template(
        "desk/declarations/declare.html", policy=of, enterprise=enterprise, form=form,
        chance=queries.chance(enterprise, of.id),
    )  # fmt: skip


@desk.post("/policies/<int:policy_id>/dismiss/<int:enterprise_id>")
@requires("declaration.declare")
def dismiss_on_behalf(policy_id: int, enterprise_id: int) -> Response:
    """Note what an enterprise said on the telephone: it will not declare, and why."""
    of, enterprise = policy_or_404(policy_id), _enterprise_or_404(enterprise_id)
    try:
        dismiss(actor(), of.id, enterprise.id, request.form.get("reason", "")[:200])
        flash(_("已记录：%(name)s 不申报。", name=enterprise.name), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.one_policy", policy_id=policy_id))


# Missed chances -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Missed chances of one policy or one service officer: 家次, and 万元 in thousandths."""

    key: int
    name: str
    count: int
    enterprises: int
    amount: int


def _missed_wanted() -> MissedFilter:
    officer = request.args.get("officer", "")
    return MissedFilter(
        year=number_of("year"),
        show=known_of("show", MISSED_VIEWS, "silent"),
        policy=number_of("policy"),
        officer=number_of("officer") if officer else None,
    )


@desk.get("/policies/missed")
@requires("insight.view")
def policies_missed() -> str:
    """Show what fitted, was told, and closed without a declaration."""
    wanted, park_id = _missed_wanted(), actor().park_id
    rows = missed(park_id, wanted)
    officers = person_names([row.service_officer_id for row in rows])
    return render_template(
        "desk/policies/missed.html", wanted=wanted, rows=rows, officers=officers, shown=SHOWN,
        years=missed_years(park_id), views=MISSED_VIEWS,
        by_policy=_groups(rows, lambda row: (row.Policy.id, row.Policy.name)),
        by_officer=_groups(
            rows,
            lambda row: (
                row.service_officer_id or 0,
                officers.get(row.service_officer_id, _("没有服务专员")),
            ),
        ),
        amount=sum(row.Policy.amount_max for row in rows),
        enterprises=len({row.PolicyMatch.enterprise_id for row in rows}),
    )  # fmt: skip


def _groups(rows: Iterable[Any], key: Callable[[Any], tuple[int, str]]) -> Sequence[Group]:
    """Return the rows by ``key``, the greatest amount first."""
    found: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    groups = [
        Group(
            number, name, len(mine), len({one.PolicyMatch.enterprise_id for one in mine}),
            sum(one.Policy.amount_max for one in mine),
        )
        for (number, name), mine in found.items()
    ]  # fmt: skip
    return sorted(groups, key=lambda group: (-group.amount, -group.count, group.name))


@desk.get("/policies/missed/export.xlsx")
@requires("insight.view")
def policies_missed_export() -> Response:
    """Send the missed chances as an Excel file."""
    return send_list(actor(), "policy-missed", _("错过的机会"), MISSED_COLUMNS, _missed_rows())


def _missed_rows() -> Iterator[list[Any]]:
    for rows in in_chunks(every_missed(actor().park_id, _missed_wanted())):
        officers = person_names([row.service_officer_id for row in rows])
        yield from (_missed_row(row, officers) for row in rows)


def _missed_row(row: Any, officers: dict[int, str]) -> list[Any]:
    match, of = row.PolicyMatch, row.Policy
    return [
        row.name, of.name, of.closes_on, officers.get(row.service_officer_id, ""),
        match.told_at.astimezone(ZONE).date(), match.reminders,
        of.amount_max / 1000 if of.amount_max else None, match.dismissed_reason,
    ]  # fmt: skip
