"""What the manager's page is made of: cards and rows, each with the way to its tickets.

All of it is plain values: two pages with equal values are the same page.
"""

from dataclasses import dataclass

from servicedesk.core.figures import Figure
from servicedesk.organisation.queries import UnitLabel
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.now import Now


@dataclass(frozen=True, slots=True)
class Named:
    """What a category or an item is called."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Link:
    """The parameters of the ticket list behind a number; empty ones are left out."""

    figure: str = ""
    period: str = ""
    cut: str = ""
    view: str = ""
    unit: str = ""

    def parameters(self) -> dict[str, str]:
        """Return what goes into the address."""
        pairs = (("figure", self.figure), ("period", self.period), ("cut", self.cut),
                 ("view", self.view), ("unit", self.unit))  # fmt: skip
        return {name: value for name, value in pairs if value}


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: its value now and before, the change, and for a rate what was divided.

    ``change`` is in per cent, for a rate in percentage points (个百分点).
    """

    figure: Figure
    value: float | None
    previous: float | None
    change: float | None
    part: int | None
    whole: int | None
    link: Link


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the year's course; ``None`` for what lies ahead."""

    period: str
    served: int | None
    submitted: int | None
    delivered: int | None
    served_before: int


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category: enterprises served and tickets delivered, each with the year before."""

    category: Named
    served: int
    served_before: int
    served_change: float | None
    delivered: int
    delivered_before: int
    cut: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit: delivered in the period, and what lies with it now. No unit: not dispatched yet."""

    unit: UnitLabel | None
    delivered: int
    on_time_rate: float | None
    median_minutes: int | None
    now: Now
    cut: str


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """Where tickets come from; ``share`` is per cent of those submitted."""

    channel: str
    label: str
    submitted: int
    share: float | None
    cut: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One of the most frequent items."""

    item: Named
    submitted: int
    served: int
    delivered: int
    cut: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the manager's page, compared with ``before``."""

    period: str
    before: Span
    cards: tuple[Card, ...]
    companion: Card | None
    now: tuple[Card, ...]
    monthly: tuple[Month, ...]
    by_category: tuple[CategoryRow, ...]
    by_unit: tuple[UnitRow, ...]
    by_channel: tuple[ChannelRow, ...]
    top_items: tuple[ItemRow, ...]
