"""The list of enterprises at the desk: filters, sorting, export, officers in bulk."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.enterprises import AREAS, CHAINS, STANDINGS
from servicedesk.core.industries import SECTIONS, division_of
from servicedesk.core.scales import SCALES
from servicedesk.core.words import N_
from servicedesk.enterprises.corrections import waiting_corrections
from servicedesk.enterprises.holdings import assign_officer, possible_officers
from servicedesk.enterprises.listing import (
    AGES,
    LONG_AGO,
    NOBODY,
    SORTS,
    Filter,
    everything,
    lights,
    page,
    share_filled,
    title_names,
    titles_held,
    total,
)
from servicedesk.enterprises.queries import in_review
from servicedesk.errors import Refused
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.forms import ROW_MAX, number_of, tidy
from servicedesk.web.sheets import send_list
from servicedesk.web.showing import named

TEXT_MAX = 60
COLUMNS = (
    (N_("企业名称"), 34), (N_("统一社会信用代码"), 22), (N_("建档状态"), 12), (N_("片区"), 20),
    (N_("地块"), 22), (N_("行业代码"), 10), (N_("行业"), 26), (N_("产业链"), 14), (N_("规模"), 8),
    (N_("法定代表人"), 10), (N_("成立日期"), 12), (N_("注册资本（万元）"), 14),
    (N_("从业人数"), 10), (N_("上年营业收入（万元）"), 16), (N_("营收增长率（百分比）"), 14),
    (N_("研发费用占比（百分比）"), 14), (N_("联系人"), 10), (N_("联系电话"), 16),
    (N_("服务专员"), 10), (N_("最近走访"), 12), (N_("档案完整度（百分比）"), 14),
)  # fmt: skip


def wanted_filter() -> Filter:
    """Return the filter that this request's address asks for; a wrong name is a 400."""
    officer = request.args.get("officer", "")
    return Filter(
        q=tidy(request.args.get("q", request.args.get("who", "")))[:TEXT_MAX],
        area=_known("area", AREAS),
        section=_known("section", SECTIONS),
        scale=_known("scale", SCALES),
        chain=_known("chain", CHAINS),
        title=tidy(request.args.get("title", ""))[:TEXT_MAX],
        officer=NOBODY if officer == NOBODY else str(number_of("officer") or ""),
        standing=_known("standing", STANDINGS),
        trouble="yes" if request.args.get("trouble") else "",
        unvisited=_known("unvisited", AGES),
        sort=_known("sort", SORTS) or "newest",
        after=tidy(request.args.get("after", ""))[:200],
    )


def _known(name: str, names: Any) -> str:
    value = request.args.get(name, "")
    if value and value not in names:
        abort(400)
    return value


@desk.get("/enterprises")
@requires("enterprise.browse")
def enterprises() -> str:
    """Show the park's enterprises; what waits for the desk comes first."""
    wanted = wanted_filter()
    found = page(actor(), wanted)
    numbers = [row.id for row in found.rows]
    narrowed = replace(wanted, sort="newest", after="") != Filter()
    return render_template(
        "desk/enterprises.html",
        wanted=wanted,
        narrowed=narrowed,
        page=found,
        total=total(actor(), wanted),
        next_address="?" + urlencode({**request.args.to_dict(), "after": found.after}),
        lights=lights(numbers),
        titles=titles_held(numbers),
        share=share_filled,
        in_review=[] if narrowed else in_review(actor().park_id),
        corrections=[] if narrowed else waiting_corrections(actor().park_id),
        people=person_names(row.service_officer_id for row in found.rows),
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    officers = [(str(one.id), one.name) for one in possible_officers(actor().park_id)]
    return {
        "filters": (
            ("area", _("片区"), _translated(AREAS)),
            ("section", _("行业门类"), [(code, named(one)) for code, one in SECTIONS.items()]),
            ("scale", _("规模"), _translated(SCALES)),
            ("chain", _("产业链"), _translated(CHAINS)),
            ("title", _("持有资质"), [(name, name) for name in title_names(actor().park_id)]),
            ("officer", _("服务专员"), [(NOBODY, _("未指派")), *officers]),
            ("standing", _("建档状态"), _translated(STANDINGS)),
            ("unvisited", _("走访情况"), _translated(AGES)),
            ("trouble", _("经营状况"), [("yes", _("困难企业"))]),
        ),
        "sorts": _translated(SORTS),
        "standings": STANDINGS,
        "scales": SCALES,
        "officers": officers,
    }


def _translated(names: Any) -> list[tuple[str, str]]:
    return [(code, _(name)) for code, name in names.items()]


@desk.get("/enterprises/export.xlsx")
@requires("enterprise.export")
def export_enterprises() -> Response:
    """Send the list as an Excel file; names and numbers of people are masked."""
    return send_list(actor(), "enterprise", _("企业名单"), COLUMNS, _rows(wanted_filter()))


def _rows(wanted: Filter) -> Iterator[list[Any]]:
    officers = {one.id: one.name for one in possible_officers(actor().park_id)}
    for row in everything(actor(), wanted):
        division = division_of(row.industry_code)
        yield [
            row.name, row.credit_code or "", _(STANDINGS[row.standing]),
            row.area, row.plot, row.industry_code, named(division) if division else row.industry,
            row.chain, _(SCALES[row.scale]) if row.scale else "",
            masked_name(row.legal_representative), row.founded_on, row.registered_capital,
            row.employees, row.revenue, row.revenue_growth, row.research_share,
            masked_name(row.contact), masked_phone(row.phone),
            officers.get(row.service_officer_id, ""),
            row.last_visit if row.last_visit > LONG_AGO else None, share_filled(row),
        ]  # fmt: skip


@desk.post("/enterprises/officer")
@requires("enterprise.assign_officer")
def assign_officers() -> Response:
    """Make somebody the service officer of the chosen enterprises."""
    chosen = [int(text) for text in request.form.getlist("enterprise") if _is_row(text)]
    officer = request.form.get("officer", "")
    back = redirect(url_for("desk.enterprises") + "?" + request.query_string.decode())
    if not chosen or not (_is_row(officer) or officer == NOBODY):
        flash(_("请先勾选企业，并选择服务专员。"), "danger")
        return back
    try:
        number = assign_officer(actor(), chosen, None if officer == NOBODY else int(officer))
    except Refused as refused:
        flash(_(refused.reason), "danger")
    else:
        flash(_("已更新%(n)s家企业的服务专员。", n=number), "success")
    return back


def _is_row(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= ROW_MAX
