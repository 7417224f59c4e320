"""Which unit should have a ticket (派单建议), and why; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.words import N_

RETURN_REASONS: Mapping[str, str] = {
    "not_ours": N_("不属于本单位职责"),
    "other_level": N_("属于上级或其他层级权限"),
    "unclear": N_("诉求内容不清，无法办理"),
    "duplicate": N_("与在办工单重复"),
    "shared": N_("须多个单位共同办理，应另定主办"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit by its code and the sentence that says why."""

    unit: str
    reason: str


def suggest(
    lead: str | None, partners: Sequence[str], returned_by: Mapping[str, int]
) -> Suggestion | None:
    """Suggest the item's lead unit, unless it has already returned this ticket (退单).

    ``returned_by`` counts this ticket's returns by unit code. When the lead has returned it, the
    first partner that has not is suggested; ``None`` when the catalogue names nobody else.
    """
    if lead is not None and not returned_by.get(lead):
        return Suggestion(lead, N_("事项清单的牵头单位"))
    for partner in partners:
        if not returned_by.get(partner):
            return Suggestion(partner, N_("牵头单位已退单，建议协办单位"))
    return None
