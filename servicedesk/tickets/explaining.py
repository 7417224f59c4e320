"""Reading what the explanation of a ticket's time needs (为何是这一天), and putting it together.

A ticket that came back has several clocks, each of its own; what lies between them is nobody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from servicedesk.calendars.models import CalendarDay
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import Limit, consumed
from servicedesk.core.explaining import Held, Stretch, Why, counted, explain
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.core.worktime import Calendar
from servicedesk.extensions import db
from servicedesk.tickets import clocks
from servicedesk.tickets.children import Reopening
from servicedesk.tickets.models import Extension, PauseSpan, Ticket, TicketEvent
from servicedesk.tickets.parts import parts_of

STOPS = ("resolve", "resolve_with_problem")


@dataclass(frozen=True, slots=True)
class Running:
    """One clock of a ticket: when it began, when it stopped (``None``: it still runs), what counted."""

    number: int
    begun: datetime
    deemed: datetime
    ended: datetime | None
    stretches: Sequence[Stretch]

    @property
    def used(self) -> int:
        """The working minutes that counted: what ``consumed`` says."""
        return counted(self.stretches)

    @property
    def paused(self) -> int:
        """The working minutes for which it stood."""
        return sum(one.minutes for one in self.stretches if one.why is Why.PAUSE)

    @property
    def pauses(self) -> Sequence[Stretch]:
        """The stretches for which it stood."""
        return [one for one in self.stretches if one.why is Why.PAUSE]


@dataclass(frozen=True, slots=True)
class Leg:
    """The present leg of an urgent or carried matter's clock (紧急件、挂账节点)."""

    begun: datetime
    used: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a ticket is due when it is; ``clocks`` are oldest first, the last one is the present one.

    ``ahead`` are the stretches from now to the due time while the clock runs. ``due`` is empty while
    it stands. ``provisional`` years are awaited: the day may still move. ``first_day`` are the working
    minutes left of the day of receipt, which are used but are no day of the limit.
    """

    clocks: Sequence[Running]
    between: Sequence[Reopening]
    ahead: Sequence[Stretch]
    due: datetime | None
    limit: Limit
    allowed: int
    extensions: Sequence[Extension]
    leg: Leg | None
    provisional: Sequence[int]
    running: bool
    first_day: int

    @property
    def now(self) -> Running:
        """The present clock."""
        return self.clocks[-1]

    @property
    def used(self) -> int:
        """The working minutes of all clocks together."""
        return sum(one.used for one in self.clocks)

    @property
    def used_of_limit(self) -> int:
        """The working minutes used of what is allowed now."""
        return self.leg.used if self.leg else self.now.used


def explanation(ticket: Ticket) -> Explanation:
    """Return why the ticket is due when it is, by the calendar of today."""
    hours, back = calendar(ticket.park_id), _reopenings(ticket)
    held = _pauses(ticket)
    running = ticket.state in BEFORE_RESOLUTION
    end = clock.now() if running else _end(ticket)
    spans = _clocks(ticket, back, end)
    last = ticket.due_at or end
    names = _names(ticket.park_id, hours, ticket.submitted_at, max(last, end))
    done = [
        Running(
            number, begun, hours.deemed_receipt(begun), None if running and stop is end else stop,
            explain(hours, begun, stop, held, names),
        )
        for number, (begun, stop) in enumerate(spans, start=1)
    ]  # fmt: skip
    ahead = running and ticket.due_at is not None and end < ticket.due_at
    return Explanation(
        clocks=done,
        between=back,
        ahead=explain(hours, end, ticket.due_at, held, names) if ahead and ticket.due_at else (),
        due=ticket.due_at,
        limit=clocks.limit_of(ticket),
        allowed=ticket.allowed_minutes,
        extensions=_extensions(ticket),
        leg=_leg(ticket, hours, end, held),
        provisional=_provisional(hours, ticket),
        running=running,
        first_day=_first_day(hours, clocks.started(ticket)),
    )


def _first_day(hours: Calendar, receipt: datetime) -> int:
    deemed = hours.deemed_receipt(receipt)
    return hours.between(deemed, hours.end_of_day(hours.local(deemed).date()))


def _end(ticket: Ticket) -> datetime:
    """Return when the last clock of a ticket stopped: with its resolution, or with its end."""
    return ticket.resolved_at or ticket.closed_at or clock.now()


def _clocks(
    ticket: Ticket, back: Sequence[Reopening], end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return begin and end of every clock; one that was given up ends with the ticket's end."""
    stops = _resolutions(ticket)
    found, begun = [], ticket.submitted_at
    for one in back:
        before = [moment for moment in stops if begun <= moment <= one.at]
        found.append((begun, before[-1] if before else one.ended_at))
        begun = one.at
    return [*found, (begun, end)]


def _resolutions(ticket: Ticket) -> list[datetime]:
    return sorted(one.at for one in parts_of(TicketEvent, ticket.id) if one.kind in STOPS)


def _reopenings(ticket: Ticket) -> Sequence[Reopening]:
    return sorted(parts_of(Reopening, ticket.id), key=lambda one: one.at)


def _pauses(ticket: Ticket) -> list[Held]:
    pauses = sorted(parts_of(PauseSpan, ticket.id), key=lambda one: one.started_at)
    return [Held(one.started_at, one.ended_at, one.reason) for one in pauses]


def _extensions(ticket: Ticket) -> Sequence[Extension]:
    """Return the extensions that the present clock was granted."""
    granted = [
        (one.decided_at, one) for one in parts_of(Extension, ticket.id)
        if one.verdict == "approved" and one.decided_at is not None
        and ticket.clock_started_at is not None and one.decided_at >= ticket.clock_started_at
    ]  # fmt: skip
    return [one for _at, one in sorted(granted, key=lambda pair: pair[0])]


def _leg(ticket: Ticket, hours: Calendar, end: datetime, held: Sequence[Held]) -> Leg | None:
    if ticket.leg_from is None:
        return None
    begun = hours.deemed_receipt(ticket.leg_from)
    return Leg(ticket.leg_from, consumed(hours, begun, end, clocks.pauses(ticket)))


def _names(park_id: int, hours: Calendar, first: datetime, last: datetime) -> Mapping[date, str]:
    query = select(CalendarDay.day, CalendarDay.name).where(
        CalendarDay.park_id == park_id,
        CalendarDay.day.between(hours.local(first).date(), hours.local(last).date()),
    )
    return {row.day: row.name for row in db.session.execute(query)}


def _provisional(hours: Calendar, ticket: Ticket) -> list[int]:
    """Return the years without a notice that the running times reach into."""
    if ticket.state not in BEFORE_RESOLUTION or ticket.due_at is None:
        return []
    first, last = hours.local(ticket.clock_started_at).year, hours.local(ticket.due_at).year
    return [year for year in range(first, last + 1) if year in hours.provisional_years]
