"""What the enterprise wrote on the form, with the labels of the questions in its language."""

from typing import Any

from flask_babel import format_decimal

from servicedesk.catalogue.fields import Field
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of
from servicedesk.tickets.models import Ticket
from servicedesk.web.forms import localised


def details(ticket: Ticket, item: ServiceItem) -> list[tuple[str, str]]:
    """Return the questions that were answered, each with its answer."""
    return [
        (localised(field, "label"), _words(field, ticket.answers[field.name]))
        for field in fields_of(item)
        if ticket.answers.get(field.name) not in (None, "", [])
    ]


def _words(field: Field, value: Any) -> str:
    labels = {option.value: localised(option, "label") for option in field.options}
    if isinstance(value, list):
        return "、".join(labels.get(str(one), str(one)) for one in value)
    if isinstance(value, int | float):
        return f"{format_decimal(value)} {field.unit}".rstrip()
    return labels.get(str(value), str(value))
