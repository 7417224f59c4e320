"""Reading the built counts: numbers by cut, sums over months, distinct enterprises."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from servicedesk.core.counting import rate
from servicedesk.core.figures import BY_KEY, COUNTED
from servicedesk.extensions import db
from servicedesk.statistics.models import BuiltCount, ServedEnterprise

Numbers = Mapping[str, int]
"""The built numbers of one cut, by figure; what was not built is not there."""


def numbers_of(park_id: int, period: str) -> dict[str, Numbers]:
    """Return everything that is built of one period, by cut."""
    rows = db.session.execute(
        select(BuiltCount.cut, BuiltCount.figure, BuiltCount.value).where(
            BuiltCount.park_id == park_id, BuiltCount.period == period
        )
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for cut, figure, value in rows:
        found[cut][figure] = value
    return dict(found)


def numbers_of_all(park_id: int, periods: Collection[str]) -> dict[str, Numbers]:
    """Return the numbers of the whole park for several periods, by period."""
    rows = db.session.execute(
        select(BuiltCount.period, BuiltCount.figure, BuiltCount.value).where(
            BuiltCount.park_id == park_id,
            BuiltCount.period.in_(sorted(periods)),
            BuiltCount.cut == "all",
        )
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for period, figure, value in rows:
        found[period][figure] = value
    return dict(found)


def summed(parts: Sequence[Numbers]) -> Numbers:
    """Add up what may be added; a single part keeps its medians too."""
    if len(parts) == 1:
        return parts[0]
    total: Counter[str] = Counter()
    for part in parts:
        total.update({key: value for key, value in part.items() if key in COUNTED})
    return total


def summed_by_cut(park_id: int, periods: Sequence[str], cuts: Sequence[str]) -> dict[str, Numbers]:
    """Return what may be added over several periods, and enterprises counted afresh, by cut."""
    rows = db.session.execute(
        select(BuiltCount.cut, BuiltCount.figure, func.sum(BuiltCount.value))
        .where(
            BuiltCount.park_id == park_id,
            BuiltCount.period.in_(periods),
            BuiltCount.cut.in_(cuts),
            BuiltCount.figure.in_(COUNTED),
        )
        .group_by(BuiltCount.cut, BuiltCount.figure)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for cut, figure, value in rows:
        found[cut][figure] = int(value)
    for cut, number in served(park_id, periods, cuts).items():
        found[cut]["served"] = number
    return dict(found)


def served(park_id: int, periods: Sequence[str], cuts: Sequence[str]) -> dict[str, int]:
    """Return the distinct enterprises over several periods, by cut: they are not additive."""
    distinct = func.count(func.distinct(ServedEnterprise.enterprise_id))
    rows = db.session.execute(
        select(ServedEnterprise.cut, distinct)
        .where(
            ServedEnterprise.park_id == park_id,
            ServedEnterprise.period.in_(periods),
            ServedEnterprise.cut.in_(cuts),
        )
        .group_by(ServedEnterprise.cut)
    )
    return dict(rows.all())


def value_of(key: str, numbers: Numbers) -> float | None:
    """Return a figure from built numbers: a rate divided, a count as it is, or ``None``.

    Nothing built means nought tickets, but no median.
    """
    figure = BY_KEY[key]
    if figure.part and figure.whole:
        return rate(numbers.get(figure.part, 0), numbers.get(figure.whole, 0))
    return numbers.get(key) if figure.unit == "工作分钟" else numbers.get(key, 0)
