"""Tables: every dispatch with what became of it, and the rules that suggest a unit."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class DispatchRecord(Base):
    """One dispatch of a ticket to a unit (派单), and how it ended.

    ``outcome`` is ``waiting``, ``signed``, ``returned``, ``contested``, ``taken_back`` (the ticket ended)
    or ``undone`` (within ten seconds, and never counted); ``ruled`` says that
    a leader's verdict sent it there. ``return_code`` is one of ``core.routing.RETURN_REASONS``.
    """

    __tablename__ = "dispatch_record"
    __table_args__ = (
        Index("ix_dispatch_record_item", "park_id", "item_id", "at"),
        Index("ix_dispatch_record_unit", "unit_id", "at"),
        Index(
            "ix_dispatch_record_returned",
            "park_id",
            "at",
            sqlite_where=text("outcome = 'returned'"),
            postgresql_where=text("outcome = 'returned'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("service_item.id"))
    area: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    ruled: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(default="waiting")
    return_code: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class RoutingRule(Base):
    """A rule that suggests a unit (派单规则); empty conditions hold for every ticket.

    ``state`` is ``proposed`` (a verdict that the desk has not taken over yet), ``active`` or ``off``.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (Index("ix_routing_rule_state", "park_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("service_item.id"))
    area: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[str] = mapped_column(default="proposed")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    reason: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it
