"""The follow-up desk (回访): the calls to make, their results entered right there."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks
from servicedesk.tickets.actions import take
from servicedesk.tickets.calls import TABS, Call, Wanted, calls, counts, every_call
from servicedesk.tickets.effects import RESULTS
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.desk.panels.word import CALL_NAMES
from servicedesk.web.desk.tickets import ticket_or_404
from servicedesk.web.forms import tidy, with_number
from servicedesk.web.sheets import send_list, wall_time

ANSWERS: Mapping[str, str] = {
    "follow_up": N_("已联系上：确认解决了"),
    "rework": N_("已联系上：没有解决，退回重办"),
    "miss": N_("未联系上"),
    "refuse_call": N_("联系上了，不愿答复"),
    "close_unreached": N_("三个工作日联系未果，归档"),
    "call_back": N_("已回访，听取了意见"),
    "close_verified": N_("核实为误评或已消除，归档"),
}
SAID_AS: Mapping[str, str] = {"rework": "reason"}  # every other result is explained in a note
NOTE_MAX = 2000
COLUMNS = (
    (N_("工单号"), 20), (N_("标题"), 30), (N_("企业"), 28), (N_("承办单位"), 18), (N_("种类"), 12),
    (N_("最迟联系"), 17), (N_("超期"), 6), (N_("未果天数"), 8), (N_("历次联系"), 40), (N_("下次联系"), 12),
    (N_("评价"), 10),
)  # fmt: skip
KINDS: Mapping[str, str] = {
    "resolved": N_("办结回访"),
    "bad": N_("差评"),
    "rectifying": N_("差评整改"),
}


def _same_list(**more: str) -> str:
    """Return the query that leads to the same list again; only what lists know is kept."""
    known = ("tab", "unit", "late", *(() if "after" in more else ("after",)))
    return "?" + urlencode({name: text_of(name) for name in known if text_of(name)} | more)


def _from_address() -> Wanted:
    return Wanted(
        tab=known_of("tab", TABS, "today"),
        unit=text_of("unit"),
        late=request.args.get("late") == "1",
        after=text_of("after"),
    )


@desk.get("/follow-ups")
@requires("ticket.follow_up")
def follow_ups() -> str:
    """Show the calls to make, the most pressing first."""
    return _page()


def _page(**more: Any) -> str:
    wanted = _from_address()
    page, all_units = calls(actor(), wanted), units(actor().park_id)
    tickets = [call.ticket for call in page.rows]
    callers = {one.caller_id for call in page.rows for one in call.attempts}
    return render_template(
        "desk/word/follow_ups.html", wanted=wanted, page=page, tabs=TABS, counts=counts(actor()),
        enterprises=enterprise_names({ticket.enterprise_id for ticket in tickets}),
        people=person_names(callers | {ticket.assignee_id for ticket in tickets}),
        unit_names={unit.id: unit.name for unit in all_units},
        unit_choices=[(unit.code, unit.name) for unit in all_units], answers=ANSWERS, kinds=KINDS,
        call_names=CALL_NAMES, results=RESULTS, same_list=_same_list(),
        next_address=_same_list(after=page.after) if page.after else "", **more,
    )  # fmt: skip


@desk.post("/follow-ups/<number>/call")
@requires("ticket.follow_up")
def follow_up_call(number: str) -> Response | tuple[str, int]:
    """Write down the result of one call."""
    ticket, step = ticket_or_404(number), request.form.get("result", "")
    note = tidy(request.form.get("note"))[:NOTE_MAX]
    tried = {"tried": ticket.number, "chosen": step, "note": note}
    if step not in ANSWERS:
        return _page(wrong=_("请选择联系的结果。"), **tried), 422
    try:
        inputs = {SAID_AS.get(step, "note"): note}
        take(actor(), ticket.id, step, inputs, with_number(request.form.get("seen")))
    except Conflict:
        reason = _("您填写期间，工单已有变化，请看过现在的情况后再提交。")
        return _page(wrong=reason, **tried), 409
    except Refused as refused:
        reason = _("请写明联系的情况。") if refused.kind == "needs" else _(refused.reason)
        return _page(wrong=reason, **tried), 403 if refused.kind == "permission" else 422
    flash(_("%(number)s 已记录：%(step)s", number=number, step=_(BY_NAME[step].label)), "success")
    return redirect(url_for("desk.follow_ups") + _same_list())


@desk.post("/follow-ups/<number>/phone")
@requires("ticket.follow_up")
def follow_up_phone(number: str) -> str:
    """Show the telephone number of one ticket in full; the audit trail says who asked."""
    found = ticket_or_404(number)
    if not allows(actor(), "personal.unmask"):
        abort(403)
    record_alone(actor(), "personal.unmask", "ticket", found.id, what="phone")
    return _page(unmasked=found.number)


@desk.get("/follow-ups.xlsx")
@requires("ticket.follow_up")
def follow_ups_export() -> Response:
    """Send the calls as an Excel file, without telephone numbers."""
    return send_list(actor(), "follow_up", _("回访"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    unit_names = {unit.id: unit.name for unit in units(actor().park_id)}
    for found in in_chunks(every_call(actor(), _from_address())):
        enterprises = enterprise_names({call.ticket.enterprise_id for call in found})
        yield from (_export_row(call, enterprises, unit_names) for call in found)


def _export_row(call: Call, enterprises: Mapping[int, str], unit_names: Mapping[int, str]) -> Any:
    ticket = call.ticket
    tried = "；".join(f"{one.day} {_(CALL_NAMES[one.result])}" for one in call.attempts)
    return [
        ticket.number, ticket.title, enterprises.get(ticket.enterprise_id, ""),
        unit_names.get(ticket.unit_id or 0, ""), _(KINDS[call.kind]), wall_time(call.due),
        _("是") if call.late else "", call.missed_days, tried, call.next_on, ticket.rating,
    ]  # fmt: skip
