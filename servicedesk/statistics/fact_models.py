"""Tables: one narrow row for each ticket, from which every cut is counted, and what is stale."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class TicketFact(Base):
    """What the figures need of one ticket (统计事实); built from it, never written by hand.

    ``submitted_on`` and ``delivered_on`` are local days; the second is the day of resolution and is
    there once the ticket is closed (办结归档). Minutes are working minutes; ``None`` is not measured.
    ``level`` is the highest level of the ladder that it reached, ``rectified`` whether a bad rating
    was put right in time (``None``: none was bad). Joined tickets (并单) have no row.
    """

    __tablename__ = "ticket_fact"
    __table_args__ = (
        Index("ix_ticket_fact_submitted", "park_id", "submitted_on", "item_id", "unit_id"),
        Index("ix_ticket_fact_delivered", "park_id", "delivered_on", "item_id", "unit_id"),
        Index("ix_ticket_fact_enterprise", "enterprise_id"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    submitted_on: Mapped[date]
    submitted_hour: Mapped[int]
    delivered_on: Mapped[date | None]
    item_id: Mapped[int] = mapped_column(ForeignKey("service_item.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    intake_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    channel: Mapped[str]
    state: Mapped[str]
    urgent: Mapped[bool]
    repeated: Mapped[bool]
    response_due_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    response_minutes: Mapped[int | None]
    answered: Mapped[bool]
    solved: Mapped[bool]
    followed: Mapped[bool]
    rating: Mapped[int | None]
    on_time: Mapped[bool]
    used_minutes: Mapped[int | None]
    promised_minutes: Mapped[int]
    saved_minutes: Mapped[int | None]
    returns: Mapped[int]
    extensions: Mapped[int]
    supplements: Mapped[int]
    reopenings: Mapped[int]
    urges: Mapped[int]
    level: Mapped[int]
    false_resolution: Mapped[bool]
    rectified: Mapped[bool | None]


class FactMark(Base):
    """A ticket whose fact is stale (待重算); one row for each change, written with the change."""

    __tablename__ = "fact_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))


class SavedDashboard(Base):
    """A period and a cut of the figures under a name (保存的看板): ``address`` is its query string.

    ``shared`` shows it to everybody who may see figures, each under their own permissions.
    """

    __tablename__ = "saved_dashboard"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    page: Mapped[str]
    address: Mapped[str]
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
