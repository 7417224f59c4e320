"""Taking a step back (撤销) within ten seconds, while nobody has been told of it."""

from datetime import datetime, timedelta
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import Transition
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.workbench.models import UndoNote

GRACE = timedelta(seconds=10)
NEVER_BACK = frozenset({"id", "version", "steps"})


def columns_of(ticket: Ticket) -> dict[str, Any]:
    """Return the row as it is, moments as text, for :func:`keep_way_back`."""
    return {
        column.key: _plain(getattr(ticket, column.key))
        for column in Ticket.__table__.columns
        if column.key not in NEVER_BACK
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def keep_way_back(
    actor: Actor, ticket: Ticket, step: Transition, before: dict[str, Any]
) -> datetime:
    """Remember how to undo ``step``; returns the moment from which people may be told of it."""
    until = clock.now() + GRACE
    db.session.add(
        UndoNote(
            ticket_id=ticket.id, user_id=actor.user_id, step=step.name,
            version=ticket.version, before=before, until=until,
        )
    )  # fmt: skip
    return until
