"""Tables: letters of authorization and what they cover."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Authorization(Base):
    """A letter of authorization (授权委托书) with which the park acts for an enterprise (代办).

    ``item_codes`` is its scope, ``powers`` what the agent may do: ``hand_in`` 递交, ``supplement``
    补正, ``collect`` 领取; never to sign or promise. It holds from ``starts_on`` to ``ends_on``,
    both included, once it is signed and until it is revoked.
    """

    __tablename__ = "authorization_letter"
    __table_args__ = (Index("ix_authorization_letter_valid", "enterprise_id", "ends_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    item_codes: Mapped[list[Any]]
    powers: Mapped[list[Any]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    prepared_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    signed_how: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoke_reason: Mapped[str] = mapped_column(default="")
