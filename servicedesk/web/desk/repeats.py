"""Requests that came back (重复诉求): the same enterprise, the same item, within the rule's days."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import item_labels
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.organisation.queries import units
from servicedesk.rules.queries import current_rules
from servicedesk.streaming import in_chunks
from servicedesk.tickets.listing import Filter, everything, page, tally, total
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

COUNT_LIMIT = 10_000
SORTS = {"newest": N_("最新提交"), "oldest": N_("最早提交")}
COLUMNS = (
    (N_("工单号"), 20), (N_("标题"), 36), (N_("状态"), 10), (N_("企业"), 30), (N_("事项"), 24),
    (N_("承办单位"), 26), (N_("提交时间"), 17), (N_("重复自"), 20),
)  # fmt: skip


def _from_address() -> Filter:
    return Filter(
        view="repeated", q=text_of("q"), item=text_of("item"), unit=text_of("unit"),
        since=day_of("since"), until=day_of("until"), sort=known_of("sort", SORTS, "newest"),
        after=text_of("after"),
    )  # fmt: skip


@desk.get("/repeats")
@requires("ticket.queue")
def repeats() -> str:
    """List the repeated requests, and which items come back most."""
    wanted, park_id = _from_address(), actor().park_id
    found, labels = page(actor(), wanted), item_labels(actor().park_id)
    after = {**request.args.to_dict(), "after": found.after}
    return render_template(
        "desk/problems/repeats.html", wanted=wanted, page=found,
        total=total(actor(), wanted, COUNT_LIMIT), tally=tally(actor(), wanted, Ticket.item_id),
        items={one.id: one for one in labels}, item_labels=labels, all_units=units(park_id),
        unit_names={one.id: one.name for one in units(park_id)},
        enterprises=enterprise_names({row.enterprise_id for row in found.rows}),
        first=numbers({row.repeat_of_id for row in found.rows}),
        sorts=[(code, _(name)) for code, name in SORTS.items()],
        days=current_rules(park_id).repeat_calendar_days,
        next_address="?" + urlencode(after) if found.after else "",
    )  # fmt: skip


@desk.get("/repeats/export.xlsx")
@requires("ticket.export")
def repeats_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "repeat", _("重复诉求"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    known = {one.id: one for one in item_labels(actor().park_id)}
    unit_names = {one.id: one.name for one in units(actor().park_id)}
    opens = allows(actor(), "ticket.view_confidential")
    for found in in_chunks(everything(actor(), _from_address())):
        firms = enterprise_names({row.enterprise_id for row in found})
        first = numbers({row.repeat_of_id for row in found})
        for row in found:
            secret = row.confidential and not opens
            yield [
                row.number, _("（敏感事项）") if row.confidential else row.title,
                _(STATE_NAMES[State(row.state)]), "" if secret else firms[row.enterprise_id],
                "" if secret else named(known[row.item_id]), unit_names.get(row.unit_id, ""),
                wall_time(row.submitted_at), first.get(row.repeat_of_id, ""),
            ]  # fmt: skip
