"""Everything that changes a ticket: filing, taking a step, messages, files.

One function, one transaction: the row (with the version that was seen), the timeline, the audit
entry, the notices with their outbox, and the marks for the counts.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from servicedesk.audit.actions import record, record_alone
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import asked_answers
from servicedesk.clock import clock
from servicedesk.core.identifiers import ticket_number
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import (
    BY_NAME,
    Audience,
    State,
    Transition,
    destination,
    refusal,
)
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Conflict, KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.statistics.marks import mark_ticket
from servicedesk.tickets import clocks, search
from servicedesk.tickets.effects import EFFECTS, Change
from servicedesk.tickets.mentions import heard_by, tell_of_mention
from servicedesk.tickets.models import Submission, Ticket, TicketEvent
from servicedesk.tickets.queries import facts_of, subject_of
from servicedesk.tickets.reactions import react
from servicedesk.tickets.repeats import repeated
from servicedesk.tickets.telling import tell_about
from servicedesk.tickets.timeline import add_event
from servicedesk.tickets.undo import columns_of, keep_way_back
from servicedesk.tickets.uploads import add_upload as add_upload
from servicedesk.tickets.uploads import take_uploads
from servicedesk.transaction import changed_rows, unit_of_work

URGENCIES = {
    "safety": N_("危及安全"),
    "stopped": N_("已停产停工"),
}
DESCRIPTION_MAX = 4000
KEYS_LIVE = timedelta(days=7)  # rule C6


@dataclass(frozen=True, slots=True)
class Request:
    """What an enterprise asks for; ``key`` is the form's one-time number, ``uploads`` tokens.

    ``acting`` asks the park to act for the enterprise (代办), not only to help (帮办);
    ``materials`` is what was chosen for each material, kept by the materials feature.
    ``limit_days`` shortens the item's promise where a window outside closes sooner (申报窗口).
    ``urgent`` is why it cannot wait (紧急件): ``safety`` or ``stopped``, or empty.
    """

    enterprise_id: int
    title: str
    description: str
    contact: str
    phone: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    uploads: Sequence[str] = ()
    channel: str = "portal"
    key: str = ""
    acting: bool = False
    materials: Sequence[Any] = ()
    limit_days: int | None = None
    urgent: str = ""

    def fingerprint(self, item_code: str) -> str:
        """Return a hash of the content, to tell a repeat from a different request."""
        content = [
            item_code, self.enterprise_id, self.title, self.description, self.contact,
            self.phone, dict(self.answers), list(self.uploads), self.channel, self.acting,
            list(self.materials), self.urgent,
        ]  # fmt: skip
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def submit(actor: Actor, item: ServiceItem, request: Request, *, quietly: bool = False) -> Ticket:
    """File a request: exactly one ticket for one key, however often it is sent.

    ``quietly`` asks nobody to accept it: whoever files it goes on with it at once.

    Raises:
        Refused: not permitted for this enterprise, or a file is not the person's own.
        KeyReused: the key was used for a different request.
    """
    item_code = item.code
    try:
        return _submit(actor, item, request, quietly)
    except IntegrityError:
        found = _same_submission(actor, item_code, request)
        if found is None:
            raise
        return found


@unit_of_work
def _submit(actor: Actor, item: ServiceItem, request: Request, quietly: bool) -> Ticket:
    enterprise = _enterprise_for(actor, request)
    if found := _same_submission(actor, item.code, request):
        return found
    ticket = _new_ticket(actor, item, enterprise, request)
    db.session.add(ticket)
    db.session.flush()
    said = {"channel": request.channel} | ({"urgent": request.urgent} if request.urgent else {})
    event = add_event(ticket, actor, "submit", data=said)
    take_uploads(actor, ticket, event, request.uploads)
    _remember(actor, item.code, request, ticket)
    search.add(ticket.id, search.texts_of(ticket, item, enterprise))
    record(actor, "ticket.submit", "ticket", ticket.id, after={"number": ticket.number})
    if not quietly:
        _tell_of_filing(ticket, actor)
    mark_ticket(ticket.park_id, ticket.id)
    return ticket


def _tell_of_filing(ticket: Ticket, actor: Actor) -> None:
    audiences: tuple[Audience, ...] = (Audience.DESK,)
    told = N_("收到新的工单，请受理。")
    if ticket.urgent:
        audiences = (Audience.DESK, Audience.DESK_HEAD, Audience.LEADER)
        told = N_("收到紧急件，请立即联系企业。")
    tell_about(ticket, audiences, told, f"ticket:{ticket.id}:submit", but=actor.user_id)


def _enterprise_for(actor: Actor, request: Request) -> Enterprise:
    enterprise = get_enterprise(request.enterprise_id)
    permission = "ticket.submit" if actor.role is Role.REQUESTER else "ticket.submit_on_behalf"
    if enterprise is None or not allows(
        actor, permission, Subject(enterprise.park_id, enterprise.id)
    ):
        raise Refused(N_("您不能为这家企业提交申请。"), kind="permission")
    return enterprise


def _new_ticket(
    actor: Actor, item: ServiceItem, enterprise: Enterprise, request: Request
) -> Ticket:
    now, ticket_id = clock.now(), _next_id()
    local_day = calendar(enterprise.park_id).local(now).date()
    ticket = Ticket(
        id=ticket_id,
        park_id=enterprise.park_id,
        number=ticket_number(local_day, ticket_id),
        enterprise_id=enterprise.id,
        item_id=item.id,
        requester_id=actor.user_id if actor.role is Role.REQUESTER else None,
        filed_by_id=actor.user_id,
        channel=request.channel,
        title=request.title,
        description=request.description,
        answers=asked_answers(item, request.answers),
        contact=request.contact,
        phone=request.phone,
        confidential=item.confidential,
        acting=request.acting,
        item_version=item.version,
        rules_version=get_park(enterprise.park_id).rules_version,
        urgent=bool(request.urgent),
        repeat_of_id=repeated(enterprise, item, f"{request.title}\n{request.description}", now),
        state=State.SUBMITTED,
        submitted_at=now,
        extra_days=0,
        extensions=0,
        returns=0,
        reworks=0,
        steps=0,
        supports=0,
        support_waiting=0,
        supplements=0,
        urges=0,
    )
    limit_days = min(item.promised_days, request.limit_days or item.promised_days)
    clocks.start(ticket, now, limit_days, item.statutory_days)
    return ticket


def _next_id() -> int:
    """Return the next row number; SQLite has one writer, PostgreSQL its sequence."""
    if db.engine.dialect.name == "postgresql":
        return int(db.session.scalar(text("SELECT nextval('ticket_id_seq')")) or 0)
    return (db.session.scalar(select(func.max(Ticket.id))) or 0) + 1


def _same_submission(actor: Actor, item_code: str, request: Request) -> Ticket | None:
    if not request.key:
        return None
    found = db.session.scalar(
        select(Submission).where(Submission.user_id == actor.user_id, Submission.key == request.key)
    )
    if found is None:
        return None
    if found.fingerprint != request.fingerprint(item_code):
        raise KeyReused(request.key)
    return db.session.get_one(Ticket, found.ticket_id)


def _remember(actor: Actor, item_code: str, request: Request, ticket: Ticket) -> None:
    if request.key:
        db.session.add(
            Submission(
                user_id=actor.user_id, key=request.key, ticket_id=ticket.id,
                fingerprint=request.fingerprint(item_code), created_at=clock.now(),
            )
        )  # fmt: skip
        db.session.flush()


def take(
    actor: Actor,
    ticket_id: int,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> Ticket:
    """Take the transition ``name`` of the workflow table on a ticket.

    ``seen`` is the version that the person's form showed; the scheduler passes ``None``.

    Raises:
        Refused: not permitted, wrong state, a guard, or a missing or wrong input.
        Conflict: the ticket has changed since ``seen``.
        KeyError: there is no such transition.
    """
    with refusals_on_record(actor, f"ticket.{name}", ticket_id):
        return _take(actor, ticket_id, BY_NAME[name], inputs or {}, seen)


@contextmanager
def refusals_on_record(actor: Actor, action: str, ticket_id: int) -> Iterator[None]:
    """Write into the audit trail that somebody tried what is not permitted."""
    try:
        yield
    except Refused as refused:
        if refused.kind == "permission" and not db.session.info.get("writing"):
            record_alone(actor, action, "ticket", ticket_id, succeeded=False)
        raise


@unit_of_work
def _take(
    actor: Actor, ticket_id: int, step: Transition, inputs: Mapping[str, Any], seen: int | None
) -> Ticket:
    ticket = locked(ticket_id, seen)
    facts = facts_of(ticket)
    if refused := refusal(step, actor, subject_of(ticket), facts, inputs):
        raise Refused(refused.reason, field=refused.field, kind=refused.kind)
    before = snapshot(ticket)
    change = Change(ticket, actor, clock.now(), inputs)
    kept = columns_of(ticket) if step.undoable else {}
    EFFECTS[step.name](change)
    ticket.state = destination(step, State(ticket.state))
    touch(ticket)
    db.session.flush()
    event = add_event(ticket, actor, step.name, shown=step.shown, data=change.data)
    take_uploads(actor, ticket, event, inputs.get("uploads") or ())
    record(actor, f"ticket.{step.name}", "ticket", ticket.id, before, snapshot(ticket))
    key = f"ticket:{ticket.id}:v{ticket.version}"
    later = keep_way_back(actor, ticket, step, kept) if step.undoable else None
    tell_about(ticket, step.hearers(facts), step.told, key, later, but=actor.user_id)
    mark_ticket(ticket.park_id, ticket.id)
    react(ticket, step, actor)
    return ticket


def locked(ticket_id: int, seen: int | None) -> Ticket:
    """Return the ticket for a change, locked against every other one.

    Raises:
        Conflict: it has changed since version ``seen`` was shown.
    """
    ticket = db.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if seen is not None and ticket.version != seen:
        raise Conflict(seen, ticket.version)
    return ticket


def touch(ticket: Ticket) -> None:
    """Make every step move the version, also one that changes children only."""
    ticket.steps += 1


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """Return what the audit trail keeps of a ticket before and after a change."""
    return {
        "state": ticket.state,
        "version": ticket.version,
        "unit_id": ticket.unit_id,
        "assignee_id": ticket.assignee_id,
        "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
        "result": ticket.result,
        "rating": ticket.rating,
    }


def send_message(
    actor: Actor, ticket_id: int, body: str, *, internal: bool = False, uploads: Sequence[str] = ()
) -> TicketEvent:
    """Add a message to the other side, or an internal note that the enterprise never sees.

    A message from the desk or the unit is a first response (首次响应).

    Raises:
        Refused: not permitted, nothing was written, or a note mentions somebody who may not see it.
    """
    with refusals_on_record(actor, "ticket.note" if internal else "ticket.message", ticket_id):
        return _send_message(actor, ticket_id, body, internal, uploads)


@unit_of_work
def _send_message(
    actor: Actor, ticket_id: int, body: str, internal: bool, uploads: Sequence[str]
) -> TicketEvent:
    ticket = locked(ticket_id, None)
    permission = "ticket.note" if internal else "ticket.message"
    if not allows(actor, permission, subject_of(ticket)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if not body.strip() and not uploads:
        raise Refused(N_("请写下要说的话。"), field="body")
    kind = "note" if internal else "message"
    heard = heard_by(ticket, body) if internal else []
    said = {"mentions": [one.name for one in heard]} if heard else {}
    event = add_event(ticket, actor, kind, shown=not internal, body=body.strip(), data=said)
    take_uploads(actor, ticket, event, uploads)
    record(actor, f"ticket.{kind}", "ticket", ticket.id)
    if internal:
        tell_of_mention(ticket, event, heard, actor)
    else:
        _tell_other_side(actor, ticket, event)
    return event


def _tell_other_side(actor: Actor, ticket: Ticket, event: TicketEvent) -> None:
    if actor.role is Role.REQUESTER:
        audience, told = Audience.ASSIGNEE, N_("企业发来新留言。")
    else:
        audience, told = Audience.REQUESTER, N_("服务人员给您留言了。")
        if ticket.first_response_at is None:
            ticket.first_response_at = clock.now()
            mark_ticket(ticket.park_id, ticket.id)
    tell_about(ticket, (audience,), told, f"ticket:{ticket.id}:e{event.id}", but=actor.user_id)


@unit_of_work
def forget_submissions() -> int:
    """Delete one-time keys that no form can still send; returns how many."""
    old = delete(Submission).where(Submission.created_at < clock.now() - KEYS_LIVE)
    return changed_rows(old)
