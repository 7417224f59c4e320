"""A list of tickets as an Excel file with the page's columns: data, never formulas; persons masked."""

from flask import Response
from flask_babel import gettext as _

from servicedesk.core.permissions import Actor
from servicedesk.enterprises.queries import all_names, areas_of
from servicedesk.organisation.queries import units
from servicedesk.tickets.listing import Filter, everything
from servicedesk.web.desk.columns import Names, catalogue_names, choice_of, header, values
from servicedesk.web.sheets import send_list


def workbook(actor: Actor, wanted: Filter) -> Response:
    """Send what the person may see of a list of tickets, in the columns that the person chose."""
    choice = choice_of(actor)
    names = Names(
        **catalogue_names(actor.park_id),
        units={unit.id: unit.name for unit in units(actor.park_id)},
        enterprises=all_names(actor.park_id),
        areas=areas_of(actor.park_id) if "area" in choice.keys else {},
        asks=True,
    )
    rows = (values(actor, choice, row, names) for row in everything(actor, wanted, choice.extra))
    return send_list(actor, "ticket", _("工单"), header(choice), rows)
