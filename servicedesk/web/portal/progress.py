"""Where a request stands (进度), in plain words: the path, who has it now, what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from servicedesk.accounts.queries import user as get_user
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, BEFORE_RESOLUTION, ENDS, STATE_NAMES, State
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets.models import Ticket
from servicedesk.web.portal.words import _

PATH = (N_("已提交"), N_("受理"), N_("办理"), N_("确认"), N_("评价"), N_("归档"))
STANDS_AT: Mapping[State, int] = {
    State.SUBMITTED: 1,
    State.ACCEPTED: 2,
    State.DISPATCHED: 2,
    State.DISPUTED: 2,
    State.IN_PROGRESS: 2,
    State.AWAITING_ENTERPRISE: 2,
    State.SUSPENDED: 2,
    State.RESOLVED: 3,
    State.FOLLOWED_UP: 4,
    State.RATED: 5,
    State.CLOSED: 6,
}
NEXT: Mapping[State, str] = {
    State.SUBMITTED: N_("受理您的申请；不归这里管的，会说明理由和去哪里办"),
    State.ACCEPTED: N_("安排承办单位"),
    State.DISPATCHED: N_("签收，然后开始办理"),
    State.DISPUTED: N_("由分管领导确定承办单位，时限照常计算"),
    State.IN_PROGRESS: N_("办理，并把结果告诉您"),
    State.AWAITING_ENTERPRISE: N_("请您补充材料或信息，之后继续办理"),
    State.SUSPENDED: N_("已中止：原因消除后续办；您随时可以要求续办或撤回"),
    State.RESOLVED: N_("请您确认是否真正解决；没有解决会退回重办"),
    State.FOLLOWED_UP: N_("请您评价本次服务"),
    State.RATED: N_("归档"),
    State.CLOSED: N_("已办完并归档"),
    State.DECLINED: N_("没有受理，理由和办理渠道见下方"),
    State.WITHDRAWN: N_("您已撤回，不再办理"),
    State.TERMINATED: N_("中止期满已终止，理由和办理渠道见下方"),
    State.ABANDONED: N_("补正期满未答复，已暂时结案；您可以一键恢复办理"),
    State.MERGED: N_("已并入同一件在办工单，进度看那一件"),
}
ENDED_EARLY = ENDS - {State.CLOSED}
WITH_DESK = frozenset({State.SUBMITTED, State.ACCEPTED, State.DISPUTED, State.RATED})
WITH_UNIT = frozenset({State.DISPATCHED, State.IN_PROGRESS, State.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the path; ``mark`` is ``done``, ``here`` or empty."""

    name: str
    mark: str


def path(ticket: Ticket) -> list[Stop]:
    """Return the six stops of a request, or the short path of one that ended early."""
    state = State(ticket.state)
    if state in ENDED_EARLY:
        last = _(STATE_NAMES[state])
        accepted = [Stop(_("受理"), "done")] if ticket.accepted_at else []
        return [Stop(_("已提交"), "done"), *accepted, Stop(last, "here")]
    here = STANDS_AT[state]
    return [
        Stop(_stop_name(ticket, name), "done" if n < here else "here" if n == here else "")
        for n, name in enumerate(PATH)
    ]


def _stop_name(ticket: Ticket, name: str) -> str:
    """A closed request says which stops it went past."""
    closed = ticket.state == State.CLOSED
    if closed and name == PATH[3] and not ticket.confirmed:
        return _("未联系上")
    if closed and name == PATH[4] and ticket.rating is None:
        return _("未评价")
    return _(name)


@dataclass(frozen=True, slots=True)
class Now:
    """Who has the request, what is done next, until when; ``mine``: it is the enterprise's turn."""

    who: str
    does: str
    until: datetime | None
    note: str
    mine: bool
    over: bool


def now(ticket: Ticket) -> Now:
    """Return the present moment of a request as three answers."""
    state = State(ticket.state)
    mine = state in (State.AWAITING_ENTERPRISE, State.RESOLVED, State.FOLLOWED_UP)
    return Now(
        who=_holder(ticket, state, mine),
        does=_does(ticket, state),
        until=_until(ticket, state),
        note=_note(ticket, state),
        mine=mine,
        over=state in ENDS,
    )


def _does(ticket: Ticket, state: State) -> str:
    """A bad rating is looked into by somebody who has not handled the matter."""
    if state is State.RATED and (ticket.rating or 5) <= BAD_RATING:
        return _("核实您的差评：由没有办过这件事的人联系您，属实就退回重办")
    if ticket.rectifying and state in BEFORE_RESOLUTION:
        return _("整改您不满意的地方，由没有被差评的人员办理；办结后请您再评价")
    return _(NEXT[state])


def _holder(ticket: Ticket, state: State, mine: bool) -> str:
    if mine:
        return _("您的企业")
    if state in WITH_DESK:
        return _("企业服务台")
    if state in WITH_UNIT and ticket.unit_id is not None:
        person = get_user(ticket.assignee_id) if ticket.assignee_id else None
        unit = get_unit(ticket.unit_id).name
        return _("%(unit)s，承办人 %(name)s", unit=unit, name=person.name) if person else unit
    return ""


def _until(ticket: Ticket, state: State) -> datetime | None:
    if state is State.SUBMITTED:
        return ticket.response_due_at
    if state is State.DISPATCHED:
        return ticket.sign_due_at
    if state is State.FOLLOWED_UP:
        return ticket.rating_due_at
    if state is State.RATED and ticket.called_back_at is None:
        return ticket.contact_due_at
    return ticket.due_at if state in BEFORE_RESOLUTION else None


def _note(ticket: Ticket, state: State) -> str:
    if state is State.AWAITING_ENTERPRISE:
        return _("办理时限已暂停，等您补充后继续计时")
    if state is State.SUSPENDED:
        return _("办理时限已暂停，续办后继续计时")
    if state is State.RESOLVED:
        return _("没有期限；您未确认时，服务台会打电话回访")
    return ""
