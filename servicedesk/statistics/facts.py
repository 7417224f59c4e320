"""Keeping the facts true (统计事实): what changed is marked with the change, the scheduler builds it.

The facts of a month of submission are one row (``FactSegment``), written in one transaction with the
removal of exactly the marks that it answers: a change that commits meanwhile keeps its own mark and
is counted by the next build.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from secrets import token_hex

import numpy as np
from sqlalchemy import delete, func, insert, select, update

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.models import Park
from servicedesk.statistics.fact_columns import LAYOUT, Facts, no_facts, pack, unpack
from servicedesk.statistics.fact_models import FactBuild, FactMark, FactSegment
from servicedesk.statistics.fact_source import facts_of
from servicedesk.tickets.facts import ZONE, months_with_tickets, period_bounds
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work
from servicedesk.unchanged import once, while_unchanged

BATCH = 5000


def build(park_id: int, *, everything: bool = False) -> int:
    """Bring the park's facts up to date; returns how many months were written.

    Everything is built that is marked; all of it when asked, before anything has been built, and
    when the shape of facts has changed.
    """
    if not db.session.info.get("writing"):
        db.session.rollback()  # what was read before must not be what is counted
    written: set[str] = set()
    if everything or built_at(park_id) is None or _in_another_shape(park_id):
        written |= set(_build_all(park_id))
    while (some := _build_some(park_id)) is not None:
        written |= some
    _finish(park_id, anew=everything)
    return len(written)


def stale(park_id: int) -> int:
    """Return how many changes are not in the facts yet."""
    query = select(func.count()).select_from(FactMark).where(FactMark.park_id == park_id)
    return once(("stale", park_id), lambda: db.session.scalar(query) or 0)


@while_unchanged
def built_at(park_id: int) -> datetime | None:
    """Return when the park's facts were last brought up to date."""
    return db.session.scalar(select(FactBuild.built_at).where(FactBuild.park_id == park_id))


def unchanged_since(park_id: int) -> str | None:
    """Return the token of the last change of a ticket, ``None`` while one waits to be built.

    Nothing that marks a ticket has changed between two moments with the same token.
    """
    return None if stale(park_id) else _token(park_id)


@while_unchanged
def _token(park_id: int) -> str | None:
    return db.session.scalar(select(FactBuild.token).where(FactBuild.park_id == park_id))


def _in_another_shape(park_id: int) -> bool:
    query = select(FactSegment.month).where(
        FactSegment.park_id == park_id, FactSegment.layout != LAYOUT
    )
    return db.session.scalar(query.limit(1)) is not None


def _build_all(park_id: int) -> Iterator[str]:
    """Build month after month, each in a transaction of its own; yields those that were written."""
    months = months_with_tickets(park_id)
    for month in months:
        if _build_month(park_id, month):
            yield month
    _forget_other_months(park_id, months)


@unit_of_work
def _build_month(park_id: int, month: str) -> bool:
    _wait_for_others(park_id)
    start, end = period_bounds(month)
    within = (Ticket.submitted_at >= start) & (Ticket.submitted_at < end)
    return _put(park_id, month, facts_of(park_id, within))


@unit_of_work
def _forget_other_months(park_id: int, months: Collection[str]) -> None:
    _wait_for_others(park_id)
    mine = delete(FactSegment).where(FactSegment.park_id == park_id)
    db.session.execute(mine.where(FactSegment.month.not_in(months)))


@unit_of_work
def _build_some(park_id: int) -> set[str] | None:
    """Build a batch of what is marked; returns the months written, ``None`` if nothing is marked."""
    _wait_for_others(park_id)
    marks = db.session.execute(
        select(FactMark.id, FactMark.ticket_id)
        .where(FactMark.park_id == park_id)
        .order_by(FactMark.id)
        .limit(BATCH)
    ).all()
    if not marks:
        return None
    tickets = sorted({mark.ticket_id for mark in marks})
    written = {month for month, some in _by_month(tickets) if _replace(park_id, month, some)}
    db.session.execute(delete(FactMark).where(FactMark.id.in_([mark.id for mark in marks])))
    mine = FactBuild.park_id == park_id
    db.session.execute(update(FactBuild).where(mine).values(token=token_hex(8)))
    return written


def _by_month(tickets: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield the tickets by the month of their submission, which never changes."""
    found: dict[str, list[int]] = {}
    query = select(Ticket.id, Ticket.submitted_at).where(Ticket.id.in_(tickets))
    for number, submitted_at in db.session.execute(query):
        found.setdefault(f"{submitted_at.astimezone(ZONE):%Y-%m}", []).append(number)
    yield from sorted(found.items())


def _replace(park_id: int, month: str, tickets: Sequence[int]) -> bool:
    """Put the facts of these tickets in place of the former ones, as the tickets are now."""
    former = _stored(park_id, month)
    others = former[~np.isin(former["ticket_id"], tickets)]
    facts = np.concatenate([others, facts_of(park_id, Ticket.id.in_(tickets))])
    return _put(park_id, month, facts[np.argsort(facts["ticket_id"], kind="stable")])


def _stored(park_id: int, month: str) -> Facts:
    segment = (FactSegment.park_id == park_id, FactSegment.month == month)
    data = db.session.scalar(select(FactSegment.data).where(*segment))
    return no_facts() if data is None else unpack(data)


def _put(park_id: int, month: str, facts: Facts) -> bool:
    """Write the facts of a month; tells whether they are others than before."""
    data, digest = pack(facts)
    mine = (FactSegment.park_id == park_id, FactSegment.month == month)
    former = db.session.execute(select(FactSegment.digest, FactSegment.layout).where(*mine)).first()
    values = {"digest": digest, "layout": LAYOUT, "data": data}
    if former is None:
        db.session.execute(insert(FactSegment).values(park_id=park_id, month=month, **values))
        return len(facts) > 0
    if tuple(former) == (digest, LAYOUT):
        return False
    db.session.execute(update(FactSegment).where(*mine).values(**values))
    return True


@unit_of_work
def _finish(park_id: int, *, anew: bool) -> None:
    """Note when it was built; what is built anew throughout shall be read anew, too."""
    mine = FactBuild.park_id == park_id
    first = built_at(park_id) is None
    values: dict[str, object] = {"built_at": clock.now()}
    if first or anew:
        values |= {"token": token_hex(8)}
    if first:
        db.session.execute(insert(FactBuild).values(park_id=park_id, **values))
    else:
        db.session.execute(update(FactBuild).where(mine).values(**values))


def _wait_for_others(park_id: int) -> None:
    """Let one builder after the other write a park's facts: none may put an older one over a newer.

    SQLite has one writer anyhow. The lock lets everybody else refer to the park.
    """
    row = select(Park.id).where(Park.id == park_id)
    db.session.execute(row.with_for_update(key_share=True)).all()
