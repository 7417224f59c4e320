"""Writing down visits at enterprises' doors (上门服务记录): once, with the requests that they raise.

A telephone sends what it kept while there was no network, perhaps twice. So each record has a
one-time key: the same content under it is the same visit, different content is told apart.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.outreach import STOP_MOVES, day_refusal, may_move
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import members
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.outreach.models import Visit, VisitPhoto, VisitRound, VisitStop, VisitTicket
from servicedesk.outreach.queries import tickets_of, visit_of
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.uploads import put_into_folder
from servicedesk.transaction import unit_of_work

RAISED_MAX = 10
PHOTOS_MAX = 6
_MERGES_MAX = 10


@dataclass(frozen=True, slots=True)
class Raised:
    """A request that the enterprise raised at the visit; it becomes a ticket of this item."""

    item_code: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Report:
    """What is written down of one visit; ``key`` is its one-time number, ``photos`` are tokens."""

    enterprise_id: int
    visited_on: date
    place: str
    met: str
    met_phone: str = ""
    colleague: str = ""
    topic: str = ""
    notes: str = ""
    started_at: datetime | None = None
    stop_id: int | None = None
    raised: Sequence[Raised] = field(default=())
    photos: Sequence[str] = field(default=())
    key: str = ""

    def fingerprint(self, photos: Sequence[str]) -> str:
        """Return a hash of the content; ``photos`` are the hashes of the files behind the tokens."""
        content = [
            self.enterprise_id, self.visited_on, self.place, self.met, self.met_phone,
            self.colleague, self.topic, self.notes, self.started_at, sorted(photos),
            [[one.item_code, one.title, one.description] for one in self.raised],
        ]  # fmt: skip
        text = json.dumps(content, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A visit that stands, with its tickets; ``repeated`` if it stood already."""

    visit: Visit
    tickets: Sequence[Ticket]
    repeated: bool = False


def keep_visit(actor: Actor, report: Report) -> Kept:
    """Write a visit down and file what was raised: exactly once for one key.

    A stop that is gone or done already does not hold the visit up: it is kept without one.

    Raises:
        Refused: not permitted, or something is wrong with a field.
        KeyReused: the key stands for a visit with different content.
    """
    try:
        return _keep(actor, report)
    except (IntegrityError, PendingRollbackError):
        found = _kept_before(actor, report)
        if found is None:
            raise
        return found


@unit_of_work
def _keep(actor: Actor, report: Report) -> Kept:
    if found := _kept_before(actor, report):
        return found
    enterprise = _enterprise_of(report)
    if enterprise is None or not allows(
        actor, "visit.record", Subject(enterprise.park_id, enterprise.id)
    ):
        raise Refused(N_("您不能为这家企业登记走访。"), kind="permission")
    _check(enterprise, report)
    visit = _new_visit(actor, enterprise, report)
    visit.stop_id = _finish_stop(report, enterprise)
    visit.client_key = report.key or None
    visit.fingerprint = report.fingerprint(_hashes(actor, report))
    db.session.add(visit)
    db.session.flush()
    _take_photos(actor, visit, report)
    tickets = [
        _raise(actor, visit, enterprise, report, number) for number in range(len(report.raised))
    ]
    record(actor, "visit.record", "visit", visit.id, after=_trace(visit, tickets))
    _ask_members(actor, visit)
    return Kept(visit, tickets)


def _kept_before(actor: Actor, report: Report) -> Kept | None:
    if not report.key:
        return None
    found = db.session.scalar(
        select(Visit).where(Visit.recorded_by_id == actor.user_id, Visit.client_key == report.key)
    )
    if found is None:
        return None
    if found.fingerprint != report.fingerprint(_hashes(actor, report)):
        raise KeyReused(report.key)
    return Kept(found, tickets_of(found.id), repeated=True)


def _enterprise_of(report: Report) -> Enterprise | None:
    """Return the enterprise, or the file into which its file was merged meanwhile."""
    found = get_enterprise(report.enterprise_id)
    for _ in range(_MERGES_MAX):
        if found is None or found.merged_into_id is None:
            break
        found = get_enterprise(found.merged_into_id)
    return found


def _check(enterprise: Enterprise, report: Report) -> None:
    today = calendar(enterprise.park_id).local(clock.now()).date()
    if reason := day_refusal(report.visited_on, today):
        raise Refused(reason, field="visited_on")
    if len(report.raised) > RAISED_MAX:
        raise Refused(N_("一次走访最多登记10件诉求，其余请另行代录。"), field="raised")
    if len(set(report.photos)) > PHOTOS_MAX:
        raise Refused(N_("一次走访最多6张照片。"), field="photos")


def _new_visit(actor: Actor, enterprise: Enterprise, report: Report) -> Visit:
    return Visit(
        park_id=enterprise.park_id, enterprise_id=enterprise.id, visited_on=report.visited_on,
        started_at=report.started_at, place=report.place, met=report.met,
        met_phone=report.met_phone, colleague=report.colleague, topic=report.topic,
        notes=report.notes, recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip


def _finish_stop(report: Report, enterprise: Enterprise) -> int | None:
    """Mark the stop of the round as done; ``None`` where there is none that is still to do."""
    stop = _open_stop(report, enterprise)
    if stop is None:
        return None
    stop.state = STOP_MOVES["visit"][1]
    stop.skip_reason = ""
    db.session.flush()
    return stop.id


def _open_stop(report: Report, enterprise: Enterprise) -> VisitStop | None:
    if report.stop_id is None:
        return None
    query = (
        select(VisitStop)
        .join(VisitRound, VisitRound.id == VisitStop.round_id)
        .where(
            VisitStop.id == report.stop_id,
            VisitStop.enterprise_id == enterprise.id,
            VisitRound.park_id == enterprise.park_id,
        )
    )
    stop = db.session.scalar(query.with_for_update(of=VisitStop))
    return stop if stop is not None and may_move(STOP_MOVES, "visit", stop.state) else None


def _hashes(actor: Actor, report: Report) -> list[str]:
    """Return the hashes of the photos: a repeat may name the same pictures by new tokens."""
    if not report.photos:
        return []
    query = select(Upload.sha256).where(
        Upload.token.in_(list(report.photos)), Upload.owner_id == actor.user_id
    )
    return list(db.session.scalars(query.distinct()))


def _take_photos(actor: Actor, visit: Visit, report: Report) -> None:
    if not report.photos:
        return
    try:
        put_into_folder(actor, visit.enterprise_id, list(report.photos))
    except Refused as refused:
        raise Refused(refused.reason, field="photos") from refused
    taken = select(Upload.id).where(Upload.token.in_(list(report.photos))).order_by(Upload.id)
    for upload_id in db.session.scalars(taken):
        db.session.add(VisitPhoto(visit_id=visit.id, upload_id=upload_id))
    db.session.flush()


def _raise(
    actor: Actor, visit: Visit, enterprise: Enterprise, report: Report, number: int
) -> Ticket:
    """File one of the requests, as taken down at the door."""
    wanted = report.raised[number]
    item = item_by_code(enterprise.park_id, wanted.item_code)
    if item is None or not item.listed:
        raise Refused(N_("请选择事项。"), field=f"raised-{number}-item")
    request = Request(
        enterprise_id=enterprise.id, title=wanted.title, description=wanted.description,
        contact=report.met, phone=report.met_phone or enterprise.phone, channel="visit",
        key=f"visit:{report.key}:{number}" if report.key else "",
    )  # fmt: skip
    ticket = submit(actor, item, request)
    db.session.add(VisitTicket(visit_id=visit.id, ticket_id=ticket.id))
    db.session.flush()
    return ticket


def _trace(visit: Visit, tickets: Sequence[Ticket]) -> dict[str, object]:
    return {
        "enterprise": visit.enterprise_id,
        "visited_on": visit.visited_on.isoformat(),
        "stop": visit.stop_id,
        "tickets": [ticket.number for ticket in tickets],
    }


def _ask_members(actor: Actor, visit: Visit) -> None:
    """Ask the enterprise's people, if it has any, whether the record is right."""
    people = [user for user, _part in members(visit.enterprise_id) if user.active]
    text = N_("工作人员上门走访了您的企业，请核对走访记录并确认。")
    detail = f"{visit.visited_on.isoformat()} {actor.name}"
    tell(
        people, text, key=f"visit:{visit.id}:confirm", detail=detail, link="/portal/visits",
        enterprise_id=visit.enterprise_id,
    )  # fmt: skip


@unit_of_work
def record_visit(actor: Actor, ticket: Ticket, visited_on: date, place: str, met: str) -> Visit:
    """Note that the request was taken down at the enterprise's door; once for each ticket.

    Raises:
        Refused: not permitted, or the ticket has a visit already.
    """
    subject = Subject(ticket.park_id, ticket.enterprise_id)
    if not allows(actor, "ticket.submit_on_behalf", subject):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    today = calendar(ticket.park_id).local(clock.now()).date()
    if reason := day_refusal(visited_on, today):
        raise Refused(reason, field="visited_on")
    if visit_of(ticket.id) is not None:
        raise Refused(N_("该工单已有上门服务记录。"), field="visited_on")
    visit = Visit(
        park_id=ticket.park_id, enterprise_id=ticket.enterprise_id, visited_on=visited_on,
        place=place, met=met, recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(visit)
    db.session.flush()
    db.session.add(VisitTicket(visit_id=visit.id, ticket_id=ticket.id))
    db.session.flush()
    after = {"ticket": ticket.number, "visited_on": visited_on.isoformat(), "place": place}
    record(actor, "visit.record", "visit", visit.id, after=after)
    return visit
