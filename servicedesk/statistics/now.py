"""What is open, due today and overdue at this moment, by unit.

The conditions are those of the lists, so a number always has as many rows behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.core.permissions import Actor
from servicedesk.core.tallies import Column
from servicedesk.organisation.queries import units
from servicedesk.statistics.standing import Standing, by_unit, standing

VIEWS = ("open", "due_today", "overdue")


@dataclass(frozen=True, slots=True)
class Now:
    """Tickets at this moment; each field is also the name of the list that shows them."""

    open: int = 0
    due_today: int = 0
    overdue: int = 0

    def __add__(self, other: "Now") -> "Now":
        return Now(
            self.open + other.open,
            self.due_today + other.due_today,
            self.overdue + other.overdue,
        )


def open_by_unit(actor: Actor) -> dict[int | None, Now]:
    """Return the open tickets that the person sees by unit; ``None``: not dispatched yet."""
    return of_units(standing(actor), [unit.id for unit in units(actor.park_id)])


def of_units(stands: Standing, known: Sequence[int]) -> dict[int | None, Now]:
    """Return the open tickets by unit, of these (their row numbers, ascending) and of none."""
    place = by_unit(known)
    question = ("by unit", *known)
    counted = [stands.of_view(view, question, place, len(known) + 1) for view in VIEWS]
    keys: list[int | None] = [None, *known]
    found = {key: Now(*numbers) for key, *numbers in zip(keys, *map(_plain, counted), strict=True)}
    return {key: now for key, now in found.items() if now.open}


def _plain(column: Column) -> list[int]:
    return [int(number) for number in column]
