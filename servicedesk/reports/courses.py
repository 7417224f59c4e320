"""The charts of the work summary: the course of its days, weeks or months, and its categories."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from servicedesk.catalogue.queries import categories
from servicedesk.core import spans
from servicedesk.reports.charts import Chart
from servicedesk.reports.periods import Length
from servicedesk.reports.wording import Stretch
from servicedesk.statistics.cutting import Cut, Dimension, Figures, Numbers, Span

_WEEK = timedelta(days=7)
_NAMES: Mapping[Dimension, str] = {
    Dimension.DAY: "各日", Dimension.WEEK: "各周", Dimension.MONTH: "各月"
}  # fmt: skip
_PARTS: Mapping[Length, Dimension] = {
    Length.WEEK: Dimension.DAY, Length.MONTH: Dimension.WEEK
}  # fmt: skip
NOTHING: Numbers = {}


def course(figures: Figures, told: Stretch) -> Chart | None:
    """Return what was received and delivered in the days, weeks or months of a stretch.

    ``None``: there is one part only, or nothing in any. The park's year always has its twelve months.
    """
    by = _PARTS.get(told.period.length, Dimension.MONTH)
    found = figures.grouped(told.span, Cut(unit=told.unit), by)
    parts = list(_parts(told.span, by))
    counted = [found.get(key, NOTHING) for _name, key in parts]
    series = [
        (name, [one.get(figure, 0) for one in counted])
        for name, figure in (("收到", "submitted"), ("办结归档", "delivered"))
    ]
    nothing = len(parts) < 2 or not any(any(values) for _name, values in series)
    if nothing and not told.year_end:
        return None
    return Chart(f"{told.name}{_NAMES[by]}收到和办结（件）", [name for name, _key in parts], series)


def by_category(told: Stretch, found: Mapping[object, Numbers]) -> Chart | None:
    """Return the enterprises served in each category; ``None`` where there are not two of them.

    The park's year shows the categories without any, too.
    """
    served = [(one.name, found.get(one.code, NOTHING).get("served", 0)) for one in categories()]
    if not told.year_end:
        served = [(name, count) for name, count in served if count]
        if len(served) < 2:
            return None
    names, counts = [name for name, _count in served], [count for _name, count in served]
    return Chart(f"{told.name}各类别服务企业（家）", names, [("服务企业", counts)], sideways=True)


def _parts(span: Span, by: Dimension) -> Iterator[tuple[str, object]]:
    """Yield the name and the key of each part, as ``Figures.grouped`` has the keys."""
    whole = spans.free(span.start, span.end)
    if by is Dimension.MONTH:
        for month in spans.months_of(whole):
            yield f"{month.start.month}月", month.name
    elif by is Dimension.WEEK:
        monday = span.start - timedelta(days=span.start.weekday())
        while monday <= span.end:
            first, last = max(monday, span.start), min(monday + _WEEK, span.end + timedelta(1))
            last -= timedelta(1)
            yield f"{first.day}日" if first == last else f"{first.day}—{last.day}日", monday
            monday += _WEEK
    else:
        for day in spans.every_day(whole):
            yield f"{day.month}月{day.day}日", day
