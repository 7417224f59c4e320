"""Numbers that are published in versions (办理规则、绩效权重): read from a form, published, or said why not."""

from collections.abc import Callable, Iterable, Mapping

from flask import flash, request
from flask_babel import gettext as _

from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Faulty, Refused
from servicedesk.web.access import actor
from servicedesk.web.forms import tidy, with_number

NO_NUMBER = N_("请填写整数。")
Publish = Callable[[Actor, Mapping[str, int], str, int], object]
Page = Callable[[Mapping[str, str], Mapping[str, str], str], str]
"""The page with what was typed and what is wrong, both by key, and the note."""


def numbers(
    source: Mapping[str, str], keys: Iterable[str]
) -> tuple[dict[str, int], dict[str, str], dict[str, str]]:
    """Return the numbers that ``source`` gives, what was typed, and what is no number, by key."""
    values: dict[str, int] = {}
    typed: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for key in keys:
        if key not in source:
            continue
        text = typed[key] = tidy(source[key])[:10]
        if text.isascii() and text.isdigit():
            values[key] = int(text)
        else:
            wrong[key] = NO_NUMBER
    return values, typed, wrong


def published(
    keys: Iterable[str], publish: Publish, page: Page, outdated: str
) -> tuple[str, int] | None:
    """Publish the form's numbers as the next version; else return the page with what was typed.

    What is wrong is said at its field. ``outdated`` is said where somebody has published since.
    """
    values, typed, wrong = numbers(request.form, keys)
    note = tidy(request.form.get("note"))
    if wrong:
        return page(typed, wrong, note), 422
    try:
        publish(actor(), values, note, with_number(request.form.get("seen")))
    except Faulty as faulty:
        return page(typed, faulty.faults, note), 422
    except Refused as refused:
        if refused.field is None:
            flash(_(refused.reason), "warning")
        return page(typed, {refused.field: refused.reason} if refused.field else {}, note), 422
    except Conflict:
        flash(_(outdated), "warning")
        return page(typed, {}, note), 409
    return None
