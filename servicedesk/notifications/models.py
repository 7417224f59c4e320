"""Tables: notices inside the application and messages on their way out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Notice(Base):
    """A notice to one person (站内通知). It is seen from ``visible_at`` on: working time only.

    ``link`` is the path of the page that it is about, where that is no ticket; ``enterprise_id`` the
    enterprise that it is about, for people who act for several. ``urgent`` ones wait for nothing.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_user_read", "user_id", "read_at", "visible_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    text: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="", server_default="")
    dedup_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    visible_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())


class OutboxMessage(Base):
    """An e-mail that must go out (发件箱): written with the change that caused it, sent after.

    ``state`` is ``waiting``, ``sent``, ``failed`` or ``held`` (old mail of the demo year or of a
    restored backup, which must not go out by itself). At least once is promised; a repeat carries
    the same ``message_id``. A digest has no notice of its own but a ``user_id``.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "state", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recipient: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class DigestEntry(Base):
    """A notice that goes out, or went out, in a collected e-mail (每日汇总); no message yet: it waits."""

    __tablename__ = "digest_entry"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    not_before: Mapped[datetime] = mapped_column(index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"), index=True)
