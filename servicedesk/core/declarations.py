"""Declarations as data (申报流程): states, steps, who may, what each needs; windows and reminders.

申报 is not 获批: what the park recommends, a department outside decides. So a recommended
declaration has no clock of ours; the promise ends before the window closes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import Refusal
from servicedesk.core.worktime import Calendar

REMIND_DAYS = (10, 3)  # working days before the window closes
TITLE_DAYS = (90, 30)  # days before a title ends
MARGIN_DAYS = 1  # working days between our promise and the close of the window


class PolicyState(StrEnum):
    """Where a policy stands (政策状态)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


POLICY_STATE_NAMES: Mapping[PolicyState, str] = {
    PolicyState.DRAFT: N_("草稿"),
    PolicyState.PUBLISHED: N_("已发布"),
    PolicyState.CLOSED: N_("已关闭"),
}


class Window(StrEnum):
    """Where today lies against the declaration window (申报窗口)."""

    BEFORE = "before"
    OPEN = "open"
    OVER = "over"


WINDOW_NAMES: Mapping[Window, str] = {
    Window.BEFORE: N_("未开始"),
    Window.OPEN: N_("申报中"),
    Window.OVER: N_("已截止"),
}


class State(StrEnum):
    """Where a declaration stands (申报状态)."""

    DECLARED = "declared"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, str] = {
    State.DECLARED: N_("已申报"),
    State.RECOMMENDED: N_("已推荐"),
    State.APPROVED: N_("已获批"),
    State.REFUSED: N_("未获批"),
    State.PAID: N_("已兑现"),
    State.WITHDRAWN: N_("已撤回"),
}
UNDECIDED = frozenset({State.DECLARED, State.RECOMMENDED})
RECOGNISED = frozenset({State.APPROVED, State.PAID})
PATH = (State.DECLARED, State.RECOMMENDED, State.APPROVED, State.PAID)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a declaration; ``needs`` names inputs, ``told`` is for the enterprise."""

    name: str
    label: str
    sources: frozenset[State]
    target: State
    permission: str
    told: str
    needs: tuple[str, ...] = ()
    button: str = "primary"


STEPS: tuple[Step, ...] = (
    Step(
        "recommend", N_("推荐上报"), frozenset({State.DECLARED}), State.RECOMMENDED,
        "declaration.decide", N_("您的申报已审核推荐上报，等待主管部门公布结果。"), ("day",),
    ),
    Step(
        "approve", N_("登记获批"), frozenset({State.RECOMMENDED}), State.APPROVED,
        "declaration.decide", N_("您的申报已获批，祝贺！认定结果已记入企业档案。"), ("day",),
    ),
    Step(
        "refuse", N_("登记未获批"), frozenset({State.DECLARED, State.RECOMMENDED}), State.REFUSED,
        "declaration.decide", N_("您的申报未获批，原因见说明，服务台可协助改进后再报。"),
        ("day", "reason"), "warning",
    ),
    Step(
        "pay", N_("登记到账"), frozenset({State.APPROVED}), State.PAID,
        "declaration.decide", N_("资金已拨付，请核对到账金额。"), ("day", "amount"),
    ),
    Step(
        "withdraw", N_("撤回申报"), UNDECIDED, State.WITHDRAWN,
        "declaration.declare", N_("申报已撤回。"), ("reason",), "danger",
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules of a step look at: the state, the latest date so far, the granted amount."""

    state: State
    since: date
    today: date
    granted: int | None = None


def refusal(
    step: Step,
    actor: Actor,
    subject: Subject,
    facts: Facts,
    inputs: Mapping[str, Any] | None = None,
) -> Refusal | None:
    """Return why ``actor`` may not take ``step`` now, or ``None``; inputs are checked if given."""
    if not allows(actor, step.permission, subject):
        return Refusal("permission", N_("您没有执行此操作的权限。"))
    if facts.state not in step.sources:
        return Refusal("state", N_("申报状态已改变，此操作现在不能进行。"))
    return None if inputs is None else _wrong_input(step, facts, inputs)


def _wrong_input(step: Step, facts: Facts, inputs: Mapping[str, Any]) -> Refusal | None:
    for name in step.needs:
        if inputs.get(name) in (None, ""):
            return Refusal("needs", N_("此项必须填写。"), name)
    day, amount = inputs.get("day"), inputs.get("amount")
    if day is not None and not facts.since <= day <= facts.today:
        return Refusal("guard", N_("日期不能早于上一步，也不能晚于今天。"), "day")
    if amount is not None and amount < 0:
        return Refusal("guard", N_("金额不能小于0。"), "amount")
    if step.name == "pay" and not _payable(amount, facts.granted):
        return Refusal("guard", N_("到账金额须大于0，且不超过获批金额。"), "amount")
    return None


def _payable(amount: int | None, granted: int | None) -> bool:
    return amount is not None and amount > 0 and (granted is None or amount <= granted)


def available(actor: Actor, subject: Subject, facts: Facts) -> tuple[Step, ...]:
    """Return the steps that ``actor`` may take now, in the order of the table."""
    return tuple(step for step in STEPS if refusal(step, actor, subject, facts) is None)


def window(opens_on: date, closes_on: date, today: date) -> Window:
    """Return where ``today`` lies; the first and the last day belong to the window."""
    if today < opens_on:
        return Window.BEFORE
    return Window.OPEN if today <= closes_on else Window.OVER


def promise_days(calendar: Calendar, today: date, closes_on: date, usual: int) -> int:
    """Return within how many working days we promise to recommend what is declared ``today``.

    The item's usual promise, but ending at least ``MARGIN_DAYS`` before the window closes; one day
    is the least that a clock can have.
    """
    left = calendar.working_days_between(today, closes_on) - MARGIN_DAYS
    return max(1, min(usual, left))


def reminder_stage(calendar: Calendar, today: date, closes_on: date) -> int:
    """Return how many of the reminders of ``REMIND_DAYS`` are due; none once the window is over."""
    if today > closes_on:
        return 0
    left = calendar.working_days_between(today, closes_on)
    return sum(left <= days for days in REMIND_DAYS)


def title_days(today: date, expires_on: date) -> int | None:
    """Return the most urgent reminder of ``TITLE_DAYS`` that is due for a title, or ``None``."""
    left = (expires_on - today).days
    return min((days for days in TITLE_DAYS if 0 <= left <= days), default=None)


def expiry(awarded_on: date, years: int | None, *, until_march: bool = False) -> date | None:
    """Return the last day of a title: 31 March of the next year, the day before N years, or none.

    科技型中小企业 holds until 31 March of the year after (DOMAIN §5, S68); 三年 ends the day before.
    """
    if until_march:
        return date(awarded_on.year + 1, 3, 31)
    if years is None:
        return None
    leap_day = (awarded_on.month, awarded_on.day) == (2, 29)
    start = awarded_on.replace(day=28) if leap_day else awarded_on
    end = start.replace(year=start.year + years)
    return end if leap_day else end - timedelta(days=1)
