"""今日红黄灯: what needs a leader today, in at most seven lines, from counts alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.core.words import N_

MOST = 7
LEAST_TICKETS = 5  # a rate of fewer says nothing about a unit


class Colour(StrEnum):
    """How pressing a line is."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a line shows: from one on it is yellow, from ``red_from`` on red (``None``: never)."""

    key: str
    sentence: str
    unit: str
    red_from: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its rule's key, its colour, what it says, the number and its unit."""

    key: str
    colour: Colour
    sentence: str
    number: int
    unit: str


RULES: tuple[Rule, ...] = (  # the most pressing first, within a colour
    Rule(
        "silent", N_("调度器没有运行：预警、督办和统计都停了，请系统管理员马上检查。"), N_("项"), 1
    ),
    Rule("level_3", N_("已到三级督办，仍未办结：请确定由联席会议还是您直接协调。"), N_("件"), 1),
    Rule("urgent_uncontacted", N_("紧急件过了响应时限还没有联系企业：请问清原因。"), N_("件"), 1),
    Rule("false_week", N_("本周被认定的虚假办结：请约谈责任单位。"), N_("件"), 1),
    Rule("contact_late", N_("差评过了时限还没有回访企业：请催办。"), N_("件"), 1),
    Rule("decisions_late", N_("联席会议议定事项已超期：请催责任单位。"), N_("项"), 1),
    Rule("level_2", N_("已到二级督办：请您过问。"), N_("件"), 10),
    Rule("disputes", N_("单位之间责任不清，等待裁定。"), N_("件"), 3),
    Rule("extensions", N_("延期申请等您审批。"), N_("件"), 5),
    Rule("units_below", N_("本月按期办结率低于目标的单位。"), N_("个"), 3),
)
CALM = Rule("calm", N_("今天没有需要您处理的红黄灯，一切正常。"), "", None)


def lights(counts: Mapping[str, int]) -> tuple[Line, ...]:
    """Return at most seven lines, red ones first; all calm is one green line."""
    found = [_line(rule, counts[rule.key]) for rule in RULES if counts.get(rule.key, 0) > 0]
    found.sort(key=lambda line: line.colour is not Colour.RED)  # stable: the order of the rules
    calm = Line(CALM.key, Colour.GREEN, CALM.sentence, 0, CALM.unit)
    return tuple(found[:MOST]) or (calm,)


def _line(rule: Rule, number: int) -> Line:
    red = rule.red_from is not None and number >= rule.red_from
    colour = Colour.RED if red else Colour.YELLOW
    return Line(rule.key, colour, rule.sentence, number, rule.unit)
