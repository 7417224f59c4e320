"""今日 (the day page): where a working day begins."""

from typing import Any

from flask import render_template
from flask_babel import gettext as _

from servicedesk.core.permissions import allows
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.tickets import today as day
from servicedesk.tickets.views import VIEW_NAMES, last_closing
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.columns import marks_of
from servicedesk.web.desk.side import badges

ICONS = {
    "urgent": "alert-triangle",
    "overdue": "hourglass",
    "due_today": "clock",
    "bad_rating": "star",
    "to_follow_up": "phone",
}


@desk.get("/today")
@requires("workbench.use")
def today() -> str:
    """Show what is due, what waits on this person, and what others did since yesterday."""
    groups = day.groups(actor())
    since = last_closing(actor().park_id)
    return render_template(
        "desk/today.html",
        groups=groups,
        icons=ICONS,
        names={view: _(name) for view, name in VIEW_NAMES.items()},
        waits=[(view, badges().get(view, 0)) for view in day.waits(actor())],
        news=day.news(actor()),
        news_count=day.news_count(actor()),
        since=since,
        new=lambda row: day.new_since(row, since),
        marks_of=marks_of,
        opens_secrets=allows(actor(), "ticket.view_confidential"),
        enterprises=enterprise_names(_companies(groups)),
    )


def _companies(groups: list[day.Group]) -> set[Any]:
    return {row.enterprise_id for group in groups for row in group.rows}
