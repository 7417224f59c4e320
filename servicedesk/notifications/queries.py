"""Reading notices and the state of the outbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice, OutboxMessage

PAGE = 30


def unread(user_id: int, enterprise_id: int | None = None) -> int:
    """Return how many visible notices the person has not read, as the ``page`` shows them."""
    query = select(func.count()).select_from(Notice).where(*for_enterprise(enterprise_id))
    return db.session.scalar(query.where(*_visible(user_id), Notice.read_at.is_(None))) or 0


def unread_by_enterprise(user_id: int) -> dict[int, int]:
    """Return how many notices about each enterprise the person has not read."""
    query = select(Notice.enterprise_id, func.count()).where(
        *_visible(user_id), Notice.read_at.is_(None), Notice.enterprise_id.is_not(None)
    )
    rows = db.session.execute(query.group_by(Notice.enterprise_id))
    return {row[0]: row[1] for row in rows if row[0] is not None}


def for_enterprise(enterprise_id: int | None) -> list[ColumnElement[bool]]:
    """Return the condition of notices that do not belong to another enterprise than this one."""
    if enterprise_id is None:
        return []
    return [or_(Notice.enterprise_id.is_(None), Notice.enterprise_id == enterprise_id)]


def page(
    user_id: int, before: int | None = None, enterprise_id: int | None = None
) -> Sequence[Notice]:
    """Return one page of the person's visible notices, newest first.

    With an enterprise, what is about other enterprises of the person is left out.
    """
    query = select(Notice).where(*_visible(user_id), *for_enterprise(enterprise_id))
    query = query.order_by(Notice.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(Notice.id < before)
    return db.session.scalars(query).all()


def _visible(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Notice.user_id == user_id, Notice.visible_at <= clock.now())


def oldest_waiting() -> datetime | None:
    """Return since when the oldest due message waits; ``None`` when nothing is due."""
    return db.session.scalar(
        select(func.min(OutboxMessage.not_before)).where(
            OutboxMessage.state == "waiting", OutboxMessage.not_before <= clock.now()
        )
    )


def counts() -> dict[str, int]:
    """Return the number of messages by state."""
    rows = db.session.execute(
        select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    )
    return {row[0]: row[1] for row in rows}


def known_keys(keys: Iterable[str]) -> set[str]:
    """Return which of ``keys`` somebody has been told of already."""
    query = select(Notice.dedup_key).where(Notice.dedup_key.in_(list(keys)))
    return set(db.session.scalars(query))
