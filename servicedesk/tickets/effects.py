"""What each transition does to the ticket's row and its children, beside the new state.

The workflow table says *whether*; these small functions say *what is written*. Each gets the change
and reads only inputs that the table declares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from servicedesk.accounts.queries import members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.calendars.queries import calendar
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.materials.queries import valid_powers
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets import clocks
from servicedesk.tickets.models import Extension, FollowUpCall, Outcome, PauseSpan, Rating, Ticket

RESULTS = {
    "solved": N_("已解决"),
    "partly": N_("部分解决"),
    "explained": N_("暂不能解决，已说明理由"),
}
EXTENSION_MAX_DAYS = 20


@dataclass(slots=True)
class Change:
    """One step being taken: who, when, on what, with which inputs; ``data`` goes to the timeline."""

    ticket: Ticket
    actor: Actor
    now: datetime
    inputs: Mapping[str, Any]
    data: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text input, trimmed, remembering it for the timeline."""
        value = str(self.inputs.get(name) or "").strip()
        self.data[name] = value
        return value


def accept(change: Change) -> None:
    """首接负责: whoever accepts stays answerable."""
    ticket = change.ticket
    ticket.intake_by_id = change.actor.user_id
    ticket.accepted_at = change.now
    ticket.first_response_at = ticket.first_response_at or change.now


def decline(change: Change) -> None:
    change.text("reason")
    change.text("where_to_go")
    change.ticket.first_response_at = change.ticket.first_response_at or change.now
    change.ticket.closed_at = change.now
    clocks.silence(change.ticket)


def dispatch(change: Change) -> None:
    unit = get_unit(int(change.inputs["unit_id"]))
    if unit.park_id != change.ticket.park_id:
        raise Refused(N_("请选择本园区的承办单位。"), field="unit_id")
    change.text("note")
    change.data["unit"] = unit.name
    change.ticket.unit_id = unit.id
    change.ticket.assignee_id = None
    change.ticket.dispatched_at = change.now
    change.ticket.sign_due_at = clocks.sign_due(change.ticket, change.now)


def sign(change: Change) -> None:
    change.ticket.signed_at = change.now
    change.ticket.assignee_id = change.ticket.assignee_id or change.actor.user_id


def return_(change: Change) -> None:
    change.text("reason")
    unit_id = change.ticket.unit_id
    if unit_id is not None:
        unit = get_unit(unit_id)
        change.data |= {"unit": unit.name, "unit_code": unit.code}
    change.ticket.returns += 1
    change.ticket.unit_id = None
    change.ticket.assignee_id = None
    change.ticket.sign_due_at = None


def assign(change: Change) -> None:
    person = get_user(int(change.inputs["assignee_id"]))
    if person is None or person.id not in {p.id for p in members_of_unit(change.ticket.unit_id)}:
        raise Refused(N_("请选择本单位的承办人。"), field="assignee_id")
    change.data["assignee"] = person.name
    change.ticket.assignee_id = person.id


def request_supplement(change: Change) -> None:
    _pause(change, change.text("request"))


def _pause(change: Change, reason: str) -> None:
    span = PauseSpan(
        ticket_id=change.ticket.id, reason=reason,
        started_by_id=change.actor.user_id, started_at=change.now,
    )  # fmt: skip
    db.session.add(span)
    db.session.flush()
    clocks.refresh(change.ticket)  # a due time that has passed already stays passed


def supplement(change: Change) -> None:
    change.text("answer")
    _end_pause(change)
    clocks.refresh(change.ticket)


def act(change: Change) -> None:
    """代办: hand in, add to or collect, never sign or promise; only what the letter allows."""
    power = change.text("power")
    if power not in valid_powers(change.ticket, change.now):
        raise Refused(N_("授权委托书没有给出这项权限。"), field="power")
    change.text("note")


def suspend(change: Change) -> None:
    _pause(change, change.text("reason"))
    change.ticket.suspended_at = change.now


def resume(change: Change) -> None:
    change.text("note")
    _end_pause(change)
    change.ticket.suspended_at = None
    clocks.refresh(change.ticket)


def ask_resume(change: Change) -> None:
    """要求续办: the time after which the matter may be ended begins anew, so nobody who asks is ended."""
    change.text("note")
    change.ticket.suspended_at = change.now


def terminate(change: Change) -> None:
    change.text("reason")
    change.text("where_to_go")
    _end_pause(change)
    change.ticket.closed_at = change.now
    clocks.silence(change.ticket)


def _end_pause(change: Change) -> None:
    open_span = select(PauseSpan).where(
        PauseSpan.ticket_id == change.ticket.id, PauseSpan.ended_at.is_(None)
    )
    span = db.session.scalar(open_span)
    if span is not None:
        span.ended_at = change.now
        db.session.flush()
        clocks.note_pauses(change.ticket, change.now)


def request_extension(change: Change) -> None:
    days = int(change.inputs["days"])
    if not 1 <= days <= EXTENSION_MAX_DAYS:
        raise Refused(N_("延期须为1至20个工作日。"), field="days")
    change.data["days"] = days
    extension = Extension(
        ticket_id=change.ticket.id, days=days, reason=change.text("reason"),
        asked_by_id=change.actor.user_id, asked_at=change.now,
    )  # fmt: skip
    db.session.add(extension)


def approve_extension(change: Change) -> None:
    extension = _decide(change, "approved")
    change.ticket.extra_days += extension.days
    change.ticket.extensions += 1
    clocks.refresh(change.ticket)
    change.data["days"] = extension.days
    change.data["due_at"] = change.ticket.due_at.isoformat() if change.ticket.due_at else ""


def refuse_extension(change: Change) -> None:
    change.text("reason")
    _decide(change, "refused")


def _decide(change: Change, verdict: str) -> Extension:
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


def resolve(change: Change) -> None:
    ticket = change.ticket
    result = change.text("result")
    if result not in RESULTS:
        raise Refused(N_("请选择办理结果。"), field="result")
    ticket.result = result
    ticket.resolution = change.text("resolution")
    ticket.resolved_at = change.now
    ticket.resolved_by_id = change.actor.user_id
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


def confirm(change: Change) -> None:
    _confirmed(change)


def follow_up(change: Change) -> None:
    _call(change, reached=True)
    _confirmed(change)


def _confirmed(change: Change) -> None:
    change.ticket.confirmed = True
    change.ticket.followed_up_at = change.now
    change.ticket.rating_due_at = clocks.rating_due(change.ticket, change.now)


def miss(change: Change) -> None:
    _call(change, reached=False)


def _call(change: Change, *, reached: bool) -> None:
    hours = calendar(change.ticket.park_id)
    if not reached and not hours.is_working_moment(change.now):
        raise Refused(N_("请在工作时间回访，非工作时间的未接通不计。"))
    call = FollowUpCall(
        ticket_id=change.ticket.id, round=change.ticket.reworks, reached=reached,
        note=change.text("note"), caller_id=change.actor.user_id,
        day=hours.local(change.now).date(), at=change.now,
    )  # fmt: skip
    db.session.add(call)


def reopen(change: Change) -> None:
    """重办: the resolution is taken back and the rework gets its own clock."""
    ticket = change.ticket
    change.text("reason")
    change.data["former_resolution"] = ticket.resolution
    ticket.reworks += 1
    ticket.result = ticket.resolution = None
    ticket.resolved_at = ticket.followed_up_at = ticket.rated_at = ticket.rating_due_at = None
    ticket.confirmed = None  # the rating stays until a new one: a bad one is not undone by rework
    db.session.execute(delete(Outcome).where(Outcome.ticket_id == ticket.id))
    clocks.restart(ticket, change.now)


def rate(change: Change) -> None:
    level = int(change.inputs["level"])
    reasons = list(change.inputs.get("reasons") or [])
    if not 1 <= level <= 5:
        raise Refused(N_("请选择评价等级。"), field="level")
    if level <= 2 and not reasons:
        raise Refused(N_("请告诉我们不满意的原因，便于整改。"), field="reasons")
    change.data |= {"level": level, "reasons": reasons}
    rating = Rating(
        ticket_id=change.ticket.id, round=change.ticket.reworks, level=level, reasons=reasons,
        comment=change.text("comment"), by_id=change.actor.user_id, at=change.now,
    )  # fmt: skip
    db.session.add(rating)
    change.ticket.rating = level
    change.ticket.rated_at = change.now


def close(change: Change) -> None:
    if change.inputs.get("note"):
        change.text("note")
    change.ticket.closed_at = change.now


def withdraw(change: Change) -> None:
    change.text("reason")
    _end_pause(change)
    change.ticket.closed_at = change.now
    clocks.silence(change.ticket)


EFFECTS: Mapping[str, Callable[[Change], None]] = {
    "accept": accept,
    "decline": decline,
    "dispatch": dispatch,
    "sign": sign,
    "return": return_,
    "assign": assign,
    "request_supplement": request_supplement,
    "supplement": supplement,
    "act": act,
    "suspend": suspend,
    "resume": resume,
    "ask_resume": ask_resume,
    "terminate": terminate,
    "request_extension": request_extension,
    "approve_extension": approve_extension,
    "refuse_extension": refuse_extension,
    "resolve": resolve,
    "confirm": confirm,
    "dispute": reopen,
    "follow_up": follow_up,
    "miss": miss,
    "close_unreached": close,
    "rework": reopen,
    "rate": rate,
    "close": close,
    "close_verified": close,
    "close_unrated": close,
    "withdraw": withdraw,
}
