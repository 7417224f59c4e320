"""Everything that changes a problem: opening it, joining tickets, closing the class, coming back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import STAFF, Actor, Role, Subject, allows
from servicedesk.core.problems import ALIVE, Stand, names_in, quiet_until
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, State, Transition
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Unit
from servicedesk.problems.models import Problem, ProblemTicket
from servicedesk.problems.queries import (
    JOINED_MOST,
    joined,
    named_enterprises,
    problem_of,
    seen_by,
    today,
)
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import by_number
from servicedesk.tickets.timeline import add_own_event, system_actor
from servicedesk.tickets.views import in_states
from servicedesk.transaction import changed_rows, unit_of_work

NOT_PERMITTED = N_("您没有执行此操作的权限。")
COMING_BACK = frozenset({"dispute", "rework", "reopen"})


@dataclass(frozen=True, slots=True)
class Details:
    """What a person says of a problem; ``words`` are what such requests are found by."""

    title: str
    item_id: int | None = None
    area: str = ""
    words: str = ""
    cause: str = ""
    solution: str = ""
    unit_id: int | None = None
    owner_id: int | None = None
    due_on: date | None = None


@unit_of_work
def create(actor: Actor, details: Details, numbers: Iterable[str] = ()) -> Problem:
    """Open a problem with its first tickets.

    Raises:
        Refused: not permitted, a detail is wrong, or a ticket cannot be joined.
    """
    _insist(actor, "problem.edit", details.unit_id)
    _check(actor, details)
    made = Problem(
        park_id=actor.park_id, number=new_token()[:20], created_by_id=actor.user_id,
        created_at=clock.now(), state=Stand.OPEN, **_columns(details),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    made.number = f"L{today():%Y}-{made.id:04d}"
    record(actor, "problem.create", "problem", made.id, after={"number": made.number})
    for number in dict.fromkeys(numbers):
        _join(actor, made, number)
    _tell_owner(actor, made, N_("您负责一个新的类问题，请在期限内查明原因、提出解决办法。"))
    db.session.flush()
    return made


@unit_of_work
def edit(actor: Actor, problem_id: int, details: Details, seen: int) -> Problem:
    """Change what is said of a problem.

    Raises:
        Refused: not permitted, or a detail is wrong, or it is closed.
        Conflict: somebody has changed it since ``seen``.
    """
    found = locked(actor, problem_id, seen)
    _insist(actor, "problem.edit", found.unit_id)
    _insist(actor, "problem.edit", details.unit_id)
    _check(actor, details)
    if found.state == Stand.CLOSED:
        raise Refused(N_("类问题已销号，不能再修改。"))
    if found.solved_at is not None and names_in(details.title, named_enterprises(found.id)):
        raise Refused(N_("标题和解决办法会发给其他企业，请不要写企业名称。"), field="title")
    former = found.owner_id
    before = _plain(found)
    for name, value in _columns(details).items():
        setattr(found, name, value)
    if found.due_on is None or found.due_on >= today():
        found.overdue_at = None  # a new day is a new reminder
    db.session.flush()
    record(actor, "problem.edit", "problem", found.id, before, _plain(found))
    if found.owner_id != former:
        _tell_owner(actor, found, N_("类问题已交给您负责，请在期限内解决。"))
    return found


def locked(actor: Actor, problem_id: int, seen: int | None) -> Problem:
    """Return a problem that the person sees, locked for writing.

    Raises:
        Refused: the person sees no such problem.
        Conflict: it has changed since ``seen``.
    """
    query = select(Problem).where(Problem.id == problem_id, seen_by(actor)).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise Refused(N_("没有这个类问题。"), kind="permission")
    if seen is not None and found.version != seen:
        raise Conflict(seen, found.version)
    return found


def _insist(actor: Actor, permission: str, unit_id: int | None) -> None:
    if not allows(actor, permission, Subject(actor.park_id, unit_id=unit_id)):
        raise Refused(NOT_PERMITTED, kind="permission")


def _check(actor: Actor, details: Details) -> None:
    if not details.title.strip():
        raise Refused(N_("此项必须填写。"), field="title")
    unit = db.session.get(Unit, details.unit_id) if details.unit_id else None
    if details.unit_id and (unit is None or unit.park_id != actor.park_id):
        raise Refused(N_("请选择本园区的承办单位。"), field="unit_id")
    owner = get_user(details.owner_id) if details.owner_id else None
    if details.owner_id and (
        owner is None or owner.park_id != actor.park_id or owner.role_enum not in STAFF
    ):
        raise Refused(N_("请选择负责人。"), field="owner_id")
    item = db.session.get(ServiceItem, details.item_id) if details.item_id else None
    if item is not None and item.confidential:
        raise Refused(N_("敏感事项不归入类问题。"), field="item_id")


def _columns(details: Details) -> dict[str, Any]:
    names = Details.__dataclass_fields__
    values = {name: getattr(details, name) for name in names}
    return {name: one.strip() if isinstance(one, str) else one for name, one in values.items()}


def _plain(found: Problem) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in Details.__dataclass_fields__}
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in values.items()}


# Joining tickets ---------------------------------------------------------------------------------


@unit_of_work
def join(actor: Actor, problem_id: int, number: str) -> Ticket:
    """Join a ticket into a problem; a solved one stays under watch for as long again.

    Raises:
        Refused: not permitted, no such ticket, it is in a problem already, or the class is closed.
    """
    found = locked(actor, problem_id, None)
    _insist(actor, "problem.edit", found.unit_id)
    ticket = _join(actor, found, number)
    found.quiet_until = _watch(found) if found.state == Stand.SOLVED else None
    db.session.flush()
    return ticket


def _join(actor: Actor, found: Problem, number: str) -> Ticket:
    ticket = by_number(actor, number)
    if ticket is None or ticket.park_id != found.park_id:
        raise Refused(N_("没有找到这个工单号，或您不能查看它。"), field="number")
    if found.state not in ALIVE:
        raise Refused(N_("类问题已销号；又出现的，请新建一个类问题。"))
    if ticket.confidential:
        raise Refused(N_("敏感事项不归入类问题。"), field="number")
    if ticket.state in (State.MERGED, State.WITHDRAWN, State.DECLINED):
        raise Refused(N_("已并单、撤回或不予受理的工单不能加入。"), field="number")
    if db.session.get(ProblemTicket, ticket.id) is not None:
        raise Refused(N_("这件工单已在一个类问题里，每件只能归入一个。"), field="number")
    if len(joined(actor, found.id)) >= JOINED_MOST:
        raise Refused(N_("一个类问题最多归入300件工单。"), field="number")
    row = ProblemTicket(
        ticket_id=ticket.id, problem_id=found.id, joined_by_id=actor.user_id,
        joined_at=clock.now(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _note(actor, ticket, "problem_joined", found)
    return ticket


@unit_of_work
def leave(actor: Actor, ticket_id: int) -> Problem:
    """Take a ticket out of its problem.

    Raises:
        Refused: not permitted, or it is in none, or the class is closed.
    """
    row = db.session.get(ProblemTicket, ticket_id, with_for_update=True)
    if row is None:
        raise Refused(N_("这件工单不在类问题里。"))
    found = locked(actor, row.problem_id, None)
    _insist(actor, "problem.edit", found.unit_id)
    if found.state not in ALIVE:
        raise Refused(N_("类问题已销号，不能再修改。"))
    ticket = db.session.get_one(Ticket, ticket_id)
    db.session.delete(row)
    db.session.flush()
    _note(actor, ticket, "problem_left", found)
    return found


def _note(actor: Actor, ticket: Ticket, kind: str, found: Problem) -> None:
    said = {"problem": f"{found.number} {found.title}"}
    add_own_event(actor, ticket, kind, data=said, shown=False)
    record(actor, f"ticket.{kind}", "ticket", ticket.id, after={"number": found.number})


def _watch(found: Problem) -> date:
    return quiet_until(today(), current_rules(found.park_id).problem_quiet_calendar_days)


# What its tickets do -----------------------------------------------------------------------------


def follow_ticket(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """A ticket of a solved problem that comes back keeps the class from being closed.

    A merged ticket gives its place to the one that it was merged into.
    """
    if step.name == "merge" and ticket.merged_into_id is not None:
        _move(ticket.id, ticket.merged_into_id)
    if step.name not in COMING_BACK or (found := problem_of(ticket.id)) is None:
        return
    found = db.session.get_one(Problem, found.id, with_for_update=True, populate_existing=True)
    if found.state == Stand.OPEN:
        return
    found.state, found.quiet_until, found.closed_at = Stand.OPEN, None, None
    record(actor, "problem.back", "problem", found.id, after={"ticket": ticket.number})
    told = N_("类问题的一件工单被企业反映没有解决，类问题恢复办理。")
    _tell_owner(actor, found, told, f"{ticket.id}:{ticket.version}")


def _move(ticket_id: int, main_id: int) -> None:
    row = db.session.get(ProblemTicket, ticket_id)
    if row is None:
        return
    if db.session.get(ProblemTicket, main_id) is None:
        moved = ProblemTicket(
            ticket_id=main_id, problem_id=row.problem_id, joined_by_id=row.joined_by_id,
            joined_at=row.joined_at,
        )  # fmt: skip
        db.session.add(moved)
    db.session.delete(row)


# The scheduler's work ----------------------------------------------------------------------------


def due_closings(limit: int) -> list[int]:
    """Return the solved problems that have been quiet for long enough: no new one, none unresolved."""
    waits = (
        select(ProblemTicket.ticket_id)
        .join(Ticket, Ticket.id == ProblemTicket.ticket_id)
        .where(ProblemTicket.problem_id == Problem.id, in_states(*sorted(BEFORE_RESOLUTION)))
    )
    query = select(Problem.id).where(
        Problem.state == Stand.SOLVED, Problem.quiet_until < today(), ~waits.exists()
    )
    return list(db.session.scalars(query.order_by(Problem.quiet_until, Problem.id).limit(limit)))


@unit_of_work
def close_class(problem_id: int) -> bool:
    """Close a class (销号) once; false where a ticket came back or joined in the meantime."""
    claim = (
        update(Problem)
        .where(Problem.id == problem_id, Problem.state == Stand.SOLVED)
        .where(Problem.quiet_until < today())
        .values(state=Stand.CLOSED, closed_at=clock.now(), version=Problem.version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    found = db.session.get_one(Problem, problem_id, populate_existing=True)
    system = system_actor(found.park_id)
    record(system, "problem.close", "problem", found.id, after={"number": found.number})
    _tell_owner(system, found, N_("类问题观察期满，没有新增，已销号。"))
    return True


def due_reminders(limit: int) -> list[int]:
    """Return the open problems whose due day has passed without a reminder."""
    query = select(Problem.id).where(
        Problem.state == Stand.OPEN, Problem.due_on < today(), Problem.overdue_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Problem.due_on, Problem.id).limit(limit)))


@unit_of_work
def remind(problem_id: int) -> bool:
    """Remind whoever owns an overdue problem, once for each due day."""
    claim = (
        update(Problem)
        .where(Problem.id == problem_id, Problem.state == Stand.OPEN)
        .where(Problem.due_on < today(), Problem.overdue_at.is_(None))
        .values(overdue_at=clock.now(), version=Problem.version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    found = db.session.get_one(Problem, problem_id, populate_existing=True)
    system = system_actor(found.park_id)
    record(system, "problem.overdue", "problem", found.id, after={"due_on": str(found.due_on)})
    _tell_owner(system, found, N_("类问题已过解决期限，请尽快解决或调整期限。"))
    return True


def owners_of(found: Problem) -> list[User]:
    """Return who is answerable: the owner, else the unit's heads, else the desk's."""
    owner = get_user(found.owner_id) if found.owner_id else None
    if owner is not None and owner.active:
        return [owner]
    heads = holding(found.park_id, Role.UNIT_HEAD, found.unit_id) if found.unit_id else []
    return list(heads or holding(found.park_id, Role.DESK_HEAD))


def _tell_owner(actor: Actor, found: Problem, text: str, what: str = "") -> None:
    people = [person for person in owners_of(found) if person.id != actor.user_id]
    db.session.flush()
    key = f"problem:{found.id}:v{found.version}:{what or text[:12]}"
    detail = f"{found.number} {found.title}"
    tell(people, text, key=key, detail=detail, link=f"/desk/problems/{found.id}")
