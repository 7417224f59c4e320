"""A value for every variable in the routes of this part (notices), for the walk of every route."""

from typing import Any

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.notifications.models import Notice
from servicedesk.tickets.children import FalseResolution
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions: a notice, a mark of false resolution."""
    town.walk(town.file("bob"), "accept", "dispatch", "sign", "resolve", "dispute")
    return {
        "notice_id": db.session.scalars(select(Notice.id)).first(),
        "mark_id": db.session.scalars(select(FalseResolution.id)).first(),
    }
