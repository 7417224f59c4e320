"""Tables: leave, shifts, skills, and the record of tickets handed over."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Absence(Base):
    """Days on which a person is away (请假), both included; ``stand_in_id`` takes the tickets."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_user", "user_id", "last_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str]
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class Shift(Base):
    """When a person works (班次): ISO weekdays such as ``12345``, minutes of the day, make-up days."""

    __tablename__ = "shift"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    weekdays: Mapped[str]
    make_up_days: Mapped[bool] = mapped_column(default=True)
    start_minute: Mapped[int | None]
    end_minute: Mapped[int | None]


class Skill(Base):
    """What a person is good at (专长): the code of an item (``A01``) or of a category (``A``)."""

    __tablename__ = "skill"
    __table_args__ = (UniqueConstraint("user_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code: Mapped[str]


class Handover(Base):
    """One action that moved tickets from one person to another (移交)."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str]
    tickets: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class Turn(Base):
    """Whose turn it was last in a unit that assigns by turn (轮流)."""

    __tablename__ = "assignment_turn"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
