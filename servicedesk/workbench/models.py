"""Tables: saved views, preferences, canned replies, drafts, presence, and steps to be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class SavedView(Base):
    """A list that a person keeps (自定义视图); ``shared`` is empty, ``unit`` or ``park``.

    ``query`` holds the filter as the address has it.
    """

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_park", "park_id", "shared"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]
    shared: Mapped[str] = mapped_column(default="")
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Preference(Base):
    """What a person has chosen (个人设置), such as the columns of the queue."""

    __tablename__ = "preference"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key: Mapped[str]
    value: Mapped[dict[str, Any]]


class CannedReply(Base):
    """A text with placeholders that is used again and again (常用语); ``shared`` as in a view."""

    __tablename__ = "canned_reply"
    __table_args__ = (Index("ix_canned_reply_park", "park_id", "shared"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    shared: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    body: Mapped[str]
    updated_at: Mapped[datetime]


class Draft(Base):
    """What a person has begun to write on a ticket (草稿), kept on the server."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "ticket_id", "form"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    form: Mapped[str]
    body: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class Presence(Base):
    """Who looks at a ticket now, and when the person last typed (在看、在写)."""

    __tablename__ = "presence"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
    typed_at: Mapped[datetime | None]


class UndoNote(Base):
    """How to take a step back (撤销) within ten seconds: the columns of the row before it."""

    __tablename__ = "undo_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    step: Mapped[str]
    version: Mapped[int]
    before: Mapped[dict[str, Any]]
    until: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]
