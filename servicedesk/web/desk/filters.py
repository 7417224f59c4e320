"""From the address of a list to a filter and back; only known names are let through.

A saved view (自定义视图) is read by the same code as an address. In an address a wrong value is a 400;
in a saved view it is what was right once, and is passed over.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, request

from servicedesk.core.channels import CHANNELS
from servicedesk.core.figures import BY_KEY, Basis
from servicedesk.core.industries import SECTIONS
from servicedesk.core.permissions import Actor
from servicedesk.core.scales import SCALES
from servicedesk.core.workflow import State
from servicedesk.errors import Refused
from servicedesk.statistics.cutting import NOT_RECORDED
from servicedesk.statistics.periods import is_period
from servicedesk.statistics.reach import within
from servicedesk.tickets.listing import SORTS, Filter
from servicedesk.tickets.views import VIEW_NAMES, VIEWS_OF
from servicedesk.web.forms import number_in, person_in

TEXT_MAX = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100
OF_FIGURES = frozenset({"figure", "person", "industry", "scale", "area", "weekday", "hour"})
WEEKDAYS = tuple(str(day) for day in range(1, 8))
LADDER_LEVELS = ("level_1", "level_2", "level_3")
HOURS = tuple(str(hour) for hour in range(24))
Source = Mapping[str, Any]


class WrongValue(ValueError):
    """A value that no list has."""


class BeyondReach(WrongValue):
    """Figures that the person may not see; ``refused`` says so."""

    def __init__(self, refused: Refused) -> None:
        super().__init__("cut")
        self.refused = refused


def from_address(actor: Actor) -> Filter:
    """Return the filter that this request's address asks for; a wrong name is a 400."""
    return filter_or_400(actor, request.args)


def filter_or_400(actor: Actor, source: Source) -> Filter:
    """Return the filter that ``source`` asks for; a wrong name is a 400.

    Raises:
        Refused: it asks for figures that the person may not see.
    """
    try:
        return filter_of(actor, source)
    except BeyondReach as beyond:
        raise beyond.refused from None
    except WrongValue:
        abort(400)


def filter_of(actor: Actor, source: Source) -> Filter:
    """Return the filter that ``source`` asks for, in the words of an address.

    Raises:
        WrongValue: a word is none that a list knows, or the person may not see that person's figures.
    """
    views = VIEWS_OF.get(actor.role, ("all",))
    figures = source.get("period") or source.get("figure")
    view = _known("view", VIEW_NAMES, "all" if figures else views[0], source)
    sort = _known("sort", SORTS, "newest", source)
    wanted = Filter(
        view=view,
        q=_text("q", source),
        state=_known("state", list(State), "", source),
        category=_text("category", source),
        item=_text("item", source),
        unit=_text("unit", source),
        channel=_known("channel", CHANNELS, "", source),
        enterprise=number_in(_text("enterprise", source)),
        since=_day("since", source),
        until=_day("until", source),
        figure=_text("figure", source),
        period=_period(source),
        cut=_text("cut", source),
        metric=_text("metric", source),
        industry=_known("industry", (*SECTIONS, NOT_RECORDED), "", source),
        scale=_known("scale", (*SCALES, NOT_RECORDED), "", source),
        area=_text("area", source),
        person=person_in(_text("person", source)),
        weekday=_known("weekday", WEEKDAYS, "", source),
        hour=_known("hour", HOURS, "", source),
        escalated=_known("escalated", LADDER_LEVELS, "", source),
        sort="newest" if view == "all" and sort == "due" else sort,  # most have none any more
        after=_text("after", source),
    )
    return wanted if wanted.span is None else _within_reach(actor, wanted)


def _within_reach(actor: Actor, wanted: Filter) -> Filter:
    """Insist on a figure that is counted from tickets; narrow it to what the person may see figures of."""
    figure = BY_KEY.get(wanted.figure)
    if figure is None or figure.basis not in (Basis.SUBMITTED, Basis.RESOLVED):
        raise WrongValue("figure")
    try:
        reach = within(actor, wanted.figure_cut)
    except Refused as refused:
        raise BeyondReach(refused) from refused
    return replace(wanted, unit=reach.unit, person=reach.person or None)


def remembered(actor: Actor, stored: Source) -> tuple[Filter, bool]:
    """Return the filter of a saved view, and whether all of its words are still known."""
    kept: dict[str, Any] = {}
    for name, value in stored.items():
        with suppress(WrongValue):
            filter_of(actor, {name: value})
            kept[name] = value
    try:
        return filter_of(actor, kept), len(kept) == len(stored)
    except WrongValue:  # each word is known, but together they are figures of somebody else
        rest = {name: value for name, value in kept.items() if name not in OF_FIGURES}
        return filter_of(actor, rest), False


def to_query(wanted: Filter) -> dict[str, str]:
    """Return a filter as an address has it, without the place in the list."""
    values = {one.name: getattr(wanted, one.name) for one in fields(wanted) if one.name != "after"}
    if values["sort"] == "newest":
        del values["sort"]
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def from_query(actor: Actor, text: str) -> Filter:
    """Return the filter of an address's query, sent along by a form; a wrong name is a 400."""
    try:
        pairs = parse_qsl(text[:2000], max_num_fields=40)
    except ValueError:
        abort(400)
    return filter_or_400(actor, dict(pairs))


def text_of(name: str) -> str:
    """Return a bounded text of the address, empty where there is none."""
    return _text(name, request.args)


def known_of(name: str, names: object, default: str) -> str:
    """Return a word of the address that is one of ``names``; any other is a 400."""
    try:
        return _known(name, names, default, request.args)
    except WrongValue:
        abort(400)


def day_of(name: str) -> date | None:
    """Return a day of the address (``2024-03-05``), if it names one; a wrong one is a 400."""
    try:
        return _day(name, request.args)
    except WrongValue:
        abort(400)


def _text(name: str, source: Source) -> str:
    return str(source.get(name) or "").replace("\x00", "").strip()[:TEXT_MAX]


def _known(name: str, names: object, default: str, source: Source) -> str:
    value = _text(name, source)
    if not value:
        return default
    if value not in names:  # type: ignore[operator]
        raise WrongValue(name)
    return value


def _day(name: str, source: Source) -> date | None:
    if not _text(name, source):
        return None
    try:
        day = date.fromisoformat(_text(name, source))
    except ValueError as error:
        raise WrongValue(name) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise WrongValue(name)
    return day


def _period(source: Source) -> str:
    """Return ``2024`` or ``2024-03``, or nothing."""
    value = _text("period", source)
    if value and not (is_period(value) and FIRST_YEAR <= int(value[:4]) <= LAST_YEAR):
        raise WrongValue("period")
    return value
