"""What the desk writes into a file beside the profile: contacts, titles, patents, contracts, officer."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.enterprises import CONTRACT_KINDS, LEVELS, PATENT_KINDS, expiry
from servicedesk.core.permissions import Actor, Role, Scope, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Contact, Contract, Enterprise, Patent, Title
from servicedesk.enterprises.profile import DENIED, permitted
from servicedesk.enterprises.titles import award
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.queries import unit_by_code
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

OFFICER_ROLES = (Role.DESK, Role.DESK_HEAD)  # who can open the files that they look after
PATENT_UNITS = ("XXSC", "SCJG")  # who helps with patents: item E03 of the catalogue
ASSIGNED_AT_ONCE = 500


def _today(park_id: int) -> date:
    return calendar(park_id).local(clock.now()).date()


def _past(day: date, park_id: int, field: str) -> None:
    if day > _today(park_id):
        raise Refused(N_("日期不能晚于今天。"), field=field)


@unit_of_work
def keep_contact(
    actor: Actor, enterprise_id: int, *, name: str, post: str, phone: str, verified: bool
) -> Contact:
    """Add a person to be reached, or bring the one with this name and number up to date.

    ``verified``: somebody has reached the person there today (核验).

    Raises:
        Refused: not permitted.
    """
    found = permitted(actor, "enterprise.edit", enterprise_id)
    contact = db.session.scalar(
        select(Contact).where(
            Contact.enterprise_id == enterprise_id, Contact.name == name, Contact.phone == phone
        )
    )
    if contact is None:
        contact = Contact(enterprise_id=enterprise_id, name=name, phone=phone)
        db.session.add(contact)
    contact.post = post
    contact.recorded_by_id, contact.recorded_at = actor.user_id, clock.now()
    if verified:
        contact.verified_on = _today(found.park_id)
    db.session.flush()
    record(
        actor, "enterprise.keep_contact", "enterprise", enterprise_id,
        after={"contact": name, "post": post, "verified": verified},
    )  # fmt: skip
    return contact


@unit_of_work
def verify_contact(actor: Actor, contact_id: int) -> None:
    """Note that the person was reached under this number today.

    Raises:
        Refused: not permitted.
    """
    contact = db.session.get_one(Contact, contact_id)
    found = permitted(actor, "enterprise.edit", contact.enterprise_id)
    contact.verified_on = _today(found.park_id)
    record(
        actor, "enterprise.verify_contact", "enterprise", found.id, after={"contact": contact.name}
    )


@unit_of_work
def remove_contact(actor: Actor, contact_id: int) -> None:
    """Take out a person who is not to be reached there any more; the audit trail keeps the name.

    Raises:
        Refused: not permitted.
    """
    contact = db.session.get_one(Contact, contact_id)
    found = permitted(actor, "enterprise.edit", contact.enterprise_id)
    record(
        actor, "enterprise.remove_contact", "enterprise", found.id,
        before={"contact": contact.name, "post": contact.post},
    )  # fmt: skip
    db.session.delete(contact)


@unit_of_work
def record_title(
    actor: Actor,
    enterprise_id: int,
    *,
    name: str,
    level: str,
    awarded_on: date,
    expires_on: date | None,
    number: str,
) -> Title:
    """The desk has seen the certificate of a title; an end that we know is filled in.

    Raises:
        Refused: not permitted, or the dates are wrong.
    """
    found = permitted(actor, "enterprise.edit", enterprise_id)
    _past(awarded_on, found.park_id, "awarded_on")
    if level not in LEVELS:
        raise Refused(N_("请从名单中选择。"), field="level")
    return award(
        actor, enterprise_id, name=name, level=level, awarded_on=awarded_on,
        expires_on=expires_on or expiry(name, awarded_on), number=number, source="desk",
    )  # fmt: skip


@unit_of_work
def record_patent(
    actor: Actor,
    enterprise_id: int,
    *,
    kind: str,
    number: str,
    name: str,
    granted_on: date,
    ticket_number: str = "",
) -> Patent:
    """Record a granted patent, once for its number; officers of the units for patents may, too.

    Raises:
        Refused: not permitted, the number is another enterprise's, or a value is wrong.
    """
    found = _for_patent(actor, enterprise_id)
    _past(granted_on, found.park_id, "granted_on")
    if kind not in PATENT_KINDS:
        raise Refused(N_("请从名单中选择。"), field="kind")
    known = db.session.scalar(select(Patent).where(Patent.number == number))
    if known is not None:
        if known.enterprise_id != enterprise_id:
            raise Refused(N_("这个专利号已登记在另一家企业。"), field="number")
        return known
    patent = Patent(
        enterprise_id=enterprise_id, kind=kind, number=number, name=name, granted_on=granted_on,
        ticket_id=_ticket_id(enterprise_id, ticket_number),
        recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(patent)
    db.session.flush()
    after = {"number": number, "kind": kind, "granted_on": granted_on.isoformat()}
    record(actor, "enterprise.record_patent", "enterprise", enterprise_id, after=after)
    return patent


def may_record_patents(actor: Actor) -> bool:
    """Tell whether the person records patents: the desk, and the units that help with them."""
    if scope_of(actor.role, "patent.record") is not Scope.UNIT:
        return allows(actor, "patent.record")
    units = (unit_by_code(actor.park_id, code) for code in PATENT_UNITS)
    return actor.unit_id is not None and actor.unit_id in {unit.id for unit in units if unit}


def _for_patent(actor: Actor, enterprise_id: int) -> Enterprise:
    if not may_record_patents(actor):
        raise Refused(DENIED, kind="permission")
    return permitted(actor, "patent.record", enterprise_id)


def _ticket_id(enterprise_id: int, number: str) -> int | None:
    if not number:
        return None
    query = select(Ticket.id).where(Ticket.number == number, Ticket.enterprise_id == enterprise_id)
    found = db.session.scalar(query)
    if found is None:
        raise Refused(N_("该企业没有这个工单号。"), field="ticket_number")
    return found


@unit_of_work
def record_contract(
    actor: Actor,
    enterprise_id: int,
    *,
    kind: str,
    title: str,
    party: str,
    amount: int | None,
    signed_on: date,
    ends_on: date | None,
) -> Contract:
    """Record a contract; ``amount`` in thousandths of 万元. The same one twice is one.

    Raises:
        Refused: not permitted, or a value is wrong.
    """
    found = permitted(actor, "enterprise.edit", enterprise_id)
    _past(signed_on, found.park_id, "signed_on")
    if kind not in CONTRACT_KINDS:
        raise Refused(N_("请从名单中选择。"), field="kind")
    if ends_on is not None and ends_on < signed_on:
        raise Refused(N_("到期日不能早于签订日期。"), field="ends_on")
    same = select(Contract).where(
        Contract.enterprise_id == enterprise_id,
        Contract.title == title,
        Contract.party == party,
        Contract.signed_on == signed_on,
    )
    if (known := db.session.scalar(same)) is not None:
        return known
    contract = Contract(
        enterprise_id=enterprise_id, kind=kind, title=title, party=party, amount=amount,
        signed_on=signed_on, ends_on=ends_on, recorded_by_id=actor.user_id,
        recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(contract)
    db.session.flush()
    after = {"title": title, "party": party, "signed_on": signed_on.isoformat()}
    record(actor, "enterprise.record_contract", "enterprise", enterprise_id, after=after)
    return contract


@unit_of_work
def assign_officer(actor: Actor, enterprise_ids: Collection[int], officer_id: int | None) -> int:
    """Make somebody the service officer (服务专员) of enterprises, or nobody; returns how many.

    The officer is told once of all of them.

    Raises:
        Refused: not permitted, too many at once, or the person is none of the park's staff.
    """
    if len(enterprise_ids) > ASSIGNED_AT_ONCE:
        raise Refused(N_("一次指派的企业太多，请分批进行。"))
    officer = _officer(actor.park_id, officer_id)
    changed: list[Enterprise] = []
    for enterprise_id in sorted(set(enterprise_ids)):
        found = permitted(actor, "enterprise.assign_officer", enterprise_id)
        if found.service_officer_id != officer_id:
            before, found.service_officer_id = found.service_officer_id, officer_id
            found.version += 1
            changed.append(found)
            record(
                actor, "enterprise.assign_officer", "enterprise", found.id,
                {"service_officer_id": before}, {"service_officer_id": officer_id},
            )  # fmt: skip
    if officer is not None and changed:
        detail = "、".join(found.name for found in changed[:3]) + ("…" if changed[3:] else "")
        stamp = f"{clock.now():%Y%m%d%H%M%S%f}"
        tell(
            [officer], N_("您成为企业的服务专员，请主动联系。"), detail=detail,
            key=f"officer:{changed[0].id}:{stamp}", link=f"/desk/enterprises?officer={officer.id}",
        )  # fmt: skip
    return len(changed)


def _officer(park_id: int, officer_id: int | None) -> User | None:
    if officer_id is None:
        return None
    found = get_user(officer_id)
    able = found is not None and found.active and found.park_id == park_id
    if not able or found is None or found.role not in OFFICER_ROLES:
        raise Refused(N_("请选择在岗的工作人员。"), field="officer")
    return found


def possible_officers(park_id: int) -> list[User]:
    """Return the staff who may be service officers, the desk first."""
    query = select(User).where(User.park_id == park_id, User.active, User.role.in_(OFFICER_ROLES))
    return list(db.session.scalars(query.order_by(User.role, User.id)))
