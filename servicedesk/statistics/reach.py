"""How far somebody's figures reach (数据范围): the park's, the unit's, or one's own."""

from dataclasses import fields, replace

from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.statistics.cutting import Cut


def own_cut(actor: Actor) -> Cut:
    """Return the widest cut whose figures the actor may see.

    Raises:
        Refused: none at all.
    """
    scope = scope_of(actor.role, "figures.view")
    if scope is Scope.PARK:
        return Cut()
    if scope is Scope.UNIT:
        if actor.unit_id is None:
            raise Refused(N_("您没有查看统计数据的权限。"), kind="permission")
        return Cut(unit=get_unit(actor.unit_id).code)
    if scope_of(actor.role, "figures.own") is not None and actor.user_id is not None:
        return Cut(person=actor.user_id)
    raise Refused(N_("您没有查看统计数据的权限。"), kind="permission")


def within(actor: Actor, wanted: Cut) -> Cut:
    """Return ``wanted``, narrowed to what the actor may see.

    Raises:
        Refused: it names another unit or another person than the actor's own.
    """
    limits = own_cut(actor).parameters()
    for field in fields(Cut):
        name = field.name
        if name in limits and str(getattr(wanted, name) or limits[name]) != limits[name]:
            raise Refused(N_("您只能查看自己范围内的统计数据。"), kind="permission")
    own = own_cut(actor)
    return replace(wanted, unit=own.unit or wanted.unit, person=own.person or wanted.person)
