"""The table of the work summary (分类办理情况): a row for each category, and the lists behind its numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from servicedesk.catalogue.queries import categories
from servicedesk.core.counting import rate
from servicedesk.reports.courses import NOTHING
from servicedesk.reports.origins import of_cell
from servicedesk.reports.volume import is_any, per_cent
from servicedesk.reports.wording import Stretch
from servicedesk.statistics.cutting import Numbers

TOTAL = "合计"
NONE = ("0", "—")  # what leads nowhere
FIGURES = ("submitted", "delivered", "served", "on_time_rate", "satisfaction_rate")


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its texts, the name first, and the address behind each, empty where there is none."""

    texts: list[str]
    links: list[str]


def lines(told: Stretch, found: Mapping[Any, Numbers], whole: Numbers) -> list[Line]:
    """Return the rows of the categories and of the whole; there may be the whole alone.

    The park's year has all categories, anything else those in which there was something.
    """
    return [_line(told, name, code, numbers) for name, code, numbers in _rows(told, found, whole)]


def _rows(
    told: Stretch, found: Mapping[Any, Numbers], whole: Numbers
) -> Iterator[tuple[str, str, Numbers]]:
    for one in categories():
        numbers = found.get(one.code, NOTHING)
        if told.year_end or is_any(numbers):
            yield one.name, one.code, numbers
    yield TOTAL, "", whole


def _line(told: Stretch, name: str, code: str, numbers: Numbers) -> Line:
    on_time = rate(numbers.get("on_time", 0), numbers.get("delivered", 0))
    satisfied = rate(numbers.get("rated_good", 0), numbers.get("rated", 0))
    counts = [str(numbers.get(key, 0)) for key in FIGURES[:3]]
    texts = [*counts, per_cent(on_time), per_cent(satisfied)]
    cut = {"category": code} if code else {}
    behind = ["" if text in NONE else of_cell(told, key, **cut)
              for key, text in zip(FIGURES, texts, strict=True)]  # fmt: skip
    return Line([name, *texts], ["", *behind])
