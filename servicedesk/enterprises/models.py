"""Tables: enterprises, memberships, invitations."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Enterprise(Base):
    """The party served (企业), known by its unified social credit code (GB 32100-2015).

    ``standing`` is ``confirmed``; ``new`` while nobody at the desk has seen the licence of one that
    registered itself; ``review`` for a code whose check digit fails and that the desk
    must look at; or ``preparing`` for an enterprise still being set up (筹建), which has no code.
    ``industry_code`` is GB/T 4754-2017 (``C3841``); ``scale`` is large, medium, small or micro
    (统计局 2017); ``area`` the part of the park (片区), ``chain`` the industrial chain (主特产业链).
    ``registered_capital`` and ``revenue`` (of the last year) are 万元; ``revenue_growth`` and
    ``research_share`` (研发费用占比) per cent. ``merged_into_id``: this was a second file of that one.
    """

    __tablename__ = "enterprise"
    __table_args__ = (UniqueConstraint("park_id", "credit_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    name: Mapped[str] = mapped_column(index=True)
    credit_code: Mapped[str | None]
    standing: Mapped[str] = mapped_column(default="confirmed", index=True)
    legal_representative: Mapped[str] = mapped_column(default="")
    industry: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    industry_code: Mapped[str] = mapped_column(default="", server_default="")
    scale: Mapped[str] = mapped_column(default="", server_default="")
    area: Mapped[str] = mapped_column(default="", server_default="", index=True)
    plot: Mapped[str] = mapped_column(default="", server_default="")
    chain: Mapped[str] = mapped_column(default="", server_default="")
    founded_on: Mapped[date | None]
    registered_capital: Mapped[int | None]
    employees: Mapped[int | None]
    revenue: Mapped[int | None]
    revenue_growth: Mapped[float | None]
    research_share: Mapped[float | None]
    in_trouble: Mapped[bool] = mapped_column(default=False, server_default=false())
    service_officer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    version: Mapped[int] = mapped_column(default=1)


class Membership(Base):
    """A person acts for an enterprise (企业成员); ``part`` is one of ``core.permissions.Part``."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("enterprise_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    part: Mapped[str]
    created_at: Mapped[datetime]


class Invitation(Base):
    """A link by which a colleague joins (邀请); only the token's hash is kept, it works once."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    part: Mapped[str] = mapped_column(default="clerk")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
