"""Reading parks and units."""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class UnitLabel:
    """What a unit is called: a plain value, where nothing else of it is needed."""

    id: int
    code: str
    name: str


def unit_labels(park_id: int) -> Sequence[UnitLabel]:
    """Return what the park's units are called, in the order of :func:`units`."""
    query = select(Unit.id, Unit.code, Unit.name).where(Unit.park_id == park_id)
    return [UnitLabel(*row) for row in db.session.execute(query.order_by(Unit.id))]


def unit_by_code(park_id: int, code: str) -> Unit | None:
    """Return one unit of the park by its code, or ``None``."""
    return db.session.scalar(select(Unit).where(Unit.park_id == park_id, Unit.code == code))


def unit(unit_id: int) -> Unit:
    """Return a unit by its row number."""
    return db.session.get_one(Unit, unit_id)
