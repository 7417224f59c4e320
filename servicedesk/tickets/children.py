"""Tables: what hangs on a ticket besides its timeline: requests, plans, reopenings, links, people."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class SupplementRequest(Base):
    """What the enterprise must add (补正), all said at once.

    The first is ``approved`` at once; a later one has no ``verdict`` until the desk's head decides.
    ``next_reminder_at`` is what the scheduler asks for; ``answer_due_at`` when it is given up.
    """

    __tablename__ = "supplement_request"
    __table_args__ = (
        Index(
            "uq_supplement_request_pending",
            "ticket_id",
            unique=True,
            sqlite_where=text("verdict IS NULL"),
            postgresql_where=text("verdict IS NULL"),
        ),
        Index(
            "ix_supplement_request_reminder",
            "next_reminder_at",
            sqlite_where=text("next_reminder_at IS NOT NULL"),
            postgresql_where=text("next_reminder_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    request: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answer_due_at: Mapped[datetime | None]
    next_reminder_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]


class SupportTask(Base):
    """A unit's part in another unit's ticket (协办), with a clock of its own.

    ``state`` is ``waiting``, ``answered`` or ``withdrawn``.
    """

    __tablename__ = "support_task"
    __table_args__ = (
        Index(
            "uq_support_task_waiting",
            "ticket_id",
            "unit_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_support_task_unit", "unit_id", "state", "ticket_id"),
        Index("ix_support_task_alarm", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    request: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="waiting")
    answer: Mapped[str] = mapped_column(default="")
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class Reopening(Base):
    """A ticket that came back (重办、恢复办理): when, by whom, why; its idle time is nobody's delay.

    ``kind`` is the step's name; ``idle_minutes`` are the working minutes since the former end.
    """

    __tablename__ = "reopening"
    __table_args__ = (Index("ix_reopening_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by_role: Mapped[str]
    reason: Mapped[str]
    ended_at: Mapped[datetime]
    at: Mapped[datetime]
    idle_minutes: Mapped[int]


class FalseResolution(Base):
    """虚假办结: a resolution that the enterprise's word contradicts; only a leader lifts the mark."""

    __tablename__ = "false_resolution"
    __table_args__ = (UniqueConstraint("ticket_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    round: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    resolution: Mapped[str]
    found_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    found_by_role: Mapped[str]
    found_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(default="")


class Urge(Base):
    """催办 by the enterprise, once for each working day ``day``."""

    __tablename__ = "urge"
    __table_args__ = (UniqueConstraint("ticket_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    day: Mapped[date]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class HandlingPlan(Base):
    """挂账: a plan of milestones instead of a due time that everyone knows to be false.

    It has no ``verdict`` until the joint meeting has decided (``approved`` or ``refused``).
    """

    __tablename__ = "handling_plan"
    __table_args__ = (
        Index(
            "uq_handling_plan_pending",
            "ticket_id",
            unique=True,
            sqlite_where=text("verdict IS NULL"),
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    reason: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[str | None]
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]


class PlanMilestone(Base):
    """One dated step of a plan (节点); ``due_on`` is a working day, its end is the due time."""

    __tablename__ = "plan_milestone"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("handling_plan.id"))
    position: Mapped[int]
    name: Mapped[str]
    due_on: Mapped[date]
    reached_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class TicketLink(Base):
    """Two tickets that belong together (关联工单): ``related``, ``split`` (from) or ``merged`` (into)."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("ticket_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class Follower(Base):
    """Who hears of a ticket besides those whose work it is: a ``reporter`` (并单) or a ``follower`` (关注)."""

    __tablename__ = "ticket_follower"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    kind: Mapped[str]
    since: Mapped[datetime]
