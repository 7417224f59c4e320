"""Editing the catalogue: publishing a new version of an item, taking it off the list, templates.

A published version never changes. Tickets keep the one that they were filed under.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from servicedesk.audit.actions import record
from servicedesk.catalogue.actions import add_version, columns_of, write_columns
from servicedesk.catalogue.definition import DEFAULTS, KEYS, Definition, Known, read
from servicedesk.catalogue.models import (
    Category,
    ItemVersion,
    MaterialTemplate,
    Metric,
    ServiceItem,
)
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import units
from servicedesk.tickets.files import StoredFile
from servicedesk.transaction import changed_rows, unit_of_work

NEW = 0
"""The version that an editor has seen of an item that is not there yet."""
TEMPLATES_LIVE = timedelta(hours=24)  # until a version names them


def known_in(park_id: int) -> Known:
    """Return what definitions of this park may refer to."""
    tokens = select(MaterialTemplate.token).where(MaterialTemplate.park_id == park_id)
    return Known(
        categories=frozenset(db.session.scalars(select(Category.code))),
        units=frozenset(unit.code for unit in units(park_id)),
        metrics=frozenset(db.session.scalars(select(Metric.code))),
        templates=frozenset(db.session.scalars(tokens)),
    )


def publish(actor: Actor, definition: Definition, seen: int) -> ServiceItem:
    """Publish a definition as the next version of the item with its code, or as a new item.

    ``seen`` is the version that the editor showed, :data:`NEW` for a new item. What equals the
    present version makes no new one.

    Raises:
        Refused: not permitted, it refers to what is not there, or the code of a new item is taken.
        Conflict: somebody has published since ``seen``.
    """
    try:
        return _publish(actor, definition, seen)
    except IntegrityError as error:
        raise Refused(N_("这个编号已经有事项使用，请换一个。"), field="code") from error


@unit_of_work
def _publish(actor: Actor, definition: Definition, seen: int) -> ServiceItem:
    _require(actor)
    _still_fits(actor.park_id, definition)
    item = _locked(actor.park_id, definition.code)
    if item is None:
        return _create(actor, definition)
    if seen == NEW:
        raise Refused(N_("这个编号已经有事项使用，请换一个。"), field="code")
    if item.version != seen:
        raise Conflict(seen, item.version)
    before = columns_of(item)
    if before != definition.to_dict():
        _change(actor, item, definition, before)
    return item


def _require(actor: Actor) -> None:
    if not allows(actor, "catalogue.edit", Subject(actor.park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def _still_fits(park_id: int, definition: Definition) -> None:
    """Refuse what fitted when it was read and no longer does: a unit may have gone meanwhile."""
    _same, faults = read(definition.to_dict(), known_in(park_id))
    if faults:
        raise Refused(faults[0].reason % faults[0].values, field=str(faults[0].path[0]))


def _locked(park_id: int, code: str) -> ServiceItem | None:
    wanted = select(ServiceItem).where(ServiceItem.park_id == park_id, ServiceItem.code == code)
    return db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def _create(actor: Actor, definition: Definition) -> ServiceItem:
    item = ServiceItem(park_id=actor.park_id, code=definition.code, version=1, edited=True)
    write_columns(item, definition)
    db.session.add(item)
    db.session.flush()
    add_version(item, actor.user_id)
    record(actor, "catalogue.create", "service_item", item.code, after=definition.to_dict())
    return item


def _change(
    actor: Actor, item: ServiceItem, definition: Definition, before: Mapping[str, Any]
) -> None:
    item.version += 1
    item.edited = True
    write_columns(item, definition)
    db.session.flush()
    add_version(item, actor.user_id)
    after = definition.to_dict()
    changed = [key for key in KEYS if _value(before, key) != _value(after, key)]
    record(
        actor, "catalogue.publish", "service_item", item.code,
        {"version": item.version - 1, **{key: before[key] for key in changed}},
        {"version": item.version, **{key: after[key] for key in changed}},
    )  # fmt: skip


def _value(definition: Mapping[str, Any], key: str) -> Any:
    return definition.get(key, DEFAULTS.get(key))


def set_listed(actor: Actor, code: str, listed: bool, seen: int) -> ServiceItem:
    """Take an item off the list (停止受理) or put it back, as a new version.

    Tickets that were filed go on; packages can still open it.

    Raises:
        Refused: not permitted, or there is no such item.
        Conflict: somebody has published since ``seen``.
    """
    item = db.session.scalar(
        select(ServiceItem).where(ServiceItem.park_id == actor.park_id, ServiceItem.code == code)
    )
    definition = read({**columns_of(item), "listed": listed})[0] if item is not None else None
    if definition is None:
        raise Refused(N_("没有这个事项，或它的定义有误，请打开编辑页检查。"))
    return publish(actor, definition, seen)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A definition of a file, and the version that the person saw of what it replaces."""

    definition: Definition
    seen: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: codes that were published, and those that somebody changed since."""

    published: tuple[str, ...]
    overtaken: tuple[str, ...]


def import_all(actor: Actor, wanted: Iterable[Wanted]) -> Imported:
    """Publish what a file defines, each item in a transaction of its own.

    Raises:
        Refused: not permitted.
    """
    published, overtaken = [], []
    for one in wanted:
        try:
            publish(actor, one.definition, one.seen)
        except Conflict:
            overtaken.append(one.definition.code)
        except Refused as refused:
            if refused.kind == "permission":
                raise
            overtaken.append(one.definition.code)
        else:
            published.append(one.definition.code)
    return Imported(tuple(published), tuple(overtaken))


@unit_of_work
def add_template(actor: Actor, file: StoredFile) -> MaterialTemplate:
    """Keep a stored file as a template that definitions may name.

    Raises:
        Refused: not permitted.
    """
    _require(actor)
    template = MaterialTemplate(
        park_id=actor.park_id, token=new_token(), name=file.name, media_type=file.media_type,
        size=file.size, sha256=file.sha256, stored_as=file.stored_as, created_at=clock.now(),
        created_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(template)
    db.session.flush()
    record(actor, "catalogue.template", "material_template", template.id, after={"name": file.name})
    return template


@unit_of_work
def forget_templates() -> int:
    """Delete templates that no version names a day after they came; returns how many."""
    named = {
        material.get("template")
        for definition in db.session.scalars(select(ItemVersion.definition))
        for material in definition["materials"]
    }
    old = delete(MaterialTemplate).where(
        MaterialTemplate.created_at < clock.now() - TEMPLATES_LIVE,
        MaterialTemplate.token.not_in([token for token in named if token]),
    )
    return changed_rows(old)
