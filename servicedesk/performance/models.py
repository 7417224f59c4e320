"""Tables: the weights of the formula in versions, and notes that contest a result."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class PerformanceWeights(Base):
    """One version of the weights (绩效权重); a published version never changes."""

    __tablename__ = "performance_weights"
    __table_args__ = (UniqueConstraint("park_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    note: Mapped[str]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime]


class PerformanceNote(Base):
    """What somebody says against a result (绩效申诉), and the answer.

    ``subject`` is ``unit`` or ``person``, ``subject_id`` its row; exactly one period is meant.
    """

    __tablename__ = "performance_note"
    __table_args__ = (
        Index("ix_performance_note_subject", "park_id", "subject", "subject_id", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    subject: Mapped[str]
    subject_id: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    text: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
