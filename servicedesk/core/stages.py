"""Matters that go through stages of their own (分阶段办理): legal aid from advice to enforcement."""

from collections.abc import Mapping, Sequence

from servicedesk.core.words import N_

STAGE_NAMES: Mapping[str, str] = {
    "advice": N_("咨询"),
    "mediation": N_("调解"),
    "arbitration": N_("仲裁"),
    "litigation": N_("诉讼"),
    "enforcement": N_("执行"),
}
_LEGAL_AID: Mapping[str, Sequence[str]] = {
    "": ("advice",),
    "advice": ("mediation", "arbitration", "litigation"),
    "mediation": ("arbitration", "litigation", "enforcement"),
    "arbitration": ("litigation", "enforcement"),
    "litigation": ("enforcement",),
    "enforcement": (),
}
STAGED_ITEMS: Mapping[str, Mapping[str, Sequence[str]]] = {"H01": _LEGAL_AID, "H02": _LEGAL_AID}


def is_staged(item: str) -> bool:
    """Tell whether the item with this code goes through stages."""
    return item in STAGED_ITEMS


def next_stages(item: str, stage: str) -> Sequence[str]:
    """Return where a matter may go from ``stage`` (empty at the beginning); none at the end.

    Arbitration of labour disputes comes before litigation and is never gone back to
    (劳动争议调解仲裁法 §5); each stage but the last can lead to the enforcement of what was agreed.
    """
    return STAGED_ITEMS.get(item, {}).get(stage, ())
