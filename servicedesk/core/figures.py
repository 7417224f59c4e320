"""What each figure means (指标口径): one definition, in one place, as data.

The pages' hover text, the exports' notes, the page and the document of definitions read these; the
counting (``core.tallies``, ``statistics.cutting``) fills them and the recount proves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.words import N_


class Basis(StrEnum):
    """The day by which something falls into a period (统计口径)."""

    SUBMITTED = "submitted"
    RESOLVED = "resolved"
    NOW = "now"
    REGISTER = "register"


BASES: Mapping[Basis, str] = {
    Basis.SUBMITTED: N_("按提交日期计入"),
    Basis.RESOLVED: N_("按办结日期计入，归档后计"),
    Basis.NOW: N_("此刻的状态"),
    Basis.REGISTER: N_("按登记簿中的发生日期计入"),
}


class Aggregation(StrEnum):
    """How single things become one number (汇总方式)."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    RATE = "rate"
    EACH = "each"
    MEDIAN = "median"
    P90 = "p90"
    MEAN = "mean"


AGGREGATIONS: Mapping[Aggregation, str] = {
    Aggregation.COUNT: N_("计数"),
    Aggregation.DISTINCT: N_("去重计数，各期、各类不能相加"),
    Aggregation.SUM: N_("合计"),
    Aggregation.RATE: N_("百分比"),
    Aggregation.EACH: N_("每百件的平均数"),
    Aggregation.MEDIAN: N_("中位数（最近秩）"),
    Aggregation.P90: N_("九成值（最近秩）"),
    Aggregation.MEAN: N_("算术平均数"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    ``grain`` is what one row of it is, ``unit`` what it is written with (家, 件, %, 工作分钟 …).
    ``part`` and ``whole`` name the counted parts of a rate or of a mean over tickets. ``better`` is
    ``up`` or ``down`` where more or less of it is better, or empty. ``source`` names the standard or
    the rule, empty for the park's own.
    """

    key: str
    label: str
    meaning: str
    unit: str
    basis: Basis
    aggregation: Aggregation = Aggregation.COUNT
    grain: str = N_("工单")
    part: str | None = None
    whole: str | None = None
    better: str = ""
    source: str = ""


MINUTES = "工作分钟"
_SUMMARY = "鹤城高新区2024年工作总结 一.4"
_RATES = "北京市接诉即办“三率”；公式为本园区口径"
_GOVERNMENT = "GB/T 39734-2020"
_RATINGS = "国办发〔2019〕51号"
S, R, NOW, REG = Basis.SUBMITTED, Basis.RESOLVED, Basis.NOW, Basis.REGISTER
A = Aggregation

FIGURES: tuple[Figure, ...] = (
    # who was served, and how much -----------------------------------------------------------
    Figure(
        "served", N_("服务企业数"),
        N_("期内有至少一件服务办结并归档的不同企业数；一家企业办多件只算一家，按办结日期计入。"),
        N_("家"), R, A.DISTINCT, N_("企业"), better="up", source=_SUMMARY,
    ),
    Figure(
        "submitted", N_("收到工单"), N_("期内提交的全部工单，按提交日期计入；并单只算一件。"),
        N_("件"), S,
    ),
    Figure(
        "delivered", N_("办结归档"),
        N_("期内办结且已归档的工单，按办结日期计入；不予受理和撤回不在其中。"),
        N_("件"), R, better="up",
    ),
    # how well -------------------------------------------------------------------------------
    Figure(
        "response_rate", N_("响应率"),
        N_("时限内首次联系企业的工单 ÷ 期内提交且已联系或已过响应时限的工单。"),
        "%", S, A.RATE, part="responded_in_time", whole="response_measured", better="up",
        source=_RATES,
    ),
    Figure(
        "resolution_rate", N_("解决率"),
        N_("企业最后确认已解决的工单 ÷ 期内办结、企业最后给出确认的工单；部分解决不算解决，中途否认、重办后确认的按最后的答复计。"),
        "%", R, A.RATE, part="confirmed", whole="answered", better="up", source=_RATES,
    ),
    Figure(
        "satisfaction_rate", N_("满意率"),
        N_("非常满意、满意和基本满意 ÷ 有效评价；未评价的不在分母中，也不算满意。"),
        "%", R, A.RATE, part="rated_good", whole="rated", better="up", source=_GOVERNMENT,
    ),
    Figure(
        "rating_rate", N_("评价率"), N_("企业已评价的工单 ÷ 办结归档的工单。"),
        "%", R, A.RATE, part="rated", whole="delivered", better="up", source=_GOVERNMENT,
    ),
    Figure(
        "on_time_rate", N_("按期办结率"),
        N_("承诺时限内办结的工单 ÷ 办结归档的工单；经批准的延期按新期限计，暂停时间不计。"),
        "%", R, A.RATE, part="on_time", whole="delivered", better="up",
    ),
    Figure(
        "follow_up_rate", N_("回访率"),
        N_("办结后联系上企业或得到企业答复的工单 ÷ 办结归档的工单；三次未联系上而归档的不算联系上。"),
        "%", R, A.RATE, part="followed", whole="delivered", better="up",
    ),
    Figure(
        "rectified_rate", N_("差评按期整改率"),
        N_("在整改时限内重新办结的工单 ÷ 差评后重新办理的工单；时限自重新办理起算，核实为误评的不在其中。"),
        "%", R, A.RATE, part="rectified", whole="rated_bad", better="up", source=_RATINGS,
    ),
    Figure(
        "false_resolutions", N_("虚假办结"),
        N_("企业反映与办理结果不符、重新办理的工单；经分管领导核销的不计。"),
        N_("件"), R, better="down",
    ),
    Figure(
        "reopenings", N_("重新办理"), N_("办结后又重新办理的次数，按最后一次办结的日期计入。"),
        N_("次"), R, A.SUM, better="down",
    ),
    Figure(
        "repeated", N_("重复诉求"),
        N_("同一企业在规定天数内就同一事项再次提出的工单，按提交日期计入。"),
        N_("件"), S, better="down",
    ),
    # how quickly ----------------------------------------------------------------------------
    Figure(
        "response_median_minutes", N_("首次响应中位数"),
        N_("从提交到首次联系企业的工作时间；一半工单不超过此数。"),
        MINUTES, S, A.MEDIAN, better="down",
    ),
    Figure(
        "response_p90_minutes", N_("首次响应九成值"), N_("九成工单的首次响应不超过此数（工作时间）。"),
        MINUTES, S, A.P90, better="down",
    ),
    Figure(
        "response_mean_minutes", N_("首次响应平均数"), N_("从提交到首次联系企业的工作时间的平均数。"),
        MINUTES, S, A.MEAN, better="down",
    ),
    Figure(
        "median_minutes", N_("办理用时中位数"),
        N_("从提交计时到办结的工作时间，扣除暂停；一半工单不超过此数。"),
        MINUTES, R, A.MEDIAN, better="down",
    ),
    Figure(
        "p90_minutes", N_("办理用时九成值"),
        N_("九成工单的办理用时不超过此数（工作时间，扣除暂停）。"),
        MINUTES, R, A.P90, better="down",
    ),
    Figure(
        "mean_minutes", N_("办理用时平均数"), N_("办理用时（工作时间，扣除暂停）的平均数。"),
        MINUTES, R, A.MEAN, better="down",
    ),
    Figure(
        "promised_median_minutes", N_("承诺用时中位数"),
        N_("同一批工单最后一程所允许的工作时间（含延期）的中位数，供对照。"),
        MINUTES, R, A.MEDIAN,
    ),
    Figure(
        "saved_minutes", N_("比法定时限节省"),
        N_("有法定时限的工单：法定工作时间减去实际办理用时，合计；超过法定时限的为负。"),
        MINUTES, R, A.SUM, better="up",
    ),
    # the loop -------------------------------------------------------------------------------
    Figure(
        "returns_each", N_("每百件退单"), N_("退单次数 ÷ 办结归档的工单，每百件。"),
        N_("次"), R, A.EACH, part="returns", whole="delivered", better="down",
    ),
    Figure("extensions", N_("延期"), N_("已归档工单经批准的延期次数。"), N_("次"), R, A.SUM, better="down"),
    Figure("supplements", N_("补正"), N_("已归档工单向企业发出的补正通知次数。"), N_("次"), R, A.SUM, better="down"),
    Figure(
        "level_1", N_("一级督办"), N_("已归档、达到一级及以上督办的工单，按办结日期计入；在办的见红黄灯。"), N_("件"), R, better="down",
    ),
    Figure(
        "level_2", N_("二级督办"), N_("已归档、达到二级及以上督办的工单，按办结日期计入；在办的见红黄灯。"), N_("件"), R, better="down",
    ),
    Figure(
        "level_3", N_("三级督办"), N_("已归档、达到三级督办的工单，按办结日期计入；在办的见红黄灯。"), N_("件"), R, better="down",
    ),
    Figure("urges", N_("企业催办"), N_("企业催办的次数，按工单的提交日期计入。"), N_("次"), S, A.SUM, better="down"),
    # at this moment -------------------------------------------------------------------------
    Figure("open", N_("在办工单"), N_("此刻尚未归档的工单。"), N_("件"), NOW),
    Figure("due_today", N_("今日到期"), N_("此刻在办、今天到期的工单。"), N_("件"), NOW),
    Figure(
        "overdue", N_("超期未办结"), N_("此刻在办且已过承诺时限的工单。"), N_("件"), NOW, better="down",
    ),
    # what came of it: from each feature's own register ---------------------------------------
    Figure(
        "placed", N_("到岗人数"), N_("企业确认到岗的人数，按到岗日期计入；推荐不等于到岗。"),
        N_("人"), REG, A.SUM, N_("到岗记录"), better="up", source=_SUMMARY,
    ),
    Figure(
        "patents", N_("授权专利"), N_("专利台账中授权的专利，按授权日期计入。"),
        N_("项"), REG, A.COUNT, N_("专利"), better="up", source=_SUMMARY,
    ),
    Figure(
        "titles", N_("企业称号"), N_("企业档案中授予的称号、资质，按授予日期计入。"),
        N_("项"), REG, A.COUNT, N_("称号"), better="up", source=_SUMMARY,
    ),
    Figure(
        "fund_need", N_("融资需求"), N_("企业提出的融资需求合计，按提出日期计入。"),
        N_("万元"), REG, A.SUM, N_("融资需求"), source=_SUMMARY,
    ),
    Figure(
        "credit", N_("银行授信"), N_("银行授信合计，按授信日期计入；授信不等于放款。"),
        N_("万元"), REG, A.SUM, N_("授信"), better="up", source=_SUMMARY,
    ),
    Figure(
        "loaned", N_("银行放款"), N_("银行放款合计，按放款日期计入。"),
        N_("万元"), REG, A.SUM, N_("放款"), better="up", source=_SUMMARY,
    ),
    Figure(
        "granted_money", N_("奖补资金到账"), N_("奖补资金实际到账，按到账日期计入。"),
        N_("万元"), REG, A.SUM, N_("申报"), better="up", source=_SUMMARY,
    ),
    Figure(
        "visits", N_("上门走访"), N_("已完成的走访，按走访日期计入。"),
        N_("次"), REG, A.COUNT, N_("走访"), better="up", source=_SUMMARY,
    ),
    Figure(
        "coverage_rate", N_("走访覆盖率"), N_("期内走访过的不同企业 ÷ 在册企业。"),
        "%", REG, A.RATE, N_("企业"), part="visited", whole="registered", better="up",
    ),
    Figure(
        "problems_closed", N_("类问题销号"), N_("观察期满、没有新增而销号的类问题，按销号日期计入。"),
        N_("类"), REG, A.COUNT, N_("类问题"), better="up",
    ),
    Figure(
        "packages_rate", N_("一件事办成率"), N_("全部步骤办成的“一件事” ÷ 期内结束的“一件事”，按结束日期计入。"),
        "%", REG, A.RATE, N_("一件事"), part="packages_completed", whole="packages_ended", better="up",
    ),
)  # fmt: skip

BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}


def value_of(figure: Figure, numbers: Mapping[str, float]) -> float | None:
    """Return a figure's value from counted parts; ``None`` where there is nothing to measure.

    Nothing counted means nought things, but no rate and no minutes.
    """
    if figure.aggregation in (Aggregation.RATE, Aggregation.EACH):
        whole = numbers.get(figure.whole or "", 0)
        return numbers.get(figure.part or "", 0) * 100 / whole if whole else None
    if figure.unit == MINUTES and figure.aggregation is not Aggregation.SUM:
        return numbers.get(figure.key)
    if figure.key == "saved_minutes" and not numbers.get("limited_by_law"):
        return None
    return numbers.get(figure.key, 0)
