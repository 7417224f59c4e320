"""Tables: the facts of tickets, month by month, and what is stale; the dashboards that people keep."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class FactSegment(Base):
    """The facts (统计事实) of all tickets submitted in one local month, built and never typed.

    ``data`` is ``fact_columns.pack`` of them, ``digest`` says what is in it, ``layout`` in which
    shape. One value for a month: a process reads all of a park's years in a moment and keeps them.
    """

    __tablename__ = "fact_segment"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    layout: Mapped[str]
    digest: Mapped[str]
    data: Mapped[bytes]


class FactBuild(Base):
    """When a park's facts were last brought up to date.

    ``token`` is another one after each change that was built: while it stays, and no ticket is marked,
    no ticket has changed.
    """

    __tablename__ = "fact_build"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    built_at: Mapped[datetime]
    token: Mapped[str] = mapped_column(server_default="")


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
