"""The demo's course of time: the clock only moves forward, and the scheduler's work is done on it."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from servicedesk.clock import clock
from servicedesk.core.worktime import Calendar
from servicedesk.tickets.escalation import (
    archive,
    breach_response,
    due_alarms,
    finished,
    fire,
    response_breaches,
)

Moments = Iterator[datetime]
_TICK = timedelta(seconds=20)  # a scheduler notices within its tick


class Loop:
    """A queue of lives ordered by their next moments."""

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, Moments]] = []
        self._serial = 0

    def add(self, life: Moments) -> None:
        """Take a life in; it must not begin in the past."""
        moment = next(life, None)
        if moment is not None:
            heapq.heappush(self._queue, (moment.astimezone(UTC), self._serial, life))
            self._serial += 1

    def run(self, until: datetime) -> None:
        """Let everything happen up to ``until``; what is later never does."""
        while self._queue and self._queue[0][0] <= until:
            moment, _, life = heapq.heappop(self._queue)
            _ring_alarms(moment)
            clock.set(max(moment, clock.now()))
            self.add(life)
        _ring_alarms(until)
        clock.set(until)


def _ring_alarms(until: datetime) -> None:
    """Fire every alarm up to ``until`` in its order, each at its own moment."""
    while alarms := due_alarms(until, limit=1):
        ticket_id, planned, step = alarms[0]
        clock.set(min(max(clock.now(), planned + _TICK), max(until, clock.now())))
        fire(ticket_id, planned, step)


def scheduler(hours: Calendar, start: datetime, progress: Callable[[str], None]) -> Moments:
    """Tick after every working half-day: late responses, and what is finished."""
    month = ""
    for moment in _ticks(hours, start):
        yield moment
        for ticket_id in response_breaches(clock.now()):
            breach_response(ticket_id)
        for found in finished(clock.now()):
            archive(*found)
        if (now := f"{hours.local(clock.now()):%Y-%m}") != month:
            month = now
            progress(month)


def _ticks(hours: Calendar, start: datetime) -> Moments:
    day = hours.local(start).date()
    while True:
        day = hours.next_working_day(day)
        midnight = hours.end_of_day(day) - timedelta(days=1)
        for _, close in hours.spans(midnight, midnight + timedelta(days=1)):
            yield close + timedelta(minutes=1)
