"""Reading notices and the state of the outbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice, OutboxMessage

PAGE = 30


def unread(user_id: int) -> int:
    """Return how many visible notices the person has not read."""
    query = select(func.count()).select_from(Notice)
    return db.session.scalar(query.where(*_visible(user_id), Notice.read_at.is_(None))) or 0


def page(user_id: int, before: int | None = None) -> Sequence[Notice]:
    """Return one page of the person's visible notices, newest first."""
    query = select(Notice).where(*_visible(user_id)).order_by(Notice.id.desc()).limit(PAGE + 1)
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
