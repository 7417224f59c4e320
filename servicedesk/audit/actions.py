"""Writing the audit trail: entries with every change, seals by the scheduler.

Entries are not chained when they are written, because a chain would make every writer wait for
every other; ``seal`` chains them in one place within a tick (docs/decisions/0004).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from sqlalchemy import insert, select

from servicedesk.audit.models import AuditEntry, AuditSeal
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.extensions import db
from servicedesk.transaction import unit_of_work

origin: ContextVar[str] = ContextVar("origin", default="local")
FIRST = "0" * 64


def record(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: object,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    succeeded: bool = True,
) -> None:
    """Add one entry to the transaction of the caller, which fails if this fails."""
    entry = AuditEntry(
        at=clock.now(),
        user_id=actor.user_id,
        user_name=actor.name,
        role=actor.role,
        address=origin.get(),
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        succeeded=succeeded,
        before=dict(before or {}),
        after=dict(after or {}),
    )
    db.session.add(entry)


def record_many(
    actor: Actor,
    action: str,
    object_type: str,
    changes: Iterable[tuple[object, Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    """Add one entry for each (object, before, after) to the caller's transaction, in one statement."""
    now, address = clock.now(), origin.get()
    rows = [
        {
            "at": now, "user_id": actor.user_id, "user_name": actor.name, "role": actor.role,
            "address": address, "action": action, "object_type": object_type,
            "object_id": str(number), "succeeded": True,
            "before": dict(before), "after": dict(after),
        }
        for number, before, after in changes
    ]  # fmt: skip
    if rows:
        db.session.execute(insert(AuditEntry), rows)


@unit_of_work
def record_alone(
    actor: Actor, action: str, object_type: str, object_id: object, **what: Any
) -> None:
    """Write one entry in a transaction of its own: sign-ins, refusals, exports."""
    succeeded = bool(what.pop("succeeded", True))
    record(actor, action, object_type, object_id, after=what, succeeded=succeeded)


def digest(entry: AuditEntry, previous: str) -> str:
    """Return the SHA-256 that binds ``entry`` to the seal before it."""
    content = [
        entry.id, entry.at.isoformat(), entry.user_id, entry.user_name, entry.role, entry.address,
        entry.action, entry.object_type, entry.object_id, entry.succeeded, entry.before, entry.after,
    ]  # fmt: skip
    text = json.dumps([previous, content], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@unit_of_work
def seal(limit: int = 2000) -> int:
    """Chain up to ``limit`` entries that are not sealed yet; returns how many."""
    last = db.session.scalar(select(AuditSeal).order_by(AuditSeal.sequence.desc()).limit(1))
    sequence, previous = (last.sequence, last.digest) if last else (0, FIRST)
    for entry in db.session.scalars(_unsealed().limit(limit)).all():
        sequence += 1
        value = digest(entry, previous)
        seal = AuditSeal(sequence=sequence, entry_id=entry.id, previous=previous, digest=value)
        db.session.add(seal)
        previous = value
    return sequence - (last.sequence if last else 0)


def _unsealed() -> Any:
    sealed = select(AuditSeal.entry_id).where(AuditSeal.entry_id == AuditEntry.id).exists()
    return select(AuditEntry).where(~sealed).order_by(AuditEntry.id)
