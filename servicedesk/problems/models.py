"""Tables: problems, the tickets joined into them, and who was told of the solution."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Problem(Base):
    """A class of tickets with one cause (类问题): ``open``, ``solved`` or ``closed`` (销号).

    ``item_id``, ``area`` and ``words`` say which other enterprises are likely to have it.
    ``quiet_until`` is the day after which it is closed if no new one has come.
    """

    __tablename__ = "problem"
    __table_args__ = (Index("ix_problem_state", "park_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("service_item.id"))
    area: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    cause: Mapped[str] = mapped_column(default="")
    solution: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="open")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    overdue_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    quiet_until: Mapped[date | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class ProblemTicket(Base):
    """A ticket joined into a problem; each in one at the most."""

    __tablename__ = "problem_ticket"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problem.id"), index=True)
    joined_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    joined_at: Mapped[datetime]


class ProblemNotice(Base):
    """An enterprise that was told of a solution because it is likely to have the problem too."""

    __tablename__ = "problem_notice"
    __table_args__ = (UniqueConstraint("problem_id", "enterprise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problem.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    told_at: Mapped[datetime]
