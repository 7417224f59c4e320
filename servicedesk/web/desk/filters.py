"""From the address of a list to a filter and back; only known names are let through."""

from datetime import date

from flask import abort, request

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.statistics.periods import is_period
from servicedesk.tickets.actions import CHANNELS
from servicedesk.tickets.listing import SORTS, VIEW_NAMES, VIEWS_OF, Filter
from servicedesk.web.forms import number_of

TEXT_MAX = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100


def from_address(actor: Actor) -> Filter:
    """Return the filter that this request's address asks for; a wrong name is a 400."""
    views = VIEWS_OF.get(actor.role, ("all",))
    asked_period = bool(request.args.get("period"))
    view = _known("view", VIEW_NAMES, "all" if asked_period else views[0])
    sort = _known("sort", SORTS, "newest")
    return Filter(
        view=view,
        q=_text("q"),
        state=_known("state", list(State), ""),
        category=_text("category"),
        item=_text("item"),
        unit=_text("unit"),
        channel=_known("channel", CHANNELS, ""),
        enterprise=number_of("enterprise"),
        since=_day("since"),
        until=_day("until"),
        figure=_text("figure"),
        period=_period(),
        cut=_text("cut"),
        metric=_text("metric"),
        sort="newest" if view == "all" and sort == "due" else sort,  # most have none any more
        after=_text("after"),
    )


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()[:TEXT_MAX]


def _known(name: str, names: object, default: str) -> str:
    value = _text(name)
    if not value:
        return default
    if value not in names:  # type: ignore[operator]
        abort(400)
    return value


def _day(name: str) -> date | None:
    if not _text(name):
        return None
    try:
        day = date.fromisoformat(_text(name))
    except ValueError:
        abort(400)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        abort(400)
    return day


def _period() -> str:
    """Return ``2024`` or ``2024-03``, or nothing."""
    value = _text("period")
    if value and not (is_period(value) and FIRST_YEAR <= int(value[:4]) <= LAST_YEAR):
        abort(400)
    return value
