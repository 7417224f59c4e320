"""Whose results somebody may see (绩效可见范围): the park's, the own unit's, or one's own.

Nobody sees people of another unit, but for those who see the whole park.
"""

from servicedesk.accounts.queries import user as get_user
from servicedesk.core.permissions import STAFF, Actor, Scope, scope_of
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.organisation.queries import unit_by_code
from servicedesk.performance.queries import Kind
from servicedesk.performance.results import Subject


def sees_park(actor: Actor) -> bool:
    """Tell whether the person sees every unit and everybody."""
    return scope_of(actor.role, "performance.view") is Scope.PARK


def sees_unit(actor: Actor, unit_id: int | None) -> bool:
    """Tell whether the person sees a unit's result and those of all of its people."""
    if sees_park(actor):
        return True
    heads = scope_of(actor.role, "figures.view") is Scope.UNIT
    return heads and unit_id is not None and actor.unit_id == unit_id


def visible_unit(actor: Actor, code: str) -> Subject | None:
    """Return a unit whose result the person may see, or ``None``."""
    found = unit_by_code(actor.park_id, code)
    if found is None or not sees_unit(actor, found.id):
        return None
    return Subject(Kind.UNIT, found.id, found.name, found.code, found.id)


def visible_person(actor: Actor, user_id: int) -> Subject | None:
    """Return somebody of the staff whose result the person may see, or ``None``."""
    found = get_user(user_id)
    if found is None or found.park_id != actor.park_id or found.role_enum not in STAFF:
        return None
    if found.id != actor.user_id and not sees_unit(actor, found.unit_id):
        return None
    return Subject(Kind.PERSON, found.id, found.name, "", found.unit_id)


def own_unit(actor: Actor) -> Subject | None:
    """Return the person's own unit, where its result may be seen."""
    if actor.unit_id is None:
        return None
    return visible_unit(actor, get_unit(actor.unit_id).code)


def may_contest(actor: Actor, subject: Subject) -> bool:
    """Tell whether the person may contest a result: a head that of the unit, everybody the own one."""
    if scope_of(actor.role, "performance.contest") is None:
        return False
    if subject.kind is Kind.PERSON:
        return subject.id == actor.user_id
    heads = scope_of(actor.role, "figures.view") is not None
    return heads and subject.id == actor.unit_id
