"""Reading and verifying the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from servicedesk.audit.actions import FIRST, digest
from servicedesk.audit.models import AuditEntry, AuditSeal
from servicedesk.extensions import db

PAGE = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of ``flask audit verify``: entries sealed and waiting, and the first break."""

    sealed: int
    waiting: int
    broken_at: int | None = None
    reason: str = ""


def verify() -> Verdict:
    """Walk the whole chain from its beginning."""
    total = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    previous, expected = FIRST, 0
    query = (
        select(AuditSeal, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.sequence)
        .execution_options(yield_per=1000)
    )
    for seal, entry in db.session.execute(query):
        expected += 1
        if reason := _fault(seal, entry, previous, expected):
            return Verdict(expected - 1, total - expected + 1, seal.sequence, reason)
        previous = seal.digest
    return Verdict(expected, total - expected)


def _fault(seal: AuditSeal, entry: AuditEntry | None, previous: str, expected: int) -> str:
    if seal.sequence != expected:
        return f"seal {expected} is missing"
    if entry is None:
        return f"entry {seal.entry_id} is missing"
    if seal.previous != previous:
        return f"seal {seal.sequence} does not follow the one before it"
    if digest(entry, previous) != seal.digest:
        return f"entry {entry.id} was changed"
    return ""


def page(before: int | None = None, action: str = "", user: str = "") -> Sequence[AuditEntry]:
    """Return one page of entries, newest first, below row ``before``."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if user:
        query = query.where(AuditEntry.user_name.contains(user, autoescape=True))
    return db.session.scalars(query).all()
