"""The views of the queue (视图): what belongs into each, who has which, and the number on its badge."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING, BEFORE_RESOLUTION, STANDING, State
from servicedesk.extensions import db
from servicedesk.tickets.children import (
    Follower,
    HandlingPlan,
    SupplementRequest,
    SupportTask,
)
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Extension, Ticket, TicketEvent

VIEW_NAMES: Mapping[str, str] = {
    "to_accept": N_("待受理"),
    "urgent": N_("紧急件"),
    "to_dispatch": N_("待派单"),
    "returned": N_("退回两次以上"),
    "disputes": N_("待裁定"),
    "to_sign": N_("待签收"),
    "support": N_("待我协办"),
    "mine": N_("我的工单"),
    "answerable": N_("我首接的"),
    "followed": N_("我关注的"),
    "changed": N_("有新进展"),
    "unit": N_("本单位工单"),
    "in_progress": N_("办理中"),
    "due_today": N_("今日到期"),
    "overdue": N_("已超期"),
    "level_2": N_("二级督办"),
    "level_3": N_("三级督办"),
    "urgent_uncontacted": N_("紧急件未联系"),
    "contact_late": N_("差评回访超期"),
    "waiting": N_("等待企业"),
    "extensions": N_("延期审批"),
    "supplements": N_("再次补正审批"),
    "carried": N_("挂账"),
    "to_follow_up": N_("待回访"),
    "to_rate": N_("待评价"),
    "to_close": N_("待归档"),
    "bad_rating": N_("差评核实"),
    "rectifying": N_("差评整改"),
    "reopened": N_("多次重办"),
    "false_marks": N_("虚假办结在办"),
    "repeated": N_("重复诉求"),
    "open": N_("全部在办"),
    "all": N_("全部工单"),
}
VIEWS_OF: Mapping[Role, tuple[str, ...]] = {
    Role.DESK: (
        "to_accept", "urgent", "to_dispatch", "to_sign", "mine", "answerable", "followed", "due_today",
        "overdue", "waiting", "to_follow_up", "open", "all",
    ),
    Role.DESK_HEAD: (
        "to_accept", "urgent", "to_dispatch", "returned", "disputes", "to_sign", "answerable", "followed",
        "due_today", "overdue", "waiting", "supplements", "extensions", "carried", "to_follow_up",
        "bad_rating", "to_close", "false_marks", "open", "all",
    ),
    Role.FOLLOW_UP: (
        "to_follow_up", "bad_rating", "to_rate", "to_close", "followed", "open", "all",
    ),
    Role.OFFICER: (
        "to_sign", "support", "mine", "unit", "urgent", "followed", "due_today", "overdue", "waiting",
        "rectifying", "to_follow_up", "all",
    ),
    Role.UNIT_HEAD: (
        "to_sign", "support", "mine", "unit", "urgent", "extensions", "followed", "due_today", "overdue",
        "waiting", "rectifying", "reopened", "false_marks", "to_follow_up", "all",
    ),
    Role.LEADER: (
        "overdue", "urgent", "disputes", "due_today", "extensions", "carried", "bad_rating", "reopened",
        "false_marks", "followed", "open", "all",
    ),
}  # fmt: skip
ALSO_SUPPORTED = frozenset({"support", "followed", "all"})  # what a unit sees as a supporter too
REOPENED_OFTEN = 2
LEADERS_LEVEL = 2


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of what the person may see in lists, from the permission table."""
    scope = scope_of(actor.role, "ticket.view")
    if scope is Scope.OWN:
        return and_(
            Ticket.enterprise_id.in_(actor.enterprises_with("ticket.view")),
            or_(
                Ticket.confidential.is_(False),
                Ticket.enterprise_id.in_(actor.enterprises_with("ticket.view_confidential")),
            ),
        )
    if scope is Scope.UNIT and actor.unit_id is not None:
        return and_(
            Ticket.park_id == actor.park_id,
            or_(Ticket.unit_id == actor.unit_id, _supported(actor.unit_id)),
        )
    if scope is Scope.PARK:
        return Ticket.park_id == actor.park_id
    return Ticket.id < 0


def _supported(unit_id: int, *states: str) -> ColumnElement[bool]:
    """The tickets that a unit was asked to support (协办)."""
    wanted = states or ("waiting", "answered")
    return Ticket.id.in_(
        select(SupportTask.ticket_id).where(
            SupportTask.unit_id == unit_id, SupportTask.state.in_(wanted)
        )
    )


def in_states(*states: State) -> ColumnElement[bool]:
    """Return the condition of tickets that stand in one of ``states``."""
    return Ticket.state.in_([state.value for state in states])


def view_condition(view: str, actor: Actor) -> ColumnElement[bool]:
    """Return what belongs into ``view``; the badge and the list both use it.

    Raises:
        KeyError: there is no such view.
    """
    condition = _CONDITIONS[view](actor)
    leads = scope_of(actor.role, "ticket.view") is Scope.UNIT and view not in ALSO_SUPPORTED
    return and_(condition, Ticket.unit_id == actor.unit_id) if leads else condition


def _running() -> ColumnElement[bool]:
    return and_(is_open(), in_states(*sorted(BEFORE_RESOLUTION)))


def is_open() -> ColumnElement[bool]:
    """Return the condition of tickets that have not reached an end; a partial index holds them."""
    return Ticket.closed_at.is_(None)


def _stands(*states: State) -> Callable[[Actor], ColumnElement[bool]]:
    return lambda actor: and_(is_open(), in_states(*states))


def _due_today(actor: Actor) -> ColumnElement[bool]:
    now = clock.now()
    return and_(_running(), Ticket.due_at >= now, Ticket.due_at < _end_of_today(now))


def _end_of_today(now: datetime) -> datetime:
    tomorrow = now.astimezone(ZONE).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), ZONE)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Ticket.assignee_id == actor.user_id,
        Ticket.intake_by_id == actor.user_id,
        Ticket.filed_by_id == actor.user_id,
    )


def _followed(actor: Actor) -> ColumnElement[bool]:
    return Ticket.id.in_(select(Follower.ticket_id).where(Follower.user_id == actor.user_id))


def last_closing(park_id: int) -> datetime:
    """Return when the last working day before today ended (上一工作日下班)."""
    hours, now = calendar(park_id), clock.now()
    day = hours.local(now).date() - timedelta(days=1)
    while not hours.is_working_day(day):
        day -= timedelta(days=1)
    return hours.end_of_day(day)


def is_news(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of timeline lines that others wrote since the last working day ended."""
    others = or_(TicketEvent.actor_id.is_(None), TicketEvent.actor_id != actor.user_id)
    return and_(TicketEvent.at >= last_closing(actor.park_id), others)


def _changed(actor: Actor) -> ColumnElement[bool]:
    """What others did to the tickets that the person answers for: the unit's for its head."""
    concerns = {
        Role.UNIT_HEAD: true(),
        Role.LEADER: or_(_followed(actor), Ticket.ladder_level >= LEADERS_LEVEL),
    }.get(actor.role, or_(_mine(actor), _followed(actor)))
    news = select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, is_news(actor))
    return and_(is_open(), concerns, news.correlate(Ticket).exists())


def _support(actor: Actor) -> ColumnElement[bool]:
    return and_(is_open(), _supported(actor.unit_id or 0, "waiting"))


def _extensions(actor: Actor) -> ColumnElement[bool]:
    """What waits for this person: the first extension is the unit's, the second the leader's."""
    waiting = select(Extension.ticket_id).where(Extension.verdict.is_(None))  # few: read first
    whose = {
        Role.UNIT_HEAD: Ticket.extensions == 0,
        Role.LEADER: and_(Ticket.extensions > 0, Ticket.confidential.is_(False)),
        Role.DESK_HEAD: or_(Ticket.extensions == 0, Ticket.confidential),
    }.get(actor.role, true())
    return and_(is_open(), in_states(State.IN_PROGRESS), Ticket.id.in_(waiting), whose)


def _supplements(actor: Actor) -> ColumnElement[bool]:
    waits = select(SupplementRequest.id).where(
        SupplementRequest.ticket_id == Ticket.id, SupplementRequest.verdict.is_(None)
    )
    return and_(is_open(), in_states(State.IN_PROGRESS), waits.exists())


def _carried(actor: Actor) -> ColumnElement[bool]:
    """What has a plan, and what waits for the joint meeting to agree to one."""
    waits = select(HandlingPlan.id).where(
        HandlingPlan.ticket_id == Ticket.id, HandlingPlan.verdict.is_(None)
    )
    return and_(_running(), or_(Ticket.carried, waits.exists()))


_CONDITIONS: Mapping[str, Callable[[Actor], ColumnElement[bool]]] = {
    "to_accept": _stands(State.SUBMITTED),
    "urgent": lambda actor: and_(_running(), Ticket.urgent),
    "to_dispatch": _stands(State.ACCEPTED),
    "returned": lambda actor: and_(is_open(), in_states(State.ACCEPTED), Ticket.returns >= 2),
    "disputes": _stands(State.DISPUTED),
    "to_sign": _stands(State.DISPATCHED),
    "support": _support,
    "in_progress": _stands(State.IN_PROGRESS),
    "waiting": _stands(*sorted(STANDING)),
    "to_follow_up": _stands(State.RESOLVED),
    "to_rate": _stands(State.FOLLOWED_UP),
    "to_close": lambda actor: and_(is_open(), in_states(State.RATED), Ticket.rating > BAD_RATING),
    "bad_rating": lambda actor: and_(
        is_open(), in_states(State.RATED), Ticket.rating <= BAD_RATING
    ),
    "rectifying": lambda actor: and_(_running(), Ticket.rectifying),
    "mine": lambda actor: and_(is_open(), _mine(actor)),
    "answerable": lambda actor: and_(is_open(), Ticket.intake_by_id == actor.user_id),
    "followed": lambda actor: and_(is_open(), _followed(actor)),
    "changed": _changed,
    "unit": lambda actor: _running(),
    "due_today": _due_today,
    "overdue": lambda actor: and_(_running(), Ticket.due_at < clock.now()),
    "level_2": lambda actor: and_(_running(), Ticket.ladder_level == 2),
    "level_3": lambda actor: and_(_running(), Ticket.ladder_level >= 3),
    "urgent_uncontacted": lambda actor: and_(
        _running(),
        Ticket.urgent,
        Ticket.first_response_at.is_(None),
        Ticket.response_due_at < clock.now(),
    ),
    "contact_late": lambda actor: and_(
        is_open(),
        in_states(State.RATED),
        Ticket.rating <= BAD_RATING,
        Ticket.called_back_at.is_(None),
        Ticket.contact_due_at < clock.now(),
    ),
    "extensions": _extensions,
    "supplements": _supplements,
    "carried": _carried,
    "reopened": lambda actor: and_(is_open(), Ticket.reworks >= REOPENED_OFTEN),
    "false_marks": lambda actor: and_(is_open(), Ticket.false_resolution),
    "repeated": lambda actor: and_(Ticket.repeat_of_id.is_not(None), Ticket.state != State.MERGED),
    "open": lambda actor: is_open(),
    "all": lambda actor: true(),
}


def counts(actor: Actor) -> dict[str, int]:
    """Return the badge of each of the person's views that holds open tickets, in one statement."""
    views = [view for view in VIEWS_OF.get(actor.role, ()) if view != "all"]
    if not views:
        return {}
    sums = [
        func.coalesce(func.sum(case((view_condition(view, actor), 1), else_=0)), 0).label(view)
        for view in views
    ]
    query = select(*sums).where(visible(actor), is_open())
    row = db.session.execute(query).one()
    return {view: int(getattr(row, view)) for view in views}
