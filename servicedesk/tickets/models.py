"""Tables: the ticket and its timeline, files, pauses, calls, ratings, outcomes, escalations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.workflow import State
from servicedesk.database import Base


def _same_table() -> ForeignKey:
    """A ticket may name a later one; a restored backup writes them in the order of their numbers."""
    return ForeignKey("ticket.id", deferrable=True, initially="DEFERRED")


class Ticket(Base):
    """One request on its way through the loop (工单).

    Minutes are working minutes of the park's calendar. ``due_at`` is empty while the clock stands.
    ``acting`` is 代办: the park acts for the enterprise under a letter of authorization.
    ``item_version`` is the version of the item's definition under which it was filed.
    ``rules_version`` is the version of the park's rules under which it was filed. ``urgent`` is 紧急件.
    ``carried`` is 挂账: it has a plan of milestones. The present leg of an urgent or carried ticket's
    clock begins at ``leg_from`` and, with a plan, ends with the day ``leg_until``. ``supports`` counts
    units that were asked to support it, ``support_waiting`` those that still owe an answer.
    ``reworks`` counts reopenings; ``rectifying`` is the handling of a bad rating, in which
    ``rated_person_id`` has no part. ``stage`` is where a matter with stages stands (法律援助).
    ``next_alarm_at`` is what the scheduler asks for; ``version`` is compared by every change.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_queue", "park_id", "state", "id"),
        Index("ix_ticket_unit_queue", "unit_id", "state", "id"),
        Index("ix_ticket_park_recent", "park_id", "id"),
        Index(
            "ix_ticket_alarm",
            "next_alarm_at",
            sqlite_where=text("next_alarm_at IS NOT NULL"),
            postgresql_where=text("next_alarm_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_response",
            "response_due_at",
            sqlite_where=text("first_response_at IS NULL AND response_breached_at IS NULL"),
            postgresql_where=text("first_response_at IS NULL AND response_breached_at IS NULL"),
        ),
        Index(
            "ix_ticket_open",
            "park_id",
            "id",
            "state",
            "unit_id",
            "due_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_ticket_submitted", "park_id", "submitted_at"),
        Index("ix_ticket_resolved", "park_id", "resolved_at"),
        Index("ix_ticket_due", "park_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    number: Mapped[str] = mapped_column(unique=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("service_item.id"), index=True)
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    answers: Mapped[dict[str, Any]]
    contact: Mapped[str]
    phone: Mapped[str]
    confidential: Mapped[bool] = mapped_column(default=False)
    acting: Mapped[bool] = mapped_column(default=False, server_default=false())
    item_version: Mapped[int] = mapped_column(default=1, server_default="1")
    rules_version: Mapped[int] = mapped_column(default=1, server_default="1")
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    stage: Mapped[str] = mapped_column(default="", server_default="")
    repeat_of_id: Mapped[int | None] = mapped_column(_same_table(), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(_same_table(), index=True)
    state: Mapped[str] = mapped_column(default=State.SUBMITTED)

    intake_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    returns: Mapped[int] = mapped_column(default=0)
    reworks: Mapped[int] = mapped_column(default=0)
    settled: Mapped[bool] = mapped_column(default=False, server_default=false())
    supplements: Mapped[int] = mapped_column(default=0, server_default="0")
    urges: Mapped[int] = mapped_column(default=0, server_default="0")
    supports: Mapped[int] = mapped_column(default=0, server_default="0")
    support_waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    false_resolution: Mapped[bool] = mapped_column(default=False, server_default=false())
    rectifying: Mapped[bool] = mapped_column(default=False, server_default=false())
    rated_person_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    submitted_at: Mapped[datetime]
    clock_started_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    response_due_at: Mapped[datetime]
    response_breached_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    sign_due_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    follow_up_due_at: Mapped[datetime | None]
    followed_up_at: Mapped[datetime | None]
    rated_at: Mapped[datetime | None]
    rating_due_at: Mapped[datetime | None]
    contact_due_at: Mapped[datetime | None]
    called_back_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    limit_days: Mapped[int]
    extra_days: Mapped[int] = mapped_column(default=0)
    extensions: Mapped[int] = mapped_column(default=0)
    carried: Mapped[bool] = mapped_column(default=False, server_default=false())
    leg_from: Mapped[datetime | None]
    leg_until: Mapped[date | None]
    due_at: Mapped[datetime | None]
    promised_due_at: Mapped[datetime]
    warn_at: Mapped[datetime | None]
    statutory_due_at: Mapped[datetime | None]
    next_alarm_at: Mapped[datetime | None]
    next_alarm: Mapped[str | None]
    ladder_level: Mapped[int] = mapped_column(default=0)
    allowed_minutes: Mapped[int]
    used_minutes: Mapped[int | None]
    paused_minutes: Mapped[int] = mapped_column(default=0)
    on_time: Mapped[bool | None]
    calendar_version: Mapped[int]

    result: Mapped[str | None]
    resolution: Mapped[str | None]
    confirmed: Mapped[bool | None]
    rating: Mapped[int | None]
    steps: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class TicketEvent(Base):
    """One line of the timeline (进度). ``shown`` lines are the enterprise's too."""

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ix_ticket_event_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str]
    actor_role: Mapped[str]
    version: Mapped[int]
    shown: Mapped[bool]
    text: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]]


class Upload(Base):
    """A file handed in (附件). It belongs to its uploader until a ticket takes it.

    With ``enterprise_id`` it lies in that enterprise's folder (材料库), whether a ticket has it or not;
    with ``training_event_id`` it is material of that training event (活动资料).
    """

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_event.id"))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    training_event_id: Mapped[int | None] = mapped_column(ForeignKey("training_event.id"))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    stored_as: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class PauseSpan(Base):
    """A span in which the clock stood (暂停): who, why, from, until."""

    __tablename__ = "pause_span"
    __table_args__ = (
        Index(
            "uq_pause_span_open",
            "ticket_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_pause_span_ticket", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    reason: Mapped[str]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Extension(Base):
    """A request for more time (延期): ``verdict`` is empty until it is approved or refused."""

    __tablename__ = "extension"
    __table_args__ = (
        Index(
            "uq_extension_pending",
            "ticket_id",
            unique=True,
            sqlite_where=text("verdict IS NULL"),
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    days: Mapped[int]
    reason: Mapped[str]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]


class FollowUpCall(Base):
    """One attempt to get the enterprise's word (回访); ``day`` is the park's local date.

    ``result`` is ``reached``, ``missed``, ``refused`` or ``bad_rating`` (差评回访).
    """

    __tablename__ = "follow_up_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    round: Mapped[int]
    result: Mapped[str]
    note: Mapped[str]
    caller_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    day: Mapped[date]
    at: Mapped[datetime]


class Rating(Base):
    """The enterprise's rating (好差评), once for each resolution; ``round`` counts reworks."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("ticket_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    round: Mapped[int]
    level: Mapped[int]
    reasons: Mapped[list[Any]]
    comment: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class Outcome(Base):
    """One outcome figure of a resolution (成效), in the metric's own unit times 1000.

    Integers keep sums exact: 23.8 亿元 is stored as 23800. ``listing`` names the list that the
    enterprise entered, where the item has one.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("ticket_id", "metric_code"),
        Index("ix_outcome_metric", "metric_code", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"))
    value: Mapped[int]
    listing: Mapped[str] = mapped_column(default="")


class Escalation(Base):
    """An alarm that went off (预警、超期、督办): once for each ticket, step and due time."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("ticket_id", "step", "due_at"),
        Index("ix_escalation_step", "step", "fired_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    step: Mapped[str]
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    late_minutes: Mapped[int] = mapped_column(default=0)


class Submission(Base):
    """An idempotency key (一次性提交编号): the same key and content give the same ticket again."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    key: Mapped[str]
    fingerprint: Mapped[str]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
