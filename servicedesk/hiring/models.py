"""Tables: posts, referrals, placements. Numbers of people only, never their names."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.hiring import PostState
from servicedesk.database import Base


class JobPost(Base):
    """Posts that an enterprise wants to fill (招聘岗位): one kind of work, ``head_count`` people.

    ``unit_id`` is who handles it (区人力资源市场、人社驿站), ``ticket_id`` the request behind it.
    """

    __tablename__ = "job_post"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "title", "open_until"),
        Index("ix_job_post_state", "park_id", "state", "open_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    title: Mapped[str]
    head_count: Mapped[int]
    wage: Mapped[str]
    place: Mapped[str]
    requirements: Mapped[str]
    open_until: Mapped[date]
    state: Mapped[str] = mapped_column(default=PostState.OPEN)
    close_reason: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class Referral(Base):
    """People sent to an enterprise on a day (推荐、面试), by where they came from."""

    __tablename__ = "referral"
    __table_args__ = (UniqueConstraint("post_id", "source", "on_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("job_post.id"))
    source: Mapped[str]
    on_day: Mapped[date]
    referred: Mapped[int]
    interviewed: Mapped[int]
    note: Mapped[str]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Placement(Base):
    """People who came to work on a day (到岗): reported by staff, ``confirmed`` by the enterprise.

    ``confirmed`` counts, ``reported`` never does. ``stayed`` is how many were still there after
    30 days. ``over_reason`` says why more came than there were posts.
    """

    __tablename__ = "placement"
    __table_args__ = (
        UniqueConstraint("post_id", "on_day"),
        Index("ix_placement_on_day", "on_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("job_post.id"))
    on_day: Mapped[date]
    reported: Mapped[int]
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reported_at: Mapped[datetime]
    confirmed: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    over_reason: Mapped[str] = mapped_column(default="")
    reminded_at: Mapped[datetime | None]
    stay_asked_at: Mapped[datetime | None]
    stayed: Mapped[int | None]
    stayed_at: Mapped[datetime | None]
    stayed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
