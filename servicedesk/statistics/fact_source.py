"""From tickets to facts (统计事实): one statement for the tickets and one for each kind of thing on them.

Nothing but the ticket, its own rows and the working calendar goes into a fact, so it can be built
again at any time. What an item or an enterprise is called and which category, industry or size it
has is looked up when figures are cut: when that changes, no fact has to.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, case, exists, func, select

from servicedesk.calendars.queries import calendar
from servicedesk.core.standing import NEVER, STATE_CODES, Reached
from servicedesk.core.tallies import NONE, Response
from servicedesk.core.workflow import BAD_RATING, State
from servicedesk.database import epoch
from servicedesk.extensions import db
from servicedesk.statistics.fact_columns import CHANNEL_CODES, FACT, Facts
from servicedesk.tickets.children import Reopening
from servicedesk.tickets.models import (
    Escalation,
    Extension,
    FollowUpCall,
    Rating,
    Ticket,
    TicketEvent,
)

EAST = 8 * 3600  # Shanghai's distance from UTC in seconds, without summer time since 1991
DAY = 86_400
_1970 = date(1970, 1, 1).toordinal()
_NO_TIME = -NEVER
_SETTLING = (State.RESOLVED, State.FOLLOWED_UP, State.RATED)
_DELIVERED = and_(Ticket.state == State.CLOSED, Ticket.resolved_at.is_not(None))
_RESPONSE = case(
    (Ticket.first_response_at <= Ticket.response_due_at, Response.IN_TIME),
    (Ticket.first_response_at.is_not(None), Response.MISSED),
    (Ticket.closed_at.is_(None), Response.WAITING),
    (Ticket.response_due_at < Ticket.closed_at, Response.MISSED),
    else_=Response.NOT_OWED,
)


def _moment(column: Any) -> ColumnElement[Any]:
    return func.coalesce(epoch(column), _NO_TIME)


def _flag(condition: Any) -> ColumnElement[Any]:
    return case((condition, 1), else_=0)


_SOURCES: dict[str, Any] = {
    "ticket_id": Ticket.id,
    "submitted": _moment(Ticket.submitted_at),
    "responded": _moment(Ticket.first_response_at),
    "response_due": _moment(Ticket.response_due_at),
    "resolved": _moment(Ticket.resolved_at),
    "statutory": _moment(Ticket.statutory_due_at),
    "delivered": _flag(_DELIVERED),
    "settling": _flag(and_(Ticket.state.in_(_SETTLING), Ticket.resolved_at.is_not(None))),
    "item_id": Ticket.item_id,
    "unit_id": func.coalesce(Ticket.unit_id, NONE),
    "handler_id": func.coalesce(Ticket.resolved_by_id, Ticket.assignee_id, NONE),
    "enterprise_id": Ticket.enterprise_id,
    "channel": case(CHANNEL_CODES, value=Ticket.channel, else_=0),
    "urgent": _flag(Ticket.urgent),
    "repeated": _flag(Ticket.repeat_of_id.is_not(None)),
    "response": _RESPONSE,
    "answered": _flag(Ticket.confirmed.is_not(None)),
    "solved": _flag(and_(Ticket.confirmed.is_(True), Ticket.result == "solved")),
    "followed": _flag(Ticket.followed_up_at.is_not(None)),
    "rating": func.coalesce(Ticket.rating, NONE),
    "on_time": _flag(Ticket.on_time),
    "used_minutes": func.coalesce(Ticket.used_minutes, NONE),
    "promised_minutes": Ticket.allowed_minutes,
    "returns": Ticket.returns,
    "supplements": Ticket.supplements,
    "urges": Ticket.urges,
    "false_resolution": _flag(Ticket.false_resolution),
    "limit_days": func.coalesce(Ticket.limit_days, 0),
    "open": _flag(Ticket.closed_at.is_(None)),
    "state": case(STATE_CODES, value=Ticket.state, else_=0),
    "reached": (
        _flag(Ticket.accepted_at.is_not(None)) * int(Reached.ACCEPTED)
        + _flag(Ticket.dispatched_at.is_not(None)) * int(Reached.DISPATCHED)
        + _flag(Ticket.signed_at.is_not(None)) * int(Reached.SIGNED)
        + _flag(Ticket.resolved_at.is_not(None)) * int(Reached.RESOLVED)
        + _flag(Ticket.confirmed.is_(True)) * int(Reached.CONFIRMED)
    ),
    "ladder": Ticket.ladder_level,
    "due_at": func.coalesce(epoch(Ticket.due_at), NEVER),
    "contact_due": case(
        (Ticket.called_back_at.is_(None), func.coalesce(epoch(Ticket.contact_due_at), NEVER)),
        else_=NEVER,
    ),
}
STANDING = (
    "ticket_id", "submitted_on", "unit_id", "urgent", "rating", "response", "response_due",
    "open", "state", "reached", "ladder", "due_at", "contact_due",
)  # fmt: skip
"""The columns of what stands at this moment."""
_AS_THEY_ARE = tuple(name for name in _SOURCES if name in (FACT.names or ()))


def facts_of(park_id: int, wanted: ColumnElement[bool]) -> Facts:
    """Return the facts of the park's tickets for which ``wanted`` holds; joined ones (并单) have none."""
    condition = and_(Ticket.park_id == park_id, wanted)
    raw = _raw(condition, tuple(_SOURCES))
    facts = _plain(raw)
    facts["submitted_hour"] = (raw["submitted"] + EAST) % DAY // 3600
    resolved_on = (raw["resolved"] + EAST) // DAY + _1970
    facts["delivered_on"] = np.where(raw["delivered"], resolved_on, 0)
    facts["settling_on"] = np.where(raw["settling"], resolved_on, 0)
    _measure(park_id, facts, raw)
    _add_children(facts, condition)
    _add_rectified(park_id, facts, raw, condition)
    return facts


def standing_of(park_id: int, wanted: ColumnElement[bool]) -> Facts:
    """Return facts in which the columns of :data:`STANDING` are filled, in one statement."""
    names = ("submitted", *(name for name in STANDING if name in _SOURCES))
    return _plain(_raw(and_(Ticket.park_id == park_id, wanted), names))


def _raw(condition: ColumnElement[bool], names: Sequence[str]) -> NDArray[Any]:
    query = select(*(_SOURCES[name].label(name) for name in names))
    query = query.where(condition, Ticket.state != State.MERGED).order_by(Ticket.id)
    kind = np.dtype([(name, "i8") for name in names])
    return np.array([tuple(row) for row in db.session.execute(query)], dtype=kind)


def _plain(raw: NDArray[Any]) -> Facts:
    """Return facts with what needs no reckoning."""
    facts = np.zeros(len(raw), dtype=FACT)
    for name in _AS_THEY_ARE:
        if name in (raw.dtype.names or ()):
            facts[name] = raw[name]
    facts["submitted_on"] = (raw["submitted"] + EAST) // DAY + _1970
    return facts


def _measure(park_id: int, facts: Facts, raw: NDArray[Any]) -> None:
    """Measure working minutes: to the first response, and what was saved of the law's time."""
    hours = calendar(park_id)
    start = raw["submitted"] // 60
    responded = raw["responded"] != _NO_TIME
    facts["response_minutes"] = NONE
    facts["response_minutes"][responded] = np.maximum(
        0, hours.between_each(start[responded], raw["responded"][responded] // 60)
    )
    by_law = (raw["statutory"] != _NO_TIME) & (raw["used_minutes"] >= 0) & (raw["delivered"] == 1)
    facts["limited_by_law"] = by_law
    allowed = hours.between_each(start[by_law], raw["statutory"][by_law] // 60)
    facts["saved_minutes"][by_law] = allowed - raw["used_minutes"][by_law]


def _add_children(facts: Facts, condition: ColumnElement[bool]) -> None:
    """Count what hangs on the tickets, one statement for each kind."""
    # who was followed up is known already: most calls need not be read
    called = and_(FollowUpCall.result != "missed", Ticket.followed_up_at.is_(None))
    level = func.max(
        case({"level_1": 1, "level_2": 2, "level_3": 3}, value=Escalation.step, else_=0)
    )
    for name, model, what, only in (
        ("extensions", Extension, func.count(), Extension.verdict == "approved"),
        ("reopenings", Reopening, func.count(), Reopening.kind != "take_up"),
        ("followed", FollowUpCall, func.count(), called),
        ("level", Escalation, level, Escalation.step.startswith("level")),
    ):  # fmt: skip
        query = _on_tickets(select(model.ticket_id, what), model, condition)
        rows = db.session.execute(query.where(only).group_by(model.ticket_id))
        found = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 2)
        places, there = _places(facts, found[:, 0])
        facts[name][places] = found[there, 1] if name != "followed" else True


def _on_tickets(query: Any, model: Any, condition: ColumnElement[bool]) -> Any:
    return query.join(Ticket, Ticket.id == model.ticket_id).where(condition)


def _places(facts: Facts, numbers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return where the tickets are among the facts, and which of the numbers have one."""
    if not len(facts):
        return np.zeros(0, np.int64), np.zeros(len(numbers), bool)
    places = np.minimum(np.searchsorted(facts["ticket_id"], numbers), len(facts) - 1)
    there = facts["ticket_id"][places] == numbers
    return places[there], there


def _add_rectified(
    park_id: int, facts: Facts, raw: NDArray[Any], condition: ColumnElement[bool]
) -> None:
    """Say whether what was taken up after a bad rating was put right in its days (国办发〔2019〕51号).

    ``limit_days`` is what taking up again has left of the promise (``clocks.restart``).
    """
    facts["rectified"] = NONE
    hours = calendar(park_id)
    for ticket_id, (begun, ended) in _mended(condition).items():
        places, _ = _places(facts, np.array([ticket_id]))
        for place in places:
            due = hours.due_after_days(begun, int(raw["limit_days"][place]))
            facts["rectified"][place] = ended is not None and ended <= due


def _mended(condition: ColumnElement[bool]) -> dict[int, tuple[datetime, datetime | None]]:
    """Return when tickets were taken up again because of a bad rating, and resolved after that."""
    bad = exists().where(
        Rating.ticket_id == Reopening.ticket_id,
        Rating.level <= BAD_RATING,
        Rating.at <= Reopening.at,
    )
    query = _on_tickets(
        select(Reopening.ticket_id, func.min(Reopening.at)), Reopening, condition
    ).where(Reopening.kind == "rework", bad)
    rows = db.session.execute(query.group_by(Reopening.ticket_id))
    begun: dict[int, datetime] = {ticket_id: at for ticket_id, at in rows}  # noqa: C416
    if not begun:
        return {}
    ends = select(TicketEvent.ticket_id, TicketEvent.at).where(
        TicketEvent.ticket_id.in_(begun), TicketEvent.kind.in_(("resolve", "resolve_with_problem"))
    )
    found: dict[int, tuple[datetime, datetime | None]] = {
        ticket_id: (at, None) for ticket_id, at in begun.items()
    }
    for ticket_id, at in db.session.execute(ends.order_by(TicketEvent.at.desc())):
        if at > begun[ticket_id]:
            found[ticket_id] = (begun[ticket_id], at)
    return found
