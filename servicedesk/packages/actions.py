"""Everything that changes a case: filing, opening steps, what their tickets bring, steering.

A case's row is locked first by whoever changes it, so that two steps that end at once do not both
open the next one.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import item_by_code, materials_for
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.materials import Slot
from servicedesk.core.packages import (
    Graph,
    NotOpen,
    StepState,
    blocked,
    due_day,
    graph_of,
    is_finished,
    move,
    ready,
    start,
)
from servicedesk.core.permissions import Actor, Part, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, ENDS, State, Transition
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.materials.actions import Wish, lay_out
from servicedesk.materials.queries import folder, offers
from servicedesk.notifications.actions import tell
from servicedesk.packages.models import Package, PackageCase, PackageStep
from servicedesk.packages.queries import states_of, steps_of
from servicedesk.tickets.actions import Request, submit, take
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

NOT_ALLOWED = N_("您没有执行此操作的权限。")
MOVED_ON = N_("这一步的状态已改变，此操作现在不能进行。")


@dataclass(frozen=True, slots=True)
class Application:
    """What an enterprise asks for; ``answers`` by item code, ``key`` the form's one-time number."""

    enterprise_id: int
    conditions: Sequence[str]
    without: Sequence[str]
    answers: Mapping[str, Mapping[str, Any]]
    description: str
    contact: str
    phone: str
    key: str
    channel: str = "portal"
    acting: bool = False

    def fingerprint(self, code: str) -> str:
        """Return a hash of the content, to tell a repeat from a different application."""
        content = [
            code, self.enterprise_id, list(self.conditions), list(self.without),
            {item: dict(given) for item, given in self.answers.items()},
            self.description, self.contact, self.phone, self.channel, self.acting,
        ]  # fmt: skip
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def submit_case(actor: Actor, package: Package, wanted: Application) -> PackageCase:
    """File a package: exactly one case for one key; what waits for nothing opens at once.

    Raises:
        Refused: not permitted for this enterprise.
        KeyReused: the key was used for a different application.
    """
    try:
        return _submit_case(actor, package, wanted)
    except IntegrityError:  # the same form at the same moment: now it is there
        return _submit_case(actor, package, wanted)


@unit_of_work
def _submit_case(actor: Actor, package: Package, wanted: Application) -> PackageCase:
    enterprise = db.session.get(Enterprise, wanted.enterprise_id)
    permission = "package.submit" if actor.role is Role.REQUESTER else "package.submit_on_behalf"
    if enterprise is None or not allows(
        actor, permission, Subject(enterprise.park_id, enterprise.id)
    ):
        raise Refused(N_("您不能为这家企业提交申请。"), kind="permission")
    if found := _same(actor, package.code, wanted):
        return found
    case = _new_case(actor, package, wanted)
    record(actor, "package.submit", "package_case", case.id, after={"number": case.number})
    _go_on(case)
    return case


def _same(actor: Actor, code: str, wanted: Application) -> PackageCase | None:
    found = db.session.scalar(
        select(PackageCase).where(
            PackageCase.filed_by_id == actor.user_id, PackageCase.key == wanted.key
        )
    )
    if found is not None and found.fingerprint != wanted.fingerprint(code):
        raise KeyReused(wanted.key)
    return found


def _new_case(actor: Actor, package: Package, wanted: Application) -> PackageCase:
    now, graph = clock.now(), graph_of(package.steps)
    first = start(graph, wanted.conditions, wanted.without)
    case = PackageCase(
        number=new_token(), park_id=actor.park_id,
        enterprise_id=wanted.enterprise_id, package_id=package.id, name=package.name,
        name_en=package.name_en, steps=list(package.steps), conditions=list(wanted.conditions),
        answers={code: dict(given) for code, given in wanted.answers.items()},
        description=wanted.description, contact=wanted.contact, phone=wanted.phone,
        channel=wanted.channel, acting=wanted.acting,
        requester_id=actor.user_id if actor.role is Role.REQUESTER else None,
        filed_by_id=actor.user_id, key=wanted.key, fingerprint=wanted.fingerprint(package.code),
        submitted_at=now, due_on=_due(actor.park_id, graph, first),
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    day = calendar(actor.park_id).local(now).date()
    case.number = f"{package.code}-{day:%Y%m%d}-{case.id:05d}"
    for key, state in first.items():
        db.session.add(PackageStep(case_id=case.id, key=key, state=state))
    db.session.flush()
    return case


def _due(
    park_id: int, graph: Graph, states: Mapping[str, StepState], since: date | None = None
) -> date:
    """Return the last day of the critical path from the deemed day of receipt on."""
    hours = calendar(park_id)
    begun = since or hours.local(hours.deemed_receipt(clock.now())).date()
    return due_day(graph, states, begun, hours.add_working_days)


# Opening what waits for nothing ----------------------------------------------------------------


def _go_on(case: PackageCase) -> None:
    """Open every step that is ready, and end the case when nothing is left."""
    graph = graph_of(case.steps)
    while opening := ready(graph, states_of(case.id)):
        for key in opening:
            _open(case, graph, key)
    if case.state == "open" and is_finished(states_of(case.id)):
        case.state, case.closed_at = "done", clock.now()
        told = N_("一件事已全部办好，各事项的结果请逐件确认和评价。")
        _tell(case, _requesters(case), told, "done")


def _open(case: PackageCase, graph: Graph, key: str) -> None:
    row, step = _row(case.id, key), graph.by_key[key]
    row.state, row.opened_at, row.ended_at = StepState.OPEN, clock.now(), None
    if step.is_wait:
        today = calendar(case.park_id).local(clock.now()).date()
        row.ends_on = today + timedelta(days=step.wait_days)
    else:
        row.ticket_id = _file(case, row).id
    db.session.flush()


def _file(case: PackageCase, row: PackageStep) -> Ticket:
    """File the step's ticket in the name of whoever filed the case; its materials lie in the folder."""
    definition = next(one for one in case.steps if one["key"] == row.key)
    item = item_by_code(case.park_id, definition["item"])
    assert item is not None
    given = case.answers.get(item.code, {})
    request = Request(
        enterprise_id=case.enterprise_id, title=f"【{case.name}】{item.name}",
        description=case.description or case.name, contact=case.contact, phone=case.phone,
        answers=given, channel=case.channel, key=f"{case.number}:{row.key}:{row.attempt}",
        acting=case.acting and item.authorization != "none",
    )  # fmt: skip
    filer = _filer(case)
    ticket = submit(filer, item, request)
    lay_out(filer, ticket, item.code, _from_folder(case, item, given))
    return ticket


def _filer(case: PackageCase) -> Actor:
    """Return whoever filed the case, with what filing needs: the case is the mandate for its steps."""
    person = get_user(case.filed_by_id)
    name = person.name if person else ""
    if case.requester_id is None:
        return Actor(case.filed_by_id, Role.DESK, case.park_id, name)
    return Actor(
        case.filed_by_id, Role.REQUESTER, case.park_id, name,
        parts={case.enterprise_id: Part.CLERK},
    )  # fmt: skip


def _from_folder(case: PackageCase, item: ServiceItem, given: Mapping[str, Any]) -> list[Wish]:
    """Use what lies in the enterprise's folder; the rest is handed in later, with the desk's help."""
    kept = folder(db.session.get_one(Enterprise, case.enterprise_id))
    wishes = []
    for material in materials_for(item, given):
        found = offers(kept, material.document) or offers(kept, material.name)
        choice = Slot.KEPT if found else Slot.HELD if material.held_by else Slot.GIVEN
        wishes.append(
            Wish(
                name=material.name,
                choice=choice,
                asks=material.document,
                deferrable=material.deferrable,
                held=bool(material.held_by),
                help=True,
                document_id=found[0].document.id if found else None,
            )
        )
    return wishes


# What tickets bring ----------------------------------------------------------------------------

_ENDS_BADLY = ENDS - {State.CLOSED}


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """Go on when a step's ticket is resolved, hold on when it fails or is taken up again."""
    row = db.session.scalar(select(PackageStep).where(PackageStep.ticket_id == ticket.id))
    if row is None:
        return
    if step.name == "merge":
        raise Refused(N_("本工单是一件事套餐中的一步，不能并单。"))
    case = _locked(row.case_id)
    how = _meaning(ticket, step)
    if not how or case.state == "withdrawn":
        return
    try:
        _move(case, row.key, how)
    except NotOpen:  # the step has gone on without this ticket
        return
    row.reason = _reason(ticket) if how == "fail" else ""
    row.ended_at = clock.now() if how in ("finish", "fail") else None
    record(actor, f"package.{how}", "package_case", case.id, after={"step": row.key})
    if how == "fail":
        _tell_failure(case, row)
    if how == "reopen" and case.state == "done":
        case.state, case.closed_at = "open", None
    _go_on(case)


def _meaning(ticket: Ticket, step: Transition) -> str:
    """Return what a ticket's step means for the case's step; empty for nothing."""
    if step.name in ("resolve", "resolve_with_problem"):
        return "fail" if ticket.result == "explained" else "finish"
    if step.name in ("dispute", "rework", "reopen", "take_up"):
        return "reopen"
    return "fail" if ticket.state in _ENDS_BADLY else ""


def _reason(ticket: Ticket) -> str:
    return ticket.resolution or ""


def _tell_failure(case: PackageCase, row: PackageStep) -> None:
    """Say which step failed; the page says what it holds up and what goes on."""
    held = blocked(graph_of(case.steps), states_of(case.id)).get(row.key, [])
    told = (
        N_("一件事中有一步没有办成，后面的事项在等它：请看是重新申请，还是取消。")
        if held
        else N_("一件事中有一步没有办成，其他事项照常办理。")
    )
    key = f"fail:{row.key}:{row.attempt}"
    _tell(case, [*_requesters(case), *holding(case.park_id, Role.DESK)], told, key)


@unit_of_work
def end_wait(step_id: int) -> bool:
    """End a wait (公示期) whose last day is over, and go on; tells whether there was one."""
    found = db.session.get_one(PackageStep, step_id)
    case = _locked(found.case_id)
    row = db.session.get_one(PackageStep, step_id, populate_existing=True)
    today = calendar(case.park_id).local(clock.now()).date()
    if row.state != StepState.OPEN or row.ends_on is None or row.ends_on >= today:
        return False
    _move(case, row.key, "finish")
    row.ended_at = clock.now()
    _go_on(case)
    return True


# Steering --------------------------------------------------------------------------------------


@unit_of_work
def steer(actor: Actor, case_id: int, key: str, how: str) -> PackageCase:
    """Try a failed step again (``retry``), drop an optional one, or add one that was left out.

    Raises:
        Refused: not permitted, the case is over, or the step is not in that state.
    """
    case = _locked(case_id)
    if not allows(actor, "package.steer", Subject(case.park_id, case.enterprise_id)):
        raise Refused(NOT_ALLOWED, kind="permission")
    if case.state != "open" or how not in ("retry", "drop", "add"):
        raise Refused(MOVED_ON, kind="state")
    try:
        _move(case, key, how)
    except (KeyError, NotOpen) as error:
        raise Refused(MOVED_ON, kind="state") from error
    row = _row(case.id, key)
    if how != "drop":
        row.attempt += row.ticket_id is not None
        row.ticket_id, row.reason, row.ended_at = None, "", None
    if how != "retry":
        begun = _received_on(case)
        case.due_on = _due(case.park_id, graph_of(case.steps), states_of(case.id), begun)
    record(actor, f"package.{how}", "package_case", case.id, after={"step": key})
    _go_on(case)
    return case


def _received_on(case: PackageCase) -> date:
    hours = calendar(case.park_id)
    return hours.local(hours.deemed_receipt(case.submitted_at)).date()


@unit_of_work
def withdraw_case(actor: Actor, case_id: int, reason: str) -> PackageCase:
    """Take the whole application back, with the tickets that are still being worked on.

    Raises:
        Refused: not permitted, the case is over, or no reason.
    """
    case = _locked(case_id)
    if not allows(actor, "ticket.withdraw", Subject(case.park_id, case.enterprise_id)):
        raise Refused(NOT_ALLOWED, kind="permission")
    if case.state != "open":
        raise Refused(MOVED_ON, kind="state")
    if not reason.strip():
        raise Refused(N_("此项必须填写。"), field="reason")
    case.state, case.closed_at = "withdrawn", clock.now()
    record(actor, "package.withdraw", "package_case", case.id, after={"reason": reason.strip()})
    for row in steps_of(case.id):
        if row.state in (StepState.WAITING, StepState.OPEN):
            _withdraw_step(actor, row, reason)
    return case


def _withdraw_step(actor: Actor, row: PackageStep, reason: str) -> None:
    ticket = db.session.get(Ticket, row.ticket_id) if row.ticket_id else None
    row.state, row.ended_at = StepState.DROPPED, clock.now()
    if ticket is not None and State(ticket.state) in BEFORE_RESOLUTION:
        take(actor, ticket.id, "withdraw", {"reason": reason})


# Small things ----------------------------------------------------------------------------------


def _locked(case_id: int) -> PackageCase:
    return db.session.get_one(PackageCase, case_id, with_for_update=True, populate_existing=True)


def _row(case_id: int, key: str) -> PackageStep:
    return db.session.execute(
        select(PackageStep).where(PackageStep.case_id == case_id, PackageStep.key == key)
    ).scalar_one()


def _move(case: PackageCase, key: str, how: str) -> None:
    after = move(graph_of(case.steps), states_of(case.id), key, how)
    _row(case.id, key).state = after[key]
    db.session.flush()


def _requesters(case: PackageCase) -> list[User]:
    person = get_user(case.filed_by_id)
    return [person] if person is not None and person.active else []


def _tell(case: PackageCase, people: Collection[User], text: str, key: str) -> None:
    for person in people:
        side = "portal" if person.role == Role.REQUESTER else "desk"
        tell(
            [person], text, key=f"case:{case.id}:{key}", detail=f"{case.number} {case.name}",
            link=f"/{side}/packages/cases/{case.number}", enterprise_id=case.enterprise_id,
        )  # fmt: skip
