"""The counted parts of figures in words (指标的分子与分母), and the names that figures carry as data."""

from collections.abc import Mapping

from servicedesk.core.figures import BY_KEY, Aggregation, Figure
from servicedesk.core.words import N_

PARTS: Mapping[str, str] = {
    "responded_in_time": N_("时限内首次联系企业的工单"),
    "response_measured": N_("已联系企业或已过响应时限的工单"),
    "confirmed": N_("企业最后确认已解决的工单"),
    "answered": N_("企业最后给出确认的工单"),
    "rated_good": N_("非常满意、满意和基本满意的工单"),
    "rated": N_("企业已评价的工单"),
    "delivered": N_("办结归档的工单"),
    "on_time": N_("承诺时限内办结的工单"),
    "followed": N_("办结后联系上企业或得到企业答复的工单"),
    "rectified": N_("在整改时限内重新办结的工单"),
    "rated_bad": N_("差评后重新办理的工单"),
    "returns": N_("退单次数"),
    "visited": N_("走访过的不同企业"),
    "registered": N_("在册企业"),
    "packages_completed": N_("全部步骤办成的“一件事”"),
    "packages_ended": N_("期内结束的“一件事”"),
}

# Names that ``core.figures`` holds as bare values; marked here, so that pages can translate them.
NAMES = (
    N_("工作分钟"), N_("鹤城高新区2024年工作总结 一.4"),
    N_("北京市接诉即办“三率”；公式为本园区口径"), N_("国办发〔2019〕51号"),
)  # fmt: skip

BETTER: Mapping[str, str] = {"up": N_("越高越好"), "down": N_("越低越好")}


def formula(key: str) -> tuple[str, str] | None:
    """Return the names of a figure's part and whole; ``None`` where it is no quotient.

    Raises:
        KeyError: there is no such figure, or a part has no name.
    """
    figure = BY_KEY[key]
    if figure.part is None or figure.whole is None:
        return None
    return PARTS[figure.part], PARTS[figure.whole]


def per(figure: Figure) -> str:
    """Return what a quotient is multiplied with, as it is written: ``× 100``, or nothing."""
    return " × 100" if figure.aggregation in (Aggregation.RATE, Aggregation.EACH) else ""
