"""From facts to the counts of months and years, for every cut at once.

Facts of one item, unit and channel share their cuts: they are counted together first, each such
group is then added to its cuts, and the months of a year to the year. No fact is read twice.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, or_, select

from servicedesk.catalogue.queries import items_by_id
from servicedesk.core.counting import percentile
from servicedesk.core.figures import Basis
from servicedesk.core.workflow import BAD_RATING
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.statistics.cutting import Span, in_span
from servicedesk.statistics.fact_models import TicketFact as Fact

Key = tuple[int, int | None, str]
"""Item, unit and channel: what decides under which cuts a ticket counts."""


@dataclass(slots=True)
class _Group:
    """What is counted of facts that share their cuts, or of one cut."""

    counts: Counter[str] = field(default_factory=Counter)
    served: set[int] = field(default_factory=set)
    used: list[int] = field(default_factory=list)
    promised: list[int] = field(default_factory=list)

    def add(self, other: "_Group") -> None:
        self.counts.update(other.counts)
        self.served |= other.served
        self.used += other.used
        self.promised += other.promised


Groups = dict[Key, _Group]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Everything that is counted of one period: numbers by cut and figure, enterprises by cut."""

    counts: dict[tuple[str, str], int]
    served: dict[str, set[int]]


def aggregates(park_id: int, months: Collection[str], now: datetime) -> dict[str, Aggregate]:
    """Count these months, and the years that they belong to."""
    cuts, found = _Cuts(park_id), {}
    for year in sorted({month[:4] for month in months}):
        whole: Groups = defaultdict(_Group)
        for month in (f"{year}-{number:02d}" for number in range(1, 13)):
            groups = _month(park_id, month, now)
            if month in months:
                found[month] = _finished(groups, cuts)
            for key, group in groups.items():
                whole[key].add(group)
        found[year] = _finished(whole, cuts)
    return found


def span_of(month: str) -> Span:
    """Return the first and the last day of ``2024-03``."""
    start = date(int(month[:4]), int(month[5:]), 1)
    after = (start + timedelta(days=31)).replace(day=1)
    return Span(start, after - timedelta(days=1))


def _month(park_id: int, month: str, now: datetime) -> Groups:
    groups: Groups = defaultdict(_Group)
    span = span_of(month)
    _add_submitted(groups, park_id, span, now)
    _add_delivered(groups, park_id, span)
    return groups


def _add_submitted(groups: Groups, park_id: int, span: Span, now: datetime) -> None:
    """A response is measured once it is there or its limit has passed, until now or until the end."""
    over = Fact.response_due_at < func.coalesce(Fact.ended_at, now)
    measured = or_(Fact.responded_at.is_not(None), over)
    in_time = Fact.responded_at <= Fact.response_due_at
    key = (Fact.item_id, Fact.unit_id, Fact.channel)
    sums = (func.count(), *(func.sum(case((one, 1), else_=0)) for one in (measured, in_time)))
    query = select(*key, *sums).where(*in_span(park_id, span, Basis.SUBMITTED)).group_by(*key)
    for item_id, unit_id, channel, submitted, answered, quickly in db.session.execute(query):
        groups[item_id, unit_id, channel].counts.update(
            submitted=submitted, response_measured=answered, responded_in_time=quickly
        )


def _add_delivered(groups: Groups, park_id: int, span: Span) -> None:
    query = select(
        Fact.item_id, Fact.unit_id, Fact.channel, Fact.enterprise_id, Fact.answered, Fact.solved,
        Fact.rating, Fact.on_time, func.coalesce(Fact.used_minutes, 0), Fact.promised_minutes,
    ).where(*in_span(park_id, span, Basis.RESOLVED))  # fmt: skip
    for (
        item_id, unit_id, channel, enterprise_id, answered, solved, rating, on_time, used, promised,
    ) in db.session.execute(query.execution_options(yield_per=5000)):  # fmt: skip
        group = groups[item_id, unit_id, channel]
        counts = group.counts
        counts["delivered"] += 1
        counts["answered"] += answered
        counts["confirmed"] += solved
        counts["rated"] += rating is not None
        counts["rated_good"] += rating is not None and rating > BAD_RATING
        counts["on_time"] += on_time
        group.served.add(enterprise_id)
        group.used.append(used)
        group.promised.append(promised)


def _finished(groups: Mapping[Key, _Group], cuts: "_Cuts") -> Aggregate:
    by_cut: dict[str, _Group] = defaultdict(_Group)
    for key, group in groups.items():
        for cut in cuts.of(key):
            by_cut[cut].add(group)
    counts = {
        (cut, name): value for cut, group in by_cut.items() for name, value in _numbers(group)
    }
    return Aggregate(counts, {cut: group.served for cut, group in by_cut.items()})


def _numbers(group: _Group) -> Iterator[tuple[str, int]]:
    yield from group.counts.items()
    if not group.used:
        return
    yield "served", len(group.served)
    for name, minutes, percent in (
        ("median_minutes", group.used, 50),
        ("p90_minutes", group.used, 90),
        ("promised_median_minutes", group.promised, 50),
    ):
        yield name, percentile(minutes, percent) or 0


class _Cuts:
    """The cuts under which facts count; few combinations, so each is made once."""

    def __init__(self, park_id: int) -> None:
        self._items = items_by_id(park_id)
        self._units = {unit.id: unit.code for unit in units(park_id)}
        self._made: dict[Key, tuple[str, ...]] = {}

    def of(self, key: Key) -> tuple[str, ...]:
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(self, item_id: int, unit_id: int | None, channel: str) -> tuple[str, ...]:
        item = self._items[item_id]
        cuts = ["all", f"category:{item.category_code}", f"item:{item.code}"]
        if unit_id is not None:
            cuts.append(f"unit:{self._units[unit_id]}")
        return (*cuts, f"channel:{channel}")
