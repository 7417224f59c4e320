"""What the steps about time write: supplements, suspension, extensions, plans of milestones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.meetings.models import Meeting
from servicedesk.tickets import clocks
from servicedesk.tickets.children import HandlingPlan, PlanMilestone, SupplementRequest
from servicedesk.tickets.effects.change import Change, end, end_pause, local_day, pause
from servicedesk.tickets.models import Extension

MILESTONES_MOST = 20


# Supplements (补正) ------------------------------------------------------------------------------


def request_supplement(change: Change) -> None:
    """一次性告知: all that is missing, at once."""
    asked = _ask(change, change.text("request"))
    asked.verdict, asked.decided_at = "approved", change.now
    _send(change, asked)


def ask_supplement_again(change: Change) -> None:
    _ask(change, change.text("request"))


def _ask(change: Change, text: str) -> SupplementRequest:
    asked = SupplementRequest(
        ticket_id=change.ticket.id, request=text,
        asked_by_id=change.actor.user_id, asked_at=change.now,
    )  # fmt: skip
    db.session.add(asked)
    return asked


def approve_supplement(change: Change) -> None:
    asked = _decide(change, "approved")
    change.data["request"] = asked.request
    _send(change, asked)


def refuse_supplement(change: Change) -> None:
    change.text("reason")
    _decide(change, "refused")


def _decide(change: Change, verdict: str) -> SupplementRequest:
    asked = pending_supplement(change.ticket.id)
    if asked is None:
        raise Refused(N_("没有等待审批的补正申请。"))
    asked.verdict, asked.decided_at = verdict, change.now
    asked.decided_by_id = change.actor.user_id
    return asked


def pending_supplement(ticket_id: int) -> SupplementRequest | None:
    """Return the request that waits for the desk head's approval, if any."""
    query = select(SupplementRequest).where(
        SupplementRequest.ticket_id == ticket_id, SupplementRequest.verdict.is_(None)
    )
    return db.session.scalar(query)


def _send(change: Change, asked: SupplementRequest) -> None:
    """The enterprise is told; it is reminded twice, and given up when its time is over."""
    hours, terms = calendar(change.ticket.park_id), clocks.rules_of(change.ticket)
    asked.sent_at = change.now
    asked.next_reminder_at = hours.due_after_days(change.now, terms.supplement_first_reminder)
    asked.answer_due_at = hours.due_after_days(change.now, terms.supplement_abandon)
    change.data["answer_by"] = asked.answer_due_at.isoformat()
    change.ticket.supplements += 1
    pause(change, asked.request)


def supplement(change: Change) -> None:
    change.text("answer")
    _close_request(change)
    end_pause(change)
    clocks.refresh(change.ticket)


def _close_request(change: Change) -> None:
    query = select(SupplementRequest).where(
        SupplementRequest.ticket_id == change.ticket.id,
        SupplementRequest.sent_at.is_not(None),
        SupplementRequest.answered_at.is_(None),
    )
    for asked in db.session.scalars(query):
        asked.next_reminder_at = None
        asked.answered_at = change.now


def abandon(change: Change) -> None:
    """逾期未补正: given up, with its history; one click takes it up again."""
    _close_request(change)
    clocks.stop(change.ticket, change.now)  # what was late before stays late when it is taken up
    end(change)


# Suspension (中止) -------------------------------------------------------------------------------


def suspend(change: Change) -> None:
    pause(change, change.text("reason"))
    change.ticket.suspended_at = change.now


def resume(change: Change) -> None:
    change.text("note")
    end_pause(change)
    change.ticket.suspended_at = None
    clocks.refresh(change.ticket)


def ask_resume(change: Change) -> None:
    """要求续办: the time after which the matter may be ended begins anew, so nobody who asks is ended."""
    change.text("note")
    change.ticket.suspended_at = change.now


def terminate(change: Change) -> None:
    change.text("reason")
    change.text("where_to_go")
    end(change)


# Extensions (延期) -------------------------------------------------------------------------------


def request_extension(change: Change) -> None:
    """A new date is asked for; what is granted are the working days up to it."""
    ticket, until = change.ticket, change.day("until")
    assert ticket.due_at is not None  # the guard ``before_due`` has looked
    hours, most = calendar(ticket.park_id), clocks.rules_of(ticket).extension_max_days
    days = hours.working_days_between(hours.local(ticket.due_at).date(), until)
    if not hours.is_working_day(until):
        raise Refused(N_("新的期限须是工作日。"), field="until")
    if not 1 <= days <= most:
        raise Refused(N_("新的期限须晚于原期限，且不超过允许的工作日数。"), field="until")
    change.data["days"], change.data["old"] = days, ticket.due_at.isoformat()
    extension = Extension(
        ticket_id=ticket.id, days=days, reason=change.text("reason"),
        asked_by_id=change.actor.user_id, asked_at=change.now,
    )  # fmt: skip
    db.session.add(extension)


def approve_extension(change: Change) -> None:
    extension = _decide_extension(change, "approved")
    change.data["old"] = change.ticket.due_at.isoformat() if change.ticket.due_at else ""
    change.ticket.extra_days += extension.days
    change.ticket.extensions += 1
    clocks.refresh(change.ticket)
    change.data["days"] = extension.days
    change.data["due_at"] = change.ticket.due_at.isoformat() if change.ticket.due_at else ""


def refuse_extension(change: Change) -> None:
    change.text("reason")
    _decide_extension(change, "refused")


def _decide_extension(change: Change, verdict: str) -> Extension:
    extension = pending_extension(change.ticket.id)
    if extension is None:
        raise Refused(N_("没有等待审批的延期申请。"))
    if verdict == "approved" and extension.asked_by_id == change.actor.user_id:
        raise Refused(N_("不能审批自己的延期申请。"))
    extension.verdict = verdict
    extension.decided_by_id = change.actor.user_id
    extension.decided_at = change.now
    return extension


def pending_extension(ticket_id: int) -> Extension | None:
    """Return the extension that waits for approval, if any."""
    query = select(Extension).where(Extension.ticket_id == ticket_id, Extension.verdict.is_(None))
    return db.session.scalar(query)


# Plans of milestones (挂账) ----------------------------------------------------------------------


def propose_plan(change: Change) -> None:
    """Dated milestones instead of a due time; ``milestones`` are pairs of a name and a day."""
    ticket = change.ticket
    steps: Sequence[tuple[str, Any]] = change.inputs["milestones"]
    today = local_day(change)
    days = [day for _name, day in steps]
    if not 1 <= len(steps) <= MILESTONES_MOST or not all(name.strip() for name, _day in steps):
        raise Refused(N_("请填写一至二十个节点，每个都有名称和日期。"), field="milestones")
    if days != sorted(set(days)) or days[0] <= today:
        raise Refused(N_("节点日期须在今天之后，并依次推后。"), field="milestones")
    plan = HandlingPlan(
        ticket_id=ticket.id, reason=change.text("reason"),
        asked_by_id=change.actor.user_id, asked_at=change.now,
    )  # fmt: skip
    db.session.add(plan)
    db.session.flush()
    for position, (name, day) in enumerate(steps, start=1):
        step = PlanMilestone(plan_id=plan.id, position=position, name=name.strip(), due_on=day)
        db.session.add(step)
    change.data["milestones"] = [f"{day.isoformat()} {name.strip()}" for name, day in steps]


def approve_plan(change: Change) -> None:
    """The meeting agrees: from now on the clock runs to the next milestone."""
    number = str(change.inputs.get("meeting_id") or "")
    meeting = db.session.get(Meeting, int(number)) if number.isdigit() else None
    if meeting is None or meeting.park_id != change.ticket.park_id or meeting.state == "cancelled":
        raise Refused(N_("请选择同意挂账的联席会议。"), field="meeting_id")
    plan = _decide_plan(change, "approved")
    plan.meeting_id = meeting.id
    first = _steps_of(plan)[0]
    if first.due_on <= local_day(change):
        raise Refused(N_("第一个节点的日期已过，请退回，按新的日期重新申请。"))
    if change.ticket.due_at is not None and change.now > change.ticket.due_at:
        change.ticket.on_time = False  # what was late before the plan stays late
    change.ticket.carried = True
    _next_leg(change, plan)


def refuse_plan(change: Change) -> None:
    change.text("reason")
    _decide_plan(change, "refused")


def _decide_plan(change: Change, verdict: str) -> HandlingPlan:
    query = select(HandlingPlan).where(
        HandlingPlan.ticket_id == change.ticket.id, HandlingPlan.verdict.is_(None)
    )
    plan = db.session.scalar(query)
    if plan is None:
        raise Refused(N_("没有等待审议的挂账申请。"))
    plan.verdict, plan.decided_at = verdict, change.now
    plan.decided_by_id = change.actor.user_id
    return plan


def reach_milestone(change: Change) -> None:
    """The enterprise is told at each milestone; the clock runs on to the next one."""
    ticket, steps = change.ticket, milestones_to_come(change.ticket.id)
    step = steps[0]
    step.reached_at, step.note = change.now, change.text("note")
    change.data["milestone"] = step.name
    if ticket.due_at is not None and change.now > ticket.due_at:
        ticket.on_time = False  # a milestone that was late is not forgotten with the next one
    db.session.flush()
    if steps[1:]:
        _next_leg(change, db.session.get_one(HandlingPlan, step.plan_id))


def _next_leg(change: Change, plan: HandlingPlan) -> None:
    step = milestones_to_come(change.ticket.id)[0]
    change.ticket.leg_from, change.ticket.leg_until = change.now, step.due_on
    clocks.refresh(change.ticket)
    change.data["due_at"] = change.ticket.due_at.isoformat() if change.ticket.due_at else ""


def _steps_of(plan: HandlingPlan) -> Sequence[PlanMilestone]:
    query = select(PlanMilestone).where(PlanMilestone.plan_id == plan.id)
    return db.session.scalars(query.order_by(PlanMilestone.position)).all()


def milestones_to_come(ticket_id: int) -> Sequence[PlanMilestone]:
    """Return the milestones of the ticket's newest approved plan that are not reached yet, in order.

    A plan that ended with an earlier end of the ticket has nothing to say any more.
    """
    newest = (
        select(HandlingPlan.id)
        .where(HandlingPlan.ticket_id == ticket_id, HandlingPlan.verdict == "approved")
        .order_by(HandlingPlan.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(PlanMilestone).where(
        PlanMilestone.plan_id == newest, PlanMilestone.reached_at.is_(None)
    )
    return db.session.scalars(query.order_by(PlanMilestone.position)).all()
