"""The follow-up desk (回访): whom to call, until when, what was tried, and whose own work it is."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, tuple_

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.core.workflow import ATTEMPTS_BEFORE_CLOSING, BAD_RATING, State
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.streaming import in_chunks, streamed
from servicedesk.tickets.listing import FAR
from servicedesk.tickets.models import FollowUpCall, Ticket
from servicedesk.tickets.views import is_open, view_condition, visible

PAGE = 30
WITHOUT_WORD = ("missed", "refused")
TABS: Mapping[str, str] = {
    "today": N_("今天要联系"),
    "tried": N_("今天已试过"),
    "bad": N_("差评待处理"),
    "rectifying": N_("差评整改中"),
    "everything": N_("全部"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls; ``late`` keeps those whose time has passed."""

    tab: str = "today"
    unit: str = ""
    late: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One ticket of the desk: ``kind`` is resolved, bad or rectifying; ``own``: not for this person.

    ``missed_days`` are the different working days on which a call gave no word; ``next_on`` is when
    to try again.
    """

    ticket: Ticket
    kind: str
    due: datetime | None
    late: bool
    attempts: Sequence[FollowUpCall]
    missed_days: int
    next_on: date | None
    own: bool

    @property
    def steps(self) -> tuple[str, ...]:
        """The results that can be written down here, by the names of their steps."""
        if self.own or self.kind == "rectifying":
            return ()
        if self.kind == "bad":
            called = self.ticket.called_back_at is not None
            return ("rework", "close_verified") if called else ("call_back", "miss")
        exhausted = self.missed_days >= ATTEMPTS_BEFORE_CLOSING
        last = ("close_unreached",) if exhausted else ()
        return ("follow_up", "rework", "miss", "refuse_call", *last)


@dataclass(frozen=True, slots=True)
class Calls:
    """One page of calls; ``after`` is the key of the next one."""

    rows: Sequence[Call] = field(default_factory=list)
    after: str = ""


def _due() -> ColumnElement[Any]:
    """Until when the call, or the rectification, is to be done."""
    return case(
        (Ticket.state == State.RESOLVED, Ticket.follow_up_due_at),
        (Ticket.state == State.RATED, Ticket.contact_due_at),
        else_=func.coalesce(Ticket.due_at, FAR),
    )


def _today(actor: Actor) -> date:
    return calendar(actor.park_id).local(clock.now()).date()


def _tried_today(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        FollowUpCall.ticket_id == Ticket.id,
        FollowUpCall.round == Ticket.reworks,
        FollowUpCall.result.in_(WITHOUT_WORD),
        FollowUpCall.day == _today(actor),
    )


def _condition(tab: str, actor: Actor) -> ColumnElement[bool]:
    waits = view_condition("to_follow_up", actor)
    bad = view_condition("bad_rating", actor)
    rectifying = view_condition("rectifying", actor)
    of_tab: Mapping[str, Callable[[], ColumnElement[bool]]] = {
        "today": lambda: or_(
            and_(waits, ~_tried_today(actor)), and_(bad, Ticket.called_back_at.is_(None))
        ),
        "tried": lambda: and_(waits, _tried_today(actor)),
        "bad": lambda: bad,
        "rectifying": lambda: rectifying,
        "everything": lambda: or_(waits, bad, rectifying),
    }
    return of_tab[tab]()


def counts(actor: Actor) -> dict[str, int]:
    """Return how many tickets stand under each tab, in one statement."""
    sums = [
        func.coalesce(func.sum(case((_condition(tab, actor), 1), else_=0)), 0).label(tab)
        for tab in TABS
    ]
    row = db.session.execute(select(*sums).where(visible(actor), is_open())).one()
    return {tab: int(getattr(row, tab)) for tab in TABS}


def _narrowed(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [visible(actor), is_open(), _condition(wanted.tab, actor)]
    if wanted.unit:
        unit = unit_by_code(actor.park_id, wanted.unit)
        found.append(Ticket.unit_id == (unit.id if unit else -1))
    if wanted.late:
        found.append(_due() < clock.now())
    return found


def calls(actor: Actor, wanted: Wanted) -> Calls:
    """Return one page of calls, the most pressing first."""
    due = _due()
    query = select(Ticket).where(*_narrowed(actor, wanted)).order_by(due, Ticket.id)
    if key := _key_from(wanted.after):
        query = query.where(tuple_(due, Ticket.id) > tuple_(*key))
    found = db.session.scalars(query.limit(PAGE + 1)).all()
    rows = list(_as_calls(actor, found[:PAGE]))
    return Calls(rows, _key_of(rows[-1]) if len(found) > PAGE else "")


def every_call(actor: Actor, wanted: Wanted) -> Iterator[Call]:
    """Yield every call of a list, for the export."""
    query = select(Ticket).where(*_narrowed(actor, wanted)).order_by(_due(), Ticket.id)
    for chunk in in_chunks(row.Ticket for row in streamed(query)):
        yield from _as_calls(actor, chunk)


def _as_calls(actor: Actor, tickets: Sequence[Ticket]) -> Iterator[Call]:
    tried = _attempts([ticket.id for ticket in tickets])
    hours, now = calendar(actor.park_id), clock.now()
    today = hours.local(now).date()
    here = today if hours.is_working_day(today) else hours.next_working_day(today)
    for ticket in tickets:
        mine = [one for one in tried.get(ticket.id, ()) if one.round == ticket.reworks]
        days = {one.day for one in mine if one.result in WITHOUT_WORD}
        kind, due = _kind(ticket), _due_of(ticket)
        next_on = hours.next_working_day(today) if today in days else here
        yield Call(
            ticket=ticket,
            kind=kind,
            due=due,
            late=due is not None and due < now,
            attempts=mine,
            missed_days=sum(hours.is_working_day(day) for day in days),
            next_on=next_on if kind == "resolved" else None,
            own=actor.user_id
            in (ticket.assignee_id, ticket.resolved_by_id, ticket.rated_person_id),
        )


def _attempts(ticket_ids: Collection[int]) -> dict[int, list[FollowUpCall]]:
    query = select(FollowUpCall).where(FollowUpCall.ticket_id.in_(ticket_ids))
    found: dict[int, list[FollowUpCall]] = {}
    for one in db.session.scalars(query.order_by(FollowUpCall.id)) if ticket_ids else ():
        found.setdefault(one.ticket_id, []).append(one)
    return found


def _kind(ticket: Ticket) -> str:
    if ticket.state == State.RESOLVED:
        return "resolved"
    bad = ticket.state == State.RATED and (ticket.rating or 5) <= BAD_RATING
    return "bad" if bad else "rectifying"


def _due_of(ticket: Ticket) -> datetime | None:
    if ticket.state == State.RESOLVED:
        return ticket.follow_up_due_at
    return ticket.contact_due_at if ticket.state == State.RATED else ticket.due_at


def _key_of(call: Call) -> str:
    return f"{(call.due or FAR).timestamp()}~{call.ticket.id}"


def _key_from(after: str) -> tuple[datetime, int] | None:
    moment, _, number = after.partition("~")
    if len(number) > 15:
        return None
    try:
        return datetime.fromtimestamp(float(moment), UTC), int(number)
    except (ValueError, OverflowError, OSError):
        return None
