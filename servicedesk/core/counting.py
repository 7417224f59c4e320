"""What each figure means (指标口径): one definition, in one place, as data; and how it is written.

The pages' hover text, the export's notes and the documentation read these; the recount proves them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from servicedesk.core.words import N_


class Basis(StrEnum):
    """The day by which a ticket falls into a period (统计口径)."""

    SUBMITTED = "submitted"
    RESOLVED = "resolved"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``unit`` is 家, 件, % or 工作分钟; ``whole`` names the denominator of a rate."""

    key: str
    label: str
    meaning: str
    unit: str
    basis: Basis
    part: str | None = None
    whole: str | None = None
    source: str = ""


FIGURES: tuple[Figure, ...] = (
    Figure(
        "served", N_("服务企业数"),
        N_("期内有至少一件服务办结并归档的不同企业数；一家企业办多件只算一家，按办结日期计入。"),
        N_("家"), Basis.RESOLVED, source="鹤城高新区2024年工作总结 一.4",
    ),
    Figure(
        "submitted", N_("收到工单"), N_("期内提交的全部工单，按提交日期计入。"),
        N_("件"), Basis.SUBMITTED,
    ),
    Figure(
        "delivered", N_("办结归档"),
        N_("期内办结且已归档的工单，按办结日期计入；不予受理和撤回不在其中。"),
        N_("件"), Basis.RESOLVED,
    ),
    Figure(
        "response_rate", N_("响应率"),
        N_("时限内首次联系企业的工单 ÷ 期内提交且已联系或已过响应时限的工单。"),
        "%", Basis.SUBMITTED, "responded_in_time", "response_measured",
        source="北京市接诉即办“三率”；公式为本园区口径",
    ),
    Figure(
        "resolution_rate", N_("解决率"),
        N_("企业确认已解决的工单 ÷ 期内办结、得到企业答复的工单；部分解决不算解决。"),
        "%", Basis.RESOLVED, "confirmed", "answered",
    ),
    Figure(
        "satisfaction_rate", N_("满意率"),
        N_("非常满意、满意和基本满意 ÷ 有效评价；未评价的不在分母中，也不算满意。"),
        "%", Basis.RESOLVED, "rated_good", "rated", source="GB/T 39734-2020",
    ),
    Figure(
        "rating_rate", N_("评价率"), N_("企业已评价的工单 ÷ 办结归档的工单。"),
        "%", Basis.RESOLVED, "rated", "delivered", source="GB/T 39734-2020",
    ),
    Figure(
        "on_time_rate", N_("按期办结率"),
        N_("承诺时限内办结的工单 ÷ 办结归档的工单；经批准的延期按新期限计，暂停时间不计。"),
        "%", Basis.RESOLVED, "on_time", "delivered",
    ),
    Figure(
        "median_minutes", N_("办理用时中位数"),
        N_("从提交计时到办结的工作时间，扣除暂停；一半工单不超过此数。"),
        "工作分钟", Basis.RESOLVED,
    ),
    Figure(
        "p90_minutes", N_("办理用时九成值"),
        N_("九成工单的办理用时不超过此数（工作时间，扣除暂停）。"),
        "工作分钟", Basis.RESOLVED,
    ),
    Figure(
        "promised_median_minutes", N_("承诺用时中位数"),
        N_("同一批工单所承诺的工作时间的中位数，供对照。"),
        "工作分钟", Basis.RESOLVED,
    ),
    Figure("open", N_("在办工单"), N_("此刻尚未归档的工单。"), N_("件"), Basis.NOW),
    Figure("due_today", N_("今日到期"), N_("此刻在办、今天到期的工单。"), N_("件"), Basis.NOW),
    Figure("overdue", N_("超期未办结"), N_("此刻在办且已过承诺时限的工单。"), N_("件"), Basis.NOW),
)  # fmt: skip

# Outcome figures that have a register of their own, by service item: they are counted there and
# never typed into a resolution (申报 from declarations, 到岗 from confirmed placements …).
_DECLARED = frozenset({"applied", "recognised", "listed_invest"})
_TAUGHT = frozenset({"events", "trained", "advised"})
REGISTERED: Mapping[str, frozenset[str]] = {
    "C01": frozenset({"placed"}),
    "D01": frozenset({"fund_need", "credit", "loaned"}),
    "D02": _DECLARED,
    "E01": _DECLARED | _TAUGHT,
    "E02": _DECLARED,
    "E03": frozenset({"patents"}),
    "E04": _TAUGHT,
    "F01": _DECLARED,
    "F02": _DECLARED,
    "F03": _DECLARED,
    "F05": _DECLARED,
    "F06": frozenset({"granted_money"}),
    "F07": _TAUGHT,
}

BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}
COUNTED = (
    "submitted", "response_measured", "responded_in_time",
    "delivered", "answered", "confirmed", "rated", "rated_good", "on_time",
)  # fmt: skip


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank percentile of ``values``; ``None`` when there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def about(number: int, *, approximate: bool) -> str:
    """Write a count as the park's report does: 53 → 50余, 512 → 500余; otherwise exactly.

    The rule (DOMAIN §9): only a figure that may be approximate, from 50 on, and not already round:
    the first digit is kept, the rest falls, 余 is added. Recognitions and money are always exact.
    """
    if not approximate or number < 50:
        return str(number)
    step = 10 ** (len(str(number)) - 1)
    rounded = number // step * step
    return str(number) if rounded == number else f"{rounded}余"


def rate(part: int, whole: int) -> float | None:
    """Return ``part`` of ``whole`` in per cent, or ``None`` where there is nothing to measure."""
    return None if whole == 0 else part * 100 / whole


def change(now: float | None, before: float | None) -> float | None:
    """Return the growth against an earlier period (同比) in per cent, ``None`` without a base."""
    if now is None or not before:
        return None
    return (now - before) * 100 / before
