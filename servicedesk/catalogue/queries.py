"""Reading the catalogue: lists, single items, their forms, and a forgiving search."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from servicedesk.catalogue.fields import Field, fields_from
from servicedesk.catalogue.models import Category, Metric, ServiceItem
from servicedesk.core.textsearch import MAX_QUERY, index_terms, normalise
from servicedesk.extensions import db

SIMILAR_ITEMS = 8
_NAME, _ALIAS, _WORD, _PART = range(4)  # how well a term matches, best first


def categories() -> Sequence[Category]:
    """Return the categories in their order."""
    return db.session.scalars(select(Category).order_by(Category.code)).all()


def metrics() -> dict[str, Metric]:
    """Return the outcome metrics by code."""
    return {metric.code: metric for metric in db.session.scalars(select(Metric))}


def items(park_id: int) -> Sequence[ServiceItem]:
    """Return the park's service items in the order of their codes."""
    chosen = select(ServiceItem).where(ServiceItem.park_id == park_id)
    return db.session.scalars(chosen.order_by(ServiceItem.code)).all()


def item_labels(park_id: int) -> Sequence[Row[Any]]:
    """Return code, category and names of the park's items only: what lists and filters need."""
    columns: tuple[Any, ...] = (
        ServiceItem.id, ServiceItem.code, ServiceItem.category_code,
        ServiceItem.name, ServiceItem.name_en,
    )  # fmt: skip
    chosen = select(*columns).where(ServiceItem.park_id == park_id)
    return db.session.execute(chosen.order_by(ServiceItem.code)).all()


def items_by_id(park_id: int) -> dict[int, ServiceItem]:
    """Return the park's service items by row number."""
    return {item.id: item for item in items(park_id)}


def common_items(park_id: int) -> Sequence[ServiceItem]:
    """Return what is asked for most."""
    return [item for item in items(park_id) if item.common]


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


def search(park_id: int, text: str) -> list[ServiceItem]:
    """Find items by name, alias, pinyin, English word or code; every word must match.

    A match in the name comes before one in an alias, that before pinyin and English. When nothing
    matches, the items that share most pairs of Chinese characters with ``text`` are returned.
    """
    text = text[:MAX_QUERY]
    terms = _words(text)
    if not terms:
        return []
    candidates = items(park_id)
    ranks = {item.id: _rank(item, terms) for item in candidates}
    found = [item for item in candidates if ranks[item.id] is not None]
    return sorted(found, key=lambda item: ranks[item.id] or 0) or _similar(candidates, text)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", normalise(text))


def _rank(item: ServiceItem, terms: Sequence[str]) -> int | None:
    """Return the rank of the term that matches worst; ``None`` when one does not match."""
    ranks = [_term_rank(item, term) for term in terms]
    return max(rank for rank in ranks if rank is not None) if None not in ranks else None


def _term_rank(item: ServiceItem, term: str) -> int | None:
    if term in _compact(item.name) or item.code.casefold().startswith(term):
        return _NAME
    if any(term in _compact(alias) for alias in item.aliases):
        return _ALIAS
    if any(word.startswith(term) for word in _words(item.search_text)):
        return _WORD
    if len(term) > 2 and term in item.search_text:  # two letters would match inside any pinyin
        return _PART
    return None


def _compact(text: str) -> str:
    """Drop brackets and quotation marks, which nobody types when searching."""
    return "".join(_words(text))


def _similar(candidates: Sequence[ServiceItem], text: str) -> list[ServiceItem]:
    """Return the items that share most pairs of Chinese characters with ``text``."""
    wanted = _pairs(text)
    shared = {item.id: len(wanted & _pairs(item.search_text)) for item in candidates}
    alike = [item for item in candidates if shared[item.id]]
    return sorted(alike, key=lambda item: -shared[item.id])[:SIMILAR_ITEMS]


def _pairs(text: str) -> set[str]:
    return {term for term in index_terms(text) if len(term) == 2 and not term.isascii()}
