"""Setting up parks and their units."""

from sqlalchemy import select

from servicedesk.extensions import db
from servicedesk.organisation.models import Park, Unit
from servicedesk.transaction import unit_of_work


@unit_of_work
def create_park(code: str, name: str, short_name: str, region: str) -> Park:
    """Create a park with the default hours; its code must be new."""
    park = Park(code=code, name=name, short_name=short_name, region=region)
    db.session.add(park)
    db.session.flush()
    return park


@unit_of_work
def upsert_unit(park_id: int, code: str, name: str) -> Unit:
    """Create the park's unit with this code, or give it this name."""
    unit = db.session.scalar(select(Unit).where(Unit.park_id == park_id, Unit.code == code))
    if unit is None:
        unit = Unit(park_id=park_id, code=code)
        db.session.add(unit)
    unit.name = name
    db.session.flush()
    return unit
