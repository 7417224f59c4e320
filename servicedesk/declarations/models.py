"""Tables: policies, which enterprise matches which, declarations with their steps, reminders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.declarations import PolicyState, State
from servicedesk.database import Base


class Policy(Base):
    """A policy with one declaration window (政策申报).

    ``conditions`` are those of ``core.conditions``; all must be met. ``item_code`` is the service
    under which the park helps, ``unit_code`` the unit that recommends and records the verdict.
    ``title_name`` is what an approval adds to the enterprise's file: for ``title_years`` years, until
    31 March of the next year (``title_until_march``, 科技型中小企业), or without an end.
    ``listing`` is the list that an approved enterprise enters (名录). ``amount_max`` is in
    thousandths of 万元. The window's first and last day are local days.
    ``matched_version`` and ``matched_on`` say for which version and day the matches were worked out.
    """

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("park_id", "code"),
        Index("ix_policy_window", "park_id", "state", "closes_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    issuer: Mapped[str] = mapped_column(default="")
    level: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    conditions: Mapped[list[Any]]
    item_code: Mapped[str]
    unit_code: Mapped[str]
    title_name: Mapped[str] = mapped_column(default="")
    title_level: Mapped[str] = mapped_column(default="")
    title_years: Mapped[int | None]
    title_until_march: Mapped[bool] = mapped_column(default=False, server_default=false())
    listing: Mapped[str] = mapped_column(default="")
    amount_max: Mapped[int] = mapped_column(default=0)
    amount_text: Mapped[str] = mapped_column(default="")
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    documents: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(default=PolicyState.DRAFT)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    matched_version: Mapped[int] = mapped_column(default=0, server_default="0")
    matched_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class PolicyMatch(Base):
    """What a policy's conditions say of one enterprise (政策匹配), as last worked out.

    ``fulfilled``, ``missed`` and ``unknown`` hold the findings as JSON. ``distance`` orders near
    misses. ``file_version`` is the version of the file that was looked at. ``told_at`` is set once;
    ``reminders`` counts the reminders before the window closes. ``dismissed_at``: the enterprise, or
    the desk for it, has said that it will not declare, and why.
    """

    __tablename__ = "policy_match"
    __table_args__ = (
        UniqueConstraint("policy_id", "enterprise_id"),
        Index("ix_policy_match_near", "policy_id", "distance", "enterprise_id"),
        Index("ix_policy_match_enterprise", "enterprise_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    met: Mapped[bool]
    fulfilled: Mapped[list[Any]]
    missed: Mapped[list[Any]]
    unknown: Mapped[list[Any]]
    distance: Mapped[int]
    file_version: Mapped[int]
    computed_at: Mapped[datetime]
    first_met_on: Mapped[date | None]
    told_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    dismissed_at: Mapped[datetime | None]
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    dismissed_reason: Mapped[str] = mapped_column(default="")


class Declaration(Base):
    """An enterprise's declaration under a policy (申报); 申报 is not 获批.

    ``asked_amount``, ``granted_amount`` and ``paid_amount`` are in thousandths of 万元,
    ``investment`` in thousandths of 亿元. Dates are local days. ``number`` is the document or
    certificate of the approval; ``reason`` why it was refused or withdrawn.
    """

    __tablename__ = "declaration"
    __table_args__ = (
        Index(
            "uq_declaration_standing",
            "policy_id",
            "enterprise_id",
            "year",
            unique=True,
            sqlite_where=text("state <> 'withdrawn'"),
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_declaration_enterprise", "enterprise_id", "id"),
        Index("ix_declaration_declared", "declared_on"),
        Index("ix_declaration_decided", "state", "decided_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), unique=True)
    year: Mapped[int]
    state: Mapped[str] = mapped_column(default=State.DECLARED)
    declared_on: Mapped[date]
    recommended_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    asked_amount: Mapped[int | None]
    granted_amount: Mapped[int | None]
    paid_amount: Mapped[int | None]
    investment: Mapped[int | None]
    number: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    title_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise_title.id"))
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class DeclarationEvent(Base):
    """One line in the course of a declaration (申报进度)."""

    __tablename__ = "declaration_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str]
    actor_role: Mapped[str]
    data: Mapped[dict[str, Any]]


class TitleReminder(Base):
    """A reminder that a title ends soon (资质到期提醒): once for each title and number of days."""

    __tablename__ = "title_reminder"
    __table_args__ = (UniqueConstraint("title_id", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title_id: Mapped[int] = mapped_column(ForeignKey("enterprise_title.id"))
    days: Mapped[int]
    told_at: Mapped[datetime]
