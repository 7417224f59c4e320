"""Handing an absent person's tickets over with one action (移交): a preview, then ticket by ticket.

Each ticket takes the workflow's own ``hand_over`` step in a transaction of its own, so that one
that is refused leaves the others moved, and the result has one line for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding, members_of_unit
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.assignment import Candidate, choose
from servicedesk.core.permissions import Actor, Role, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.duty.assigning import candidates, next_office_time, who_handles
from servicedesk.duty.models import Handover
from servicedesk.duty.queries import colleague, there
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import may_see
from servicedesk.transaction import unit_of_work

DESK_ROLES = (Role.DESK, Role.DESK_HEAD)
MOST = 500  # tickets in one action; the rest is the next one's


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty that a person has for a ticket: ``intake`` (首接人) or ``assignee`` (承办人)."""

    ticket: Ticket
    duty: str

    @property
    def key(self) -> str:
        """The name of the line in a form."""
        return f"{self.duty}-{self.ticket.id}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one ticket; ``refused`` is empty where it was handed over."""

    number: str
    title: str
    duty: str
    to_name: str
    refused: str = ""


def held_by(actor: Actor, person: User) -> list[Duty]:
    """Return the open duties of a person that the actor sees and may hand over, oldest first."""
    query = select(Ticket).where(
        Ticket.park_id == person.park_id,
        Ticket.closed_at.is_(None),
        or_(Ticket.intake_by_id == person.id, Ticket.assignee_id == person.id),
    )
    if scope_of(actor.role, "ticket.hand_over") is Scope.UNIT:
        query = query.where(Ticket.unit_id == (actor.unit_id or 0))
    found = [one for one in db.session.scalars(query.order_by(Ticket.id)) if may_see(actor, one)]
    unit_only = scope_of(actor.role, "ticket.hand_over") is Scope.UNIT
    duties = [
        Duty(ticket, duty)
        for ticket in found
        for duty, holder in (("intake", ticket.intake_by_id), ("assignee", ticket.assignee_id))
        if holder == person.id and not (unit_only and duty == "intake")
    ]
    return duties[:MOST]


def successors(duties: Sequence[Duty], person: User) -> dict[str, list[User]]:
    """Return who may take each duty over, by its key.

    The intake goes to the desk's people, the handling to the people of the ticket's unit, never to
    whoever was rated badly for it.
    """
    desk = [one for role in DESK_ROLES for one in holding(person.park_id, role)]
    teams = {unit: list(members_of_unit(unit)) for unit in {one.ticket.unit_id for one in duties}}
    return {
        one.key: [
            other
            for other in (desk if one.duty == "intake" else teams[one.ticket.unit_id])
            if other.id not in (person.id, _rated(one))
        ]
        for one in duties
    }


def _rated(duty: Duty) -> int | None:
    """Return who may not handle the ticket: whoever was rated badly, while that is rectified."""
    wrong = duty.duty == "assignee" and duty.ticket.rectifying
    return duty.ticket.rated_person_id if wrong else None


def plan(duties: Sequence[Duty], person: User, to_id: int | None) -> dict[str, int | None]:
    """Say who would get each duty: ``to_id``, or where it is empty those at work, by load.

    A unit that assigns by skill is spread by skill; nobody is named where nobody is there.
    """
    possible, sharing = successors(duties, person), _Sharing(person)
    planned: dict[str, int | None] = {}
    for duty in duties:
        able = possible[duty.key]
        if to_id is None:
            planned[duty.key] = sharing.next_for(duty, able)
        else:
            planned[duty.key] = to_id if to_id in {one.id for one in able} else None
    return planned


class _Sharing:
    """Shares duties out one after another, counting what it has given already."""

    def __init__(self, person: User) -> None:
        self._person = person
        self._minutes: dict[int, int] = {}
        self._tickets: dict[int, int] = {}
        self._known: dict[tuple[str, int | None, int], list[Candidate]] = {}

    def next_for(self, duty: Duty, able: Sequence[User]) -> int | None:
        """Return which of those who are able gets this duty."""
        numbers = {one.id for one in able}
        group = [self._now(one) for one in self._group(duty, able) if one.user_id in numbers]
        chosen = choose(self._mode(duty), group)
        if chosen is not None:
            weight = duty.ticket.allowed_minutes if duty.duty == "assignee" else 0
            self._minutes[chosen] = self._minutes.get(chosen, 0) + weight
            self._tickets[chosen] = self._tickets.get(chosen, 0) + 1
        return chosen

    def _now(self, one: Candidate) -> Candidate:
        minutes = one.minutes + self._minutes.get(one.user_id, 0)
        return Candidate(
            one.user_id, minutes, one.tickets + self._tickets.get(one.user_id, 0), one.skill
        )

    def _mode(self, duty: Duty) -> str:
        if duty.duty == "intake" or duty.ticket.unit_id is None:
            return "load"
        return "skill" if get_unit(duty.ticket.unit_id).assignment == "skill" else "load"

    def _group(self, duty: Duty, able: Sequence[User]) -> list[Candidate]:
        key = (duty.duty, duty.ticket.unit_id, duty.ticket.item_id)
        if key not in self._known:
            self._known[key] = self._found(duty, able)
        return self._known[key]

    def _found(self, duty: Duty, able: Sequence[User]) -> list[Candidate]:
        if duty.duty == "intake":
            people = [one for one in able if one.role == Role.DESK]
            present = there(duty.ticket.park_id, people, next_office_time(duty.ticket.park_id))
            return [Candidate(number) for number in present]
        if duty.ticket.unit_id is None:
            return []
        officers = [one for one in who_handles(duty.ticket.unit_id) if one.id != self._person.id]
        return candidates(duty.ticket, duty.ticket.unit_id, officers)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is known of a duty between transactions, after each of which rows are read afresh."""

    ticket_id: int
    number: str
    title: str
    duty: str
    to_id: int


def hand_over(
    actor: Actor, person_id: int, wanted: Mapping[str, int], reason: str
) -> tuple[Handover, list[Result]]:
    """Hand a person's duties over, each to whom ``wanted`` names by the duty's key.

    Raises:
        Refused: not permitted for this person, no reason, or nothing is named.
    """
    person = colleague(actor, "ticket.hand_over", person_id)
    if person is None:
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if not reason.strip():
        raise Refused(N_("请填写移交原因。"), field="reason")
    lines = [
        _Line(one.ticket.id, one.ticket.number, one.ticket.title, one.duty, wanted[one.key])
        for one in held_by(actor, person)
        if one.key in wanted
    ]
    if not lines:
        raise Refused(N_("没有选中要移交的工单，或它们已经移交。"))
    receivers = {line.to_id for line in lines}
    only = receivers.pop() if len(receivers) == 1 else None
    number = _begin(actor, person_id, only, reason.strip())
    results = [_result(actor, number, person_id, line, reason.strip()) for line in lines]
    _end(actor, number, results)
    return db.session.get_one(Handover, number, populate_existing=True), results


@unit_of_work
def _begin(actor: Actor, person_id: int, to_id: int | None, reason: str) -> int:
    """Open the record; each ticket that follows raises its count in the same transaction."""
    to = colleague(actor, "duty.view", to_id) if to_id is not None else None
    made = Handover(
        park_id=actor.park_id, from_id=person_id, to_id=to.id if to else None, reason=reason,
        tickets=0, by_id=actor.user_id, at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made.id


@unit_of_work
def _end(actor: Actor, number: int, results: Sequence[Result]) -> None:
    """Put the whole action on record."""
    made = db.session.get_one(Handover, number, populate_existing=True)
    facts = {
        "to_id": made.to_id, "tickets": made.tickets,
        "refused": sum(bool(one.refused) for one in results),
    }  # fmt: skip
    record(actor, "duty.hand_over", "user", made.from_id, after=facts)


def _result(actor: Actor, number: int, person_id: int, line: _Line, reason: str) -> Result:
    to = get_user(line.to_id)
    name = to.name if to is not None else ""
    try:
        _move(actor, number, person_id, line, reason)
    except Refused as refused:
        return Result(line.number, line.title, line.duty, name, refused.reason)
    return Result(line.number, line.title, line.duty, name)


@unit_of_work
def _move(actor: Actor, number: int, person_id: int, line: _Line, reason: str) -> None:
    ticket = db.session.get_one(
        Ticket, line.ticket_id, with_for_update=True, populate_existing=True
    )
    holder = ticket.intake_by_id if line.duty == "intake" else ticket.assignee_id
    if holder != person_id:
        raise Refused(N_("工单已由他人接手。"))
    if line.to_id == person_id:
        raise Refused(N_("请选择接手的人员。"))
    if line.duty == "assignee" and ticket.rectifying and ticket.rated_person_id == line.to_id:
        raise Refused(N_("被差评的人员不能整改本工单，请选择其他人员。"))
    inputs = {"duty": line.duty, "to_id": line.to_id, "reason": reason}
    take(actor, line.ticket_id, "hand_over", inputs)
    raised = update(Handover).where(Handover.id == number).values(tickets=Handover.tickets + 1)
    db.session.execute(raised)
