"""Rounds of visits (走访安排): planned by rules, handed out, carried out, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.outreach import (
    ROUND_MOVES,
    STOP_MOVES,
    Rules,
    Wish,
    may_move,
    reasons,
    spread,
    weight,
)
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.outreach.models import VisitRound, VisitStop
from servicedesk.outreach.queries import facts, today
from servicedesk.transaction import unit_of_work

STOPS_MAX = 1000
ROUND_DAYS_MAX = 366
BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Plan:
    """A round as it was put together; ``enterprise_ids`` in any order, ``key`` the form's own."""

    name: str
    purpose: str
    starts_on: date
    ends_on: date
    rules: Rules
    enterprise_ids: Sequence[int] = field(default=())
    key: str = ""


def officers(park_id: int) -> list[User]:
    """Return the people who go to enterprises: the desk's."""
    return [*holding(park_id, Role.DESK), *holding(park_id, Role.DESK_HEAD)]


def plan_round(actor: Actor, plan: Plan) -> VisitRound:
    """Save a round: once for one key.

    Raises:
        Refused: not permitted, wrong days, nobody to visit, or an enterprise that is not the park's.
        KeyReused: the key stands for a round of another name or other days.
    """
    try:
        return _plan(actor, plan)
    except IntegrityError:
        found = _planned_before(actor, plan)
        if found is None:
            raise
        return found


@unit_of_work
def _plan(actor: Actor, plan: Plan) -> VisitRound:
    _permit(actor, actor.park_id)
    if found := _planned_before(actor, plan):
        return found
    _check_days(actor.park_id, plan)
    made = VisitRound(
        park_id=actor.park_id, name=plan.name, purpose=plan.purpose, starts_on=plan.starts_on,
        ends_on=plan.ends_on, rules=plan.rules.as_dict(), key=plan.key or None, handed_out=0,
        created_by_id=actor.user_id, created_at=clock.now(), state="planned",
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    db.session.add_all(_stops(made, plan))
    after = {"name": plan.name, "stops": len(set(plan.enterprise_ids))}
    record(actor, "visit_round.plan", "visit_round", made.id, after=after)
    return made


def _planned_before(actor: Actor, plan: Plan) -> VisitRound | None:
    if not plan.key:
        return None
    query = select(VisitRound).where(
        VisitRound.created_by_id == actor.user_id, VisitRound.key == plan.key
    )
    found = db.session.scalar(query)
    if found is not None and (found.name, found.purpose, found.starts_on, found.ends_on) != (
        plan.name, plan.purpose, plan.starts_on, plan.ends_on,
    ):  # fmt: skip
        raise KeyReused(plan.key)
    return found


def _permit(actor: Actor, park_id: int, permission: str = "visit.plan") -> None:
    if not allows(actor, permission, Subject(park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def _check_days(park_id: int, plan: Plan) -> None:
    if plan.ends_on < plan.starts_on:
        raise Refused(N_("结束日期不能早于开始日期。"), field="ends_on")
    if plan.ends_on < today(park_id):
        raise Refused(N_("结束日期已经过去。"), field="ends_on")
    if (plan.ends_on - min(plan.starts_on, today(park_id))).days > ROUND_DAYS_MAX:
        raise Refused(N_("一轮走访须在一年之内。"), field="ends_on")


def _stops(made: VisitRound, plan: Plan) -> list[VisitStop]:
    """Return a stop for each enterprise, with the reasons of today."""
    known = {one.enterprise_id: one for one in facts(made.park_id, plan.rules)}
    wanted = list(dict.fromkeys(plan.enterprise_ids))
    if not wanted:
        raise Refused(N_("请至少选择一家企业。"), field="enterprises")
    if len(wanted) > STOPS_MAX:
        raise Refused(N_("一轮走访最多1000家企业。"), field="enterprises")
    if not set(wanted) <= set(known):
        raise Refused(N_("名单里有企业已不在园区企业档案中，请重新选择。"), field="enterprises")
    day, stops = today(made.park_id), []
    for enterprise_id in wanted:
        found = reasons(known[enterprise_id], plan.rules, day)
        codes = [one.code for one in found] or [BY_HAND]
        stops.append(
            VisitStop(
                round_id=made.id, enterprise_id=enterprise_id, reasons=codes, weight=weight(found)
            )
        )
    return stops


# Changing a round -----------------------------------------------------------------------------


def _open_round(actor: Actor, round_id: int, move: str, seen: int | None = None) -> VisitRound:
    found = db.session.get_one(VisitRound, round_id, with_for_update=True, populate_existing=True)
    _permit(actor, found.park_id)
    if seen is not None and seen != found.version:
        raise Conflict(seen, found.version)
    if not may_move(ROUND_MOVES, move, found.state):
        raise Refused(N_("这轮走访已经结束。"))
    return found


def _stop(stop_id: int) -> tuple[VisitStop, VisitRound]:
    stop = db.session.get_one(VisitStop, stop_id, with_for_update=True, populate_existing=True)
    return stop, db.session.get_one(VisitRound, stop.round_id)


@unit_of_work
def add_stop(actor: Actor, round_id: int, enterprise_id: int) -> VisitStop:
    """Add an enterprise by hand.

    Raises:
        Refused: not permitted, the round is over, or the enterprise is in it, or not the park's.
    """
    found = _open_round(actor, round_id, "change")
    enterprise = db.session.get(Enterprise, enterprise_id)
    if (
        enterprise is None
        or enterprise.park_id != found.park_id
        or enterprise.merged_into_id is not None
    ):
        raise Refused(N_("没有找到这家企业。"), field="enterprise")
    known = select(VisitStop.id).where(
        VisitStop.round_id == round_id, VisitStop.enterprise_id == enterprise_id
    )
    if db.session.scalar(known) is not None:
        raise Refused(N_("这家企业已在本轮走访中。"), field="enterprise")
    stop = VisitStop(round_id=round_id, enterprise_id=enterprise_id, reasons=[BY_HAND])
    db.session.add(stop)
    db.session.flush()
    record(actor, "visit_round.add", "visit_stop", stop.id, after={"enterprise": enterprise_id})
    return stop


@unit_of_work
def remove_stop(actor: Actor, stop_id: int) -> None:
    """Take an enterprise off a round that nobody has visited yet.

    Raises:
        Refused: not permitted, the round is over, or the stop is done or skipped.
    """
    stop, _round = _stop(stop_id)
    _open_round(actor, stop.round_id, "change")
    _insist(stop, "remove")
    before = {"enterprise": stop.enterprise_id, "officer": stop.officer_id}
    record(actor, "visit_round.remove", "visit_stop", stop_id, before=before)
    db.session.delete(stop)


def _insist(stop: VisitStop, move: str) -> None:
    if not may_move(STOP_MOVES, move, stop.state):
        raise Refused(N_("这一家已经走访或已注明不走访。"))


@unit_of_work
def hand_out(
    actor: Actor, round_id: int, officer_ids: Sequence[int], *, again: bool = False,
    seen: int | None = None,
) -> int:  # fmt: skip
    """Share the stops out over people and working days and tell them; returns how many.

    Stops that have somebody keep him, unless ``again``. The days are the round's working days that
    are not past.

    Raises:
        Refused: not permitted, over, nobody chosen, no working day left, or nothing to hand out.
        Conflict: the round has changed since ``seen``.
    """
    found = _open_round(actor, round_id, "hand_out", seen)
    able = {one.id: one for one in officers(found.park_id)}
    chosen = [able[one] for one in dict.fromkeys(officer_ids) if one in able]
    if not chosen:
        raise Refused(N_("请选择走访人员。"), field="officers")
    days = working_days(found)
    if not days:
        raise Refused(N_("本轮走访已没有剩余的工作日，请延长结束日期。"), field="officers")
    stops = [stop for stop in _waiting(round_id) if again or stop.officer_id is None]
    if not stops:
        raise Refused(N_("没有待分派的企业。"), field="officers")
    given = _give(stops, [one.id for one in chosen], days)
    found.state = ROUND_MOVES["hand_out"][1]
    found.handed_out += 1
    db.session.flush()
    _announce(found, chosen, given)
    record(actor, "visit_round.hand_out", "visit_round", round_id, after={"given": given})
    return len(stops)


def working_days(found: VisitRound) -> list[date]:
    """Return the working days of a round from today on."""
    hours = calendar(found.park_id)
    first = max(found.starts_on, today(found.park_id))
    span = (found.ends_on - first).days + 1
    days = (first + timedelta(days=number) for number in range(max(0, span)))
    return [day for day in days if hours.is_working_day(day)]


def _waiting(round_id: int) -> Sequence[VisitStop]:
    query = select(VisitStop).where(VisitStop.round_id == round_id, VisitStop.state == "planned")
    return db.session.scalars(query.order_by(VisitStop.id).with_for_update()).all()


def _give(
    stops: Sequence[VisitStop], officer_ids: Sequence[int], days: Sequence[date]
) -> dict[int, int]:
    """Write who goes where and when; returns how many each person got."""
    ids = [stop.enterprise_id for stop in stops]
    query = select(Enterprise).where(Enterprise.id.in_(ids))
    known = {one.id: one for one in db.session.scalars(query)}
    wishes = [
        Wish(
            stop.id, known[stop.enterprise_id].area,
            known[stop.enterprise_id].service_officer_id, stop.weight,
        )
        for stop in stops
    ]  # fmt: skip
    tasks = {task.stop: task for task in spread(wishes, officer_ids, days)}
    given: dict[int, int] = {}
    for stop in stops:
        task = tasks[stop.id]
        stop.officer_id, stop.planned_on = task.officer_id, task.day
        given[task.officer_id] = given.get(task.officer_id, 0) + 1
    return given


def _announce(found: VisitRound, chosen: Sequence[User], given: Mapping[int, int]) -> None:
    for officer in chosen:
        if count := given.get(officer.id):
            tell(
                [officer], N_("走访任务已分派给您，请按计划上门。"),
                key=f"visit_round:{found.id}:{found.handed_out}",
                detail=f"{found.name} · {count}", link="/desk/visits/today",
            )  # fmt: skip


@unit_of_work
def assign_stop(
    actor: Actor, stop_id: int, officer_id: int, planned_on: date, seen: int | None = None
) -> VisitStop:
    """Give one stop to a person for a day, by hand.

    Raises:
        Refused: not permitted, not open any more, nobody who may go, or a day outside the round.
        Conflict: the stop has changed since ``seen``.
    """
    stop, _ = _stop(stop_id)
    found = _open_round(actor, stop.round_id, "hand_out")
    if seen is not None and seen != stop.version:
        raise Conflict(seen, stop.version)
    _insist(stop, "assign")
    officer = next((one for one in officers(found.park_id) if one.id == officer_id), None)
    if officer is None:
        raise Refused(N_("请选择走访人员。"), field="officer")
    if not found.starts_on <= planned_on <= found.ends_on:
        raise Refused(N_("日期须在本轮走访的起止日期之内。"), field="planned_on")
    before = {"officer": stop.officer_id, "planned_on": _iso(stop.planned_on)}
    stop.officer_id, stop.planned_on = officer_id, planned_on
    found.state = ROUND_MOVES["hand_out"][1]
    db.session.flush()
    after = {"officer": officer_id, "planned_on": _iso(planned_on)}
    record(actor, "visit_round.assign", "visit_stop", stop_id, before, after)
    if before["officer"] != officer_id and officer_id != actor.user_id:
        tell(
            [officer], N_("走访任务已分派给您，请按计划上门。"),
            key=f"visit_stop:{stop_id}:v{stop.version}", detail=found.name,
            link="/desk/visits/today",
        )  # fmt: skip
    return stop


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


@unit_of_work
def skip_stop(actor: Actor, stop_id: int, reason: str) -> VisitStop:
    """Note that an enterprise was not visited, and why.

    Raises:
        Refused: not permitted, no reason, over, or done already.
    """
    stop, found = _stop(stop_id)
    _permit(actor, found.park_id, "visit.record")
    _insist(stop, "skip")
    if not reason.strip():
        raise Refused(N_("请写明未走访的原因。"), field="reason")
    stop.state, stop.skip_reason = STOP_MOVES["skip"][1], reason.strip()
    record(actor, "visit_round.skip", "visit_stop", stop_id, after={"reason": reason.strip()})
    return stop


@unit_of_work
def put_back(actor: Actor, stop_id: int) -> VisitStop:
    """Plan a skipped stop again.

    Raises:
        Refused: not permitted, over, or not skipped.
    """
    stop, _ = _stop(stop_id)
    _open_round(actor, stop.round_id, "change")
    _insist(stop, "put_back")
    before = {"reason": stop.skip_reason}
    stop.state, stop.skip_reason = STOP_MOVES["put_back"][1], ""
    record(actor, "visit_round.put_back", "visit_stop", stop_id, before=before)
    return stop


@unit_of_work
def close_round(
    actor: Actor, round_id: int, reason: str = "", seen: int | None = None
) -> VisitRound:
    """End a round; whoever was not visited is noted as skipped for ``reason``.

    Raises:
        Refused: not permitted, over already, or stops are left and no reason is given.
        Conflict: the round has changed since ``seen``.
    """
    found = _open_round(actor, round_id, "close", seen)
    left = _waiting(round_id)
    if left and not reason.strip():
        raise Refused(N_("还有企业没有走访，请写明原因后再结束。"), field="reason")
    for stop in left:
        stop.state, stop.skip_reason = STOP_MOVES["skip"][1], reason.strip()
    found.state, found.closed_at = ROUND_MOVES["close"][1], clock.now()
    after = {"left": len(left), "reason": reason.strip()}
    record(actor, "visit_round.close", "visit_round", round_id, after=after)
    return found
