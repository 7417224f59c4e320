"""What stands at this moment (当前在办), counted from columns: the views that figures show a number of.

The lists have the same conditions in SQL (``tickets.views``); a test compares the two after random
histories. No database and no park is known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntFlag

import numpy as np

from servicedesk.core.states import BEFORE_RESOLUTION, State
from servicedesk.core.tallies import Column, Response, Rows
from servicedesk.core.workflow import BAD_RATING

STATE_CODES: Mapping[str, int] = {state.value: code for code, state in enumerate(State, 1)}
NEVER = 2**62
"""The moment of a limit that is not there, in seconds since 1970 UTC."""


class Reached(IntFlag):
    """How far a ticket has come, whatever happened after that."""

    ACCEPTED = 1
    DISPATCHED = 2
    SIGNED = 4
    RESOLVED = 8
    CONFIRMED = 16


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, and when the park's next day begins; both in seconds since 1970 UTC."""

    now: int
    tomorrow: int


def _lookup(states: frozenset[State]) -> Column:
    found = np.zeros(len(STATE_CODES) + 1, dtype=bool)
    found[[STATE_CODES[state] for state in states]] = True
    return found


_UNRESOLVED = _lookup(BEFORE_RESOLUTION)


def _running(rows: Rows) -> Column:
    found: Column = _UNRESOLVED[rows["state"]]
    return found


def _is(rows: Rows, state: State) -> Column:
    found: Column = rows["state"] == STATE_CODES[state]
    return found


VIEWS: Mapping[str, Callable[[Rows, Moment], Column]] = {
    "open": lambda rows, at: np.ones(len(rows["state"]), dtype=bool),
    "due_today": lambda rows, at: (
        _running(rows) & (rows["due_at"] >= at.now) & (rows["due_at"] < at.tomorrow)
    ),
    "overdue": lambda rows, at: _running(rows) & (rows["due_at"] < at.now),
    "level_2": lambda rows, at: _running(rows) & (rows["ladder"] == 2),
    "level_3": lambda rows, at: _running(rows) & (rows["ladder"] >= 3),
    "urgent_uncontacted": lambda rows, at: (
        _running(rows)
        & rows["urgent"]
        & (rows["response"] == Response.WAITING)
        & (rows["response_due"] < at.now)
    ),
    "contact_late": lambda rows, at: (
        _is(rows, State.RATED)
        & (rows["rating"] >= 1)
        & (rows["rating"] <= BAD_RATING)
        & (rows["contact_due"] < at.now)
    ),
    "disputes": lambda rows, at: _is(rows, State.DISPUTED),
}
"""Which of the open tickets belong into a view."""
