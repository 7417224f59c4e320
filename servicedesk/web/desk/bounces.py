"""How often tickets bounced (退单统计): by unit and item, each number with its tickets behind it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_labels
from servicedesk.clock import clock
from servicedesk.core.routing import RETURN_REASONS
from servicedesk.core.words import N_
from servicedesk.organisation.queries import units
from servicedesk.routing.bounces import (
    KINDS,
    MOST,
    OUTCOMES,
    BounceFilter,
    Bounces,
    bounces,
    hops,
)
from servicedesk.streaming import in_chunks
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of
from servicedesk.web.forms import number_of
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

HOP_COLUMNS = (
    (N_("工单号"), 18), (N_("事项"), 24), (N_("承办单位"), 22), (N_("派单人"), 10), (N_("派单时间"), 17),
    (N_("签收时限"), 17), (N_("结果"), 10), (N_("退单理由"), 24), (N_("结束时间"), 17), (N_("裁定派来"), 8),
)  # fmt: skip


def _wanted() -> BounceFilter:
    """Return what the address asks for; without a first day, this year."""
    hours = calendar(actor().park_id)
    return BounceFilter(
        since=day_of("since") or date(hours.local(clock.now()).year, 1, 1),
        until=day_of("until"),
        unit=number_of("unit"),
        item=number_of("item"),
        kind=known_of("kind", KINDS, ""),
        code=known_of("code", RETURN_REASONS, ""),
    )


def _names() -> dict[str, Any]:
    park_id = actor().park_id
    labels = item_labels(park_id)
    return {
        "unit_names": {unit.id: unit.name for unit in units(park_id)},
        "item_names": {item.id: named(item) for item in labels},
        "item_codes": {item.id: item.code for item in labels},
        "reasons": RETURN_REASONS,
        "kinds": KINDS,
    }


@desk.get("/bounces")
@requires("routing.view")
def bounce_figures() -> str:
    """Show dispatched, signed, returned, contested and ruled, by unit and item."""
    wanted = _wanted()
    rows = bounces(actor().park_id, wanted)
    whole = sum((row.counts for row in rows), Counter())
    return render_template(
        "desk/routing/bounces.html", wanted=wanted, rows=rows, whole=whole,
        reasons_in_all=sum((row.reasons for row in rows), Counter()), behind=_behind(wanted),
        **_names(),
    )  # fmt: skip


def _behind(wanted: BounceFilter) -> Any:
    """Return what makes the address of the dispatches behind a figure."""

    def address(kind: str, row: Bounces | None = None, code: str = "") -> str:
        return url_for(
            "desk.bounce_tickets", kind=kind, code=code or None, since=wanted.since,
            until=wanted.until, unit=row.unit_id if row else wanted.unit,
            item=row.item_id if row else wanted.item,
        )  # fmt: skip

    return address


@desk.get("/bounces.xlsx")
@requires("routing.view")
def bounce_figures_export() -> Response:
    """Send the figures as an Excel file."""
    known = _names()
    columns = (
        (N_("承办单位"), 24), (N_("事项"), 28), *((name, 10) for name in KINDS.values()),
        *((name, 16) for name in RETURN_REASONS.values()),
    )  # fmt: skip
    rows = (
        [
            known["unit_names"].get(row.unit_id, ""), known["item_names"].get(row.item_id, ""),
            *(row.counts[kind] for kind in KINDS), *(row.reasons[code] for code in RETURN_REASONS),
        ]
        for row in bounces(actor().park_id, _wanted())
    )  # fmt: skip
    return send_list(actor(), "bounces", _("退单统计"), columns, rows)


@desk.get("/bounces/tickets")
@requires("routing.view")
def bounce_tickets() -> str:
    """List the dispatches behind a figure, the latest first."""
    wanted = _wanted()
    found = list(hops(actor().park_id, wanted, newest_first=True))
    return render_template(
        "desk/routing/bounce_tickets.html", wanted=wanted, rows=found[:MOST], count=len(found),
        people=person_names({hop.record.by_id for hop in found[:MOST]}), outcomes=OUTCOMES,
        address={**request.args.to_dict()}, **_names(),
    )  # fmt: skip


@desk.get("/bounces/tickets.xlsx")
@requires("routing.view")
def bounce_tickets_export() -> Response:
    """Send the dispatches behind a figure as an Excel file."""
    return send_list(actor(), "bounce_tickets", _("派单明细"), HOP_COLUMNS, _hop_rows())


def _hop_rows() -> Iterator[list[Any]]:
    known = _names()
    for found in in_chunks(hops(actor().park_id, _wanted(), newest_first=True)):
        people = person_names({hop.record.by_id for hop in found})
        for hop in found:
            one = hop.record
            yield [
                hop.ticket.number, known["item_names"].get(one.item_id, ""),
                known["unit_names"].get(one.unit_id, ""), people.get(one.by_id or 0, ""),
                wall_time(one.at), wall_time(hop.sign_due_at), _(OUTCOMES[one.outcome]),
                _(RETURN_REASONS[one.return_code]) if one.return_code else "",
                wall_time(one.ended_at), _("是") if one.ruled else "",
            ]  # fmt: skip
