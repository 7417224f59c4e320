"""今日 (the day page): what is due, what waits on this person, what others did since yesterday.

Every number is that of a view, so that it leads to the list of exactly these tickets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from servicedesk.core.permissions import Actor, Role
from servicedesk.extensions import db
from servicedesk.tickets.listing import Filter, page, total
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.views import VIEWS_OF, is_news, view_condition, visible

ROWS = 6
NEWS = 60
NEWS_TICKETS = 12
NEWS_EACH = 3
COUNT_MAX = 1000

WAITS: Mapping[Role, tuple[str, ...]] = {
    Role.DESK: ("to_accept", "to_dispatch", "answerable"),
    Role.DESK_HEAD: (
        "to_accept", "to_dispatch", "returned", "disputes", "supplements", "extensions", "carried",
        "bad_rating", "to_follow_up", "to_close",
    ),
    Role.FOLLOW_UP: ("to_follow_up", "bad_rating", "to_close"),
    Role.OFFICER: ("to_sign", "support", "mine", "rectifying"),
    Role.UNIT_HEAD: (
        "to_sign", "support", "extensions", "rectifying", "reopened", "false_marks",
    ),
    Role.LEADER: ("disputes", "extensions", "carried", "bad_rating", "false_marks"),
}  # fmt: skip
PRESSING: tuple[tuple[str, str], ...] = (
    ("urgent", "newest"), ("overdue", "due"), ("due_today", "due"),
)  # fmt: skip
FOR_CALLERS: tuple[tuple[str, str], ...] = (("bad_rating", "oldest"), ("to_follow_up", "oldest"))


@dataclass(frozen=True, slots=True)
class Group:
    """The first rows of a view, as the day page shows them."""

    view: str
    sort: str
    rows: Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class News:
    """What others did to one ticket, newest first; ``more`` lines are not shown."""

    number: str
    title: str
    confidential: bool
    state: str
    events: Sequence[TicketEvent]
    more: int


def waits(actor: Actor) -> tuple[str, ...]:
    """Return the views that hold what waits on this person."""
    return WAITS.get(actor.role, ())


def groups(actor: Actor) -> list[Group]:
    """Return the first rows of what is urgent, overdue or due today; one statement for each."""
    mine = VIEWS_OF.get(actor.role, ())
    shown = PRESSING if "overdue" in mine else FOR_CALLERS
    return [
        Group(view, sort, page(actor, Filter(view=view, sort=sort), ROWS).rows)
        for view, sort in shown
    ]


def news_count(actor: Actor) -> int:
    """Return how many tickets of the person others have worked on: the view ``changed``."""
    return total(actor, Filter(view="changed"), COUNT_MAX)


def news(actor: Actor) -> list[News]:
    """Return what others did to the person's tickets since the last working day ended, newest first."""
    query = (
        select(TicketEvent, Ticket.number, Ticket.title, Ticket.confidential, Ticket.state)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(visible(actor), view_condition("changed", actor), is_news(actor))
    )
    found: dict[str, list[Any]] = {}
    for row in db.session.execute(query.order_by(TicketEvent.id.desc()).limit(NEWS)):
        found.setdefault(row.number, []).append(row)
    return [_of_one(rows) for rows in list(found.values())[:NEWS_TICKETS]]


def _of_one(rows: Sequence[Any]) -> News:
    first = rows[0]
    events = [row.TicketEvent for row in rows[:NEWS_EACH]]
    return News(
        first.number, first.title, first.confidential, first.state, events,
        max(0, len(rows) - NEWS_EACH),
    )  # fmt: skip


def new_since(row: Row[Any], moment: datetime) -> bool:
    """Tell whether a row's ticket was filed after ``moment``."""
    filed: datetime = row.submitted_at
    return filed >= moment
