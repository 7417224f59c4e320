"""Tables: the service catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Category(Base):
    """One of the ten groups of service items (类别)."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    icon: Mapped[str]


class Metric(Base):
    """An outcome figure (成效指标): what a resolution reports, in which unit, how it adds up.

    ``aggregation`` is ``sum`` or ``distinct_enterprise``.
    """

    __tablename__ = "metric"

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    label_en: Mapped[str]
    unit: Mapped[str]
    aggregation: Mapped[str]
    approximate: Mapped[bool] = mapped_column(default=False)


class ServiceItem(Base):
    """A service item (服务事项).

    ``promised_days`` and ``statutory_days`` are working days; ``fields`` describes the form,
    ``materials`` what to hand in (``deferrable`` marks 容缺), ``outcomes`` metric codes. ``ladder``
    holds the working days after the due time for levels 1 to 3, where the item has its own. An item
    that is not ``listed`` can be asked for only as a step of a package. What an administrator has
    ``edited`` is this park's own: loading the catalogue's files leaves it alone.
    """

    __tablename__ = "service_item"
    __table_args__ = (UniqueConstraint("park_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    code: Mapped[str]
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"), index=True)
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    lead_unit: Mapped[str]
    partner_units: Mapped[list[Any]]
    promised_days: Mapped[int]
    statutory_days: Mapped[int | None]
    statutory_text: Mapped[str]
    clock: Mapped[str]
    authorization: Mapped[str]
    aliases: Mapped[list[Any]]
    fields: Mapped[list[Any]]
    materials: Mapped[list[Any]]
    outcomes: Mapped[list[Any]]
    confidential: Mapped[bool] = mapped_column(default=False)
    common: Mapped[bool] = mapped_column(default=False)
    search_text: Mapped[str]
    listed: Mapped[bool] = mapped_column(default=True, server_default=true())
    ladder: Mapped[list[Any] | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    edited: Mapped[bool] = mapped_column(default=False, server_default=false())


class ItemVersion(Base):
    """What a service item was at one version (事项版本): a ticket keeps the one it was filed under.

    ``definition`` holds the columns of :class:`ServiceItem` by name. Nobody published what the
    installation's files said.
    """

    __tablename__ = "item_version"
    __table_args__ = (UniqueConstraint("item_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("service_item.id"))
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MaterialTemplate(Base):
    """A file that shows how a material is filled in (材料样表); definitions name its ``token``."""

    __tablename__ = "material_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    stored_as: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
