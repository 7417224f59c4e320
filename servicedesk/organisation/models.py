"""Tables: the park and the units that handle its tickets."""

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Park(Base):
    """A park (园区); one installation may hold several, each sees its own.

    ``working_hours`` is text such as ``09:00-12:00,13:30-17:30``; ``calendar_version`` rises with
    every change of the calendar, so that open due dates know when to be worked out again;
    ``rules_version`` is the version of the rules for what is filed now. ``public_page`` publishes
    figures to everybody (政务公开); counts below ``public_minimum`` are suppressed there.
    """

    __tablename__ = "park"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str]
    region: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    working_hours: Mapped[str] = mapped_column(default="09:00-12:00,13:30-17:30")
    calendar_version: Mapped[int] = mapped_column(default=1)
    rules_version: Mapped[int] = mapped_column(default=1, server_default="1")
    public_page: Mapped[bool] = mapped_column(default=False, server_default=false())
    public_minimum: Mapped[int] = mapped_column(default=5, server_default="5")


class Unit(Base):
    """A handling unit (承办单位): a department, a park office, a bank, a steward.

    ``assignment`` says who gets a new ticket: ``hand``, ``turn``, ``load`` or ``skill``.
    """

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("park_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"))
    code: Mapped[str]
    name: Mapped[str]
    assignment: Mapped[str] = mapped_column(default="hand", server_default="hand")
