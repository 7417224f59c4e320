"""Reading what enterprises handed in and what they allow."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.authorization import Letter, powers_for
from servicedesk.extensions import db
from servicedesk.materials.models import Authorization

if TYPE_CHECKING:
    from servicedesk.tickets.models import Ticket


def letter_of(row: Authorization) -> Letter:
    """Return a stored letter as the rules know it."""
    return Letter(
        items=frozenset(row.item_codes),
        powers=frozenset(row.powers),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        signed=row.signed_at is not None,
        revoked=row.revoked_at is not None,
    )


def valid_powers(ticket: "Ticket", now: datetime) -> frozenset[str]:
    """Return what valid letters of the enterprise allow for the ticket's item at ``now``."""
    day = calendar(ticket.park_id).local(now).date()
    item = db.session.get_one(ServiceItem, ticket.item_id)
    query = select(Authorization).where(
        Authorization.enterprise_id == ticket.enterprise_id, Authorization.ends_on >= day
    )
    return powers_for(map(letter_of, db.session.scalars(query)), item.code, day)
