"""Random histories: a few tickets, each taking a valid walk through the loop on random days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.errors import Refused
from servicedesk.tickets.actions import send_message, take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import open_of_enterprise
from tests.support import START, Town

WORK = ("accept", "dispatch", "sign", "resolve")
WALKS: tuple[tuple[str, ...], ...] = (
    (),
    ("accept",),
    ("decline",),
    ("withdraw",),
    ("accept", "dispatch", "return"),
    ("accept", "dispatch", "sign", "request_supplement", "withdraw"),
    ("accept", "dispatch", "sign", "request_supplement", "supplement", "resolve"),
    WORK,
    (*WORK, "confirm", "rate", "close"),
    (*WORK, "follow_up", "rate", "close"),
    (*WORK, "follow_up", "close_unrated"),
    (*WORK, "dispute", "resolve", "confirm", "rate", "close"),
    (*WORK, "confirm", "rate", "rework", "resolve", "follow_up", "rate", "close"),
    (*WORK, "miss", "miss", "miss", "close_unreached"),
    ("merge",),
    ("accept", "merge"),
    ("accept", "dispatch", "merge"),
    ("accept", "dispatch", "sign", "merge"),
)
ITEMS = ("A01", "A02", "C01", "E03")


@dataclass(frozen=True)
class Life:
    """One ticket's plan: ``gaps`` are the days before each step, the first before filing."""

    login: str
    item: str
    walk: tuple[str, ...]
    gaps: tuple[int, ...]
    level: int
    result: str
    answered_first: bool


def lives() -> st.SearchStrategy[Life]:
    """Return plans of tickets whose steps lie up to nine days apart."""
    return st.builds(
        Life,
        login=st.sampled_from(("alice", "bob")),
        item=st.sampled_from(ITEMS),
        walk=st.sampled_from(WALKS),
        gaps=st.tuples(*[st.integers(0, 9)] * 12),
        level=st.integers(3, 5),
        result=st.sampled_from(("solved", "partly")),
        answered_first=st.booleans(),
    )


def live(town: Town, life: Life, start: datetime = START) -> Ticket:
    """Let one ticket live as planned; a step that is not open that day waits for a later one."""
    gaps = iter(life.gaps)
    clock.set(start + timedelta(days=next(gaps) * 7))
    ticket = town.file(life.login, life.item)
    if life.answered_first:
        send_message(town.desk, ticket.id, "您好，已收到。")
    for step in life.walk:
        clock.set(clock.now() + timedelta(days=next(gaps, 1)))
        if step == "merge":
            return _merge(town, ticket)
        ticket = _take(town, ticket, step, life)
    return ticket


def _merge(town: Town, ticket: Ticket) -> Ticket:
    """Join the ticket into the enterprise's oldest open one; where there is none, it stays open.

    What was joined already may be joined further with it: histories pile up in one database.
    """
    others = open_of_enterprise(ticket)
    if not others:
        return ticket
    return take(town.desk, ticket.id, "merge", {"into": others[-1].number})


def _take(town: Town, ticket: Ticket, step: str, life: Life) -> Ticket:
    chosen: dict[str, dict[str, Any]] = {
        "rate": {"level": life.level}, "resolve": {"result": life.result},
    }  # fmt: skip
    inputs = chosen.get(step, {})
    for _ in range(12):
        try:
            return town.walk(ticket, step, **inputs)
        except Refused as refused:
            if step == "return":
                return ticket  # the time for it is over
            assert refused.kind == "guard", (step, refused.reason)
        clock.set(clock.now() + timedelta(days=1))
        if step == "close_unreached" and calendar(town.park_id).is_working_moment(clock.now()):
            town.walk(ticket, "miss")
    raise AssertionError(f"{step} never opened")
