"""Tables: users and the attempts to sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, true
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.core.permissions import Role
from servicedesk.database import Base


class User(Base):
    """A person with an account (用户). ``session_epoch`` rises to end all of its sessions.

    ``mail_mode`` is how e-mail comes: ``at_once``, ``digest`` (once a working morning) or ``none``;
    ``quiet`` keeps what is not urgent until working time.
    """

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(index=True)
    password_hash: Mapped[str]
    session_epoch: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(default="zh")
    mail_mode: Mapped[str] = mapped_column(default="at_once", server_default="at_once")
    quiet: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this account sign in?"""
        return self.active

    def get_id(self) -> str:
        """Return what the session keeps: the row and the epoch that must still hold."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def role_enum(self) -> Role:
        """The role as the permission table knows it."""
        return Role(self.role)


class SignInAttempt(Base):
    """One failed attempt to sign in, counted per account and per address (登录失败)."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login_at", "login", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
