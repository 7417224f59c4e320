"""The joint meeting (联席会议): the names of its matters and decisions, and how minutes are numbered."""

from collections.abc import Mapping

from servicedesk.core.words import N_

KIND_NAMES: Mapping[str, str] = {
    "dispute": N_("权属争议"),
    "plan": N_("挂账申请"),
    "level_3": N_("三级督办"),
    "manual": N_("专题议题"),
}
ITEM_NAMES: Mapping[str, str] = {
    "waiting": N_("待上会"),
    "listed": N_("已列入"),
    "decided": N_("已议定"),
    "dropped": N_("已撤下"),
}
MEETING_NAMES: Mapping[str, str] = {
    "planned": N_("待召开"),
    "held": N_("已召开"),
    "cancelled": N_("已取消"),
}
DECISION_NAMES: Mapping[str, str] = {
    "open": N_("落实中"),
    "done": N_("待确认"),
    "confirmed": N_("已办结"),
    "cancelled": N_("已取消"),
}
VERDICT_STEPS: Mapping[str, tuple[str, ...]] = {
    "dispute": ("settle",),
    "plan": ("approve_plan", "refuse_plan"),
}
"""The steps that end a matter of this kind; what is not here ends with a decision."""
NEEDS_VERDICT = frozenset(VERDICT_STEPS)
_DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """Return 1–99 as Chinese papers number their parts: 一、十、十一、二十三.

    Raises:
        ValueError: outside 1–99.
    """
    if not 1 <= number <= 99:
        raise ValueError(number)
    tens, rest = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[rest] if rest else "")
