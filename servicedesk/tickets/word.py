"""What the enterprise has said of a ticket, round by round: calls, ratings, coming back, urging."""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.tickets.children import FalseResolution, Reopening, Urge
from servicedesk.tickets.models import FollowUpCall, Rating
from servicedesk.tickets.parts import parts_of


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
    return Word(
        parts_of(FollowUpCall, ticket_id), parts_of(Rating, ticket_id),
        parts_of(Reopening, ticket_id), parts_of(FalseResolution, ticket_id),
        parts_of(Urge, ticket_id),
    )  # fmt: skip
