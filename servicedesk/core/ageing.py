"""Ageing (在办时长): for how many working days something has been open, in bands.

A band is a span of days of submission, so that the number of a band and its list are one condition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

BANDS: tuple[tuple[int, int | None], ...] = ((0, 2), (3, 5), (6, 10), (11, 20), (21, None))
FARTHEST = timedelta(days=400)  # no calendar stands still for longer


@dataclass(frozen=True, slots=True)
class Band:
    """Open for ``least`` to ``most`` working days: submitted from ``since`` to ``until``."""

    least: int
    most: int | None
    since: date | None
    until: date | None


def bands(today: date, is_working_day: Callable[[date], bool]) -> tuple[Band, ...]:
    """Return the bands as they are on ``today``.

    The day of submission is not counted: what came yesterday has been open for one working day if
    today is one. The first band has no last day, so that nothing that is open falls through.
    """
    newest = _newest_days(today, is_working_day, max(least for least, _most in BANDS))
    return tuple(
        Band(
            least, most,
            None if most is None else newest[most + 1] + timedelta(days=1),
            None if least == 0 else newest[least],
        )
        for least, most in BANDS
    )  # fmt: skip


def _newest_days(
    today: date, is_working_day: Callable[[date], bool], farthest: int
) -> dict[int, date]:
    """Return, for each number of working days, the newest day that has been over for so many."""
    found, age, day = {0: today}, 0, today
    while age < farthest and today - day < FARTHEST:
        if is_working_day(day):
            age += 1
            found[age] = day - timedelta(days=1)
        day -= timedelta(days=1)
    return {number: found.get(number, day) for number in range(farthest + 1)}
