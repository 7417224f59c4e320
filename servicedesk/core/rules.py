"""The numbers behind the loop (办理规则): time limits and counts that an administrator can change.

Each has one name, one meaning, bounds and a source. A ticket keeps the version of the rules under
which it was filed; what an item says of itself (promise, ladder) goes before these.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from servicedesk.core.words import N_


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules; days are working days unless the name says otherwise."""

    warn_share: int = 80
    ladder_1: int = 1
    ladder_2: int = 3
    ladder_3: int = 5
    first_response_days: int = 1
    sign_days: int = 1
    support_days: int = 3
    extension_notice_days: int = 1
    extension_max_days: int = 20
    supplement_first_reminder: int = 2
    supplement_second_reminder: int = 4
    supplement_abandon: int = 10
    suspension_days: int = 20
    follow_up_days: int = 1
    rating_days: int = 5
    bad_contact_days: int = 1
    bad_rectify_days: int = 5
    reopen_days: int = 20
    urgent_contact_hours: int = 2
    urgent_days: int = 1
    repeat_calendar_days: int = 90
    problem_quiet_calendar_days: int = 60
    rate_target: int = 90

    @property
    def ladder(self) -> tuple[int, int, int]:
        """The working days after the due time for levels 1, 2 and 3."""
        return (self.ladder_1, self.ladder_2, self.ladder_3)


DEFAULT_RULES = Rules()


class Effect(StrEnum):
    """What a changed number does to a ticket to which a person applies the new version (套用)."""

    MOVES = "moves"
    ASKED = "asked"
    BEGINS = "begins"
    PARK = "park"


EFFECTS: Mapping[Effect, str] = {
    Effect.MOVES: N_("套用后立即重算在办工单"),
    Effect.ASKED: N_("套用后下次用到时按新规则"),
    Effect.BEGINS: N_("已开始的日期不变，套用后新开始的按新规则"),
    Effect.PARK: N_("发布后立即生效，不看工单的版本"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """What one number of the rules is: its name, its unit, its bounds, where it comes from, what it does."""

    key: str
    name: str
    unit: str
    low: int
    high: int
    source: str
    group: str
    effect: Effect
    meaning: str


_DAYS, _HOURS, _CALENDAR, _PER_CENT = N_("个工作日"), N_("小时"), N_("天"), N_("％")
_CLOCK, _LOOP, _WORD = N_("计时与督办"), N_("派单、补正、延期"), N_("回访、评价、重办")
_FIGURES = N_("统计")
_DESIGN = N_("本系统设计")
_MOVES, _ASKED, _BEGINS, _PARK = Effect.MOVES, Effect.ASKED, Effect.BEGINS, Effect.PARK
TERMS: tuple[Term, ...] = (
    Term("warn_share", N_("已用时限达到多少时预警"), _PER_CENT, 50, 95, _DESIGN, _CLOCK, _MOVES,
         N_("承诺时限用去这么多时亮黄灯，提醒承办人。")),
    Term("ladder_1", N_("超期后多久一级督办"), _DAYS, 1, 60, N_("催办通知惯例"), _CLOCK, _MOVES,
         N_("提醒单位负责人，紧急件此时直接二级督办；事项自己规定了督办时间的，以事项为准。")),
    Term("ladder_2", N_("超期后多久二级督办"), _DAYS, 1, 60, N_("催办通知惯例"), _CLOCK, _MOVES,
         N_("提醒分管领导，紧急件此时直接提交联席会议。")),
    Term("ladder_3", N_("超期后多久提交联席会议"), _DAYS, 1, 60, N_("通报批评惯例"), _CLOCK, _MOVES,
         N_("工单提交联席会议。")),
    Term("first_response_days", N_("首次响应时限"), _DAYS, 1, 5, _DESIGN, _CLOCK, _BEGINS,
         N_("提交后服务台须在此期限内联系企业或受理，提交当日不计。")),
    Term("urgent_contact_hours", N_("紧急件联系时限（自然小时）"), _HOURS, 1, 24,
         N_("成都金牛：紧急2小时"), _CLOCK, _BEGINS,
         N_("从列为紧急件时起，夜间和节假日也计算。")),
    Term("urgent_days", N_("紧急件处置时限"), _DAYS, 1, 5, _DESIGN, _CLOCK, _MOVES,
         N_("紧急件的办理期限；承诺时限更短的，以承诺为准。")),
    Term("sign_days", N_("签收和退单时限"), _DAYS, 1, 5, N_("泉州、衡阳：1个工作日"), _LOOP, _BEGINS,
         N_("派单后承办单位须在此期限内签收或退单，过期不能再退。")),
    Term("support_days", N_("协办单位答复时限"), _DAYS, 1, 20, N_("泉州：协办3个工作日"), _LOOP, _BEGINS,
         N_("请求协办后，协办单位须在此期限内答复。")),
    Term("supplement_first_reminder", N_("补正第一次提醒"), _DAYS, 1, 20, _DESIGN, _LOOP, _BEGINS,
         N_("告知补正后过这么久仍未补正，提醒企业。")),
    Term("supplement_second_reminder", N_("补正第二次提醒"), _DAYS, 1, 20, _DESIGN, _LOOP, _BEGINS,
         N_("告知补正后过这么久仍未补正，再提醒一次。")),
    Term("supplement_abandon", N_("逾期未补正结案"), _DAYS, 2, 60, _DESIGN, _LOOP, _BEGINS,
         N_("告知补正后过这么久仍未补正，工单结束，企业可以随时恢复。")),
    Term("suspension_days", N_("中止最长时间"), _DAYS, 5, 60, _DESIGN, _LOOP, _ASKED,
         N_("中止满这么久、企业没有要求续办的，才可以终止。")),
    Term("extension_notice_days", N_("延期须提前申请"), _DAYS, 0, 5,
         N_("泉州：期满前1个工作日"), _LOOP, _ASKED,
         N_("距到期少于这么久，不能再申请延期；0为到期前都可以。")),
    Term("extension_max_days", N_("每次延期最多"), _DAYS, 1, 60, _DESIGN, _LOOP, _ASKED,
         N_("一次延期最多推后的工作日数；全程最多延期两次。")),
    Term("follow_up_days", N_("办结后回访时限"), _DAYS, 1, 5, N_("次日回访惯例"), _WORD, _BEGINS,
         N_("办结后须在此期限内回访企业。")),
    Term("rating_days", N_("等待评价的时间"), _DAYS, 1, 20, _DESIGN, _WORD, _BEGINS,
         N_("回访后等待企业评价，过期按未评价归档。")),
    Term("bad_contact_days", N_("差评回访时限"), _DAYS, 1, 5, _DESIGN, _WORD, _BEGINS,
         N_("收到差评后须在此期限内回访企业。")),
    Term("bad_rectify_days", N_("差评整改时限"), _DAYS, 1, 15,
         N_("德州：5个工作日；四川：15个工作日"), _WORD, _BEGINS,
         N_("重办的工单须在此期限内办结；承诺时限更短的，以承诺为准。")),
    Term("reopen_days", N_("归档后可恢复办理的时间"), _DAYS, 1, 250, _DESIGN, _WORD, _ASKED,
         N_("归档后在此期限内企业可以恢复办理，过期须重新提交。")),
    Term("repeat_calendar_days", N_("多少天内同一事项算重复诉求"), _CALENDAR, 7, 365, _DESIGN, _WORD,
         _PARK, N_("同一企业、同一事项在此期间再次提出的，标为重复诉求。")),
    Term("problem_quiet_calendar_days", N_("类问题多少天无新增后销号"), _CALENDAR, 7, 365, _DESIGN,
         _WORD, _PARK, N_("类问题解决后在此期间没有新增工单的，予以销号。")),
    Term("rate_target", N_("各项比率的目标值"), _PER_CENT, 50, 100, _DESIGN, _FIGURES, _PARK,
         N_("按期办结率等越高越好的指标，统计页面、红黄灯和大屏都以此判断达标；不改变任何工单。")),
)  # fmt: skip
BY_KEY: Mapping[str, Term] = {term.key: term for term in TERMS}


def rules_from(values: Mapping[str, Any]) -> Rules:
    """Return the defaults with ``values`` in their place; unknown names are left out."""
    known = {field.name for field in fields(Rules)}
    return replace(DEFAULT_RULES, **{k: int(v) for k, v in values.items() if k in known})


def faults(values: Mapping[str, int]) -> dict[str, str]:
    """Return what is wrong with a set of numbers, by key; empty when it can be published."""
    found = {
        key: N_("超出允许的范围。")
        for key, term in BY_KEY.items()
        if not term.low <= values.get(key, getattr(DEFAULT_RULES, key)) <= term.high
    }
    wanted = rules_from(values)
    if not wanted.ladder_1 < wanted.ladder_2 < wanted.ladder_3:
        found.setdefault("ladder_3", N_("三级督办的时间应逐级增加。"))
    if not (
        wanted.supplement_first_reminder
        < wanted.supplement_second_reminder
        < wanted.supplement_abandon
    ):
        found.setdefault("supplement_abandon", N_("提醒应早于结案，并逐次推后。"))
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that differs between two versions."""

    term: Term
    before: int
    after: int


def differences(before: Rules, after: Rules) -> list[Difference]:
    """Return what differs, in the order of ``TERMS``."""
    old, new = asdict(before), asdict(after)
    return [
        Difference(term, old[term.key], new[term.key])
        for term in TERMS
        if old[term.key] != new[term.key]
    ]


def values_of(rules: Rules) -> dict[str, int]:
    """Return the numbers by name, as a version stores them."""
    return asdict(rules)
