"""Tables: banks' products, financing needs, offers, drawdowns. Amounts are thousandths of 万元."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class BankProduct(Base):
    """A bank's product (金融产品). ``conditions`` are on the enterprise's file; rates are per cent."""

    __tablename__ = "bank_product"
    __table_args__ = (UniqueConstraint("park_id", "unit_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    bank: Mapped[str]
    name: Mapped[str]
    summary: Mapped[str]
    amount_min: Mapped[int]
    amount_max: Mapped[int]
    rate_low: Mapped[float]
    rate_high: Mapped[float]
    term_months_max: Mapped[int]
    collaterals: Mapped[list[Any]]
    conditions: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class FinancingNeed(Base):
    """What an enterprise needs (融资需求); ``state`` is ``open`` or ``closed``."""

    __tablename__ = "financing_need"
    __table_args__ = (
        Index("ix_financing_need_list", "park_id", "state", "id"),
        Index("ix_financing_need_created", "park_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    amount: Mapped[int]
    purpose: Mapped[str]
    term_months: Mapped[int]
    collaterals: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(default="open")
    close_reason: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Offer(Base):
    """A bank's answer to a need (银行报价), then what it granted (授信)."""

    __tablename__ = "financing_offer"
    __table_args__ = (
        UniqueConstraint("need_id", "product_id"),
        Index("ix_financing_offer_granted", "granted_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("financing_need.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("bank_product.id"), index=True)
    state: Mapped[str] = mapped_column(default="offered")
    amount: Mapped[int]
    rate: Mapped[float]
    note: Mapped[str] = mapped_column(default="")
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    offered_at: Mapped[datetime]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
    granted_amount: Mapped[int | None]
    granted_on: Mapped[date | None]
    refuse_reason: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class Drawdown(Base):
    """Money that was paid out under an offer (放款); ``key`` makes a repeated form one payment."""

    __tablename__ = "financing_drawdown"
    __table_args__ = (
        UniqueConstraint("offer_id", "key"),
        Index("ix_financing_drawdown_paid", "paid_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("financing_offer.id"))
    amount: Mapped[int]
    paid_on: Mapped[date]
    key: Mapped[str]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
