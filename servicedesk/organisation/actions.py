"""Setting up parks and their units; what a park publishes."""

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.suppression import MINIMUM_LEAST, MINIMUM_MOST
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.models import Park, Unit
from servicedesk.transaction import changed_rows, unit_of_work


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


@unit_of_work
def switch_public_page(actor: Actor, wanted: tuple[bool, int], seen: tuple[bool, int]) -> None:
    """Publish the park's figures or stop, with the least count that is shown (政务公开开关).

    ``seen`` is what the person's form showed: (public, minimum).

    Raises:
        Refused: it is not the actor's to switch, or the minimum is out of bounds.
        Conflict: somebody switched since.
    """
    if not allows(actor, "public.switch", Subject(actor.park_id)):
        raise Refused(N_("您没有公开或关闭政务公开页的权限。"), kind="permission")
    if not MINIMUM_LEAST <= wanted[1] <= MINIMUM_MOST:
        raise Refused(N_("最小公开件数须为3至50。"), field="minimum")
    changed = changed_rows(
        update(Park)
        .where(Park.id == actor.park_id, Park.public_page.is_(seen[0]))
        .where(Park.public_minimum == seen[1])
        .values(public_page=wanted[0], public_minimum=wanted[1])
    )
    if changed != 1:
        raise Conflict(0, 1)
    record(
        actor, "public.switch", "park", actor.park_id,
        before={"public": seen[0], "minimum": seen[1]},
        after={"public": wanted[0], "minimum": wanted[1]},
    )  # fmt: skip
