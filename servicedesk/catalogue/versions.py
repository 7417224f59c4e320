"""Reading for the administration of the catalogue: versions of an item, templates, the files."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from servicedesk.accounts.queries import names
from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import Definition, read
from servicedesk.catalogue.differences import Difference, differences
from servicedesk.catalogue.models import ItemVersion, MaterialTemplate, ServiceItem
from servicedesk.catalogue.queries import items
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Published:
    """One version of an item: when and by whom, how many tickets keep it, what was new in it.

    ``by`` is empty where the installation's files said so.
    """

    version: int
    definition: Mapping[str, Any]
    at: datetime
    by: str
    tickets: int
    changes: list[Difference]


def versions_of(item_id: int) -> list[Published]:
    """Return the versions of an item, newest first."""
    query = select(ItemVersion).where(ItemVersion.item_id == item_id)
    rows = db.session.scalars(query.order_by(ItemVersion.version)).all()
    filed = _filed(item_id)
    people = names([row.published_by_id for row in rows])
    found: list[Published] = []
    before: Mapping[str, Any] | None = None
    for row in rows:
        changes = [] if before is None else differences(before, row.definition)
        before = row.definition
        by = people.get(row.published_by_id, "") if row.published_by_id else ""
        number = filed.get(row.version, 0)
        published = Published(row.version, before, row.published_at, by, number, changes)
        found.append(published)
    return found[::-1]


def _filed(item_id: int) -> dict[int, int]:
    """Return how many tickets keep each version."""
    query = select(Ticket.item_version, func.count()).where(Ticket.item_id == item_id)
    rows = db.session.execute(query.group_by(Ticket.item_version))
    return {row.item_version: row[1] for row in rows}


def changes_since(item: ServiceItem, version: int) -> list[Difference]:
    """Return what has changed in an item since somebody saw ``version``."""
    seen = db.session.scalar(
        select(ItemVersion.definition).where(
            ItemVersion.item_id == item.id, ItemVersion.version == version
        )
    )
    return differences(seen, columns_of(item)) if seen is not None else []


def last_published(park_id: int) -> dict[int, datetime]:
    """Return when each item's present version was published, by the item's row number."""
    query = (
        select(ItemVersion.item_id, ItemVersion.published_at)
        .join(ServiceItem, ServiceItem.id == ItemVersion.item_id)
        .where(ServiceItem.park_id == park_id, ServiceItem.version == ItemVersion.version)
    )
    return {row.item_id: row.published_at for row in db.session.execute(query)}


def definitions(park_id: int, codes: Collection[str] | None = None) -> list[Definition]:
    """Return the park's items as definitions, all or those with these codes."""
    found = (
        read(columns_of(item))[0] for item in items(park_id) if codes is None or item.code in codes
    )
    return [definition for definition in found if definition is not None]


def templates(tokens: Collection[str]) -> dict[str, MaterialTemplate]:
    """Return the templates with these tokens."""
    wanted = [token for token in tokens if token]
    if not wanted:
        return {}
    query = select(MaterialTemplate).where(MaterialTemplate.token.in_(wanted))
    return {template.token: template for template in db.session.scalars(query)}


def template_by_token(park_id: int, token: str) -> MaterialTemplate | None:
    """Return a template of the park, or ``None``."""
    return db.session.scalar(
        select(MaterialTemplate).where(
            MaterialTemplate.park_id == park_id, MaterialTemplate.token == token
        )
    )


def template_files() -> set[str]:
    """Return the stored name of every template, for the sweeper."""
    return set(db.session.scalars(select(MaterialTemplate.stored_as)))
