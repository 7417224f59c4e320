"""From the address of a list to a filter and back; only known names are let through."""

from datetime import date

from flask import abort, request

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import State
from servicedesk.tickets.actions import CHANNELS
from servicedesk.tickets.listing import SORTS, VIEW_NAMES, VIEWS_OF, Filter

TEXT_MAX = 100


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
        enterprise=request.args.get("enterprise", type=int),
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
    try:
        return date.fromisoformat(_text(name)) if _text(name) else None
    except ValueError:
        abort(400)


def _period() -> str:
    """Return ``2024`` or ``2024-03``, or nothing."""
    value = _text("period")
    if not value:
        return ""
    try:
        date.fromisoformat(f"{value}-01" if len(value) == 7 else f"{value}-01-01")
    except ValueError:
        abort(400)
    return value
