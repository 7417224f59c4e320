"""What must hold before a step (办理条件): small pure questions to the facts of a ticket.

A guard answers with the reason why a step is not open now, in the words of the page, or ``None``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.core.permissions import Actor, Role
from servicedesk.core.states import State
from servicedesk.core.words import N_

ATTEMPTS_BEFORE_CLOSING = 3
BAD_RATING = 2  # 好差评: levels 2 不满意 and 1 非常不满意 are bad (国办发〔2019〕51号)
RETURNS_BY_UNIT = 2  # the third objection is a dispute that a leader settles (DOMAIN 1.1)
EXTENSIONS_MOST = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at; all of it is on the ticket's row or its children.

    ``missed_days`` is the number of different working days on which a follow-up call gave no word;
    ``rating`` is 1–5 or ``None``. ``acting`` says that the park acts for the enterprise (代办);
    ``powers`` are what a valid letter of authorization allows for this item now.
    ``suspension_over``: the enterprise was told of the suspension and its time to answer is over;
    ``supplement_over`` says the same of a request to add something (补正). ``extension_until`` is
    the last moment at which more time may be asked for. ``returns`` counts 退单, ``settled`` that a
    leader has ruled who handles it. ``supporters`` are the units that still owe an answer (协办).
    ``reworks`` counts reopenings. ``rectifying``: the handling of a bad rating; ``rated_person`` may
    take no part in it. ``carried`` (挂账) has a plan whose ``milestones_left`` are to come.
    """

    state: State
    now: datetime
    paused: bool = False
    sign_due_at: datetime | None = None
    due_at: datetime | None = None
    extension_until: datetime | None = None
    extension_pending: bool = False
    extensions: int = 0
    missed_days: int = 0
    rating: int | None = None
    rating_window_over: bool = False
    handlers: frozenset[int] = field(default_factory=frozenset)
    acting: bool = False
    powers: frozenset[str] = field(default_factory=frozenset)
    suspension_over: bool = False
    returns: int = 0
    settled: bool = False
    supplements: int = 0
    supplement_pending: bool = False
    supplement_over: bool = False
    supporters: frozenset[int] = field(default_factory=frozenset)
    confidential: bool = False
    called_back: bool = False
    rectifying: bool = False
    rated_person: int | None = None
    false_mark: bool = False
    reworks: int = 0
    reopen_over: bool = False
    urged_today: bool = False
    urgent: bool = False
    staged: bool = False
    plan_pending: bool = False
    carried: bool = False
    milestones_left: int = 0
    intake_by: int | None = None
    assignee: int | None = None


Guard = Callable[[Facts, Actor], str | None]


# The unit: signing, returning, disputes ----------------------------------------------------------


def within_sign_time(facts: Facts, actor: Actor) -> str | None:
    """退单 only within the sign-for time (DOMAIN 1.1: one working day, then the ruling stands)."""
    if facts.sign_due_at is not None and facts.now > facts.sign_due_at:
        return N_("已超过签收时限，不能退单，请签收后办理。")
    return None


def ruling_stands(facts: Facts, actor: Actor) -> str | None:
    """What a leader has ruled is not returned again (DOMAIN 1.1: no further objection)."""
    return N_("承办单位已经裁定，不能再退单。") if facts.settled else None


def may_still_return(facts: Facts, actor: Actor) -> str | None:
    """Twice a unit may give a ticket back; the third objection is a dispute."""
    if facts.returns >= RETURNS_BY_UNIT:
        return N_("已退单两次，再有异议请提请裁定。")
    return None


def returned_twice(facts: Facts, actor: Actor) -> str | None:
    """A dispute needs two returns before it."""
    if facts.returns < RETURNS_BY_UNIT:
        return N_("退单两次之后才可提请裁定。")
    return None


def head_after_two_returns(facts: Facts, actor: Actor) -> str | None:
    """What has come back twice is dispatched by the desk's head."""
    if facts.returns >= RETURNS_BY_UNIT and actor.role is Role.DESK:
        return N_("已退单两次，由专班负责人派单。")
    return None


def leader_or_stand_in(facts: Facts, actor: Actor) -> str | None:
    """A leader decides; on confidential matters, which leaders do not see, the desk's head does."""
    if actor.role is Role.LEADER or (facts.confidential and actor.role is Role.DESK_HEAD):
        return None
    return N_("此项由分管领导决定。")


def answers_are_in(facts: Facts, actor: Actor) -> str | None:
    """主办 resolves only when every supporting unit has answered (协办)."""
    return N_("还有协办单位没有答复，不能办结。") if facts.supporters else None


def owes_support(facts: Facts, actor: Actor) -> str | None:
    """Only a supporting unit that has been asked can answer."""
    return None if actor.unit_id in facts.supporters else N_("本单位没有待答复的协办请求。")


def support_waits(facts: Facts, actor: Actor) -> str | None:
    """There must be a request to take back."""
    return None if facts.supporters else N_("没有等待答复的协办请求。")


def own_or_head(facts: Facts, actor: Actor) -> str | None:
    """One's own tickets may be handed over, and a head may hand over anybody's."""
    if actor.role in (Role.DESK_HEAD, Role.UNIT_HEAD):
        return None
    if actor.user_id in (facts.intake_by, facts.assignee):
        return None
    return N_("只能移交自己负责的工单。")


# Time: supplements, extensions, plans ------------------------------------------------------------


def first_supplement(facts: Facts, actor: Actor) -> str | None:
    """一次性告知: everything is said at once; a second request needs the desk head's approval."""
    if facts.supplements or facts.supplement_pending:
        return N_("补正应一次性告知；再次要求补正须经专班负责人同意。")
    return None


def supplemented_before(facts: Facts, actor: Actor) -> str | None:
    """Asking again comes after the first request, one at a time."""
    if facts.supplement_pending:
        return N_("已有一份再次补正的申请在等待审批。")
    return None if facts.supplements else N_("第一次补正可直接提出，不需要审批。")


def supplement_waits(facts: Facts, actor: Actor) -> str | None:
    """Approving needs something to approve."""
    return None if facts.supplement_pending else N_("没有等待审批的补正申请。")


def no_supplement_waits(facts: Facts, actor: Actor) -> str | None:
    """A ticket with a pending request is not resolved past it in silence."""
    return N_("请先处理等待审批的补正申请。") if facts.supplement_pending else None


def supplement_over(facts: Facts, actor: Actor) -> str | None:
    """Without an answer the matter ends, but not before its time."""
    return None if facts.supplement_over else N_("补正期限未满，不能按逾期未补正结案。")


def before_due(facts: Facts, actor: Actor) -> str | None:
    """延期 is asked before the due time, one at a time, twice at the most."""
    if facts.carried:
        return N_("挂账事项按节点计划办理，不再延期。")
    if facts.urgent:
        return N_("紧急件按紧急时限办理，不能延期。")
    if facts.extension_pending:
        return N_("已有一份延期申请在等待审批。")
    if facts.extensions >= EXTENSIONS_MOST:
        return N_("延期最多两次。")
    if facts.due_at is None or facts.now >= facts.due_at:
        return N_("已到期或未计时，不能再申请延期。")
    if facts.extension_until is not None and facts.now > facts.extension_until:
        return N_("延期须在到期前提前申请，现在已来不及。")
    return None


def extension_waits(facts: Facts, actor: Actor) -> str | None:
    """Approving needs something to approve."""
    return None if facts.extension_pending else N_("没有等待审批的延期申请。")


def no_extension_waits(facts: Facts, actor: Actor) -> str | None:
    """A ticket with a pending extension cannot be resolved past it in silence."""
    return N_("请先处理等待审批的延期申请。") if facts.extension_pending else None


def second_by_leader(facts: Facts, actor: Actor) -> str | None:
    """The first extension is the unit head's to approve, the second the leader's."""
    if not facts.extensions:
        return None if actor.role is not Role.LEADER else N_("第一次延期由单位负责人审批。")
    return leader_or_stand_in(facts, actor)


def plan_may_be_asked(facts: Facts, actor: Actor) -> str | None:
    """挂账 is asked for once at a time, and not for what already has a plan."""
    if facts.carried:
        return N_("本工单已经挂账，按节点计划办理。")
    return N_("已有一份挂账申请在等待联席会议。") if facts.plan_pending else None


def plan_waits(facts: Facts, actor: Actor) -> str | None:
    """The joint meeting decides on a plan that was asked for."""
    return None if facts.plan_pending else N_("没有等待审议的挂账申请。")


def no_plan_waits(facts: Facts, actor: Actor) -> str | None:
    """A matter whose plan waits for the joint meeting is not resolved past it in silence."""
    return N_("请先处理等待联席会议审议的挂账申请。") if facts.plan_pending else None


def milestone_is_next(facts: Facts, actor: Actor) -> str | None:
    """A milestone can be reached only where a plan has one to come."""
    if facts.carried and facts.milestones_left:
        return None
    return N_("本工单没有待完成的节点。")


def milestones_reached(facts: Facts, actor: Actor) -> str | None:
    """挂账 ends with its last milestone."""
    return N_("还有节点没有完成，不能办结。") if facts.milestones_left else None


def suspension_over(facts: Facts, actor: Actor) -> str | None:
    """终止 without the enterprise's word needs a suspension that has lasted its full time."""
    if facts.suspension_over:
        return None
    return N_("中止期限未满，企业仍可续办，不能终止。")


# Acting under a letter, stages, urgency ----------------------------------------------------------


def authorized(facts: Facts, actor: Actor) -> str | None:
    """No 代办 step without a letter of authorization that is valid now and names the item."""
    if facts.acting and not facts.powers and actor.role is not Role.REQUESTER:
        return N_("代办须有在有效期内、包含本事项的授权委托书。")
    return None


def is_acting(facts: Facts, actor: Actor) -> str | None:
    """代办 is recorded only where the enterprise asked the park to act for it."""
    return None if facts.acting else N_("本工单由企业自行办理，没有委托代办。")


def is_staged(facts: Facts, actor: Actor) -> str | None:
    """Only items with stages of their own (法律援助) move through them."""
    return None if facts.staged else N_("本事项没有分阶段办理。")


def not_urgent(facts: Facts, actor: Actor) -> str | None:
    """What is urgent already cannot be made so."""
    return N_("本工单已是紧急件。") if facts.urgent else None


def is_urgent(facts: Facts, actor: Actor) -> str | None:
    """Only what is urgent can be made ordinary again."""
    return None if facts.urgent else N_("本工单不是紧急件。")


def not_urged_today(facts: Facts, actor: Actor) -> str | None:
    """催办 once a working day."""
    return N_("今天已经催办过，每个工作日可催办一次。") if facts.urged_today else None


# The enterprise's word ---------------------------------------------------------------------------


def not_own_work(facts: Facts, actor: Actor) -> str | None:
    """回访 and verification are never done by the person who handled the ticket."""
    if actor.user_id is not None and actor.user_id in facts.handlers:
        return N_("办理过本工单的人员不能回访或核实本工单。")
    return None


def not_the_rated(facts: Facts, actor: Actor) -> str | None:
    """差评整改 is never done by the person who was rated."""
    if facts.rectifying and actor.user_id is not None and actor.user_id == facts.rated_person:
        return N_("被差评的人员不能整改本工单，请由本单位其他人员办理。")
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


def not_called_back(facts: Facts, actor: Actor) -> str | None:
    """A bad rating is called back once."""
    return N_("这次差评已经回访过。") if facts.called_back else None


def call_is_owed(facts: Facts, actor: Actor) -> str | None:
    """Once rated, a call is owed only for a bad rating that has not been called back."""
    if facts.state is not State.RATED:
        return None
    return rated_bad(facts, actor) or not_called_back(facts, actor)


def called_back(facts: Facts, actor: Actor) -> str | None:
    """100 % of bad ratings are called back before anything is decided about them."""
    bad = facts.state is State.RATED and facts.rating is not None and facts.rating <= BAD_RATING
    return N_("差评须先回访企业，再核实处理。") if bad and not facts.called_back else None


def rating_window_over(facts: Facts, actor: Actor) -> str | None:
    """未评价 is recorded only when the time for rating has passed."""
    return None if facts.rating_window_over else N_("评价期尚未结束。")


def reopen_in_time(facts: Facts, actor: Actor) -> str | None:
    """What has been closed for long is a new request."""
    if facts.state is State.CLOSED and facts.reopen_over:
        return N_("归档已久，请重新提交申请，并可注明原工单号。")
    return None


def marked_false(facts: Facts, actor: Actor) -> str | None:
    """Lifting needs a mark."""
    return None if facts.false_mark else N_("本工单没有虚假办结标记。")
