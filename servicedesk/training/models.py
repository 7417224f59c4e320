"""Tables: training events, invitations, attendance, feedback, consultations."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.training import EventState
from servicedesk.database import Base


class Event(Base):
    """A training event (培训活动), one 场 of the year once it is held.

    ``kind`` is one of ``core.training.KINDS``, ``item_code`` the service that it belongs to.
    ``check_in_code`` is the secret in the QR code on the wall. ``capacity`` and ``per_enterprise``
    are people.
    """

    __tablename__ = "training_event"
    __table_args__ = (
        UniqueConstraint("park_id", "title", "starts_at"),
        Index("ix_training_event_state", "park_id", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str]
    topic: Mapped[str]
    kind: Mapped[str]
    item_code: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    capacity: Mapped[int]
    per_enterprise: Mapped[int]
    speaker: Mapped[str]
    description: Mapped[str]
    check_in_code: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=EventState.PLANNED)
    cancel_reason: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class EventInvitation(Base):
    """An enterprise that was told of an event (邀请)."""

    __tablename__ = "event_invitation"
    __table_args__ = (UniqueConstraint("event_id", "enterprise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("training_event.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    told_at: Mapped[datetime]


class Attendance(Base):
    """One person whom an enterprise sends (报名与签到); ``user_id`` where the person has an account.

    ``how`` is one of ``core.training.CHECK_IN_WAYS``, empty until the person is there.
    """

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("event_id", "enterprise_id", "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("training_event.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    person: Mapped[str]
    phone: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    registered_at: Mapped[datetime]
    waiting: Mapped[bool] = mapped_column(default=False, server_default=false())
    cancelled_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_in_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    how: Mapped[str] = mapped_column(default="")


class EventFeedback(Base):
    """What an enterprise thought of an event (活动反馈), once; shown only together with others."""

    __tablename__ = "event_feedback"
    __table_args__ = (UniqueConstraint("event_id", "enterprise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("training_event.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    level: Mapped[int]
    comment: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class Consultation(Base):
    """Advice given to an enterprise (咨询服务); ``item_code`` is the service that it was about."""

    __tablename__ = "consultation"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "officer_id", "held_on", "topic"),
        Index("ix_consultation_held", "park_id", "held_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("training_event.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    item_code: Mapped[str]
    topic: Mapped[str]
    held_on: Mapped[date]
    channel: Mapped[str]
    question: Mapped[str]
    answer: Mapped[str]
    recorded_at: Mapped[datetime]
