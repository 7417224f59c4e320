"""Reading the catalogue: lists, single items, their forms and versions, and a forgiving search."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select

from servicedesk.catalogue.fields import Field, fields_from, questions_of
from servicedesk.catalogue.finding import find
from servicedesk.catalogue.materials import Material, materials_from
from servicedesk.catalogue.models import Category, ItemVersion, Metric, ServiceItem
from servicedesk.core.questions import kept
from servicedesk.extensions import db
from servicedesk.unchanged import while_unchanged

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CategoryLabel:
    """A group of service items (类别) as a plain value."""

    code: str
    name: str
    name_en: str
    icon: str


@dataclass(frozen=True, slots=True)
class MetricLabel:
    """An outcome figure (成效指标) as a plain value."""

    code: str
    label: str
    label_en: str
    unit: str
    aggregation: str
    approximate: bool


@dataclass(frozen=True, slots=True)
class ItemLabel:
    """A service item (事项) as a plain value: what lists and filters need."""

    id: int
    code: str
    category_code: str
    name: str
    name_en: str


@while_unchanged
def categories() -> Sequence[CategoryLabel]:
    """Return the categories in their order."""
    return _plain(CategoryLabel, Category, Category.code)


@while_unchanged
def metrics() -> Mapping[str, MetricLabel]:
    """Return the outcome metrics by code."""
    return {metric.code: metric for metric in _plain(MetricLabel, Metric, Metric.code)}


def items(park_id: int) -> Sequence[ServiceItem]:
    """Return the park's service items in the order of their codes."""
    chosen = select(ServiceItem).where(ServiceItem.park_id == park_id)
    return db.session.scalars(chosen.order_by(ServiceItem.code)).all()


@while_unchanged
def item_labels(park_id: int) -> Sequence[ItemLabel]:
    """Return the park's items in the order of their codes, as plain values."""
    return _plain(ItemLabel, ServiceItem, ServiceItem.code, ServiceItem.park_id == park_id)


def _plain(
    label: Callable[..., T], model: Any, order: Any, *where: ColumnElement[bool]
) -> tuple[T, ...]:
    columns = [getattr(model, name) for name in signature(label).parameters]
    rows = db.session.execute(select(*columns).where(*where).order_by(order))
    return tuple(label(*row) for row in rows)


@while_unchanged
def promised_days(park_id: int) -> dict[int, int]:
    """Return the promised working days of the park's items by their row numbers."""
    query = select(ServiceItem.id, ServiceItem.promised_days)
    rows = db.session.execute(query.where(ServiceItem.park_id == park_id).order_by(ServiceItem.id))
    return {item: days for item, days in rows}  # noqa: C416 - no pairs to the type checker


def listed_items(park_id: int) -> Sequence[ServiceItem]:
    """Return the park's items that can be asked for by themselves."""
    return [item for item in items(park_id) if item.listed]


def items_by_id(park_id: int) -> dict[int, ServiceItem]:
    """Return the park's service items by row number."""
    return {item.id: item for item in items(park_id)}


def common_items(park_id: int) -> Sequence[ServiceItem]:
    """Return what is asked for most."""
    return [item for item in listed_items(park_id) if item.common]


def item(item_id: int) -> ServiceItem:
    """Return a service item by its row number."""
    return db.session.get_one(ServiceItem, item_id)


def item_by_code(park_id: int, code: str) -> ServiceItem | None:
    """Return the park's item with this code, or ``None``."""
    return db.session.scalar(
        select(ServiceItem).where(ServiceItem.park_id == park_id, ServiceItem.code == code)
    )


def fields_of(item: ServiceItem) -> tuple[Field, ...]:
    """Return the fields of the item's own form."""
    return fields_from(item.code, item.fields)


def materials_of(item: ServiceItem) -> tuple[Material, ...]:
    """Return what the item asks to be handed in."""
    return materials_from(item.code, item.materials, fields_of(item))


def search(park_id: int, text: str) -> list[ServiceItem]:
    """Find listed items by everyday words, pinyin, English or code, slips forgiven; best first."""
    return find(listed_items(park_id), text)


def item_at(item_id: int, version: int) -> ServiceItem:
    """Return an item as it was at ``version``: a copy to read, which no session ever writes.

    The row itself is returned where the version is the present one, or was never kept.
    """
    now = item(item_id)
    if now.version == version:
        return now
    definition = db.session.scalar(
        select(ItemVersion.definition).where(
            ItemVersion.item_id == item_id, ItemVersion.version == version
        )
    )
    if definition is None:
        return now
    return ServiceItem(
        **definition, id=now.id, park_id=now.park_id, version=version, edited=now.edited,
        search_text=now.search_text,
    )  # fmt: skip


def materials_for(item: ServiceItem, answers: Mapping[str, Any]) -> list[Material]:
    """Return the materials that a request with these answers is asked for."""
    fields = fields_of(item)
    given = kept(questions_of(fields), answers)
    return [
        material
        for material in materials_of(item)
        if material.when is None or material.when.holds(given)
    ]


def asked_answers(item: ServiceItem, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers without those to questions that the form does not ask then."""
    if not any("when" in field for field in item.fields):
        return dict(answers)
    return kept(questions_of(fields_of(item)), answers)
