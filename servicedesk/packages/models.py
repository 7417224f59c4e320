"""Tables: packages, cases filed under them, and the steps of each case."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Package(Base):
    """A package of service items (一件事套餐), as it is offered now.

    ``promised_days`` are working days for the whole; empty where an outside window decides.
    ``conditions`` are the questions asked first, ``steps`` the graph, ``shared`` the questions of
    several items that are asked once.
    """

    __tablename__ = "package"
    __table_args__ = (UniqueConstraint("park_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    summary: Mapped[str]
    summary_en: Mapped[str]
    promised_days: Mapped[int | None]
    conditions: Mapped[list[Any]]
    steps: Mapped[list[Any]]
    shared: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)


class PackageCase(Base):
    """One application for a package (一件事办件).

    ``steps`` is the definition under which it was filed; ``answers`` are kept by item code. ``state``
    is ``open``, ``done`` or ``withdrawn``. ``due_on`` is the last day of the critical path.
    """

    __tablename__ = "package_case"
    __table_args__ = (
        UniqueConstraint("filed_by_id", "key"),
        Index("ix_package_case_list", "park_id", "state", "id"),
        Index("ix_package_case_enterprise", "enterprise_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"))
    name: Mapped[str]
    name_en: Mapped[str]
    steps: Mapped[list[Any]]
    conditions: Mapped[list[Any]]
    answers: Mapped[dict[str, Any]]
    description: Mapped[str]
    contact: Mapped[str]
    phone: Mapped[str]
    channel: Mapped[str]
    acting: Mapped[bool] = mapped_column(default=False, server_default=false())
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key: Mapped[str]
    fingerprint: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    submitted_at: Mapped[datetime]
    due_on: Mapped[date]
    closed_at: Mapped[datetime | None]


class PackageStep(Base):
    """One step of a case; ``ticket_id`` is its present ticket, ``attempt`` counts tries.

    ``ends_on`` is the last day of a wait (公示期), a natural day. ``reason`` says why it failed.
    """

    __tablename__ = "package_step"
    __table_args__ = (
        UniqueConstraint("case_id", "key"),
        Index(
            "ix_package_step_wait",
            "ends_on",
            sqlite_where=text("ends_on IS NOT NULL AND state = 'open'"),
            postgresql_where=text("ends_on IS NOT NULL AND state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("package_case.id"))
    key: Mapped[str]
    state: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), unique=True)
    attempt: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")
