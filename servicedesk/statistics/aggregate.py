"""From facts about tickets to counts, for every cut at once; no database.

Tickets of one item, unit and channel share their cuts: they are counted together first, and each
such group is then added to its cuts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from servicedesk.core.counting import percentile
from servicedesk.core.workflow import BAD_RATING
from servicedesk.tickets.facts import Delivered, Submitted

Cuts = tuple[str, ...]


@dataclass(slots=True)
class _Group:
    """What is counted of tickets that share their cuts, or of one cut."""

    counts: Counter[str] = field(default_factory=Counter)
    served: set[int] = field(default_factory=set)
    used: list[int] = field(default_factory=list)
    promised: list[int] = field(default_factory=list)

    def add(self, other: "_Group") -> None:
        for figure, value in other.counts.items():
            self.counts[figure] += value
        self.served |= other.served
        self.used += other.used
        self.promised += other.promised


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Everything that is counted of one period: numbers by cut and figure, enterprises by cut."""

    counts: dict[tuple[str, str], int]
    served: dict[str, set[int]]


def aggregate(submitted: Iterable[Submitted], delivered: Iterable[Delivered]) -> Aggregate:
    """Count the tickets submitted and those delivered in one period."""
    groups: dict[Cuts, _Group] = defaultdict(_Group)
    for ticket in submitted:
        _add_submitted(groups[ticket.cuts].counts, ticket)
    for done in delivered:
        _add_delivered(groups[done.cuts], done)
    by_cut: dict[str, _Group] = defaultdict(_Group)
    for cuts, group in groups.items():
        for cut in cuts:
            by_cut[cut].add(group)
    return _finished(by_cut)


def _add_submitted(counts: Counter[str], ticket: Submitted) -> None:
    counts["submitted"] += 1
    counts["response_measured"] += ticket.response_measured
    counts["responded_in_time"] += ticket.responded_in_time


def _add_delivered(group: _Group, done: Delivered) -> None:
    counts = group.counts
    counts["delivered"] += 1
    counts["answered"] += done.answered
    counts["confirmed"] += done.confirmed
    counts["rated"] += done.rating is not None
    counts["rated_good"] += done.rating is not None and done.rating > BAD_RATING
    counts["on_time"] += done.on_time
    group.served.add(done.enterprise_id)
    group.used.append(done.used_minutes)
    group.promised.append(done.allowed_minutes)


def _finished(by_cut: dict[str, _Group]) -> Aggregate:
    counts: dict[tuple[str, str], int] = {}
    for cut, group in by_cut.items():
        numbers: dict[str, int | None] = dict(group.counts)
        if group.used:
            numbers |= {
                "served": len(group.served),
                "median_minutes": percentile(group.used, 50),
                "p90_minutes": percentile(group.used, 90),
                "promised_median_minutes": percentile(group.promised, 50),
            }
        counts |= {(cut, key): value for key, value in numbers.items() if value is not None}
    return Aggregate(counts, {cut: group.served for cut, group in by_cut.items()})
