"""Reading visits: of a ticket, at an enterprise, of a time, and what is known before planning."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.outreach import Facts, Rules
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BAD_RATING
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Enterprise, Title
from servicedesk.extensions import db
from servicedesk.materials.models import Authorization
from servicedesk.outreach.models import Visit, VisitPhoto, VisitTicket
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.parts import may_have

_WORD = {
    "agreed": N_("企业确认走访记录无异议"),
    "differs": N_("企业反映走访记录有出入"),
}


def visit(actor: Actor, visit_id: int) -> Visit | None:
    """Return a visit that the person may see, or ``None``."""
    found = db.session.get(Visit, visit_id)
    if found is None or not allows(
        actor, "visit.view", Subject(found.park_id, found.enterprise_id)
    ):
        return None
    return found


def visit_of(ticket_id: int) -> Visit | None:
    """Return the visit at which the request was taken down, or ``None``."""
    return db.session.scalar(_of_ticket(ticket_id))


def visits_of(ticket_id: int) -> Sequence[Visit]:
    """Return the visits of a ticket (at most one)."""
    return (
        db.session.scalars(_of_ticket(ticket_id)).all() if may_have(VisitTicket, ticket_id) else ()
    )


def _of_ticket(ticket_id: int) -> Select[Visit]:
    return (
        select(Visit)
        .join(VisitTicket, VisitTicket.visit_id == Visit.id)
        .where(VisitTicket.ticket_id == ticket_id)
    )


def tickets_of(visit_id: int) -> Sequence[Ticket]:
    """Return the tickets that were raised at a visit, in their order."""
    query = (
        select(Ticket)
        .join(VisitTicket, VisitTicket.ticket_id == Ticket.id)
        .where(VisitTicket.visit_id == visit_id)
    )
    return db.session.scalars(query.order_by(VisitTicket.id)).all()


def tickets_of_all(visit_ids: Collection[int]) -> dict[int, list[Ticket]]:
    """Return the tickets of several visits, in one statement."""
    query = (
        select(VisitTicket.visit_id, Ticket)
        .join(Ticket, Ticket.id == VisitTicket.ticket_id)
        .where(VisitTicket.visit_id.in_(visit_ids))
        .order_by(VisitTicket.id)
    )
    found: dict[int, list[Ticket]] = {visit_id: [] for visit_id in visit_ids}
    for visit_id, ticket in db.session.execute(query):
        found[visit_id].append(ticket)
    return found


def photos_of(visit_id: int) -> Sequence[Upload]:
    """Return the photos of a visit."""
    query = select(Upload).join(VisitPhoto, VisitPhoto.upload_id == Upload.id)
    return db.session.scalars(
        query.where(VisitPhoto.visit_id == visit_id).order_by(VisitPhoto.id)
    ).all()


def visits_at(enterprise_id: int) -> Sequence[Visit]:
    """Return the visits at an enterprise, newest first."""
    query = select(Visit).where(Visit.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Visit.visited_on.desc(), Visit.id.desc())).all()


def visited_enterprises(
    park_id: int, start: date, end: date, item_ids: Collection[int] = ()
) -> set[int]:
    """Return the enterprises visited from ``start`` to ``end``, both included (上门服务企业).

    With ``item_ids`` only visits count at which one of these services was asked for.
    """
    query = select(Visit.enterprise_id).where(
        Visit.park_id == park_id, Visit.visited_on.between(start, end)
    )
    if item_ids:
        query = (
            query.join(VisitTicket, VisitTicket.visit_id == Visit.id)
            .join(Ticket, Ticket.id == VisitTicket.ticket_id)
            .where(Ticket.item_id.in_(item_ids))
        )
    return set(db.session.scalars(query.distinct()))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Visits made, distinct enterprises visited, and enterprises on the books (在册) by then."""

    visits: int
    visited: int
    registered: int


def coverage_in(park_id: int, start: date, end: date) -> Coverage:
    """Count the visits from ``start`` to ``end``, both included, and the enterprises (走访覆盖).

    On the books is whatever had a file by the last day, or was visited; second files are none.
    """
    made = (Visit.park_id == park_id, Visit.visited_on.between(start, end))
    query = select(func.count(), func.count(func.distinct(Visit.enterprise_id))).where(*made)
    visits, visited = db.session.execute(query).one()
    after = datetime.combine(end + timedelta(days=1), time(), ZONE)
    known = or_(
        Enterprise.created_at < after, Enterprise.id.in_(select(Visit.enterprise_id).where(*made))
    )
    on_books = select(func.count()).where(
        Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None), known
    )
    return Coverage(visits, visited, db.session.scalar(on_books) or 0)


def history_of(enterprise_id: int) -> list[Happening]:
    """Return the visits as lines of the enterprise's file, and its words on them."""
    lines = []
    for one in visits_at(enterprise_id):
        arguments = {"visit_id": one.id}
        at = one.started_at or _noon(one)
        lines.append(
            Happening(
                at, "visit", N_("上门走访"), one.topic or one.place, "desk.one_visit", arguments
            )
        )
        if one.confirmed_at is not None:
            text = _WORD[one.confirm_verdict or "agreed"]
            lines.append(
                Happening(one.confirmed_at, "visit", text, "", "desk.one_visit", arguments)
            )
    return lines


def _noon(one: Visit) -> datetime:
    zone = calendar(one.park_id).local(one.recorded_at).tzinfo
    return datetime.combine(one.visited_on, time(12), zone)


def last_visits() -> Any:
    """Return the subquery of enterprises with the day of their last visit (``visited_on``)."""
    return (
        select(Visit.enterprise_id, func.max(Visit.visited_on).label("visited_on"))
        .group_by(Visit.enterprise_id)
        .subquery()
    )


def today(park_id: int) -> date:
    """Return the park's local date."""
    return calendar(park_id).local(clock.now()).date()


def facts(park_id: int, rules: Rules) -> list[Facts]:
    """Return what is known of every enterprise of the park, as the rules look at it."""
    visited = last_visits()
    rows = db.session.execute(
        select(
            Enterprise.id, Enterprise.area, Enterprise.service_officer_id, Enterprise.created_at,
            Enterprise.in_trouble, visited.c.visited_on,
        )
        .outerjoin(visited, visited.c.enterprise_id == Enterprise.id)
        .where(Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None))
        .order_by(Enterprise.id)
    ).all()  # fmt: skip
    hours = calendar(park_id)
    rated, expiring = _rated_badly(park_id, rules), _expiring(park_id)
    return [
        Facts(
            row.id, row.area, row.service_officer_id, hours.local(row.created_at).date(),
            row.visited_on, rated.get(row.id), row.in_trouble, expiring.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def _rated_badly(park_id: int, rules: Rules) -> dict[int, date]:
    """Return the day of the last bad rating of each enterprise, within the days of the rule."""
    since = clock.now() - timedelta(days=rules.bad_rating_days + 1)
    rows = db.session.execute(
        select(Ticket.enterprise_id, func.max(Ticket.rated_at))
        .where(Ticket.park_id == park_id, Ticket.rating <= BAD_RATING, Ticket.rated_at >= since)
        .group_by(Ticket.enterprise_id)
    )
    hours = calendar(park_id)
    return {enterprise_id: hours.local(at).date() for enterprise_id, at in rows if at}


def _expiring(park_id: int) -> dict[int, date]:
    """Return the next day on which a title or a letter of each enterprise ends."""
    now = today(park_id)
    titles = (
        select(Title.enterprise_id, func.min(Title.expires_on))
        .join(Enterprise, Enterprise.id == Title.enterprise_id)
        .where(Enterprise.park_id == park_id, Title.expires_on >= now)
        .group_by(Title.enterprise_id)
    )
    letters = (
        select(Authorization.enterprise_id, func.min(Authorization.ends_on))
        .join(Enterprise, Enterprise.id == Authorization.enterprise_id)
        .where(
            Enterprise.park_id == park_id,
            Authorization.ends_on >= now,
            Authorization.signed_at.is_not(None),
            or_(Authorization.revoked_at.is_(None), Authorization.revoked_at > clock.now()),
        )
        .group_by(Authorization.enterprise_id)
    )
    found: dict[int, date] = {}
    for query in (titles, letters):
        for enterprise_id, day in db.session.execute(query):
            if day is not None:
                found[enterprise_id] = min(day, found.get(enterprise_id, day))
    return found
