"""What the enterprise has said of a ticket, round by round: calls, ratings, coming back, urging."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.tickets.children import FalseResolution, Reopening, Urge
from servicedesk.tickets.models import FollowUpCall, Rating


@dataclass(frozen=True, slots=True)
class Word:
    """Everything of it, each oldest first."""

    calls: Sequence[FollowUpCall]
    ratings: Sequence[Rating]
    reopenings: Sequence[Reopening]
    marks: Sequence[FalseResolution]
    urges: Sequence[Urge]

    def __bool__(self) -> bool:
        return any((self.calls, self.ratings, self.reopenings, self.marks, self.urges))

    @property
    def people(self) -> set[int | None]:
        """Everybody who is named in it."""
        return {
            *(one.caller_id for one in self.calls),
            *(one.by_id for one in self.ratings),
            *(one.by_id for one in self.reopenings),
            *(one.by_id for one in self.urges),
            *(one for mark in self.marks for one in (mark.resolved_by_id, mark.lifted_by_id)),
        }

    @property
    def idle_minutes(self) -> int:
        """The working minutes for which nobody was answerable (无人责任时间), in all."""
        return sum(one.idle_minutes for one in self.reopenings)


def word_of(ticket_id: int) -> Word:
    """Return what the enterprise has said of a ticket."""

    def rows(kind: Any) -> Sequence[Any]:
        query = select(kind).where(kind.ticket_id == ticket_id)
        return db.session.scalars(query.order_by(kind.id)).all()

    return Word(
        rows(FollowUpCall), rows(Rating), rows(Reopening), rows(FalseResolution), rows(Urge)
    )
