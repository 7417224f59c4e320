"""The leader's minute: how many were served, how well, what is late, which unit to ask first."""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.core.lights import LEAST_TICKETS
from servicedesk.statistics.rows import Card, Overview, UnitRow

MOST = 4
QUALITY = ("satisfaction_rate", "on_time_rate", "resolution_rate")


@dataclass(frozen=True, slots=True)
class Minute:
    """The four answers, and the cards that answer none of them.

    ``more`` units have something late or a rate below the target, beyond those that are named.
    """

    served: Card
    quality: Sequence[Card]
    now: Sequence[Card]
    first: Sequence[UnitRow]
    more: int
    others: Sequence[Card]


def minute_of(figures: Overview, target: int) -> Minute:
    """Return the answers from the figures of the overview; ``target`` is what rates should reach."""
    cards = {card.figure.key: card for card in figures.cards}
    asked = [
        row
        for row in by_trouble(figures.by_unit, target)
        if row.now.overdue or is_below(row, target)
    ]
    return Minute(
        served=cards["served"],
        quality=[cards[key] for key in QUALITY],
        now=sorted(figures.now, key=lambda card: card.figure.key != "overdue"),
        first=asked[:MOST],
        more=len(asked[MOST:]),
        others=[card for key, card in cards.items() if key not in ("served", *QUALITY)],
    )


def by_trouble(rows: Sequence[UnitRow], target: int) -> list[UnitRow]:
    """Return units with what is late first, then what is due today, then the lowest rate."""
    return sorted(
        rows,
        key=lambda row: (
            -row.now.overdue,
            -row.now.due_today,
            row.on_time_rate if row.on_time_rate is not None and is_below(row, target) else 100,
            -row.now.open,
        ),
    )


def is_below(row: UnitRow, target: int) -> bool:
    """Tell whether a unit's on-time rate misses the target, of enough tickets to say so."""
    if row.on_time_rate is None or row.delivered < LEAST_TICKETS:
        return False
    return row.on_time_rate < target
