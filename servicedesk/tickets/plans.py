"""Reading what was asked about a ticket's time: extensions, supplements, the plan of milestones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from servicedesk.accounts.queries import names
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.deadlines import close_of
from servicedesk.extensions import db
from servicedesk.tickets.children import HandlingPlan, PlanMilestone, SupplementRequest
from servicedesk.tickets.clocks import extension_until, rules_of
from servicedesk.tickets.models import Extension, Ticket, TicketEvent
from servicedesk.tickets.parts import parts_of


@dataclass(frozen=True, slots=True)
class Frame:
    """Between which days a new date may lie, and until when more time may be asked for."""

    due: date
    first: date
    last: date
    ask_until: datetime


def extension_frame(ticket: Ticket) -> Frame | None:
    """Return the frame of the next extension; ``None`` while the clock stands."""
    ask_until = extension_until(ticket)
    if ticket.due_at is None or ask_until is None:
        return None
    hours, most = calendar(ticket.park_id), rules_of(ticket).extension_max_days
    due = hours.local(ticket.due_at).date()
    first = hours.add_working_days(due, 1)
    return Frame(due, first, hours.add_working_days(due, most), ask_until)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for more time: from which due time to which; ``until`` is the day asked for."""

    number: int
    row: Extension
    old: datetime | None
    until: date | None
    new: datetime | None
    asked_by: str
    decided_by: str
    refusal: str


def extensions(ticket: Ticket) -> list[Asked]:
    """Return the extensions that were asked for, oldest first."""
    rows = parts_of(Extension, ticket.id)
    if not rows:
        return []
    people = names([person for row in rows for person in (row.asked_by_id, row.decided_by_id)])
    asked = _events(ticket.id, "request_extension")
    approved = iter(_events(ticket.id, "approve_extension"))
    refused = iter(_events(ticket.id, "refuse_extension"))
    found = []
    for number, row in enumerate(rows, start=1):
        said = asked[number - 1].data if number <= len(asked) else {}
        verdict = approved if row.verdict == "approved" else refused
        event = next(verdict, None) if row.verdict else None
        answer = event.data if event is not None else {}
        found.append(
            Asked(
                number, row, _moment(answer.get("old") or said.get("old")),
                _day(said.get("until")), _moment(answer.get("due_at")),
                people.get(row.asked_by_id, ""), people.get(row.decided_by_id or 0, ""),
                str(answer.get("reason") or ""),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Supplement:
    """A request to add something (补正): the nth that was sent; ``ended`` is ``supplement``,
    ``abandon`` or empty while it waits."""

    number: int
    row: SupplementRequest
    asked_by: str
    decided_by: str
    ended: str
    ended_at: datetime | None
    answer: str


def supplements(ticket: Ticket) -> list[Supplement]:
    """Return the requests, oldest first; each that was sent ended with the event of its turn."""
    rows = parts_of(SupplementRequest, ticket.id)
    if not rows:
        return []
    people = names([person for row in rows for person in (row.asked_by_id, row.decided_by_id)])
    ends = iter(_events(ticket.id, "supplement", "abandon"))
    found = []
    for number, row in enumerate(rows, start=1):
        event = next(ends, None) if row.sent_at is not None else None
        found.append(
            Supplement(
                number, row, people.get(row.asked_by_id or 0, ""),
                people.get(row.decided_by_id or 0, ""), event.kind if event else "",
                event.at if event else None,
                str(event.data.get("answer") or "") if event else "",
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone; ``mark`` is ``done``, ``late`` (reached late), ``here``, ``red`` or empty."""

    row: PlanMilestone
    mark: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of milestones as a page shows it; ``running``: the ticket's clock goes by it."""

    row: HandlingPlan
    milestones: Sequence[Milestone]
    asked_by: str
    decided_by: str
    running: bool
    reached: int


def newest_plan(ticket: Ticket) -> Plan | None:
    """Return the plan that was asked for last, whatever became of it."""
    row = next(reversed(parts_of(HandlingPlan, ticket.id)), None)
    if row is None:
        return None
    steps = db.session.scalars(
        select(PlanMilestone)
        .where(PlanMilestone.plan_id == row.id)
        .order_by(PlanMilestone.position)
    ).all()
    people = names([row.asked_by_id, row.decided_by_id])
    running = ticket.carried and row.verdict == "approved"
    return Plan(
        row, _marked(ticket, steps, running), people.get(row.asked_by_id or 0, ""),
        people.get(row.decided_by_id or 0, ""), running,
        sum(step.reached_at is not None for step in steps),
    )  # fmt: skip


def _marked(ticket: Ticket, steps: Sequence[PlanMilestone], running: bool) -> list[Milestone]:
    hours, now = calendar(ticket.park_id), clock.now()
    following = next((step.id for step in steps if step.reached_at is None), None)
    marked = []
    for step in steps:
        due = close_of(hours, step.due_on)
        if step.reached_at is not None:
            mark = "late" if step.reached_at > due else "done"
        elif running and step.id == following:
            mark = "red" if now > due else "here"
        else:
            mark = ""
        marked.append(Milestone(step, mark))
    return marked


def _events(ticket_id: int, *kinds: str) -> Sequence[TicketEvent]:
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket_id, TicketEvent.kind.in_(kinds)
    )
    return db.session.scalars(query.order_by(TicketEvent.id)).all()


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
