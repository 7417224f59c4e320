"""Changing an enterprise's folder (材料库): keeping documents, replacing and withdrawing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.materials import KINDS
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.materials.models import Document
from servicedesk.materials.queries import today
from servicedesk.tickets.models import Upload
from servicedesk.tickets.uploads import put_into_folder
from servicedesk.transaction import changed_rows, unit_of_work

NAME_MAX = 60
FORBIDDEN = N_("您没有执行此操作的权限。")


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on a document that goes into the folder; both days are included."""

    kind: str
    name: str
    valid_from: date | None = None
    valid_until: date | None = None


@unit_of_work
def keep(actor: Actor, enterprise_id: int, label: Label, tokens: Sequence[str]) -> list[Document]:
    """Put files of the person's own into the enterprise's folder, one document for each file.

    Raises:
        Refused: not permitted, no file, a file that is gone, or days that cannot be.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    if not allows(actor, "material.keep", Subject(enterprise.park_id, enterprise.id)):
        raise Refused(FORBIDDEN, kind="permission")
    if not tokens:
        raise Refused(N_("请选择文件。"), field="files")
    check_days(label, today(enterprise.park_id))
    put_into_folder(actor, enterprise_id, tokens)
    query = select(Upload.id).where(Upload.token.in_(list(tokens))).order_by(Upload.id)
    return add_documents(actor, enterprise_id, label, db.session.scalars(query).all())


def check_days(label: Label, day: date) -> None:
    """Refuse a kind that is none, and a span that ends before it begins or is over on ``day``.

    Raises:
        Refused: one of these.
    """
    if label.kind not in KINDS:
        raise Refused(N_("请选择材料种类。"), field="kind")
    start, end = label.valid_from, label.valid_until
    if end is not None and end < day:
        raise Refused(N_("材料已经过期，请换一份有效的。"), field="valid_until")
    if start is not None and end is not None and end < start:
        raise Refused(N_("有效期的结束不能早于开始。"), field="valid_until")


def add_documents(
    actor: Actor,
    enterprise_id: int,
    label: Label,
    upload_ids: Sequence[int],
    ticket_id: int | None = None,
) -> list[Document]:
    """Enter files into the folder, in the caller's transaction; a single kind replaces the former."""
    former = _current(enterprise_id, label.kind) if KINDS[label.kind].single else []
    documents = [
        Document(
            enterprise_id=enterprise_id, kind=label.kind, name=label.name, upload_id=upload_id,
            valid_from=label.valid_from, valid_until=label.valid_until,
            handed_in_at=clock.now(), handed_in_by_id=actor.user_id, ticket_id=ticket_id,
        )
        for upload_id in upload_ids
    ]  # fmt: skip
    db.session.add_all(documents)
    db.session.flush()
    if documents and former:
        replaced = update(Document).where(
            Document.id.in_(former), Document.replaced_by_id.is_(None)
        )
        db.session.execute(replaced.values(replaced_by_id=documents[0].id))
    for document in documents:
        after = {"kind": label.kind, "name": label.name, "replaces": former}
        record(actor, "document.keep", "document", document.id, after=after)
    return documents


def _current(enterprise_id: int, kind: str) -> Sequence[int]:
    query = select(Document.id).where(
        Document.enterprise_id == enterprise_id,
        Document.kind == kind,
        Document.replaced_by_id.is_(None),
        Document.withdrawn_at.is_(None),
    )
    return list(db.session.scalars(query))


@unit_of_work
def withdraw(actor: Actor, document_id: int) -> None:
    """Take a document out of the folder; requests that used it keep it.

    Raises:
        Refused: not permitted, or it was replaced or withdrawn already.
    """
    document = db.session.get_one(Document, document_id)
    enterprise = db.session.get_one(Enterprise, document.enterprise_id)
    if not allows(actor, "material.keep", Subject(enterprise.park_id, enterprise.id)):
        raise Refused(FORBIDDEN, kind="permission")
    current = update(Document).where(
        Document.id == document_id,
        Document.withdrawn_at.is_(None),
        Document.replaced_by_id.is_(None),
    )
    if changed_rows(current.values(withdrawn_at=clock.now(), withdrawn_by_id=actor.user_id)) != 1:
        raise Refused(N_("这份材料已经更新或撤出。"))
    record(actor, "document.withdraw", "document", document_id)
