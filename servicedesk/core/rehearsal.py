"""Rehearsing rules on what has been (演练): which alarms of a ticket's life would have gone off.

A life is what really happened: pauses, extensions, urgency, plans, ends and reopenings with their
moments. Under given numbers it is lived again by a scheduler that always runs. Pure; nothing is written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from servicedesk.core.deadlines import (
    Limit,
    Pause,
    Timetable,
    allowed_minutes,
    consumed,
    due_after,
    timetable,
)
from servicedesk.core.rules import Rules
from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar

RESPONSE = "response"  # 首次响应超时: the alarm that stands beside the steps of the due time
URGENT_FROM_LEVEL = 2


class Turn(StrEnum):
    """What can change a clock besides pauses."""

    STOP = "stop"
    RESTART = "restart"
    RECTIFY = "rectify"
    EXTEND = "extend"
    HURRY = "hurry"
    UNHURRY = "unhurry"
    CARRY = "carry"


@dataclass(frozen=True, slots=True)
class Happening:
    """One turn of a life: ``days`` that were granted, or the day ``until`` which a milestone runs."""

    at: datetime
    turn: Turn
    days: int = 0
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What really happened to one ticket; ``ladder`` is the item's own, or empty."""

    submitted_at: datetime
    days: int
    urgent: bool = False
    ladder: Sequence[int] = ()
    pauses: Sequence[Pause] = ()
    happenings: Sequence[Happening] = ()
    first_response_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm that goes off at ``at``: a step of a due time, or a late first response."""

    step: str
    due: datetime
    planned: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class _Clock:
    """What a ticket's clock is set to, from one change of it to the next."""

    begun: datetime
    days: int
    urgent: bool
    leg_from: datetime | None
    extra: int = 0
    carried: bool = False
    until: date | None = None
    running: bool = True

    def limit(self, terms: Rules) -> Limit:
        if self.carried:
            return Limit(0, until=self.until)
        if self.urgent and self.leg_from is not None:
            return Limit(min(self.days, terms.urgent_days))
        return Limit(self.days, self.extra)

    def after(self, change: Happening, terms: Rules) -> "_Clock":
        """Return the clock as ``change`` leaves it; the same arithmetic as the steps themselves."""
        at = change.at
        if change.turn is Turn.STOP:
            return replace(self, running=False)
        if change.turn is Turn.EXTEND:
            return replace(self, extra=self.extra + change.days)
        if change.turn is Turn.HURRY:
            return replace(self, urgent=True, leg_from=self.leg_from if self.carried else at)
        if change.turn is Turn.UNHURRY:
            return replace(self, urgent=False, leg_from=self.leg_from if self.carried else None)
        if change.turn is Turn.CARRY:
            return replace(self, carried=True, leg_from=at, until=change.until)
        rectifies = change.turn is Turn.RECTIFY
        days = min(self.days, terms.bad_rectify_days) if rectifies else self.days
        return _Clock(at, days, self.urgent, at if self.urgent else None)


def rings(calendar: Calendar, life: Life, terms: Rules, now: datetime) -> list[Ring]:
    """Return every alarm that would have gone off until ``now`` under ``terms``, in its order."""
    found: list[Ring] = []
    for since, until, clock in _stretches(calendar, life, terms, now):
        running = _timetable(calendar, life, clock, (since, until), terms)
        if running is not None:
            fired = {ring.step for ring in found if ring.due == running.due}
            found += _in_stretch(running, fired, since, until)
    late = _late_response(calendar, life, terms, now)
    return sorted([*found, late] if late else found, key=lambda ring: ring.at)


def _stretches(
    calendar: Calendar, life: Life, terms: Rules, now: datetime
) -> Iterator[tuple[datetime, datetime, _Clock]]:
    """Yield the stretches in which nothing changes a running clock, as (from, to, clock)."""
    clock = _Clock(
        life.submitted_at, life.days, life.urgent, life.submitted_at if life.urgent else None
    )
    since = life.submitted_at
    for at, change in _changes(life):
        if clock.running and at > since:
            yield since, at, clock
        since = at
        if change is not None:
            former, clock = clock, clock.after(change, terms)
            if change.turn is Turn.HURRY:
                clock = _no_later(calendar, life, (former, clock), at, terms)
    if clock.running and now >= since:
        yield since, now, clock


def _changes(life: Life) -> list[tuple[datetime, Happening | None]]:
    """Return the happenings with the ends of pauses among them, in their order."""
    found: list[tuple[datetime, Happening | None]] = [(one.at, one) for one in life.happenings]
    for pause in life.pauses:
        found += [(at, None) for at in (pause.start, pause.end) if at is not None]
    return sorted(found, key=lambda change: change[0])


def _no_later(
    calendar: Calendar, life: Life, clocks: tuple[_Clock, _Clock], at: datetime, terms: Rules
) -> _Clock:
    """Return the clock of what became urgent at ``at``: it is never due later than it was before."""
    before, after = (_plan(calendar, life, clock, at, terms) for clock in clocks)
    later = before is not None and after is not None and after.due > before.due
    return replace(clocks[1], leg_from=None) if later else clocks[1]


def _timetable(
    calendar: Calendar,
    life: Life,
    clock: _Clock,
    stretch: tuple[datetime, datetime],
    terms: Rules,
) -> Timetable | None:
    """Return what the clock of a stretch would do as it was seen then: a pause that lasted was open.

    ``None`` also where not even the warning can be reached in it, which is most of all tickets.
    """
    since, until = stretch
    begun = clock.leg_from or clock.begun
    first = allowed_minutes(calendar, begun, clock.limit(terms)) * terms.warn_share // 100
    pauses = _seen(life, clock, since)
    if consumed(calendar, calendar.deemed_receipt(begun), until, pauses) + 1 < first:
        return None  # a minute to spare: moments are counted in whole minutes
    return _plan(calendar, life, clock, since, terms)


def _seen(life: Life, clock: _Clock, at: datetime) -> list[Pause]:
    """Return the pauses of the clock as they were seen at ``at``."""
    return [
        pause if pause.end is not None and pause.end <= at else Pause(pause.start)
        for pause in life.pauses
        if clock.begun <= pause.start <= at
    ]


def _plan(
    calendar: Calendar, life: Life, clock: _Clock, at: datetime, terms: Rules
) -> Timetable | None:
    return timetable(
        calendar,
        clock.leg_from or clock.begun,
        clock.limit(terms),
        _seen(life, clock, at),
        life.ladder or terms.ladder,
        terms.warn_share,
        URGENT_FROM_LEVEL if clock.urgent else 1,
    )


def _in_stretch(
    running: Timetable, fired: set[str], since: datetime, until: datetime
) -> Iterator[Ring]:
    for alarm in running.left(fired):
        at = max(alarm.at, since)
        if at > until:
            return
        yield Ring(alarm.step, running.due, alarm.at, at)


def _late_response(calendar: Calendar, life: Life, terms: Rules, now: datetime) -> Ring | None:
    """Return the reminder that nobody has contacted the enterprise, which goes off once."""
    due = due_after(calendar, life.submitted_at, terms.first_response_days)
    hours = timedelta(hours=terms.urgent_contact_hours)
    hurried = [one.at for one in life.happenings if one.turn is Turn.HURRY]
    stops = [one.at for one in life.happenings if one.turn is Turn.STOP]
    over = min([now, *stops, *([life.first_response_at] if life.first_response_at else [])])
    for at in [life.submitted_at, *hurried] if life.urgent else hurried:
        if at <= min(due, over):
            due = min(due, at + hours)
    return Ring(RESPONSE, due, due, due) if due < over else None


# Comparing ---------------------------------------------------------------------------------------


class Shift(StrEnum):
    """How the draft differs from the present rules for one ticket."""

    MORE = "more"
    FEWER = "fewer"
    EARLIER = "earlier"
    LATER = "later"


SHIFTS = {
    Shift.MORE: N_("多提醒"),
    Shift.FEWER: N_("少提醒"),
    Shift.EARLIER: N_("提醒更早"),
    Shift.LATER: N_("提醒更晚"),
}


def shift(before: Sequence[Ring], after: Sequence[Ring]) -> Shift | None:
    """Return how two lists of alarms differ; ``None`` where the same went off at the same moments."""
    if [(one.step, one.at) for one in before] == [(one.step, one.at) for one in after]:
        return None
    if len(before) != len(after):
        return Shift.MORE if len(after) > len(before) else Shift.FEWER
    gained = sum((new.at - old.at).total_seconds() for old, new in zip(before, after, strict=True))
    return Shift.EARLIER if gained <= 0 else Shift.LATER


@dataclass(slots=True)
class Tally:
    """What goes off under one set of rules: alarms by step and by (unit, step), messages by audience."""

    steps: Counter[str] = field(default_factory=Counter)
    units: Counter[tuple[int | None, str]] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)

    def add(self, ring: Ring, unit: int | None, heard: Iterable[tuple[str, int]]) -> None:
        """Count an alarm and the people who hear of it, as (audience, number of people)."""
        self.steps[ring.step] += 1
        self.units[unit, ring.step] += 1
        for audience, people in heard:
            self.messages[audience] += people


# Routing -----------------------------------------------------------------------------------------


def touches(words: str, *texts: str) -> bool:
    """Tell whether any of the space-separated ``words`` occurs in ``texts``; no words hold for all."""
    wanted = words.casefold().split()
    whole = "\n".join(texts).casefold()
    return not wanted or any(word in whole for word in wanted)
