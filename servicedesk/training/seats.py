"""Who moves up from the waiting list when a seat is free (候补转正)."""

from servicedesk.core.training import moving_up
from servicedesk.core.words import N_
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.training import queries
from servicedesk.training.models import Attendance, Event


def fill_seats(event: Event) -> int:
    """Give free seats to those who wait longest, and tell them; returns how many moved up.

    The caller holds the event's row, so two seats never go to the same person.
    """
    chosen = moving_up(event.capacity, queries.registrations(event.id))
    for number in chosen:
        row = db.session.get_one(Attendance, number)
        row.waiting = False
        text = N_("您候补的活动有名额了，报名已生效。")
        key = f"event:{event.id}:seat:{row.id}:{row.registered_at:%Y%m%d%H%M%S%f}"
        tell(
            queries.who_speaks_for(row), text, key=key,
            detail=f"{row.person} · {queries.in_words(event)}",
            link=queries.portal_address(event.id), enterprise_id=row.enterprise_id,
        )  # fmt: skip
    return len(chosen)
