"""What stands at this moment (当前在办): the facts, and the tickets that changed since they were built.

Every change marks its ticket. What is counted here is counted in the stored facts, without the marked
tickets as they were, and with them as they are: the numbers are those of the lists at any moment,
however many tickets a park has.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import ceil
from typing import TypeVar

import numpy as np
from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.standing import VIEWS, Moment
from servicedesk.core.tallies import NONE, Column
from servicedesk.database import among
from servicedesk.extensions import db
from servicedesk.statistics.cutting import Figures
from servicedesk.statistics.fact_columns import Facts, no_facts
from servicedesk.statistics.fact_models import FactMark
from servicedesk.statistics.fact_source import STANDING, standing_of
from servicedesk.statistics.facts import stale, unchanged_since
from servicedesk.statistics.store import OPEN, Rows
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket

T = TypeVar("T")
ALWAYS = (date(2000, 1, 1), date(2199, 12, 31))
Place = Callable[[Rows], Column]
"""The place (a number from 0) at which each row counts; rows that do not count are left out."""


@dataclass(frozen=True, slots=True)
class _Change:
    """The marked tickets, as they are in the facts and as they are."""

    former: Rows
    present: Rows


class Standing:
    """A park's tickets at one moment; ``unit_id`` narrows everything to those of one unit."""

    def __init__(self, park_id: int, now: datetime, unit_id: int | None = None) -> None:
        self._park_id, self.unit_id = park_id, unit_id
        self._marked = _marked(park_id)
        self._figures = Figures(park_id, now)
        self._facts = self._figures.facts
        tomorrow = datetime.combine(now.astimezone(ZONE).date() + timedelta(days=1), time(), ZONE)
        self._at = Moment(ceil(now.timestamp()), int(tomorrow.timestamp()))

    @property
    def figures(self) -> Figures:
        """The figures of the same moment, counted from the same facts."""
        return self._figures

    def views(self, names: Iterable[str]) -> dict[str, int]:
        """Return how many tickets each of these views (``core.standing.VIEWS``) holds."""
        return {name: int(self.of_view(name, "all", _all_alike, 1)[0]) for name in names}

    def of_view(self, name: str, question: Hashable, place: Place, width: int) -> Column:
        """Return how many tickets of a view are at each of ``width`` places.

        ``question`` stands for what ``place`` asks: the answer from the facts is kept.
        """

        def placed(rows: Rows) -> Column:
            return place(rows)[VIEWS[name](rows, self._at)]

        asked = (name, question, self._at.tomorrow)
        return self._sums("open", *ALWAYS, asked, placed, width)

    def asked(self, start: date, end: date, question: Hashable, place: Place, width: int) -> Column:
        """Return how many of the tickets that were submitted between two days are at each place.

        ``question`` stands for what ``place`` asks, as in :meth:`of_view`.
        """
        return self._sums("submitted_on", start, end, question, place, width)

    def settled(self, question: Hashable, count: Callable[[], T]) -> T:
        """Return what ``count`` reads from the tickets' own rows, kept for as long as no ticket changes.

        ``question`` stands for what it counts. What was counted beside a change that waits is not kept:
        the change may be taken back.
        """
        since = unchanged_since(self._park_id)
        if since is None or db.session.info.get("writing"):
            return count()
        asked = (since, question, self.unit_id)
        found: T | None = self._facts.answers.get(asked)
        if found is None:
            found = count()
            self._facts.keep(asked, found)
        return found

    def _sums(
        self, table: str, start: date, end: date, question: Hashable, place: Place, width: int
    ) -> Column:
        def count(rows: Rows) -> Column:
            return np.bincount(place(self._own(rows)), minlength=width)

        def in_facts() -> Column:
            return count(self._facts.within(table, start, end))

        if not self._facts.complete:
            return count(_between(self._everything(table, start, end), table, start, end))
        asked = (table, start, end, self.unit_id, question)
        found = self._facts.answer(asked, self._at.now, in_facts, OPEN)
        former, present = (
            count(_between(rows, table, start, end))
            for rows in (self._change.former, self._change.present)
        )
        return np.asarray(found - former + present)

    def _own(self, rows: Rows) -> Rows:
        return rows if self.unit_id is None else rows.only(rows["unit_id"] == self.unit_id)

    def _everything(self, table: str, start: date, end: date) -> Rows:
        """Read from the tickets what the facts do not hold yet."""
        if table == "open":
            return _rows(standing_of(self._park_id, Ticket.closed_at.is_(None)))
        first = datetime.combine(start, time(), ZONE)
        after = datetime.combine(end + timedelta(days=1), time(), ZONE)
        within = (Ticket.submitted_at >= first) & (Ticket.submitted_at < after)
        return _rows(standing_of(self._park_id, within))

    @cached_property
    def _change(self) -> _Change:
        months = self._facts.months
        former = [
            months[month][np.isin(months[month]["ticket_id"], tickets)]
            for month, tickets in self._marked.items()
            if month in months
        ]
        tickets = [ticket for some in self._marked.values() for ticket in some]
        marked = among(Ticket.id, tickets, db.engine.dialect.name)
        present = standing_of(self._park_id, marked) if tickets else no_facts()
        return _Change(_rows(np.concatenate([no_facts(), *former])), _rows(present))


def standing(actor: Actor, unit_id: int | None = None) -> Standing:
    """Return what stands as far as the person sees it; of one unit, if it is named.

    Who sees a unit's tickets alone gets those that the unit leads, as in its views.
    """
    own = actor.unit_id if scope_of(actor.role, "ticket.view") is Scope.UNIT else None
    return Standing(actor.park_id, clock.now(), unit_id if own is None else own)


def by_unit(unit_ids: Sequence[int]) -> Place:
    """Return how to place tickets by unit: 0 for none, 1 for the first of these (ascending) …"""
    known = np.array([NONE, *unit_ids])

    def place(rows: Rows) -> Column:
        return np.searchsorted(known, rows["unit_id"])

    return place


def _marked(park_id: int) -> dict[str, list[int]]:
    """Return the tickets with a change that is not in the facts, by the month of their submission."""
    if not stale(park_id):
        return {}
    marks = select(FactMark.ticket_id).where(FactMark.park_id == park_id)
    found: dict[str, list[int]] = {}
    query = select(Ticket.id, Ticket.submitted_at).where(Ticket.id.in_(marks))
    for ticket_id, submitted_at in db.session.execute(query):
        found.setdefault(f"{submitted_at.astimezone(ZONE):%Y-%m}", []).append(ticket_id)
    return found


def _rows(facts: Facts) -> Rows:
    return Rows({name: facts[name] for name in STANDING}, slice(None))


def _between(rows: Rows, table: str, start: date, end: date) -> Rows:
    """Return those rows that the table holds between two days."""
    day = rows["submitted_on"]
    there = (day >= start.toordinal()) & (day <= end.toordinal())
    return rows.only(there & rows["open"] if table == "open" else there)


def _all_alike(rows: Rows) -> Column:
    return np.zeros(len(rows["state"]), dtype=np.int64)
