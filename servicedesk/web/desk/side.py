"""The numbers of the side bar: built-in views in one statement, all saved views in another."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import g, url_for

from servicedesk.tickets.listing import BADGE_MAX, Filter, totals
from servicedesk.tickets.views import counts
from servicedesk.web.access import actor
from servicedesk.web.desk.filters import remembered, to_query
from servicedesk.workbench.models import SavedView
from servicedesk.workbench.saved_views import views_for


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A saved view as pages show it; ``whole`` is false where some of its words are no more."""

    view: SavedView
    wanted: Filter
    whole: bool
    total: int

    @property
    def name(self) -> str:
        """What its owner called it."""
        return self.view.name

    @property
    def shared(self) -> str:
        """With whom it is shared: ``unit``, ``park`` or nobody."""
        return self.view.shared

    @property
    def query(self) -> Mapping[str, str]:
        """Its filter as an address has it."""
        return to_query(self.wanted)

    @property
    def address(self) -> str:
        """The ordinary address of the list."""
        return f"{url_for('desk.queue')}?{urlencode(self.query)}"

    @property
    def badge(self) -> str:
        """How many tickets it holds, as far as badges count."""
        return str(self.total) if self.total < BADGE_MAX else f"{BADGE_MAX - 1}+"


def badges() -> dict[str, int]:
    """Return the numbers of the person's built-in views, counted once for a page."""
    if "badges" not in g:
        g.badges = counts(actor())
    found: dict[str, int] = g.badges
    return found


def saved_lines() -> list[SavedLine]:
    """Return the person's saved views with their numbers, counted once for a page."""
    if "saved_lines" not in g:
        g.saved_lines = _counted(views_for(actor()))
    lines: list[SavedLine] = g.saved_lines
    return lines


def _counted(views: list[SavedView]) -> list[SavedLine]:
    read = [remembered(actor(), view.query) for view in views]
    numbers = totals(actor(), [wanted for wanted, _whole in read])
    return [
        SavedLine(view, wanted, whole, number)
        for view, (wanted, whole), number in zip(views, read, numbers, strict=True)
    ]
