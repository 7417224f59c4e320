"""The collected e-mail (每日汇总): one for a person and working morning, however many schedulers run.

Notices wait as ``DigestEntry``; at the opening of a working day the job makes one message of what had
been told until then. The person's row is locked while that happens, and the message's number, which
is made of person and day, is unique: a second scheduler, or one that was killed half-way, finds the
message there or nothing at all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update

from servicedesk.accounts.models import User
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import DigestEntry, Notice, OutboxMessage
from servicedesk.transaction import changed_rows, unit_of_work


@dataclass(frozen=True, slots=True)
class Told:
    """One notice in a digest, as its e-mail writes it."""

    text: str
    detail: str
    ticket_id: int | None
    link: str


def told_in(message_id: int) -> tuple[Told, ...]:
    """Return what a digest tells: by ticket, each in the order in which it happened."""
    query = (
        select(Notice)
        .join(DigestEntry, DigestEntry.notice_id == Notice.id)
        .where(DigestEntry.message_id == message_id)
        .order_by(Notice.ticket_id.is_(None), Notice.ticket_id, Notice.id)
    )
    return tuple(
        Told(notice.text, notice.detail, notice.ticket_id, notice.link)
        for notice in db.session.scalars(query)
    )


def opening(park_id: int, now: datetime) -> datetime | None:
    """Return when work began on the day of ``now``; ``None`` on a rest day and before opening."""
    hours = calendar(park_id)
    midnight = hours.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    began = hours.next_working_moment(midnight)
    return began if began <= now else None


def due(limit: int) -> Sequence[tuple[int, datetime]]:
    """Return the people for whom a digest is due, each with the moment up to which it tells."""
    query = (
        select(DigestEntry.user_id, User.park_id, func.min(DigestEntry.not_before))
        .join(User, User.id == DigestEntry.user_id)
        .where(DigestEntry.message_id.is_(None), DigestEntry.not_before <= clock.now())
        .group_by(DigestEntry.user_id, User.park_id)
        .order_by(DigestEntry.user_id)
    )
    openings: dict[int, datetime | None] = {}
    found: list[tuple[int, datetime]] = []
    for user_id, park_id, first in db.session.execute(query):
        if park_id not in openings:
            openings[park_id] = opening(park_id, clock.now())
        began = openings[park_id]
        if began is not None and first <= began:
            found.append((user_id, began))
    return found[:limit]


@unit_of_work
def make(user_id: int, until: datetime) -> bool:
    """Make the person's digest of this morning; false where it is there already.

    What the person has read meanwhile is left out; whoever wants no e-mail any more gets none.
    """
    person = db.session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    waiting = (
        DigestEntry.user_id == user_id,
        DigestEntry.message_id.is_(None),
        DigestEntry.not_before <= until,
    )
    read = select(Notice.id).where(Notice.user_id == user_id, Notice.read_at.is_not(None))
    nothing_to_say = not person.active or not person.email or person.mail_mode == "none"
    dropped = delete(DigestEntry).where(*waiting)
    if not nothing_to_say:
        dropped = dropped.where(DigestEntry.notice_id.in_(read))
    changed = changed_rows(dropped.execution_options(synchronize_session=False)) > 0
    number = message_id(person, until)
    known = exists().where(OutboxMessage.message_id == number)
    left = select(exists().where(*waiting))
    if db.session.scalar(select(known)) or not db.session.scalar(left):
        return changed
    message = OutboxMessage(
        user_id=user_id, recipient=person.email, message_id=number,
        not_before=clock.now(), created_at=clock.now(),
    )  # fmt: skip
    db.session.add(message)
    db.session.flush()
    db.session.execute(
        update(DigestEntry)
        .where(*waiting)
        .values(message_id=message.id)
        .execution_options(synchronize_session=False)
    )
    return True


def message_id(person: User, morning: datetime) -> str:
    """Return the number of a person's digest of one morning: the same whoever makes it."""
    day = calendar(person.park_id).local(morning).date()
    sign = hashlib.sha256(f"digest:{person.id}:{person.login}:{day}".encode()).hexdigest()
    return f"digest-{day:%Y%m%d}-{sign[:24]}@servicedesk"


@unit_of_work
def forget_waiting() -> None:
    """Drop whatever waits for a digest: it stays on the pages and is mailed to nobody."""
    db.session.execute(delete(DigestEntry).where(DigestEntry.message_id.is_(None)))
