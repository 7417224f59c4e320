"""Visits at the desk: the list, one visit, its confirmation link, and how far the park is covered."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import segno
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.core.outreach import VERDICTS, Cover, cover, cover_by
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.outreach.confirming import new_link
from servicedesk.outreach.listing import (
    LATELY,
    VISIT_SORTS,
    WORDS,
    VisitFilter,
    areas,
    coverage_rows,
    every_visit,
    visit_count,
)
from servicedesk.outreach.listing import visits as visit_page
from servicedesk.outreach.models import Visit
from servicedesk.outreach.queries import photos_of, tickets_of, tickets_of_all, today
from servicedesk.outreach.queries import visit as get_visit
from servicedesk.outreach.rounds import officers
from servicedesk.streaming import in_chunks
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.forms import number_of
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("走访日期"), 12), (N_("企业"), 30), (N_("片区"), 18), (N_("地点"), 24), (N_("主题"), 20),
    (N_("走访人"), 10), (N_("同行人员"), 12), (N_("提出诉求"), 8), (N_("工单号"), 40),
    (N_("企业意见"), 14), (N_("企业说明"), 30), (N_("登记时间"), 17),
)  # fmt: skip
COVER_COLUMNS = (
    (N_("企业"), 32), (N_("片区"), 18), (N_("行业"), 16), (N_("服务专员"), 10),
    (N_("最近走访"), 12), (N_("距今天数"), 10),
)  # fmt: skip


def visit_or_404(visit_id: int) -> Visit:
    """Return a visit that the person may see; any other does not exist."""
    return get_visit(actor(), visit_id) or abort(404)


def translated(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the choices of a filter in the person's language."""
    return [(code, _(name)) for code, name in names.items()]


# The list -------------------------------------------------------------------------------------


def _from_address() -> VisitFilter:
    return VisitFilter(
        q=text_of("q"),
        officer=number_of("officer"),
        word=known_of("word", WORDS, ""),
        area=text_of("area"),
        raised=known_of("raised", ("yes", "no"), ""),
        since=day_of("since"),
        until=day_of("until"),
        enterprise=number_of("enterprise"),
        sort=known_of("sort", VISIT_SORTS, "newest"),
        after=text_of("after"),
    )


@desk.get("/visits")
@requires("visit.view")
def visits() -> str:
    """List the visits, narrowed and sorted as the address says."""
    wanted = _from_address()
    page = visit_page(actor(), wanted)
    count, enterprises = visit_count(actor(), wanted)
    next_address = {**request.args.to_dict(), "after": page.after} if page.after else None
    return render_template(
        "desk/visits/list.html", wanted=wanted, page=page, count=count, enterprises=enterprises,
        tickets=tickets_of_all([row.Visit.id for row in page.rows]),
        people=person_names({row.Visit.recorded_by_id for row in page.rows}),
        officers=[(str(one.id), one.name) for one in officers(actor().park_id)],
        areas=[(area, area) for area in areas(actor().park_id)], words=translated(WORDS),
        sorts=translated(VISIT_SORTS), next_address=next_address,
        chosen=get_enterprise(wanted.enterprise) if wanted.enterprise else None,
    )  # fmt: skip


@desk.get("/visits/export.xlsx")
@requires("visit.export")
def visits_export() -> Response:
    """Send the list as an Excel file, without names and numbers of the people met."""
    return send_list(actor(), "visit", _("走访记录"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    for rows in in_chunks(every_visit(actor(), _from_address())):
        people = person_names({row.Visit.recorded_by_id for row in rows})
        raised = tickets_of_all([row.Visit.id for row in rows])
        for row in rows:
            visit, enterprise = row.Visit, row.Enterprise
            numbers = [ticket.number for ticket in raised.get(visit.id, ())]
            word = WORDS[visit.confirm_verdict or "waiting"]
            yield [
                visit.visited_on, enterprise.name, enterprise.area, visit.place, visit.topic,
                people.get(visit.recorded_by_id, ""), visit.colleague, len(numbers),
                " ".join(numbers), _(word), visit.confirm_comment, wall_time(visit.recorded_at),
            ]  # fmt: skip


# One visit ------------------------------------------------------------------------------------


@desk.get("/visits/<int:visit_id>")
@requires("visit.view")
def one_visit(visit_id: int) -> str:
    """Show a visit."""
    return _page(visit_or_404(visit_id))


def _page(found: Visit, **more: Any) -> str:
    return render_template(
        "desk/visits/visit.html", visit=found, enterprise=get_enterprise(found.enterprise_id),
        tickets=tickets_of(found.id), photos=photos_of(found.id), verdicts=VERDICTS,
        officer=person_names([found.recorded_by_id]).get(found.recorded_by_id, ""), **more,
    )  # fmt: skip


@desk.post("/visits/<int:visit_id>/link")
@requires("visit.record")
def one_visit_link(visit_id: int) -> str | Response:
    """Make a confirmation link and show it, this once, with its QR code."""
    found = visit_or_404(visit_id)
    try:
        link = confirmation_link(found.id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.one_visit", visit_id=visit_id))
    return _page(visit_or_404(visit_id), link=link, qr=qr_of(link))


def confirmation_link(visit_id: int) -> str:
    """Return the address under which the enterprise confirms; a former one is void.

    Raises:
        Refused: not permitted, or confirmed already.
    """
    token = new_link(actor(), visit_id)
    base: str = current_app.extensions["settings"].base_url
    return base + url_for("portal.confirm_visit", token=token)


def qr_of(link: str) -> str:
    """Return a QR code as an address that an image shows."""
    return segno.make(link, micro=False).svg_data_uri(border=2, light="#fff", scale=4)


@desk.post("/visits/<int:visit_id>/phone")
@requires("personal.unmask")
def one_visit_contact(visit_id: int) -> str:
    """Show the telephone number of whom was met; the audit trail says who asked."""
    found = visit_or_404(visit_id)
    record_alone(actor(), "personal.unmask", "visit", found.id, what="phone")
    return _page(found, unmasked=True)


# Coverage -------------------------------------------------------------------------------------

CUTS = {
    "area": N_("按片区"),
    "officer": N_("按服务专员"),
    "industry": N_("按行业"),
}
STANDS = {
    "": N_("全部"),
    "never": N_("从未走访"),
    "stale": N_("90天未走访"),
    "lately": N_("90天内已走访"),
}
SHOWN = 200


@desk.get("/visits/coverage")
@requires("visit.view")
def visit_coverage() -> str:
    """Show which part of the park was visited lately, by area, officer and industry."""
    since = today(actor().park_id) - LATELY
    everybody = list(coverage_rows(actor().park_id))
    rows = list(_narrowed(everybody, since))
    people = person_names({row.service_officer_id for row in everybody})
    return render_template(
        "desk/visits/coverage.html", whole=cover((row.visited_on for row in everybody), since),
        cuts=[(code, _(name), _groups(everybody, code, since, people))
              for code, name in CUTS.items()],
        rows=rows[:SHOWN], count=len(rows), shown=SHOWN, people=people, since=since,
        areas=areas(actor().park_id), stands=STANDS, today=today(actor().park_id),
        chosen={name: text_of(name) for name in ("area", "officer", "industry", "stand")},
    )  # fmt: skip


def _key(row: Any, cut: str) -> str:
    value = {"area": row.area, "officer": row.service_officer_id, "industry": row.industry}[cut]
    return str(value or "-")


def _groups(
    rows: Any, cut: str, since: Any, people: dict[int, str]
) -> list[tuple[str, str, Cover]]:
    """Return (value, name, cover) of each group, the least covered first."""
    found = cover_by(((_key(row, cut), row.visited_on) for row in rows), since)
    named = [(key, _group_name(key, cut, people), one) for key, one in found.items()]
    return sorted(named, key=lambda group: (group[2].share or 0, group[1]))


def _group_name(key: str, cut: str, people: dict[int, str]) -> str:
    if key == "-":
        return _("未登记")
    return people.get(int(key), key) if cut == "officer" else key


def _narrowed(rows: Iterable[Any], since: Any) -> Iterator[Any]:
    """Keep the rows that the address asks for; ``-`` asks for those that say nothing."""
    stand = known_of("stand", STANDS, "")
    return (
        row
        for row in rows
        if all(text_of(cut) in ("", _key(row, cut)) for cut in CUTS)
        and (not stand or stand == _stand(row, since))
    )


def _stand(row: Any, since: Any) -> str:
    if row.visited_on is None:
        return "never"
    return "lately" if row.visited_on >= since else "stale"


@desk.get("/visits/coverage.xlsx")
@requires("visit.export")
def visit_coverage_export() -> Response:
    """Send the enterprises with their last visits as an Excel file."""
    return send_list(actor(), "visit_coverage", _("走访覆盖"), COVER_COLUMNS, _cover_rows())


def _cover_rows() -> Iterator[list[Any]]:
    day = today(actor().park_id)
    for found in in_chunks(_narrowed(coverage_rows(actor().park_id), day - LATELY)):
        people = person_names({row.service_officer_id for row in found})
        for row in found:
            yield [
                row.name, row.area, row.industry, people.get(row.service_officer_id, ""),
                row.visited_on, (day - row.visited_on).days if row.visited_on else None,
            ]  # fmt: skip
