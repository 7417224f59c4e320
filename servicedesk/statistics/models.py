"""Tables: built counts, the enterprises behind them, and the marks of what must be rebuilt."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class CountMark(Base):
    """A period of a park whose counts are no longer true (待重算); one row for each change."""

    __tablename__ = "count_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    month: Mapped[str]


class BuiltCount(Base):
    """One built number: ``period`` is ``2024`` or ``2024-03``; ``cut`` is ``all``, ``category:A``,
    ``item:A01``, ``unit:SCJG`` or ``channel:portal``; ``figure`` a key of ``core.counting``."""

    __tablename__ = "built_count"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    cut: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class ServedEnterprise(Base):
    """An enterprise served in a period, under a cut (服务企业): distinct by its primary key."""

    __tablename__ = "served_enterprise"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    cut: Mapped[str] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)


class CountBuild(Base):
    """When a park's counts were last brought up to date."""

    __tablename__ = "count_build"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    built_at: Mapped[datetime]
