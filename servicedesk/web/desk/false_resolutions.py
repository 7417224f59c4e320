"""虚假办结: the list for the desk's head, the leader and the unit's head; lifting a mark."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.permissions import ROLE_NAMES, Role
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks
from servicedesk.tickets.actions import take
from servicedesk.tickets.children import FalseResolution
from servicedesk.tickets.false_marks import (
    STANDINGS,
    Mark,
    Wanted,
    count,
    every_mark,
    mark_of,
    marks,
)
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.forms import number_of, tidy, with_number
from servicedesk.web.sheets import send_list, wall_time

REASON_MAX = 1000
COLUMNS = (
    (N_("发现时间"), 17), (N_("工单号"), 20), (N_("标题"), 30), (N_("企业"), 28), (N_("承办单位"), 18),
    (N_("办结人"), 10), (N_("原办理情况"), 40), (N_("企业反映"), 40), (N_("发现方式"), 12),
    (N_("标记"), 8), (N_("撤销人"), 10), (N_("撤销时间"), 17), (N_("撤销理由"), 40),
)  # fmt: skip


def _same_list(**more: str) -> str:
    """Return the query that leads to the same list again; only what lists know is kept."""
    known = ("standing", "unit", "since", "until", *(() if "after" in more else ("after",)))
    return "?" + urlencode({name: text_of(name) for name in known if text_of(name)} | more)


def _from_address() -> Wanted:
    return Wanted(
        standing=known_of("standing", STANDINGS, ""),
        unit=text_of("unit"),
        since=day_of("since"),
        until=day_of("until"),
        after=number_of("after"),
    )


@desk.get("/false-resolutions")
@requires("ticket.false_marks")
def false_resolutions() -> str:
    """List the marks, newest first, narrowed as the address says."""
    return _page()


def _page(**more: Any) -> str:
    wanted = _from_address()
    page, all_units = marks(actor(), wanted), units(actor().park_id)
    people = {
        person for mark in page.rows for person in (mark.row.resolved_by_id, mark.row.lifted_by_id)
    }
    return render_template(
        "desk/word/false_resolutions.html", wanted=wanted, page=page,
        total=count(actor(), wanted), standings=[(k, _(v)) for k, v in STANDINGS.items()],
        enterprises=enterprise_names({mark.ticket.enterprise_id for mark in page.rows}),
        people=person_names(people), same_list=_same_list(), narrowed=bool(request.args),
        unit_names={unit.id: unit.name for unit in all_units},
        unit_choices=[(unit.code, unit.name) for unit in all_units],
        next_address=_same_list(after=str(page.after)) if page.after else "", **more,
    )  # fmt: skip


@desk.post("/false-resolutions/<int:mark_id>/lift")
@requires("ticket.lift_false")
def lift_false_mark(mark_id: int) -> Response | tuple[str, int]:
    """Lift the mark of a ticket, with a reason; also where the leader may not open the ticket."""
    mark: FalseResolution = mark_of(actor(), mark_id) or abort(404)
    reason = tidy(request.form.get("reason"))[:REASON_MAX]
    tried = {"tried": mark.id, "reason": reason}
    try:
        seen = with_number(request.form.get("seen"))
        ticket = take(actor(), mark.ticket_id, "lift_false", {"reason": reason}, seen)
    except Conflict:
        wrong = _("您填写期间，工单已有变化，请看过现在的情况后再提交。")
        return _page(wrong=wrong, **tried), 409
    except Refused as refused:
        wrong = _("请写明撤销的理由。") if refused.kind == "needs" else _(refused.reason)
        return _page(wrong=wrong, **tried), 422
    flash(_("%(number)s 的虚假办结标记已撤销。", number=ticket.number), "success")
    return redirect(url_for("desk.false_resolutions") + _same_list())


@desk.get("/false-resolutions.xlsx")
@requires("ticket.false_marks")
def false_resolutions_export() -> Response:
    """Send the list as an Excel file; of confidential matters the number and the unit only."""
    return send_list(actor(), "false_resolution", _("虚假办结"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    unit_names = {unit.id: unit.name for unit in units(actor().park_id)}
    for found in in_chunks(every_mark(actor(), _from_address())):
        enterprises = enterprise_names({mark.ticket.enterprise_id for mark in found})
        people = person_names(
            person for mark in found for person in (mark.row.resolved_by_id, mark.row.lifted_by_id)
        )
        yield from (_export_row(mark, enterprises, unit_names, people) for mark in found)


def _export_row(
    mark: Mark,
    enterprises: Mapping[int, str],
    unit_names: Mapping[int, str],
    people: Mapping[int, str],
) -> list[Any]:
    row, ticket, hidden = mark.row, mark.ticket, _("（敏感事项）")

    def shown(text: str) -> str:
        return hidden if mark.secret else text

    standing = STANDINGS["lifted" if row.lifted_at else "standing"]
    return [
        wall_time(row.found_at), ticket.number, shown(ticket.title),
        shown(enterprises.get(ticket.enterprise_id, "")), unit_names.get(row.unit_id or 0, ""),
        shown(people.get(row.resolved_by_id or 0, "")), shown(row.resolution), shown(row.reason),
        _(ROLE_NAMES[Role(row.found_by_role)]),
        _(standing),
        people.get(row.lifted_by_id or 0, ""), wall_time(row.lifted_at), row.lift_reason,
    ]  # fmt: skip
