"""Declaring, and every step after it (申报、推荐、获批、兑现): one transaction each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from servicedesk.accounts.queries import members_of_unit
from servicedesk.audit.actions import record, record_alone
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import fields_of, item_by_code
from servicedesk.clock import clock
from servicedesk.core.declarations import (
    BY_NAME,
    UNDECIDED,
    PolicyState,
    State,
    Step,
    Window,
    expiry,
    promise_days,
    refusal,
    window,
)
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, Transition
from servicedesk.core.workflow import State as TicketState
from servicedesk.declarations.models import Declaration, DeclarationEvent, Policy, PolicyMatch
from servicedesk.declarations.profiles import file_of, today, verdicts
from servicedesk.declarations.queries import facts_of, linkable, standing, subject_of, unit_id_of
from servicedesk.declarations.telling import acting_members
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.titles import award
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.actions import take as take_ticket_step
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import actions_for
from servicedesk.transaction import unit_of_work

TITLE_MAX = 80


@dataclass(frozen=True, slots=True)
class Filing:
    """What is declared; ``key`` is the form's one-time number, amounts as in ``models``.

    ``ticket_id`` names a ticket of the desk's that is open already; with ``open_ticket`` false the
    declaration is only recorded, because it was handed in elsewhere.
    """

    enterprise_id: int
    contact: str
    phone: str
    note: str = ""
    asked_amount: int | None = None
    investment: int | None = None
    uploads: Sequence[str] = ()
    channel: str = "portal"
    key: str = ""
    ticket_id: int | None = None
    open_ticket: bool = True


def declare(actor: Actor, policy_id: int, filing: Filing) -> Declaration:
    """Declare under a policy and open the ticket that helps with it: one, however often it is sent.

    Raises:
        Refused: not permitted, outside the window, or the enterprise has declared already.
        KeyReused: the form's key was used for a different request.
    """
    with _refusals_on_record(actor, "declaration.declare", policy_id):
        try:
            return _declare(actor, policy_id, filing)
        except (IntegrityError, PendingRollbackError):  # somebody was quicker by a moment
            return _declare(actor, policy_id, filing)


@unit_of_work
def _declare(actor: Actor, policy_id: int, filing: Filing) -> Declaration:
    policy = db.session.get_one(Policy, policy_id, with_for_update=True, populate_existing=True)
    subject = Subject(policy.park_id, filing.enterprise_id)
    if not allows(actor, "declaration.declare", subject):
        raise Refused(N_("您不能为这家企业申报。"), kind="permission")
    ticket_id = _ticket(actor, policy, filing)
    if ticket_id is not None and (found := _of_ticket(ticket_id)):
        return found
    _refuse_outside(policy)
    if standing(policy_id, filing.enterprise_id) is not None:
        raise Refused(N_("这家企业已经申报过本政策，请查看申报进度。"))
    declaration = _new(actor, policy, filing, ticket_id)
    db.session.add(declaration)
    db.session.flush()
    _forget_dismissal(policy_id, filing.enterprise_id)
    _note(declaration, actor, "declare", _said(policy, filing))
    record(
        actor, "declaration.declare", "declaration", declaration.id,
        after={"policy": policy.code, "enterprise_id": filing.enterprise_id},
    )  # fmt: skip
    people = [one for one in members_of_unit(unit_id_of(policy)) if one.id != actor.user_id]
    _tell(declaration, policy, people, N_("收到新的政策申报，请审核推荐。"), staff=True)
    return declaration


def _refuse_outside(policy: Policy) -> None:
    now = window(policy.opens_on, policy.closes_on, today(policy.park_id))
    if policy.state != PolicyState.PUBLISHED or now is Window.OVER:
        raise Refused(N_("申报窗口已关闭。"))
    if now is Window.BEFORE:
        raise Refused(N_("申报窗口还没有开始。"))


def _new(actor: Actor, policy: Policy, filing: Filing, ticket_id: int | None) -> Declaration:
    day = today(policy.park_id)
    return Declaration(
        policy_id=policy.id, enterprise_id=filing.enterprise_id, ticket_id=ticket_id, year=day.year,
        state=State.DECLARED, declared_on=day, asked_amount=filing.asked_amount,
        investment=filing.investment, number="", reason="", declared_by_id=actor.user_id,
    )  # fmt: skip


def _of_ticket(ticket_id: int) -> Declaration | None:
    return db.session.scalar(select(Declaration).where(Declaration.ticket_id == ticket_id))


def _forget_dismissal(policy_id: int, enterprise_id: int) -> None:
    """Whoever declares after all has changed their mind."""
    db.session.execute(
        update(PolicyMatch)
        .where(PolicyMatch.policy_id == policy_id, PolicyMatch.enterprise_id == enterprise_id)
        .values(dismissed_at=None, dismissed_reason="")
    )


def _said(policy: Policy, filing: Filing) -> dict[str, Any]:
    """Return what stays on record: what was asked, and which conditions stood against it then."""
    file = file_of(filing.enterprise_id)
    gaps: list[dict[str, Any]] = []
    if file is not None:
        [(_file, verdict)] = verdicts(policy, [file])
        gaps = [one.as_json() for one in (*verdict.missed, *verdict.unknown)]
    return {"note": filing.note, "amount": filing.asked_amount, "gaps": gaps}


def _ticket(actor: Actor, policy: Policy, filing: Filing) -> int | None:
    """Return the ticket that goes with it: a new one, or the one that the desk names."""
    if filing.ticket_id is not None or not filing.open_ticket:
        if actor.role is Role.REQUESTER:
            raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
        known = {ticket.id for ticket in linkable(policy, filing.enterprise_id)}
        if filing.ticket_id is not None and filing.ticket_id not in known:
            raise Refused(N_("这件工单不能用于本次申报。"), field="ticket")
        return filing.ticket_id
    item = item_by_code(policy.park_id, policy.item_code)
    assert item is not None  # checked when the policy was written
    hours, day = calendar(policy.park_id), today(policy.park_id)
    request = Request(
        enterprise_id=filing.enterprise_id,
        title=f"申报：{policy.name}"[:TITLE_MAX],
        description=filing.note
        or f"申报《{policy.name}》，申报截止日期{policy.closes_on.isoformat()}。",
        contact=filing.contact,
        phone=filing.phone,
        answers=_answers([field.name for field in fields_of(item)], policy, filing),
        uploads=filing.uploads,
        channel=filing.channel,
        key=filing.key,
        limit_days=promise_days(hours, day, policy.closes_on, item.promised_days),
    )
    return submit(actor, item, request).id


def _answers(names: Sequence[str], policy: Policy, filing: Filing) -> dict[str, Any]:
    """Fill the item's form from what we know, so that nobody is asked twice (DOMAIN §5)."""
    file = db.session.get_one(Enterprise, filing.enterprise_id)
    research = None
    if file.revenue is not None and file.research_share is not None:
        research = round(file.revenue * file.research_share / 100)
    known: dict[str, Any] = {
        "listing": policy.listing or None,
        "policy": policy.name,
        "revenue": file.revenue,
        "rd_spend": research,
        "staff_count": file.employees,
        "invest": filing.investment / 1000 if filing.investment else None,
        "amount": filing.asked_amount / 1000 if filing.asked_amount else None,
    }
    return {name: known[name] for name in names if known.get(name) is not None}


def take(
    actor: Actor,
    declaration_id: int,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> Declaration:
    """Take one step of ``core.declarations``; ``seen`` is the version that the form showed.

    Inputs: ``day`` (a date), ``amount`` (thousandths of 万元), ``number``, ``reason``, ``note``;
    ``finish`` resolves the ticket with a recommendation, where the person may.

    Raises:
        Refused: not permitted, wrong state, or a wrong input.
        Conflict: the declaration has changed since ``seen``.
        KeyError: there is no such step.
    """
    with _refusals_on_record(actor, f"declaration.{name}", declaration_id):
        return _take(actor, declaration_id, BY_NAME[name], inputs or {}, seen)


@unit_of_work
def _take(
    actor: Actor, declaration_id: int, step: Step, inputs: Mapping[str, Any], seen: int | None
) -> Declaration:
    found = db.session.get_one(
        Declaration, declaration_id, with_for_update=True, populate_existing=True
    )
    if seen is not None and found.version != seen:
        raise Conflict(seen, found.version)
    policy = db.session.get_one(Policy, found.policy_id)
    if refused := refusal(step, actor, subject_of(found, policy), facts_of(found, policy), inputs):
        raise Refused(refused.reason, field=refused.field, kind=refused.kind)
    before = _snapshot(found)
    found.state = step.target
    _EFFECTS[step.name](actor, found, policy, inputs)
    db.session.flush()
    _note(found, actor, step.name, _plain(inputs))
    record(
        actor, f"declaration.{step.name}", "declaration", found.id, before, _snapshot(found)
    )  # fmt: skip
    people = [one for one in acting_members(found.enterprise_id) if one.id != actor.user_id]
    _tell(found, policy, people, step.told)
    return found


def _recommend(actor: Actor, found: Declaration, policy: Policy, inputs: Mapping[str, Any]) -> None:
    found.recommended_on = inputs["day"]
    if inputs.get("finish") and found.ticket_id is not None:
        _resolve_ticket(actor, db.session.get_one(Ticket, found.ticket_id), inputs)


def _resolve_ticket(actor: Actor, ticket: Ticket, inputs: Mapping[str, Any]) -> None:
    """Our part is done: what the department outside takes after it is nobody's delay."""
    if ticket.state == TicketState.IN_PROGRESS and any(
        step.name == "resolve" for step in actions_for(actor, ticket)
    ):
        said = inputs.get("note") or "申报材料已审核并推荐上报，等待主管部门公布结果。"
        take_ticket_step(actor, ticket.id, "resolve", {"result": "solved", "resolution": said})


def _approve(actor: Actor, found: Declaration, policy: Policy, inputs: Mapping[str, Any]) -> None:
    day: date = inputs["day"]
    found.decided_on = day
    found.granted_amount, found.number = inputs.get("amount"), inputs.get("number") or ""
    if not policy.title_name:
        return
    title = award(
        actor, found.enterprise_id, name=policy.title_name,
        level=policy.title_level or policy.level, awarded_on=day,
        expires_on=expiry(day, policy.title_years, until_march=policy.title_until_march),
        number=found.number, source=f"申报获批：{policy.name}",
    )  # fmt: skip
    found.title_id = title.id


def _refuse(actor: Actor, found: Declaration, policy: Policy, inputs: Mapping[str, Any]) -> None:
    found.decided_on, found.reason = inputs["day"], str(inputs["reason"])


def _pay(actor: Actor, found: Declaration, policy: Policy, inputs: Mapping[str, Any]) -> None:
    found.paid_on, found.paid_amount = inputs["day"], inputs["amount"]


def _withdraw(actor: Actor, found: Declaration, policy: Policy, inputs: Mapping[str, Any]) -> None:
    found.reason = str(inputs["reason"])
    ticket = db.session.get(Ticket, found.ticket_id) if found.ticket_id else None
    if (
        ticket is not None
        and actor.role is Role.REQUESTER
        and ticket.state in BEFORE_RESOLUTION
        and any(step.name == "withdraw" for step in actions_for(actor, ticket))
    ):
        take_ticket_step(actor, ticket.id, "withdraw", {"reason": found.reason})


_EFFECTS = {
    "recommend": _recommend,
    "approve": _approve,
    "refuse": _refuse,
    "pay": _pay,
    "withdraw": _withdraw,
}
_ENDING = frozenset({"decline", "withdraw", "terminate"})


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """A ticket that ends without delivery takes a declaration that nobody has decided with it."""
    if step.name not in _ENDING and step.name != "merge":
        return
    found = _of_ticket(ticket.id)
    if found is None or found.state not in UNDECIDED:
        return
    if step.name == "merge":
        raise Refused(N_("本工单带着一项政策申报，不能并单。"))
    before = _snapshot(found)
    found.state, found.reason = State.WITHDRAWN, f"工单已结束：{step.label}"
    db.session.flush()
    _note(found, actor, "withdraw", {"reason": found.reason})
    record(actor, "declaration.withdraw", "declaration", found.id, before, _snapshot(found))


def _note(found: Declaration, actor: Actor, kind: str, data: Mapping[str, Any]) -> None:
    event = DeclarationEvent(
        declaration_id=found.id, at=clock.now(), kind=kind, actor_id=actor.user_id,
        actor_name=actor.name, actor_role=actor.role, data=dict(data),
    )  # fmt: skip
    db.session.add(event)


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("day", "amount", "number", "reason", "note")
    values = {name: inputs.get(name) for name in kept}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value not in (None, "")
    }


def _tell(
    found: Declaration, policy: Policy, people: Sequence[Any], text: str, *, staff: bool = False
) -> None:
    side = "desk" if staff else "portal"
    name = db.session.get_one(Enterprise, found.enterprise_id).name
    tell(
        people, text, key=f"declaration:{found.id}:v{found.version}:{side}",
        detail=f"{policy.name} · {name}", link=f"/{side}/declarations/{found.id}",
        enterprise_id=found.enterprise_id,
    )  # fmt: skip


def _snapshot(found: Declaration) -> dict[str, Any]:
    days = ("declared_on", "recommended_on", "decided_on", "paid_on")
    return {
        "state": found.state,
        "granted_amount": found.granted_amount,
        "paid_amount": found.paid_amount,
        **{day: value.isoformat() if (value := getattr(found, day)) else None for day in days},
    }


@contextmanager
def _refusals_on_record(actor: Actor, action: str, number: int) -> Iterator[None]:
    """Write into the audit trail that somebody tried what is not permitted."""
    try:
        yield
    except Refused as refused:
        if refused.kind == "permission" and not db.session.info.get("writing"):
            record_alone(actor, action, "declaration", number, succeeded=False)
        raise
