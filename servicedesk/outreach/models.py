"""Tables: visits with the requests that they raised and their photos, rounds and their stops."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Visit(Base):
    """A visit at an enterprise's door (上门服务记录).

    ``visited_on`` is the park's local date, ``started_at`` the moment where it is known.
    ``client_key`` is the one-time number of the form or telephone that sent it, ``fingerprint`` the
    hash of what it sent. Of the confirmation link only the hash is kept; ``confirm_verdict`` is
    ``agreed`` (无异议) or ``differs`` (有出入), given once.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("recorded_by_id", "client_key"),
        Index("ix_visit_park_day", "park_id", "visited_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("visit_stop.id"), unique=True)
    visited_on: Mapped[date] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    place: Mapped[str]
    met: Mapped[str]
    met_phone: Mapped[str] = mapped_column(default="", server_default="")
    colleague: Mapped[str] = mapped_column(default="", server_default="")
    topic: Mapped[str] = mapped_column(default="", server_default="")
    notes: Mapped[str] = mapped_column(default="", server_default="")
    client_key: Mapped[str | None]
    fingerprint: Mapped[str] = mapped_column(default="", server_default="")
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    confirm_token_hash: Mapped[str | None] = mapped_column(unique=True)
    confirm_expires_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_name: Mapped[str] = mapped_column(default="", server_default="")
    confirm_verdict: Mapped[str | None]
    confirm_comment: Mapped[str] = mapped_column(default="", server_default="")


class VisitTicket(Base):
    """A request that was raised at a visit; a ticket comes from one visit at most."""

    __tablename__ = "visit_ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)


class VisitPhoto(Base):
    """A photo taken at a visit; the file is an upload."""

    __tablename__ = "visit_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), unique=True)


class VisitRound(Base):
    """A round of visits (走访安排): its days, and the rules by which its enterprises were chosen.

    ``state`` is one of ``core.outreach.ROUND_STATES``; ``key`` the form's one-time number;
    ``handed_out`` counts how often stops were shared out.
    """

    __tablename__ = "visit_round"
    __table_args__ = (
        UniqueConstraint("created_by_id", "key"),
        Index("ix_visit_round_park_day", "park_id", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    name: Mapped[str]
    purpose: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    rules: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="planned")
    key: Mapped[str | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    handed_out: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class VisitStop(Base):
    """One enterprise of a round (走访对象), who goes there and when.

    ``reasons`` are codes of ``core.outreach.REASON_NAMES`` at the time of planning; ``state`` is one
    of ``STOP_STATES``; a skipped stop says why in ``skip_reason``. The visit names its stop.
    """

    __tablename__ = "visit_stop"
    __table_args__ = (
        UniqueConstraint("round_id", "enterprise_id"),
        Index("ix_visit_stop_officer", "officer_id", "state", "planned_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("visit_round.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    reasons: Mapped[list[Any]]
    weight: Mapped[int] = mapped_column(default=0)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    planned_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="planned")
    skip_reason: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it
