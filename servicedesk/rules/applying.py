"""Applying a version of the rules to tickets that are running (套用), with a way back.

Publishing touches no ticket. A person who applies the present version moves the running tickets that
still keep an older one; each keeps what it was, so that the application can be taken back. Alarms that
went off stay on record; a due time that moves has alarms of its own, each once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.rules.actions import require_editor
from servicedesk.rules.models import RuleApplication, RuleChange
from servicedesk.rules.previewing import older
from servicedesk.statistics.marks import mark_ticket
from servicedesk.streaming import streamed
from servicedesk.tickets import clocks
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.timeline import add_own_event
from servicedesk.transaction import unit_of_work

BATCH = 200  # tickets in one transaction: others wait no longer than a moment for each


# Applying ----------------------------------------------------------------------------------------


def apply(actor: Actor, version: int, seen_calendar: int) -> int:
    """Put every running ticket under ``version``, batch after batch; returns the application's number.

    Each ticket is moved in one transaction with its timeline and its trail, and only once: whoever
    comes second finds it moved. A process that dies leaves the rest to be applied again.
    ``seen_calendar`` is the calendar's version that the preview counted with.

    Raises:
        Refused: not permitted, or no running ticket keeps an older version.
        Conflict: another version has been published since, or the calendar has changed.
    """
    application_id = _start(actor, version, seen_calendar)
    while _apply_batch(actor, application_id):
        pass
    return application_id


@unit_of_work
def _start(actor: Actor, version: int, seen_calendar: int) -> int:
    require_editor(actor)
    park = get_park(actor.park_id)
    if park.rules_version != version:
        raise Conflict(version, park.rules_version)
    if park.calendar_version != seen_calendar:
        raise Conflict(seen_calendar, park.calendar_version)
    made = RuleApplication(
        park_id=actor.park_id, version=version, by_id=actor.user_id, at=clock.now(), tickets=0
    )
    db.session.add(made)
    db.session.flush()
    record(actor, "rules.apply", "rule_application", made.id, after={"version": version})
    if not _apply_batch(actor, made.id):
        raise Refused(N_("没有需要套用的在办工单。"))
    return made.id


@unit_of_work
def _apply_batch(actor: Actor, application_id: int) -> int:
    """Move up to ``BATCH`` tickets; none where the application has been taken back meanwhile."""
    made = _locked(application_id)
    if made.undone_at is not None:
        return 0
    query = select(Ticket).where(older(made.park_id, made.version)).order_by(Ticket.id)
    tickets = db.session.scalars(query.limit(BATCH).with_for_update()).all()
    for ticket in tickets:
        before = ticket.due_at
        change = RuleChange(
            application_id=made.id, ticket_id=ticket.id,
            old_version=ticket.rules_version, old_due_at=before,
        )  # fmt: skip
        _put_under(actor, ticket, made.version, "rules_applied")
        change.new_due_at = ticket.due_at
        db.session.add(change)
    made.tickets += len(tickets)
    return len(tickets)


def _locked(application_id: int) -> RuleApplication:
    return db.session.get_one(
        RuleApplication, application_id, with_for_update=True, populate_existing=True
    )


def _put_under(actor: Actor, ticket: Ticket, version: int, kind: str) -> None:
    """Give a ticket another version; the enterprise's timeline has it where its due time moves."""
    before, old_version = ticket.due_at, ticket.rules_version
    ticket.rules_version = version
    clocks.refresh(ticket)
    db.session.flush()
    mark_ticket(ticket.park_id, ticket.id)
    moved = ticket.due_at != before
    data = {"rules": f"{old_version} → {version}"}
    if moved:
        data |= {"old": _iso(before), "new": _iso(ticket.due_at)}
    add_own_event(actor, ticket, kind, data=data, shown=moved)
    record(
        actor, f"ticket.{kind}", "ticket", ticket.id,
        {"rules_version": old_version, "due_at": _iso(before)},
        {"rules_version": version, "due_at": _iso(ticket.due_at)},
    )  # fmt: skip


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


# Taking it back ----------------------------------------------------------------------------------


def undo(actor: Actor, application_id: int) -> int:
    """Put the tickets that an application moved back under their old versions; returns how many.

    A ticket that has been resolved since, or that a later application has moved on, is left alone.

    Raises:
        Refused: not permitted, or taken back already.
        LookupError: the park has no such application.
    """
    require_editor(actor)
    if application(actor.park_id, application_id) is None:
        raise LookupError(application_id)
    done = 0
    while restored := _undo_batch(actor, application_id, done):
        done += restored
    return done


@unit_of_work
def _undo_batch(actor: Actor, application_id: int, done: int) -> int:
    """Restore up to ``BATCH`` tickets; with the last of them gone, the application is marked undone."""
    made = _locked(application_id)
    if made.undone_at is not None:
        raise Refused(N_("这次套用已经撤销过。"))
    query = (
        select(RuleChange.old_version, Ticket)
        .join(Ticket, Ticket.id == RuleChange.ticket_id)
        .where(RuleChange.application_id == made.id, *_restorable(made))
        .order_by(Ticket.id)
    )
    rows = db.session.execute(query.limit(BATCH).with_for_update(of=Ticket)).all()
    for old_version, ticket in rows:
        _put_under(actor, ticket, old_version, "rules_undone")
    if not rows:
        made.undone_at, made.undone_by_id = clock.now(), actor.user_id
        record(actor, "rules.undo", "rule_application", made.id, after={"tickets": done})
    return len(rows)


def _restorable(made: RuleApplication) -> tuple[ColumnElement[bool], ...]:
    """What still runs under the version, and has not been moved again by a later application."""
    later, owner = aliased(RuleChange), aliased(RuleApplication)
    moved_again = exists().where(
        later.ticket_id == Ticket.id,
        later.application_id > made.id,
        owner.id == later.application_id,
        owner.undone_at.is_(None),
    )
    return (
        Ticket.rules_version == made.version,
        Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        ~moved_again,
    )


# Reading -----------------------------------------------------------------------------------------


def applications(park_id: int) -> Sequence[RuleApplication]:
    """Return the park's applications, newest first."""
    query = select(RuleApplication).where(RuleApplication.park_id == park_id)
    return db.session.scalars(query.order_by(RuleApplication.id.desc()).limit(50)).all()


def application(park_id: int, application_id: int) -> RuleApplication | None:
    """Return one application of the park."""
    found = db.session.get(RuleApplication, application_id)
    return found if found is not None and found.park_id == park_id else None


def changes(application_id: int) -> Iterator[tuple[RuleChange, Ticket]]:
    """Return what an application changed, ticket by ticket, those whose due time moved first."""
    query = (
        select(RuleChange, Ticket)
        .join(Ticket, Ticket.id == RuleChange.ticket_id)
        .where(RuleChange.application_id == application_id)
        .order_by((RuleChange.old_due_at == RuleChange.new_due_at), Ticket.id)
    )
    return ((row[0], row[1]) for row in streamed(query))


def still_under(made: RuleApplication) -> int:
    """Return how many tickets taking the application back would restore now."""
    query = (
        select(func.count())
        .select_from(RuleChange)
        .join(Ticket, Ticket.id == RuleChange.ticket_id)
        .where(RuleChange.application_id == made.id, *_restorable(made))
    )
    return db.session.scalar(query) or 0


def running_under(park_id: int) -> dict[int, int]:
    """Return how many running tickets keep each version of the rules."""
    query = (
        select(Ticket.rules_version, func.count())
        .where(
            Ticket.park_id == park_id,
            Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
        )
        .group_by(Ticket.rules_version)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}
