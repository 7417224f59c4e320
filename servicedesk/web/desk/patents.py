"""The ledger of patents (专利台账): the rows behind 项 and 家, and recording one."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.core.enterprises import PATENT_KINDS
from servicedesk.core.words import N_
from servicedesk.enterprises.holdings import may_record_patents, record_patent
from servicedesk.enterprises.listing import today
from servicedesk.enterprises.patents import Wanted, every_patent, listed, totals
from servicedesk.enterprises.queries import find
from servicedesk.errors import Refused
from servicedesk.streaming import in_chunks
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.enterprise_file import show_on
from servicedesk.web.desk.enterprise_forms import PatentForm
from servicedesk.web.forms import number_of, tidy
from servicedesk.web.sheets import send_list

FIRST_YEAR = 2015
COLUMNS = (
    (N_("专利号"), 22), (N_("专利名称"), 40), (N_("专利类型"), 12), (N_("企业名称"), 34),
    (N_("授权公告日"), 12), (N_("工单号"), 20),
)  # fmt: skip


def wanted() -> Wanted:
    """Return what this request's address narrows the ledger to; a wrong name is a 400."""
    kind, year = request.args.get("kind", ""), number_of("year")
    if (kind and kind not in PATENT_KINDS) or (year is not None and not 1985 <= year <= 2100):
        abort(400)
    words = tidy(request.args.get("q", ""))[:60]
    return Wanted(year, kind, words, tidy(request.args.get("after", ""))[:40])


@desk.get("/patents")
@requires("patent.view")
def patents() -> str:
    """Show the patents, newest grant first."""
    return _page(PatentForm())


def _page(form: PatentForm) -> str:
    form.fill()
    narrowed = wanted()
    found = listed(actor().park_id, narrowed)
    who = tidy(request.values.get("who", ""))[:60]
    return render_template(
        "desk/patents.html", wanted=narrowed, page=found, form=form, who=who,
        totals=totals(actor().park_id, narrowed), kinds=PATENT_KINDS,
        years=range(today().year, FIRST_YEAR - 1, -1), may_record=may_record_patents(actor()),
        ticket_numbers=numbers({row.ticket_id for row in found.rows if row.ticket_id}),
        candidates=find(actor().park_id, who) if who else [],
        next_address="?" + urlencode({**request.args.to_dict(), "after": found.after}),
    )  # fmt: skip


@desk.post("/patents")
@requires("patent.record")
def patent_record() -> Response | tuple[str, int]:
    """Record a patent of the enterprise whose name or code was typed."""
    form = PatentForm(request.form)
    form.fill()
    candidates = find(actor().park_id, request.form.get("who", ""))
    if len(candidates) != 1:
        flash(_("请写出能唯一找到企业的名称或信用代码。"), "danger")
        return _page(form), 422
    if form.validate():
        try:
            record_patent(actor(), candidates[0].id, **form.data)
        except Refused as refused:
            show_on(form, refused)
        else:
            flash(_("已登记专利。"), "success")
            return redirect(url_for("desk.patents"))
    return _page(form), 422


@desk.get("/patents/export.xlsx")
@requires("patent.view")
def export_patents() -> Response:
    """Send the ledger as an Excel file."""
    return send_list(actor(), "patent", _("专利台账"), COLUMNS, _rows(wanted()))


def _rows(narrowed: Wanted) -> Iterator[list[Any]]:
    for rows in in_chunks(every_patent(actor().park_id, narrowed)):
        known = numbers({row.ticket_id for row in rows if row.ticket_id})
        for row in rows:
            yield [
                row.number, row.name, _(PATENT_KINDS[row.kind]), row.enterprise, row.granted_on,
                known.get(row.ticket_id, ""),
            ]  # fmt: skip
