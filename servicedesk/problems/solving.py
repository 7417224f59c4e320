"""Solving a problem (举一反三): its solution goes to every joined ticket, and to others who need it.

Each ticket is resolved by the workflow's own step, so that its enterprise has the last word; who
says "not solved" reopens only the own one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.problems import Fate, Stand, names_in, quiet_until
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME, Audience, State, refusal
from servicedesk.enterprises.queries import owners
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.problems.actions import NOT_PERMITTED, locked
from servicedesk.problems.models import Problem, ProblemNotice, ProblemTicket
from servicedesk.problems.queries import JOINED_MOST, likely, named_enterprises, today
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import facts_of, subject_of
from servicedesk.tickets.telling import tell_about
from servicedesk.tickets.timeline import add_own_event
from servicedesk.transaction import unit_of_work

STEP = BY_NAME["resolve_with_problem"]
TOLD = N_("同类问题已有解决办法，内容见工单进度。")


@dataclass(frozen=True, slots=True)
class Line:
    """What became, or would become, of one joined ticket; ``reason`` is why it was not resolved."""

    ticket: Ticket
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One line for each joined ticket, and the enterprises that were told besides."""

    problem: Problem
    lines: list[Line]
    told: list[str]


def foresee(actor: Actor, found: Problem) -> list[Line]:
    """Return what solving would do to each joined ticket now; nothing is written."""
    return [_foreseen(actor, ticket) for ticket in _tickets(found.id)]


def _tickets(problem_id: int) -> list[Ticket]:
    query = (
        select(Ticket)
        .join(ProblemTicket, ProblemTicket.ticket_id == Ticket.id)
        .where(ProblemTicket.problem_id == problem_id)
    )
    return list(db.session.scalars(query.order_by(Ticket.id).limit(JOINED_MOST)))


def _foreseen(actor: Actor, ticket: Ticket) -> Line:
    if ticket.state == State.IN_PROGRESS:
        inputs = {"resolution": "-"}
        why = refusal(STEP, actor, subject_of(ticket), facts_of(ticket), inputs)
        if why is None:
            return Line(ticket, Fate.RESOLVED)
        if why.kind == "permission":
            return Line(ticket, Fate.TOLD, N_("由其他单位承办，不在您的权限内。"))
        return Line(ticket, Fate.REFUSED, why.reason)
    if _heard(ticket):
        return Line(ticket, Fate.KEPT)
    return Line(ticket, Fate.TOLD, N_("现在不在办理中。"))


def _heard(ticket: Ticket) -> bool:
    """Tell whether a ticket that is not in hand has had the solution since it last came back."""
    kinds = ("problem_solved", STEP.name)
    query = select(TicketEvent.kind).where(
        TicketEvent.ticket_id == ticket.id,
        TicketEvent.kind.in_([*kinds, "dispute", "rework", "reopen"]),
    )
    last = db.session.scalar(query.order_by(TicketEvent.id.desc()).limit(1))
    return last in kinds


@unit_of_work
def solve(
    actor: Actor, problem_id: int, solution: str, seen: int, others: Collection[int] = ()
) -> Result:
    """Send a solution to all joined tickets and to the chosen ``others``, once each.

    ``others`` are enterprises from ``likely``; any other number is passed over.

    Raises:
        Refused: not permitted, nothing was written, the class is closed, or the text names an
            enterprise, which others would read.
        Conflict: the problem has changed since ``seen``.
    """
    found = locked(actor, problem_id, seen)
    if not allows(actor, "problem.solve", Subject(found.park_id, unit_id=found.unit_id)):
        raise Refused(NOT_PERMITTED, kind="permission")
    text = _publishable(found, solution)
    lines = [_send(actor, found, ticket, text) for ticket in _tickets(found.id)]
    rules = current_rules(found.park_id)
    found.solution, found.state, found.solved_at = text, Stand.SOLVED, clock.now()
    found.quiet_until = quiet_until(today(), rules.problem_quiet_calendar_days)
    db.session.flush()
    told = [_tell(found, one.id, one.name) for one in likely(actor, found) if one.id in others]
    fates = {line.ticket.number: line.fate for line in lines}
    after = {"number": found.number, "tickets": fates, "told": len(told)}
    record(actor, "problem.solve", "problem", found.id, after=after)
    return Result(found, lines, told)


def _publishable(found: Problem, solution: str) -> str:
    text = solution.strip()
    if found.state == Stand.CLOSED:
        raise Refused(N_("类问题已销号。"))
    if not text:
        raise Refused(N_("此项必须填写。"), field="solution")
    if names_in(f"{found.title}\n{text}", named_enterprises(found.id)):
        raise Refused(N_("标题和解决办法会发给其他企业，请不要写企业名称。"), field="solution")
    return text


def _send(actor: Actor, found: Problem, ticket: Ticket, text: str) -> Line:
    line = _foreseen(actor, ticket)
    if line.fate is Fate.RESOLVED:
        take(actor, ticket.id, STEP.name, {"resolution": text})
    elif line.fate is not Fate.KEPT:
        said = {"problem": found.title, "solution": text}
        event = add_own_event(actor, ticket, "problem_solved", data=said)
        key = f"ticket:{ticket.id}:e{event.id}"
        hears = (Audience.REQUESTER, Audience.ASSIGNEE)
        tell_about(ticket, hears, TOLD, key, but=actor.user_id)
    return line


def _tell(found: Problem, enterprise_id: int, name: str) -> str:
    row = ProblemNotice(problem_id=found.id, enterprise_id=enterprise_id, told_at=clock.now())
    db.session.add(row)
    db.session.flush()
    text = N_("园区解决了一类问题，您的企业可能也会遇到，请看解决办法。")
    people = [person for person in owners(enterprise_id) if person.active]
    tell(
        people, text, key=f"problem:{found.id}:for:{enterprise_id}", detail=found.title,
        enterprise_id=enterprise_id, link=f"/portal/solutions/{found.id}",
    )  # fmt: skip
    return name
