"""What the result and the enterprise's word write: resolving, follow-up, rating, coming back."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from servicedesk.accounts.queries import holding
from servicedesk.calendars.queries import calendar
from servicedesk.core.permissions import Role
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets import clocks
from servicedesk.tickets.children import FalseResolution, Reopening, Urge
from servicedesk.tickets.effects.change import Change, end, local_day
from servicedesk.tickets.models import FollowUpCall, Outcome, Rating

RESULTS = {
    "solved": N_("已解决"),
    "partly": N_("部分解决"),
    "explained": N_("暂不能解决，已说明理由"),
}
SAID_SOLVED = frozenset({"solved", "partly"})  # what the enterprise's word can contradict


def resolve(change: Change) -> None:
    result = change.text("result")
    if result not in RESULTS:
        raise Refused(N_("请选择办理结果。"), field="result")
    _resolve(change, result, change.actor.user_id)


def resolve_with_problem(change: Change) -> None:
    """举一反三: the solution of the class is the resolution of each; its enterprise has the last word."""
    change.data["result"] = "solved"
    whose = (
        change.ticket.assignee_id or change.actor.user_id
    )  # whose work is rated and called about
    _resolve(change, "solved", whose)


def _resolve(change: Change, result: str, by_id: int | None) -> None:
    ticket = change.ticket
    ticket.result = result
    ticket.resolution = change.text("resolution")
    ticket.resolved_at = change.now
    ticket.resolved_by_id = by_id
    ticket.follow_up_due_at = clocks.follow_up_due(ticket, change.now)
    _write_outcomes(change)
    clocks.stop(ticket, change.now)


def _write_outcomes(change: Change) -> None:
    db.session.execute(delete(Outcome).where(Outcome.ticket_id == change.ticket.id))
    outcomes: Mapping[str, int] = change.inputs.get("outcomes") or {}
    listing = str(change.ticket.answers.get("listing") or "")
    for code, thousandths in outcomes.items():
        if thousandths:
            db.session.add(
                Outcome(
                    ticket_id=change.ticket.id, metric_code=code,
                    value=thousandths, listing=listing,
                )
            )  # fmt: skip
    change.data["outcomes"] = {code: value / 1000 for code, value in outcomes.items() if value}


# Follow-up (回访) --------------------------------------------------------------------------------


def confirm(change: Change) -> None:
    _confirmed(change)


def follow_up(change: Change) -> None:
    _call(change, "reached")
    _confirmed(change)


def _confirmed(change: Change) -> None:
    ticket = change.ticket
    ticket.confirmed = True
    ticket.followed_up_at = change.now
    ticket.rating_due_at = clocks.rating_due(ticket, change.now)


def miss(change: Change) -> None:
    _call(change, "missed")


def refuse_call(change: Change) -> None:
    """The enterprise did not want to say: an attempt on record, not a word."""
    _call(change, "refused")


def call_back(change: Change) -> None:
    """差评回访: somebody who had no part in it hears the enterprise out."""
    _call(change, "bad_rating")
    change.ticket.called_back_at = change.now


def _call(change: Change, result: str) -> None:
    hours = calendar(change.ticket.park_id)
    if result == "missed" and not hours.is_working_moment(change.now):
        raise Refused(N_("请在工作时间回访，非工作时间的未接通不计。"))
    call = FollowUpCall(
        ticket_id=change.ticket.id, round=change.ticket.reworks, result=result,
        note=change.text("note"), caller_id=change.actor.user_id,
        day=local_day(change), at=change.now,
    )  # fmt: skip
    db.session.add(call)


# Coming back (重办、恢复办理) --------------------------------------------------------------------


def dispute(change: Change) -> None:
    """The enterprise contradicts the resolution: rework, and the mark of 虚假办结."""
    change.text("reason")
    _mark_false(change)
    _come_back(change, "dispute", change.ticket.resolved_at)


def rework(change: Change) -> None:
    """After a call that contradicts the resolution, or a bad rating that was verified."""
    ticket = change.ticket
    change.text("reason")
    bad = ticket.rated_at is not None and (ticket.rating or 5) <= BAD_RATING
    if ticket.rated_at is None:
        _mark_false(change)
    if bad:
        ticket.rectifying, ticket.rated_person_id = True, ticket.resolved_by_id
    _come_back(change, "rework", ticket.rated_at or ticket.resolved_at)
    if bad:
        _give_to_another(change)


def reopen(change: Change) -> None:
    """A closed matter comes back; the time for which it was closed is nobody's delay."""
    change.text("reason")
    _come_back(change, "reopen", change.ticket.closed_at)


def take_up(change: Change) -> None:
    """An abandoned matter goes on where it was; the enterprise's silence is nobody's delay."""
    ticket = change.ticket
    change.text("note")
    days = ticket.limit_days
    _write_reopening(change, "take_up", ticket.closed_at)
    ticket.closed_at = None
    clocks.restart(ticket, change.now, days)


def _come_back(change: Change, kind: str, ended: datetime | None) -> None:
    ticket = change.ticket
    change.data["former_resolution"] = ticket.resolution
    ticket.reworks += 1
    _write_reopening(change, kind, ended)
    ticket.result = ticket.resolution = None
    ticket.resolved_at = ticket.followed_up_at = ticket.rated_at = ticket.rating_due_at = None
    ticket.follow_up_due_at = ticket.contact_due_at = ticket.called_back_at = None
    ticket.closed_at = None
    ticket.confirmed = None  # the rating stays until a new one: a bad one is not undone by rework
    db.session.execute(delete(Outcome).where(Outcome.ticket_id == ticket.id))
    clocks.restart(ticket, change.now)
    if ticket.reworks == 2:
        _give_to_head(change)


def _write_reopening(change: Change, kind: str, ended: datetime | None) -> None:
    hours, since = calendar(change.ticket.park_id), ended or change.now
    db.session.add(
        Reopening(
            ticket_id=change.ticket.id, number=change.ticket.reworks, kind=kind,
            by_id=change.actor.user_id, by_role=change.actor.role,
            reason=str(change.data.get("reason") or change.data.get("note") or ""),
            ended_at=since, at=change.now, idle_minutes=max(0, hours.between(since, change.now)),
        )
    )  # fmt: skip


def _give_to_head(change: Change) -> None:
    """The second reopening goes to the head of the unit, unless the rating was of that person."""
    if change.ticket.unit_id is None:
        return
    heads = holding(change.ticket.park_id, Role.UNIT_HEAD, change.ticket.unit_id)
    fit = [head for head in heads if not _is_rated(change, head.id)]
    if fit:
        change.ticket.assignee_id = fit[0].id
        change.data["assignee"] = fit[0].name


def _give_to_another(change: Change) -> None:
    """The person who was rated takes no part in putting it right."""
    if change.ticket.assignee_id is not None and _is_rated(change, change.ticket.assignee_id):
        change.ticket.assignee_id = None


def _is_rated(change: Change, user_id: int) -> bool:
    return change.ticket.rectifying and user_id == change.ticket.rated_person_id


def _mark_false(change: Change) -> None:
    ticket = change.ticket
    if ticket.result not in SAID_SOLVED:
        return
    ticket.false_resolution = True
    change.data["false_resolution"] = True
    db.session.add(
        FalseResolution(
            ticket_id=ticket.id, round=ticket.reworks, unit_id=ticket.unit_id,
            resolved_by_id=ticket.resolved_by_id, resolution=ticket.resolution or "",
            found_by_id=change.actor.user_id, found_by_role=change.actor.role,
            found_at=change.now, reason=change.data["reason"],
        )
    )  # fmt: skip


def lift_false(change: Change) -> None:
    reason = change.text("reason")
    query = select(FalseResolution).where(
        FalseResolution.ticket_id == change.ticket.id, FalseResolution.lifted_at.is_(None)
    )
    for mark in db.session.scalars(query):
        mark.lifted_by_id, mark.lifted_at = change.actor.user_id, change.now
        mark.lift_reason = reason
    change.ticket.false_resolution = False


# Rating and the end ------------------------------------------------------------------------------


def rate(change: Change) -> None:
    level = int(change.inputs["level"])
    reasons = list(change.inputs.get("reasons") or [])
    if not 1 <= level <= 5:
        raise Refused(N_("请选择评价等级。"), field="level")
    if level <= BAD_RATING and not reasons:
        raise Refused(N_("请告诉我们不满意的原因，便于整改。"), field="reasons")
    change.data |= {"level": level, "reasons": reasons}
    ticket = change.ticket
    rating = Rating(
        ticket_id=ticket.id, round=ticket.reworks, level=level, reasons=reasons,
        comment=change.text("comment"), by_id=change.actor.user_id, at=change.now,
    )  # fmt: skip
    db.session.add(rating)
    ticket.rating = level
    ticket.rated_at = change.now
    ticket.rectifying = False
    ticket.called_back_at = None
    bad = level <= BAD_RATING
    ticket.contact_due_at = clocks.contact_due(ticket, change.now) if bad else None


def close(change: Change) -> None:
    if change.inputs.get("note"):
        change.text("note")
    change.ticket.closed_at = change.now


def withdraw(change: Change) -> None:
    change.text("reason")
    end(change)


def urge(change: Change) -> None:
    """催办, once a working day: a rest day counts to the working one before it."""
    if change.inputs.get("note"):
        change.text("note")
    day = urge_day(change.ticket.park_id, change.now)
    note = str(change.data.get("note") or "")
    urged = Urge(
        ticket_id=change.ticket.id, day=day, by_id=change.actor.user_id, at=change.now, note=note
    )
    db.session.add(urged)
    change.ticket.urges += 1


def urge_day(park_id: int, now: datetime) -> date:
    """Return the working day to which an urging at ``now`` counts."""
    hours = calendar(park_id)
    day = hours.local(now).date()
    while not hours.is_working_day(day):
        day -= timedelta(days=1)
    return day
