"""How big an enterprise is (企业划型): 统计上大中小微型企业划分办法（2017）, as data and one rule.

Large, medium and small ask for every indicator to reach the lower bound; what misses one falls a
class, and what misses the lowest is micro. So the class is that of the worst indicator.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.core.industries import industry_code
from servicedesk.core.words import N_

SCALES: Mapping[str, str] = {
    "large": N_("大型"),
    "medium": N_("中型"),
    "small": N_("小型"),
    "micro": N_("微型"),
}
_ORDER = tuple(SCALES)
Bounds = tuple[int, int, int]
"""The least value of a large, a medium and a small enterprise."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The bounds of one line of business: people, revenue and assets in 万元; ``None`` is not asked."""

    employees: Bounds | None = None
    revenue: Bounds | None = None
    assets: Bounds | None = None


_PEOPLE_ONLY = Rule(employees=(300, 100, 10))
_INDUSTRY = Rule((1000, 300, 20), (40_000, 2_000, 300))
_TRANSPORT = Rule((1000, 300, 20), (30_000, 3_000, 200))
_INN = Rule((300, 100, 10), (10_000, 2_000, 100))
_NETWORKS = Rule((2000, 100, 10), (100_000, 1_000, 100))
_OTHER_SECTIONS = frozenset("MNOR")
RULES: Mapping[str, Rule] = {  # the longest beginning of the code decides
    "A": Rule(revenue=(20_000, 500, 50)),
    "B": _INDUSTRY,
    "C": _INDUSTRY,
    "D": _INDUSTRY,
    "E": Rule(revenue=(80_000, 6_000, 300), assets=(80_000, 5_000, 300)),
    "F51": Rule((200, 20, 5), (40_000, 5_000, 1_000)),
    "F52": Rule((300, 50, 10), (20_000, 500, 100)),
    "G54": _TRANSPORT,
    "G55": _TRANSPORT,
    "G56": _TRANSPORT,
    "G57": _TRANSPORT,
    "G58": _TRANSPORT,
    "G59": Rule((200, 100, 20), (30_000, 1_000, 100)),
    "G591": _TRANSPORT,
    "G60": Rule((1000, 300, 20), (30_000, 2_000, 100)),
    "H": _INN,
    "I63": _NETWORKS,
    "I64": _NETWORKS,
    "I65": Rule((300, 100, 10), (10_000, 1_000, 50)),
    "K701": Rule(revenue=(200_000, 1_000, 100), assets=(10_000, 5_000, 2_000)),
    "K702": Rule((1000, 300, 100), (5_000, 1_000, 500)),
    "K703": _PEOPLE_ONLY,
    "K704": _PEOPLE_ONLY,
    "K709": _PEOPLE_ONLY,
    "L": Rule(employees=(300, 100, 10), assets=(120_000, 8_000, 100)),
    "Q85": _PEOPLE_ONLY,
    **dict.fromkeys(sorted(_OTHER_SECTIONS), _PEOPLE_ONLY),
}


def scale_of(
    code: str, employees: int | None, revenue: float | None, assets: float | None = None
) -> str | None:
    """Return ``large``, ``medium``, ``small`` or ``micro``; money in 万元.

    ``None`` where the rule does not reach (railways, finance, education, health, administration) or
    an indicator that it asks for is missing, unless what is known is micro already.
    """
    rule = _rule_of(code)
    if rule is None:
        return None
    asked = ((rule.employees, employees), (rule.revenue, revenue), (rule.assets, assets))
    classes = [_class(bounds, value) for bounds, value in asked if bounds is not None]
    known = [one for one in classes if one is not None]
    if len(known) < len(classes) and "micro" not in known:
        return None
    return max(known, key=_ORDER.index)


def _rule_of(code: str) -> Rule | None:
    full = industry_code(code) or ""
    return next((RULES[full[:end]] for end in (4, 3, 1) if full[:end] in RULES), None)


def _class(bounds: Bounds, value: float | None) -> str | None:
    if value is None:
        return None
    return next(
        (name for name, least in zip(_ORDER, bounds, strict=False) if value >= least), "micro"
    )
