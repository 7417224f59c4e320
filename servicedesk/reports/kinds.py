"""The kinds of reports (报表种类), as data: the page, the permissions and the scheduler read this."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.core.permissions import Actor, scope_of
from servicedesk.core.words import N_
from servicedesk.reports.periods import Length

MAKE, TEMPLATE = "report.make", "report.template"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report.

    ``length`` is the period that it covers; without one the asker names its days. Whoever may only
    see a unit gets that unit's numbers. ``subscribable`` ones come by themselves when their period is over. A ``paper`` is a Word
    document in prose, for which the asker chooses how numbers are rounded.
    """

    key: str
    name: str
    meaning: str
    length: Length | None
    permission: str = MAKE
    subscribable: bool = True
    paper: bool = False

    def open_to(self, actor: Actor) -> bool:
        """Tell whether the person may ask for reports of this kind."""
        return scope_of(actor.role, self.permission) is not None


_TABLES = N_("全部指标及环比、同比，按单位、类别、事项分列，附本期台账和指标口径。")
_SUMMARY = N_(
    "所选统计期的“帮代办”服务情况，按公文格式写成 Word；每个数字都标明出处，附统计表和统计图。"
)
KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("weekly", N_("统计周报"), _TABLES, Length.WEEK),
        Kind("monthly", N_("统计月报"), _TABLES, Length.MONTH),
        Kind("quarterly", N_("统计季报"), _TABLES, Length.QUARTER),
        Kind("yearly", N_("统计年报"), _TABLES, Length.YEAR),
        Kind(
            "ledger", N_("帮代办台账"),
            N_("所选日期内提交的每一件工单，一件一行，附合计和指标口径；联系人和电话已脱敏。"),
            None, subscribable=False,
        ),
        *(
            Kind(key, name, _SUMMARY, length, paper=True)
            for key, name, length in (
                ("summary_week", N_("每周工作情况"), Length.WEEK),
                ("summary_month", N_("每月工作情况"), Length.MONTH),
                ("summary_quarter", N_("季度工作总结"), Length.QUARTER),
                ("summary_half", N_("半年工作总结"), Length.HALF),
                ("summary", N_("年度工作总结"), Length.YEAR),
            )
        ),
    )
}  # fmt: skip


def kinds_for(actor: Actor) -> dict[str, Kind]:
    """Return the kinds that the person may ask for."""
    return {key: kind for key, kind in KINDS.items() if kind.open_to(actor)}
