"""Taking back what nobody has been told yet (撤回): notices held for a moment, and their e-mails."""

from sqlalchemy import delete, select

from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.notifications.models import DigestEntry, Notice, OutboxMessage


def withdraw(key: str) -> bool:
    """Delete every notice that was written under ``key``, in the caller's transaction.

    False, with nothing deleted, where somebody can see one already or its e-mail is on its way.
    """
    mine = select(Notice).where(Notice.dedup_key.startswith(f"{key}:", autoescape=True))
    notices = db.session.scalars(mine.with_for_update()).all()
    if not notices:
        return True
    numbers = [notice.id for notice in notices]
    of_these = select(OutboxMessage).where(OutboxMessage.notice_id.in_(numbers))
    messages = db.session.scalars(of_these.with_for_update()).all()
    if any(notice.visible_at <= clock.now() for notice in notices) or any(
        message.state != "waiting" or message.attempts for message in messages
    ):
        return False
    for table, column in ((DigestEntry, DigestEntry.notice_id), (OutboxMessage, OutboxMessage.notice_id),
                          (Notice, Notice.id)):  # fmt: skip
        db.session.execute(delete(table).where(column.in_(numbers)))
    return True
