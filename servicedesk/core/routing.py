"""Which unit should have a ticket (派单建议), and why; pure.

Three voices are heard: the rules that a person has switched on, the catalogue, and how similar
tickets went. A unit that has returned this very ticket comes last, whatever they say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servicedesk.core.words import N_

RETURN_REASONS: Mapping[str, str] = {
    "not_ours": N_("不属于本单位职责"),
    "other_level": N_("属于上级或其他层级权限"),
    "unclear": N_("诉求内容不清，无法办理"),
    "duplicate": N_("与在办工单重复"),
    "shared": N_("须多个单位共同办理，应另定主办"),
}
RULE_STATES: Mapping[str, str] = {
    "proposed": N_("待采纳"),
    "active": N_("启用"),
    "off": N_("停用"),
}
LOOK_BACK_DAYS = 365
AREA_WEIGHT = 4  # in the acceptance of a unit, a ticket of the same area counts as four more
PRIOR = 5  # the catalogue's word weighs as much as five tickets
LEAD_SHARE, PARTNER_SHARE = 0.7, 0.3  # of the catalogue's word
BENEFIT = 2  # a first return does not condemn a unit: two signed tickets are taken for granted

Values = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Past:
    """How one unit took similar tickets in the last year: signed (签收) and returned (退单).

    ``near_*`` are those among them from the same area; ``ruled`` those that a leader sent there.
    """

    signed: int = 0
    returned: int = 0
    near_signed: int = 0
    near_returned: int = 0
    ruled: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """An active rule that fits the ticket; ``verdict`` says that it came from a leader's ruling."""

    number: int
    unit: str
    item: bool = False
    area: bool = False
    words: bool = False
    verdict: bool = False

    @property
    def weight(self) -> tuple[int, int]:
        """The more a rule asks for, the more it says; among equals the newest holds."""
        return (4 * self.words + 2 * self.area + self.item, self.number)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit by its code, and why: sentences with their numbers."""

    unit: str
    reasons: Sequence[tuple[str, Values]]
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about where a ticket belongs; units are named by their codes.

    ``returned_by`` counts the returns of this ticket (退单), ``area`` is the enterprise's (片区).
    """

    lead: str | None = None
    partners: Sequence[str] = ()
    returned_by: Mapping[str, int] = field(default_factory=dict)
    past: Mapping[str, Past] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    area: str = ""

    def units(self) -> list[str]:
        """Return every unit that anything speaks for or against, the catalogue's first."""
        named = [self.lead] if self.lead else []
        others = (*self.partners, *(rule.unit for rule in self.rules), *self.past)
        return list(dict.fromkeys((*named, *others, *self.returned_by)))


def suggest(known: Evidence) -> list[Suggestion]:
    """Rank the units for a ticket, the best first, each with its reasons.

    In this order: fewer returns of this very ticket; the rule that says most; how likely it is, by
    the catalogue and the last year, that a ticket like this one ends with the unit.
    """
    scores, rules = _scores(known), _rules_by_unit(known.rules)
    order = {unit: place for place, unit in enumerate(known.units())}

    def rank(unit: str) -> tuple[int, tuple[int, int], float, int]:
        weight = rules[unit].weight if unit in rules else (-1, 0)
        return (
            known.returned_by.get(unit, 0),
            (-weight[0], -weight[1]),
            -scores[unit],
            order[unit],
        )

    return [
        Suggestion(unit, _reasons(unit, known, rules.get(unit)), known.returned_by.get(unit, 0))
        for unit in sorted(order, key=rank)
    ]


def _rules_by_unit(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return the strongest rule of each unit."""
    return {rule.unit: rule for rule in sorted(rules, key=lambda rule: rule.weight)}


def _scores(known: Evidence) -> dict[str, float]:
    """Return how likely a ticket like this ends with each unit.

    The share of the signed tickets that the unit signed, the area's drawn towards the whole park's
    and that towards the catalogue, times how often the unit keeps what it is sent. Only the last
    factor knows returns, so a return can only lower its own unit.
    """
    everywhere = sum(one.signed for one in known.past.values())
    near = sum(one.near_signed for one in known.past.values())
    return {
        unit: _share(known, unit, everywhere, near) * _kept(known.past.get(unit, Past()))
        for unit in known.units()
    }


def _share(known: Evidence, unit: str, everywhere: int, near: int) -> float:
    past = known.past.get(unit, Past())
    whole = (past.signed + PRIOR * _catalogue(known, unit)) / (everywhere + PRIOR)
    return (past.near_signed + PRIOR * whole) / (near + PRIOR)


def _catalogue(known: Evidence, unit: str) -> float:
    if unit == known.lead:
        return LEAD_SHARE
    return PARTNER_SHARE / len(known.partners) if unit in known.partners else 0.0


def _kept(past: Past) -> float:
    signed = BENEFIT + past.signed + AREA_WEIGHT * past.near_signed
    return signed / (signed + past.returned + AREA_WEIGHT * past.near_returned)


def _reasons(unit: str, known: Evidence, rule: Rule | None) -> list[tuple[str, Values]]:
    found: list[tuple[str, Values]] = []
    if n := known.returned_by.get(unit, 0):
        found.append((N_("本单位已退过本工单%(n)s次"), {"n": n}))
    if rule is not None:
        found.append((N_("分管领导裁定的派单规则") if rule.verdict else N_("派单规则指定"), {}))
    past = known.past.get(unit)
    if past is not None:
        found += _record(past, known.area)
    if unit == known.lead:
        found.append((N_("事项清单的牵头单位"), {}))
    elif unit in known.partners:
        found.append((N_("事项清单的协办单位"), {}))
    return found


def _record(past: Past, area: str) -> list[tuple[str, Values]]:
    found: list[tuple[str, Values]] = [
        (
            N_("近一年同类工单%(n)s件由本单位签收，退单%(returned)s次"),
            {"n": past.signed, "returned": past.returned},
        )
    ]
    if area and past.near_signed + past.near_returned:
        values: Values = {"area": area, "n": past.near_signed, "returned": past.near_returned}
        found.append((N_("其中%(area)s签收%(n)s件，退单%(returned)s次"), values))
    if past.ruled:
        found.append((N_("分管领导裁定%(n)s件由本单位办理"), {"n": past.ruled}))
    return found


def words_of(text: str) -> list[str]:
    """Return the words of a rule: what stands between spaces and commas, folded."""
    for mark in "，、,；;":
        text = text.replace(mark, " ")
    return [word.casefold() for word in text.split()]


def fits(words: str, text: str) -> bool:
    """Tell whether one of a rule's words stands in a ticket's text; a rule without words always fits."""
    wanted, folded = words_of(words), text.casefold()
    return not wanted or any(word in folded for word in wanted)
