"""From the data to the words of the summary: each number written by its rule, with its origin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import MetricLabel, items, metrics
from servicedesk.core.counting import Rounding, about
from servicedesk.core.figures import BY_KEY
from servicedesk.enterprises.queries import names
from servicedesk.reports.origins import of_figure, of_part
from servicedesk.reports.outcomes import DISTINCT, enterprises, enterprises_with, outcome
from servicedesk.reports.phrases import Clause, Kind, Part
from servicedesk.reports.wording import Stretch
from servicedesk.statistics.registers import MEANINGS

EXAMPLES = 2
Piece = tuple[str, int]
"""A text and the number of its reference, 0 for none."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a number comes from (数字出处): the number, what it means, where its tickets are."""

    number: int
    value: str
    meaning: str
    links: tuple[str, ...]


def amount(
    thousandths: int, unit: str, *, approximate: bool, rounding: Rounding = Rounding.OVER
) -> str:
    """Write a figure with its unit: 500余人, 96项, 23.8亿元, 3500万元.

    Money from 1亿元 on is written in 亿元 with at most two decimals, below in 万元.
    """
    if unit in ("亿元", "万元"):
        return _money(thousandths * 10_000 if unit == "亿元" else thousandths)
    if thousandths % 1000:
        return f"{thousandths / 1000:g}{unit}"
    count = about(thousandths // 1000, approximate=approximate, rounding=rounding)
    return f"{count}{unit}"


def _money(thousandths_of_ten_thousand: int) -> str:
    """Write money given in thousandths of 万元."""
    if thousandths_of_ten_thousand >= 10_000_000:
        return f"{_plain(thousandths_of_ten_thousand / 10_000_000)}亿元"
    return f"{_plain(thousandths_of_ten_thousand / 1000)}万元"


def _plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


@dataclass(slots=True)
class Writer:
    """Writes numbers of one park and stretch of days and remembers where each comes from."""

    park_id: int
    told: Stretch
    rounding: Rounding = Rounding.OVER
    references: list[Reference] = field(default_factory=list)
    _metrics: Mapping[str, MetricLabel] = field(init=False)
    _items: dict[str, ServiceItem] = field(init=False)

    def __post_init__(self) -> None:
        self._metrics = metrics()
        self._items = {item.code: item for item in items(self.park_id)}

    def built(self, key: str, value: str) -> Piece:
        """Write a built figure of the park or the unit, with its reference."""
        figure = BY_KEY[key]
        meaning = f"{figure.label}：{figure.meaning}"
        return value, self._refer(value, meaning, (of_figure(self.told, key),))

    def sentence(self, clauses: Iterable[Clause]) -> list[Piece]:
        """Write the clauses that have something to say, as one sentence."""
        written = [pieces for clause in clauses if (pieces := self._clause(clause))]
        joined: list[Piece] = []
        for number, pieces in enumerate(written, 1):
            joined += [*pieces, ("。" if number == len(written) else "；", 0)]
        return joined

    def _clause(self, clause: Clause) -> list[Piece]:
        pieces: list[Piece] = []
        for part in clause:
            value = self._value(part)
            if value:
                text, links = part.text.format(value), of_part(self.park_id, self.told, part)
                pieces.append((text, self._refer(value, self._meaning(part), links)))
            elif not pieces:
                return []
        return pieces

    def _value(self, part: Part) -> str:
        """Return the number or names of a part as text; empty for nought."""
        if part.kind is Kind.NAMES:
            return self._named(part)
        if part.kind is Kind.ENTERPRISES:
            return self._counted(part)
        metric = self._metrics[part.metric]
        value = outcome(self.park_id, self.told.span, part.items, part.metric, part.listing)
        if metric.aggregation == DISTINCT:
            value *= 1000
        return self._amount(value, metric) if value else ""

    def _amount(self, value: int, metric: MetricLabel) -> str:
        return amount(
            value, metric.unit, approximate=metric.approximate, rounding=self.rounding
        )  # fmt: skip

    def _counted(self, part: Part) -> str:
        """Write how many enterprises; official figures exactly, own service with 余."""
        if part.metric:
            count = len(enterprises_with(self.park_id, self.told.span, part.items, part.metric))
            approximate = self._metrics[part.metric].approximate
        else:
            count = enterprises(self.park_id, self.told.span, part.items, visited=part.visited)
            approximate = self._metrics["visited" if part.visited else "served"].approximate
        return about(count, approximate=approximate, rounding=self.rounding) if count else ""

    def _named(self, part: Part) -> str:
        """Write one or two enterprises by name, more as 甲、乙等N家企业."""
        found = enterprises_with(
            self.park_id, self.told.span, part.items, part.metric, part.listing
        )
        known = names(found[:EXAMPLES])
        examples = "、".join(known[enterprise] for enterprise in found[:EXAMPLES])
        if len(found) <= EXAMPLES:
            return examples
        approximate = self._metrics[part.metric].approximate
        count = about(len(found), approximate=approximate, rounding=self.rounding)
        return f"{examples}等{count}家企业"

    def _meaning(self, part: Part) -> str:
        what = "、".join(self._items[code].name for code in part.items if code in self._items)
        if not part.metric:
            how = "上门受理并办结归档的不同企业数" if part.visited else "办结归档的不同企业数"
            return f"{what}：{how}，按办结日期计入"
        listed = f"（{part.listing}）" if part.listing else ""
        return f"{what}{listed}：{MEANINGS[part.metric]}"

    def _refer(self, value: str, meaning: str, links: tuple[str, ...]) -> int:
        number = len(self.references) + 1
        self.references.append(Reference(number, value, meaning, links))
        return number
