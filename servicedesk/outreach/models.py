"""Tables: visits."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Visit(Base):
    """A visit at which a request was taken down (上门服务记录)."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    visited_on: Mapped[date] = mapped_column(index=True)
    place: Mapped[str]
    met: Mapped[str]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
