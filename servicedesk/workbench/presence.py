"""Who else looks at a ticket or writes in it now (在看、在写): one small row for each person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from servicedesk.accounts.models import User
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.transaction import changed_rows, unit_of_work
from servicedesk.workbench.models import Presence
from servicedesk.workbench.upsert import put

HERE_FOR = timedelta(seconds=30)
TYPING_FOR = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who is in the ticket now."""

    name: str
    typing: bool


@unit_of_work
def beat(user_id: int, ticket_id: int, *, typing: bool) -> None:
    """Note that the person is here now; ``typing`` says that something was written just now."""
    now = clock.now()
    values = {"seen_at": now} | ({"typed_at": now} if typing else {})
    put(Presence, {"ticket_id": ticket_id, "user_id": user_id}, values)


@unit_of_work
def leave(user_id: int, ticket_id: int) -> None:
    """Note that the person has gone from the ticket's page."""
    mine = (Presence.ticket_id == ticket_id, Presence.user_id == user_id)
    db.session.execute(delete(Presence).where(*mine))


def others(ticket_id: int, but: int | None) -> Sequence[Colleague]:
    """Return who else is in the ticket; whoever was last seen half a minute ago is not."""
    now = clock.now()
    query = (
        select(User.name, Presence.typed_at)
        .join(Presence, Presence.user_id == User.id)
        .where(
            Presence.ticket_id == ticket_id, Presence.user_id != but,
            Presence.seen_at > now - HERE_FOR,
        )
        .order_by(User.id)
    )  # fmt: skip
    return [
        Colleague(name, typed_at is not None and typed_at > now - TYPING_FOR)
        for name, typed_at in db.session.execute(query)
    ]


@unit_of_work
def forget_presence() -> int:
    """Delete the rows of people who have gone; returns how many."""
    return changed_rows(delete(Presence).where(Presence.seen_at < clock.now() - HERE_FOR))
