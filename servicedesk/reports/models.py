"""Tables: reports that were asked for or fell due, who gets which, and the templates of staff."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class ReportRun(Base):
    """One report or export (报表任务): made in the background, fetched when it is ready.

    ``kind`` is a key of ``reports.kinds.KINDS``; ``state`` is ``waiting``, ``running``, ``done`` or
    ``failed``. ``asked`` holds what was asked for (filter, rounding); ``done`` and ``total`` are rows.
    It is made under the permissions of whoever asked: ``asked_by_id``. ``key`` is unique: a report of
    a period that fell due is made once for each person.
    """

    __tablename__ = "report_run"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_report_run_asked_by", "asked_by_id", "id"),
        Index("ix_report_run_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    key: Mapped[str]
    kind: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    asked: Mapped[dict[str, Any]]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")
    claimed_until: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    stored_as: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ReportSubscription(Base):
    """Who gets a periodic report by e-mail (报表订阅): one row for a person and a kind."""

    __tablename__ = "report_subscription"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    since: Mapped[datetime]


class ReportTemplate(Base):
    """A Word template that staff have edited (总结模板); the newest of a kind is used."""

    __tablename__ = "report_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    kind: Mapped[str]
    name: Mapped[str]
    stored_as: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]
