"""The portal's blueprint, and how its pages find what they are about."""

from flask import Blueprint, abort
from flask_login import current_user

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import item_by_code
from servicedesk.core.identifiers import parse_ticket_number
from servicedesk.organisation.queries import default_park
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import by_number
from servicedesk.web.access import actor, whole_actor
from servicedesk.web.elsewhere import insist_on_chosen

portal = Blueprint("portal", __name__, url_prefix="/portal")


def park_id() -> int:
    """Return the park of the person, or the first one for strangers."""
    return actor().park_id if current_user.is_authenticated else default_park().id


def item_or_404(code: str) -> ServiceItem:
    """Return the park's item; what is not there answers 404."""
    found = item_by_code(park_id(), code) if code.isalnum() else None
    return found or abort(404)


def ticket_or_404(number: str) -> Ticket:
    """Return the ticket if it is the chosen enterprise's.

    That of another of the person's enterprises answers with the page that offers to switch; a
    stranger's answers 404 as if it did not exist.
    """
    canonical = parse_ticket_number(number)
    if canonical is None:
        abort(404)
    found = by_number(actor(), canonical)
    if found is None and (other := by_number(whole_actor(), canonical)) is not None:
        insist_on_chosen(other.enterprise_id)
    return found or abort(404)
