"""The steps of the closed loop (闭环流程), declared once, as data.

From ``TRANSITIONS`` come the buttons that a person sees, the checks inside every action, the
diagram in the documentation and the tests of each step. A ticket ends only when nothing more is
owed to the enterprise; none ends as delivered without its word or three attempts to get it.
"""

from collections.abc import Mapping

from servicedesk.core import guards as g
from servicedesk.core.guards import Facts
from servicedesk.core.states import BEFORE_RESOLUTION, ENDS, OPEN, RUNNING, State
from servicedesk.core.steps import Audience, Clock, Transition
from servicedesk.core.words import N_

S, A = State, Audience


def _second_return(facts: Facts) -> tuple[Audience, ...]:
    """The second return goes to the desk's head."""
    return (A.DESK_HEAD,) if facts.returns >= 1 else ()


def _again(facts: Facts) -> tuple[Audience, ...]:
    """The second reopening goes to the unit's head, the third to the leader."""
    return ((), (A.UNIT_HEAD,), (A.UNIT_HEAD, A.LEADER))[min(facts.reworks, 2)]


def _approver(facts: Facts) -> tuple[Audience, ...]:
    """The first extension is for the unit's head, the second for the leader."""
    if facts.extensions:
        return (A.DESK_HEAD,) if facts.confidential else (A.LEADER,)
    return (A.UNIT_HEAD,)


def _on(*states: State) -> frozenset[State]:
    return frozenset(states)


RESOLVING = (
    g.no_extension_waits, g.no_supplement_waits, g.no_plan_waits, g.milestones_reached,
    g.answers_are_in, g.authorized, g.not_the_rated,
)  # fmt: skip
UNSETTLED = _on(S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS)

TRANSITIONS: tuple[Transition, ...] = (
    # the desk --------------------------------------------------------------------------------
    Transition(
        "accept", N_("受理"), _on(S.SUBMITTED), S.ACCEPTED, "ticket.accept",
        N_("服务台已受理您的申请，正在安排承办单位。"),
        tells=(A.REQUESTER,), button="primary", undoable=True,
    ),
    Transition(
        "decline", N_("不予受理"), _on(S.SUBMITTED, S.ACCEPTED), S.DECLINED, "ticket.decline",
        N_("本事项不能在此受理，理由和办理渠道见说明。"),
        needs=("reason", "where_to_go"), clock=Clock.STOP, tells=(A.REQUESTER,), button="danger",
    ),
    Transition(
        "dispatch", N_("派单"), _on(S.ACCEPTED), S.DISPATCHED, "ticket.dispatch",
        N_("工单已派至承办单位，等待签收。"),
        needs=("unit_id",), guards=(g.authorized, g.head_after_two_returns),
        tells=(A.UNIT, A.UNIT_HEAD), button="primary", undoable=True,
    ),
    Transition(
        "merge", N_("并入已有工单"), UNSETTLED, S.MERGED, "ticket.merge",
        N_("您的申请与在办工单是同一件事，已并入办理，进度会同时告诉您。"),
        needs=("into",), guards=(g.no_extension_waits, g.no_supplement_waits, g.no_plan_waits,
                                 g.answers_are_in),
        clock=Clock.STOP, tells=(A.REQUESTER, A.ASSIGNEE), button="warning",
    ),
    Transition(
        "split", N_("拆分工单"), RUNNING, None, "ticket.split",
        N_("您的申请包含几件事，已拆成另一件工单分别办理。"),
        needs=("item", "title", "description"), tells=(A.REQUESTER,),
    ),
    Transition(
        "mark_urgent", N_("转为紧急件"), RUNNING, None, "ticket.urgent",
        N_("工单已转为紧急件，将立即联系企业，优先处置。"),
        needs=("reason",), guards=(g.not_urgent,), clock=Clock.RECKON,
        tells=(A.REQUESTER, A.ASSIGNEE, A.UNIT_HEAD, A.LEADER), button="danger",
    ),
    Transition(
        "unmark_urgent", N_("转为普通件"), RUNNING, None, "ticket.urgent",
        N_("经核实不属于紧急情形，工单转为普通件，按承诺时限办理。"),
        needs=("reason",), guards=(g.is_urgent,), clock=Clock.RECKON,
        tells=(A.REQUESTER, A.ASSIGNEE), button="warning",
    ),
    Transition(
        "hand_over", N_("移交"), OPEN, None, "ticket.hand_over",
        N_("工单已移交，请接手的人员继续负责。"),
        needs=("duty", "to_id", "reason"), guards=(g.own_or_head,),
        tells=(A.ASSIGNEE, A.INTAKE), shown=False,
    ),
    # the unit --------------------------------------------------------------------------------
    Transition(
        "sign", N_("签收"), _on(S.DISPATCHED), S.IN_PROGRESS, "ticket.sign",
        N_("承办单位已签收，开始办理。"),
        tells=(A.REQUESTER,), button="primary", undoable=True,
    ),
    Transition(
        "return", N_("退单"), _on(S.DISPATCHED), S.ACCEPTED, "ticket.return",
        N_("承办单位退单，请重新派单。"),
        needs=("code", "reason"),
        guards=(g.within_sign_time, g.ruling_stands, g.may_still_return, g.answers_are_in),
        tells=(A.DESK, A.INTAKE), more=_second_return, shown=False, button="warning",
    ),
    Transition(
        "contest", N_("提请裁定"), _on(S.DISPATCHED), S.DISPUTED, "ticket.return",
        N_("承办单位第三次提出异议，请分管领导裁定由谁办理。"),
        needs=("code", "reason"),
        guards=(g.within_sign_time, g.ruling_stands, g.returned_twice, g.answers_are_in),
        tells=(A.LEADER, A.DESK_HEAD, A.INTAKE), shown=False, button="warning",
    ),
    Transition(
        "settle", N_("裁定承办单位"), _on(S.DISPUTED), S.DISPATCHED, "ticket.settle",
        N_("分管领导已裁定承办单位，请签收办理，不再退单。"),
        needs=("unit_id", "reason"), guards=(g.leader_or_stand_in,),
        tells=(A.UNIT, A.UNIT_HEAD, A.DESK, A.INTAKE), shown=False, button="primary",
    ),
    Transition(
        "assign", N_("指定承办人"), _on(S.DISPATCHED, S.IN_PROGRESS), None, "ticket.assign",
        N_("工单已交给您办理。"),
        needs=("assignee_id",), tells=(A.ASSIGNEE,), shown=False, undoable=True,
    ),
    Transition(
        "ask_support", N_("请求协办"), _on(S.DISPATCHED, S.IN_PROGRESS), None, "ticket.ask_support",
        N_("请协助办理本工单，并在时限内答复主办单位。"),
        needs=("unit_id", "request"), tells=(A.SUPPORTERS,), shown=False,
    ),
    Transition(
        "answer_support", N_("答复协办"),
        _on(S.ACCEPTED, S.DISPATCHED, S.IN_PROGRESS, S.AWAITING_ENTERPRISE, S.SUSPENDED), None,
        "ticket.support", N_("协办单位已答复。"),
        needs=("answer",), guards=(g.owes_support,), tells=(A.ASSIGNEE,), shown=False,
        button="primary",
    ),
    Transition(
        "withdraw_support", N_("撤销协办"), _on(S.DISPATCHED, S.IN_PROGRESS), None,
        "ticket.ask_support", N_("协办请求已撤销，不需要再答复。"),
        needs=("unit_id", "reason"), guards=(g.support_waits,), tells=(A.SUPPORTERS,), shown=False,
    ),
    Transition(
        "advance_stage", N_("进入下一阶段"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("办理进入新的阶段，情况见说明。"),
        needs=("stage", "note"), guards=(g.is_staged, g.not_the_rated), tells=(A.REQUESTER,), button="primary",
    ),
    # supplements -----------------------------------------------------------------------------
    Transition(
        "request_supplement", N_("要求补正"), _on(S.IN_PROGRESS), S.AWAITING_ENTERPRISE,
        "ticket.handle",
        N_("请补充材料或信息，补正期间不计入办理时限。"),
        needs=("request",), guards=(g.first_supplement, g.no_extension_waits, g.no_plan_waits, g.not_the_rated),
        clock=Clock.PAUSE, tells=(A.REQUESTER,), button="warning",
    ),
    Transition(
        "ask_supplement_again", N_("申请再次补正"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("承办人申请再次要求企业补正，请审批。"),
        needs=("request",), guards=(g.supplemented_before, g.not_the_rated), tells=(A.DESK_HEAD,), shown=False,
    ),
    Transition(
        "approve_supplement", N_("同意再次补正"), _on(S.IN_PROGRESS), S.AWAITING_ENTERPRISE,
        "ticket.approve_supplement",
        N_("请再次补充材料或信息，补正期间不计入办理时限。"),
        guards=(g.supplement_waits, g.no_extension_waits, g.no_plan_waits), clock=Clock.PAUSE,
        tells=(A.REQUESTER, A.ASSIGNEE), button="primary",
    ),
    Transition(
        "refuse_supplement", N_("不同意再次补正"), _on(S.IN_PROGRESS), None,
        "ticket.approve_supplement",
        N_("再次补正的申请未获同意，请继续办理。"),
        needs=("reason",), guards=(g.supplement_waits,), tells=(A.ASSIGNEE,), shown=False,
        button="warning",
    ),
    Transition(
        "supplement", N_("提交补正"), _on(S.AWAITING_ENTERPRISE), S.IN_PROGRESS,
        "ticket.supplement",
        N_("企业已提交补正，恢复计时。"),
        needs=("answer",), guards=(g.authorized,), clock=Clock.RESUME, tells=(A.ASSIGNEE,),
        button="primary",
    ),
    Transition(
        "abandon", N_("逾期未补正结案"), _on(S.AWAITING_ENTERPRISE), S.ABANDONED, "ticket.abandon",
        N_("补正期限已过，本事项暂时结案；您可以随时一键恢复办理，已有记录都在。"),
        guards=(g.supplement_over,), clock=Clock.STOP, tells=(A.REQUESTER, A.ASSIGNEE, A.INTAKE),
    ),
    Transition(
        "take_up", N_("恢复办理"), _on(S.ABANDONED), S.IN_PROGRESS, "ticket.supplement",
        N_("企业恢复办理逾期未补正的事项，请继续办理。"),
        clock=Clock.RESTART, tells=(A.ASSIGNEE, A.UNIT_HEAD, A.INTAKE), button="primary",
    ),
    # acting on behalf, suspension ------------------------------------------------------------
    Transition(
        "act", N_("记录代办"), _on(S.IN_PROGRESS), None, "ticket.act",
        N_("帮代办专员已按授权代您办理一步，内容见说明。"),
        needs=("power", "note"), guards=(g.is_acting, g.authorized), tells=(A.REQUESTER,),
    ),
    Transition(
        "suspend", N_("中止办理"), _on(S.IN_PROGRESS), S.SUSPENDED, "ticket.suspend",
        N_("本事项已中止办理，原因见说明；中止期间不计入办理时限，您可以随时要求续办。"),
        needs=("reason",),
        guards=(g.no_extension_waits, g.no_supplement_waits, g.no_plan_waits), clock=Clock.PAUSE,
        tells=(A.REQUESTER, A.ASSIGNEE), button="warning",
    ),
    Transition(
        "resume", N_("续办"), _on(S.SUSPENDED), S.IN_PROGRESS, "ticket.suspend",
        N_("本事项已恢复办理，继续计时。"),
        needs=("note",), guards=(g.authorized,), clock=Clock.RESUME,
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
        needs=("reason", "where_to_go"), guards=(g.suspension_over,), clock=Clock.STOP,
        tells=(A.REQUESTER, A.ASSIGNEE), button="danger",
    ),
    # extensions and plans --------------------------------------------------------------------
    Transition(
        "request_extension", N_("申请延期"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("承办人申请延期，请审批。"),
        needs=("until", "reason"), guards=(g.before_due, g.no_plan_waits, g.not_the_rated), more=_approver,
        shown=False,
    ),
    Transition(
        "approve_extension", N_("同意延期"), _on(S.IN_PROGRESS), None, "ticket.extend",
        N_("办理时限已延长，新的期限见进度。"),
        guards=(g.extension_waits, g.second_by_leader), clock=Clock.RECKON,
        tells=(A.REQUESTER, A.ASSIGNEE), button="primary",
    ),
    Transition(
        "refuse_extension", N_("不同意延期"), _on(S.IN_PROGRESS), None, "ticket.extend",
        N_("延期申请未获同意，请按原期限办理。"),
        needs=("reason",), guards=(g.extension_waits,), tells=(A.ASSIGNEE,), shown=False,
        button="warning",
    ),
    Transition(
        "propose_plan", N_("申请挂账"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("承办单位申请挂账办理，已提交联席会议审议。"),
        needs=("milestones", "reason"), guards=(g.plan_may_be_asked, g.no_extension_waits, g.not_the_rated),
        tells=(A.UNIT_HEAD, A.DESK_HEAD), shown=False,
    ),
    Transition(
        "approve_plan", N_("同意挂账"), _on(S.IN_PROGRESS), None, "ticket.decide_plan",
        N_("联席会议同意按节点计划办理，每个节点都会告诉您。"),
        needs=("meeting_id",), guards=(g.plan_waits,), clock=Clock.RECKON,
        tells=(A.REQUESTER, A.ASSIGNEE, A.UNIT_HEAD), button="primary",
    ),
    Transition(
        "refuse_plan", N_("不同意挂账"), _on(S.IN_PROGRESS), None, "ticket.decide_plan",
        N_("挂账申请未获同意，请按原期限办理。"),
        needs=("reason",), guards=(g.plan_waits,), tells=(A.ASSIGNEE, A.UNIT_HEAD), shown=False,
        button="warning",
    ),
    Transition(
        "reach_milestone", N_("完成节点"), _on(S.IN_PROGRESS), None, "ticket.handle",
        N_("挂账事项完成了一个节点，情况见说明。"),
        needs=("note",), guards=(g.milestone_is_next, g.not_the_rated), clock=Clock.RECKON, tells=(A.REQUESTER,),
        button="primary",
    ),
    # the result and the enterprise's word ----------------------------------------------------
    Transition(
        "resolve", N_("办结"), _on(S.IN_PROGRESS), S.RESOLVED, "ticket.handle",
        N_("承办单位已办结，请确认事情是否真正解决。"),
        needs=("result", "resolution"), guards=RESOLVING, clock=Clock.STOP,
        tells=(A.REQUESTER, A.FOLLOW_UP), button="primary",
    ),
    Transition(
        "resolve_with_problem", N_("随类问题办结"), _on(S.IN_PROGRESS), S.RESOLVED,
        "problem.solve",
        N_("这一类问题已经解决，请确认您的事情是否真正解决。"),
        needs=("resolution",), guards=RESOLVING, clock=Clock.STOP,
        tells=(A.REQUESTER, A.ASSIGNEE, A.FOLLOW_UP),
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
        more=_again, button="warning",
    ),
    Transition(
        "follow_up", N_("回访：企业确认已解决"), _on(S.RESOLVED), S.FOLLOWED_UP,
        "ticket.follow_up",
        N_("回访时您已确认事情解决，欢迎评价本次服务。"),
        needs=("note",), guards=(g.not_own_work,), tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "miss", N_("回访：未联系上"), _on(S.RESOLVED, S.RATED), None, "ticket.follow_up",
        N_("服务台尝试回访，未能联系上您。"),
        needs=("note",), guards=(g.not_own_work, g.call_is_owed), tells=(A.REQUESTER,),
    ),
    Transition(
        "refuse_call", N_("回访：企业不愿答复"), _on(S.RESOLVED), None, "ticket.follow_up",
        N_("服务台回访时您表示不便答复，您可随时在线确认或提出异议。"),
        needs=("note",), guards=(g.not_own_work,), tells=(A.REQUESTER,),
    ),
    Transition(
        "close_unreached", N_("联系未果归档"), _on(S.RESOLVED), S.CLOSED, "ticket.close",
        N_("三次联系未果，工单已归档；您仍可联系服务台重新提出。"),
        needs=("note",), guards=(g.not_own_work, g.attempts_exhausted),
        tells=(A.REQUESTER,), button="warning",
    ),
    Transition(
        "rework", N_("重办"), _on(S.RESOLVED, S.RATED), S.IN_PROGRESS, "ticket.rework",
        N_("事情尚未真正解决，工单退回重办。"),
        needs=("reason",), guards=(g.not_own_work, g.called_back), clock=Clock.RESTART,
        tells=(A.REQUESTER, A.ASSIGNEE, A.UNIT_HEAD), more=_again, button="warning",
    ),
    Transition(
        "rate", N_("评价"), _on(S.FOLLOWED_UP), S.RATED, "ticket.rate",
        N_("企业已评价本次服务。"),
        needs=("level",), tells=(A.FOLLOW_UP,), button="primary",
    ),
    Transition(
        "call_back", N_("差评回访"), _on(S.RATED), None, "ticket.follow_up",
        N_("服务台已就您的差评回访，核实情况见说明。"),
        needs=("note",), guards=(g.rated_bad, g.not_own_work, g.not_called_back),
        tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "close", N_("归档"), _on(S.RATED), S.CLOSED, "ticket.close",
        N_("工单已归档，感谢您的评价。"),
        guards=(g.rated_good,), tells=(A.REQUESTER,), button="primary",
    ),
    Transition(
        "close_verified", N_("差评核实后归档"), _on(S.RATED), S.CLOSED, "ticket.close",
        N_("差评已核实，核实结论见说明，工单归档。"),
        needs=("note",), guards=(g.rated_bad, g.not_own_work, g.called_back), tells=(A.REQUESTER,),
    ),
    Transition(
        "close_unrated", N_("未评价归档"), _on(S.FOLLOWED_UP), S.CLOSED, "ticket.close",
        N_("评价期已过，工单按“未评价”归档。"),
        guards=(g.rating_window_over,), tells=(A.REQUESTER,),
    ),
    Transition(
        "reopen", N_("重新办理"), _on(S.CLOSED), S.IN_PROGRESS, "ticket.reopen",
        N_("归档后问题再次出现，工单恢复办理。"),
        needs=("reason",), guards=(g.reopen_in_time,), clock=Clock.RESTART,
        tells=(A.ASSIGNEE, A.UNIT_HEAD, A.INTAKE), more=_again, button="warning",
    ),
    Transition(
        "lift_false", N_("撤销虚假办结标记"), frozenset(State), None, "ticket.lift_false",
        N_("分管领导已撤销虚假办结标记，理由见说明。"),
        needs=("reason",), guards=(g.marked_false,), tells=(A.ASSIGNEE, A.UNIT_HEAD), shown=False,
    ),
    Transition(
        "urge", N_("催办"), RUNNING, None, "ticket.urge",
        N_("企业催办，请尽快办理并回复进展。"),
        guards=(g.not_urged_today,), tells=(A.ASSIGNEE, A.UNIT_HEAD, A.INTAKE),
    ),
    Transition(
        "withdraw", N_("撤回申请"), BEFORE_RESOLUTION, S.WITHDRAWN, "ticket.withdraw",
        N_("企业已撤回申请。"),
        needs=("reason",), clock=Clock.STOP, tells=(A.DESK, A.ASSIGNEE, A.SUPPORTERS),
        button="danger",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Transition] = {t.name: t for t in TRANSITIONS}
LEADING_OUT = frozenset(t.name for t in TRANSITIONS if t.sources & ENDS and t.target is not None)
