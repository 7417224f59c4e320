"""Results of a period (绩效结果): the formula of ``core.performance`` filled from the facts.

The counted parts are those of ``statistics.cutting``, and so is how many tickets of each item everybody
has, by which results are levelled for difficulty. Whoever asks decides what may be seen: see
``performance.reach``.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from servicedesk.accounts.queries import colleagues
from servicedesk.catalogue.queries import promised_days
from servicedesk.clock import clock
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
from servicedesk.organisation.queries import units
from servicedesk.performance.periods import last_months, span_of
from servicedesk.performance.queries import Kind
from servicedesk.statistics.cutting import EVERYTHING, Cut, Dimension, Figures, Span, grouped

_DIMENSION = {Kind.UNIT: Dimension.UNIT, Kind.PERSON: Dimension.PERSON}
_OWNER = {Kind.UNIT: "unit_id", Kind.PERSON: "handler_id"}
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


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A subject's result; the ``rank`` is among the ``of`` who have a score.

    It is the same object for as long as nothing that it was worked out of has changed.
    """

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
        for one in colleagues(park_id)
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
    counted = grouped(park_id, span, EVERYTHING, Dimension.UNIT, clock.now())
    return any(unit and n.get("delivered", 0) >= MINIMUM for unit, n in counted.items())


def _results(
    park_id: int,
    span: Span,
    weights: Mapping[str, int],
    now: datetime,
    subjects: Sequence[Subject],
) -> Sequence[Result]:
    figures, days = Figures(park_id, now), promised_days(park_id)
    question = (
        "results", span, tuple(weights.items()), tuple(days.items()), tuple(subjects),
    )  # fmt: skip
    return figures.kept(question, lambda: _worked_out(figures, span, weights, days, subjects))


def _worked_out(
    figures: Figures,
    span: Span,
    weights: Mapping[str, int],
    days: Mapping[int, int],
    subjects: Sequence[Subject],
) -> Sequence[Result]:
    if not subjects:
        return ()
    kind = subjects[0].kind
    counted = figures.grouped(span, EVERYTHING, _DIMENSION[kind])
    levels = _levels(figures.by_pairs(span, _OWNER[kind]), days, [one.id for one in subjects])
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
    last = len(results) + 1
    return tuple(sorted(results, key=lambda one: (one.rank or last, -one.score.delivered)))


def _levels(
    pairs: Mapping[tuple[int, int], Mapping[str, int]],
    days: Mapping[int, int],
    wanted: Iterable[int],
) -> dict[int, dict[str, Level]]:
    """Return for each wanted subject the level of each levelled component.

    ``pairs`` are the counted parts by owner and item, ``days`` the promised ones by item.
    """
    kinds: dict[Hashable, int] = {item: kind_of(days[item]) for _owner, item in pairs}
    own: dict[str, dict[Any, dict[Hashable, Tally]]] = {
        one.key: defaultdict(dict) for one in LEVELLED
    }
    park: dict[str, dict[Hashable, Tally]] = {one.key: defaultdict(Tally) for one in LEVELLED}
    for (owner, item), counted in pairs.items():
        for one in LEVELLED:
            if counted[one.whole]:
                tally = Tally(counted[one.whole], one.misses(counted))
                own[one.key][owner][item] = tally
                park[one.key][item] += tally
    return {
        subject: {key: level(own[key].get(subject, {}), park[key], kinds) for key in own}
        for subject in wanted
    }
