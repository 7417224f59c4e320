"""From the address of a list to a filter and back; only known names are let through."""

from datetime import date

from flask import abort, request

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.statistics.periods import is_period
from servicedesk.tickets.actions import CHANNELS
from servicedesk.tickets.listing import SORTS, Filter
from servicedesk.tickets.views import VIEW_NAMES, VIEWS_OF
from servicedesk.web.forms import number_of

TEXT_MAX = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100


def from_address(actor: Actor) -> Filter:
    """Return the filter that this request's address asks for; a wrong name is a 400."""
    views = VIEWS_OF.get(actor.role, ("all",))
    asked_period = bool(request.args.get("period"))
    view = known_of("view", VIEW_NAMES, "all" if asked_period else views[0])
    sort = known_of("sort", SORTS, "newest")
    return Filter(
        view=view,
        q=text_of("q"),
        state=known_of("state", list(State), ""),
        category=text_of("category"),
        item=text_of("item"),
        unit=text_of("unit"),
        channel=known_of("channel", CHANNELS, ""),
        enterprise=number_of("enterprise"),
        since=day_of("since"),
        until=day_of("until"),
        figure=text_of("figure"),
        period=_period(),
        cut=text_of("cut"),
        metric=text_of("metric"),
        sort="newest" if view == "all" and sort == "due" else sort,  # most have none any more
        after=text_of("after"),
    )


def text_of(name: str) -> str:
    """Return a bounded text of the address, empty where there is none."""
    return request.args.get(name, "").replace("\x00", "").strip()[:TEXT_MAX]


def known_of(name: str, names: object, default: str) -> str:
    """Return a word of the address that is one of ``names``; any other is a 400."""
    value = text_of(name)
    if not value:
        return default
    if value not in names:  # type: ignore[operator]
        abort(400)
    return value


def day_of(name: str) -> date | None:
    """Return a day of the address (``2024-03-05``), if it names one; a wrong one is a 400."""
    if not text_of(name):
        return None
    try:
        day = date.fromisoformat(text_of(name))
    except ValueError:
        abort(400)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        abort(400)
    return day


def _period() -> str:
    """Return ``2024`` or ``2024-03``, or nothing."""
    value = text_of("period")
    if value and not (is_period(value) and FIRST_YEAR <= int(value[:4]) <= LAST_YEAR):
        abort(400)
    return value
