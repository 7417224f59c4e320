"""Duplicates while filing (重复件): what is open already is shown before a person goes on.

A form names the open tickets that it showed (``known``); it files only when all that are open now
were shown. Or the person adds what was typed to one of them (``add_to``), files and all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import Row
from wtforms import Form

from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import fields_of
from servicedesk.core.materials import SLOT_NAMES, Slot
from servicedesk.core.similarity import telling_terms
from servicedesk.errors import KeyReused, Refused
from servicedesk.tickets.joining import add_to, is_sent
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import by_number
from servicedesk.tickets.similar import duplicates
from servicedesk.web.access import actor
from servicedesk.web.forms import plain
from servicedesk.web.slots import Slots
from servicedesk.web.telling import answer, field_label

WORDS_MAX = 6000


@dataclass(frozen=True, slots=True)
class Doubles:
    """The enterprise's open tickets of the item; ``asked``: the form must be shown again first."""

    rows: Sequence[Row[Any]]
    asked: bool = False
    wrong: str = ""


def doubles(enterprise_id: int, item: ServiceItem, key: str = "") -> Doubles:
    """Return what is open already, and whether this request's form has not shown all of it.

    A form that was taken before is only a repeat: what it filed is no duplicate of itself.
    """
    rows = _likest_first(duplicates(actor(), enterprise_id, item.id))
    known = set(request.form.getlist("known"))
    unseen = any(row.number not in known for row in rows)
    return Doubles(rows, unseen and request.method == "POST" and not is_sent(actor(), key))


def _likest_first(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Put the tickets first whose titles have most in common with what is being written."""
    typed = telling_terms(request.values.get("title", ""), request.values.get("description", ""))
    return sorted(rows, key=lambda row: -len(typed & telling_terms(row.title)))


def adds() -> str:
    """Return the number of the ticket to which the form is to be added, or nothing."""
    return request.form.get("add_to", "")[:20]


def add_typed(
    item: ServiceItem, form: Form, slots: Slots, tokens: Sequence[str], key: str
) -> Ticket | str:
    """Add all that was typed and handed in to the chosen ticket; returns it, or why not."""
    ticket = by_number(actor(), adds())
    if ticket is None or ticket.item_id != item.id:
        return _("没有找到这个工单号，或您不能查看它。")
    handed_in = [*tokens, *(token for one in slots.fields for token in one.tokens)]
    said = words_of(item, form, slots)
    if not (form["description"].data or "").strip() and not handed_in:
        return _("请在“具体情况”里写下要补充的内容，或上传文件。")
    try:
        return add_to(actor(), ticket.id, said, list(dict.fromkeys(handed_in)), key)
    except Refused as refused:
        return str(_(refused.reason))
    except KeyReused:
        return _("这份表单已提交过，请重新填写。")


def words_of(item: ServiceItem, form: Form, slots: Slots) -> str:
    """Write everything that was typed into a form as one text, so that nothing of it is lost."""
    lines = [str(form["title"].data or ""), str(form["description"].data or "")]
    for field in fields_of(item):
        value = plain(form[field.name].data)
        if value not in (None, "", []):
            lines.append(f"{field_label(field)}：{answer(value, field)}")
    for one in slots.fields:
        if one.tokens or one.chosen is Slot.KEPT:
            lines.append(f"{one.material.name}：{_(SLOT_NAMES[one.chosen])}")
    lines.append(f"{form['contact'].data or ''} {form['phone'].data or ''}".strip())
    return "\n".join(line for line in lines if line)[:WORDS_MAX]
