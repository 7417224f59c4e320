"""Reading meetings, agendas and decisions."""

from collections.abc import Sequence

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.meetings.models import Meeting

RECENT = 12


def recent_meetings(park_id: int) -> Sequence[Meeting]:
    """Return the latest meetings that are planned or held, newest first."""
    query = select(Meeting).where(Meeting.park_id == park_id, Meeting.state != "cancelled")
    return db.session.scalars(query.order_by(Meeting.starts_at.desc()).limit(RECENT)).all()
