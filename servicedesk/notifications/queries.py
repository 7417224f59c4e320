"""Reading notices and the state of the outbox."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true

from servicedesk.clock import clock
from servicedesk.core.words import N_
from servicedesk.extensions import db
from servicedesk.notifications.models import Notice, OutboxMessage

PAGE = 30
FRESH = 5  # more at once nobody reads as they fly by; the badge counts them all
KINDS: Mapping[str, str] = {
    "urgent": N_("紧急"),
    "alarm": N_("预警督办"),
    "ticket": N_("工单进展"),
    "other": N_("其他"),
}


def _is_alarm() -> ColumnElement[bool]:
    begins = ("escalation:", "response:", "follow_up_late:", "contact_late:")
    return or_(*(Notice.dedup_key.startswith(one, autoescape=True) for one in begins))


_OF_KIND: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "urgent": lambda: Notice.urgent.is_(True),
    "alarm": lambda: and_(~Notice.urgent, _is_alarm()),
    "ticket": lambda: and_(~Notice.urgent, Notice.ticket_id.is_not(None), ~_is_alarm()),
    "other": lambda: and_(~Notice.urgent, Notice.ticket_id.is_(None)),
}


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
    user_id: int,
    before: int | None = None,
    enterprise_id: int | None = None,
    kind: str = "",
    *,
    only_unread: bool = False,
) -> Sequence[Notice]:
    """Return one page of the person's visible notices, newest first, and one more if there is one.

    With an enterprise, what is about other enterprises of the person is left out. ``kind`` is one of
    ``KINDS`` or empty.
    """
    query = select(Notice).where(*_visible(user_id), *for_enterprise(enterprise_id))
    query = query.order_by(Notice.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(Notice.id < before)
    if only_unread:
        query = query.where(Notice.read_at.is_(None))
    if kind:
        query = query.where(_OF_KIND[kind]())
    return db.session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class News:
    """What a page that is open learns: the number on the bell, and the newest notices."""

    unread: int
    fresh: Sequence[Row[Any]] = field(default_factory=list)


def news(user_id: int, since: datetime, enterprise_id: int | None = None) -> News:
    """Return how many notices are unread, and what has become visible after ``since``, oldest first.

    One statement on the index of a person's unread notices, for it is asked every few seconds.
    """
    waiting = (*_visible(user_id), Notice.read_at.is_(None), *for_enterprise(enterprise_id))
    total = select(func.count().label("unread")).where(*waiting).select_from(Notice).subquery()
    fresh = (
        select(Notice.id, Notice.text, Notice.detail, Notice.ticket_id, Notice.link, Notice.urgent)
        .where(*waiting, Notice.visible_at > since)
        .order_by(Notice.visible_at.desc(), Notice.id.desc())
        .limit(FRESH)
        .subquery()
    )
    rows = db.session.execute(
        select(total.c.unread, fresh).select_from(total.outerjoin(fresh, true()))
    ).all()
    return News(rows[0].unread, [row for row in reversed(rows) if row.id is not None])


def notice_of(user_id: int, notice_id: int) -> Notice | None:
    """Return a notice of the person, or ``None`` where it is somebody else's or not to be seen yet."""
    return db.session.scalar(select(Notice).where(*_visible(user_id), Notice.id == notice_id))


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
