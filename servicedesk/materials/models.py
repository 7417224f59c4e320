"""Tables: documents kept once, the materials of each request, letters of authorization, originals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Document(Base):
    """A document in an enterprise's own folder (材料库), to be offered for later requests.

    ``kind`` is one of ``core.materials.KINDS``. It holds from ``valid_from`` to ``valid_until``, both
    included, an empty end for ever; ``ticket_id`` is the request with which it came. A newer one
    replaces it, or the enterprise withdraws it; the file stays with the tickets that used it.
    """

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_folder", "enterprise_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    name: Mapped[str]
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), unique=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    handed_in_at: Mapped[datetime]
    handed_in_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    expiry_told: Mapped[bool] = mapped_column(default=False, server_default=false())


class TicketMaterial(Base):
    """One material of one request (申请材料): how it was handed in, or when it will follow.

    ``asks`` is the kind of document that answers it. ``state`` is one of ``core.materials.Slot``. For a deferred one ``promise`` keeps the wording that
    ``promised_by_id`` put the name to; ``reminded`` is the stage of reminding that was reached;
    ``lapsed_at`` marks the broken promise (容缺失信) until the desk repairs the record.
    """

    __tablename__ = "ticket_material"
    __table_args__ = (
        UniqueConstraint("ticket_id", "position"),
        Index("ix_ticket_material_due", "state", "due_on"),
        Index("ix_ticket_material_lapsed", "enterprise_id", "lapsed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    position: Mapped[int]
    name: Mapped[str]
    asks: Mapped[str]
    deferrable: Mapped[bool]
    state: Mapped[str]
    help: Mapped[bool] = mapped_column(default=False)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    due_on: Mapped[date | None]
    promise: Mapped[str] = mapped_column(default="")
    promised_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    promised_at: Mapped[datetime | None]
    reminded: Mapped[int] = mapped_column(default=0)
    handed_in_at: Mapped[datetime | None]
    handed_in_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lapsed_at: Mapped[datetime | None]
    repaired_at: Mapped[datetime | None]
    repaired_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    repair_reason: Mapped[str] = mapped_column(default="")


class MaterialFile(Base):
    """A file that was handed in for one material of a request."""

    __tablename__ = "material_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("ticket_material.id"), index=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), unique=True)


class Authorization(Base):
    """A letter of authorization (授权委托书) with which the park acts for an enterprise (代办).

    ``item_codes`` is its scope, ``powers`` what the agent may do: ``hand_in`` 递交, ``supplement``
    补正, ``collect`` 领取; never to sign or promise. It holds from ``starts_on`` to ``ends_on``,
    both included, once it is signed and until it is revoked. ``signed_how`` is ``password`` (the
    owner typed the password again under ``statement``) or ``paper`` (``scan_id`` is the signed
    sheet, ``signer`` who signed it).
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
    signer: Mapped[str] = mapped_column(default="", server_default="")
    statement: Mapped[str] = mapped_column(default="", server_default="")
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoke_reason: Mapped[str] = mapped_column(default="")
    expiry_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    originals_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it


class Original(Base):
    """One line of a letter's hand-over list (材料交接清单): an original that the park took over.

    ``handed_by`` and ``taken_by`` are the enterprise's people, who put their names to it.
    """

    __tablename__ = "original"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("authorization_letter.id"), index=True)
    name: Mapped[str]
    copies: Mapped[int]
    received_at: Mapped[datetime]
    received_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    handed_by: Mapped[str]
    returned_at: Mapped[datetime | None] = mapped_column(index=True)
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_by: Mapped[str] = mapped_column(default="")
