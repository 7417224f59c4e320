"""Tables: enterprises, their people, and what else their files hold."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
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
    ``search_text`` is what it is found under (``core.enterprises.search_text``).
    """

    __tablename__ = "enterprise"
    __table_args__ = (
        UniqueConstraint("park_id", "credit_code"),
        Index("ix_enterprise_versions", "park_id", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
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
    service_officer_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), index=True
    )
    search_text: Mapped[str] = mapped_column(default="", server_default="")
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
    """A link by which a colleague joins (邀请); only the token's hash is kept, it works once.

    ``invitee`` says in the owner's words whom it is meant for.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    part: Mapped[str] = mapped_column(default="clerk")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
    invitee: Mapped[str] = mapped_column(default="", server_default="")


class Title(Base):
    """A title that was awarded to an enterprise (资质认定), such as 专精特新中小企业.

    ``level`` is 国家级, 省级, 市级 or 区级; ``expires_on`` is its last day; ``source`` says from where
    we know it: a declaration, the import, the desk.
    """

    __tablename__ = "enterprise_title"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "name", "awarded_on"),
        Index("ix_enterprise_title_expiry", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str] = mapped_column(index=True)
    level: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    awarded_on: Mapped[date]
    expires_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Patent(Base):
    """A granted patent (专利); ``kind`` is a key of ``core.enterprises.PATENT_KINDS``.

    ``ticket_id`` is the request in which the park helped with it, if it did.
    """

    __tablename__ = "enterprise_patent"
    __table_args__ = (Index("ix_enterprise_patent_granted", "granted_on", "enterprise_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    granted_on: Mapped[date]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Contract(Base):
    """A contract of an enterprise with the park or with its help (合同).

    ``kind`` is a key of ``core.enterprises.CONTRACT_KINDS``; ``amount`` is in thousandths of 万元.
    """

    __tablename__ = "enterprise_contract"
    __table_args__ = (UniqueConstraint("enterprise_id", "title", "party", "signed_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    title: Mapped[str]
    party: Mapped[str]
    amount: Mapped[int | None]
    signed_on: Mapped[date]
    ends_on: Mapped[date | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Contact(Base):
    """A person to be reached in an enterprise (联系人).

    ``verified_on`` is the day on which somebody reached the person there (核验日期): in one survey
    7 of 60 numbers that departments gave were wrong (DOMAIN §5).
    """

    __tablename__ = "enterprise_contact"
    __table_args__ = (UniqueConstraint("enterprise_id", "name", "phone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str]
    post: Mapped[str] = mapped_column(default="")
    phone: Mapped[str]
    verified_on: Mapped[date | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


class Correction(Base):
    """What an enterprise says is wrong in its profile (更正申请); the desk takes it over or not.

    ``proposed`` has the profile values by field; ``state`` is ``open``, ``taken`` or
    ``refused``. At most one is open for each enterprise.
    """

    __tablename__ = "enterprise_correction"
    __table_args__ = (
        Index(
            "uq_enterprise_correction_open",
            "enterprise_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_enterprise_correction_enterprise", "enterprise_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    proposed: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open", index=True)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class Import(Base):
    """An uploaded list of enterprises (批量导入): first looked at, then taken over once.

    ``rows`` are the cells as they were read, emptied after a month; ``outcome`` what became of them.
    ``state`` is ``preview``, ``done`` or ``dropped``.
    """

    __tablename__ = "enterprise_import"
    __table_args__ = (Index("ix_enterprise_import_park", "park_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    filename: Mapped[str]
    sha256: Mapped[str]
    rows: Mapped[list[Any]]
    outcome: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="preview")
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]


class NotDuplicate(Base):
    """Two files that a person has looked at and that are two enterprises (不是重复)."""

    __tablename__ = "enterprise_not_duplicate"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]
