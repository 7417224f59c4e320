"""The score of a unit or a person (绩效): one transparent formula over counted tickets.

A score is the weighted mean of shares, times 100. Each share is *what went right ÷ what counts*
(按期的 ÷ 办结的, 已解决的 ÷ 有答复的 …); what cannot be measured (nobody has rated anything) is left
out and its weight falls on the others, so that it never counts as nought.

Hard work must not lose to easy work. Whether a matter ends on time, or solved, depends on the matter
as much as on whoever handles it; those two shares are therefore levelled for difficulty, the way
hospitals are compared (indirect standardisation)::

    levelled miss rate = the whole park's miss rate x misses / expected misses

Expected misses are what *others* would have missed with the same matters: for each item the others'
miss rate for it, for the tickets that the subject has of it. Where others have few tickets of an item,
five tickets with the rate of items with a similar promised time are mixed in, and into those five with
the park's rate. Whoever does exactly as well as others would with the same matters comes out at the
park's rate, whatever the matters are; whoever misses nothing has the full share.

Better work never lowers a score: others' results do not hang on one's own, so fewer misses, a better
rating or one more answer that confirms can only raise it (``tests/core/test_performance.py``).
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from servicedesk.core.words import N_

MINIMUM = 5  # fewer tickets give no score and no rank
MIXED_IN = 5  # so many tickets of similar items are mixed into what others did with an item
WEIGHT_MAX = 100
Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Component:
    """One share of the score: what counts (``whole``), and what of it went wrong.

    Misses are the counted parts of ``missed`` less those of ``made``. ``figure`` is the figure of
    ``core.figures`` that it comes from: it lists the tickets of the whole, or where the figure is one
    ``of_misses`` only those that went wrong at some time. ``reason`` says why the weight is what it
    is. ``levelled`` shares are levelled for difficulty.
    """

    key: str
    label: str
    figure: str
    whole: str
    missed: str
    made: str
    says: str
    weight: int
    reason: str
    levelled: bool = False
    of_misses: bool = False

    @property
    def whole_figure(self) -> str:
        """The figure that lists the tickets of the whole."""
        return "delivered" if self.of_misses else self.figure

    def misses(self, numbers: Numbers) -> int:
        """Return how many of the whole went wrong."""
        return numbers.get(self.missed, 0) - numbers.get(self.made, 0)


COMPONENTS: Sequence[Component] = (
    Component(
        "on_time", N_("按期办结"), "on_time_rate", "delivered", "delivered", "on_time",
        N_("按期的 ÷ 办结归档的"), 40,
        N_("承诺时限是对企业的承诺，责任在承办方，所以最重；按难度校正。"), levelled=True,
    ),
    Component(
        "resolution", N_("企业确认解决"), "resolution_rate", "answered", "answered", "confirmed",
        N_("确认已解决的 ÷ 得到企业答复的"), 25,
        N_("解决率居“三率”之首；有的诉求本就难以解决，所以按难度校正。"), levelled=True,
    ),
    Component(
        "satisfaction", N_("企业满意"), "satisfaction_rate", "rated", "rated", "rated_good",
        N_("基本满意以上的 ÷ 有效评价"), 15,
        N_("评价受办理结果以外的因素影响，评价也少，不宜过重；不得只按满意率排名。"),
    ),
    Component(
        "false", N_("没有虚假办结"), "false_resolutions", "delivered", "false_resolutions", "",
        N_("未被认定虚假办结的 ÷ 办结归档的"), 10,
        N_("办结须属实；经分管领导核销的不计。"), of_misses=True,
    ),
    Component(
        "rectified", N_("差评按期整改"), "rectified_rate", "delivered", "rated_bad", "rectified",
        N_("没有差评或已按期整改的 ÷ 办结归档的"), 10,
        N_("差评必须整改（国办发〔2019〕51号）；没有差评的不因此吃亏，所以以全部办结为分母。"),
        of_misses=True,
    ),
    Component(
        "response", N_("按时响应"), "response_rate", "response_measured", "response_measured",
        "responded_in_time", N_("时限内首次联系的 ÷ 已联系或已过响应时限的"), 0,
        N_("首次响应由服务台负责，不是承办单位，默认只列出、不计分。"),
    ),
    Component(
        "follow_up", N_("已回访"), "follow_up_rate", "delivered", "delivered", "followed",
        N_("已回访或企业已答复的 ÷ 办结归档的"), 0,
        N_("回访由回访员负责，默认只列出、不计分。"),
    ),
    Component(
        "returns", N_("没有退单"), "returns_each", "delivered", "returned", "",
        N_("未经退单的 ÷ 办结归档的"), 0,
        N_("退单记在最后承办的单位名下，退单的往往是别的单位，默认只列出、不计分。"), of_misses=True,
    ),
)  # fmt: skip
# Whoever puts a matter right is never the person who was rated, but the ticket is theirs in the end:
# what went wrong before would be charged to the wrong person. Units keep their tickets.
NOT_OF_PEOPLE = frozenset({"satisfaction", "false", "rectified"})
BY_KEY: Mapping[str, Component] = {one.key: one for one in COMPONENTS}
LEVELLED: Sequence[Component] = tuple(one for one in COMPONENTS if one.levelled)
DEFAULT_WEIGHTS: Mapping[str, int] = {one.key: one.weight for one in COMPONENTS}

# Items with a similar promised time: up to so many working days.
KINDS: Sequence[tuple[int, str]] = (
    (1, N_("1个工作日以内")), (3, N_("2—3个工作日")), (5, N_("4—5个工作日")),
    (10, N_("6—10个工作日")), (20, N_("11—20个工作日")), (10**6, N_("20个工作日以上")),
)  # fmt: skip


def kind_of(promised_days: int) -> int:
    """Return the kind of an item by its promised working days, a place in ``KINDS``."""
    return next(place for place, (most, _name) in enumerate(KINDS) if promised_days <= most)


def faults(weights: Mapping[str, int]) -> dict[str, str]:
    """Return what is wrong with weights, by key; empty when they can be published.

    The key ``sum`` stands for all of them. What is left out counts as nought.
    """
    found = {
        key: N_("权重须是0—100的整数。")
        for key in BY_KEY
        if not 0 <= weights.get(key, 0) <= WEIGHT_MAX
    }
    if found:
        return found
    heavy = [key for key in BY_KEY if weights.get(key, 0)]
    if not heavy:
        return {"sum": N_("至少一项的权重要大于0。")}
    if heavy == ["satisfaction"]:
        return {"satisfaction": N_("不得只按满意率排名，请至少再给一项权重。")}
    return {}


# Levelling for difficulty -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tickets count, and how many of them went wrong."""

    whole: int = 0
    misses: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.whole + other.whole, self.misses + other.misses)

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.whole - other.whole, self.misses - other.misses)

    def mixed(self, rate: float) -> float:
        """Return the miss rate with ``MIXED_IN`` tickets of ``rate`` mixed in."""
        return (self.misses + MIXED_IN * rate) / (self.whole + MIXED_IN)


@dataclass(frozen=True, slots=True)
class KindRow:
    """A subject's tickets of one kind: how many, missed, and what others would have missed."""

    kind: int
    tally: Tally
    expected: float


@dataclass(frozen=True, slots=True)
class Level:
    """What a levelled share is measured with: the park's miss rate, and the expected misses."""

    park: float
    kinds: Sequence[KindRow]

    @property
    def expected(self) -> float:
        """How many others would have missed with the same matters."""
        return sum(row.expected for row in self.kinds)

    def levelled(self, tally: Tally) -> float:
        """Return the share after levelling, between 0 and 1."""
        if not tally.misses:
            return 1.0
        return max(0.0, 1 - self.park * tally.misses / self.expected)


def level(
    own: Mapping[Hashable, Tally], park: Mapping[Hashable, Tally], kinds: Mapping[Hashable, int]
) -> Level:
    """Return the level for a subject from the tallies by item, its ``own`` and all of the ``park``'s.

    ``kinds`` says the kind of every item. The subject's own tickets are part of the park's.
    """
    every = sum(park.values(), Tally())
    rate = every.misses / every.whole if every.whole else 0.0
    others = {item: tally - own.get(item, Tally()) for item, tally in park.items()}
    by_kind: dict[int, Tally] = defaultdict(Tally)
    for item, tally in others.items():
        by_kind[kinds[item]] += tally
    mine: dict[int, Tally] = defaultdict(Tally)
    expected: dict[int, float] = defaultdict(float)
    for item, tally in own.items():
        kind = kinds[item]
        mine[kind] += tally
        expected[kind] += tally.whole * others[item].mixed(by_kind[kind].mixed(rate))
    return Level(rate, tuple(KindRow(kind, mine[kind], expected[kind]) for kind in sorted(mine)))


# The score ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a score: its tally, its share before and after levelling, its points."""

    component: Component
    weight: int
    tally: Tally
    level: Level | None = None
    share: float | None = None
    counted: float | None = None
    points: float | None = None

    @property
    def made(self) -> int:
        """How many went right."""
        return self.tally.whole - self.tally.misses


@dataclass(frozen=True, slots=True)
class Score:
    """A score and everything that it was worked out from; no ``value`` for fewer than five tickets."""

    delivered: int
    value: float | None
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def weight(self) -> int:
        """The weights that count here: of the components that could be measured."""
        return sum(line.weight for line in self.lines if line.counted is not None)


def score(
    numbers: Numbers,
    weights: Mapping[str, int],
    levels: Mapping[str, Level],
    left_out: frozenset[str] = frozenset(),
) -> Score:
    """Return the score for counted parts; ``levels`` holds the level of each levelled component.

    What is ``left_out`` is listed without weight.

    Raises:
        ValueError: the weights cannot be published.
    """
    if found := faults(weights):
        raise ValueError(found)
    delivered = numbers.get("delivered", 0)
    counting = {key: weight for key, weight in weights.items() if key not in left_out}
    lines = tuple(_line(one, numbers, counting, levels) for one in COMPONENTS)
    total = sum(line.weight for line in lines if line.counted is not None)
    if delivered < MINIMUM or not total:
        return Score(delivered, None, lines)
    lines = tuple(_with_points(line, total) for line in lines)
    return Score(delivered, round(sum(line.points or 0.0 for line in lines), 1), lines)


def _line(
    one: Component, numbers: Numbers, weights: Mapping[str, int], levels: Mapping[str, Level]
) -> Line:
    weight, tally = weights.get(one.key, 0), Tally(numbers.get(one.whole, 0), one.misses(numbers))
    if not tally.whole:
        return Line(one, weight, tally)
    measure, share = levels.get(one.key), 1 - tally.misses / tally.whole
    counted = measure.levelled(tally) if measure else share
    return Line(one, weight, tally, measure, share, counted)


def _with_points(line: Line, total: int) -> Line:
    if line.counted is None:
        return line
    return Line(
        line.component, line.weight, line.tally, line.level, line.share, line.counted,
        100 * line.weight * line.counted / total,
    )  # fmt: skip


def ranks(values: Mapping[Hashable, float | None]) -> dict[Hashable, int]:
    """Return the rank of everybody who has a score: the best is 1, equal scores share a rank."""
    scores = sorted((value for value in values.values() if value is not None), reverse=True)
    return {key: scores.index(value) + 1 for key, value in values.items() if value is not None}
