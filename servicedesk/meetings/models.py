"""Tables: meetings, what is on their agendas, and what they decided."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Meeting(Base):
    """A joint meeting (联席会议): ``planned``, ``held`` or ``cancelled``; ``number`` counts within a year."""

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("park_id", "year", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    year: Mapped[int]
    number: Mapped[int]
    title: Mapped[str]
    starts_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    chair: Mapped[str] = mapped_column(default="")
    attendees: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="planned")
    summary: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class AgendaItem(Base):
    """A matter for the joint meeting (议题).

    ``kind`` is ``level_3``, ``dispute``, ``plan`` or ``manual``; ``state`` is ``waiting`` (gathered, in no meeting
    yet), ``listed``, ``decided`` or ``dropped``.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        Index(
            "uq_agenda_item_open",
            "ticket_id",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'listed')"),
            postgresql_where=text("state IN ('waiting', 'listed')"),
        ),
        Index("ix_agenda_item_state", "park_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="waiting")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]


class Decision(Base):
    """A decision with an owner and a due day (议定事项), followed to its end like a ticket.

    ``state`` is ``open``, ``done`` (the owner says so), ``confirmed`` or ``cancelled``.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number"),
        Index("ix_decision_alarm", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    agenda_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[int]
    text: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="open")
    done_note: Mapped[str] = mapped_column(default="")
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it
