"""Reading what enterprises handed in and what they allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.authorization import Letter, powers_for
from servicedesk.core.materials import KINDS, LETTER_NAME, OTHER, USABLE, Span, Validity, serves
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.materials.models import (
    Authorization,
    Document,
    MaterialFile,
    Original,
    TicketMaterial,
)
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.tickets.parts import parts_of


def today(park_id: int) -> date:
    """Return the park's local day."""
    return calendar(park_id).local(clock.now()).date()


# Letters ---------------------------------------------------------------------------------------


def letter_of(row: Authorization) -> Letter:
    """Return a stored letter as the rules know it."""
    return Letter(
        items=frozenset(row.item_codes),
        powers=frozenset(row.powers),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        signed=row.signed_at is not None,
        revoked=row.revoked_at is not None,
    )


def valid_powers(ticket: Ticket, now: datetime) -> frozenset[str]:
    """Return what valid letters of the enterprise allow for the ticket's item at ``now``."""
    day = calendar(ticket.park_id).local(now).date()
    item = db.session.get_one(ServiceItem, ticket.item_id)
    query = select(Authorization).where(
        Authorization.enterprise_id == ticket.enterprise_id, Authorization.ends_on >= day
    )
    return powers_for(map(letter_of, db.session.scalars(query)), item.code, day)


def letters_of(enterprise_id: int) -> Sequence[Authorization]:
    """Return the enterprise's letters, newest first."""
    query = select(Authorization).where(Authorization.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Authorization.id.desc())).all()


def letters_for(enterprise_id: int, item_code: str, day: date) -> list[Authorization]:
    """Return the letters that let the park act for the enterprise in ``item_code`` on ``day``."""
    query = select(Authorization).where(
        Authorization.enterprise_id == enterprise_id, Authorization.ends_on >= day
    )
    found = db.session.scalars(query.order_by(Authorization.ends_on.desc()))
    return [row for row in found if letter_of(row).covers(item_code, day)]


def letter(actor: Actor, letter_id: int) -> Authorization | None:
    """Return a letter, or ``None`` where it does not exist *or* the person may not see it."""
    row = db.session.get(Authorization, letter_id)
    if row is None:
        return None
    enterprise = db.session.get_one(Enterprise, row.enterprise_id)
    subject = Subject(enterprise.park_id, enterprise.id)
    return row if allows(actor, "authorization.view", subject) else None


def originals_of(letter_id: int) -> Sequence[Original]:
    """Return the lines of a letter's hand-over list, in their order."""
    query = select(Original).where(Original.letter_id == letter_id).order_by(Original.id)
    return db.session.scalars(query).all()


def original(actor: Actor, original_id: int) -> Original | None:
    """Return a line of a hand-over list, or ``None`` where the person may not see its letter."""
    row = db.session.get(Original, original_id)
    return row if row is not None and letter(actor, row.letter_id) is not None else None


def scan_of(row: Authorization) -> Upload | None:
    """Return the scan of a letter that was signed on paper."""
    return db.session.get(Upload, row.scan_id) if row.scan_id is not None else None


# The folder --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A document of a folder with its file and how it stands today."""

    document: Document
    upload: Upload
    validity: Validity

    @property
    def usable(self) -> bool:
        """May it be handed in today?"""
        return self.validity in USABLE

    @property
    def sensitive(self) -> bool:
        """Does it hold personal data?"""
        return KINDS[self.document.kind].sensitive


def span_of(document: Document) -> Span:
    """Return a stored document's validity as the rules know it."""
    return Span(
        document.valid_from,
        document.valid_until,
        replaced=document.replaced_by_id is not None,
        withdrawn=document.withdrawn_at is not None,
    )


def folder(enterprise: Enterprise, *, everything: bool = False) -> list[Kept]:
    """Return what lies in the enterprise's folder, by kind, newest first.

    With ``everything`` also what was replaced or withdrawn.
    """
    query = _with_files().where(Document.enterprise_id == enterprise.id)
    if not everything:
        query = query.where(Document.replaced_by_id.is_(None), Document.withdrawn_at.is_(None))
    day, order = today(enterprise.park_id), list(KINDS)
    rows = [
        Kept(document, upload, span_of(document).on(day))
        for document, upload in db.session.execute(query.order_by(Document.id.desc()))
    ]
    return sorted(rows, key=lambda kept: order.index(kept.document.kind))


def _with_files() -> Select[Document, Upload]:
    return select(Document, Upload).join(Upload, Upload.id == Document.upload_id)


def offers(kept: Sequence[Kept], material: str) -> list[Kept]:
    """Return which documents of a folder can be handed in today as ``material``."""
    return [
        one for one in kept if one.usable and serves(one.document.kind, one.document.name, material)
    ]


def document(actor: Actor, document_id: int) -> Document | None:
    """Return a document, or ``None`` where it does not exist *or* the person may not see it."""
    row = db.session.get(Document, document_id)
    if row is None:
        return None
    enterprise = db.session.get_one(Enterprise, row.enterprise_id)
    subject = Subject(enterprise.park_id, enterprise.id)
    return row if allows(actor, "material.view", subject) else None


def folder_opens(actor: Actor, upload: Upload) -> bool:
    """Tell whether the person may open a file because it lies in a folder.

    Copies of identity cards and the like open only to those who keep the folder (个人信息保护法 §28).
    """
    if upload.enterprise_id is None:
        return False
    kind = db.session.scalar(select(Document.kind).where(Document.upload_id == upload.id))
    permission = "material.keep" if KINDS[kind or OTHER].sensitive else "material.view"
    enterprise = db.session.get_one(Enterprise, upload.enterprise_id)
    return allows(actor, permission, Subject(enterprise.park_id, enterprise.id))


def tickets_using(upload: Upload) -> list[int]:
    """Return the tickets that have a file or were let use the document that it is."""
    query = (
        select(TicketMaterial.ticket_id)
        .join(Document, Document.id == TicketMaterial.document_id)
        .where(Document.upload_id == upload.id)
    )
    own = [upload.ticket_id] if upload.ticket_id is not None else []
    return [*own, *db.session.scalars(query)]


# The materials of a request ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handed:
    """One material of a request with its files, and until when the document used holds."""

    row: TicketMaterial
    files: Sequence[Upload]
    document: Document | None


def materials_of(ticket_id: int) -> list[Handed]:
    """Return the materials of a request in the order of the catalogue, with their files."""
    rows = sorted(parts_of(TicketMaterial, ticket_id), key=lambda row: row.position)
    if not rows:
        return []
    documents = _documents([row.document_id for row in rows if row.document_id])
    files = _files([row.id for row in rows])
    return [_handed(row, files, documents) for row in rows]


def _handed(
    row: TicketMaterial,
    files: Mapping[int, list[Upload]],
    documents: Mapping[int, tuple[Document, Upload]],
) -> Handed:
    used = documents.get(row.document_id or 0)
    own = files.get(row.id, [])
    return Handed(row, [*own, used[1]] if used else own, used[0] if used else None)


def _documents(ids: Sequence[int]) -> dict[int, tuple[Document, Upload]]:
    if not ids:
        return {}
    rows = db.session.execute(_with_files().where(Document.id.in_(ids)))
    return {found.id: (found, upload) for found, upload in rows}


def _files(ids: Sequence[int]) -> dict[int, list[Upload]]:
    query = (
        select(MaterialFile.material_id, Upload)
        .join(Upload, Upload.id == MaterialFile.upload_id)
        .where(MaterialFile.material_id.in_(ids))
    )
    found: dict[int, list[Upload]] = {}
    for material_id, upload in db.session.execute(query.order_by(MaterialFile.id)):
        found.setdefault(material_id, []).append(upload)
    return found


def lapses(enterprise_id: int) -> Sequence[TicketMaterial]:
    """Return the broken promises that keep the enterprise from deferring again (容缺失信)."""
    query = select(TicketMaterial).where(
        TicketMaterial.enterprise_id == enterprise_id, *is_lapsed()
    )
    return db.session.scalars(query.order_by(TicketMaterial.id)).all()


def is_lapsed() -> tuple[ColumnElement[bool], ...]:
    """The condition of a broken promise that nobody has repaired."""
    return (TicketMaterial.lapsed_at.is_not(None), TicketMaterial.repaired_at.is_(None))


def letter_fills(material: str, enterprise_id: int, item_code: str, day: date) -> bool:
    """Tell whether a valid letter makes a material 授权委托书 unnecessary on paper."""
    return material == LETTER_NAME and bool(letters_for(enterprise_id, item_code, day))


# The enterprise's file ---------------------------------------------------------------------------


def history_of(enterprise_id: int) -> list[Happening]:
    """Return the letters, documents and broken promises in the life of an enterprise."""
    return [
        *_letters_in(enterprise_id),
        *_documents_in(enterprise_id),
        *_promises_in(enterprise_id),
    ]


def _letters_in(enterprise_id: int) -> list[Happening]:
    return [
        Happening(at, "letter", text, row.number, "desk.letter", {"letter_id": row.id})
        for row in letters_of(enterprise_id)
        for at, text in (
            (row.signed_at, N_("签署授权委托书")),
            (row.revoked_at, N_("撤销授权委托书")),
        )
        if at is not None
    ]


def _documents_in(enterprise_id: int) -> list[Happening]:
    query = select(Document).where(Document.enterprise_id == enterprise_id)
    return [
        Happening(
            row.handed_in_at, "material", N_("材料存入材料库"), row.name,
            "desk.folder", {"enterprise_id": enterprise_id},
        )
        for row in db.session.scalars(query)
    ]  # fmt: skip


def _promises_in(enterprise_id: int) -> list[Happening]:
    query = select(TicketMaterial).where(
        TicketMaterial.enterprise_id == enterprise_id, TicketMaterial.lapsed_at.is_not(None)
    )
    return [
        Happening(
            row.lapsed_at, "material", N_("容缺材料逾期未补"), row.name,
            "desk.folder", {"enterprise_id": enterprise_id},
        )
        for row in db.session.scalars(query)
        if row.lapsed_at is not None
    ]  # fmt: skip
