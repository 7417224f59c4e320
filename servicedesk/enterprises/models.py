"""Tables: enterprises, memberships, invitations."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Enterprise(Base):
    """The party served (企业), known by its unified social credit code (GB 32100-2015).

    ``standing`` is ``confirmed``; ``new`` while nobody at the desk has seen the licence of one that
    registered itself; ``review`` for a code whose check digit fails and that the desk
    must look at; or ``preparing`` for an enterprise still being set up (筹建), which has no code.
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
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    version: Mapped[int] = mapped_column(default=1)


class Membership(Base):
    """A person acts for an enterprise (企业成员), as ``owner`` or ``clerk``."""

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
