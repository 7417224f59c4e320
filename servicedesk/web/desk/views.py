"""The desk's lists: the queue and its export."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.channels import CHANNELS
from servicedesk.core.permissions import allows
from servicedesk.core.workflow import STATE_NAMES
from servicedesk.enterprises.queries import areas_of
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.organisation.queries import units
from servicedesk.tickets.listing import (
    SORTS,
    Filter,
    Page,
    page,
    total,
)
from servicedesk.tickets.views import VIEW_NAMES
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.behind import behind
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.bulk import bulk_steps
from servicedesk.web.desk.columns import Choice, Names, catalogue_names, choice_of, marks_of
from servicedesk.web.desk.export import workbook
from servicedesk.web.desk.filters import from_address, to_query
from servicedesk.workbench.saved_views import SHARED_NAMES, may_share

COUNT_LIMIT = 1000  # beyond it the page says so; counting on would cost more than it tells


@desk.get("/")
@requires("ticket.queue")
def queue() -> str:
    """Show a view of the queue, narrowed and sorted as the address says."""
    wanted, choice = from_address(actor()), choice_of(actor())
    found = page(actor(), wanted, extra=choice.extra)
    query = to_query(wanted)
    return render_template(
        "desk/queue.html",
        wanted=wanted,
        wanted_query=query,
        list_query=urlencode(query),
        behind=behind(actor(), wanted),
        page=found,
        total=total(actor(), wanted, COUNT_LIMIT),
        count_limit=COUNT_LIMIT,
        next_address=_next_address(found),
        sort_addresses=_sort_addresses(query),
        bulk_steps=bulk_steps(),
        sharing=[(shared, _(SHARED_NAMES[shared])) for shared in ("", *may_share(actor()))],
        **rows_of(found, choice),
        **_choices(wanted),
    )


def _next_address(found: Page) -> str:
    if not found.after:
        return ""
    query = {**request.args.to_dict(), "after": found.after}
    return "?" + urlencode(query)


def _sort_addresses(query: dict[str, str]) -> dict[str, str]:
    """Return the addresses that sort the list by each of its sorts, and by the next one."""
    found = {code: "?" + urlencode({**query, "sort": code}) for code in SORTS}
    offered = [code for code in SORTS if query["view"] != "all" or code != "due"]
    now = query.get("sort", "newest")
    return {**found, "next": found[offered[(offered.index(now) + 1) % len(offered)]]}


def rows_of(found: Page, choice: Choice | None = None) -> dict[str, Any]:
    """Return what the rows of a list show: columns and the names behind them, a few statements."""
    chosen = choice or Choice()
    park_id = actor().park_id
    companies = {row.enterprise_id for row in found.rows}
    all_units = units(park_id)
    names = Names(
        **catalogue_names(park_id),
        units={unit.id: unit.name for unit in all_units},
        enterprises=enterprise_names(companies),
        areas=areas_of(park_id, companies) if "area" in chosen.keys else {},
        people=person_names(
            {person for row in found.rows for person in (row.assignee_id, row.intake_by_id)}
        ),
    )
    return {
        "chosen": chosen,
        "names": names,
        "marks_of": marks_of,
        "opens_secrets": allows(actor(), "ticket.view_confidential"),
        "item_labels": list(names.items.values()),
        "categories": list(names.categories.values()),
        "all_units": all_units,
    }


def _choices(wanted: Filter) -> dict[str, Any]:
    return {
        "view_name": _(VIEW_NAMES[wanted.view]),
        "states": [(state.value, _(name)) for state, name in STATE_NAMES.items()],
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
