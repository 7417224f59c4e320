"""Results of a period (绩效结果): the formula of ``core.performance`` filled from the facts.

The counted parts are those of ``statistics.cutting``; only how many tickets of each item everybody has
is asked here, in one more statement, to level for difficulty. Whoever asks decides what may be seen:
see ``performance.reach``.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select

from servicedesk.accounts.queries import staff
from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.figures import Basis
from servicedesk.core.performance import (
    LEVELLED,
    MINIMUM,
    NOT_OF_PEOPLE,
    Level,
    Score,
    Tally,
    kind_of,
    level,
    ranks,
    score,
)
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.performance.periods import last_months, span_of
from servicedesk.performance.queries import Kind
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Span, grouped, in_span
from servicedesk.statistics.fact_models import TicketFact as Fact

_DIMENSION = {Kind.UNIT: Dimension.UNIT, Kind.PERSON: Dimension.PERSON}
_OWNER = {Kind.UNIT: Fact.unit_id, Kind.PERSON: Fact.handler_id}
Tallies = Mapping[Hashable, Tally]
"""Tallies by item."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who is measured; ``code`` is the unit's, of a person empty."""

    kind: Kind
    id: int
    name: str
    code: str
    unit_id: int | None

    @property
    def cut(self) -> Cut:
        """The tickets that are this subject's."""
        return Cut(unit=self.code) if self.kind is Kind.UNIT else Cut(person=self.id)


@dataclass(frozen=True, slots=True)
class Result:
    """A subject's result; the ``rank`` is among the ``of`` who have a score."""

    subject: Subject
    submitted: int
    score: Score
    rank: int | None
    of: int


def of_units(
    park_id: int, span: Span, weights: Mapping[str, int], now: datetime
) -> Sequence[Result]:
    """Return the results of the park's units that had tickets, the best first."""
    subjects = [Subject(Kind.UNIT, one.id, one.name, one.code, one.id) for one in units(park_id)]
    return _results(park_id, span, weights, now, subjects)


def of_people(
    park_id: int, unit_id: int | None, span: Span, weights: Mapping[str, int], now: datetime
) -> Sequence[Result]:
    """Return the results of one unit's people who had tickets, ranked among each other.

    A ticket is that of whoever resolved it or has it in hand. What is difficult is measured with
    everybody else's tickets in the whole park.
    """
    subjects = [
        Subject(Kind.PERSON, one.id, one.name, "", one.unit_id)
        for one in staff(park_id)
        if one.unit_id == unit_id
    ]
    return _results(park_id, span, weights, now, subjects)


def default_period(park_id: int, today: date) -> str:
    """Return the newest full month in which a unit delivered enough for a score, or the last month."""
    months = last_months(today)
    return next((month for month in months if _anybody_scored(park_id, month)), months[0])


def _anybody_scored(park_id: int, month: str) -> bool:
    span = span_of(month)
    assert span is not None
    query = select(Fact.unit_id).where(
        *in_span(park_id, span, Basis.RESOLVED), Fact.unit_id.is_not(None)
    )
    query = query.group_by(Fact.unit_id).having(func.count() >= MINIMUM).limit(1)
    return db.session.scalar(query) is not None


def _results(
    park_id: int,
    span: Span,
    weights: Mapping[str, int],
    now: datetime,
    subjects: Sequence[Subject],
) -> list[Result]:
    if not subjects:
        return []
    kind = subjects[0].kind
    counted = grouped(park_id, span, EVERYTHING, _DIMENSION[kind], now)
    levels = _levels(park_id, span, kind, {one.id for one in subjects})
    left_out = NOT_OF_PEOPLE if kind is Kind.PERSON else frozenset()
    scores: dict[Subject, Score] = {}
    for one in subjects:
        numbers = counted.get(one.code or one.id)
        if numbers:
            scores[one] = score(numbers, weights, levels.get(one.id, {}), left_out)
    ranked = ranks({one.id: found.value for one, found in scores.items()})
    results = [
        Result(
            one, counted[one.code or one.id].get("submitted", 0), found, ranked.get(one.id),
            len(ranked),
        )
        for one, found in scores.items()
    ]  # fmt: skip
    return sorted(results, key=lambda one: (one.rank or len(results) + 1, -one.score.delivered))


def _levels(
    park_id: int, span: Span, kind: Kind, wanted: Iterable[int]
) -> dict[int, dict[str, Level]]:
    """Return for each wanted subject the level of each levelled component."""
    kinds: dict[Hashable, int] = {}
    own: dict[str, dict[Any, dict[Hashable, Tally]]] = {
        one.key: defaultdict(dict) for one in LEVELLED
    }
    park: dict[str, dict[Hashable, Tally]] = {one.key: defaultdict(Tally) for one in LEVELLED}
    for row in _tallied(park_id, span, kind):
        kinds[row["item"]] = kind_of(row["days"])
        for one in LEVELLED:
            if row[one.whole]:
                tally = Tally(row[one.whole], one.misses(row))
                own[one.key][row["owner"]][row["item"]] = tally
                park[one.key][row["item"]] += tally
    return {
        subject: {key: level(own[key].get(subject, {}), park[key], kinds) for key in own}
        for subject in wanted
    }


def _tallied(park_id: int, span: Span, kind: Kind) -> Sequence[Mapping[str, Any]]:
    """Return how many tickets of each item everybody has, and how they went, whoever may see what."""
    owner = _OWNER[kind].label("owner")
    columns = {
        "delivered": func.count(),
        "on_time": func.sum(case((Fact.on_time.is_(True), 1), else_=0)),
        "answered": func.sum(case((Fact.answered.is_(True), 1), else_=0)),
        "confirmed": func.sum(case((Fact.solved.is_(True), 1), else_=0)),
    }
    query = (
        select(
            owner, Fact.item_id.label("item"), ServiceItem.promised_days.label("days"),
            *(column.label(name) for name, column in columns.items()),
        )
        .join(ServiceItem, ServiceItem.id == Fact.item_id)
        .where(*in_span(park_id, span, Basis.RESOLVED))
        .group_by(owner, Fact.item_id, ServiceItem.promised_days)
    )  # fmt: skip
    return db.session.execute(query).mappings().all()  # type: ignore[return-value]
