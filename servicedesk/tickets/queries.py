"""Reading one ticket: what it is, what happened, what may be done now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import item as get_item
from servicedesk.catalogue.queries import item_at
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Scope, Subject, allows, scope_of
from servicedesk.core.routing import Suggestion
from servicedesk.core.stages import is_staged
from servicedesk.core.workflow import (
    BEFORE_RESOLUTION,
    RUNNING,
    STANDING,
    Facts,
    State,
    Transition,
    available,
    shut,
)
from servicedesk.extensions import db
from servicedesk.materials.queries import folder_opens, tickets_using, valid_powers
from servicedesk.routing.learning import suggestions
from servicedesk.tickets import clocks
from servicedesk.tickets.children import HandlingPlan, SupplementRequest, Urge
from servicedesk.tickets.effects.waiting import milestones_to_come
from servicedesk.tickets.effects.word import urge_day
from servicedesk.tickets.models import (
    Escalation,
    Extension,
    FollowUpCall,
    Outcome,
    PauseSpan,
    Rating,
    Ticket,
    TicketEvent,
    Upload,
)
from servicedesk.tickets.parts import parts_of
from servicedesk.tickets.support import supporters
from servicedesk.tickets.uploads import is_loose


def item_of(ticket: Ticket) -> ServiceItem:
    """Return the item as it was when the ticket was filed: names, form, materials, promise."""
    return item_at(ticket.item_id, ticket.item_version)


def subject_of(ticket: Ticket) -> Subject:
    """Return where a ticket belongs, as the permission table asks it."""
    return Subject(ticket.park_id, ticket.enterprise_id, ticket.unit_id, supporters(ticket))


def facts_of(ticket: Ticket) -> Facts:
    """Return what the workflow's guards look at."""
    now, state = clock.now(), State(ticket.state)
    working = state is State.IN_PROGRESS
    return Facts(
        state=state,
        now=now,
        paused=state in STANDING,
        sign_due_at=ticket.sign_due_at,
        due_at=ticket.due_at,
        extension_until=clocks.extension_until(ticket) if working else None,
        extension_pending=working and _waits(Extension, ticket),
        extensions=ticket.extensions,
        missed_days=_missed_days(ticket),
        rating=ticket.rating,
        rating_window_over=ticket.rating_due_at is not None and now > ticket.rating_due_at,
        handlers=frozenset(
            person
            for person in (ticket.assignee_id, ticket.resolved_by_id, ticket.rated_person_id)
            if person
        ),
        acting=ticket.acting,
        powers=valid_powers(ticket, now) if ticket.acting else frozenset(),
        suspension_over=clocks.suspension_over(ticket, now),
        returns=ticket.returns,
        settled=ticket.settled,
        supplements=ticket.supplements,
        supplement_pending=working and ticket.supplements > 0 and _waits(SupplementRequest, ticket),
        supplement_over=state is State.AWAITING_ENTERPRISE and _answer_is_late(ticket),
        supporters=supporters(ticket, waiting=True),
        confidential=ticket.confidential,
        called_back=ticket.called_back_at is not None,
        rectifying=ticket.rectifying,
        rated_person=ticket.rated_person_id,
        false_mark=ticket.false_resolution,
        reworks=ticket.reworks,
        reopen_over=state is State.CLOSED and clocks.reopen_over(ticket, now),
        urged_today=state in RUNNING and ticket.urges > 0 and _urged_today(ticket),
        urgent=ticket.urgent,
        staged=working and is_staged(get_item(ticket.item_id).code),
        plan_pending=working and _waits(HandlingPlan, ticket),
        carried=ticket.carried,
        milestones_left=len(milestones_to_come(ticket.id)) if ticket.carried else 0,
        intake_by=ticket.intake_by_id,
        assignee=ticket.assignee_id,
    )


def _waits(
    kind: type[Extension] | type[SupplementRequest] | type[HandlingPlan], ticket: Ticket
) -> bool:
    """Tell whether a request of this kind waits for a verdict."""
    return any(one.verdict is None for one in parts_of(kind, ticket.id))


def _answer_is_late(ticket: Ticket) -> bool:
    return any(
        one.answered_at is None
        and one.answer_due_at is not None
        and one.answer_due_at < clock.now()
        for one in parts_of(SupplementRequest, ticket.id)
    )


def _urged_today(ticket: Ticket) -> bool:
    day = urge_day(ticket.park_id, clock.now())
    return any(one.day == day for one in parts_of(Urge, ticket.id))


def _missed_days(ticket: Ticket) -> int:
    if ticket.state != State.RESOLVED:
        return 0
    calls = parts_of(FollowUpCall, ticket.id)
    missed = {
        call.day for call in calls
        if call.round == ticket.reworks and call.result in ("missed", "refused")
    }  # fmt: skip
    return sum(calendar(ticket.park_id).is_working_day(day) for day in missed)


def actions_for(actor: Actor, ticket: Ticket) -> tuple[Transition, ...]:
    """Return the steps that this person may take on this ticket now."""
    return available(actor, subject_of(ticket), facts_of(ticket))


def actions_and_hindrances(
    actor: Actor, ticket: Ticket, names: Collection[str]
) -> tuple[tuple[Transition, ...], list[tuple[Transition, str]]]:
    """Return the steps that this person may take now, and why those of ``names`` are not among them."""
    subject, facts = subject_of(ticket), facts_of(ticket)
    return available(actor, subject, facts), shut(actor, subject, facts, names)


def may_see(actor: Actor, ticket: Ticket) -> bool:
    """Tell whether the person may open the ticket; confidential ones need the second permission."""
    permission = "ticket.view_confidential" if ticket.confidential else "ticket.view"
    return (
        allows(actor, permission, subject_of(ticket))
        or _was_filed_by(actor, ticket)
        or _seen_from_main(actor, ticket)
    )


def _seen_from_main(actor: Actor, ticket: Ticket) -> bool:
    """What was merged is open to whoever handles the ticket that it was merged into (并单)."""
    main = db.session.get(Ticket, ticket.merged_into_id) if ticket.merged_into_id else None
    return main is not None and may_see(actor, main)


def _was_filed_by(actor: Actor, ticket: Ticket) -> bool:
    """A requester keeps sight of what was filed in the own name while still a member."""
    return (
        scope_of(actor.role, "ticket.view") is Scope.OWN
        and ticket.requester_id == actor.user_id
        and ticket.enterprise_id in actor.enterprise_ids
    )


def by_number(actor: Actor, number: str) -> Ticket | None:
    """Return the ticket, or ``None`` where it does not exist *or* the person may not see it."""
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == number))
    return ticket if ticket is not None and may_see(actor, ticket) else None


def timeline(ticket_id: int, *, everything: bool) -> Sequence[TicketEvent]:
    """Return what happened, oldest first; without ``everything`` only what the enterprise sees."""
    return [one for one in parts_of(TicketEvent, ticket_id) if everything or one.shown]


def events_since(ticket_id: int, version: int) -> Sequence[TicketEvent]:
    """Return what happened after ``version`` was shown: for the second of two editors."""
    return [one for one in parts_of(TicketEvent, ticket_id) if one.version > version]


def events_of_kinds(ticket_id: int, kinds: Collection[str]) -> Sequence[TicketEvent]:
    """Return the lines of these kinds, oldest first."""
    return [one for one in parts_of(TicketEvent, ticket_id) if one.kind in kinds]


def uploads(ticket_id: int) -> Sequence[Upload]:
    """Return the files of a ticket, oldest first."""
    return parts_of(Upload, ticket_id)


def uploads_by_tokens(owner_id: int, tokens: Sequence[str]) -> Sequence[Upload]:
    """Return the person's own files that no ticket has taken yet: to show them in a form again."""
    if not tokens:
        return []
    query = select(Upload).where(
        Upload.token.in_(list(tokens)), Upload.owner_id == owner_id, *is_loose()
    )
    return db.session.scalars(query.order_by(Upload.id)).all()


def upload_by_token(actor: Actor, token: str) -> Upload | None:
    """Return a file if the person may see its ticket or its folder, or it is loose and the own."""
    upload = db.session.scalar(select(Upload).where(Upload.token == token))
    if upload is None:
        return None
    if upload.enterprise_id is not None:
        opens = folder_opens(actor, upload) or _is_used(actor, upload)
    elif upload.ticket_id is None:
        opens = upload.owner_id == actor.user_id
    else:
        ticket = db.session.get_one(Ticket, upload.ticket_id)
        opens = may_see(actor, ticket) and _event_shown(actor, upload)
    return upload if opens else None


def _is_used(actor: Actor, upload: Upload) -> bool:
    """Whoever handles a ticket sees the documents that the enterprise let it use."""
    tickets = select(Ticket).where(Ticket.id.in_(tickets_using(upload)))
    return any(
        may_see(actor, ticket) and scope_of(actor.role, "ticket.view") is not Scope.OWN
        for ticket in db.session.scalars(tickets)
    )


def _event_shown(actor: Actor, upload: Upload) -> bool:
    """Files of internal notes stay inside."""
    if scope_of(actor.role, "ticket.view") is not Scope.OWN or upload.event_id is None:
        return True
    return db.session.get_one(TicketEvent, upload.event_id).shown


def stored_names() -> set[str]:
    """Return the stored name of every known file, for the sweeper."""
    return set(db.session.scalars(select(Upload.stored_as)))


@dataclass(frozen=True, slots=True)
class Children:
    """Everything that hangs on a ticket, for its page."""

    pauses: Sequence[PauseSpan]
    extensions: Sequence[Extension]
    calls: Sequence[FollowUpCall]
    ratings: Sequence[Rating]
    outcomes: Sequence[Outcome]
    escalations: Sequence[Escalation]


def children(ticket_id: int) -> Children:
    """Return the ticket's pauses, extensions, calls, ratings, outcomes and alarms."""
    return Children(
        parts_of(PauseSpan, ticket_id), parts_of(Extension, ticket_id),
        parts_of(FollowUpCall, ticket_id), parts_of(Rating, ticket_id),
        parts_of(Outcome, ticket_id), parts_of(Escalation, ticket_id),
    )  # fmt: skip


def suggested_unit(ticket: Ticket, item: ServiceItem) -> Suggestion | None:
    """Return the unit that should have the ticket; ``None`` where nothing speaks for any.

    A unit that has returned this very ticket is no suggestion: then a person must think.
    """
    best = next(iter(suggestions(ticket, item)), None)
    return best if best is not None and not best.returned else None


def numbers(ticket_ids: Collection[int]) -> dict[int, str]:
    """Return the ticket numbers of rows, in one statement."""
    if not ticket_ids:
        return {}
    rows = db.session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(ticket_ids)))
    return {row.id: row.number for row in rows}


def open_of_enterprise(ticket: Ticket) -> Sequence[Ticket]:
    """Return the enterprise's other tickets that are not resolved yet, newest first."""
    query = select(Ticket).where(
        Ticket.enterprise_id == ticket.enterprise_id,
        Ticket.id != ticket.id,
        Ticket.confidential.is_(ticket.confidential),
        Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
    )
    return db.session.scalars(query.order_by(Ticket.id.desc()).limit(50)).all()
