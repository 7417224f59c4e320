"""The desk's lists: the queue and its export."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import categories, item_labels
from servicedesk.core.workflow import STATE_NAMES
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.organisation.queries import units
from servicedesk.tickets.actions import CHANNELS
from servicedesk.tickets.listing import (
    SORTS,
    Filter,
    Page,
    page,
    total,
)
from servicedesk.tickets.views import VIEW_NAMES
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.export import workbook
from servicedesk.web.desk.filters import from_address

COUNT_LIMIT = 1000  # beyond it the page says so; counting on would cost more than it tells


@desk.get("/")
@requires("ticket.queue")
def queue() -> str:
    """Show a view of the queue, narrowed and sorted as the address says."""
    wanted = from_address(actor())
    found = page(actor(), wanted)
    return render_template(
        "desk/queue.html",
        wanted=wanted,
        page=found,
        total=total(actor(), wanted, COUNT_LIMIT),
        count_limit=COUNT_LIMIT,
        next_address=_next_address(found),
        **_names(found),
        **_choices(wanted),
    )


def _next_address(found: Page) -> str:
    if not found.after:
        return ""
    query = {**request.args.to_dict(), "after": found.after}
    return "?" + urlencode(query)


def _names(found: Page) -> dict[str, Any]:
    """Return the names behind the rows, one statement for each kind."""
    park_id = actor().park_id
    labels, all_units = item_labels(park_id), units(park_id)
    return {
        "enterprises": enterprise_names({row.enterprise_id for row in found.rows}),
        "items": {label.id: label for label in labels},
        "item_labels": labels,
        "all_units": all_units,
        "unit_names": {unit.id: unit.name for unit in all_units},
        "people": person_names({row.assignee_id for row in found.rows}),
    }


def _choices(wanted: Filter) -> dict[str, Any]:
    return {
        "view_name": _(VIEW_NAMES[wanted.view]),
        "states": [(state.value, _(name)) for state, name in STATE_NAMES.items()],
        "categories": categories(),
        "channels": [(code, _(name)) for code, name in CHANNELS.items()],
        "sorts": [
            (code, _(name)) for code, name in SORTS.items() if wanted.view != "all" or code != "due"
        ],
    }


@desk.get("/export.xlsx")
@requires("ticket.export")
def export() -> Response:
    """Send the list as an Excel file, streamed; the export is in the audit trail."""
    return workbook(actor(), from_address(actor()))
