"""The materials of a request: laying them out when it is filed, handing in later, broken promises."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.materials import (
    LETTER_NAME,
    OUTSTANDING,
    Slot,
    Terms,
    kind_of,
    latest_due,
    serves,
    slot_refusal,
)
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import ENDS, REVIVABLE, Audience, Transition
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import members
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.materials.folder import FORBIDDEN, Label, add_documents, check_days
from servicedesk.materials.models import Authorization, Document, MaterialFile, TicketMaterial
from servicedesk.materials.queries import is_lapsed, lapses, letter_fills, span_of, today
from servicedesk.notifications.actions import tell
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.queries import subject_of
from servicedesk.tickets.telling import tell_about
from servicedesk.tickets.timeline import add_own_event
from servicedesk.tickets.uploads import keep_in_folder
from servicedesk.transaction import changed_rows, unit_of_work

PROMISE = N_(
    "本企业承诺在承诺日期前补交所列容缺材料，保证内容真实有效。逾期未补的，同意服务台中止办理，"
    "并在修复前不再享受容缺受理。"
)
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What the enterprise does about one material of a request.

    ``uploads`` are tokens for ``Slot.GIVEN`` (none of them means 待补), ``document_id`` what is used
    from the folder; ``keep`` puts the files into the folder, valid until ``valid_until``. ``asks`` is
    the kind of document that answers it, where that is not its name; ``held``: the park has it.
    """

    name: str
    choice: Slot
    asks: str = ""
    deferrable: bool = False
    held: bool = False
    uploads: Sequence[str] = ()
    document_id: int | None = None
    due_on: date | None = None
    promised: bool = False
    help: bool = False
    keep: bool = False
    valid_until: date | None = None

    @property
    def document(self) -> str:
        """The kind of document that answers this material."""
        return self.asks or self.name

    def plain(self) -> list[Any]:
        """Return what tells two wishes apart, for the request's fingerprint."""
        return [
            self.name, self.choice, list(self.uploads), self.document_id,
            str(self.due_on or ""), self.help, self.keep, str(self.valid_until or ""),
        ]  # fmt: skip


@dataclass(slots=True)
class _Filing:
    """A ticket whose materials are being laid out."""

    actor: Actor
    ticket: Ticket
    item_code: str
    day: date
    lapsed: bool
    uploads: dict[str, Upload] = field(default_factory=dict)


def file_request(
    actor: Actor, item: ServiceItem, request: Request, wishes: Sequence[Wish]
) -> Ticket:
    """File a request with its materials: all or nothing, and exactly one ticket for one key.

    Raises:
        Refused: as ``tickets.actions.submit``; or a material may not be handled as wished, with
            ``field`` ``material-N`` for the N-th.
        KeyReused: the key was used for a different request.
    """
    try:
        return _file(actor, item, request, wishes)
    except (
        IntegrityError,
        PendingRollbackError,
    ):  # the same form at the same moment: now it is there
        return _file(actor, item, request, wishes)


@unit_of_work
def _file(actor: Actor, item: ServiceItem, request: Request, wishes: Sequence[Wish]) -> Ticket:
    tokens = dict.fromkeys([*request.uploads, *(t for wish in wishes for t in wish.uploads)])
    whole = replace(request, uploads=list(tokens), materials=[wish.plain() for wish in wishes])
    ticket = submit(actor, item, whole)
    if not _laid_out(ticket.id):
        lay_out(actor, ticket, item.code, wishes)
    return ticket


def _laid_out(ticket_id: int) -> bool:
    found = select(exists().where(TicketMaterial.ticket_id == ticket_id))
    return bool(db.session.scalar(found))


def lay_out(actor: Actor, ticket: Ticket, item_code: str, wishes: Sequence[Wish]) -> None:
    """Write down how each material of a new ticket is handed in, in the caller's transaction.

    Raises:
        Refused: a material may not be handled as wished.
    """
    uploads = db.session.scalars(select(Upload).where(Upload.ticket_id == ticket.id))
    filing = _Filing(
        actor, ticket, item_code, today(ticket.park_id), bool(lapses(ticket.enterprise_id)),
        {upload.token: upload for upload in uploads},
    )  # fmt: skip
    for position, wish in enumerate(wishes):
        try:
            _lay(filing, position, wish)
        except Refused as refused:
            raise Refused(refused.reason, field=f"material-{position}") from refused


def _lay(filing: _Filing, position: int, wish: Wish) -> None:
    ticket = filing.ticket
    offered = _offered(ticket.enterprise_id, wish, filing.day)
    held = wish.held or filing.actor.role is not Role.REQUESTER or _letter_fills(filing, wish)
    terms = Terms(wish.deferrable, wish.promised, filing.lapsed, offered is not None, held)
    if reason := slot_refusal(wish.choice, terms):
        raise Refused(reason)
    state = _state(filing, wish)
    done = state not in OUTSTANDING
    row = TicketMaterial(
        ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, position=position,
        name=wish.name, asks=wish.document, deferrable=wish.deferrable, state=state,
        help=wish.help and state is Slot.MISSING,
        document_id=offered.id if offered is not None else None,
        handed_in_at=clock.now() if done else None,
        handed_in_by_id=filing.actor.user_id if done else None,
    )  # fmt: skip
    if state is Slot.DEFERRED:
        _promise(filing, row, wish)
    db.session.add(row)
    if state is Slot.GIVEN:
        db.session.flush()  # files name their material by number
        files = [filing.uploads[token] for token in wish.uploads]
        _attach(filing.actor, row, files, wish, confidential=ticket.confidential)


def _state(filing: _Filing, wish: Wish) -> Slot:
    """Given without a file is missing (待补); a valid letter makes a paper one unnecessary."""
    if wish.choice is not Slot.GIVEN or wish.uploads:
        return wish.choice
    return Slot.HELD if _letter_fills(filing, wish) else Slot.MISSING


def _letter_fills(filing: _Filing, wish: Wish) -> bool:
    return letter_fills(wish.document, filing.ticket.enterprise_id, filing.item_code, filing.day)


def _offered(enterprise_id: int, wish: Wish, day: date) -> Document | None:
    """Return the document that is to be used, if it is the enterprise's, usable, and of the kind."""
    if wish.choice is not Slot.KEPT or wish.document_id is None:
        return None
    document = db.session.get(Document, wish.document_id)
    if document is None or document.enterprise_id != enterprise_id:
        return None
    usable = span_of(document).usable_on(day)
    return document if usable and serves(document.kind, document.name, wish.document) else None


def _promise(filing: _Filing, row: TicketMaterial, wish: Wish) -> None:
    last = latest_due(calendar(filing.ticket.park_id), filing.day)
    due_on = wish.due_on or last
    if not filing.day < due_on <= last:
        raise Refused(N_("补交日期须在明天之后、七日之内。"))
    row.due_on = due_on
    row.promise, row.promised_at = PROMISE, clock.now()
    row.promised_by_id = filing.actor.user_id
    after = {"name": wish.name, "due_on": due_on.isoformat()}
    record(filing.actor, "material.promise", "ticket", filing.ticket.id, after=after)


def _attach(
    actor: Actor, row: TicketMaterial, files: Sequence[Upload], wish: Wish, *, confidential: bool
) -> None:
    """Note which files belong to the material; keep them, but never those of a confidential matter."""
    db.session.add_all(MaterialFile(material_id=row.id, upload_id=upload.id) for upload in files)
    if not wish.keep or confidential:
        return
    label = Label(kind_of(row.asks), row.asks, valid_until=wish.valid_until)
    check_days(label, today(actor.park_id))
    ids = [upload.id for upload in files]
    keep_in_folder(row.enterprise_id, ids)
    add_documents(actor, row.enterprise_id, label, ids, row.ticket_id)


@unit_of_work
def hand_in(actor: Actor, material_id: int, wish: Wish) -> None:
    """Hand in what was deferred or missing, once; the desk may also note that the park has it.

    Raises:
        Refused: not permitted, nothing chosen, not in the folder, or handed in already.
    """
    row = db.session.get_one(TicketMaterial, material_id)
    ticket = db.session.get_one(Ticket, row.ticket_id)
    if not allows(actor, "ticket.supplement", subject_of(ticket)):
        raise Refused(FORBIDDEN, kind="permission")
    document = _chosen(actor, row, wish)
    now = clock.now()
    waiting = (
        update(TicketMaterial)
        .where(TicketMaterial.id == row.id, TicketMaterial.state.in_(OUTSTANDING))
        .values(
            state=wish.choice, handed_in_at=now, handed_in_by_id=actor.user_id,
            document_id=document.id if document else None,
        )
    )  # fmt: skip
    if changed_rows(waiting) != 1:
        raise Refused(N_("这项材料已经交过，或不再需要。"))
    db.session.refresh(row)
    data = {"material": row.name, "how": wish.choice}
    event = add_own_event(actor, ticket, "hand_in", data=data, uploads=wish.uploads)
    files = db.session.scalars(select(Upload).where(Upload.event_id == event.id)).all()
    _attach(actor, row, files, wish, confidential=ticket.confidential)
    record(actor, "material.hand_in", "ticket", ticket.id, after=data)
    _tell_handed_in(actor, ticket, row)


def _chosen(actor: Actor, row: TicketMaterial, wish: Wish) -> Document | None:
    if wish.choice is Slot.GIVEN and wish.uploads:
        return None
    if wish.choice is Slot.HELD and actor.role is not Role.REQUESTER:
        return None
    document = _offered(
        row.enterprise_id, replace(wish, name=row.name, asks=row.asks), today(actor.park_id)
    )
    if document is None:
        raise Refused(N_("请选择文件，或选用材料库里有效的材料。"), field="files")
    return document


def _tell_handed_in(actor: Actor, ticket: Ticket, row: TicketMaterial) -> None:
    key = f"material:{row.id}:handed_in"
    if actor.role is Role.REQUESTER:
        tell_about(ticket, (Audience.ASSIGNEE,), N_("企业补交了材料。"), key, but=actor.user_id)
    else:
        told = N_("服务台已收到或备好一项材料。")
        tell_about(ticket, (Audience.REQUESTER,), told, key, but=actor.user_id)


@unit_of_work
def repair(actor: Actor, enterprise_id: int, reason: str) -> int:
    """Repair the record of an enterprise that broke promises (信用修复); returns how many.

    Raises:
        Refused: not permitted, no reason, or nothing to repair.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    if not allows(actor, "material.repair", Subject(enterprise.park_id, enterprise.id)):
        raise Refused(FORBIDDEN, kind="permission")
    if not reason.strip():
        raise Refused(N_("请写明修复的理由。"), field="reason")
    broken = (
        update(TicketMaterial)
        .where(TicketMaterial.enterprise_id == enterprise_id, *is_lapsed())
        .values(repaired_at=clock.now(), repaired_by_id=actor.user_id, repair_reason=reason.strip())
    )
    count = changed_rows(broken)
    if count == 0:
        raise Refused(N_("该企业没有未修复的容缺失信记录。"))
    record(actor, "material.repair", "enterprise", enterprise_id, after={"reason": reason})
    people = [person for person, _part in members(enterprise_id) if person.active]
    told = N_("容缺失信记录已修复，可以重新容缺受理。")
    key = f"material:repair:{enterprise_id}:{clock.now():%Y%m%d%H%M%S}"
    tell(people, told, key=key, detail=reason.strip()[:80], enterprise_id=enterprise_id)
    return count


def letter_came(letter: Authorization) -> None:
    """A letter was signed: open requests in its scope that waited for one have it now."""
    codes = select(Ticket.id).join(ServiceItem, ServiceItem.id == Ticket.item_id)
    waiting = codes.where(
        Ticket.enterprise_id == letter.enterprise_id,
        Ticket.acting,
        ServiceItem.code.in_(letter.item_codes),
    )
    slots = update(TicketMaterial).where(
        TicketMaterial.ticket_id.in_(waiting),
        TicketMaterial.asks == LETTER_NAME,
        TicketMaterial.state == Slot.MISSING,
    )
    values = {"state": Slot.HELD, "handed_in_at": clock.now()}
    db.session.execute(slots.values(values).execution_options(synchronize_session=False))


def release(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """Once a request has ended without delivery nothing is owed any more (a reaction)."""
    if ticket.state in ENDS - REVIVABLE:
        owed = update(TicketMaterial).where(
            TicketMaterial.ticket_id == ticket.id,
            TicketMaterial.state.in_(OUTSTANDING),
            TicketMaterial.lapsed_at.is_(None),
        )
        db.session.execute(owed.values(state=Slot.WAIVED))
