"""Reading parks and units."""

from collections.abc import Sequence

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.organisation.models import Park, Unit


def default_park() -> Park:
    """Return the first park; an installation has at least one after ``flask setup``."""
    return db.session.execute(select(Park).order_by(Park.id).limit(1)).scalar_one()


def parks() -> Sequence[Park]:
    """Return every park of the installation."""
    return db.session.scalars(select(Park).order_by(Park.id)).all()


def park(park_id: int) -> Park:
    """Return a park by its row number."""
    found = db.session.get_one(Park, park_id)
    db.session.info["park"] = found  # the identity map holds rows weakly; this one is asked often
    return found


def units(park_id: int) -> Sequence[Unit]:
    """Return the park's units in the order of the catalogue."""
    return db.session.scalars(select(Unit).where(Unit.park_id == park_id).order_by(Unit.id)).all()


def unit_by_code(park_id: int, code: str) -> Unit | None:
    """Return one unit of the park by its code, or ``None``."""
    return db.session.scalar(select(Unit).where(Unit.park_id == park_id, Unit.code == code))


def unit(unit_id: int) -> Unit:
    """Return a unit by its row number."""
    return db.session.get_one(Unit, unit_id)
