"""The sentences of the work summary, as data: the source's paragraph 一.4 with slots for numbers.

A part whose number is nought is left out; without its first part a clause is left out whole. So the
summary never boasts with 0 家.
"""

from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.words import N_


class Kind(StrEnum):
    """What stands in a slot: distinct enterprises, an outcome figure, or enterprises by name."""

    ENTERPRISES = "enterprises"
    OUTCOME = "outcome"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence with one number at ``{}``; ``metric`` and ``listing`` as in outcomes.

    Enterprises with a ``metric`` are those behind it, without one those with a delivery.
    """

    text: str
    kind: Kind
    items: tuple[str, ...]
    metric: str = ""
    listing: str = ""
    visited: bool = False


Clause = tuple[Part, ...]

HEADER = (N_("服务类别"), N_("收到"), N_("办结"), N_("服务企业"), N_("按期率"), N_("满意率"))
HEADINGS = (
    "一、主要工作开展情况及取得的成绩", "二、分类办理情况", "附：指标口径和数字出处",
)  # fmt: skip
LEADS = ("服务总量。", "营商环境持续优化。")
NUMBERS = ("1.", "2.")  # before the leads, where there are two
TABLE_NOTE = "注：服务企业数为不同企业数，各类别相加不等于合计。“—”表示没有可计算的工单。"


TALKS = ("F07", "E01", "E04")

CLAUSES: tuple[Clause, ...] = (
    (
        Part(
            N_("主动上门帮助{}家企业完成工商注册、税务登记、公章刻制等服务"),
            Kind.ENTERPRISES, ("A01", "B01", "A02"), visited=True,
        ),
    ),
    (
        Part(
            N_("充分利用区人力资源市场、人社驿站帮助{}家企业"),
            Kind.ENTERPRISES, ("C01",), "placed",
        ),
        Part(N_("解决就业{}"), Kind.OUTCOME, ("C01",), "placed"),
    ),
    (Part(N_("协助{}申报获批“省级创新型中小企业”"), Kind.NAMES, ("F01",), "recognised"),),
    (Part(N_("{}入库科技型中小企业"), Kind.NAMES, ("E02",), "recognised"),),
    (Part(N_("{}获批“省专精特新中小企业”"), Kind.NAMES, ("F02",), "recognised"),),
    (Part(N_("{}申报国家级专精特新“小巨人”企业"), Kind.NAMES, ("F03",), "applied"),),
    (
        Part(
            N_("帮助{}入选省工信厅重点项目库"),
            Kind.NAMES, ("F05",), "recognised", "省工信厅重点项目库",
        ),
        Part(
            N_("，涉及投资{}"), Kind.OUTCOME, ("F05",), "listed_invest", "省工信厅重点项目库"
        ),
    ),
    (
        Part(
            N_("{}进入省优势产业优势企业产品名录"),
            Kind.NAMES, ("F05",), "recognised", "省优势产业优势企业产品名录",
        ),
    ),
    (
        Part(
            N_("{}进入省制造业领域大规模设备融资意向名录"), Kind.NAMES, ("D02",), "recognised"
        ),
    ),
    (
        Part(
            N_("协助{}成功获得专精特新专板挂牌补助资金"), Kind.NAMES, ("F06",), "granted_money"
        ),
    ),
    (
        Part(
            N_("潇湘科技要素大市场帮助{}家企业"), Kind.ENTERPRISES, ("E03",), "patents"
        ),
        Part(N_("获批专利{}"), Kind.OUTCOME, ("E03",), "patents"),
    ),
    (
        Part(N_("组织开展“智赋千企”、高企认定、科技创新成果转化等培训会{}"),
             Kind.OUTCOME, TALKS, "events"),
        Part(
            N_("，为{}家企业提供高企认定和科技成果转化咨询服务"),
            Kind.ENTERPRISES, TALKS, "advised",
        ),
    ),
)  # fmt: skip
