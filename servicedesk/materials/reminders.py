"""What the scheduler does about materials and letters; each thing once, however many schedulers run.

Each ``due_…`` asks the database; each action claims its row by a conditional update. Notices wait for
working time.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, or_, select, update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.authorization import WARN_DAYS
from servicedesk.core.materials import REMIND_DAYS, SOON_DAYS, Nudge, Slot, nudge, stage_of
from servicedesk.core.permissions import Role
from servicedesk.core.words import N_
from servicedesk.core.workflow import Audience
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import members, owners
from servicedesk.extensions import db
from servicedesk.materials.letters import DESK, PORTAL
from servicedesk.materials.models import Authorization, Document, Original, TicketMaterial
from servicedesk.materials.queries import today
from servicedesk.notifications.actions import tell
from servicedesk.organisation.queries import parks
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.telling import tell_about
from servicedesk.tickets.timeline import add_own_event, system_actor
from servicedesk.transaction import changed_rows, unit_of_work

EARLY = N_("容缺材料的补交日期快到了，请按承诺补交。")
TODAY = N_("今天是容缺材料的补交日期，请在今天内补交。")
LAPSED_FIRM = N_("容缺材料逾期未补：已记入容缺失信，修复前不能再容缺，本事项可能中止办理。")
LAPSED_DESK = N_("企业容缺材料逾期未补，请联系企业，必要时中止办理。")
LETTER_ENDS = N_("授权委托书快到期了，需要继续代办的请及时续签。")
NOT_RETURNED = N_("授权委托书已终止，仍有原件没有退还，请尽快退还企业。")
DOCUMENT_ENDS = N_("材料库里有材料快到期了，请更换新的。")
SHOWN: dict[Nudge, str] = {Nudge.EARLY: EARLY, Nudge.TODAY: TODAY, Nudge.LAPSE: LAPSED_FIRM}


def due_nudges(limit: int) -> list[tuple[int, str]]:
    """Return the deferred materials of which somebody must be reminded, or whose date has passed."""
    found: list[tuple[int, str]] = []
    for park in parks():
        day = today(park.id)
        query = (
            select(TicketMaterial.id, TicketMaterial.due_on, TicketMaterial.reminded)
            .join(Ticket, Ticket.id == TicketMaterial.ticket_id)
            .where(
                Ticket.park_id == park.id,
                TicketMaterial.state == Slot.DEFERRED,
                TicketMaterial.due_on <= day + timedelta(days=REMIND_DAYS),
                TicketMaterial.reminded < stage_of(Nudge.LAPSE),
            )
            .order_by(TicketMaterial.due_on, TicketMaterial.id)
        )
        for row in db.session.execute(query):
            wanted = nudge(row.due_on, day, row.reminded)
            if wanted is not None:
                found.append((row.id, wanted))
    return found[:limit]


@unit_of_work
def give_nudge(material_id: int, wanted: str) -> bool:
    """Remind of a deferred material, or let its promise lapse; returns whether it was this call."""
    step, now = Nudge(wanted), clock.now()
    claim = update(TicketMaterial).where(
        TicketMaterial.id == material_id,
        TicketMaterial.state == Slot.DEFERRED,
        TicketMaterial.reminded < stage_of(step),
    )
    values: dict[str, object] = {"reminded": stage_of(step)}
    if step is Nudge.LAPSE:
        values["lapsed_at"] = now
    if changed_rows(claim.values(values)) != 1:
        return False
    row = db.session.get_one(TicketMaterial, material_id, populate_existing=True)
    ticket = db.session.get_one(Ticket, row.ticket_id)
    key, later = f"material:{row.id}:{step}", _working(ticket.park_id, now)
    tell_about(ticket, (Audience.REQUESTER,), SHOWN[step], key, later)
    if step is Nudge.LAPSE:
        _lapse(ticket, row, key, later)
    return True


def _lapse(ticket: Ticket, row: TicketMaterial, key: str, later: datetime) -> None:
    system = system_actor(ticket.park_id)
    data = {"material": row.name, "due_on": row.due_on.isoformat() if row.due_on else ""}
    add_own_event(system, ticket, "material_lapsed", data=data)
    record(system, "material.lapse", "ticket", ticket.id, after=data)
    tell_about(ticket, (Audience.DESK, Audience.ASSIGNEE), LAPSED_DESK, f"{key}:staff", later)


def due_letters(limit: int) -> list[int]:
    """Return the signed letters that end within a week and of which nobody was told."""
    return [
        number
        for park in parks()
        for number in db.session.scalars(
            _signed(park.id).where(
                Authorization.expiry_told.is_(False),
                Authorization.revoked_at.is_(None),
                Authorization.ends_on.between(
                    today(park.id), today(park.id) + timedelta(days=WARN_DAYS)
                ),
            )
        )
    ][:limit]


def due_originals(limit: int) -> list[int]:
    """Return the letters that are over while an original has not gone back; each is told of once."""
    held = exists().where(Original.letter_id == Authorization.id, Original.returned_at.is_(None))
    return [
        number
        for park in parks()
        for number in db.session.scalars(
            _signed(park.id).where(
                Authorization.originals_told.is_(False),
                or_(Authorization.revoked_at.is_not(None), Authorization.ends_on < today(park.id)),
                held,
            )
        )
    ][:limit]


def _signed(park_id: int) -> Select[int]:
    return (
        select(Authorization.id)
        .join(Enterprise, Enterprise.id == Authorization.enterprise_id)
        .where(Enterprise.park_id == park_id, Authorization.signed_at.is_not(None))
        .order_by(Authorization.id)
    )


@unit_of_work
def tell_letter(letter_id: int) -> bool:
    """Tell the owners and the agent that a letter ends soon; returns whether it was this call."""
    claim = update(Authorization).where(
        Authorization.id == letter_id, Authorization.expiry_told.is_(False)
    )
    if changed_rows(claim.values(expiry_told=True)) != 1:
        return False
    letter = db.session.get_one(Authorization, letter_id, populate_existing=True)
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    detail = f"{letter.number} {enterprise.name} {letter.ends_on.isoformat()}"
    later = _working(enterprise.park_id, clock.now())
    for people, link in (
        (owners(enterprise.id), PORTAL),
        ([db.session.get_one(User, letter.agent_id)], DESK),
    ):
        tell(
            people, LETTER_ENDS, key=f"letter:{letter.id}:ends", detail=detail, not_before=later,
            link=f"{link}{letter.id}", enterprise_id=enterprise.id,
        )  # fmt: skip
    return True


@unit_of_work
def tell_originals(letter_id: int) -> bool:
    """Tell the agent and the desk's head that originals are still here; returns whether it was this."""
    claim = update(Authorization).where(
        Authorization.id == letter_id, Authorization.originals_told.is_(False)
    )
    if changed_rows(claim.values(originals_told=True)) != 1:
        return False
    letter = db.session.get_one(Authorization, letter_id, populate_existing=True)
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    agent = db.session.get_one(User, letter.agent_id)
    people = [agent, *holding(enterprise.park_id, Role.DESK_HEAD)]
    detail = f"{letter.number} {enterprise.name}"
    later = _working(enterprise.park_id, clock.now())
    tell(
        people, NOT_RETURNED, key=f"letter:{letter.id}:originals", detail=detail, not_before=later,
        link=f"{DESK}{letter.id}",
    )  # fmt: skip
    return True


def due_documents(limit: int) -> list[int]:
    """Return the current documents that end within a month and of which nobody was told."""
    return [
        number
        for park in parks()
        for number in db.session.scalars(
            select(Document.id)
            .join(Enterprise, Enterprise.id == Document.enterprise_id)
            .where(
                Enterprise.park_id == park.id,
                Document.expiry_told.is_(False),
                Document.replaced_by_id.is_(None),
                Document.withdrawn_at.is_(None),
                Document.valid_until.between(
                    today(park.id), today(park.id) + timedelta(days=SOON_DAYS)
                ),
            )
            .order_by(Document.id)
        )
    ][:limit]


@unit_of_work
def tell_document(document_id: int) -> bool:
    """Tell the enterprise's people that a document ends soon; returns whether it was this call."""
    claim = update(Document).where(Document.id == document_id, Document.expiry_told.is_(False))
    if changed_rows(claim.values(expiry_told=True)) != 1:
        return False
    document = db.session.get_one(Document, document_id, populate_existing=True)
    enterprise = db.session.get_one(Enterprise, document.enterprise_id)
    people = [person for person, _part in members(enterprise.id) if person.active]
    until = document.valid_until.isoformat() if document.valid_until else ""
    later = _working(enterprise.park_id, clock.now())
    key, detail = f"document:{document.id}:ends", f"{document.name} {until}"
    tell(
        people, DOCUMENT_ENDS, key=key, detail=detail, not_before=later, link="/portal/materials",
        enterprise_id=enterprise.id,
    )  # fmt: skip
    return True


def _working(park_id: int, now: datetime) -> datetime:
    """Return ``now``, or the next working moment: nobody is reminded at night."""
    hours = calendar(park_id)
    return now if hours.is_working_moment(now) else hours.next_working_moment(now)
