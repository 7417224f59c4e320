"""Tables: the days that differ from the weekday rule, and which years are published."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class CalendarYear(Base):
    """A year of the calendar; ``published`` is false while the State Council's notice is awaited."""

    __tablename__ = "calendar_year"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published: Mapped[bool]


class CalendarDay(Base):
    """A day off on a weekday, or a working day at a weekend (节假日、调休上班).

    ``source`` is ``library``, ``fixed`` (fixed-date holidays of an unpublished year) or ``local``.
    """

    __tablename__ = "calendar_day"

    park_id: Mapped[int] = mapped_column(ForeignKey("park.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
