"""Telling people, in the transaction of what happened; and sending what waits in the outbox.

Each person chooses how (``User.mail_mode``, ``User.quiet``): e-mail at once, collected once a working
morning, or none; nothing outside working time. What is urgent is told at once, whatever was chosen
but no e-mail at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from servicedesk.accounts.models import User
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.extensions import db
from servicedesk.notifications.digests import Told, told_in
from servicedesk.notifications.models import DigestEntry, Notice, OutboxMessage
from servicedesk.notifications.queries import for_enterprise
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

CLAIM = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
GIVE_UP = timedelta(hours=72)


def tell(
    people: Iterable[User],
    text: str,
    *,
    key: str,
    ticket_id: int | None = None,
    detail: str = "",
    not_before: datetime | None = None,
    link: str = "",
    enterprise_id: int | None = None,
    urgent: bool = False,
) -> int:
    """Add a notice, and an e-mail as the person wants it, for each person; returns how many.

    ``key`` says what happened: the same person is never told twice of the same key. ``not_before``
    is the earliest moment; ``link`` is the path of a page that is no ticket's. ``enterprise_id`` is
    whose matter it is: a ticket says that itself, what is no ticket's must. ``urgent`` notices wait
    for no working time and for no digest.
    """
    now = clock.now()
    told: list[tuple[User, Notice]] = []
    if enterprise_id is None and ticket_id is not None:
        enterprise_id = db.session.get_one(Ticket, ticket_id).enterprise_id
    for person in {person.id: person for person in people}.values():
        notice = Notice(
            user_id=person.id, ticket_id=ticket_id, text=text, detail=detail, link=link,
            enterprise_id=enterprise_id, urgent=urgent, dedup_key=f"{key}:{person.id}",
            created_at=now, visible_at=_moment_for(person, not_before or now, urgent),
        )  # fmt: skip
        told.append((person, notice))
    db.session.add_all(notice for _person, notice in told)
    db.session.flush()  # e-mails name their notices by number
    for person, notice in told:
        _mail(person, notice)
    return len(told)


def _moment_for(person: User, earliest: datetime, urgent: bool) -> datetime:
    """Return when the person may hear of something: 免打扰 waits for the next working moment."""
    if urgent or not person.quiet:
        return earliest
    hours = calendar(person.park_id)
    working = hours.is_working_moment(earliest)
    return earliest if working else hours.next_working_moment(earliest)


def _mail(person: User, notice: Notice) -> None:
    """Put the e-mail into the outbox, or the notice into the person's next digest."""
    if not person.email or person.mail_mode == "none":
        return
    if person.mail_mode == "digest" and not notice.urgent:
        entry = DigestEntry(
            notice_id=notice.id, user_id=person.id, not_before=notice.visible_at
        )  # fmt: skip
        db.session.add(entry)
        return
    db.session.add(_message(notice, person.email, notice.visible_at))


def _message(notice: Notice, recipient: str, not_before: datetime) -> OutboxMessage:
    return OutboxMessage(
        notice_id=notice.id,
        recipient=recipient,
        message_id=f"{new_token()[:24]}@servicedesk",
        not_before=not_before,
        created_at=notice.created_at,
    )


@unit_of_work
def mark_read(user_id: int, notice_id: int | None = None, enterprise_id: int | None = None) -> None:
    """Mark one notice of the person as read, or all that are visible, or all for an enterprise."""
    query = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    query = query.where(*for_enterprise(enterprise_id))
    if notice_id is not None:
        query = query.where(Notice.id == notice_id)
    else:
        query = query.where(Notice.visible_at <= clock.now())
    db.session.execute(query.values(read_at=clock.now()))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker may send now, with what its text needs."""

    id: int
    attempts: int
    recipient: str
    message_id: str
    language: str
    text: str
    detail: str
    ticket_id: int | None
    created_at: datetime
    link: str = ""
    digest: tuple[Told, ...] = ()


@unit_of_work
def claim(owner: str) -> Claimed | None:
    """Take one due message for ``owner``; another worker takes it only after two minutes.

    One message at a time: a worker that dies between sending and marking repeats one at most.
    """
    now = clock.now()
    query = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state == "waiting",
            OutboxMessage.not_before <= now,
            (OutboxMessage.claimed_until.is_(None)) | (OutboxMessage.claimed_until < now),
        )
        .order_by(OutboxMessage.not_before, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    message_id = db.session.scalar(query)
    if message_id is None:
        return None
    message = db.session.get_one(OutboxMessage, message_id, populate_existing=True)
    message.claimed_by, message.claimed_until = owner, now + CLAIM
    message.attempts += 1
    return _claimed(message)


def _claimed(message: OutboxMessage) -> Claimed:
    if message.notice_id is None:
        person = db.session.get_one(User, message.user_id)
        return Claimed(
            message.id, message.attempts, message.recipient, message.message_id, person.language,
            "", "", None, message.created_at, digest=told_in(message.id),
        )  # fmt: skip
    notice = db.session.get_one(Notice, message.notice_id)
    language = db.session.get_one(User, notice.user_id).language
    return Claimed(
        message.id, message.attempts, message.recipient, message.message_id, language,
        notice.text, notice.detail, notice.ticket_id, message.created_at, notice.link,
    )  # fmt: skip


@unit_of_work
def mark_sent(message: Claimed, owner: str) -> None:
    """Note that ``message`` is out, unless somebody else has taken it over."""
    db.session.execute(
        _own(message, owner).values(state="sent", sent_at=clock.now(), last_error="")
    )


@unit_of_work
def mark_failed(message: Claimed, owner: str, error: str) -> None:
    """Try again later with growing pauses; after three days it is a dead letter, shown to staff."""
    now = clock.now()
    pause = min(FIRST_RETRY * 2 ** min(message.attempts, 12), LONGEST_RETRY)
    dead = now - message.created_at > GIVE_UP
    db.session.execute(
        _own(message, owner).values(
            state="failed" if dead else "waiting",
            not_before=now + pause,
            claimed_until=None,
            last_error=error[:500],
        )
    )


def _own(message: Claimed, owner: str) -> Update:
    return update(OutboxMessage).where(
        OutboxMessage.id == message.id,
        OutboxMessage.claimed_by == owner,
        OutboxMessage.attempts == message.attempts,
    )
