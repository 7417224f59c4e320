"""A list of tickets as an Excel file with the page's columns: data, never formulas; persons masked."""

from typing import Any

from flask import Response
from flask_babel import gettext as _

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.permissions import Actor
from servicedesk.enterprises.queries import all_names, areas_of
from servicedesk.organisation.queries import units
from servicedesk.tickets.listing import Filter, everything
from servicedesk.web.desk.columns import Names, catalogue_names, choice_of, header, values
from servicedesk.web.sheets import send_list


class _People(dict[int, str]):
    """The names of people, each looked up when a row first has it: a file may have few or many."""

    def get(self, number: Any, default: Any = "") -> Any:
        if number is None:
            return default
        if number not in self:
            self.update({number: default, **person_names([number])})
        return self[number]


def workbook(actor: Actor, wanted: Filter) -> Response:
    """Send what the person may see of a list of tickets, in the columns that the person chose."""
    choice = choice_of(actor)
    names = Names(
        **catalogue_names(actor.park_id),
        units={unit.id: unit.name for unit in units(actor.park_id)},
        enterprises=all_names(actor.park_id),
        areas=areas_of(actor.park_id) if "area" in choice.keys else {},
        people=_People(),
    )
    rows = (values(actor, choice, row, names) for row in everything(actor, wanted, choice.extra))
    return send_list(actor, "ticket", _("工单"), header(choice), rows)
