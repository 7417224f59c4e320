"""Tables: versions of the rules, and what applying one to running tickets has changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class RuleSet(Base):
    """One published version of a park's rules; ``values`` are ``core.rules.Rules`` by name."""

    __tablename__ = "rule_set"
    __table_args__ = (UniqueConstraint("park_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime]


class RuleApplication(Base):
    """A version applied by a person to tickets that were running (套用); it can be undone."""

    __tablename__ = "rule_application"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    version: Mapped[int]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    tickets: Mapped[int]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    undone_at: Mapped[datetime | None]


class RuleChange(Base):
    """What an application changed on one ticket: the version before, and the due times."""

    __tablename__ = "rule_change"
    __table_args__ = (UniqueConstraint("application_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("rule_application.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    old_version: Mapped[int]
    old_due_at: Mapped[datetime | None]
    new_due_at: Mapped[datetime | None]
