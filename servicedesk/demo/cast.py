"""Who plays in the demo: the staff by part, the enterprises by short name, the catalogue by code."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from servicedesk.catalogue.fields import Field
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of, items
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.worktime import Calendar
from servicedesk.demo.enterprises import Client
from servicedesk.organisation.queries import units

_FIRST_CHOICE = 3  # the first of several colleagues takes three times as much


@dataclass(slots=True)
class Cast:
    """Everybody and everything that a story needs."""

    park_id: int
    hours: Calendar
    staff: Sequence[Actor]
    clients: dict[str, Client]
    items: dict[str, ServiceItem]
    fields: dict[str, tuple[Field, ...]]
    units: dict[str, int]

    @classmethod
    def of(
        cls, park_id: int, hours: Calendar, staff: Sequence[Actor], clients: dict[str, Client]
    ) -> "Cast":
        """Bring together the people and the park's catalogue."""
        catalogue = {item.code: item for item in items(park_id)}
        fields = {code: fields_of(item) for code, item in catalogue.items()}
        codes = {unit.code: unit.id for unit in units(park_id)}
        return cls(park_id, hours, staff, clients, catalogue, fields, codes)

    def holder(self, role: Role, chance: Random, unit: str | None = None) -> Actor:
        """Return one of the people with ``role``, of a unit where it is given."""
        unit_id = self.units[unit] if unit else None
        able = [
            actor
            for actor in self.staff
            if actor.role is role and (unit is None or actor.unit_id == unit_id)
        ]
        weights = [_FIRST_CHOICE, *[1] * (len(able) - 1)]
        return chance.choices(able, weights)[0]
