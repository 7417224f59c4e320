"""From facts about tickets to counts, for every cut at once; no database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from servicedesk.tickets.facts import Delivered, Submitted


@dataclass(slots=True)
class Aggregate:
    """Everything that is counted of one period, by cut."""

    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    served: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    minutes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    promised: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def aggregate(submitted: Iterable[Submitted], delivered: Iterable[Delivered]) -> Aggregate:
    """Count the tickets submitted and those delivered in one period."""
    built = Aggregate()
    for ticket in submitted:
        for cut in ticket.cuts:
            _add_submitted(built, cut, ticket)
    for done in delivered:
        for cut in done.cuts:
            _add_delivered(built, cut, done)
    return built


def _add_submitted(built: Aggregate, cut: str, ticket: Submitted) -> None:
    built.counts[cut, "submitted"] += 1
    built.counts[cut, "response_measured"] += ticket.response_measured
    built.counts[cut, "responded_in_time"] += ticket.responded_in_time


def _add_delivered(built: Aggregate, cut: str, done: Delivered) -> None:
    built.counts[cut, "delivered"] += 1
    built.counts[cut, "answered"] += done.answered
    built.counts[cut, "confirmed"] += done.confirmed
    built.counts[cut, "rated"] += done.rating is not None
    built.counts[cut, "rated_good"] += done.rating is not None and done.rating > 2
    built.counts[cut, "on_time"] += done.on_time
    built.served[cut].add(done.enterprise_id)
    built.minutes[cut].append(done.used_minutes)
    built.promised[cut].append(done.allowed_minutes)
