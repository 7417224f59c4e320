"""Titles of enterprises (资质认定): awarding, and asking who holds what on a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise, Title
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.transaction import unit_of_work


@unit_of_work
def award(
    actor: Actor,
    enterprise_id: int,
    *,
    name: str,
    level: str,
    awarded_on: date,
    expires_on: date | None = None,
    number: str = "",
    source: str = "",
) -> Title:
    """Put a title into the file; the same name on the same day is the same title.

    Who may is asked by the caller: the approval of a declaration, the desk, the import.

    Raises:
        Refused: the title would end before it begins.
    """
    if expires_on is not None and expires_on < awarded_on:
        raise Refused(N_("有效期不能早于认定日期。"), field="expires_on")
    found = db.session.scalar(
        select(Title).where(
            Title.enterprise_id == enterprise_id,
            Title.name == name,
            Title.awarded_on == awarded_on,
        )
    )
    if found is not None:
        return found
    title = Title(
        enterprise_id=enterprise_id, name=name, level=level, number=number,
        awarded_on=awarded_on, expires_on=expires_on, source=source,
        recorded_by_id=actor.user_id, recorded_at=clock.now(),
    )  # fmt: skip
    db.session.add(title)
    db.session.flush()
    after = {"title": name, "level": level, "awarded_on": awarded_on.isoformat(),
             "expires_on": expires_on.isoformat() if expires_on else None, "source": source}  # fmt: skip
    record(actor, "enterprise.award_title", "enterprise", enterprise_id, after=after)
    return title


def titles_of(enterprise_id: int) -> Sequence[Title]:
    """Return the enterprise's titles, newest first."""
    query = select(Title).where(Title.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Title.awarded_on.desc(), Title.id.desc())).all()


def titles_in(park_id: int, start: date, end: date) -> Sequence[Title]:
    """Return the titles that the park's enterprises were awarded from ``start`` to ``end``."""
    query = (
        select(Title)
        .join(Enterprise, Enterprise.id == Title.enterprise_id)
        .where(Enterprise.park_id == park_id, Title.awarded_on.between(start, end))
    )
    return db.session.scalars(query.order_by(Title.id)).all()


def titles_awarded_in(park_id: int, start: date, end: date) -> int:
    """Return how many titles :func:`titles_in` finds, without reading them."""
    query = (
        select(func.count())
        .select_from(Title)
        .join(Enterprise, Enterprise.id == Title.enterprise_id)
        .where(Enterprise.park_id == park_id, Title.awarded_on.between(start, end))
    )
    return db.session.scalar(query) or 0


def has_title(enterprise_id: int, name: str, on: date) -> bool:
    """Tell whether the enterprise holds the title ``name`` on a day; first and last day included."""
    query = select(Title.id).where(
        Title.enterprise_id == enterprise_id,
        Title.name == name,
        Title.awarded_on <= on,
        or_(Title.expires_on.is_(None), Title.expires_on >= on),
    )
    return db.session.scalar(query.limit(1)) is not None
