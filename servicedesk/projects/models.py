"""Tables: projects, their milestones, the services these open, obstacles, and what happened."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.projects import Stage
from servicedesk.database import Base


class Project(Base):
    """An investment project (招商项目).

    ``enterprise_id`` is empty until a company exists; ``investment`` is in thousandths of 亿元,
    ``annual_tax`` in 万元 a year. ``owner_id`` is the 项目专员, ``unit_id`` that person's unit.
    ``source`` says where it was won (招商来源), such as 湘商大会. ``stage_since`` is the day on which it
    entered its stage; ``ended_on`` the day on which it was given up (终止).
    """

    __tablename__ = "project"
    __table_args__ = (
        Index("ix_project_wall", "park_id", "ended_on", "stage"),
        Index("ix_project_signed", "park_id", "signed_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str]
    investment: Mapped[int]
    annual_tax: Mapped[int | None]
    chain: Mapped[str] = mapped_column(default="")
    plot: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default=Stage.TALKS)
    stage_since: Mapped[date]
    signed_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Milestone(Base):
    """When a project is to enter a stage, and when it did (节点); one for each stage."""

    __tablename__ = "project_milestone"
    __table_args__ = (UniqueConstraint("project_id", "stage"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    stage: Mapped[str]
    planned_on: Mapped[date | None]
    reached_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")


class MilestoneService(Base):
    """A service that a milestone has opened, once (节点事项).

    ``ticket_id`` is empty while the project has no enterprise: then it waits to be asked for.
    """

    __tablename__ = "milestone_service"
    __table_args__ = (UniqueConstraint("milestone_id", "item_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("project_milestone.id"))
    item_code: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), unique=True)
    opened_at: Mapped[datetime | None]


class Obstacle(Base):
    """What stands in a project's way (问题), whose it is and until when; ``shown`` to the enterprise."""

    __tablename__ = "project_obstacle"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    text: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    since: Mapped[date]
    due_on: Mapped[date | None]
    cleared_on: Mapped[date | None]
    clearing: Mapped[str] = mapped_column(default="")
    shown: Mapped[bool] = mapped_column(default=True, server_default=true())
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class ProjectEvent(Base):
    """One line of a project's history (项目大事记)."""

    __tablename__ = "project_event"
    __table_args__ = (Index("ix_project_event_project", "project_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str]
    data: Mapped[dict[str, Any]]
