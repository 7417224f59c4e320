"""Reading parks and units."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.organisation.models import Park, Unit
from servicedesk.unchanged import while_unchanged


@dataclass(frozen=True, slots=True)
class ParkLabel:
    """A park (园区) as a plain value; the fields are those of :class:`Park`."""

    id: int
    code: str
    name: str
    short_name: str
    region: str
    timezone: str
    working_hours: str
    calendar_version: int
    rules_version: int
    public_page: bool
    public_minimum: int


_OF_PARK = tuple(field.name for field in fields(ParkLabel))


@dataclass(frozen=True, slots=True)
class UnitLabel:
    """A handling unit (承办单位) as a plain value, to be shown and chosen."""

    id: int
    park_id: int
    code: str
    name: str
    assignment: str


def default_park() -> ParkLabel:
    """Return the first park; an installation has at least one after ``flask setup``."""
    return park(_first_park())


@while_unchanged
def _first_park() -> int:
    return db.session.execute(select(Park.id).order_by(Park.id).limit(1)).scalar_one()


def parks() -> Sequence[Park]:
    """Return every park of the installation."""
    return db.session.scalars(select(Park).order_by(Park.id)).all()


def park(park_id: int) -> ParkLabel:
    """Return a park by its row number, as this transaction sees it."""
    if db.session.info.get("writing"):
        row = park_row(park_id)
        return ParkLabel(*(getattr(row, name) for name in _OF_PARK))
    return _as_it_stays(park_id)


@while_unchanged
def _as_it_stays(park_id: int) -> ParkLabel:
    columns = select(*(getattr(Park, name) for name in _OF_PARK)).where(Park.id == park_id)
    return ParkLabel(*db.session.execute(columns).one())


def park_row(park_id: int) -> Park:
    """Return a park's row, to be changed in a unit of work."""
    found = db.session.get_one(Park, park_id)
    db.session.info["park"] = found  # the identity map holds rows weakly; this one is asked often
    return found


@while_unchanged
def units(park_id: int) -> Sequence[UnitLabel]:
    """Return the park's units in the order of the catalogue."""
    columns: tuple[Any, ...] = (Unit.id, Unit.park_id, Unit.code, Unit.name, Unit.assignment)
    query = select(*columns).where(Unit.park_id == park_id).order_by(Unit.id)
    return tuple(UnitLabel(*row) for row in db.session.execute(query))


def unit_by_code(park_id: int, code: str) -> Unit | None:
    """Return one unit of the park by its code, or ``None``."""
    return db.session.scalar(select(Unit).where(Unit.park_id == park_id, Unit.code == code))


def unit(unit_id: int) -> Unit:
    """Return a unit by its row number."""
    return db.session.get_one(Unit, unit_id)
