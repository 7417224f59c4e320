"""The closed loop (闭环流程), declared once, as data.

From ``TRANSITIONS`` come the buttons that a person sees, the checks inside every action, the
diagram in the documentation and the property tests. A state is an end only when nothing more is
owed to the enterprise; no ticket ends as delivered without the enterprise's word or three failed
attempts on different working days to get it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_

ATTEMPTS_BEFORE_CLOSING = 3
BAD_RATING = 2  # 好差评: levels 2 不满意 and 1 非常不满意 are bad (国办发〔2019〕51号)


class State(StrEnum):
    """Where a ticket (工单) stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    AWAITING_ENTERPRISE = "awaiting_enterprise"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    FOLLOWED_UP = "followed_up"
    RATED = "rated"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


STATE_NAMES: Mapping[State, str] = {
    State.SUBMITTED: N_("待受理"),
    State.ACCEPTED: N_("待派单"),
    State.DISPATCHED: N_("待签收"),
    State.IN_PROGRESS: N_("办理中"),
    State.AWAITING_ENTERPRISE: N_("待补正"),
    State.SUSPENDED: N_("已中止"),
    State.RESOLVED: N_("待回访"),
    State.FOLLOWED_UP: N_("待评价"),
    State.RATED: N_("待归档"),
    State.CLOSED: N_("已归档"),
    State.DECLINED: N_("不予受理"),
    State.WITHDRAWN: N_("已撤回"),
    State.TERMINATED: N_("已终止"),
}

ENDS = frozenset({State.CLOSED, State.DECLINED, State.WITHDRAWN, State.TERMINATED})
OPEN = frozenset(set(State) - ENDS)
BEFORE_RESOLUTION = frozenset(
    {
        State.SUBMITTED,
        State.ACCEPTED,
        State.DISPATCHED,
        State.IN_PROGRESS,
        State.AWAITING_ENTERPRISE,
        State.SUSPENDED,
    }
)
WITH_UNIT = frozenset(
    {State.DISPATCHED, State.IN_PROGRESS, State.AWAITING_ENTERPRISE, State.SUSPENDED}
)
STANDING = frozenset({State.AWAITING_ENTERPRISE, State.SUSPENDED})  # the clock stands


class Clock(StrEnum):
    """What a transition does to the running clocks (计时)."""

    UNCHANGED = "unchanged"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESTART = "restart"


class Audience(StrEnum):
    """Who is told (通知对象)."""

    REQUESTER = "requester"
    DESK = "desk"
    UNIT = "unit"
    ASSIGNEE = "assignee"
    UNIT_HEAD = "unit_head"
    FOLLOW_UP = "follow_up"
    DESK_HEAD = "desk_head"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at; all of it is on the ticket's row or its children.

    ``missed_days`` is the number of different working days on which a follow-up call failed;
    ``rating`` is 1–5 or ``None``. ``acting`` says that the park acts for the enterprise (代办);
    ``powers`` are what a valid letter of authorization allows for this item now.
    ``suspension_over``: the enterprise was told of the suspension and its time to answer is over.
    """

    state: State
    now: datetime
    paused: bool = False
    sign_due_at: datetime | None = None
    due_at: datetime | None = None
    extension_pending: bool = False
    extensions: int = 0
    missed_days: int = 0
    rating: int | None = None
    rating_window_over: bool = False
    handlers: frozenset[int] = field(default_factory=frozenset)
    acting: bool = False
    powers: frozenset[str] = field(default_factory=frozenset)
    suspension_over: bool = False
    rated_person: int | None = None


Guard = Callable[[Facts, Actor], str | None]


def within_sign_time(facts: Facts, actor: Actor) -> str | None:
    """退单 only within the sign-for time (DOMAIN 1.1: one working day, then the ruling stands)."""
    if facts.sign_due_at is not None and facts.now > facts.sign_due_at:
        return N_("已超过签收时限，不能退单，请签收后办理。")
    return None


def before_due(facts: Facts, actor: Actor) -> str | None:
    """延期 is asked before the due time, once at a time."""
    if facts.extension_pending:
        return N_("已有一份延期申请在等待审批。")
    if facts.due_at is None or facts.now >= facts.due_at:
        return N_("已到期或未计时，不能再申请延期。")
    if facts.extensions >= 2:
        return N_("延期最多两次。")
    return None


def extension_waits(facts: Facts, actor: Actor) -> str | None:
    """Approving needs something to approve."""
    return None if facts.extension_pending else N_("没有等待审批的延期申请。")


def no_extension_waits(facts: Facts, actor: Actor) -> str | None:
    """A ticket with a pending extension cannot be resolved past it in silence."""
    return N_("请先处理等待审批的延期申请。") if facts.extension_pending else None


def not_own_work(facts: Facts, actor: Actor) -> str | None:
    """回访 and verification are never done by the person who handled the ticket."""
    if actor.user_id is not None and actor.user_id in facts.handlers:
        return N_("办理过本工单的人员不能回访或核实本工单。")
    return None


def attempts_exhausted(facts: Facts, actor: Actor) -> str | None:
    """Closing without the enterprise's word needs three failed attempts on different days."""
    if facts.missed_days >= ATTEMPTS_BEFORE_CLOSING:
        return None
    return N_("须在三个不同的工作日联系未果，方可不经企业确认归档。")


def rated_good(facts: Facts, actor: Actor) -> str | None:
    """A good rating may be archived at once."""
    if facts.rating is not None and facts.rating > BAD_RATING:
        return None
    return N_("差评须先核实，不能直接归档。")


def rated_bad(facts: Facts, actor: Actor) -> str | None:
    """Verification belongs to bad ratings only."""
    if facts.rating is not None and facts.rating <= BAD_RATING:
        return None
    return N_("只有差评需要核实。")


def rating_window_over(facts: Facts, actor: Actor) -> str | None:
    """未评价 is recorded only when the time for rating has passed."""
    return None if facts.rating_window_over else N_("评价期尚未结束。")


def authorized(facts: Facts, actor: Actor) -> str | None:
    """No 代办 step without a letter of authorization that is valid now and names the item."""
    if facts.acting and not facts.powers and actor.role is not Role.REQUESTER:
        return N_("代办须有在有效期内、包含本事项的授权委托书。")
    return None


def is_acting(facts: Facts, actor: Actor) -> str | None:
    """代办 is recorded only where the enterprise asked the park to act for it."""
    return None if facts.acting else N_("本工单由企业自行办理，没有委托代办。")


def suspension_over(facts: Facts, actor: Actor) -> str | None:
    """终止 without the enterprise's word needs a suspension that has lasted its full time."""
    if facts.suspension_over:
        return None
    return N_("中止未满二十个工作日，企业仍可续办，不能终止。")


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of the loop.

    ``needs`` names the inputs that must not be empty; ``target`` ``None`` leaves the state;
    ``told`` is the sentence for the people in ``tells``; ``shown`` whether the enterprise's
    timeline has it; ``button`` is primary, quiet, warning or danger.
    """

    name: str
    label: str
    sources: frozenset[State]
    target: State | None
    permission: str
    told: str
    needs: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    clock: Clock = Clock.UNCHANGED
    tells: tuple[Audience, ...] = ()
    shown: bool = True
    button: str = "quiet"


S, A = State, Audience


def _on(*states: State) -> frozenset[State]:
    return frozenset(states)


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        "accept", N_("受理"), _on(S.SUBMITTED), S.ACCEPTED, "ticket.accept",
        N_("服务台已受理您的申请，正在安排承办单位。"),
        tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "decline", N_("不予受理"), _on(S.SUBMITTED, S.ACCEPTED), S.DECLINED, "ticket.decline",
        N_("本事项不能在此受理，理由和办理渠道见说明。"),
        needs=("reason", "where_to_go"), clock=Clock.STOP, tells=(A.REQUESTER,), button="danger",
    ),
    Transition(
        "dispatch", N_("派单"), _on(S.ACCEPTED), S.DISPATCHED, "ticket.dispatch",
        N_("工单已派至承办单位，等待签收。"),
        needs=("unit_id",), guards=(authorized,), tells=(A.UNIT, A.UNIT_HEAD), button="primary",
    ),
    Transition(
        "sign", N_("签收"), _on(S.DISPATCHED), S.IN_PROGRESS, "ticket.sign",
        N_("承办单位已签收，开始办理。"),
        tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "return", N_("退单"), _on(S.DISPATCHED), S.ACCEPTED, "ticket.return",
        N_("承办单位退单，请重新派单。"),
        needs=("reason",), guards=(within_sign_time,), tells=(A.DESK,),
        shown=False, button="warning",
    ),
    Transition(
        "assign", N_("指定承办人"), _on(S.DISPATCHED, S.IN_PROGRESS), None, "ticket.assign",
        N_("工单已交给您办理。"),
        needs=("assignee_id",), tells=(A.ASSIGNEE,), shown=False,
    ),
    Transition(
        "request_supplement", N_("要求补正"), _on(S.IN_PROGRESS), S.AWAITING_ENTERPRISE,
        "ticket.handle",
        N_("请补充材料或信息，补正期间不计入办理时限。"),
        needs=("request",), clock=Clock.PAUSE, tells=(A.REQUESTER,), button="warning",
    ),
    Transition(
        "supplement", N_("提交补正"), _on(S.AWAITING_ENTERPRISE), S.IN_PROGRESS,
        "ticket.supplement",
        N_("企业已提交补正，恢复计时。"),
        needs=("answer",), guards=(authorized,), clock=Clock.RESUME, tells=(A.ASSIGNEE,),
        button="primary",
    ),
    Transition(
        "act", N_("记录代办"), _on(S.IN_PROGRESS), None, "ticket.act",
        N_("帮代办专员已按授权代您办理一步，内容见说明。"),
        needs=("power", "note"), guards=(is_acting, authorized), tells=(A.REQUESTER,),
    ),
    Transition(
        "suspend", N_("中止办理"), _on(S.IN_PROGRESS), S.SUSPENDED, "ticket.suspend",
        N_("本事项已中止办理，原因见说明；中止期间不计入办理时限，您可以随时要求续办。"),
        needs=("reason",), guards=(no_extension_waits,), clock=Clock.PAUSE,
        tells=(A.REQUESTER, A.ASSIGNEE), button="warning",
    ),
    Transition(
        "resume", N_("续办"), _on(S.SUSPENDED), S.IN_PROGRESS, "ticket.suspend",
        N_("本事项已恢复办理，继续计时。"),
        needs=("note",), guards=(authorized,), clock=Clock.RESUME,
        tells=(A.REQUESTER, A.ASSIGNEE), button="primary",
    ),
    Transition(
        "ask_resume", N_("要求续办"), _on(S.SUSPENDED), None, "ticket.supplement",
        N_("企业要求续办已中止的事项，请恢复办理或说明原因。"),
        needs=("note",), tells=(A.DESK, A.ASSIGNEE, A.UNIT_HEAD), button="primary",
    ),
    Transition(
        "terminate", N_("终止办理"), _on(S.SUSPENDED), S.TERMINATED, "ticket.terminate",
        N_("本事项中止期满，已终止办理，理由和今后的办理渠道见说明。"),
        needs=("reason", "where_to_go"), guards=(suspension_over,), clock=Clock.STOP,
        tells=(A.REQUESTER, A.ASSIGNEE), button="danger",
    ),
    Transition(
        "request_extension", N_("申请延期"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("承办人申请延期，请审批。"),
        needs=("days", "reason"), guards=(before_due,), tells=(A.UNIT_HEAD,), shown=False,
    ),
    Transition(
        "approve_extension", N_("同意延期"), _on(S.IN_PROGRESS), None, "ticket.extend",
        N_("办理时限已延长，新的期限见进度。"),
        guards=(extension_waits,), tells=(A.REQUESTER, A.ASSIGNEE), button="primary",
    ),
    Transition(
        "refuse_extension", N_("不同意延期"), _on(S.IN_PROGRESS), None, "ticket.extend",
        N_("延期申请未获同意，请按原期限办理。"),
        needs=("reason",), guards=(extension_waits,), tells=(A.ASSIGNEE,), shown=False,
        button="warning",
    ),
    Transition(
        "resolve", N_("办结"), _on(S.IN_PROGRESS), S.RESOLVED, "ticket.handle",
        N_("承办单位已办结，请确认事情是否真正解决。"),
        needs=("result", "resolution"), guards=(no_extension_waits, authorized),
        clock=Clock.STOP,
        tells=(A.REQUESTER, A.FOLLOW_UP), button="primary",
    ),
    Transition(
        "confirm", N_("确认已解决"), _on(S.RESOLVED), S.FOLLOWED_UP, "ticket.confirm",
        N_("企业已确认解决，等待评价。"),
        tells=(), button="primary",
    ),
    Transition(
        "dispute", N_("还没有解决"), _on(S.RESOLVED, S.FOLLOWED_UP), S.IN_PROGRESS, "ticket.confirm",
        N_("企业反映尚未解决，工单退回重办。"),
        needs=("reason",), clock=Clock.RESTART, tells=(A.ASSIGNEE, A.UNIT_HEAD, A.DESK_HEAD),
        button="warning",
    ),
    Transition(
        "follow_up", N_("回访：企业确认已解决"), _on(S.RESOLVED), S.FOLLOWED_UP,
        "ticket.follow_up",
        N_("回访时您已确认事情解决，欢迎评价本次服务。"),
        needs=("note",), guards=(not_own_work,), tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "miss", N_("回访：未联系上"), _on(S.RESOLVED), None, "ticket.follow_up",
        N_("服务台尝试回访，未能联系上您。"),
        needs=("note",), guards=(not_own_work,), tells=(A.REQUESTER,),
    ),
    Transition(
        "close_unreached", N_("联系未果归档"), _on(S.RESOLVED), S.CLOSED, "ticket.close",
        N_("三次联系未果，工单已归档；您仍可联系服务台重新提出。"),
        needs=("note",), guards=(not_own_work, attempts_exhausted),
        tells=(A.REQUESTER,), button="warning",
    ),
    Transition(
        "rework", N_("重办"), _on(S.RESOLVED, S.RATED), S.IN_PROGRESS, "ticket.rework",
        N_("事情尚未真正解决，工单退回重办。"),
        needs=("reason",), guards=(not_own_work,), clock=Clock.RESTART,
        tells=(A.REQUESTER, A.ASSIGNEE, A.UNIT_HEAD), button="warning",
    ),
    Transition(
        "rate", N_("评价"), _on(S.FOLLOWED_UP), S.RATED, "ticket.rate",
        N_("企业已评价本次服务。"),
        needs=("level",), tells=(A.FOLLOW_UP,), button="primary",
    ),
    Transition(
        "close", N_("归档"), _on(S.RATED), S.CLOSED, "ticket.close",
        N_("工单已归档，感谢您的评价。"),
        guards=(rated_good,), tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "close_verified", N_("差评核实后归档"), _on(S.RATED), S.CLOSED, "ticket.close",
        N_("差评已核实，核实结论见说明，工单归档。"),
        needs=("note",), guards=(rated_bad, not_own_work), tells=(A.REQUESTER,),
    ),
    Transition(
        "close_unrated", N_("未评价归档"), _on(S.FOLLOWED_UP), S.CLOSED, "ticket.close",
        N_("评价期已过，工单按“未评价”归档。"),
        guards=(rating_window_over,), tells=(A.REQUESTER,),
    ),
    Transition(
        "withdraw", N_("撤回申请"),
        _on(*sorted(BEFORE_RESOLUTION)), S.WITHDRAWN, "ticket.withdraw",
        N_("企业已撤回申请。"),
        needs=("reason",), clock=Clock.STOP, tells=(A.DESK, A.ASSIGNEE), button="danger",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Transition] = {t.name: t for t in TRANSITIONS}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not open now: ``kind`` is permission, state, guard or needs."""

    kind: str
    reason: str
    field: str | None = None


def refusal(
    transition: Transition,
    actor: Actor,
    subject: Subject,
    facts: Facts,
    inputs: Mapping[str, object] | None = None,
) -> Refusal | None:
    """Return why ``actor`` may not take ``transition`` now, or ``None`` if it is open.

    With ``inputs`` the required ones are checked too.
    """
    if not allows(actor, transition.permission, subject):
        return Refusal("permission", N_("您没有执行此操作的权限。"))
    if facts.state not in transition.sources:
        return Refusal("state", N_("工单状态已改变，此操作现在不能进行。"))
    for guard in transition.guards:
        if reason := guard(facts, actor):
            return Refusal("guard", reason)
    return _missing(transition, inputs)


def _missing(transition: Transition, inputs: Mapping[str, object] | None) -> Refusal | None:
    if inputs is None:
        return None
    for name in transition.needs:
        if inputs.get(name) in (None, "", []):
            return Refusal("needs", N_("此项必须填写。"), name)
    return None


def available(actor: Actor, subject: Subject, facts: Facts) -> tuple[Transition, ...]:
    """Return the transitions that ``actor`` may take now, in the order of the table."""
    return tuple(t for t in TRANSITIONS if refusal(t, actor, subject, facts) is None)


def destination(transition: Transition, state: State) -> State:
    """Return the state after ``transition``."""
    return transition.target or state
