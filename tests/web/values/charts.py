"""A value for every variable in the routes of this part (charts), for the walk of every route."""

from typing import Any

from servicedesk.statistics.saved_dashboards import save_dashboard
from servicedesk.web.insight.wall import PAGE, token_of
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values: a kept link of the leader's, and its token."""
    kept = save_dashboard(town.leader, PAGE, "一楼大厅", "a-key")
    return {
        "wall_token": token_of(town.user("leader").get_id(), kept.address),
        "wall_link_id": kept.id,
    }
